package plant

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/heating"
)

// Deviations say by how much the plant differs from its drawings. Pipes, Kvs
// and Fixed are half-widths of uniform distributions of a factor: 0.2 means
// 0.8 to 1.2.
type Deviations struct {
	Pipes      float64 // on each pipe's resistance
	Kvs        float64 // on each station valve's flow coefficient
	Fixed      float64 // on each station's fixed resistance
	Noise      float64 // of the flow meters, one standard deviation, relative; 0.01 also gives pressures 1.6 kPa and temperatures 0.1 K
	HalfClosed int     // valves somebody left half closed
}

// check refuses deviations that make no plant.
func (d Deviations) check() error {
	for _, x := range []struct {
		name  string
		value float64
	}{{"pipes", d.Pipes}, {"kvs", d.Kvs}, {"fixed", d.Fixed}, {"noise", d.Noise}} {
		if !(x.value >= 0 && x.value < 1) {
			return fmt.Errorf("plant: deviation %s is %g; give a fraction from 0 to below 1", x.name, x.value)
		}
	}
	if d.HalfClosed < 0 {
		return fmt.Errorf("plant: %d half-closed valves; give 0 or more", d.HalfClosed)
	}
	return nil
}

// HalfClosed is one valve that somebody left half closed: a station's, or one
// on a main, then shown as the pipe it lies in.
type HalfClosed struct {
	Element models.ID
	Main    bool
	Extra   float64 // Pa it takes at design flow
	Feeds   int     // stations behind it
}

// hide draws the hidden truth: a scenario over the network as drawn. A
// half-closed valve takes 60–135 kPa extra at design flow at a station, or
// 40–90 kPa on a main that feeds at least three stations.
func hide(ctx context.Context, net *models.Network, s *solver.Solver, d Deviations, rng *rand.Rand) (models.Scenario, []HalfClosed, error) {
	sc := models.Scenario{Name: "truth"}
	uniform := func(half float64) float64 { return 1 + half*(2*rng.Float64()-1) }
	scale := func(id models.ID, a models.Attribute, half float64) {
		if f := uniform(half); half > 0 {
			sc.Changes = append(sc.Changes, models.Change{Element: id, Attribute: a, Op: models.Scale, Value: f})
		}
	}
	for i := range net.Pipes {
		scale(net.Pipes[i].ID, models.AttrResistance, d.Pipes)
	}
	for i := range net.Stations {
		if net.Stations[i].Valve.Kvs > 0 {
			scale(net.Stations[i].ID, models.AttrKvs, d.Kvs)
		}
		if net.Stations[i].FixedResistance > 0 {
			scale(net.Stations[i].ID, models.AttrFixedResistance, d.Fixed)
		}
	}
	if d.HalfClosed == 0 {
		return sc, nil, nil
	}
	h, err := newHider(ctx, net, s, sc)
	if err != nil {
		return sc, nil, err
	}
	for len(h.found) < d.HalfClosed {
		if !h.half(&sc, rng) {
			return sc, nil, fmt.Errorf("plant: %d half-closed valves asked for, the network has room for %d", d.HalfClosed, len(h.found))
		}
	}
	return sc, h.found, nil
}

// hider knows where a valve may have been left half closed.
type hider struct {
	net      *models.Network
	design   []float64 // kg/s by station
	mains    []int     // pipes that feed at least three stations and at most a third of them
	stations []int
	feeds    []int // stations behind each pipe
	state    *solver.Result
	found    []HalfClosed
}

func newHider(ctx context.Context, net *models.Network, s *solver.Solver, sc models.Scenario) (*hider, error) {
	h := &hider{net: net, design: make([]float64, len(net.Stations))}
	for i := range net.Stations {
		st := &net.Stations[i]
		flow, err := heating.DesignFlow(st)
		if err != nil {
			return nil, err
		}
		h.design[i] = flow
		h.stations = append(h.stations, i)
		sc = sc.With(models.Change{Element: st.ID, Attribute: models.AttrFlow, Op: models.Set, Value: flow})
	}
	var err error
	if h.state, err = s.Solve(ctx, sc, nil); err != nil && !nearly(h.state, err) {
		return nil, fmt.Errorf("plant: the network at design flow: %w", err)
	}
	h.feeds = feeds(net, h.state)
	most := max(3, len(net.Stations)/3)
	for i := range net.Pipes {
		if h.feeds[i] >= 3 && h.feeds[i] <= most && math.Abs(h.state.Pipes[i].PressureDrop) > 200 {
			h.mains = append(h.mains, i)
		}
	}
	return h, nil
}

