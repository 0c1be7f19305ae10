package plc

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"syscall"
	"time"

	"evenflow/models"
)

// dropped reports whether an exchange failed because the peer had closed the
// connection, as PLCs do when they restart or find it idle.
func dropped(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// frozenPolls is how many polls a heartbeat may stand still.
const frozenPolls = 3

// judge turns what was read into readings at plant time now. period is the
// poll period: a heartbeat is frozen when it stood still for more than three
// polls and more than three periods, so that polls in quick succession do not
// condemn it. counted is false for a read outside the polls.
func (d *device) judge(now time.Time, period time.Duration, counted bool) {
	d.prove()
	d.pulse(now, period, counted)
	for _, t := range d.points {
		r := models.Reading{Point: t.point.ID(), Source: now}
		switch {
		case t.fault != "":
			r.Quality, r.Reason = models.QualityBad, t.fault
		case t.words == nil:
			r.Quality, r.Reason = models.QualityLost, d.trouble
		default:
			r.Value, r.Quality, r.Reason = t.point.Decode(t.words)
			if r.Quality == models.QualityGood && d.wrong != "" {
				r.Quality, r.Reason = models.QualityBad, d.wrong
			}
		}
		t.reading = r
	}
}

// prove compares the identity registers with what they should hold.
func (d *device) prove() {
	d.identity, d.wrong = identityUnknown, ""
	for _, t := range d.points {
		if t.point.Quantity != models.Identity || !t.point.Expect.Known {
			continue
		}
		if t.words == nil {
			d.wrong = "the PLC's identity could not be read"
			d.identity = identityWrong
			return
		}
		if d.wrong = t.mismatch(t.words); d.wrong != "" {
			d.identity = identityWrong
			return
		}
		d.identity = identityProven
	}
}

// mismatch compares the words of an identity with what it should hold; "" if
// they agree.
func (t *tracked) mismatch(words []uint16) string {
	if got := t.point.Engineering(words); got != t.point.Expect.Value {
		return fmt.Sprintf("another PLC answers: identity %g instead of %g at %s", got, t.point.Expect.Value, t.point.Place())
	}
	return ""
}

// pulse follows the PLC's heartbeat.
func (d *device) pulse(now time.Time, period time.Duration, counted bool) {
	for _, t := range d.points {
		if t.point.Quantity != models.PLCHeartbeat || t.words == nil {
			continue
		}
		beat := t.point.Number(t.words)
		switch {
		case !d.beatKnown || beat != d.beat:
			d.beat, d.beatKnown, d.beatAt, d.beatStill = beat, true, now, 0
		case counted:
			d.beatStill++
		}
		if d.wrong == "" && d.frozen(now, period) {
			d.wrong = fmt.Sprintf("the PLC's heartbeat stands still at %g for %s", beat, now.Sub(d.beatAt).Round(time.Second))
		}
		return
	}
}

func (d *device) frozen(now time.Time, period time.Duration) bool {
	return d.beatStill > frozenPolls && now.Sub(d.beatAt) > frozenPolls*period
}

// lost makes every point of the device lost, with the reason.
func (d *device) lost(now time.Time, reason string) {
	d.trouble, d.identity = reason, identityUnknown
	for _, t := range d.points {
		t.words, t.fault = nil, ""
		t.reading = models.Reading{Point: t.point.ID(), Quality: models.QualityLost, Reason: reason, Source: now}
	}
}

// notPolled is why a point of an element that is switched off has no value.
const notPolled = "switched off: not polled"

// rest takes the device out of use: nothing is known of it until it is polled
// again, and nothing is wrong with it.
func (d *device) rest(now time.Time) {
	d.lost(now, notPolled)
	d.fails, d.skip = 0, 0
	for _, t := range d.points {
		t.reading.Quality = models.QualityNone
	}
}

// blank takes away the values of elements that are switched off.
func (d *device) blank(off map[models.ID]bool, now time.Time) {
	for _, t := range d.points {
		if off[t.point.Element] {
			t.words, t.fault = nil, ""
			t.reading = models.Reading{Point: t.point.ID(), Quality: models.QualityNone, Reason: notPolled, Source: now}
		}
	}
}

// readings returns the readings of the device in the order of the list.
func (d *device) readings() []models.Reading {
	out := make([]models.Reading, len(d.points))
	for i, t := range d.points {
		out[i] = t.reading
	}
	return out
}

// Foreign is a setpoint that changed and not by us: somebody at the PLC, the
// PLC's own curve, another master, an attacker.
type Foreign struct {
	Point       models.PointID
	Was, Is     float64   // SI
	Since, Seen time.Time // it happened between these two polls
	Local       bool      // the PLC stood in local at either: the likely explanation
	Fallback    bool      // the PLC ran on its own curve at either: the likely explanation
}

// foreign compares the setpoints with what stood there at the last poll and
// what we sent since, and returns what neither explains. It forgets nothing
// while the PLC's identity is in doubt.
func (d *device) foreign(now time.Time) []Foreign {
	if d.wrong != "" {
		return nil
	}
	var out []Foreign
	for _, t := range d.points {
		if !t.point.Writable || !isSetpoint(t) || t.words == nil {
			continue
		}
		// A PLC that leaves its own curve sets the register to where the valve
		// stands, so that nothing jumps: by then it follows us again.
		local, fallback := d.says(t.point.Element, models.Remote, 0), d.says(t.point.Element, models.FallbackActive, 1)
		switch {
		case slices.Equal(t.words, t.seen):
		case slices.Equal(t.words, t.ours):
			t.ours = nil
		case t.seen != nil:
			was, _, _ := t.point.Decode(t.seen)
			out = append(out, Foreign{Point: t.point.ID(), Was: was, Is: t.reading.Value, Since: t.seenAt, Seen: now,
				Local: local || t.local, Fallback: fallback || t.fallback})
			t.ours = nil
		}
		t.seen, t.seenAt, t.local, t.fallback = slices.Clone(t.words), now, local, fallback
	}
	return out
}

// says reports whether a quantity of an element was read, well, as a value.
func (d *device) says(element models.ID, q models.Quantity, value float64) bool {
	t := d.find(models.PointID{Element: element, Quantity: q})
	return t != nil && t.reading.Quality == models.QualityGood && t.reading.Value == value
}
