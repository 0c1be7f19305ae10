package solver

import (
	"context"
	"math"

	"evenflow/models"
	"evenflow/solver/internal/law"
	"evenflow/solver/internal/water"
)

// bounds are the limits that show only in a solution: a station that asks for
// more heat than its open valve lets pass, a source that would give more than
// it has. Each is one or the other side of a complementarity
//
//	station  0 <= flow asked for - flow,  0 <= differential - what the open valve takes
//	source   0 <= highest flow - flow,    0 <= set point - value
//
// of which one must be zero. A station found short of flow once is a branch from
// then on that passes what it asks for at most, on either side of its bound; the
// sides of sources are tried until all agree.
type bounds struct {
	limited []bool         // by station: it asks for more than its valve may let pass
	dry     []bool         // by station: with its valve wide open what came was too cold for it, so it shut
	stage   []models.Stage // by source
	ladders [][]int32      // sources in the order of their merit, one list a circuit
	rounds  int
	late    bool // stations are looked at in the end only
	patient bool // regulators that find no stand are given up
}

// mostRounds bounds the tries.
const mostRounds = 60

// reset forgets everything.
func (b *bounds) reset(st *state) {
	b.limited, b.dry, b.stage = resize(b.limited, len(st.el.stations)), resize(b.dry, len(st.el.stations)), resize(b.stage, len(st.el.sources))
	clear(b.limited)
	clear(b.dry)
	clear(b.stage)
	b.ladders, b.rounds = b.ladders[:0], 0
}

// beginBounds puts every station on the side of its demand and every source
// on that of its control, or as they stood in a neighbour.
func (st *state) beginBounds(from *Result) {
	b := &st.bounds
	st.ladders()
	for _, ladder := range b.ladders {
		for at, i := range ladder {
			to := models.Waiting
			if at == 0 {
				to = models.Regulating
			}
			if from != nil {
				to = from.Sources[i].Stage
			}
			st.stage(i, to)
		}
		st.oneRegulates(ladder)
	}
	if from == nil {
		return
	}
	for i := range b.limited {
		if from.Stations[i].WideOpen && st.boundable(i) {
			st.limit(i, true)
		}
	}
}

// bounded solves the state with its bounds, from where it stands or cold. It
// returns why there is no solution, or "".
func (st *state) bounded(ctx context.Context, warm bool) (why string, err error) {
	st.bounds.rounds, st.bounds.late, st.bounds.patient, st.blind = 0, false, false, false
	clear(st.bounds.dry) // in scenarios before
	for {
		why, err = st.iterate(ctx, warm)
		if err == nil && why != "" && warm { // the neighbour led astray
			st.forget()
			why, err = st.iterate(ctx, false)
		}
		if err == nil && why != "" && !st.bounds.patient && len(st.regs.list) > 0 {
			st.bounds.patient = true
			why, err = st.iterate(ctx, !st.freeze()) // what holds something may keep the rest from settling
		}
		if err == nil && why != "" && !st.blind && st.s.opts.Temperatures == Coupled {
			st.blind = true // the derivatives may be what leads to and fro
			st.forget()
			why, err = st.iterate(ctx, false)
		}
		if err != nil || why != "" {
			return why, err
		}
		relented := st.relent()
		changed, why := st.bind()
		if why != "" {
			return why, nil
		}
		if !changed && !relented {
			if st.s.opts.Temperatures != Coupled || st.solved() || st.bounds.late {
				return "", nil
			}
			st.bounds.late = true // what was clearly beyond its bound is not: on to the end
		}
		st.lawful = false
		st.renewRegulators()
		st.takeCore(st.newCore())
		st.course.init(st)
		warm = true
	}
}

// boundable reports whether a station asks for heat, and has a valve that may
// not let enough pass.
func (st *state) boundable(i int) bool {
	x := &st.el.stations[i]
	return st.links[st.p.linkOf[models.KindStation][i]].mode == given && !x.demand.Flow.Known && x.demand.Heat.Value > 0 && x.control.Kvs > 0
}

// limit puts a station on the side of its open valve, or back.
func (st *state) limit(i int, open bool) {
	l := &st.links[st.p.linkOf[models.KindStation][i]]
	st.bounds.limited[i] = open
	if l.mode = given; open {
		l.mode = free
		if st.law != nil {
			st.law[st.p.linkOf[models.KindStation][i]].Most = 0
		}
	}
}

// bind looks for what is beyond its bound and changes its side. It reports whether
// anything changed, and why it gave up, or "".
func (st *state) bind() (changed bool, why string) {
	b := &st.bounds
	solved := st.solved()
	for i := range b.limited {
		if st.beyond(i) > 0 {
			st.limit(i, true)
			changed = true
		} else if solved && !b.dry[i] && st.isOpen(int32(i)) && st.inVain(i) {
			st.limit(i, false)
			b.dry[i], changed = true, true
		}
	}
	if solved {
		for _, ladder := range b.ladders {
			changed = st.climb(ladder) || changed
		}
	}
	if b.rounds++; changed && b.rounds > mostRounds {
		return false, "what sources give goes to and fro between what they are to hold and what they have"
	}
	return changed, ""
}

