package solver

import (
	"math"

	"evenflow/models"
)

// property holds the temperatures at which a link's density and viscosity
// count. They follow the computed ones; where that makes a link swing to and
// fro (slow water in a ring turns with its own buoyancy) they follow by part
// of the way only.
type property struct {
	t1, t2 float64 // K
	last   float64 // K, last change of their mean
	part   float64 // of the way, 0..1
	brake  float64 // part of the computed buoyancy that enters the Newton step
}

func (p *property) begin(t1, t2 float64) { *p = property{t1: t1, t2: t2, part: 1, brake: 1} }

// follow moves the temperatures towards those computed and returns how far
// they were away, K. A link that swings follows less, and brakes more; one
// that creeps does the opposite.
func (p *property) follow(t1, t2, most, least float64) (away float64) {
	d1, d2 := t1-p.t1, t2-p.t2
	d := (d1 + d2) / 2
	part := 1.0
	switch {
	case math.Abs(d) < temperatureTolerance/10, most < 1: // rounding; the end game
		p.brake = math.Max(p.brake, least)
	case d*p.last < 0:
		// The secant through the last two distances: where a step of
		// part last led from last to d, this one leads to zero.
		part = math.Max(p.part*p.last/(p.last-d), 1.0/64)
		p.brake = math.Min(2*p.brake, 1)
	case math.Abs(d) > 0.7*math.Abs(p.last):
		p.brake = math.Max(0.6*p.brake, least)
	case p.part < 1:
		part = math.Min(math.Max(p.part*p.last/(p.last-d), p.part), 1)
	}
	p.part, p.last = math.Min(part, most), d
	p.t1 += p.part * d1
	p.t2 += p.part * d2
	return math.Max(math.Abs(d1), math.Abs(d2))
}

// patience is the number of exchanges after which all links follow by less
// and less: convection cells that chase one another settle by that.
const patience = 45

// followTemperatures moves the property temperatures of all links towards the
// computed ones and returns the largest distance there was, K.
func (st *state) followTemperatures(exchange int) (away float64) {
	most, least := 1.0, 0.0
	if late := exchange - patience; late > 0 {
		most, least = math.Max(1/(1+float64(late)/8), 0.2), 1
	}
	for k := range st.prop {
		if st.links[k].mode == off {
			continue
		}
		p := &st.prop[k]
		t1, t2 := st.computedTemperatures(k)
		away = math.Max(away, p.follow(t1, t2, most, least))
		st.thermal.damping[k] = -p.brake * st.buoyancy(k)
	}
	return away
}

// computedTemperatures returns the temperatures at which a link's properties
// should count: those entering and leaving where the options bring their own
// fluid, as reference cases have it; else, in a pipe, the mean along it, which
// unlike the mean of the ends does not jump when the flow turns.
func (st *state) computedTemperatures(k int) (t1, t2 float64) {
	if at := st.p.links[k]; at.kind == models.KindPipe && st.s.opts.Fluid == nil {
		t := st.thermal.mean[at.at]
		return t, t
	}
	return st.t1[k], st.t2[k]
}

// propertyTemperatures returns the temperatures at a link's ends at which its
// density and viscosity count: as computed, entering and leaving, when
// hydraulics and temperatures are coupled; else the start temperatures.
func (st *state) propertyTemperatures(k int) (t1, t2 float64) {
	if st.s.opts.Temperatures == Coupled {
		return st.prop[k].t1, st.prop[k].t2
	}
	l := &st.links[k]
	return st.p.start[l.from], st.p.start[l.to]
}
