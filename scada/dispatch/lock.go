package dispatch

import (
	"context"
	"time"

	"evenflow/models"
	"evenflow/scada/journal"
)

// LockKind says why a point may not be moved.
type LockKind string

// The kinds of lock.
const (
	Locked       LockKind = "locked"         // a person wants it left as it is
	OutOfService LockKind = "out_of_service" // it does not work
)

func (k LockKind) words() string {
	if k == OutOfService {
		return "out of service"
	}
	return "locked"
}

// Lock keeps a point, or all points of an element, from being moved. The
// balance treats it as fixed.
type Lock struct {
	Point  models.PointID `json:"point"` // Quantity none: the whole element
	Kind   LockKind       `json:"kind"`
	By     Actor          `json:"by"`
	At     time.Time      `json:"at"`    // wall
	Until  time.Time      `json:"until"` // wall
	Reason string         `json:"reason"`
}

// lockOn returns the lock on a point or on its element. d.mu is held.
func (d *Desk) lockOn(p models.PointID) (Lock, bool) {
	for _, key := range []models.PointID{p, {Element: p.Element}} {
		if l, ok := d.locks[key]; ok && d.deps.Wall().Before(l.Until) {
			return l, true
		}
	}
	return Lock{}, false
}

// Locks returns the locks in force, by element.
func (d *Desk) Locks() []Lock {
	d.mu.Lock()
	defer d.mu.Unlock()
	return sorted(d.locks, func(a, b Lock) bool {
		if a.Point.Element != b.Point.Element {
			return a.Point.Element < b.Point.Element
		}
		return a.Point.Quantity < b.Point.Quantity
	})
}

// Lock keeps a point from being moved until a moment of wall time. What is
// queued for it and not yet sent is not done.
func (d *Desk) Lock(ctx context.Context, by Actor, l Lock) error {
	err := d.may(by, actLock)
	switch {
	case err != nil:
	case l.Reason == "":
		err = refuse(BadRequest, noLockReason).at(l.Point)
	case !l.Until.After(d.deps.Wall()):
		err = refuse(BadRequest, noLockEnd).at(l.Point)
	case l.Kind != Locked && l.Kind != OutOfService:
		err = refuse(BadRequest, noLockKind, "kind", string(l.Kind)).at(l.Point)
	case !d.known(l.Point):
		err = refuse(BadRequest, noLockPoint).at(l.Point)
	}
	if err != nil {
		return d.denied(ctx, by, actLock, "", err)
	}
	l.By, l.At, l.Until = by, d.deps.Wall().UTC(), l.Until.UTC()
	if err := d.commit(ctx, by, func(c *change) error {
		c.put(kindLock, l.Point.String(), l)
		c.row(explained(journal.Entry{Action: "lock", Stage: string(l.Kind)}.About(l.Point), inWords("", l.Reason), why(WhyUntil, "until_ms", l.Until)))
		c.then = append(c.then, func() { d.locks[l.Point] = l })
		return nil
	}); err != nil {
		return err
	}
	return d.dropQueued(ctx, by)
}

// Unlock takes a lock off before its end.
func (d *Desk) Unlock(ctx context.Context, by Actor, p models.PointID, reason string) error {
	if err := d.may(by, actUnlock); err != nil {
		return d.denied(ctx, by, actUnlock, "", err)
	}
	return d.commit(ctx, by, func(c *change) error {
		if _, ok := d.locks[p]; !ok {
			return refuse(BadRequest, noLock).at(p)
		}
		c.put(kindLock, p.String(), nil)
		c.row(journal.Entry{Action: "unlock", Reason: reason}.About(p))
		c.then = append(c.then, func() { delete(d.locks, p) })
		return nil
	})
}

// known reports whether a point, or anything of its element, is writable.
func (d *Desk) known(p models.PointID) bool {
	for _, w := range d.deps.Points {
		if w.Point == p || (p.Quantity == models.QuantityNone && w.Point.Element == p.Element) {
			return true
		}
	}
	return false
}

// OpenEnvelope is an envelope other than normal that is open now.
type OpenEnvelope struct {
	Name   string    `json:"name"`
	By     Actor     `json:"by"`
	At     time.Time `json:"at"`    // wall
	Until  time.Time `json:"until"` // wall
	Reason string    `json:"reason"`
}

// Envelope returns the limits in force, and who opened them until when if
// they are not the normal ones.
func (d *Desk) Envelope() (Envelope, *OpenEnvelope) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.envelope()
}

// envelope is Envelope with d.mu held.
func (d *Desk) envelope() (Envelope, *OpenEnvelope) {
	if d.open != nil && d.deps.Wall().Before(d.open.Until) {
		open := *d.open
		return envelopes[open.Name], &open
	}
	return envelopes[Normal], nil
}

// OpenEnvelope opens a named envelope for a stated time of the wall clock, at
// most 31 days. Opening normal closes what is open.
func (d *Desk) OpenEnvelope(ctx context.Context, by Actor, name string, lasting time.Duration, reason string) error {
	err := d.may(by, actEnvelope)
	because := d.orOwn(by, reason)
	_, known := envelopes[name]
	switch {
	case err != nil:
	case !known:
		err = refuse(BadRequest, noEnvelope, "name", name)
	case name != Normal && (lasting <= 0 || lasting > 31*24*time.Hour):
		err = refuse(BadRequest, noEnvelopeTime)
	case because.Text == "":
		err = refuse(BadRequest, noEnvelopeReason)
	}
	if err != nil {
		return d.denied(ctx, by, actEnvelope, "", err)
	}
	now := d.deps.Wall().UTC()
	open := &OpenEnvelope{name, by, now, now.Add(lasting), because.Text}
	return d.commit(ctx, by, func(c *change) error {
		if name == Normal {
			c.put(kindEnvelope, "open", nil)
			open = nil
			c.row(explained(journal.Entry{Action: "envelope.close"}, because))
		} else {
			c.put(kindEnvelope, "open", open)
			c.row(explained(journal.Entry{Action: string(actEnvelope), Stage: name}, because, why(WhyUntil, "until_ms", open.Until)))
		}
		c.then = append(c.then, func() { d.open = open })
		return nil
	})
}
