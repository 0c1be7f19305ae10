package board

import (
	"context"
	"errors"
	"math"

	"evenflow/models"
	"evenflow/scada/api"
	"evenflow/scada/dispatch"
	"evenflow/scada/store"
)

// rev counts the changes of an order.
type rev struct {
	n    int64
	last *dispatch.Order // orders are frozen: another pointer is another state
}

// Orders returns the live and the latest finished orders, newest first,
// without items and stations.
func (b *Board) Orders(context.Context) []api.Order {
	orders := b.deps.Desk.Orders()
	out := make([]api.Order, 0, len(orders))
	for _, o := range orders {
		row := b.order(o, orders)
		row.Items, row.Details = []api.Item{}, []api.Predicted{}
		out = append(out, row)
	}
	return out
}

// Order returns one order with its items and stations.
func (b *Board) Order(ctx context.Context, id string) (api.Order, error) {
	o, err := b.deps.Desk.Order(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return api.Order{}, api.NoSuch("order", id)
	}
	if err != nil {
		return api.Order{}, err
	}
	return b.order(o, b.deps.Desk.Orders()), nil
}

// revOf grows with every change of an order. b.mu is not held.
func (b *Board) revOf(o *dispatch.Order) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.revs[o.ID]
	if r.last != o {
		r.n++
		r.last = o
		b.revs[o.ID] = r
	}
	return r.n
}

func (b *Board) order(o *dispatch.Order, all []*dispatch.Order) api.Order {
	c := o.Counts()
	row := api.Order{
		ID: o.ID, Rev: b.revOf(o), Kind: string(o.Kind), Stage: api.Stage(o.Stage().String()), Title: b.title(o), By: o.By.Name, Reason: o.Reason,
		ProposedMs: o.Proposed.UnixMilli(), ValidUntilMs: o.ValidUntil.UnixMilli(), Approvals: []api.Approval{}, Persons: b.deps.Desk.Persons(o), Envelope: o.Envelope,
		Progress: api.Progress{Total: len(o.Items), Waiting: c.Waiting, Working: c.Working, Uncertain: c.Uncertain, Confirmed: c.Confirmed, InForce: c.InForce, Failed: c.Failed, Sent: c.Sent},
		Batch:    begun(o), Batches: o.Batches, Reverts: o.Reverts, FinishedMs: millis(o.Finished), Can: []string{}, Items: []api.Item{}, Details: []api.Predicted{},
	}
	for _, a := range o.Approvals {
		row.Approvals = append(row.Approvals, api.Approval{By: a.Name, AtMs: a.At.UnixMilli(), Standing: a.Standing, Note: a.Note})
	}
	if o.Stage() == dispatch.Rejected {
		row.RejectedBy, row.RejectReason = o.EndedBy.Name, o.Stopped
	}
	if o.Stopped != "" && o.Stage() != dispatch.Rejected {
		row.Halted = said(o.StopCode, o.StopValues, o.Stopped)
	}
	if e, ok := dispatch.EnvelopeNamed(o.Envelope); ok && c.Waiting > 0 && !o.BatchAt.IsZero() && o.Batch < o.Batches {
		row.NextPlantMs = millis(o.BatchAt.Add(e.Brake.BatchEvery))
	}
	for _, other := range all {
		if other.Reverts == o.ID && other.Stage() != dispatch.Rejected && other.Stage() != dispatch.Expired {
			row.RevertedBy = other.ID
		}
	}
	if o.Because.Code != "" {
		row.Because = said(o.Because.Code, o.Because.Values, o.Reason)
	}
	row.Can = b.can(o, c, row.RevertedBy)
	if p := o.Prediction; p != nil {
		row.Effect = &api.Effect{Before: effectOf(p.Before), After: effectOf(p.After)}
		for _, s := range p.Stations {
			row.Details = append(row.Details, predictedOf(s))
		}
	}
	row.Result = b.result(o, row.Details)
	waits := b.deps.Desk.Waits(o.ID)
	for n, it := range o.Items {
		row.Items = append(row.Items, b.item(n, it, waits))
	}
	return row
}

// begun is the number of the batch begun last, 1-based; 0 before the first.
func begun(o *dispatch.Order) int {
	if o.BatchAt.IsZero() {
		return 0
	}
	return min(o.Batch+1, max(o.Batches, 1))
}

// can lists what may be done with an order now, rights apart.
func (b *Board) can(o *dispatch.Order, c dispatch.Counts, revertedBy string) []string {
	if o.Stage() == dispatch.Proposed {
		if b.blockedOrder(o) != nil {
			return []string{"reject"}
		}
		return []string{"approve", "reject"}
	}
	if c.Confirmed > 0 && c.Sent > 0 && !o.Finished.IsZero() && revertedBy == "" {
		return []string{"revert"}
	}
	return []string{}
}

func (b *Board) title(o *dispatch.Order) api.Finding {
	switch {
	case o.Kind == dispatch.Manual && len(o.Items) > 0:
		it := o.Items[0]
		unit, conv, n := b.unit(it.Point)
		return finding("manual", map[string]any{"element": string(it.Point.Element), "quantity": it.Point.Quantity.String(), "unit": unit,
			"from": round(conv(it.Old), n), "to": round(conv(it.New), n)}, it.Point.Element)
	case o.Kind == dispatch.Revert:
		return finding("revert", map[string]any{"order": o.Reverts, "items": len(o.Items)})
	}
	stations, pumps := 0, 0
	for _, it := range o.Items {
		if it.Point.Quantity == models.SpeedSetpoint {
			pumps++
		} else {
			stations++
		}
	}
	return finding("balance", map[string]any{"stations": stations, "pumps": pumps})
}

