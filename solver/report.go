package solver

import (
	"evenflow/models"
	"evenflow/solver/internal/law"
)

// result turns the state into what is handed out.
func (st *state) result() *Result {
	st.catchUp()
	n := st.s.net
	r := &Result{Islands: st.islands, mean: st.means()}
	r.Controls = st.controls()
	r.Junctions = make([]models.JunctionState, len(n.Junctions))
	r.Pipes = make([]models.BranchState, len(n.Pipes))
	r.Valves = make([]models.BranchState, len(n.Valves))
	r.Pumps = make([]models.PumpState, len(n.Pumps))
	r.Sources = make([]models.SourceState, len(n.Sources))
	r.Stations = make([]models.StationState, len(n.Stations))
	heat := st.s.opts.Temperatures != Isothermal
	for j, v := range st.p.node {
		x := &r.Junctions[j]
		x.Cut, x.PressureKnown, x.TempKnown = st.cut[v], st.known[v], heat
		if st.known[v] {
			x.Pressure = st.pressure[v]
		}
		if heat {
			x.Temperature = st.temp[v]
		}
		if st.known[v] || st.draw[v] == 0 {
			x.Drawn = st.draw[v]
		}
	}
	for i := range st.taps {
		r.Junctions[st.p.junction[st.taps[i].node]].Drawn += st.taps[i].m
	}
	for k := range st.links {
		st.branchResult(k, r.branch(st.p.links[k]), heat)
	}
	for i := range r.Pumps {
		st.pumpResult(i, &r.Pumps[i])
	}
	for i := range r.Sources {
		st.sourceResult(i, &r.Sources[i], heat)
	}
	for i := range r.Stations {
		st.stationResult(i, &r.Stations[i], heat)
	}
	st.report.Converged = st.solved()
	st.nameWorst()
	if heat {
		st.heatResidual()
	}
	r.Report = st.report
	if st.regs.undecided() {
		r.Report.Cycle = st.regs.trace
	}
	r.Report.Margins = st.s.margins(st, r)
	return r
}

func (st *state) branchResult(k int, b *models.BranchState, heat bool) {
	l := &st.links[k]
	f := &st.s.fluid
	b.Cut = st.cut[l.from] || st.cut[l.to]
	t1, t2 := st.propertyTemperatures(k)
	if st.s.opts.Temperatures == Sequential {
		t1, t2 = st.water[k].t1, st.water[k].t2 // reported at final temperatures
	}
	b.Density = (f.Density(t1) + f.Density(t2)) / 2
	if heat {
		b.TempIn, b.TempOut = st.water[k].t1, st.water[k].t2
	}
	if l.mode == off {
		return
	}
	b.Flow = l.m
	switch {
	case l.mode == given || l.mode == held || st.law[k].Throttles(l.m):
		if st.known[l.from] && st.known[l.to] {
			b.PressureDrop = st.pressure[l.from] - st.pressure[l.to] + l.lift
		}
	default:
		b.PressureDrop, _ = st.law[k].Drop(l.m)
	}
	if _, _, m := l.ends(); heat && m > 0 && st.p.links[k].kind == models.KindPipe {
		b.HeatLoss = m * f.MeanHeatCapacity(b.TempIn, b.TempOut) * (b.TempIn - b.TempOut)
	}
}

func (st *state) sourceResult(i int, r *models.SourceState, heat bool) {
	k := st.p.linkOf[models.KindSource][i]
	l, x := &st.links[k], &st.el.sources[i]
	f := &st.s.fluid
	if r.Stage = st.bounds.stage[i]; l.mode == off {
		return
	}
	r.Lift, r.PressureDrop = -r.PressureDrop, 0
	if x.control == models.ControlDifferential && l.mode != given {
		// Held at the junctions; the pumps raise what gravity takes besides.
		r.Lift -= r.Density*st.s.opts.Gravity*st.p.height[k] + st.p.air[k]
	}
	if heat && l.m > 0 {
		r.Heat = l.m * f.MeanHeatCapacity(r.TempOut, r.TempIn) * (r.TempOut - r.TempIn)
	}
	efficiency := usualEfficiency
	if x.hasCurve {
		efficiency = x.curve.Efficiency
	}
	rho := st.lifted(k, r.Density)
	r.Power = st.power(l.m, r.Lift, rho, efficiency)
	switch {
	case x.control == models.ControlSpeed && l.mode != given:
		r.Speed = x.speed
	case x.hasCurve: // of one at its limit, too
		r.Speed = st.speedFor(&x.curve, l.m, r.Lift, rho)
	}
}

// volumeDensity is the density at which pump curves turn mass into volume.
func (st *state) volumeDensity(rho float64) float64 {
	if r := st.s.opts.PumpDensity; r > 0 {
		return r
	}
	return rho
}

func (st *state) stationResult(i int, r *models.StationState, heat bool) {
	k := st.p.linkOf[models.KindStation][i]
	l, x := &st.links[k], &st.el.stations[i]
	if st.known[l.from] && st.known[l.to] {
		r.Differential = st.pressure[l.from] - st.pressure[l.to]
	}
	r.ShortOfHeat, r.WideOpen = st.short[i], st.isOpen(int32(i))
	if l.mode != off {
		if x.control.Kvs > 0 {
			fixed := law.Branch{K: x.fixed}
			d, _ := fixed.Drop(l.m)
			r.ValveDrop = r.PressureDrop - d
		}
		if heat && l.m > 0 {
			r.Heat = l.m * st.s.fluid.MeanHeatCapacity(r.TempIn, r.TempOut) * (r.TempIn - r.TempOut)
		}
	}
	st.shortage(i, r)
	if heat {
		x.secondaryState(r, st.out)
	}
}

// nameWorst puts names to the worst residuals.
func (st *state) nameWorst() {
	if k := st.worstE; k >= 0 {
		st.report.EnergyWorst = st.s.idOf(st.p.links[k])
	} else if k <= -2 { // water taken out by the pressure
		st.report.EnergyWorst = st.s.net.Junctions[st.p.junction[-2-k]].ID
	}
	if v := st.worstM; v >= 0 {
		st.report.MassWorst = st.s.net.Junctions[st.p.junction[v]].ID
	}
}

// idOf returns the id of a branch.
func (s *Solver) idOf(at place) models.ID {
	return s.net.Branch(models.Ref{Kind: at.kind, At: int(at.at)}).ID
}

// heatResidual finds the largest enthalpy imbalance at a junction with flow:
// what flows in, less the same water at the junction's temperature.
func (st *state) heatResidual() {
	st.heatImbalance(func(v int32, w float64) {
		if w > st.report.HeatResidual {
			st.report.HeatResidual, st.report.HeatWorst = w, st.s.net.Junctions[st.p.junction[v]].ID
		}
	})
}
