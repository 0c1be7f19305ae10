package board

import (
	"context"
	"errors"
	"math"

	"evenflow/models"
	"evenflow/scada/advisor"
	"evenflow/scada/api"
	"evenflow/scada/cycle"
	"evenflow/scada/dispatch"
)

// Advice returns the recommendation as it stands.
func (b *Board) Advice(ctx context.Context) api.Advice {
	b.mu.Lock()
	computing := b.computing
	b.mu.Unlock()
	if computing {
		return api.Advice{State: "computing"}
	}
	v := b.deps.Loop.View()
	if v.Advice != nil && v.OrderID != "" {
		if o, err := b.deps.Desk.Order(ctx, v.OrderID); err == nil && b.current(o) {
			return api.Advice{State: "ready", Recommendation: b.recommendation(v.Advice, o)}
		}
	}
	return b.noAdvice(&v)
}

// current reports whether a recommendation's order still is the thing to look
// at: it waits, runs, or was carried out last.
func (b *Board) current(o *dispatch.Order) bool {
	switch o.Stage() {
	case dispatch.Rejected, dispatch.Expired, dispatch.Superseded:
		return false
	}
	return true
}

// noAdvice says why there is nothing to recommend.
func (b *Board) noAdvice(v *cycle.View) api.Advice {
	none := func(code string, params map[string]any) api.Advice {
		return api.Advice{State: "none", Why: findingP(code, params)}
	}
	if err := v.AdviceError; err != nil && !errors.Is(err, cycle.ErrNotSettled) && !errors.Is(err, cycle.ErrBusy) {
		return api.Advice{State: "failed", Why: failed(err)}
	}
	for _, o := range b.deps.Desk.Orders() {
		if o.Finished.IsZero() && o.Stage() != dispatch.Proposed {
			return none("order_running", map[string]any{"order": o.ID})
		}
	}
	if m := b.deps.Desk.Mode(dispatch.Scope{}); m < dispatch.Shadow {
		return none("mode", map[string]any{"mode": m.String()})
	}
	if !v.Settled {
		return none("settling", map[string]any{"until_plant_ms": v.SettleAt.UnixMilli()})
	}
	if v.Picture == nil || v.Model == nil {
		return none("model_stale", nil)
	}
	if out := outOfBand(v.Picture); out > 0 {
		if v.Advice != nil && len(v.Advice.Plan.Moves) == 0 {
			return none("nothing_to_move", map[string]any{"count": out, "low": advisor.RoundBand.Low, "high": advisor.RoundBand.High})
		}
		return none("not_asked", nil)
	}
	return none("all_in_band", map[string]any{"low": advisor.RoundBand.Low, "high": advisor.RoundBand.High, "solved_plant_ms": v.ModelAt.UnixMilli()})
}

// outOfBand counts the stations whose measured x a round would not leave.
func outOfBand(pic *advisor.Picture) int {
	n := 0
	for i := range pic.Stations {
		if x := pic.Stations[i].X; x.Known && (x.Value < advisor.RoundBand.Low || x.Value > advisor.RoundBand.High) {
			n++
		}
	}
	return n
}

// failed words why no recommendation could be computed.
func failed(err error) *api.Finding {
	if r, refused := errors.AsType[*dispatch.Refusal](err); refused {
		f := finding(r.Why, nil, models.ErrorElements(err)...)
		f.English, f.Chinese = r.Error(), r.Chinese()
		return &f
	}
	code := "not_converged"
	switch {
	case errors.Is(err, advisor.ErrNoPressure):
		code = "no_pressure"
	case errors.Is(err, advisor.ErrNoReadings):
		code = "no_readings"
	}
	f := finding(code, nil, models.ErrorElements(err)...)
	f.English = err.Error()
	return &f
}