// said is a reason of the desk with its words in both languages; elements are
// what it is about.
func said(code string, values map[string]any, english string, elements ...models.ID) *api.Finding {
	params := make(map[string]any, len(values))
	for k, v := range values {
		params[k] = v
	}
	f := finding(code, params, elements...)
	f.English = english
	_, f.Chinese = dispatch.Words(code, values)
	return &f
}

func effectOf(e dispatch.Effect) api.Outcome {
	return api.Outcome{XMin: num(e.RatioMin, 2), XMax: num(e.RatioMax, 2), XRMS: num(percent(e.RatioRMS), 1), InBand: e.InBand, Under: e.Under, Over: e.Over, PumpPower: num(e.PumpPower/1e3, 1)}
}

func predictedOf(s dispatch.StationEffect) api.Predicted {
	return api.Predicted{Station: string(s.Station), XBefore: num(s.RatioBefore, 3), XAfter: num(s.RatioAfter, 3),
		FlowBefore: num(tph(s.FlowBefore), 1), FlowAfter: num(tph(s.FlowAfter), 1),
		DiffBefore: num(kpa(s.DifferentialBefore), 1), DiffAfter: num(kpa(s.DifferentialAfter), 1)}
}

func (b *Board) item(n int, it *dispatch.Item, waits map[int]dispatch.Why) api.Item {
	unit, conv, dec := b.unit(it.Point)
	row := api.Item{N: n, Element: string(it.Point.Element), Name: b.name(it.Point.Element), Quantity: it.Point.Quantity.String(), Unit: unit,
		From: round(conv(it.Present.Or(it.Old)), dec), To: round(conv(it.New), dec), Batch: it.Batch + 1, Stage: api.Stage(it.Stage.String()), Note: it.Note,
		ReadBack: opt(it.ReadBack, conv, dec), Feedback: opt(it.Feedback, conv, dec), Times: map[string]int64{}}
	switch wait, waiting := waits[n]; {
	case waiting:
		row.Why = said(wait.Code, wait.Values, wait.Text, it.Point.Element)
	case it.Code != "":
		row.Why = said(it.Code, it.Values, it.Note, it.Point.Element)
	}
	for _, t := range it.Times {
		row.Times[t.Stage.String()] = t.At.UnixMilli()
	}
	return row
}

// met and partly judge how near the measured x came to the predicted, RMS.
const (
	met    = 0.03
	partly = 0.08
)

// result compares what an order was predicted to do with what was measured
// once the plant had settled; what was measured then stays.
func (b *Board) result(o *dispatch.Order, details []api.Predicted) *api.Result {
	if o.Finished.IsZero() || o.Counts().Sent == 0 || o.Prediction == nil {
		return nil
	}
	b.mu.Lock()
	kept := b.results[o.ID]
	b.mu.Unlock()
	if kept != nil {
		for i := range details {
			at, ok := b.index.At(models.KindStation, models.ID(details[i].Station))
			if pic := b.measured(o); ok && pic != nil {
				fillMeasured(&details[i], pic.Stations[at].X, pic.Stations[at].FlowMean.Value)
			}
		}
		return kept
	}
	r := &api.Result{State: "settling", Predicted: effectOf(o.Prediction.After)}
	pic := b.measured(o)
	v := b.deps.Loop.View()
	if pic == nil {
		if v.Settled {
			r.State = "impossible"
		} else {
			r.Why = findingP("settling", map[string]any{"until_plant_ms": v.SettleAt.UnixMilli()})
		}
		return r
	}
	x := make([]models.Optional, len(pic.Stations))
	for i := range pic.Stations {
		x[i] = pic.Stations[i].X
	}
	r.State, r.AtPlantMs, r.Measured = "measured", millis(pic.At), ratios(x)
	sum2, n := 0.0, 0
	for i := range details {
		at, ok := b.index.At(models.KindStation, models.ID(details[i].Station))
		if !ok || !x[at].Known || details[i].XAfter == nil || *details[i].XAfter == 0 {
			continue
		}
		fillMeasured(&details[i], x[at], pic.Stations[at].FlowMean.Value)
		sum2 += (x[at].Value - *details[i].XAfter) * (x[at].Value - *details[i].XAfter)
		n++
	}
	if n > 0 {
		rms := math.Sqrt(sum2 / float64(n))
		r.Error = num(percent(rms), 1)
		switch {
		case rms <= met:
			r.Verdict = "met"
		case rms <= partly:
			r.Verdict = "partly"
		default:
			r.Verdict = "missed"
		}
	}
	b.mu.Lock()
	b.results[o.ID] = r
	b.mu.Unlock()
	return r
}

func fillMeasured(p *api.Predicted, x models.Optional, flow float64) {
	p.XMeasured = opt(x, same, 3)
	if x.Known {
		p.FlowMeasured = num(tph(flow), 1)
	}
}
