package epanet

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// writer writes lines and remembers the first error.
type writer struct {
	out  *bufio.Writer
	size size
	line []byte
}

// Write writes the file in its own units, as EPANET 2.2 and 2.3 read it.
// Numbers have twelve digits: reading what was written gives the file back
// within 1e-11.
func Write(to io.Writer, f *File) error {
	w := &writer{out: bufio.NewWriter(to), size: f.Options.size()}
	w.section(sectionTitle)
	for _, t := range f.Title {
		w.plain(t)
	}
	w.nodes(f)
	w.links(f)
	w.status(f)
	w.section(sectionPatterns)
	for i := range f.Patterns {
		p := &f.Patterns[i]
		for at := 0; at < len(p.Factors); at += 6 {
			w.word(p.ID)
			for _, v := range p.Factors[at:min(at+6, len(p.Factors))] {
				w.number(v)
			}
			w.end()
		}
	}
	w.section(sectionCurves)
	for i := range f.Curves {
		c := &f.Curves[i]
		for k := range c.X {
			w.word(c.ID)
			w.number(c.X[k])
			w.number(c.Y[k])
			if k == 0 && c.Kind != GenericCurve {
				w.word(curveNames[c.Kind])
			}
			w.end()
		}
	}
	w.controls(f)
	w.energy(f)
	for _, s := range f.Kept {
		w.plain("")
		w.plain("[" + s.Name + "]")
		for _, l := range s.Lines {
			w.plain(l)
		}
	}
	w.times(&f.Times)
	w.options(&f.Options)
	w.places(f)
	w.plain("")
	w.plain("[END]")
	return w.out.Flush()
}

func (w *writer) plain(s string) { w.out.WriteString(s); w.out.WriteByte('\n') }

func (w *writer) section(s section) { w.plain(""); w.plain("[" + sectionNames[s] + "]") }

// word adds a word to the line, in quotes where it holds a blank.
func (w *writer) word(s string) {
	w.line = append(w.line, ' ')
	if s == "" || strings.ContainsAny(s, " \t") {
		w.line = append(append(append(w.line, '"'), s...), '"')
		return
	}
	w.line = append(w.line, s...)
}

func (w *writer) number(v float64) {
	w.line = strconv.AppendFloat(append(w.line, '\t'), v, 'g', 12, 64)
}

func (w *writer) end() {
	w.out.Write(w.line)
	w.out.WriteByte('\n')
	w.line = w.line[:0]
}

func (w *writer) nodes(f *File) {
	w.section(sectionJunctions)
	for i := range f.Junctions {
		j := &f.Junctions[i]
		w.word(j.ID)
		w.number(j.Elevation / w.size.length)
		w.end()
	}
	w.section(sectionReservoirs)
	for i := range f.Reservoirs {
		r := &f.Reservoirs[i]
		w.word(r.ID)
		w.number(r.Head / w.size.length)
		if r.Pattern != "" {
			w.word(r.Pattern)
		}
		w.end()
	}
	w.section(sectionTanks)
	for i := range f.Tanks {
		t := &f.Tanks[i]
		w.word(t.ID)
		for _, v := range []float64{t.Elevation, t.Initial, t.Minimum, t.Maximum, t.Diameter} {
			w.number(v / w.size.length)
		}
		w.number(t.MinimumVolume / w.size.volume)
		if t.VolumeCurve != "" || t.Overflow {
			w.word(orStar(t.VolumeCurve))
		}
		if t.Overflow {
			w.word("YES")
		}
		w.end()
	}
	w.section(sectionDemands)
	for i := range f.Junctions {
		j := &f.Junctions[i]
		for _, d := range j.Demands {
			if d == (Demand{}) && len(j.Demands) == 1 {
				continue
			}
			w.word(j.ID)
			w.number(d.Base / w.size.flow)
			if d.Pattern != "" {
				w.word(d.Pattern)
			}
			if d.Category != "" {
				w.line = append(append(w.line, " ;"...), d.Category...)
			}
			w.end()
		}
	}
	w.section(sectionEmitters)
	for i := range f.Junctions {
		if e := f.Junctions[i].Emitter; e.Known {
			w.word(f.Junctions[i].ID)
			w.number(e.Value / w.size.flow * powOf(w.size.emitter, f.Options.EmitterExponent))
			w.end()
		}
	}
}