// inVain reports whether a station with its valve wide open gets water colder than
// what it is to give back: it shuts then. What is too cold for the rooms shuts no valve.
func (st *state) inVain(i int) bool {
	k := st.p.linkOf[models.KindStation][i]
	want, _ := st.el.stations[i].prescribe(&st.s.fluid, st.propertyInlet(int(k)), st.links[k].m)
	return want == 0 && st.el.stations[i].demand.ReturnTemperature.Known
}

// beyond returns by which share of its flow a station asks for more than its valve
// lets pass; 0: it does not, or its valve has been found short of that before.
func (st *state) beyond(i int) float64 {
	k := st.p.linkOf[models.KindStation][i]
	l := &st.links[k]
	if st.bounds.limited[i] || !st.boundable(i) || l.m <= 0 || !st.known[l.from] || !st.known[l.to] {
		return 0
	}
	across := st.pressure[l.from] - st.pressure[l.to] + l.lift
	b := st.openLaw(int32(i), st.densityOf(int(k)))
	need, _ := b.Drop(l.m)
	if across >= need-pressureBand {
		return 0
	}
	return 1 - math.Sqrt(math.Max(across, 0)/need)
}

// anyBound reports whether a station asks for heat, or is on the side of its open
// valve.
func (st *state) anyBound() bool {
	return len(st.demands.links) > 0
}

// anyAsked reports whether flows follow from what is asked for.
func (st *state) anyAsked() bool { return len(st.given) > 0 || len(st.demands.links) > 0 }

// clearlyBeyond reports, before the calculation has come to its end, whether a
// station is so far on the wrong side of its bound that it is better changed at
// once: the energy residual is near (Pa) or less, or flows cannot settle at all.
func (st *state) clearlyBeyond(near float64) bool {
	const clearly = 0.05
	if e := st.report.EnergyResidual; e < st.s.opts.EnergyTolerance || e > near && e < 1e6 || st.bounds.late || !st.anyBound() {
		return false
	}
	for i := range st.bounds.limited {
		if st.beyond(i) > clearly {
			return true
		}
	}
	return false
}

// densityOf returns the mean density of a link's water.
func (st *state) densityOf(k int) float64 {
	t1, t2 := st.propertyTemperatures(k)
	return (st.s.fluid.Density(t1) + st.s.fluid.Density(t2)) / 2
}

// ask has a station ask for m kg/s: it gets them, or what its valve lets pass.
func (st *state) ask(k int32, m float64) {
	l, b := &st.links[k], &st.law[k]
	if l.mode == given {
		l.m = m
		return
	}
	m = math.Max(m, leastCarried) // 0 would be no bound
	if throttles := b.Throttles(l.m); throttles || l.m > m {
		l.m = m
	}
	b.Most = m
}

// askedFor returns the flow that a station asked for last, kg/s.
func (st *state) askedFor(k int32) float64 {
	if l := &st.links[k]; l.mode == given {
		return l.m
	}
	return st.law[k].Most
}

// isOpen reports whether the valve of a station stands wide open for want of heat.
func (st *state) isOpen(i int32) bool {
	k := st.p.linkOf[models.KindStation][i]
	return st.bounds.limited[i] && !st.law[k].Throttles(st.links[k].m)
}

// openLaw is that of a station with its valve wide open, which nothing passes
// backwards.
func (st *state) openLaw(i int32, rho float64) law.Branch {
	x := &st.el.stations[i]
	return law.Branch{K: x.fixed + x.valveResistance(1, rho), Lin: law.Droop, OneWay: true}
}

// isLimited reports whether a branch is a station whose valve is wide open for
// want of heat.
func (st *state) isLimited(b place) bool {
	return b.kind == models.KindStation && st.bounds.limited[b.at]
}

// limitedOutlet returns the water that leaves a station that contents itself with
// the m kg/s that arrive at tin (K).
func (st *state) limitedOutlet(i int32, m, tin float64) (out outflow) {
	x, f := &st.el.stations[i], &st.s.fluid
	q := x.demand.Heat.Value
	switch d := &x.demand; {
	case d.TemperatureDrop.Known:
		out = outflow{t: tin - d.TemperatureDrop.Value, byInlet: 1}
	case d.ReturnTemperature.Known && tin > d.ReturnTemperature.Value:
		out = outflow{t: d.ReturnTemperature.Value}
	case d.ReturnTemperature.Known:
		out = outflow{t: tin, byInlet: 1}
	default:
		out = x.atFlow(f, m, tin)
	}
	out.short = math.Max(q-m*f.MeanHeatCapacity(tin, out.t)*(tin-out.t), 0)
	return out
}

// atFlow returns the water that leaves the exchanger of a station that asks for
// heat, where only m kg/s arrive at tin (K).
func (x *station) atFlow(f *water.Fluid, m, tin float64) (out outflow) {
	cp := f.MeanHeatCapacity(tin, math.Min(math.Max(x.designReturn, coldest), tin))
	heat := func(m, tin float64) float64 { return x.secondary.AtFlow(m, tin, cp, x.demand.Heat.Value) }
	for range 2 { // the heat capacity belongs to the drop that results
		out.t = cooled(f, tin, heat(m, tin)/m, 0)
		cp = f.MeanHeatCapacity(tin, out.t)
	}
	const d = 1e-4
	q, c := heat(m, tin), m*f.HeatCapacity(out.t)
	out.byFlow = (q - (heat(m*(1+d), tin)-q)/d) / c
	out.byInlet = (m*f.HeatCapacity(tin) - (heat(m, tin+d)-q)/d) / c
	return out
}
