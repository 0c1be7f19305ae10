package board

import (
	"context"
	"math"

	"evenflow/models"
	"evenflow/scada/advisor"
	"evenflow/scada/api"
	"evenflow/scada/dispatch"
	"evenflow/scada/telemetry"
)

// Stations returns a row a station, in network order.
func (b *Board) Stations(context.Context) []api.Station {
	v := b.deps.Loop.View()
	if v.Picture == nil {
		return []api.Station{}
	}
	snap := b.snapshot()
	held, busy, locks := b.held(), b.busy(), b.locks()
	out := make([]api.Station, len(v.Picture.Stations))
	for i := range out {
		out[i] = b.station(&v.Picture.Stations[i], snap, held, busy, locks)
	}
	return out
}

// station is one row.
func (b *Board) station(s *advisor.StationPicture, snap *telemetry.Snapshot, held map[models.ID]api.Finding, busy map[models.ID]underWay, locks map[models.ID]*api.Lock) api.Station {
	st := s.Station
	live := func(q models.Quantity, conv func(float64) float64, decimals int) api.Live {
		return b.live(snap, models.PointID{Element: st.ID, Quantity: q}, conv, decimals)
	}
	row := api.Station{
		ID: string(st.ID), Name: text(st.Name, st.NameEn, st.ID), Area: round(st.HeatedArea, 0), State: api.StationState(s.Condition),
		X: opt(s.X, same, 3), Flow: liveOf(s.Flow, tph, 1), FlowVolume: live(models.VolumeFlow, m3h, 1),
		OpeningSetpoint: live(models.OpeningSetpoint, percent, 1), OpeningFeedback: live(models.OpeningFeedback, percent, 1),
		SupplyPressure: live(models.SupplyPressure, mpa, 3), ReturnPressure: live(models.ReturnPressure, mpa, 3), Differential: liveOf(s.Differential, kpa, 1),
		SupplyTemp: live(models.SupplyTemperature, degC, 1), ReturnTemp: live(models.ReturnTemperature, degC, 1),
		SecondarySupply: live(models.SecondarySupplyTemp, degC, 1), SecondaryReturn: live(models.SecondaryReturnTemp, degC, 1),
		Points: b.has[st.ID], Mode: b.mode(st.ID), OwnMode: b.ownMode(st.ID), Lock: locks[st.ID],
		Remote: truth(snap, st.ID, models.Remote), Fallback: truth(snap, st.ID, models.FallbackActive),
	}
	if row.Points == nil {
		row.Points = []string{}
	}
	if q := s.Required; q.Flow > 0 {
		row.FlowRequired, row.HeatNeeded = num(tph(q.Flow), 1), num(megawatt(q.Heat), 2)
		row.DifferentialNeed = num(kpa(advisor.Need(st, q.Flow)), 1)
	}
	if t, ok := b.deps.Advisor.SecondaryWanted(st, snap); ok {
		row.SecondaryWanted = num(degC(t), 1)
	}
	row.Heat = b.stationHeat(s, snap)
	row.Quality, row.PlantMs = worst(row.Flow, row.OpeningFeedback, row.SupplyPressure, row.ReturnPressure, row.SupplyTemp, row.ReturnTemp)
	if f, ok := held[st.ID]; ok {
		row.Held = &f
	}
	row.Diagnosis = b.diagnosis(s)
	if u, ok := busy[st.ID]; ok {
		row.Order, row.OrderStage = u.order, api.Stage(u.stage.String())
	}
	return row
}

// stationHeat is what the water leaves at a station, from flow and
// temperatures, with the worst quality of the three.
func (b *Board) stationHeat(s *advisor.StationPicture, snap *telemetry.Snapshot) api.Live {
	ts, ok1 := snap.Get(models.PointID{Element: s.Station.ID, Quantity: models.SupplyTemperature})
	tr, ok2 := snap.Get(models.PointID{Element: s.Station.ID, Quantity: models.ReturnTemperature})
	if !ok1 || !ok2 || s.Flow.Quality == models.QualityNone {
		return api.Live{Q: api.QualityNone}
	}
	r := s.Flow
	for _, t := range []models.Reading{ts, tr} {
		if t.Quality < r.Quality {
			r.Quality, r.Reason = t.Quality, t.Reason
		}
	}
	r.Value = advisor.HeatFlow(s.Flow.Value, ts.Value, tr.Value)
	return liveOf(r, megawatt, 2)
}