// recommendation is advice with the order that carries it.
func (b *Board) recommendation(rec *advisor.Recommendation, o *dispatch.Order) *api.Recommendation {
	r := &api.Recommendation{
		ID: o.ID, Stage: api.Stage(o.Stage().String()), AtPlantMs: rec.At.UnixMilli(), ProposedMs: o.Proposed.UnixMilli(), ValidUntilMs: o.ValidUntil.UnixMilli(),
		Reasons: b.reasons(rec), Moves: b.moves(rec, o), Stations: b.predicted(rec, o), Unreachable: b.unreachable(rec), Held: []api.HeldStation{}, Suspects: []api.Suspect{},
		Checks: b.networkChecks(rec.Plan.Predicted), Persons: b.deps.Desk.Persons(o),
		Basis: api.Basis{Residual: num(percent(rec.Residual), 1), Rounds: rec.Estimate.Calibration.Rounds, Polls: b.deps.Polls, TookMs: rec.Took.Milliseconds(), Outdoor: num(degC(rec.Outdoor), 1)},
		Effect: api.Effect{
			Before: b.outcome(rec.Plan.Before, rec.Plan.XBefore, rec.Picture),
			After:  b.outcome(rec.Plan.Predicted, rec.Plan.X, rec.Picture),
		},
	}
	for _, h := range rec.Estimate.Held {
		r.Held = append(r.Held, api.HeldStation{Station: string(h.Station), Name: b.name(h.Station), Why: heldFinding(h)})
	}
	for _, s := range rec.Estimate.Suspects {
		elements := []string{string(s.Element)}
		for _, e := range s.Section {
			if e != s.Element {
				elements = append(elements, string(e))
			}
		}
		r.Suspects = append(r.Suspects, api.Suspect{Elements: elements, What: suspectFinding(s)})
	}
	r.Batches, r.DurationS = b.batches(o)
	r.Blocked = b.blockedOrder(o)
	return r
}

// blockedOrder says why a proposed order cannot be approved now.
func (b *Board) blockedOrder(o *dispatch.Order) *api.Finding {
	if o.Stage() != dispatch.Proposed {
		return nil
	}
	if f := b.blocked(b.deps.Desk.Mode(dispatch.Scope{})); f != nil {
		return f
	}
	if o.Prediction != nil && !o.Prediction.Feasible {
		f := finding("infeasible", map[string]any{})
		for _, v := range o.Prediction.Violations {
			f.Elements = append(f.Elements, string(v.Element))
			f.Params["limit"] = string(v.Limit)
		}
		return &f
	}
	if old := b.deps.Desk.Outdated(o); old != nil {
		f := finding("needs_recomputing", map[string]any{"why": old.Why})
		f.English, f.Chinese = old.Reason, old.Chinese()
		return &f
	}
	return nil
}

// batches says in how many batches the envelope in force carries an order
// out, and how long that takes on the plant's clock.
func (b *Board) batches(o *dispatch.Order) (int, float64) {
	if o.Batches > 0 {
		e, ok := dispatch.EnvelopeNamed(o.Envelope)
		if !ok {
			return o.Batches, 0
		}
		return o.Batches, float64(o.Batches-1) * e.Brake.BatchEvery.Seconds()
	}
	e, _ := b.deps.Desk.Envelope()
	stations := 0
	for i := range b.deps.Limits {
		if b.deps.Limits[i].Point.Quantity == models.OpeningSetpoint {
			stations++
		}
	}
	share, every := e.Brake.BatchShare, e.Brake.BatchEvery
	if share == 0 {
		share, every = e.Brake.StationShare, e.Brake.Window
	}
	size := max(1, int(share*float64(stations)))
	n := (len(o.Items) + size - 1) / size
	return n, float64(n-1) * every.Seconds()
}

// reasons are why something should be done, most important first.
func (b *Board) reasons(rec *advisor.Recommendation) []api.Finding {
	pic, plan := rec.Picture, rec.Plan
	out := []api.Finding{}
	worstUnder, worstOver := -1, -1
	for i := range pic.Stations {
		x := pic.Stations[i].X
		if !x.Known {
			continue
		}
		if x.Value < advisor.PageBand.Low && (worstUnder < 0 || x.Value < pic.Stations[worstUnder].X.Value) {
			worstUnder = i
		}
		if x.Value > advisor.PageBand.High && (worstOver < 0 || x.Value > pic.Stations[worstOver].X.Value) {
			worstOver = i
		}
	}
	if worstUnder >= 0 {
		id := pic.Stations[worstUnder].Station.ID
		out = append(out, finding("under_supplied", map[string]any{"count": pic.Under, "x_min": round(pic.XMin.Or(0), 2), "worst": string(id)}, id))
	}
	if worstOver >= 0 {
		id := pic.Stations[worstOver].Station.ID
		out = append(out, finding("over_supplied", map[string]any{"count": pic.Over, "x_max": round(pic.XMax.Or(0), 2), "worst": string(id)}, id))
	}
	heads := map[string]any{"head_kPa": round(kpa(plan.HeadBefore), 0), "need_kPa": round(kpa(plan.Head), 0)}
	switch {
	case plan.Head > plan.HeadBefore*1.02:
		out = append(out, finding("pump_too_low", heads))
	case plan.Head < plan.HeadBefore*0.98:
		out = append(out, finding("pump_too_high", heads))
	}
	if plan.Index != "" {
		out = append(out, finding("index_station", map[string]any{"station": string(plan.Index)}, plan.Index))
	}
	return out
}

