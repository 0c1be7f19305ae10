package solver

import (
	"math"

	"evenflow/models"
)

// mostGrowth bounds how much a station's flow may grow or shrink from one
// exchange with the temperatures to the next.
const mostGrowth = 3

// demands iterates the flows of the stations that ask for heat: what they ask
// for depends on the temperature that their own and each other's flow brings.
// x is the logarithm of the flows tried, g that of the flows asked for over x.
type demands struct {
	links []int32 // links of such stations
	dry   []bool  // no flow brings water warm enough
	x, g  []float64
	limit []float64 // longest step of x; halved where g changes its sign
	sign  []float64 // of the last g
	mixer
}

// reset forgets all tries and lists the stations that vary.
func (d *demands) reset(st *state) {
	d.links = d.links[:0]
	for i := range st.el.stations {
		x := &st.el.stations[i]
		k := st.p.linkOf[models.KindStation][i]
		if st.links[k].mode == given && !x.demand.Flow.Known && x.demand.Heat.Value > 0 {
			d.links = append(d.links, k)
		}
	}
	n := len(d.links)
	d.dry = make([]bool, n)
	d.limit, d.sign = make([]float64, n), make([]float64, n)
	for i := range d.limit {
		d.limit[i] = math.Log(mostGrowth)
	}
	d.x, d.g, d.mixer = make([]float64, n), make([]float64, n), newMixer(n)
}

// prescribeFlows sets the given flows.
func (st *state) prescribeFlows() {
	for k := range st.links {
		if l := &st.links[k]; l.mode == given && !st.varies(k) {
			l.m = st.prescribed(k)
		}
	}
	d := &st.demands
	if len(d.links) == 0 {
		return
	}
	smooth := true
	for i, k := range d.links {
		m, f := st.links[k].m, st.prescribed(int(k))
		most := st.el.stations[st.p.links[k].at].mostFlow()
		d.x[i], d.g[i] = 0, 0
		switch {
		case d.dry[i]:
			st.links[k].m = f
		case f == 0 && m >= 0.999*most:
			d.dry[i], smooth = true, false
			st.links[k].m = 0
		case f == 0: // too cold with this flow: perhaps only because it is small
			smooth = false
			d.x[i], d.g[i] = math.Log(m), math.Min(math.Log(mostGrowth), math.Log(most/m))
		case m == 0:
			smooth = false
			st.links[k].m = f
			d.x[i] = math.Log(f)
		default:
			d.x[i], d.g[i] = math.Log(m), math.Log(f/m)
		}
	}
	d.next(smooth)
	for i, k := range d.links {
		if st.links[k].m > 0 {
			st.links[k].m = math.Exp(d.x[i])
		}
	}
}

// varies reports whether a given flow follows from a heat demand.
func (st *state) varies(k int) bool {
	at := st.p.links[k]
	if at.kind != models.KindStation {
		return false
	}
	x := &st.el.stations[at.at].demand
	return !x.Flow.Known && x.Heat.Value > 0
}

// next replaces x by the next try. Without a smooth history it takes the plain
// step; no step is longer than its limit.
func (d *demands) next(smooth bool) {
	if !smooth {
		d.forget()
	}
	step := d.step(d.x, d.g)
	for i, s := range step {
		if d.g[i]*d.sign[i] < 0 {
			d.limit[i] /= 2
		} else {
			d.limit[i] = math.Min(1.5*d.limit[i], math.Log(mostGrowth))
		}
		d.sign[i] = d.g[i]
		d.x[i] += math.Min(math.Max(s, -d.limit[i]), d.limit[i])
	}
	if !smooth {
		d.forget()
	}
}
