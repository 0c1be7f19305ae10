package board

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/google/uuid"

	"evenflow/models"
	"evenflow/scada/advisor"
	"evenflow/scada/api"
	"evenflow/scada/cycle"
	"evenflow/scada/dispatch"
	"evenflow/scada/store"
)

// computeLimit bounds the computation of one recommendation, wall time.
const computeLimit = 2 * time.Minute

// previewLife is how long a preview may be confirmed, wall time.
const previewLife = 2 * time.Minute

// preview is a manual set that was shown to somebody.
type preview struct {
	by    string
	sp    models.Setpoint
	until time.Time
}

// Compute starts computing a recommendation, unless that is under way.
func (b *Board) Compute(ctx context.Context, by api.Caller) (api.Advice, error) {
	v := b.deps.Loop.View()
	if !v.Settled {
		return api.Advice{}, &api.Fault{Code: "settling", EN: "the plant has not settled after the last writes", ZH: "上次下发后管网尚未稳定",
			Remedy: "readings count again from " + v.SettleAt.Format("15:04:05") + " (plant time)"}
	}
	b.mu.Lock()
	if b.computing {
		b.mu.Unlock()
		return api.Advice{State: "computing"}, nil
	}
	b.computing = true
	b.mu.Unlock()
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), computeLimit)
	defer cancel()
	_, err := b.deps.Loop.Advise(work)
	b.mu.Lock()
	b.computing = false
	b.mu.Unlock()
	if errors.Is(err, cycle.ErrNotSettled) || errors.Is(err, cycle.ErrBusy) {
		return api.Advice{}, &api.Fault{Code: "settling", EN: err.Error(), ZH: "管网尚未稳定或仍有指令在执行"}
	}
	if _, refused := errors.AsType[*dispatch.Refusal](err); refused {
		return api.Advice{}, err
	}
	// What else there is to say is the advice's own state: nothing to move, or
	// why nothing could be computed.
	return b.Advice(ctx), nil
}

// Approve says yes to an order.
func (b *Board) Approve(ctx context.Context, by api.Caller, id, note string) (api.Order, error) {
	if err := b.known(ctx, id); err != nil {
		return api.Order{}, err
	}
	o, err := b.deps.Desk.Approve(ctx, by.Actor(), id, note)
	return b.answer(o, err)
}

// known fails with NoSuch for an order that nobody ever made.
func (b *Board) known(ctx context.Context, id string) error {
	_, err := b.deps.Desk.Order(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return api.NoSuch("order", id)
	}
	return err
}

// Reject says no to an order.
func (b *Board) Reject(ctx context.Context, by api.Caller, id, reason string) (api.Order, error) {
	if err := b.known(ctx, id); err != nil {
		return api.Order{}, err
	}
	o, err := b.deps.Desk.Reject(ctx, by.Actor(), id, reason)
	return b.answer(o, err)
}

// Revert proposes the inverse of what was confirmed.
func (b *Board) Revert(ctx context.Context, by api.Caller, id, reason string) (api.Order, error) {
	if err := b.known(ctx, id); err != nil {
		return api.Order{}, err
	}
	o, err := b.deps.Desk.Revert(ctx, by.Actor(), id, reason, by.Key)
	return b.answer(o, err)
}

func (b *Board) answer(o *dispatch.Order, err error) (api.Order, error) {
	if err != nil || o == nil {
		return api.Order{}, err
	}
	return b.order(o, b.deps.Desk.Orders()), nil
}

// Preview predicts a manual set; nothing is ordered.
func (b *Board) Preview(ctx context.Context, by api.Caller, in api.ManualInput) (api.Preview, error) {
	q, ok := models.ParseQuantity(in.Quantity)
	if !ok {
		return api.Preview{}, api.NoSuch("quantity", in.Quantity)
	}
	p := models.PointID{Element: models.ID(in.Element), Quantity: q}
	limits, ok := b.limits(p)
	if !ok {
		return api.Preview{}, &api.Fault{Status: 422, Code: "not-supported", Elements: []string{in.Element},
			EN: fmt.Sprintf("%s has no writable %s", in.Element, in.Quantity), ZH: "该对象没有可下发的此类测点", Remedy: "add it to the point list as a writable point"}
	}
	sp := models.Setpoint{Point: p, Value: b.toSI(p, in.Value)}
	snap := b.snapshot()
	present, known := snap.Good(p)
	if last, ok := snap.LastGood(p); !known && ok {
		present = last.Value // what it was when it was heard last; the preview is blocked as lost
	}
	unit, conv, n := b.unit(p)
	out := api.Preview{Min: round(conv(limits.Min), n), Max: round(conv(limits.Max), n), Stations: []api.Predicted{}, Checks: []api.Check{}, Warnings: []api.Finding{}, Persons: 1,
		Move: api.Move{Element: in.Element, Name: b.name(p.Element), Quantity: in.Quantity, Unit: unit, From: round(conv(present), n), To: round(in.Value, n), Reason: finding("manual", nil)}}
	if step := b.deps.Desk.StepLimit(p); step > 0 && known {
		out.Min = round(conv(max(limits.Min, present-step)), n)
		out.Max = round(conv(min(limits.Max, present+step)), n)
	}
	out.Blocked = b.blockedManual(sp, out, known)
	if err := b.predictManual(ctx, sp, &out); err != nil {
		return api.Preview{}, err
	}
	if p.Quantity == models.SpeedSetpoint && (sp.Value == 0 || present == 0) && !b.deps.OwnPlant {
		out.Persons = 2
	}
	id, err := uuid.NewV7()
	if err != nil {
		return api.Preview{}, err
	}
	now := time.Now()
	out.ID, out.ValidUntilMs = id.String(), now.Add(previewLife).UnixMilli()
	b.mu.Lock()
	for k, old := range b.previews {
		if now.After(old.until) {
			delete(b.previews, k)
		}
	}
	b.previews[out.ID] = preview{by.Name, sp, now.Add(previewLife)}
	b.mu.Unlock()
	return out, nil
}

