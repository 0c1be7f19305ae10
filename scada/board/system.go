package board

import (
	"context"
	"math"
	"time"

	"evenflow/models"
	"evenflow/scada/advisor"
	"evenflow/scada/api"
	"evenflow/scada/dispatch"
)

// modelOld is when the model behind map and diagram counts as stale, plant
// time; modelResidual when it is too far off.
const (
	modelOld      = 10 * time.Minute
	modelResidual = 0.15
)

// System returns the state of the service.
func (b *Board) System(ctx context.Context) api.System {
	d := b.deps.Desk
	mode := d.Mode(dispatch.Scope{})
	s := api.System{
		Network: b.net.Name, NetworkID: b.net.ID, Build: b.deps.Build, Simulated: b.deps.Simulated,
		Mode:  api.Mode(mode.String()),
		Armed: d.Armed(), ResumePersons: 2, Envelope: b.envelope(),
		Clock: api.Clock{PlantMs: b.deps.Clock.Now().UnixMilli(), WallMs: time.Now().UnixMilli(), Speed: b.deps.Speed},
		Model: b.model(ctx), Links: b.links(), Band: api.Band{Low: advisor.PageBand.Low, High: advisor.PageBand.High},
		ScanS: b.deps.Scan.Seconds(), TwoPersonItems: b.deps.TwoPerson,
	}
	if b.deps.OwnPlant {
		s.ResumePersons = 1
	}
	if stop := d.Stopped(); stop != nil {
		s.Stopped = &api.Stopped{By: stop.By.Name, AtMs: stop.At.UnixMilli(), Reason: stop.Reason, ResumedBy: []string{}}
	}
	s.Blocked = b.blocked(mode)
	return s
}

// blocked says why no command can be given at all.
func (b *Board) blocked(mode dispatch.Mode) *api.Finding {
	d := b.deps.Desk
	switch stop := d.Stopped(); {
	case stop != nil:
		return findingP("stopped", map[string]any{"by": stop.By.Name})
	case d.JournalError() != nil:
		return findingP("journal_fails", nil)
	case mode == dispatch.Off:
		return findingP("mode_off", nil)
	case mode < dispatch.Advisory:
		return findingP("mode_monitor", map[string]any{"mode": mode.String()})
	case !d.Armed():
		return findingP("no_writer", nil)
	}
	return nil
}

func (b *Board) envelope() api.Envelope {
	e, open := b.deps.Desk.Envelope()
	out := api.Envelope{Name: e.Name, StepPct: percent(e.Class[dispatch.ClassB].Step), BatchPct: percent(e.Brake.BatchShare + e.Brake.StationShare),
		IntervalS: (e.Brake.BatchEvery + e.Brake.Window).Seconds(), MinPauseS: e.Class[dispatch.ClassB].Between.Seconds()}
	if open != nil {
		out.OpenedBy, out.UntilMs = open.By.Name, millis(open.Until)
	}
	return out
}

// modelVersion counts the solves, for the page to know what to fetch again.
func (b *Board) modelVersion(at time.Time) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !at.Equal(b.modelAt) {
		b.modelAt = at
		b.version++
	}
	return b.version
}

func (b *Board) model(ctx context.Context) api.Model {
	v := b.deps.Loop.View()
	m := api.Model{State: "good", SolvedPlantMs: millis(v.ModelAt), Version: b.modelVersion(v.ModelAt)}
	if v.Advice != nil {
		m.Residual = num(percent(v.Advice.Residual), 1)
	}
	if cal, ok, err := b.deps.Store.Calibration(ctx); err == nil && ok {
		m.CalibratedPlantMs, m.Rounds = millis(cal.At), cal.Rounds
	}
	age := b.deps.Clock.Now().Sub(v.ModelAt)
	switch {
	case v.Model == nil && v.ModelError == nil:
		m.State = "none"
	case v.ModelError != nil:
		m.State = "failed"
		f := finding("model_not_converged", nil, models.ErrorElements(v.ModelError)...)
		f.English = v.ModelError.Error()
		m.Problem = &f
	case age > modelOld:
		m.State, m.Problem = "stale", findingP("model_old", map[string]any{"minutes": math.Round(age.Minutes())})
	case v.Advice != nil && v.Advice.Residual > modelResidual:
		m.Problem = findingP("model_residual", map[string]any{"residual_percent": round(percent(v.Advice.Residual), 1)})
	case len(v.Model.Islands) > 0:
		m.Problem = findingP("model_cut_off", nil, v.Model.Islands[0].Stations...)
	}
	return m
}

