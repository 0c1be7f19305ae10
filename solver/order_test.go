package solver

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"evenflow/models"
	"evenflow/solver/town"
)

// A large network is numbered anew when it is compiled. What it gives must not
// depend on the order of the file, and must come back under the right names.
func TestOrderOfALargeFile(t *testing.T) {
	n, err := town.Generate(town.Options{Seed: 3, Stations: 4300, Plants: 3})
	if err != nil {
		t.Fatal(err)
	}
	m := *n
	m.Junctions, m.Pipes, m.Valves, m.Stations = slices.Clone(n.Junctions), slices.Clone(n.Pipes), slices.Clone(n.Valves), slices.Clone(n.Stations)
	r := rand.New(rand.NewPCG(5, 7))
	r.Shuffle(len(m.Junctions), func(i, j int) { m.Junctions[i], m.Junctions[j] = m.Junctions[j], m.Junctions[i] })
	r.Shuffle(len(m.Pipes), func(i, j int) { m.Pipes[i], m.Pipes[j] = m.Pipes[j], m.Pipes[i] })
	r.Shuffle(len(m.Valves), func(i, j int) { m.Valves[i], m.Valves[j] = m.Valves[j], m.Valves[i] })
	r.Shuffle(len(m.Stations), func(i, j int) { m.Stations[i], m.Stations[j] = m.Stations[j], m.Stations[i] })

	type found struct{ pressure, flow, heat map[models.ID]float64 }
	var of [2]found
	for i, net := range []*models.Network{n, &m} {
		s, err := New(net, Options{})
		if err != nil {
			t.Fatal(err)
		}
		c := s.home.Load().core
		if len(c.chains) < worthOrdering {
			t.Fatalf("%d chains: the network is too small to be numbered anew", len(c.chains))
		}
		last := int32(-1)
		for _, x := range c.steps {
			if x.Link != last+1 {
				t.Fatalf("link %d follows link %d on the way through the core", x.Link, last)
			}
			last = x.Link
		}
		res, err := s.Solve(context.Background(), models.Scenario{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		a, err := s.Audit(models.Scenario{}, res)
		if err != nil || !a.OK() {
			t.Fatalf("audit: %+v, %v", a, err)
		}
		of[i] = found{map[models.ID]float64{}, map[models.ID]float64{}, map[models.ID]float64{}}
		for j := range net.Junctions {
			of[i].pressure[net.Junctions[j].ID] = res.Junctions[j].Pressure
		}
		for j := range net.Pipes {
			of[i].flow[net.Pipes[j].ID] = res.Pipes[j].Flow
		}
		for j := range net.Stations {
			of[i].flow[net.Stations[j].ID], of[i].heat[net.Stations[j].ID] = res.Stations[j].Flow, res.Stations[j].Heat
		}
	}
	same := func(what string, a, b map[models.ID]float64, within float64) {
		for id, x := range a {
			if y, ok := b[id]; !ok || math.Abs(x-y) > within {
				t.Errorf("%s of %s: %v, in another order of the file %v", what, id, x, y)
			}
		}
	}
	same("pressure", of[0].pressure, of[1].pressure, 1) // Pa
	same("flow", of[0].flow, of[1].flow, 1e-4)          // kg/s
	same("heat", of[0].heat, of[1].heat, 50)            // W
}