// truth is a bit of a PLC; nil unless it is good.
func truth(snap *telemetry.Snapshot, id models.ID, q models.Quantity) *bool {
	v, ok := snap.Good(models.PointID{Element: id, Quantity: q})
	if !ok {
		return nil
	}
	on := v != 0
	return &on
}

var qualityRank = map[api.Quality]int{api.QualityNone: 7, api.QualityLost: 0, api.QualityBad: 1, api.QualityStale: 2, api.QualitySubstituted: 3, api.QualityEstimated: 4, api.QualityGood: 5}

// worst is the worst quality of the points that exist, and the newest of
// their times.
func worst(ls ...api.Live) (api.Quality, *int64) {
	q := api.QualityNone
	var at *int64
	for _, l := range ls {
		if l.T == nil {
			continue
		}
		if qualityRank[l.Q] < qualityRank[q] {
			q = l.Q
		}
		if at == nil || *l.T > *at {
			at = l.T
		}
	}
	return q, at
}

// diagnosis words the picture's diagnosis with the API's codes.
func (b *Board) diagnosis(s *advisor.StationPicture) *api.Finding {
	v := s.Diagnosis.Values
	params := map[string]any{}
	put := func(key, from string, decimals int) {
		if x, ok := v[from]; ok {
			params[key] = round(x, decimals)
		}
	}
	put("x", "x", 2)
	put("differential_kPa", "differential_kpa", 1)
	put("need_kPa", "need_kpa", 1)
	put("opening_percent", "feedback_percent", 1)
	put("feedback_percent", "feedback_percent", 1)
	put("setpoint_percent", "setpoint_percent", 1)
	code := map[string]string{
		"balanced": "normal", "lost": "link_lost", "unmeasured": "unmeasured", "bad_flow": "flow_bad", "stuck": "valve_stuck", "local": "local",
		"over": "over_supplied", "network_short": "differential_short", "strainer": "valve_wide_open", "valve_closed_too_far": "under_supplied", "requirement": "normal",
	}[s.Diagnosis.Code]
	if s.Condition == advisor.BadFlow && s.Flow.Quality == models.QualityGood {
		code = "flow_zero_open"
	}
	if s.Condition == advisor.Lost {
		if ms := millis(s.Feedback.Source); ms != nil {
			params["since_plant_ms"] = *ms
		}
	}
	if s.Condition == advisor.Unmeasured && b.mode(s.Station.ID) == api.ModeOff {
		code = "mode_off"
	}
	f := finding(code, params, s.Station.ID)
	f.English = s.Reason
	return &f
}

// held lists the stations that the latest recommendation left as they are,
// and those that the desk keeps.
func (b *Board) held() map[models.ID]api.Finding {
	out := map[models.ID]api.Finding{}
	v := b.deps.Loop.View()
	if v.Advice != nil {
		for _, h := range v.Advice.Estimate.Held {
			out[h.Station] = heldFinding(h)
		}
	}
	for i := range b.deps.Net.Stations {
		if id := b.deps.Net.Stations[i].ID; len(b.has[id]) > 0 && b.mode(id) == api.ModeOff {
			out[id] = finding("mode_off", nil, id)
		}
	}
	for _, l := range b.deps.Desk.Locks() {
		out[l.Point.Element] = finding(string(l.Kind), map[string]any{"by": l.By.Name, "until_ms": l.Until.UnixMilli(), "reason": l.Reason}, l.Point.Element)
	}
	return out
}

// heldFinding words why the calibration holds a station.
func heldFinding(h advisor.Hold) api.Finding {
	code := map[string]string{
		"unmeasured": "unmeasured", "lost": "link_lost", "stale": "flow_stale", "flow_bad": "flow_bad", "pressure_bad": "differential_bad", "opening_bad": "feedback_bad",
		"local": "local", "fallback": "fallback", "valve_stuck": "valve_stuck", "zero_flow": "flow_zero_open", "flow_stuck": "flow_stuck",
		"flow_lies": "contradicts_neighbours", "pressure_lies": "contradicts_neighbours",
	}[string(h.Reason)]
	params := map[string]any{"measured": round(h.Measured, 3), "expected": round(h.Expected, 3)}
	if code == "valve_stuck" {
		params = map[string]any{"feedback_percent": round(100*h.Measured, 1), "setpoint_percent": round(100*h.Expected, 1)}
	}
	f := finding(code, params, h.Station)
	f.English = h.Text()
	return f
}

