package cycle

import (
	"context"
	"fmt"
	"math"
	"time"

	"evenflow/models"
	"evenflow/scada/advisor"
	"evenflow/scada/dispatch"
)

// proposal turns a recommendation into what the desk takes. A move that is
// larger than one command may be goes as far as it may; what the whole then
// does is simulated anew, and the next round goes the rest of the way.
func (l *Loop) proposal(ctx context.Context, rec *advisor.Recommendation) (dispatch.Proposal, error) {
	p := dispatch.Proposal{
		Kind:       dispatch.Recommendation,
		Group:      "round " + rec.At.Format(time.RFC3339),
		Because:    because(rec),
		Prediction: l.prediction(rec),
	}
	clipped := false
	snap := l.deps.Image.Snapshot(rec.At)
	sps := make([]models.Setpoint, 0, len(rec.Plan.Moves))
	for _, m := range rec.Plan.Moves {
		to := m.To
		if present, ok := snap.Good(m.Point); ok {
			if step := l.deps.Desk.StepLimit(m.Point); step > 0 && math.Abs(to-present) > step {
				to, clipped = present+math.Copysign(step, to-present), true
			}
		}
		sps = append(sps, models.Setpoint{Point: m.Point, Value: to})
		p.Items = append(p.Items, dispatch.ProposedItem{Setpoint: sps[len(sps)-1], Reason: string(m.Reason)})
	}
	if !clipped {
		return p, nil
	}
	simulated, err := l.Predict(ctx, sps)
	if err != nil {
		return p, err
	}
	simulated.Run, simulated.Residual, simulated.Inputs = p.Prediction.Run, p.Prediction.Residual, p.Prediction.Inputs
	simulated.Warning = "some settings go only as far as one command may; the next round goes the rest of the way"
	p.Prediction = simulated
	return p, nil
}

// because is the recommendation in one sentence.
func because(rec *advisor.Recommendation) dispatch.Why {
	pic := rec.Picture
	ratio := func(x models.Optional) string { return fmt.Sprintf("%.2f", x.Or(0)) }
	return dispatch.Because(dispatch.WhyBalance, "x_min", ratio(pic.XMin), "x_max", ratio(pic.XMax), "rms", fmt.Sprintf("%.1f %%", 100*pic.RMS.Or(0)),
		"moves", len(rec.Plan.Moves), "held", len(rec.Estimate.Held), "short", len(rec.Plan.Shortfalls))
}

// prediction says what the recommendation will do.
func (l *Loop) prediction(rec *advisor.Recommendation) *dispatch.Prediction {
	plan := rec.Plan
	p := &dispatch.Prediction{
		At:       time.Now(),
		Run:      rec.At.Format(time.RFC3339),
		Residual: rec.Residual,
		Feasible: plan.Predicted.Report.Converged,
		Before:   effect(plan.Before, plan.XBefore, plan.PowerBefore),
		After:    effect(plan.Predicted, plan.X, plan.Power),
		Inputs:   l.inputs(rec.Outdoor),
	}
	p.Violations = brokenByOrder(plan.Before, plan.Predicted)
	p.Feasible = p.Feasible && len(p.Violations) == 0
	for i := range plan.X {
		p.Stations = append(p.Stations, StationEffect(plan.Before, plan.Predicted, plan.XBefore, plan.X, i, l.deps.Advisor.Net))
	}
	return p
}

// StationEffect says what a change does at station i.
func StationEffect(before, after *advisor.State, xBefore, x []models.Optional, i int, net *models.Network) dispatch.StationEffect {
	b, a := &before.Stations[i], &after.Stations[i]
	return dispatch.StationEffect{
		Station:    net.Stations[i].ID,
		FlowBefore: b.Flow, FlowAfter: a.Flow,
		RatioBefore: xBefore[i].Or(0), RatioAfter: x[i].Or(0),
		DifferentialBefore: b.Differential, DifferentialAfter: a.Differential,
	}
}

