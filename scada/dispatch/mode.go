package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"evenflow/models"
	"evenflow/scada/journal"
)

// Mode says how far the program may go. Modes are set for the network, for
// an element and for a point; the strictest wins.
type Mode uint8

// The modes, strictest first.
const (
	Off      Mode = iota // not polled, not written
	Monitor              // polled only; the writer does not exist
	Shadow               // orders are proposed and journaled, never sent
	Advisory             // a person approves every order
	Auto                 // orders go out under the envelope two persons approved, until it expires
)

var modeNames = [...]string{"off", "monitor", "shadow", "advisory", "auto"}

// String returns the mode's stable word.
func (m Mode) String() string { return modeNames[m] }

// MarshalText returns the mode's word.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (m *Mode) UnmarshalText(b []byte) error {
	for i, n := range modeNames {
		if n == string(b) {
			*m = Mode(i)
			return nil
		}
	}
	return fmt.Errorf("unknown mode %q: off, monitor, shadow, advisory or auto", b)
}

// Scope is what a mode is set for: the network (zero), an element, or one
// point of it.
type Scope struct {
	Element  models.ID       `json:"element,omitempty"`
	Quantity models.Quantity `json:"quantity,omitempty"`
}

// String returns "network", the element, or "element/quantity".
func (s Scope) String() string {
	switch {
	case s.Element == "":
		return "network"
	case s.Quantity == models.QuantityNone:
		return string(s.Element)
	}
	return models.PointID(s).String()
}

// ModeState is a mode that was set, by whom and why.
type ModeState struct {
	Scope  Scope     `json:"scope"`
	Mode   Mode      `json:"mode"`
	By     Actor     `json:"by"`
	With   Actor     `json:"with,omitzero"`  // the second person, for auto
	At     time.Time `json:"at"`             // wall
	Until  time.Time `json:"until,omitzero"` // wall; auto falls back to advisory then
	Reason string    `json:"reason"`
	// Because is the reason where the program gave it.
	Because Why `json:"because,omitzero"`
}

// withWhy gives the program's own reason.
func (s ModeState) withWhy(w Why) ModeState {
	s.Reason, s.Because = w.Text, w
	return s
}

// row is the journal's row of a mode that was set.
func (s ModeState) row() journal.Entry {
	return explained(journal.Entry{Action: "mode", Element: s.Scope.Element, Point: s.Scope.Quantity.String(), Stage: s.Mode.String()}, Why{s.Because.Code, s.Reason, s.Because.Values})
}

// request is the first of two persons asking for the same thing.
type request struct {
	by Actor
	at time.Time
}

// requestLife is how long the second person may take, wall time.
const requestLife = 10 * time.Minute

// second reports whether by is the second person asking for what; if not, it
// notes him as the first. d.mu is held.
func (d *Desk) second(what string, by Actor, different func(first Actor) bool) (first Actor, ok bool) {
	if d.deps.OwnPlant {
		return Actor{}, true
	}
	now := d.deps.Wall()
	r, asked := d.pending[what]
	if asked && now.Sub(r.at) < requestLife && r.by.Name != by.Name && different(r.by) {
		delete(d.pending, what)
		return r.by, true
	}
	d.pending[what] = request{by, now}
	return Actor{}, false
}

// modeOf returns the mode of a point: the strictest of network, element and
// point. d.mu is held.
func (d *Desk) modeOf(p models.PointID) Mode {
	m := Monitor
	if s, ok := d.modes[Scope{}]; ok {
		m = s.Mode
	}
	if s, ok := d.modes[Scope{Element: p.Element}]; ok {
		m = min(m, s.Mode)
	}
	if s, ok := d.modes[Scope(p)]; ok && p.Quantity != models.QuantityNone {
		m = min(m, s.Mode)
	}
	return m
}

// Mode returns the mode in force for a scope.
func (d *Desk) Mode(s Scope) Mode {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.modeOf(models.PointID(s))
}