// underWay is an order's item at an element.
type underWay struct {
	order string
	stage dispatch.Stage
}

// busy lists the elements with an item under way.
func (b *Board) busy() map[models.ID]underWay {
	out := map[models.ID]underWay{}
	for _, o := range b.deps.Desk.Orders() {
		if !o.Finished.IsZero() || o.Stage() == dispatch.Proposed {
			continue
		}
		for _, it := range o.Items {
			if it.Stage < dispatch.InForce {
				out[it.Point.Element] = underWay{o.ID, it.Stage}
			}
		}
	}
	return out
}

func (b *Board) locks() map[models.ID]*api.Lock {
	out := map[models.ID]*api.Lock{}
	for _, l := range b.deps.Desk.Locks() {
		out[l.Point.Element] = lockOf(l)
	}
	return out
}

func lockOf(l dispatch.Lock) *api.Lock {
	return &api.Lock{Kind: string(l.Kind), By: l.By.Name, Reason: l.Reason, UntilMs: millis(l.Until)}
}

// mode is the strictest of network's and element's.
func (b *Board) mode(id models.ID) api.Mode {
	return api.Mode(b.deps.Desk.Mode(dispatch.Scope{Element: id}).String())
}

// ownMode is what was set for the element alone.
func (b *Board) ownMode(id models.ID) api.Mode {
	for _, m := range b.deps.Desk.Modes() {
		if m.Scope.Element == id && m.Scope.Quantity == models.QuantityNone {
			return api.Mode(m.Mode.String())
		}
	}
	return api.Mode(b.deps.Desk.Mode(dispatch.Scope{}).String())
}

// Sources returns a row a source, in network order.
func (b *Board) Sources(context.Context) []api.Source {
	snap := b.snapshot()
	v := b.deps.Loop.View()
	busy, locks := b.busy(), b.locks()
	out := make([]api.Source, len(b.deps.Net.Sources))
	for i := range out {
		out[i] = b.source(i, snap, busy, locks)
		if v.Model != nil {
			out[i].PumpPower = num(v.Model.Sources[i].Power/1e3, 1)
			for j := range v.Model.Stations {
				if !v.Model.Stations[j].Cut {
					out[i].Stations++
				}
			}
			if len(out) > 1 {
				out[i].Stations = 0 // which source feeds whom is not told apart
			}
		}
	}
	return out
}

func (b *Board) source(i int, snap *telemetry.Snapshot, busy map[models.ID]underWay, locks map[models.ID]*api.Lock) api.Source {
	s := &b.deps.Net.Sources[i]
	live := func(q models.Quantity, conv func(float64) float64, decimals int) api.Live {
		return b.live(snap, models.PointID{Element: s.ID, Quantity: q}, conv, decimals)
	}
	hz := func(v float64) float64 { return v * b.nominal(s.ID) }
	row := api.Source{
		ID: string(s.ID), Name: text(s.Name, s.NameEn, s.ID), Capacity: opt(s.Capacity, megawatt, 0),
		SupplyTemp: live(models.SupplyTemperature, degC, 1), SupplyTempSet: live(models.SupplyTempSetpoint, degC, 1), ReturnTemp: live(models.ReturnTemperature, degC, 1),
		SupplyPressure: live(models.SupplyPressure, mpa, 3), ReturnPressure: live(models.ReturnPressure, mpa, 3), Flow: live(models.MassFlow, tph, 0),
		SpeedSetpoint: live(models.SpeedSetpoint, hz, 1), SpeedFeedback: live(models.SpeedFeedback, hz, 1),
		MakeUp: live(models.MakeUpFlow, tph, 1), Outdoor: live(models.OutdoorTemperature, degC, 1),
		Points: b.has[s.ID], Remote: truth(snap, s.ID, models.Remote), Fallback: truth(snap, s.ID, models.FallbackActive),
		Mode: b.mode(s.ID), OwnMode: b.ownMode(s.ID), Lock: locks[s.ID],
	}
	if row.Points == nil {
		row.Points = []string{}
	}
	if l, ok := b.limits(models.PointID{Element: s.ID, Quantity: models.SpeedSetpoint}); ok {
		row.MinSpeed, row.MaxSpeed = num(hz(l.Min), 1), num(hz(l.Max), 1)
	}
	row.Differential = b.sourceDifferential(s.ID, snap)
	row.Heat = b.sourceHeat(s.ID, snap)
	for j := range b.deps.Net.Junctions {
		if jn := &b.deps.Net.Junctions[j]; jn.FixedPressure.Known && (jn.ID == s.From || jn.ID == s.To) {
			row.HoldPressure, row.HoldJunction = num(mpa(jn.FixedPressure.Value), 3), string(jn.ID)
		}
	}
	row.Quality, row.PlantMs = worst(row.SupplyTemp, row.ReturnTemp, row.SupplyPressure, row.ReturnPressure, row.Flow, row.SpeedFeedback)
	if u, ok := busy[s.ID]; ok {
		row.Order, row.OrderStage = u.order, api.Stage(u.stage.String())
	}
	return row
}

