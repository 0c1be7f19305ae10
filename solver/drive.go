package solver

import (
	"evenflow/models"
	"evenflow/solver/internal/law"
)

// drive is the pump of a regulator: within its speeds it lifts what the set
// point needs.
type drive struct {
	curve     *law.Curve // nil: no curve is known, and no limit
	low, high float64    // speeds
	blocks    bool       // lets nothing pass where it stands
}

// lowestSpeed and highestSpeed of a source's pumps where none are given.
const (
	lowestSpeed  = 0.3
	highestSpeed = 1.0
)

// beginDrives lists the pumps and sources that hold something which is not a
// plain law of theirs.
func (st *state) beginDrives() {
	for i := range st.el.pumps {
		x, y := &st.el.pumps[i], &st.s.net.Pumps[i]
		if y.Control != models.ControlSpeed && !x.stands() {
			if r, ok := st.driveOf(st.p.linkOf[models.KindPump][i], y.Control, y.Remote, drive{&x.curve, 0, x.speed, !x.bypass}, setPoints{x.lift, x.flow, x.pressure}); ok {
				st.regulate(r)
			}
		}
	}
	for i := range st.el.sources {
		if st.el.sources[i].driven() && st.bounds.stage[i] != models.AtLimit { // which gives what it has
			if x, ok := st.sourceDrive(i); ok {
				st.regulate(x)
			}
		}
	}
}

// sourceDrive returns the pumps of a source that is driven as a regulator; ok
// is false where they have nothing to hold.
func (st *state) sourceDrive(i int) (r regulator, ok bool) {
	x := &st.el.sources[i]
	d := drive{low: x.low, high: x.high}
	if x.hasCurve {
		d.curve = &x.curve
	}
	return st.driveOf(st.p.linkOf[models.KindSource][i], x.control, st.s.net.Sources[i].Remote, d, setPoints{x.lift, x.flow, x.pressure})
}

// driven reports whether the source's pumps are controlled by something that
// is neither speed, its own differential nor its flow.
func (x *source) driven() bool { return x.control > models.ControlFlow }

type setPoints struct{ differential, flow, pressure float64 }

// driveOf returns a pump as a regulator; ok is false where it has nothing to
// hold.
func (st *state) driveOf(k int32, control models.SourceControl, remote []models.ID, d drive, set setPoints) (x regulator, ok bool) {
	l := &st.links[k]
	r := &st.regs
	r.drives = append(r.drives, d)
	x = regulator{link: k, high: -1, low: -1, drive: &r.drives[len(r.drives)-1]}
	switch control {
	case models.ControlDifferential:
		x.senses, x.set, x.high, x.low = differential, set.differential, l.to, l.from
	case models.ControlFlow:
		x.senses, x.set = ownFlow, set.flow
	case models.ControlInletPressure:
		x.senses, x.set, x.high = pressureLow, set.pressure, l.from
	case models.ControlOutletPressure:
		x.set, x.high = set.pressure, l.to
	case models.ControlRemote:
		x.senses, x.set = differential, set.differential
		first := len(r.watched)
		for _, id := range remote {
			at, _ := st.p.index.At(models.KindStation, id)
			if y := &st.links[st.p.linkOf[models.KindStation][at]]; y.mode != off && !st.cut[y.from] && !st.cut[y.to] {
				r.watched = append(r.watched, [2]int32{y.from, y.to})
			}
		}
		x.watched = r.watched[first:len(r.watched):len(r.watched)]
		if len(x.watched) == 0 {
			return x, false // nobody to pump for: at full speed
		}
		x.high, x.low = x.watched[0][0], x.watched[0][1]
	}
	return x, true
}

// runs returns the stand of a holding pump that lifts m (kg/s) by lift (Pa).
func (st *state) runs(x *regulator, m, lift float64) stand {
	d := x.drive
	if d.curve == nil {
		return holding
	}
	l := &st.links[x.link]
	t1, t2 := st.propertyTemperatures(int(x.link))
	rho := st.volumeDensity((st.s.fluid.Density(t1) + st.s.fluid.Density(t2)) / 2)
	if l.m < 0 {
		m = 0
	}
	head := lift / (rho * st.s.opts.Gravity)
	const some = 1e-4 // m
	switch {
	case head > d.curve.Head(m/rho, d.high)+some:
		return wideOpen
	case d.low > 0 && head < d.curve.Head(m/rho, d.low)-some, d.low == 0 && head < -some:
		return lowest
	}
	return holding
}

// critical returns which of the watched pairs has less than the one sensed,
// and least of all; -1: none.
func (st *state) critical(x *regulator) int {
	if len(x.watched) < 2 {
		return -1
	}
	at, least := -1, st.pressure[x.high]-st.pressure[x.low]-2*pressureBand
	for i, p := range x.watched {
		if d := st.pressure[p[0]] - st.pressure[p[1]]; d < least {
			at, least = i, d
		}
	}
	return at
}

// reseat lets the pumps that watch several stations sense the one that has
// least, and reports whether any changed.
func (st *state) reseat(converged bool) (changed bool) {
	for i := range st.regs.list {
		x := &st.regs.list[i]
		if x.turns >= mostTurns && !converged {
			continue
		}
		if at := st.critical(x); at >= 0 {
			x.high, x.low = x.watched[at][0], x.watched[at][1]
			x.turns++
			changed = true
		}
	}
	return changed
}