// blockedManual says why a manual set cannot be confirmed.
func (b *Board) blockedManual(sp models.Setpoint, pv api.Preview, known bool) *api.Finding {
	id := sp.Point.Element
	if f := b.blocked(b.deps.Desk.Mode(dispatch.Scope{Element: id})); f != nil {
		return f
	}
	if !known {
		return findingP("lost", nil, id)
	}
	if l, ok := b.locks()[id]; ok {
		return findingP(l.Kind, map[string]any{"by": l.By, "reason": l.Reason}, id)
	}
	if u, ok := b.busy()[id]; ok {
		return findingP("held_by_order", map[string]any{"order": u.order}, id)
	}
	if on := truth(b.snapshot(), id, models.Remote); on != nil && !*on {
		return findingP("local", nil, id)
	}
	if pv.Move.To < pv.Min-1e-9 || pv.Move.To > pv.Max+1e-9 {
		return findingP("out_of_limits", map[string]any{"min": pv.Min, "max": pv.Max}, id)
	}
	return nil
}

// predictManual fills in what the model says about a manual set.
func (b *Board) predictManual(ctx context.Context, sp models.Setpoint, out *api.Preview) error {
	v := b.deps.Loop.View()
	cal, _, err := b.deps.Store.Calibration(ctx)
	if err != nil {
		return err
	}
	before, after, err := b.deps.Advisor.Predict(ctx, b.snapshot(), cal, []models.Setpoint{sp})
	if err != nil {
		return err
	}
	if v.Picture == nil {
		return &api.Fault{Status: 503, Code: "model_none", EN: "there are no readings yet", ZH: "尚无测量数据", Remedy: "wait for the first poll"}
	}
	xb, xa := advisor.Ratios(before, v.Picture), advisor.Ratios(after, v.Picture)
	out.Effect = api.Effect{Before: b.outcome(before, xb, v.Picture), After: b.outcome(after, xa, v.Picture)}
	out.Checks = b.networkChecks(after)
	left := 0
	for i := range xa {
		st := &b.deps.Net.Stations[i]
		if st.ID == sp.Point.Element {
			out.Move.XBefore, out.Move.XAfter = opt(xb[i], same, 2), opt(xa[i], same, 2)
		}
		moved := xa[i].Known && xb[i].Known && (xa[i].Value-xb[i].Value > 0.01 || xb[i].Value-xa[i].Value > 0.01)
		if !moved && st.ID != sp.Point.Element {
			continue
		}
		if xb[i].Value >= advisor.PageBand.Low && xa[i].Known && xa[i].Value < advisor.PageBand.Low {
			left++
		}
		bs, as := &before.Stations[i], &after.Stations[i]
		out.Stations = append(out.Stations, api.Predicted{Station: string(st.ID), XBefore: opt(xb[i], same, 3), XAfter: opt(xa[i], same, 3),
			FlowBefore: num(tph(bs.Flow), 1), FlowAfter: num(tph(as.Flow), 1), DiffBefore: num(kpa(bs.Differential), 1), DiffAfter: num(kpa(as.Differential), 1),
			SupplyAfter: b.pressureAt(after, st.From), ReturnAfter: b.pressureAt(after, st.To)})
	}
	sort.SliceStable(out.Stations, func(i, j int) bool {
		return out.Stations[i].Station == string(sp.Point.Element) && out.Stations[j].Station != string(sp.Point.Element)
	})
	if left > 0 {
		out.Warnings = append(out.Warnings, finding("leaves_band", map[string]any{"count": left}))
	}
	if m := b.model(ctx); m.State == "stale" || m.State == "failed" {
		out.Warnings = append(out.Warnings, finding("model_stale", nil))
	} else if m.Problem != nil && m.Problem.Code == "model_residual" {
		out.Warnings = append(out.Warnings, *m.Problem)
	}
	return nil
}

