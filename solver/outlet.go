package solver

import (
	"math"

	"evenflow/solver/internal/law"
	"evenflow/solver/internal/water"
)

// outflow is the water that leaves a branch, and how its temperature follows.
type outflow struct {
	t       float64 // K
	short   float64 // W asked for but not delivered
	byFlow  float64 // dt/dln m, K
	byInlet float64 // dt/dt_in
	// The mean temperature along the branch, and the same of it.
	mean, meanByFlow, meanByInlet float64
}

// outlet returns the water that leaves the station when m kg/s > 0 arrive at
// tin (K). was is roughly the temperature at which it leaves, drawn its steady
// secondary circuit, which it makes known where nothing else is asked for.
func (x *station) outlet(f *water.Fluid, m, tin, outdoor, was float64, drawn *law.Steady) outflow {
	d := &x.demand
	switch {
	case d.TemperatureDrop.Known:
		return outflow{t: tin - d.TemperatureDrop.Value, byInlet: 1}
	case d.ReturnTemperature.Known && d.Heat.Known && tin <= d.ReturnTemperature.Value && d.Heat.Value > 0:
		return outflow{t: tin, short: d.Heat.Value, byInlet: 1}
	case d.ReturnTemperature.Known:
		return outflow{t: d.ReturnTemperature.Value}
	case d.Heat.Known:
		q, short := d.Heat.Value, 0.0
		if !d.Flow.Known && x.secondary.Valid() {
			_, short = x.prescribe(f, tin, m)
		}
		t := cooled(f, tin, (q-short)/m, was)
		if t == coldest {
			short = q - m*f.MeanHeatCapacity(tin, t)*(tin-t)
			return outflow{t: t, short: max(short, 0)}
		}
		cp := f.HeatCapacity(t)
		return outflow{t: t, short: max(short, 0), byFlow: (q - short) / (m * cp), byInlet: f.HeatCapacity(tin) / cp}
	}
	if x.secondary.Valid() {
		heat := drawn.Last()
		*drawn = x.secondary.Steady()
		drawn.Guess(heat)
		drawn.Return = max(x.designReturn, coldest)
		var out outflow
		steadyOutlet(f, m, tin, outdoor, was, drawn, &out)
		return out
	}
	if r := x.designReturn; r > 0 && r < tin {
		return outflow{t: r}
	}
	return outflow{t: tin, byInlet: 1}
}

// steadyOutlet is outlet where the water gives what the secondary circuit draws.
func steadyOutlet(f *water.Fluid, m, tin, outdoor, was float64, drawn *law.Steady, out *outflow) {
	back := min(drawn.Return, tin)
	cp, in := f.MeanHeatCapacity(tin, back), f.HeatCapacity(tin)
	q := drawn.Draw(m, tin, cp, outdoor)
	if tin > back { // the mean heat capacity follows the inlet
		q.ByInlet += q.ByCp * (in - cp) / (cp * (tin - back))
	}
	t := cooled(f, tin, q.Heat/m, was)
	per := 1 / (m * f.HeatCapacity(t))
	out.t, out.short = t, 0
	out.byFlow, out.byInlet = (q.Heat-q.ByFlow)*per, (m*in-q.ByInlet)*per
}

// cooled returns the temperature of water that entered at tin and gave off
// heat J/kg, kept within what water can be: Newton's method on the enthalpy,
// from a guess (K; 0: none).
func cooled(f *water.Fluid, tin, heat, guess float64) float64 {
	t := guess
	if !(t > 0) {
		t = tin - heat/f.HeatCapacity(tin)
	}
	for range 30 {
		t = min(max(t, coldest), hottest)
		d := ((tin-t)*f.MeanHeatCapacity(tin, t) - heat) / f.HeatCapacity(t)
		t += d
		if math.Abs(d) < 1e-2 { // the next is 1e-4 of the square of that
			break
		}
	}
	return min(max(t, coldest), hottest)
}

// eagerness returns by how much the flow that a station asks for falls with
// the temperature of what arrives, -dln m/dT in 1/K, at tin (K) and flow m.
func (x *station) eagerness(f *water.Fluid, tin, m float64) float64 {
	d := &x.demand
	switch {
	case d.TemperatureDrop.Known:
		return 0
	case d.ReturnTemperature.Known:
		return 1 / max(tin-d.ReturnTemperature.Value, leastDrop)
	}
	_, back := x.secondary.Temperatures(d.Heat.Value, x.secondary.Indoor)
	cp := f.MeanHeatCapacity(tin, max(x.designReturn, coldest))
	_, byFlow := x.secondary.Exchanger.Transfer(m, x.secondary.Flow, cp, x.secondary.Cp)
	return 1 / (max(byFlow, 0.05) * max(tin-back, leastDrop))
}