// effect sums up a computed state.
func effect(st *advisor.State, x []models.Optional, power float64) dispatch.Effect {
	e := dispatch.Effect{PumpPower: power}
	n := 0
	for _, v := range x {
		if !v.Known {
			continue
		}
		if n == 0 || v.Value < e.RatioMin {
			e.RatioMin = v.Value
		}
		if n == 0 || v.Value > e.RatioMax {
			e.RatioMax = v.Value
		}
		e.RatioRMS += (v.Value - 1) * (v.Value - 1)
		n++
		if v.Value >= advisor.RoundBand.Low && v.Value <= advisor.RoundBand.High {
			e.InBand++
		}
		if v.Value < advisor.PageBand.Low {
			e.Under++
		}
		if v.Value > advisor.PageBand.High {
			e.Over++
		}
	}
	if n > 0 {
		e.RatioRMS = math.Sqrt(e.RatioRMS / float64(n))
	}
	return e
}

// hardLimits are those an order must not break: a differential that is short
// or a steep pipe is the reason for balancing, no ground for refusal.
var hardLimits = map[models.LimitKind]bool{
	models.LimitBoiling: true, models.LimitSubAtmosphere: true, models.LimitPressureClass: true,
	models.LimitPumpCurve: true, models.LimitFreezing: true,
}

// brokenByOrder lists the hard limits that the order would break or worsen.
func brokenByOrder(before, after *advisor.State) []models.Violation {
	was := map[models.LimitKind]float64{}
	for _, m := range before.Report.Margins {
		was[m.Limit] = m.Margin
	}
	var out []models.Violation
	for _, m := range after.Report.Margins {
		if !hardLimits[m.Limit] || m.Margin >= 0 {
			continue
		}
		if old, ok := was[m.Limit]; ok && m.Margin >= old {
			continue // broken already, and not made worse
		}
		out = append(out, m)
	}
	return out
}

// inputs are the readings that the prediction stands on: when one has moved
// too far, it must be computed anew.
func (l *Loop) inputs(outdoor float64) []dispatch.Input {
	var in []dispatch.Input
	for i := range l.deps.Advisor.Net.Sources {
		id := l.deps.Advisor.Net.Sources[i].ID
		snap := l.deps.Image.Snapshot(l.deps.Clock.Now())
		for _, q := range []models.Quantity{models.OutdoorTemperature, models.SupplyTemperature, models.SpeedFeedback} {
			p := models.PointID{Element: id, Quantity: q}
			if v, ok := snap.Good(p); ok {
				in = append(in, dispatch.Input{Point: p, Value: v})
			}
		}
	}
	return in
}

// Predict simulates setpoints by hand or a revert, on the calibrated model as
// the plant stands; it is what the desk asks before it keeps such an order.
func (l *Loop) Predict(ctx context.Context, sps []models.Setpoint) (*dispatch.Prediction, error) {
	cal, _, err := l.deps.Store.Calibration(ctx)
	if err != nil {
		return nil, err
	}
	now := l.deps.Clock.Now()
	snap := l.deps.Image.Snapshot(now)
	before, after, err := l.deps.Advisor.Predict(ctx, snap, cal, sps)
	if err != nil {
		return nil, err
	}
	pic := l.deps.Advisor.Eyes.Look(snap, now.Add(-time.Duration(l.deps.Polls+1)*l.deps.Scan))
	xb, xa := advisor.Ratios(before, pic), advisor.Ratios(after, pic)
	p := &dispatch.Prediction{
		At:     time.Now(),
		Before: effect(before, xb, power(before)),
		After:  effect(after, xa, power(after)),
	}
	p.Violations = brokenByOrder(before, after)
	p.Feasible = after.Report.Converged && len(p.Violations) == 0
	if cal.At.IsZero() {
		p.Warning = "the model has not been calibrated yet: the prediction stands on the network file"
	}
	for i := range xa {
		e := StationEffect(before, after, xb, xa, i, l.deps.Advisor.Net)
		if math.Abs(e.FlowAfter-e.FlowBefore) > 0.002*math.Abs(e.FlowBefore) || touches(sps, e.Station) {
			p.Stations = append(p.Stations, e)
		}
	}
	for _, sp := range sps {
		if v, ok := snap.Good(sp.Point); ok {
			p.Inputs = append(p.Inputs, dispatch.Input{Point: sp.Point, Value: v, Scale: 1})
		}
	}
	return p, nil
}

func touches(sps []models.Setpoint, id models.ID) bool {
	for _, sp := range sps {
		if sp.Point.Element == id {
			return true
		}
	}
	return false
}

func power(st *advisor.State) float64 {
	sum := 0.0
	for i := range st.Sources {
		sum += st.Sources[i].Power
	}
	return sum
}