// half leaves one more valve half closed: a station's or a main's, with equal
// chance; false when there is nowhere left.
func (h *hider) half(sc *models.Scenario, rng *rand.Rand) bool {
	onMain := rng.IntN(2) == 0 && len(h.mains) > 0
	if !onMain && len(h.stations) == 0 {
		return false
	}
	if onMain {
		k := rng.IntN(len(h.mains))
		i := h.mains[k]
		h.mains = slices.Delete(h.mains, k, k+1)
		extra := 4e4 + 5e4*rng.Float64()
		factor := 1 + extra/math.Abs(h.state.Pipes[i].PressureDrop)
		sc.Changes = append(sc.Changes, models.Change{Element: h.net.Pipes[i].ID, Attribute: models.AttrResistance, Op: models.Scale, Value: factor})
		h.found = append(h.found, HalfClosed{Element: h.net.Pipes[i].ID, Main: true, Extra: extra, Feeds: h.feeds[i]})
		return true
	}
	k := rng.IntN(len(h.stations))
	i := h.stations[k]
	h.stations = slices.Delete(h.stations, k, k+1)
	extra := 6e4 + 7.5e4*rng.Float64()
	sc.Changes = append(sc.Changes, models.Change{
		Element: h.net.Stations[i].ID, Attribute: models.AttrFixedResistance, Op: models.Shift, Value: extra / (h.design[i] * h.design[i]),
	})
	h.found = append(h.found, HalfClosed{Element: h.net.Stations[i].ID, Extra: extra, Feeds: 1})
	return true
}

// feeds counts for every pipe the stations whose water passes it wholly or in
// part: on the supply side those downstream, on the return side those
// upstream.
func feeds(net *models.Network, r *solver.Result) []int {
	g := flowGraph(net, r)
	count := make([]int, len(net.Pipes))
	reached := make([]int, len(net.Junctions)) // mark of the last walk
	mark := 0
	for i := range net.Pipes {
		mark++
		back := net.Pipes[i].Side == models.SideReturn
		start := g.pipeEnd(net, r, i, back)
		if start < 0 {
			continue
		}
		count[i] = g.stationsFrom(start, back, reached, mark)
	}
	return count
}

// graph is the flow-directed graph of pipes and open valves.
type graph struct {
	down, up [][]int // neighbours with and against the flow, by junction
	supplyOf [][]int // stations at their supply junction
	returnOf [][]int // stations at their return junction
	index    models.Index
}

func flowGraph(net *models.Network, r *solver.Result) *graph {
	n := len(net.Junctions)
	g := &graph{down: make([][]int, n), up: make([][]int, n), supplyOf: make([][]int, n), returnOf: make([][]int, n), index: net.Index()}
	join := func(b *models.Branch, flow float64) {
		from, _ := g.index.At(models.KindJunction, b.From)
		to, _ := g.index.At(models.KindJunction, b.To)
		if math.Abs(flow) < 1e-6 {
			return
		}
		if flow < 0 {
			from, to = to, from
		}
		g.down[from] = append(g.down[from], to)
		g.up[to] = append(g.up[to], from)
	}
	for i := range net.Pipes {
		join(&net.Pipes[i].Branch, r.Pipes[i].Flow)
	}
	for i := range net.Valves {
		join(&net.Valves[i].Branch, r.Valves[i].Flow)
	}
	for i := range net.Pumps {
		join(&net.Pumps[i].Branch, r.Pumps[i].Flow)
	}
	for i := range net.Stations {
		from, _ := g.index.At(models.KindJunction, net.Stations[i].From)
		to, _ := g.index.At(models.KindJunction, net.Stations[i].To)
		g.supplyOf[from] = append(g.supplyOf[from], i)
		g.returnOf[to] = append(g.returnOf[to], i)
	}
	return g
}

// pipeEnd returns the junction at the far end of a pipe, seen from the
// source; -1 without flow.
func (g *graph) pipeEnd(net *models.Network, r *solver.Result, i int, back bool) int {
	p := &net.Pipes[i]
	flow := r.Pipes[i].Flow
	if math.Abs(flow) < 1e-6 {
		return -1
	}
	end := p.To
	if (flow < 0) != back {
		end = p.From
	}
	at, ok := g.index.At(models.KindJunction, end)
	if !ok {
		return -1
	}
	return at
}

func (g *graph) stationsFrom(start int, back bool, reached []int, mark int) int {
	next, at := g.down, g.supplyOf
	if back {
		next, at = g.up, g.returnOf
	}
	count := 0
	stack := []int{start}
	reached[start] = mark
	for len(stack) > 0 {
		j := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		count += len(at[j])
		for _, k := range next[j] {
			if reached[k] != mark {
				reached[k] = mark
				stack = append(stack, k)
			}
		}
	}
	return count
}
