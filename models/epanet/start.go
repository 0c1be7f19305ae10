package epanet

import (
	"math"

	"evenflow/models"
)

// Start is how a file stands at time 0, before anything is calculated: in
// EPANET's order, initial states, patterns at the pattern start, then the
// simple controls on time and tank level. Slices are parallel to the file's.
type Start struct {
	Demands []float64 // m3/s, by junction
	Heads   []float64 // m, by reservoir
	Pipes   []Status
	Speeds  []float64 // by pump; 0: off
	Valves  []ValveStart
	links   map[string]link // where there are controls

	// Waiting are the controls, by index, that wait for the pressure at a
	// junction and can only act once it is known.
	Waiting []int
}

// ValveStart is how a valve stands.
type ValveStart struct {
	Status  Status
	Setting float64 // as Valve.Setting, where Status is Active
}

// index finds elements by id.
type index struct {
	patterns map[string]*Pattern
	curves   map[string]*Curve
}

func (f *File) index() index {
	ix := index{make(map[string]*Pattern, len(f.Patterns)), make(map[string]*Curve, len(f.Curves))}
	for i := range f.Patterns {
		ix.patterns[f.Patterns[i].ID] = &f.Patterns[i]
	}
	for i := range f.Curves {
		ix.curves[f.Curves[i].ID] = &f.Curves[i]
	}
	return ix
}

// Start returns how everything stands at time 0.
func (f *File) Start() *Start { return f.start(f.index(), nil) }

// start is Start after the given controls, by index, have acted besides, in
// that order.
func (f *File) start(ix index, acted []int) *Start {
	period := 0
	if f.Times.PatternStep > 0 {
		period = int(f.Times.PatternStart / f.Times.PatternStep)
	}
	factor := func(id string) float64 {
		if p := ix.patterns[id]; p != nil {
			return p.at(period)
		}
		return 1
	}
	s := &Start{Demands: make([]float64, len(f.Junctions)), Heads: make([]float64, len(f.Reservoirs)),
		Pipes: make([]Status, len(f.Pipes)), Speeds: make([]float64, len(f.Pumps)), Valves: make([]ValveStart, len(f.Valves))}
	byDefault := factor(f.Options.DefaultPattern)
	for i := range f.Junctions {
		for _, d := range f.Junctions[i].Demands {
			by := byDefault
			if d.Pattern != "" {
				by = factor(d.Pattern)
			}
			s.Demands[i] += d.Base * by * f.Options.DemandMultiplier
		}
	}
	for i := range f.Reservoirs {
		s.Heads[i] = f.Reservoirs[i].Head
		if id := f.Reservoirs[i].Pattern; id != "" {
			s.Heads[i] *= factor(id)
		}
	}
	for i := range f.Pipes {
		s.Pipes[i] = f.Pipes[i].Status
	}
	for i := range f.Pumps {
		p := &f.Pumps[i]
		if p.Status != Closed {
			s.Speeds[i] = p.Speed
		}
		if p.Pattern != "" {
			s.Speeds[i] = factor(p.Pattern)
		}
	}
	for i := range f.Valves {
		v := &f.Valves[i]
		s.Valves[i] = ValveStart{v.Status, v.Setting}
	}
	if len(f.Controls) > 0 {
		f.control(s, acted)
	}
	return s
}

// control lays the controls that act at time 0 over the state, and then those
// that acted by a pressure.
func (f *File) control(s *Start, acted []int) {
	level := map[string]float64{} // of tanks, m above the bottom
	for i := range f.Tanks {
		level[f.Tanks[i].ID] = f.Tanks[i].Initial
	}
	always := map[string]bool{} // reservoirs: EPANET compares what they hold, which is nothing at any level
	for i := range f.Reservoirs {
		always[f.Reservoirs[i].ID] = true
	}
	s.links = make(map[string]link, len(f.Pipes)+len(f.Pumps)+len(f.Valves))
	for i := range f.Pipes {
		s.links[f.Pipes[i].ID] = link{models.KindPipe, i}
	}
	for i := range f.Pumps {
		s.links[f.Pumps[i].ID] = link{models.KindPump, i}
	}
	for i := range f.Valves {
		s.links[f.Valves[i].ID] = link{models.KindValve, i}
	}
	for i := range f.Controls {
		c := &f.Controls[i]
		h, standing := level[c.Node]
		switch {
		case c.Disabled:
			continue
		case c.Kind == AtTime && c.Time != 0, c.Kind == AtClockTime && c.Time != math.Mod(f.Times.StartClock, day):
			continue
		case (c.Kind == Below || c.Kind == Above) && always[c.Node]:
		case (c.Kind == Below || c.Kind == Above) && !standing:
			s.Waiting = append(s.Waiting, i)
			continue
		case c.Kind == Below && h > c.Level, c.Kind == Above && h < c.Level:
			continue
		}
		s.act(c)
	}
	for _, i := range acted {
		s.act(&f.Controls[i])
	}
}

// act sets the control's link, and reports whether it stood otherwise.
func (s *Start) act(c *Control) (changed bool) {
	l, ok := s.links[c.Link]
	if !ok {
		return false
	}
	switch l.kind {
	case models.KindPipe:
		changed = s.Pipes[l.at] != c.Status
		s.Pipes[l.at] = c.Status
	case models.KindPump:
		changed = s.Speeds[l.at] != c.Setting.Or(0)
		s.Speeds[l.at] = c.Setting.Or(0)
	case models.KindValve:
		next := c.valve(s.Valves[l.at])
		changed = next != s.Valves[l.at]
		s.Valves[l.at] = next
	}
	return changed
}

// valve returns how a valve stands after the control acted.
func (c *Control) valve(before ValveStart) ValveStart {
	before.Status = c.Status
	if c.Setting.Known {
		before.Setting = c.Setting.Value
	}
	return before
}

// Loss returns the loss coefficient of a PCV at the given share of its travel
// in percent: that of the open valve over the square of Kv/Kvs. curve may be
// nil: Kv is then proportional to the travel. EPANET lets no valve lose more
// than 1e8 ft at 1 ft3/s, and a shut one that.
func (v *Valve) loss(percent float64, curve *Curve) float64 {
	most := 1e8 / 0.02517 * math.Pow(v.Diameter/metrePerFoot, 4)
	switch {
	case percent >= 100:
		return v.MinorLoss
	case percent <= 0:
		return most
	}
	share := percent
	if curve != nil && len(curve.X) > 0 {
		share = interpolate(curve, percent)
	}
	share = min(max(share/100, 1e-6), 1)
	return min(v.MinorLoss/(share*share), most)
}

// interpolate reads a PCV's curve at x: through the origin before its first
// point, towards (100, 100) after its last.
func interpolate(c *Curve, x float64) float64 {
	n := len(c.X)
	if x < c.X[0] {
		return x / c.X[0] * c.Y[0]
	}
	x0, y0, x1, y1 := c.X[n-1], c.Y[n-1], 100.0, 100.0
	for k := 1; k < n; k++ {
		if x <= c.X[k] {
			x0, y0, x1, y1 = c.X[k-1], c.Y[k-1], c.X[k], c.Y[k]
			break
		}
	}
	if x1 <= x0 {
		return y0
	}
	return y0 + (y1-y0)/(x1-x0)*(x-x0)
}
