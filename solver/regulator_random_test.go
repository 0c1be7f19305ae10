package solver_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

// waterworks is a random hilly grid with two or three reservoirs, draws, check
// valves, closed valves, emitters and valves that hold something, each with a
// set point that may be out of reach.
func waterworks(r *rand.Rand) *models.Network {
	side := 3 + r.IntN(6)
	net := &models.Network{Open: true}
	id := func(x, y int) models.ID { return models.ID(fmt.Sprintf("J%d_%d", x, y)) }
	for x := range side {
		for y := range side {
			j := models.Junction{ID: id(x, y), Elevation: models.Some(30 * r.Float64()), Draw: 5 * r.Float64()}
			if r.IntN(12) == 0 {
				j.Emitter.Coefficient = 0.01 * r.Float64()
			}
			net.Junctions = append(net.Junctions, j)
		}
	}
	for i := range 2 + r.IntN(2) {
		w := models.ID(fmt.Sprint("R", i))
		net.Junctions = append(net.Junctions, models.Junction{ID: w, Elevation: models.Some(0), FixedPressure: models.Some(bar * (4 + 6*r.Float64()))})
		net.Pipes = append(net.Pipes, mains(r, w, id(r.IntN(side), r.IntN(side)), len(net.Pipes)))
	}
	join := func(a, b models.ID) {
		if r.IntN(2) == 0 {
			a, b = b, a
		}
		if r.IntN(6) > 0 {
			net.Pipes = append(net.Pipes, mains(r, a, b, len(net.Pipes)))
			return
		}
		v := models.Valve{Branch: models.Branch{ID: models.ID(fmt.Sprint("V", len(net.Valves))), From: a, To: b}, InnerDiameter: 0.2, Opening: 1, Zeta: 2 * r.Float64()}
		switch r.IntN(6) {
		case 0:
			v.Control, v.Pressure = models.ReducePressure, bar*7*r.Float64()
		case 1:
			v.Control, v.Pressure = models.SustainPressure, bar*7*r.Float64()
		case 2:
			v.Control, v.Flow = models.LimitFlow, 40*r.Float64()
		case 3:
			v.Control, v.Flow = models.LimitFlow, 10*r.Float64()
		case 4:
			v.Control, v.Differential = models.BreakPressure, bar*r.Float64()
		case 5:
			v.Opening = 0
		}
		net.Valves = append(net.Valves, v)
	}
	for x := range side {
		for y := range side {
			if x > 0 {
				join(id(x-1, y), id(x, y))
			}
			if y > 0 && r.IntN(3) > 0 {
				join(id(x, y-1), id(x, y))
			}
		}
	}
	return net
}

func mains(r *rand.Rand, a, b models.ID, n int) models.Pipe {
	return models.Pipe{Branch: models.Branch{ID: models.ID(fmt.Sprint("P", n)), From: a, To: b}, Length: 100 + 900*r.Float64(),
		InnerDiameter: 0.1 + 0.3*r.Float64(), Roughness: 1e-4, CheckValve: r.IntN(15) == 0}
}

// Every random waterworks has an answer that its own regulators agree with:
// none throttles below its set point, none lets through more than it.
func TestRandomWaterworks(t *testing.T) {
	const networks = 400
	undecided, most, sum, unfed, slow := 0, 0, 0, 0, 0
	for seed := range uint64(networks) {
		net := waterworks(rand.New(rand.NewPCG(seed, 1)))
		s, err := solver.New(net, cold)
		if err != nil {
			t.Fatal(seed, err)
		}
		r, err := s.Solve(context.Background(), models.Scenario{}, nil)
		if err != nil {
			t.Errorf("%d: %v", seed, err)
			continue
		}
		again, err := s.Solve(context.Background(), models.Scenario{}, r)
		if err != nil || again.Report.Iterations > 15 {
			t.Errorf("%d once more: %d steps, %v", seed, again.Report.Iterations, err)
		}
		for _, is := range r.Islands {
			if len(is.OneWay) > 0 {
				unfed++ // check valves, or regulators that have shut, all round it
			}
		}
		n := r.Report.Iterations
		sum += n
		if most = max(most, n); n > 15 {
			slow++
		}
		for _, c := range r.Controls {
			if c.Undecided {
				undecided++
				t.Logf("%d: %+v", seed, c)
			} else if !c.Kept && c.Stand == models.Holding {
				t.Errorf("%d: %+v", seed, c)
			}
		}
	}
	if most > 40 || sum > 10*networks || slow > networks/20 {
		t.Errorf("%d steps at most, %d in all; more than 15 in %d of %d networks", most, sum, slow, networks)
	}
	if unfed == 0 {
		t.Error("no network has a part that nothing feeds")
	}
	t.Logf("%d networks, %d parts unfed, %d steps in the mean, %d at most, %d regulators undecided", networks, unfed, sum/networks, most, undecided)
	if undecided > networks/100 {
		t.Errorf("%d regulators are undecided", undecided)
	}
}