// moves lists the settings, with the batch that the desk put them in.
func (b *Board) moves(rec *advisor.Recommendation, o *dispatch.Order) []api.Move {
	batch := map[models.PointID]int{}
	for _, it := range o.Items {
		batch[it.Point] = 0
		if o.Batches > 0 {
			batch[it.Point] = it.Batch + 1
		}
	}
	out := make([]api.Move, 0, len(rec.Plan.Moves))
	for _, m := range rec.Plan.Moves {
		if _, ordered := batch[m.Point]; !ordered {
			continue
		}
		unit, conv, n := b.unit(m.Point)
		reason := finding(string(m.Reason), nil)
		if m.Reason == "head_for_index" {
			reason.Params["station"] = string(rec.Plan.Index)
		}
		out = append(out, api.Move{Element: string(m.Point.Element), Name: b.name(m.Point.Element), Quantity: m.Point.Quantity.String(), Unit: unit,
			From: round(conv(m.From), n), To: round(conv(m.To), n), Reason: reason, XBefore: opt(m.XBefore, same, 2), XAfter: opt(m.X, same, 2), Batch: batch[m.Point]})
	}
	return out
}

// predicted lists what the recommendation does at every station with a
// requirement, and what was measured once it is in force and settled.
func (b *Board) predicted(rec *advisor.Recommendation, o *dispatch.Order) []api.Predicted {
	plan := rec.Plan
	measured := b.measured(o)
	out := []api.Predicted{}
	for i := range plan.X {
		if !plan.X[i].Known {
			continue
		}
		st := &b.deps.Net.Stations[i]
		before, after := &plan.Before.Stations[i], &plan.Predicted.Stations[i]
		p := api.Predicted{Station: string(st.ID), XBefore: opt(plan.XBefore[i], same, 3), XAfter: opt(plan.X[i], same, 3),
			FlowBefore: num(tph(before.Flow), 1), FlowAfter: num(tph(after.Flow), 1), DiffBefore: num(kpa(before.Differential), 1), DiffAfter: num(kpa(after.Differential), 1)}
		p.SupplyAfter, p.ReturnAfter = b.pressureAt(plan.Predicted, st.From), b.pressureAt(plan.Predicted, st.To)
		if measured != nil {
			s := &measured.Stations[i]
			p.XMeasured = opt(s.X, same, 3)
			if s.FlowMean.N > 0 {
				p.FlowMeasured = num(tph(s.FlowMean.Value), 1)
			}
			if s.Differential.Quality >= models.QualitySubstituted {
				p.DiffMeasured = num(kpa(s.Differential.Value), 1)
			}
		}
		out = append(out, p)
	}
	return out
}

func (b *Board) pressureAt(st *advisor.State, id models.ID) *float64 {
	if i, ok := b.index.At(models.KindJunction, id); ok && st.Junctions[i].PressureKnown {
		return num(mpa(st.Junctions[i].Pressure), 3)
	}
	return nil
}

// measured is the picture after an order has been carried out and the plant
// has settled; nil before that, and after a later order has moved something.
func (b *Board) measured(o *dispatch.Order) *advisor.Picture {
	v := b.deps.Loop.View()
	if o.Finished.IsZero() || !v.Settled || v.Picture == nil || o.Counts().Sent == 0 {
		return nil
	}
	for _, other := range b.deps.Desk.Orders() {
		if other.ID != o.ID && other.Proposed.After(o.Proposed) && other.Counts().Sent > 0 {
			return nil
		}
	}
	return v.Picture
}