func (b *Board) links() api.Links {
	var l api.Links
	if b.deps.Gateway != nil {
		for _, s := range b.deps.Gateway.Statuses() {
			if s.Off {
				continue
			}
			l.PLCs++
			if s.Answering {
				l.Answering++
			}
		}
	}
	for i := range b.deps.Net.Stations {
		if len(b.has[b.deps.Net.Stations[i].ID]) == 0 {
			l.Unmeasured++
		}
	}
	return l
}

// KPI returns the strip on top of the page.
func (b *Board) KPI(ctx context.Context) api.KPI {
	v := b.deps.Loop.View()
	sources := b.Sources(ctx)
	k := api.KPI{
		Heat: sum(sources, func(s *api.Source) api.Live { return s.Heat }, 1), Flow: sum(sources, func(s *api.Source) api.Live { return s.Flow }, 0),
		MakeUp: sum(sources, func(s *api.Source) api.Live { return s.MakeUp }, 1), Stations: len(b.deps.Net.Stations),
		NotRight: len(b.NotRight(ctx)),
	}
	if i := b.largest(sources); i >= 0 {
		k.SupplyTemp, k.ReturnTemp, k.Outdoor, k.SupplyTempSet = sources[i].SupplyTemp, sources[i].ReturnTemp, sources[i].Outdoor, sources[i].SupplyTempSet.V
	}
	if k.Flow.V != nil {
		k.MakeUpLimit = num(0.005**k.Flow.V, 1) // 0.5 % of the circulating flow
	}
	if v.Model != nil {
		power := 0.0
		for i := range v.Model.Sources {
			power += v.Model.Sources[i].Power
		}
		k.PumpPower = num(power/1e3, 0)
	}
	b.stationKPIs(&k, v.Picture)
	for _, o := range b.deps.Desk.Orders() {
		if !o.Finished.IsZero() {
			continue
		}
		if o.Stage() != dispatch.Proposed {
			k.Running++
			continue
		}
		k.Pending++
		if k.PendingOldestMs == nil || o.Proposed.UnixMilli() < *k.PendingOldestMs {
			k.PendingOldestMs = millis(o.Proposed)
		}
	}
	return k
}

// stationKPIs sums up the stations.
func (b *Board) stationKPIs(k *api.KPI, pic *advisor.Picture) {
	if pic == nil {
		return
	}
	k.Under, k.Over = pic.Under, pic.Over
	k.XMin, k.XMax, k.XRMS = opt(pic.XMin, same, 2), opt(pic.XMax, same, 2), opt(pic.RMS, percent, 1)
	heat := 0.0
	for i := range pic.Stations {
		if pic.Stations[i].Condition == advisor.Lost {
			k.Lost++
		}
		heat += pic.Stations[i].Required.Heat
	}
	k.HeatNeeded = num(megawatt(heat), 1)
	if at, _, ok := b.critical(pic); ok {
		s := &pic.Stations[at]
		k.Critical = liveOf(s.Differential, kpa, 1)
		k.CriticalNeed = num(kpa(advisor.Need(s.Station, s.Required.Flow)), 1)
		k.CriticalStation = string(s.Station.ID)
	} else {
		k.Critical = api.Live{Q: api.QualityNone}
	}
}

// largest is the source with the most flow, -1 without any.
func (b *Board) largest(rows []api.Source) int {
	at, most := -1, -1.0
	for i := range rows {
		f := 0.0
		if rows[i].Flow.V != nil {
			f = *rows[i].Flow.V
		}
		if f > most {
			at, most = i, f
		}
	}
	return at
}
