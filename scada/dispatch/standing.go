package dispatch

import (
	"context"
	"time"

	"github.com/google/uuid"

	"evenflow/models"
	"evenflow/scada/journal"
)

// Standing is a standing approval: orders within it are approved in the
// signer's name. It is valid only at a plant that this process started, so it
// ends with the process at the latest and is not loaded again.
type Standing struct {
	ID     string           `json:"id"`
	By     Actor            `json:"by"`
	At     time.Time        `json:"at"`     // wall
	Until  time.Time        `json:"until"`  // wall
	Points []models.PointID `json:"points"` // empty: every writable point
	Min    float64          `json:"min"`    // SI; the values it covers
	Max    float64          `json:"max"`
	Reason string           `json:"reason"`
}

// covers reports whether the approval speaks for every item of an order.
func (s Standing) covers(o *Order, wall time.Time) bool {
	if !wall.Before(s.Until) {
		return false
	}
	points := map[models.PointID]bool{}
	for _, p := range s.Points {
		points[p] = true
	}
	for _, it := range o.Items {
		if (len(points) > 0 && !points[it.Point]) || it.New < s.Min || it.New > s.Max {
			return false
		}
	}
	return true
}

// Sign makes a standing approval: a signed journal row that says who, which
// points, which range of values, until when.
func (d *Desk) Sign(ctx context.Context, by Actor, s Standing) (Standing, error) {
	err := d.may(by, actSign)
	because := d.orOwn(by, s.Reason)
	s.Reason = because.Text
	switch {
	case err != nil:
	case !d.deps.OwnPlant:
		err = refuse(Forbidden, noOwnPlant)
	case !s.Until.After(d.deps.Wall()):
		err = refuse(BadRequest, noStandingEnd)
	case !(s.Min <= s.Max):
		err = refuse(BadRequest, noStandingRange)
	case s.Reason == "":
		err = refuse(BadRequest, noStandingReason)
	}
	if err != nil {
		return Standing{}, d.denied(ctx, by, actSign, "", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Standing{}, err
	}
	s.ID, s.By, s.At, s.Until = id.String(), by, d.deps.Wall().UTC(), s.Until.UTC()
	return s, d.commit(ctx, by, func(c *change) error {
		c.row(journal.Entry{Action: string(actSign), Reason: s.Reason, Detail: marshal(struct {
			Standing
			Spoken
		}{s, spoken(because)})})
		c.then = append(c.then, func() { d.standing[s.ID] = s })
		return nil
	})
}

// StandingApprovals returns the standing approvals in force, oldest first.
func (d *Desk) StandingApprovals() []Standing {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := sorted(d.standing, func(a, b Standing) bool { return a.ID < b.ID })
	valid := all[:0]
	for _, s := range all {
		if d.deps.OwnPlant && d.deps.Wall().Before(s.Until) {
			valid = append(valid, s)
		}
	}
	return valid
}
