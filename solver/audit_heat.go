package solver

import (
	"math"

	"evenflow/models"
)

// leaving returns the temperature of the water that a branch hands on, and the
// node it goes to; m is 0 where it carries no heat.
func (a *auditor) leaving(k int) (down int32, m, temperature float64) {
	_, down, m = a.st.links[k].ends()
	if out, sets := a.st.delivers(k); sets {
		return down, m, out
	}
	return down, m, a.r.branch(a.st.p.links[k]).TempOut
}

// mixing compares the enthalpy that flows into every junction with that of the
// same water at the junction's temperature, and the temperature at which each
// branch takes it over.
func (a *auditor) mixing() {
	st := a.st
	f := &st.s.fluid
	enter := a.check(AuditMixing, "W")
	heat, mass := make([]float64, len(st.temp)), make([]float64, len(st.temp))
	for k := range st.links {
		if down, m, out := a.leaving(k); m > 0 {
			heat[down] += m * f.Enthalpy(out)
			mass[down] += m
		}
	}
	for j, v := range st.p.node {
		x := st.s.net.Junctions[j].FixedTemp
		if fed := a.fed(v); fed > stillFlow && x.Known {
			heat[v] += fed * f.Enthalpy(x.Value)
			mass[v] += fed
		}
	}
	missing := make([]float64, len(st.temp))
	for v, m := range mass {
		if m > 0 {
			missing[v] = heat[v] - m*f.Enthalpy(st.temp[v])
		}
	}
	for k := range st.links {
		if up, _, m := st.links[k].ends(); m > 0 {
			b := a.r.branch(st.p.links[k])
			missing[up] = larger(missing[up], m*(f.Enthalpy(b.TempIn)-f.Enthalpy(st.temp[up])))
		}
	}
	for j, v := range st.p.node {
		if mass[v] > 0 {
			enter(st.s.net.Junctions[j].ID, missing[v], a.heatLimit(mass[v], st.temp[v]))
		}
	}
}

// heatLimit is what a flow may carry too much or too little for temperatures
// that are as exact as they are computed, W.
func (a *auditor) heatLimit(m, temperature float64) float64 {
	return auditWatt + m*a.st.s.fluid.HeatCapacity(temperature)*auditKelvin
}

// fed returns what is fed in at a node from outside, kg/s.
func (a *auditor) fed(v int32) float64 {
	if a.st.fixed[v] {
		return math.Max(a.makeUp[v], 0)
	}
	return math.Max(-a.st.draw[v], 0)
}

// heat compares the outlet temperature of every branch with its heat law, and
// the heat it reports with its temperatures.
func (a *auditor) heat() {
	st := a.st
	f := &st.s.fluid
	enter := a.check(AuditHeat, "W")
	for k := range st.links {
		_, _, m := st.links[k].ends()
		at := st.p.links[k]
		b := a.r.branch(at)
		if m == 0 {
			continue
		}
		want, sets := st.delivers(k)
		if !sets {
			want = b.TempIn
			switch {
			case at.kind == models.KindPipe:
				want = a.pipeOutlet(at.at, m, b)
			case at.kind == models.KindStation && !(st.links[k].m > 0):
			case at.kind == models.KindStation && st.isLimited(at):
				want = st.limitedOutlet(at.at, m, b.TempIn).t
			case at.kind == models.KindStation:
				want = st.el.stations[at.at].outlet(f, m, b.TempIn, st.out, 0, &st.drawn[at.at]).t
			}
		}
		missing := m * f.HeatCapacity(want) * (b.TempOut - want)
		given := m * (f.Enthalpy(b.TempIn) - f.Enthalpy(b.TempOut))
		switch {
		case at.kind == models.KindPipe:
			missing = larger(missing, b.HeatLoss-given)
		case at.kind == models.KindStation && st.links[k].m > 0:
			missing = larger(missing, a.r.Stations[at.at].Heat-given)
		case at.kind == models.KindSource && sets:
			missing = larger(missing, a.r.Sources[at.at].Heat+given)
		}
		enter(a.id(k), missing, a.heatLimit(m, want)+auditShare*math.Abs(given))
	}
}

// pipeOutlet is the exponential law of a buried pipe at the temperatures that
// the result has for it and for its partner.
func (a *auditor) pipeOutlet(i int32, m float64, b *models.BranchState) float64 {
	st := a.st
	p := &st.el.pipes[i]
	u := p.u1 * p.lossFactor
	ambient := p.ambient
	if p.partner >= 0 && p.u2 > 0 {
		ambient += p.u2 / p.u1 * (st.water[st.p.linkOf[models.KindPipe][p.partner]].mean - p.ambient)
	}
	x := u * p.length / (m * st.s.fluid.MeanHeatCapacity(b.TempIn, b.TempOut))
	return ambient + (b.TempIn-ambient)*math.Exp(-x)
}

// balance adds up the heat of the whole network.
func (a *auditor) balance() {
	st := a.st
	f := &st.s.fluid
	enter := a.check(AuditBalance, "W")
	h := &a.out.Balance
	still := 0
	for k := range st.links {
		if l := &st.links[k]; l.m != 0 && math.Abs(l.m) <= stillFlow {
			still++
		}
	}
	for i := range a.r.Sources {
		h.Sources += a.r.Sources[i].Heat
	}
	for i := range a.r.Stations {
		h.Stations += a.r.Stations[i].Heat
	}
	for i := range a.r.Pipes {
		h.Losses += a.r.Pipes[i].HeatLoss
	}
	for j, v := range st.p.node {
		t := st.temp[v]
		out := 0.0 // kg/s leaving the network, less that entering at the same temperature
		if st.known[v] || st.draw[v] == 0 {
			out = a.r.Junctions[j].Drawn
		}
		if st.fixed[v] {
			out -= a.makeUp[v]
		}
		h.Water += out * f.Enthalpy(t)
		if x, fed := st.s.net.Junctions[j].FixedTemp, a.fed(v); x.Known && fed > stillFlow {
			h.Water += fed * (f.Enthalpy(t) - f.Enthalpy(x.Value))
		}
	}
	h.Difference = h.Sources - h.Stations - h.Losses - h.Water
	total := math.Max(math.Abs(h.Sources), math.Abs(h.Stations))
	enter("", h.Difference, 10+auditShare*total+float64(still))
}