func orStar(s string) string {
	if s == "" {
		return "*"
	}
	return s
}

func (w *writer) ends(l *Link) { w.word(l.ID); w.word(l.From); w.word(l.To) }

func (w *writer) links(f *File) {
	w.section(sectionPipes)
	for i := range f.Pipes {
		p := &f.Pipes[i]
		w.ends(&p.Link)
		w.number(p.Length / w.size.length)
		w.number(p.Diameter / w.size.diameter)
		w.number(p.Roughness / w.size.roughness)
		w.number(p.MinorLoss)
		switch {
		case p.CheckValve:
			w.word("CV")
		case p.Status == Closed:
			w.word("Closed")
		default:
			w.word("Open")
		}
		w.end()
	}
	w.section(sectionPumps)
	for i := range f.Pumps {
		p := &f.Pumps[i]
		w.ends(&p.Link)
		if p.Curve != "" {
			w.word("HEAD")
			w.word(p.Curve)
		}
		if p.Power.Known {
			w.word("POWER")
			w.number(p.Power.Value / w.size.power)
		}
		if p.Speed != 1 && p.Status != Closed {
			w.word("SPEED")
			w.number(p.Speed)
		}
		if p.Pattern != "" {
			w.word("PATTERN")
			w.word(p.Pattern)
		}
		w.end()
	}
	w.section(sectionValves)
	for i := range f.Valves {
		v := &f.Valves[i]
		w.ends(&v.Link)
		w.number(v.Diameter / w.size.diameter)
		w.word(v.Kind.String())
		if v.Kind == GPV {
			w.word(v.Curve)
		} else {
			w.number(v.Setting / w.unit(v.Kind))
		}
		w.number(v.MinorLoss)
		if v.Kind == PCV && v.Curve != "" {
			w.word(v.Curve)
		}
		w.end()
	}
	w.section(sectionLeakage)
	for i := range f.Pipes {
		if l := f.Pipes[i].Leak; l != nil {
			w.word(f.Pipes[i].ID)
			w.number(l.Area)
			w.number(l.Expansion)
			w.end()
		}
	}
}

// unit returns the size of a valve's setting.
func (w *writer) unit(k ValveKind) float64 {
	switch k {
	case PRV, PSV, PBV:
		return w.size.pressure
	case FCV:
		return w.size.flow
	}
	return 1
}

func (w *writer) status(f *File) {
	w.section(sectionStatus)
	say := func(id, status string) { w.word(id); w.word(status); w.end() }
	for i := range f.Pumps {
		if f.Pumps[i].Status == Closed {
			say(f.Pumps[i].ID, "Closed")
		}
	}
	for i := range f.Valves {
		switch f.Valves[i].Status {
		case Open:
			say(f.Valves[i].ID, "Open")
		case Closed:
			say(f.Valves[i].ID, "Closed")
		}
	}
}

func (w *writer) controls(f *File) {
	w.section(sectionControls)
	valves := map[string]ValveKind{}
	for i := range f.Valves {
		valves[f.Valves[i].ID] = f.Valves[i].Kind
	}
	level := map[string]float64{}
	for i := range f.Junctions {
		level[f.Junctions[i].ID] = w.size.pressure
	}
	for i := range f.Controls {
		c := &f.Controls[i]
		w.word("LINK")
		w.word(c.Link)
		kind, isValve := valves[c.Link]
		switch {
		case c.Setting.Known && isValve:
			w.number(c.Setting.Value / w.unit(kind))
		case c.Setting.Known:
			w.number(c.Setting.Value)
		case c.Status == Closed:
			w.word("CLOSED")
		default:
			w.word("OPEN")
		}
		switch c.Kind {
		case AtTime, AtClockTime:
			w.word("AT")
			w.word([...]string{"TIME", "CLOCKTIME"}[c.Kind])
			w.word(clock(c.Time))
		default:
			w.word("IF")
			w.word("NODE")
			w.word(c.Node)
			w.word([...]string{Below: "BELOW", Above: "ABOVE"}[c.Kind])
			per, ok := level[c.Node]
			if !ok {
				per = w.size.length
			}
			w.number(c.Level / per)
		}
		if c.Disabled {
			w.word("DISABLED")
		}
		w.end()
	}
}