// limits are the range a point may be set within.
func (b *Board) limits(p models.PointID) (dispatch.Writable, bool) {
	for _, w := range b.deps.Limits {
		if w.Point == p {
			return w, true
		}
	}
	return dispatch.Writable{}, false
}

func (b *Board) sourceDifferential(id models.ID, snap *telemetry.Snapshot) api.Live {
	ps, ok1 := snap.Get(models.PointID{Element: id, Quantity: models.SupplyPressure})
	pr, ok2 := snap.Get(models.PointID{Element: id, Quantity: models.ReturnPressure})
	if !ok1 || !ok2 {
		return api.Live{Q: api.QualityNone}
	}
	r := ps
	if pr.Quality < ps.Quality {
		r = pr
	}
	r.Value = ps.Value - pr.Value
	return liveOf(r, kpa, 1)
}

func (b *Board) sourceHeat(id models.ID, snap *telemetry.Snapshot) api.Live {
	m, ok1 := snap.Get(models.PointID{Element: id, Quantity: models.MassFlow})
	ts, ok2 := snap.Get(models.PointID{Element: id, Quantity: models.SupplyTemperature})
	tr, ok3 := snap.Get(models.PointID{Element: id, Quantity: models.ReturnTemperature})
	if !ok1 || !ok2 || !ok3 {
		return api.Live{Q: api.QualityNone}
	}
	r := m
	for _, t := range []models.Reading{ts, tr} {
		if t.Quality < r.Quality {
			r.Quality, r.Reason = t.Quality, t.Reason
		}
	}
	r.Value = advisor.HeatFlow(m.Value, ts.Value, tr.Value)
	return liveOf(r, megawatt, 1)
}

// sum adds up a column of the sources; the quality is the worst, as long as
// every source has it.
func sum(rows []api.Source, of func(*api.Source) api.Live, decimals int) api.Live {
	total := api.Live{Q: api.QualityNone}
	v := 0.0
	for i := range rows {
		l := of(&rows[i])
		if l.V == nil {
			return api.Live{Q: l.Q, Why: l.Why}
		}
		v += *l.V
		if i == 0 || qualityRank[l.Q] < qualityRank[total.Q] {
			total.Q, total.Why = l.Q, l.Why
		}
		if total.T == nil || *l.T < *total.T {
			total.T = l.T
		}
	}
	if len(rows) > 0 {
		total.V = num(v, decimals)
	}
	return total
}

// critical is the station with the least differential to spare.
func (b *Board) critical(pic *advisor.Picture) (at int, spare float64, ok bool) {
	spare = math.Inf(1)
	for i := range pic.Stations {
		s := &pic.Stations[i]
		if s.Differential.Quality < models.QualitySubstituted || s.Required.Flow <= 0 {
			continue
		}
		if d := s.Differential.Value - advisor.Need(s.Station, s.Required.Flow); d < spare {
			at, spare, ok = i, d, true
		}
	}
	return at, spare, ok
}
