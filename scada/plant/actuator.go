package plant

import (
	"math"
	"math/rand/v2"
	"time"
)

// stopWithin is how near to its setpoint an actuator stops: anywhere within
// ±0.5 % of travel.
const stopWithin = 0.005

// actuator is a motorised valve: it travels at its own speed and stops
// somewhere near where it was told to.
type actuator struct {
	position float64 // 0..1, true
	goal     float64 // where it will stop
	asked    float64 // the setpoint that goal came from
	stroke   time.Duration
}

// newActuator stands at a position it was left in; a full stroke takes 60 to
// 150 s.
func newActuator(position float64, rng *rand.Rand) actuator {
	stroke := time.Duration((60 + 90*rng.Float64()) * float64(time.Second))
	return actuator{position: position, goal: position, asked: position, stroke: stroke}
}

// ask gives a setpoint. The stopping place is drawn once a setpoint; a
// setpoint within the band around the present place moves nothing.
func (a *actuator) ask(setpoint float64, rng *rand.Rand) {
	if setpoint == a.asked {
		return
	}
	a.asked = setpoint
	miss := stopWithin * (2*rng.Float64() - 1)
	if math.Abs(setpoint-a.position) <= stopWithin {
		a.goal = a.position
		return
	}
	a.goal = math.Min(1, math.Max(0, setpoint+miss))
}

// hold stops the actuator where it is; the next setpoint, even the same one
// again, moves it anew.
func (a *actuator) hold() { a.goal, a.asked = a.position, math.NaN() }

// travel lets time pass.
func (a *actuator) travel(d time.Duration) {
	step := d.Seconds() / a.stroke.Seconds()
	if math.Abs(a.goal-a.position) <= step {
		a.position = a.goal
		return
	}
	a.position += math.Copysign(step, a.goal-a.position)
}

// speedRamp is how fast a frequency converter changes speed, 1/s.
const speedRamp = 0.02

// drive is a pump's frequency converter: exact, but not instant.
type drive struct{ speed, goal float64 }

func (d *drive) travel(t time.Duration) {
	step := t.Seconds() * speedRamp
	if math.Abs(d.goal-d.speed) <= step {
		d.speed = d.goal
		return
	}
	d.speed += math.Copysign(step, d.goal-d.speed)
}