// Modes returns every mode that was set, the network's first.
func (d *Desk) Modes() []ModeState {
	d.mu.Lock()
	defer d.mu.Unlock()
	return sorted(d.modes, func(a, b ModeState) bool {
		if a.Scope.Element != b.Scope.Element {
			return a.Scope.Element < b.Scope.Element
		}
		return a.Scope.Quantity < b.Scope.Quantity
	})
}

// Armed reports whether the desk holds a writer. It does not wait for a turn
// that is held up by a PLC.
func (d *Desk) Armed() bool { return d.armed.Load() }

// SetMode sets the mode of a scope. Auto takes an engineer and a dispatcher:
// the first call of the two returns a Refusal with code two-persons. until is
// the end of auto, wall time, at most 31 days away; other modes take none.
// Entering advisory makes the writer and starts the heartbeats; leaving it
// releases the PLCs and drops the writer.
func (d *Desk) SetMode(ctx context.Context, by Actor, scope Scope, mode Mode, until time.Time, reason string) error {
	act := mode.act()
	d.turn.Lock()
	defer d.turn.Unlock()
	return d.denied(ctx, by, act, "", d.setMode(ctx, by, act, ModeState{Scope: scope, Mode: mode, Until: until, Reason: reason}))
}

func (d *Desk) setMode(ctx context.Context, by Actor, act action, s ModeState) error {
	if err := d.may(by, act); err != nil {
		return err
	}
	if own := d.orOwn(by, s.Reason); own.said() {
		s = s.withWhy(own)
	}
	if s.Reason == "" {
		return refuse(BadRequest, noModeReason)
	}
	if err := d.recoverOnce(ctx); err != nil {
		return err
	}
	now := d.deps.Wall()
	if s.Mode == Auto {
		if !s.Until.After(now) || s.Until.After(now.Add(31*24*time.Hour)) {
			return refuse(BadRequest, noAutoEnd)
		}
		d.mu.Lock()
		first, ok := d.second("auto "+s.Scope.String(), by, func(first Actor) bool { return first.Role != by.Role })
		d.mu.Unlock()
		if !ok {
			return refuse(TwoPersons, noSecondAuto, "within_s", requestLife)
		}
		s.With = first
	} else {
		s.Until = time.Time{}
	}
	s.By, s.At = by, now.UTC()
	return d.applyMode(ctx, by, s)
}

// applyMode makes or drops the writer as the mode asks, in the order that
// keeps the journal first. d.turn is held.
func (d *Desk) applyMode(ctx context.Context, by Actor, s ModeState) error {
	d.mu.Lock()
	before := d.controlled()
	wasSet := d.modes[s.Scope]
	d.mu.Unlock()
	if err := d.commit(ctx, by, func(c *change) error {
		c.put(kindMode, s.Scope.String(), s)
		c.row(s.row())
		c.then = append(c.then, func() { d.modes[s.Scope] = s })
		return nil
	}); err != nil {
		return err
	}
	if err := d.arm(); err != nil {
		// No writer, no advisory: back to what was, and say so.
		wasSet.Scope, wasSet.At, wasSet.By = s.Scope, s.At, program
		wasSet.Mode = min(wasSet.Mode, Shadow)
		wasSet = wasSet.withWhy(why(WhyNoWriter, "answer", err.Error()))
		return errors.Join(fmt.Errorf("mode %s cannot be entered: %w", s.Mode, err), d.commit(ctx, program, func(c *change) error {
			c.put(kindMode, s.Scope.String(), wasSet)
			c.row(wasSet.row())
			c.then = append(c.then, func() { d.modes[s.Scope] = wasSet })
			return nil
		}))
	}
	d.mu.Lock()
	after := map[models.ID]bool{}
	for _, id := range d.controlled() {
		after[id] = true
	}
	d.mu.Unlock()
	var leave []models.ID
	for _, id := range before {
		if !after[id] {
			leave = append(leave, id)
		}
	}
	if err := d.dropQueued(ctx, by); err != nil {
		return err
	}
	err := d.release(ctx, by, leave)
	d.mu.Lock()
	network := d.modeOf(models.PointID{})
	d.mu.Unlock()
	if network < Advisory {
		d.writer = nil
		d.armed.Store(false)
	}
	return err
}