func (w *writer) energy(f *File) {
	w.section(sectionEnergy)
	if f.Efficiency.Known {
		w.word("GLOBAL")
		w.word("EFFICIENCY")
		w.number(f.Efficiency.Value * 100)
		w.end()
	}
	for i := range f.Pumps {
		if c := f.Pumps[i].EfficiencyCurve; c != "" {
			w.word("PUMP")
			w.word(f.Pumps[i].ID)
			w.word("EFFICIENCY")
			w.word(c)
			w.end()
		}
	}
}

// clock writes seconds as h:mm:ss.
func clock(seconds float64) string {
	s := int64(seconds + 0.5)
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

func (w *writer) times(t *Times) {
	w.section(sectionTimes)
	w.plain(" Duration " + clock(t.Duration))
	w.plain(" Hydraulic Timestep " + clock(t.HydraulicStep))
	w.plain(" Pattern Timestep " + clock(t.PatternStep))
	w.plain(" Pattern Start " + clock(t.PatternStart))
	w.plain(" Start ClockTime " + clock(t.StartClock))
	for _, l := range t.Kept {
		w.plain(" " + l)
	}
}

func (w *writer) options(o *Options) {
	w.section(sectionOptions)
	value := func(key string, v float64) {
		w.line = append(append(w.line, ' '), key...)
		w.number(v)
		w.end()
	}
	w.plain(" Units " + o.Flow.String())
	w.plain(" Pressure " + o.Pressure.String())
	w.plain(" Headloss " + [...]string{"H-W", "D-W", "C-M"}[o.Formula])
	value("Viscosity", o.Viscosity/WaterViscosity)
	value("Specific Gravity", o.SpecificGravity)
	value("Trials", float64(o.Trials))
	value("Accuracy", o.Accuracy)
	if o.HeadError.Known {
		value("HeadError", o.HeadError.Value/w.size.length)
	}
	if o.FlowChange.Known {
		value("FlowChange", o.FlowChange.Value/w.size.flow)
	}
	if o.DefaultPattern != "" {
		w.word("Pattern")
		w.word(o.DefaultPattern)
		w.end()
	}
	value("Demand Multiplier", o.DemandMultiplier)
	value("Emitter Exponent", o.EmitterExponent)
	w.plain(" Backflow Allowed " + [...]string{"NO", "YES"}[btoi(o.EmitterBackflow)])
	w.plain(" Demand Model " + [...]string{"DDA", "PDA"}[btoi(o.PressureDriven)])
	value("Minimum Pressure", o.MinimumPressure/w.size.pressure)
	value("Required Pressure", o.RequiredPressure/w.size.pressure)
	value("Pressure Exponent", o.PressureExponent)
	for _, l := range o.Kept {
		w.plain(" " + l)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// places writes where nodes and links lie.
func (w *writer) places(f *File) {
	w.section(sectionCoordinates)
	point := func(id string, p *Point) {
		if p != nil {
			w.word(id)
			w.number(p.X)
			w.number(p.Y)
			w.end()
		}
	}
	for i := range f.Junctions {
		point(f.Junctions[i].ID, f.Junctions[i].Place)
	}
	for i := range f.Reservoirs {
		point(f.Reservoirs[i].ID, f.Reservoirs[i].Place)
	}
	for i := range f.Tanks {
		point(f.Tanks[i].ID, f.Tanks[i].Place)
	}
	w.section(sectionVertices)
	bends := func(l *Link) {
		for k := range l.Vertices {
			point(l.ID, &l.Vertices[k])
		}
	}
	for i := range f.Pipes {
		bends(&f.Pipes[i].Link)
	}
	for i := range f.Pumps {
		bends(&f.Pumps[i].Link)
	}
	for i := range f.Valves {
		bends(&f.Valves[i].Link)
	}
}
