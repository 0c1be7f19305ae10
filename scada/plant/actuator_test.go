package plant

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestActuatorTravelsAndStopsNearby(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	misses := 0
	for range 200 {
		a := newActuator(0.2, rng)
		if a.stroke < 60*time.Second || a.stroke > 150*time.Second {
			t.Fatalf("a full stroke takes %v", a.stroke)
		}
		a.ask(0.7, rng)
		a.travel(a.stroke / 4)
		if math.Abs(a.position-0.45) > 1e-6 {
			t.Fatalf("after a quarter of a stroke at %g", a.position)
		}
		a.travel(a.stroke)
		if miss := math.Abs(a.position - 0.7); miss > stopWithin {
			t.Fatalf("stopped %g from the setpoint", miss)
		} else if miss > 0.001 {
			misses++
		}
		stopped := a.position
		a.ask(0.7, rng)
		a.travel(time.Hour)
		if a.position != stopped {
			t.Fatal("the same setpoint again moved the valve")
		}
	}
	if misses < 100 {
		t.Errorf("only %d of 200 stops were off by more than 0.1 %%", misses)
	}
}

func TestActuatorStaysInItsTravel(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		a := newActuator(0.5, rng)
		for _, goal := range []float64{1, 0, 1} {
			a.ask(goal, rng)
			a.travel(time.Hour)
			if a.position < 0 || a.position > 1 {
				t.Fatalf("at %g", a.position)
			}
		}
	}
}

// A setpoint inside the band around the present place moves nothing: the
// drive cannot do better.
func TestActuatorIgnoresWhatItCannotResolve(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	a := newActuator(0.5, rng)
	a.ask(0.504, rng)
	a.travel(time.Hour)
	if a.position != 0.5 {
		t.Errorf("moved to %g", a.position)
	}
}
