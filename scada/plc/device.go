package plc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"evenflow/models"
	"evenflow/scada/pointlist"
)

// tracked is a point with what the gateway knows of it.
type tracked struct {
	point   pointlist.Point
	words   []uint16 // of the last answer; nil: none
	fault   string   // why the last request for it failed, in words
	reading models.Reading
	seen    []uint16 // of a setpoint: what stood there at the last good poll
	seenAt  time.Time
	ours    []uint16 // of a setpoint: what we sent and have not seen yet

	local, fallback bool // of a setpoint: whether its PLC stood so when it was seen
}

// device is one PLC: a Modbus unit of an endpoint. Whoever uses it holds its
// endpoint.
type device struct {
	id     pointlist.Device
	points []*tracked
	blocks []*block
	limits limits

	elements int  // how many there are behind it
	resting  bool // all of them are switched off: not polled

	fails   int // polls in a row without any answer
	skip    int // polls to leave it alone yet
	trouble string
	heard   time.Time // of the plant's clock: last answer

	identity identityState
	wrong    string // what is wrong with identity or heartbeat; "": nothing

	beat      float64
	beatKnown bool
	beatAt    time.Time // when it last moved
	beatStill int       // polls since
}

// identityState says whether the PLC proved in its last poll who it is.
type identityState uint8

const (
	identityUnknown identityState = iota // no expected value, or not read
	identityProven
	identityWrong
)

// find returns the tracked point of a name.
func (d *device) find(id models.PointID) *tracked {
	for _, t := range d.points {
		if t.point.ID() == id {
			return t
		}
	}
	return nil
}

// identityPoint returns the register that proves the PLC, or nil.
func (d *device) identityPoint() *tracked {
	for _, t := range d.points {
		if t.point.Quantity == models.Identity && t.point.Expect.Known {
			return t
		}
	}
	return nil
}

// read asks for every block once. It returns an error if the PLC cannot be
// read on: what came before it stands in the points, the others have no words.
func (d *device) read(ctx context.Context, c *conn, used map[shape]bool) error {
	for _, t := range d.points {
		t.words, t.fault = nil, ""
	}
	if err := d.probe(ctx, c, used); err != nil {
		return err
	}
	work := slices.Clone(d.blocks)
	kept := make([]*block, 0, len(work))
	for len(work) > 0 {
		b := work[0]
		work = work[1:]
		halves, err := d.readBlock(ctx, c, b)
		if err != nil {
			// What is not known yet of the blocks stays as it was.
			d.blocks = append(append(kept, b), work...)
			return err
		}
		if halves == nil {
			kept = append(kept, b)
			continue
		}
		tellApart(halves, d.limits, used)
		work = append(halves, work...)
	}
	d.blocks = kept
	return nil
}

// readBlock reads one block. Where the PLC says that a register is missing it
// is asked for less: without the padding at once, in halves from then on.
func (d *device) readBlock(ctx context.Context, c *conn, b *block) ([]*block, error) {
	words, err := c.readAgain(ctx, d.id.UnitID, b.ask())
	e, refused := errors.AsType[*Exception](err)
	if refused && e.Code == 2 && b.pad > 0 {
		b.pad = 0
		words, err = c.readAgain(ctx, d.id.UnitID, b.ask())
		e, refused = errors.AsType[*Exception](err)
	}
	switch {
	case err == nil:
		for _, t := range b.points {
			at := int(t.point.Address) - b.need.from
			t.words = words[at : at+t.point.Words() : at+t.point.Words()]
		}
		return nil, nil
	case refused && (e.Code == 2 || e.Code == 3):
		if halves := b.split(); halves != nil {
			return halves, nil
		}
		fallthrough
	case refused && e.Code != 6 && e.Code != 0x0A && e.Code != 0x0B:
		for _, t := range b.points {
			t.fault = fmt.Sprintf("%s: %s", t.point.Place(), e)
		}
		return nil, nil
	}
	return nil, err
}

// probe is the first read after a pause: a quantity that no block of the
// endpoint has, with the identity in it where there is one. A late answer to
// an earlier request cannot pass for it.
func (d *device) probe(ctx context.Context, c *conn, used map[shape]bool) error {
	if err := c.calm(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	if !c.probing {
		return nil
	}
	t := d.identityPoint()
	if t == nil {
		t = d.points[0]
	}
	_, _, err := d.readApart(ctx, c, spanOf(&t.point), spanOf(&t.point), used)
	if _, refused := errors.AsType[*Exception](err); refused {
		return nil // it answers, which is all that was asked
	}
	return err
}

// readApart reads what a (and b, if it lies near) takes with a request that
// no poll makes.
func (d *device) readApart(ctx context.Context, c *conn, a, b span, used map[shape]bool) ([]uint16, span, error) {
	var err error
	for i, s := range probes(a, b, d.limits, used) {
		if i == 6 {
			s = a // enough of missing registers
		}
		var words []uint16
		words, err = c.readAgain(ctx, d.id.UnitID, s)
		if e, refused := errors.AsType[*Exception](err); refused && e.Code == 2 && s != a {
			continue
		}
		return words, s, err
	}
	return nil, a, err
}

// readAgain reads, and once more if the connection turned out to have been
// dropped by the PLC since the last request. Reads may be repeated.
func (c *conn) readAgain(ctx context.Context, unit byte, s span) ([]uint16, error) {
	words, err := c.read(ctx, unit, s)
	if err != nil && c.reused && ctx.Err() == nil && dropped(err) {
		c.calmAt, c.probing = time.Time{}, false // nothing is under way on a connection that is gone
		words, err = c.read(ctx, unit, s)
	}
	return words, err
}