func (b *Board) unreachable(rec *advisor.Recommendation) []api.Unreachable {
	out := []api.Unreachable{}
	for _, s := range rec.Plan.Shortfalls {
		u := api.Unreachable{Station: string(s.Station), Name: b.name(s.Station), X: round(s.X, 2), Reason: finding(string(s.Reason), nil, s.Station),
			Differential: num(kpa(s.Differential), 1), Need: num(kpa(s.Need), 1), Cure: finding(s.Cure.Code, nil)}
		switch s.Cure.Code {
		case "raise_head":
			u.Cure.Params["head_kPa"] = round(kpa(s.Cure.Value), 0)
		case "clear_branch":
			u.Cure.Params["loss_kPa"] = round(kpa(s.Cure.Value), 0)
		case "larger_valve", "smaller_valve":
			u.Cure.Params["kvs_m3_per_h"] = round(s.Cure.Value, 1)
		}
		out = append(out, u)
	}
	return out
}

// networkChecks are the tightest places of the four rules in a state.
func (b *Board) networkChecks(st *advisor.State) []api.Check {
	codes := map[models.LimitKind]string{models.LimitBoiling: "boiling", models.LimitSubAtmosphere: "sub_atmospheric", models.LimitPressureClass: "over_pressure",
		models.LimitDifferential: "short_differential", models.LimitStaticBoiling: "static_boiling"}
	out := []api.Check{}
	for _, m := range advisor.NetworkMargins(st) {
		code, ok := codes[m.Limit]
		if !ok {
			continue
		}
		good := m.Margin >= 0
		out = append(out, api.Check{Code: code, OK: &good, Margin: num(kpa(m.Margin), 1), Value: num(kpa(m.Value), 1), Bound: num(kpa(m.Bound), 1), Element: string(m.Element)})
	}
	return out
}

// outcome sums up a computed state.
func (b *Board) outcome(st *advisor.State, x []models.Optional, pic *advisor.Picture) api.Outcome {
	o := ratios(x)
	power, flow, heat := 0.0, 0.0, 0.0
	for i := range st.Sources {
		s := &st.Sources[i]
		power, flow, heat = power+s.Power, flow+s.Flow, heat+s.Heat
		if i == 0 || s.Flow > st.Sources[0].Flow {
			o.PumpHead = num(kpa(s.Lift), 0)
			if s.Speed > 0 {
				o.PumpSpeed = num(s.Speed*b.nominal(b.deps.Net.Sources[i].ID), 1)
			}
		}
	}
	o.PumpPower, o.Flow, o.HeatDelivery = num(power/1e3, 1), num(tph(flow), 0), num(megawatt(heat), 1)
	top := math.Inf(-1)
	for i := range st.Junctions {
		if st.Junctions[i].PressureKnown {
			top = math.Max(top, st.Junctions[i].Pressure)
		}
	}
	o.SupplyMax = num(mpa(top), 3)
	least := math.Inf(1)
	for i := range st.Stations {
		need := pic.Stations[i].Required.Flow
		if need <= 0 || st.Stations[i].Cut {
			continue
		}
		if d := st.Stations[i].Differential - advisor.Need(&b.deps.Net.Stations[i], need); d < least {
			least = d
			o.MinDiff, o.MinDiffAt = num(kpa(st.Stations[i].Differential), 1), string(b.deps.Net.Stations[i].ID)
		}
	}
	return o
}

// ratios sums up flow ratios.
func ratios(x []models.Optional) api.Outcome {
	var o api.Outcome
	lo, hi, sum2, n := math.Inf(1), math.Inf(-1), 0.0, 0
	for _, v := range x {
		if !v.Known {
			continue
		}
		n++
		lo, hi = math.Min(lo, v.Value), math.Max(hi, v.Value)
		sum2 += (v.Value - 1) * (v.Value - 1)
		if v.Value >= advisor.RoundBand.Low && v.Value <= advisor.RoundBand.High {
			o.InBand++
		}
		if v.Value < advisor.PageBand.Low {
			o.Under++
		}
		if v.Value > advisor.PageBand.High {
			o.Over++
		}
	}
	if n > 0 {
		o.XMin, o.XMax, o.XRMS = num(lo, 2), num(hi, 2), num(percent(math.Sqrt(sum2/float64(n))), 1)
	}
	return o
}
