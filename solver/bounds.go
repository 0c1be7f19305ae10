package solver

import (
	"context"
	"fmt"
	"math"
	"slices"

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
// of which one must be zero; the sides are tried until all agree.
type bounds struct {
	limited []bool         // by station: its valve is wide open
	opened  []uint8        // by station: how often it was put on that side
	stage   []models.Stage // by source
	ladders [][]int32      // sources in the order of their merit, one list a circuit
	rounds  int
	patient bool // regulators that find no stand are given up
}

// mostRounds bounds the tries, alonePast those after which only the worst
// station changes its side. One that was opened mostOpened times stays open and
// is reported as undecided: where buoyancy drives a branch, there can be too
// little for it when it is throttled and more than enough when it is open.
const (
	mostRounds = 60
	alonePast  = 10
	mostOpened = 3
)

// reset forgets everything.
func (b *bounds) reset(st *state) {
	b.limited, b.opened, b.stage = resize(b.limited, len(st.el.stations)), resize(b.opened, len(st.el.stations)), resize(b.stage, len(st.el.sources))
	clear(b.limited)
	clear(b.opened)
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
	st.bounds.rounds, st.bounds.patient, st.blind = 0, false, false
	clear(st.bounds.opened) // by scenarios before
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
			if st.s.opts.Temperatures != Coupled || st.solved() || st.bounds.rounds >= alonePast {
				return "", nil
			}
			st.bounds.rounds = alonePast // what was clearly beyond its bound is not: on to the end
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
		st.bounds.opened[i]++
	}
}

// undecided tells of the stations whose valve stays open though more passes
// than they ask for.
func (st *state) undecided() (out []models.ControlState) {
	for i, n := range st.bounds.opened {
		if n < mostOpened || !st.bounds.limited[i] {
			continue
		}
		k := st.p.linkOf[models.KindStation][i]
		want, _ := st.el.stations[i].prescribe(&st.s.fluid, st.propertyInlet(int(k)), st.links[k].m)
		if m := st.links[k].m; m > want+flowBand {
			out = append(out, models.ControlState{Element: st.s.net.Stations[i].ID, Stand: models.WideOpen, OfFlow: true, Setpoint: want, Value: m, Undecided: true})
		}
	}
	return out
}

// bind looks for what is beyond its bound, or within it again, and changes its
// side. It reports whether anything changed, and why it gave up, or "".
func (st *state) bind() (changed bool, why string) {
	b := &st.bounds
	worst, most := -1, 0.0
	for i := range b.limited {
		over := st.beyond(i)
		if over <= 0 {
			continue
		}
		if over > most {
			worst, most = i, over
		}
		if changed = true; b.rounds < alonePast {
			st.limit(i, !b.limited[i])
		}
	}
	if changed && b.rounds >= alonePast {
		st.limit(worst, !b.limited[worst])
	}
	if st.solved() {
		for _, ladder := range b.ladders {
			changed = st.climb(ladder) || changed
		}
	}
	if b.rounds++; changed && b.rounds > mostRounds {
		where := models.ID("a source")
		if worst >= 0 {
			where = st.s.net.Stations[worst].ID
		}
		return false, fmt.Sprintf("what %s gets changes between what it asks for and what its valve lets pass", where)
	}
	return changed, ""
}

// beyond returns by which share of its flow a station is on the wrong side of
// its bound; 0: it is not.
func (st *state) beyond(i int) float64 {
	k := st.p.linkOf[models.KindStation][i]
	l := &st.links[k]
	if st.bounds.limited[i] {
		if st.bounds.opened[i] >= mostOpened {
			return 0
		}
		want, short := st.el.stations[i].prescribe(&st.s.fluid, st.propertyInlet(int(k)), st.links[k].m)
		if want == 0 && short > 0 && !st.el.stations[i].demand.ReturnTemperature.Known {
			return 0 // what arrives is too cold for the rooms: that shuts no valve
		}
		return math.Max((l.m-want)/math.Max(want, 1e-3)-1e-7, 0)
	}
	if !st.boundable(i) || l.m <= 0 || !st.known[l.from] || !st.known[l.to] {
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
	return len(st.demands.links) > 0 || slices.Contains(st.bounds.limited, true)
}

// clearlyBeyond reports, before the calculation has come to its end, whether a
// station is so far on the wrong side of its bound that it is better changed at
// once: the energy residual is near (Pa) or less, or flows cannot settle at all.
func (st *state) clearlyBeyond(near float64) bool {
	const clearly = 0.05
	if e := st.report.EnergyResidual; e < st.s.opts.EnergyTolerance || e > near && e < 1e6 || st.bounds.rounds >= alonePast || !st.anyBound() {
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
