package solver

import (
	"math"
	"slices"

	"evenflow/models"
	"evenflow/solver/internal/topology"
)

// ladders lists the sources in service that have a merit, in its order, those
// of one circuit together: that join the same supply part to the same return
// part.
func (st *state) ladders() {
	b := &st.bounds
	b.ladders = b.ladders[:0]
	var ranked []int32
	for i := range st.el.sources {
		if st.s.net.Sources[i].Merit > 0 && st.links[st.p.linkOf[models.KindSource][i]].mode == free {
			ranked = append(ranked, int32(i))
		}
	}
	if len(ranked) == 0 {
		return
	}
	slices.SortStableFunc(ranked, func(a, b int32) int { return st.s.net.Sources[a].Merit - st.s.net.Sources[b].Merit })
	sets := topology.NewSets(len(st.fixed))
	for k := range st.links {
		if kind := st.p.links[k].kind; st.links[k].mode != off && kind != models.KindSource && kind != models.KindStation {
			sets.Join(st.links[k].from, st.links[k].to)
		}
	}
	for _, i := range ranked {
		l := &st.links[st.p.linkOf[models.KindSource][i]]
		at := slices.IndexFunc(b.ladders, func(ladder []int32) bool {
			x := &st.links[st.p.linkOf[models.KindSource][ladder[0]]]
			return sets.Find(x.to) == sets.Find(l.to) && sets.Find(x.from) == sets.Find(l.from)
		})
		if at < 0 {
			b.ladders = append(b.ladders, []int32{i})
		} else {
			b.ladders[at] = append(b.ladders[at], i)
		}
	}
}

// stage puts a source into a stage.
func (st *state) stage(i int32, to models.Stage) {
	l := &st.links[st.p.linkOf[models.KindSource][i]]
	st.bounds.stage[i] = to
	switch to {
	case models.Waiting:
		l.mode, l.m = off, 0
	case models.AtLimit:
		l.mode = given
	default:
		l.mode = free
	}
}

// oneRegulates makes the stages of a ladder those of an order: at their limit,
// one that regulates, waiting.
func (st *state) oneRegulates(ladder []int32) {
	at := st.regulating(ladder)
	for j, i := range ladder {
		switch {
		case j < at:
			st.stage(i, models.AtLimit)
		case j == at:
			st.stage(i, models.Regulating)
		default:
			st.stage(i, models.Waiting)
		}
	}
}

// regulating returns which source of a ladder regulates: the first that is not
// at its limit, or the last.
func (st *state) regulating(ladder []int32) int {
	for j, i := range ladder {
		if st.bounds.stage[i] != models.AtLimit {
			return j
		}
	}
	return len(ladder) - 1
}

// climb calls on the next source where the one that regulates gives more than
// it has, and takes one back where that before it, at its limit, gives more
// than its set point asks for. One that has to hold more than that before it
// stays as long as it gives anything.
func (st *state) climb(ladder []int32) (changed bool) {
	at := st.regulating(ladder)
	i := ladder[at]
	l := &st.links[st.p.linkOf[models.KindSource][i]]
	switch {
	case at+1 < len(ladder) && l.m > st.mostOf(i)*(1+1e-9):
		st.stage(i, models.AtLimit)
		st.stage(ladder[at+1], models.Regulating)
		l.m = st.mostOf(i)
		return true
	case at > 0 && st.tooMuch(ladder[at-1]) && (l.m <= flowBand || st.tooMuch(i)):
		st.stage(i, models.Waiting)
		st.stage(ladder[at-1], models.Regulating)
		return true
	}
	return false
}

// mostOf returns the highest flow of a source, kg/s: its own, or that which
// carries its capacity from the return temperature to the supply temperature.
func (st *state) mostOf(i int32) float64 {
	y := &st.s.net.Sources[i]
	most := math.Inf(1)
	if y.MaxFlow.Known {
		most = y.MaxFlow.Value
	}
	if y.Capacity.Known {
		f := &st.s.fluid
		supply, back := st.el.sources[i].temperature, st.propertyInlet(int(st.p.linkOf[models.KindSource][i]))
		if rise := f.Enthalpy(supply) - f.Enthalpy(back); rise > 0 {
			most = math.Min(most, y.Capacity.Value/rise)
		}
	}
	return most
}

// tooMuch reports whether a source at its limit holds more than its control
// asks for.
func (st *state) tooMuch(i int32) bool {
	x := &st.el.sources[i]
	k := st.p.linkOf[models.KindSource][i]
	l := &st.links[k]
	if x.driven() {
		drives, watched := st.regs.drives, st.regs.watched
		defer func() { st.regs.drives, st.regs.watched = drives, watched }()
		r, ok := st.sourceDrive(int(i))
		if !ok {
			return false
		}
		if at := st.critical(&r); at >= 0 {
			r.high, r.low = r.watched[at][0], r.watched[at][1]
		}
		return st.excess(&r) > r.band()
	}
	b := st.sourceLaw(x, l.low, st.densityOf(int(k)))
	lift, _ := b.Drop(l.m)
	across := st.pressure[l.from] - st.pressure[l.to]
	if x.control != models.ControlDifferential {
		across += l.lift
	}
	return across < lift-pressureBand
}
