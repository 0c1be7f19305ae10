package board

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"evenflow/models"
	"evenflow/scada/advisor"
	"evenflow/scada/api"
	"evenflow/scada/dispatch"
	"evenflow/scada/plc"
)

// grouped is from how many lost PLCs on they are one line: a dead router is
// one trouble, not two thousand.
const grouped = 10

// foreignKept bounds the remembered foreign writes.
const foreignKept = 500

// Foreign notes a setpoint that somebody else changed. What the PLC itself did,
// in local or on its own curve, is in the journal only.
func (b *Board) Foreign(f plc.Foreign) {
	if f.Local || f.Fallback {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.foreign = append(b.foreign, f)
	if n := len(b.foreign); n > foreignKept {
		b.foreign = b.foreign[n-foreignKept:]
	}
}

// NotRight lists what is not right, worst first.
func (b *Board) NotRight(context.Context) []api.NotRight {
	v := b.deps.Loop.View()
	lines := []api.NotRight{}
	add := func(key string, severity int, element models.ID, what api.Finding) *api.NotRight {
		lines = append(lines, api.NotRight{Key: key, Severity: severity, Element: string(element), Name: b.name(element), What: what})
		return &lines[len(lines)-1]
	}
	if v.Picture != nil {
		b.stationLines(v.Picture, add)
	}
	if v.Advice != nil {
		for _, s := range v.Advice.Estimate.Suspects {
			add("suspect "+string(s.Element), 3, s.Element, suspectFinding(s))
		}
		for _, s := range v.Advice.Plan.Shortfalls {
			if s.Reason == "held" {
				continue
			}
			l := add("unreachable "+string(s.Station), 2, s.Station, finding("unreachable", map[string]any{"x": round(s.X, 2), "reason": string(s.Reason)}, s.Station))
			l.Value, l.Limit = num(s.X, 2), num(advisor.RoundBand.Low, 2)
		}
	}
	b.orderLines(add)
	b.foreignLines(add)
	return b.dated(lines)
}

// stationLines are the stations lost, stuck, local, or held.
func (b *Board) stationLines(pic *advisor.Picture, add func(string, int, models.ID, api.Finding) *api.NotRight) {
	held := b.held()
	lost := 0
	for _, i := range pic.NotRight {
		if pic.Stations[i].Condition == advisor.Lost {
			lost++
		}
	}
	if lost > grouped {
		add("links_lost", 1, "", finding("links_lost", map[string]any{"count": lost}))
	}
	shown := map[models.ID]bool{}
	for _, i := range pic.NotRight {
		s := &pic.Stations[i]
		shown[s.Station.ID] = true
		if s.Condition == advisor.Lost && lost > grouped {
			continue
		}
		severity := map[advisor.Condition]int{advisor.Lost: 2, advisor.Stuck: 2, advisor.Local: 4, advisor.BadFlow: 3}[s.Condition]
		what := b.diagnosis(s)
		l := add(string(s.Condition)+" "+string(s.Station.ID), severity, s.Station.ID, *what)
		if s.Condition == advisor.Stuck {
			l.Value, l.Limit, l.Unit = num(percent(s.Feedback.Value), 1), num(percent(s.Setpoint.Value), 1), "%"
		}
	}
	for i := range pic.Stations {
		id := pic.Stations[i].Station.ID
		if f, ok := held[id]; ok && !shown[id] {
			add("held "+string(id), 4, id, f)
		}
	}
}

// suspectFinding words what the calibration suspects: a meter, or a place that
// is choked or half closed, with the pressure lost there.
func suspectFinding(s advisor.Suspect) api.Finding {
	params := map[string]any{"score": round(s.Score, 1)}
	code := "suspect"
	switch s.Kind {
	case advisor.FlowMeter, advisor.PressureMeter:
		code = string(s.Kind) + "_suspect"
	default:
		params["loss_kPa"] = round(kpa(s.Extra), 0)
	}
	f := finding(code, params, s.Element)
	for _, e := range s.Section {
		if e != s.Element {
			f.Elements = append(f.Elements, string(e))
		}
	}
	return f
}

// orderLines are the commands that failed, had no effect, or are in doubt.
func (b *Board) orderLines(add func(string, int, models.ID, api.Finding) *api.NotRight) {
	recent := b.deps.Clock.Now().Add(-12 * time.Hour)
	for _, o := range b.deps.Desk.Orders() {
		c := o.Counts()
		if o.Stopped != "" && c.Failed > 0 && !o.BatchAt.Before(recent) {
			l := add("order "+o.ID, 2, "", finding("order_failed", map[string]any{"order": o.ID, "done": c.Confirmed, "failed": c.Failed}))
			l.What.English = o.Stopped
		}
		for _, it := range o.Items {
			key := fmt.Sprintf("%s %s %s", it.Stage, o.ID, it.Point)
			switch it.Stage {
			case dispatch.Uncertain:
				add(key, 1, it.Point.Element, finding("uncertain", map[string]any{"order": o.ID}, it.Point.Element))
			case dispatch.NoEffect:
				if it.Sent.Before(recent) {
					continue
				}
				_, conv, n := b.unit(it.Point)
				params := map[string]any{"order": o.ID, "setpoint_percent": round(conv(it.New), n)}
				if it.Feedback.Known {
					params["feedback_percent"] = round(conv(it.Feedback.Value), n)
				}
				l := add(key, 2, it.Point.Element, finding("no_effect", params, it.Point.Element))
				l.What.English = it.Note
			}
		}
	}
}

// foreignLines are the setpoints that somebody else changed, for an hour.
func (b *Board) foreignLines(add func(string, int, models.ID, api.Finding) *api.NotRight) {
	b.mu.Lock()
	foreign := append([]plc.Foreign(nil), b.foreign...)
	b.mu.Unlock()
	now := b.deps.Clock.Now()
	foreign = slices.DeleteFunc(foreign, func(f plc.Foreign) bool { return now.Sub(f.Seen) > time.Hour })
	where := map[models.PointID]bool{}
	for _, f := range foreign {
		where[f.Point] = true
	}
	if len(where) > grouped { // PLCs back from their own curves, or a second master
		add("foreign_writes", 1, "", finding("foreign_writes", map[string]any{"count": len(where)}))
		return
	}
	for _, f := range foreign {
		unit, conv, n := b.unit(f.Point)
		l := add("foreign "+f.Point.String(), 1, f.Point.Element, finding("foreign_write", map[string]any{"setpoint_percent": round(conv(f.Is), n), "was": round(conv(f.Was), n)}, f.Point.Element))
		l.Value, l.Limit, l.Unit = num(conv(f.Is), n), num(conv(f.Was), n), unit
	}
}

// dated sorts the lines and says since when each stands; a key occurs once.
func (b *Board) dated(lines []api.NotRight) []api.NotRight {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.deps.Clock.Now()
	standing := map[string]time.Time{}
	out := lines[:0]
	for _, l := range lines {
		if _, twice := standing[l.Key]; twice {
			continue
		}
		at, known := b.since[l.Key]
		if !known {
			at = now
		}
		standing[l.Key] = at
		l.SincePlantMs = millis(at)
		out = append(out, l)
	}
	b.since = standing
	sort.SliceStable(out, func(i, j int) bool { return out[i].Severity < out[j].Severity })
	return out
}
