package plc

import (
	"context"
	"fmt"

	"evenflow/models"
)

// ReadBack reads a register again after a write, with a request that neither
// the polls nor the write make: its quantity is its own, and where the
// register lies near the identity the same answer proves the PLC. The late
// answer to another request, or the echo of another write, cannot pass for it.
// It waits for the pause after a doubtful exchange, but not for a PLC that did
// not answer its last poll: the polls find out when it is back. An error means that the
// register could not be read; a reading that is not good says why.
func (w *Writer) ReadBack(ctx context.Context, p models.PointID) (models.Reading, error) {
	e, d, t := w.gateway.locate(p)
	if t == nil {
		return models.Reading{Point: p}, fmt.Errorf("%s: %w in the point list", p, models.ErrNotFound)
	}
	if trouble, mute := e.mute(d.id); mute {
		return models.Reading{Point: p}, fmt.Errorf("%s: read back: the PLC does not answer: %s", p, trouble)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.gateway.life, cancel)()
	if err := e.take(ctx); err != nil {
		return models.Reading{Point: p}, err
	}
	defer e.give()
	place := spanOf(&t.point)
	proof := t
	if id := d.identityPoint(); id != nil {
		proof = id
	}
	words, at, err := d.readApart(ctx, e.conn, place, spanOf(&proof.point), e.used)
	if err != nil {
		return models.Reading{Point: p}, fmt.Errorf("%s: read back: %w", p, err)
	}
	r := models.Reading{Point: p, Source: w.gateway.opts.Clock.Now()}
	mine := cutOut(words, at, place)
	r.Value, r.Quality, r.Reason = t.point.Decode(mine)
	if proof == t {
		return r, nil
	}
	if !at.within(spanOf(&proof.point)) {
		// Too far apart for one answer: ask the identity as well.
		words, at, err = d.readApart(ctx, e.conn, spanOf(&proof.point), spanOf(&proof.point), e.used)
		if err != nil {
			return models.Reading{Point: p}, fmt.Errorf("%s: read back, identity: %w", p, err)
		}
	}
	if why := proof.mismatch(cutOut(words, at, spanOf(&proof.point))); why != "" {
		r.Quality, r.Reason = models.QualityBad, why
	}
	return r, nil
}