// Manual orders what a preview showed, and approves it in the caller's name.
func (b *Board) Manual(ctx context.Context, by api.Caller, id, reason string) (api.Order, error) {
	b.mu.Lock()
	pv, ok := b.previews[id]
	b.mu.Unlock()
	if !ok { // confirmed already, before a restart: the desk knows the order by its key
		if o, err := b.deps.Desk.OrderByKey(ctx, by.Key); !errors.Is(err, store.ErrNotFound) {
			return b.answer(o, err)
		}
	}
	switch {
	case !ok || pv.by != by.Name:
		f := api.NoSuch("preview", id)
		f.Remedy, f.ZH = "predict it again and confirm that", f.ZH+"；请重新推演后再确认"
		return api.Order{}, f
	case time.Now().After(pv.until):
		return api.Order{}, &api.Fault{Status: 410, Code: "expired", EN: "the preview is too old", ZH: "预演已过期，请重新推演", Remedy: "ask for it again"}
	}
	o, err := b.deps.Desk.Manual(ctx, by.Actor(), pv.sp, reason, by.Key)
	if err != nil {
		return api.Order{}, err
	}
	if o.Stage() == dispatch.Proposed {
		made := o.ID
		if o, err = b.deps.Desk.Approve(ctx, by.Actor(), made, ""); err != nil {
			// Whoever was told no must not find it waiting for a yes later.
			_, ended := b.deps.Desk.Reject(ctx, by.Actor(), made, "refused: "+err.Error())
			return api.Order{}, errors.Join(err, ended)
		}
	}
	b.mu.Lock()
	delete(b.previews, id)
	b.mu.Unlock()
	return b.answer(o, nil)
}

// Stop stops all orders.
func (b *Board) Stop(ctx context.Context, by api.Caller, reason string) (api.System, error) {
	if err := b.deps.Desk.StopAll(ctx, by.Actor(), reason); err != nil {
		return api.System{}, err
	}
	return b.System(ctx), nil
}

// Resume ends a stop-all.
func (b *Board) Resume(ctx context.Context, by api.Caller, reason string) (api.System, error) {
	if err := b.deps.Desk.Resume(ctx, by.Actor(), reason); err != nil {
		return api.System{}, err
	}
	return b.System(ctx), nil
}

// autoFor is how long mode auto is entered for when nothing else is said.
const autoFor = 24 * time.Hour

// SetMode sets the mode of the network or of an element.
func (b *Board) SetMode(ctx context.Context, by api.Caller, in api.ModeInput) (api.System, error) {
	var m dispatch.Mode
	if err := m.UnmarshalText([]byte(in.Mode)); err != nil {
		return api.System{}, &api.Fault{Status: 422, Code: "bad-request", EN: err.Error(), ZH: "没有这种模式"}
	}
	if in.Element != "" {
		if _, ok := b.index.Lookup(models.ID(in.Element)); !ok {
			return api.System{}, api.NoSuch("element", in.Element)
		}
	}
	var until time.Time
	if m == dispatch.Auto {
		until = time.Now().Add(autoFor)
	}
	reason := in.Reason
	if reason == "" {
		reason = "mode switched on the page"
	}
	if err := b.deps.Desk.SetMode(ctx, by.Actor(), dispatch.Scope{Element: models.ID(in.Element)}, m, until, reason); err != nil {
		return api.System{}, err
	}
	return b.System(ctx), nil
}

// Lock keeps an element as it is.
func (b *Board) Lock(ctx context.Context, by api.Caller, in api.LockInput) (api.Lock, error) {
	if _, ok := b.index.Lookup(models.ID(in.Element)); !ok {
		return api.Lock{}, api.NoSuch("element", in.Element)
	}
	l := dispatch.Lock{Point: models.PointID{Element: models.ID(in.Element)}, Kind: dispatch.LockKind(cmp.Or(in.Kind, string(dispatch.Locked))), Until: time.Now().Add(time.Duration(in.Minutes) * time.Minute), Reason: in.Reason}
	if err := b.deps.Desk.Lock(ctx, by.Actor(), l); err != nil {
		return api.Lock{}, err
	}
	l.By = by.Actor()
	return *lockOf(l), nil
}

// Unlock ends a lock.
func (b *Board) Unlock(ctx context.Context, by api.Caller, in api.UnlockInput) error {
	return b.deps.Desk.Unlock(ctx, by.Actor(), models.PointID{Element: models.ID(in.Element)}, in.Reason)
}

// OpenEnvelope opens an envelope for a time.
func (b *Board) OpenEnvelope(ctx context.Context, by api.Caller, in api.EnvelopeInput) (api.System, error) {
	if err := b.deps.Desk.OpenEnvelope(ctx, by.Actor(), in.Name, time.Duration(in.Minutes)*time.Minute, in.Reason); err != nil {
		return api.System{}, err
	}
	return b.System(ctx), nil
}