// arm makes the writer if the network's mode asks for one. d.turn is held.
func (d *Desk) arm() error {
	d.mu.Lock()
	network := d.modeOf(models.PointID{})
	d.mu.Unlock()
	if network < Advisory || d.writer != nil {
		return nil
	}
	if d.deps.Arm == nil {
		return errors.New("this desk was made without a way to write")
	}
	w, err := d.deps.Arm()
	if err != nil {
		return err
	}
	d.writer = w
	d.armed.Store(true)
	return nil
}

// controlled returns the elements that get our heartbeat: those in advisory
// or auto. d.mu is held.
func (d *Desk) controlled() []models.ID {
	var ids []models.ID
	for _, id := range d.deps.Heartbeats {
		if d.modeOf(models.PointID{Element: id}) >= Advisory {
			ids = append(ids, id)
		}
	}
	return ids
}

// release hands elements back to their PLCs' own curve. An element that
// cannot be told falls back by itself when our heartbeat stays away.
func (d *Desk) release(ctx context.Context, by Actor, ids []models.ID) error {
	if len(ids) == 0 || d.writer == nil {
		return nil
	}
	if err := d.commit(ctx, by, func(c *change) error {
		for _, id := range ids {
			c.row(explained(journal.Entry{Action: "release", Element: id}, why(WhyHandedBack)))
		}
		return nil
	}); err != nil {
		return err
	}
	errs := make([]error, len(ids))
	var g errgroup.Group
	g.SetLimit(d.deps.Parallel)
	for i, id := range ids {
		g.Go(func() error {
			errs[i] = d.writer.Release(ctx, id)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return d.commit(ctx, program, func(c *change) error {
		for i, err := range errs {
			delete(d.beats, ids[i])
			if err != nil {
				c.row(explained(journal.Entry{Action: "release.failed", Element: ids[i]}, why(WhyFallsBack, "answer", err.Error())))
			}
		}
		return nil
	})
}

// dropQueued ends approved items whose point may not be written any more.
func (d *Desk) dropQueued(ctx context.Context, by Actor) error {
	return d.commit(ctx, by, func(c *change) error {
		for _, o := range d.live() {
			for n, it := range o.Items {
				if it.Stage != Approved {
					continue
				}
				if r := d.blocked(it.Point, Advisory); r != nil {
					c.move(c.order(o.ID), n, NotDone, r.why())
				}
			}
		}
		return nil
	})
}

// greet puts elements that were not in the point list before into monitor: a
// new station is not commanded because the others are. A new installation
// has nothing but new ones; there the network's own mode, monitor, says it. A
// plant that this process started is known as a whole.
func (d *Desk) greet(ctx context.Context) error {
	docs, err := d.deps.Store.Documents(ctx, kindKnown)
	if err != nil {
		return err
	}
	known := map[models.ID]bool{}
	for _, doc := range docs {
		known[models.ID(doc.Name)] = true
	}
	return d.commit(ctx, program, func(c *change) error {
		for _, w := range d.deps.Points {
			id := w.Point.Element
			if known[id] {
				continue
			}
			known[id] = true
			c.put(kindKnown, string(id), true)
			if len(docs) == 0 || d.deps.OwnPlant {
				continue
			}
			s := ModeState{Scope: Scope{Element: id}, Mode: Monitor, By: program, At: c.wall}.withWhy(why(WhyNewStation))
			c.put(kindMode, s.Scope.String(), s)
			c.row(s.row())
			c.then = append(c.then, func() { d.modes[s.Scope] = s })
		}
		return nil
	})
}
