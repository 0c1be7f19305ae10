package api

import (
	"context"
	"fmt"
	"sync"
	"time"

	"evenflow/models"
	"evenflow/scada/dispatch"
)

// fake is a backend of two stations that notes what it is told to do.
type fake struct {
	mu       sync.Mutex
	x        float64
	did      []string
	stopped  bool
	advice   *Recommendation
	block    chan struct{} // commands wait for it, if set
	orderErr error
}

func f64(v float64) *float64 { return &v }

func (f *fake) note(by Caller, format string, args ...any) {
	f.mu.Lock()
	f.did = append(f.did, fmt.Sprintf(format, args...)+" by "+by.Name)
	block := f.block
	f.mu.Unlock()
	if block != nil {
		<-block
	}
}

func (f *fake) done() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.did...)
}

func (f *fake) System(context.Context) System {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := System{Network: Text{"松江", "Songjiang"}, NetworkID: "n1", Mode: ModeAdvisory, Clock: Clock{PlantMs: time.Now().UnixMilli(), WallMs: time.Now().UnixMilli(), Speed: 60}}
	if f.stopped {
		s.Stopped = &Stopped{By: "li"}
	}
	return s
}

func (f *fake) KPI(context.Context) KPI {
	return KPI{Heat: Live{V: f64(208.61234), Q: QualityGood}, Stations: 2, XRMS: nil}
}

func (f *fake) Network(context.Context) *Network { return &Network{ID: "n1"} }

func (f *fake) Stations(context.Context) []Station {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := int64(1_700_000_000_000)
	return []Station{
		{ID: "S-1", Name: Text{"一号站", "One"}, State: StateUnder, X: f64(f.x), Flow: Live{V: f64(45.6), Q: QualityStale, T: &at}, PlantMs: &at},
		{ID: "S-2", State: StateLost, Held: &Finding{Code: "link_lost"}},
	}
}

func (f *fake) Sources(context.Context) []Source {
	return []Source{{ID: "H-1", SpeedFeedback: Live{V: f64(44.5), Q: QualityGood}}}
}

func (f *fake) Pipes(context.Context) Pipes { return Pipes{NetworkID: "n1"} }

func (f *fake) Profile(_ context.Context, station string) (Profile, error) {
	if station != "S-1" {
		return Profile{}, NoSuch("station", station)
	}
	return Profile{Station: station}, nil
}

func (f *fake) Advice(context.Context) Advice {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.advice == nil {
		return Advice{State: "none", Why: &Finding{Code: "not_asked"}}
	}
	return Advice{State: "ready", Recommendation: f.advice}
}

func (f *fake) Orders(context.Context) []Order {
	return []Order{{ID: "o1", Stage: StageProposed, Rev: 1}}
}

func (f *fake) Order(_ context.Context, id string) (Order, error) {
	if f.orderErr != nil {
		return Order{}, f.orderErr
	}
	if id != "o1" {
		return Order{}, NoSuch("order", id)
	}
	return Order{ID: id, Items: []Item{{N: 0}}}, nil
}

func (f *fake) NotRight(context.Context) []NotRight {
	return []NotRight{{Key: "lost/S-2", Element: "S-2", Severity: 4, What: Finding{Code: "link_lost"}}}
}

func (f *fake) Journal(_ context.Context, before int64, limit int) ([]JournalRow, error) {
	return []JournalRow{{Seq: 2, Action: "stop", From: "10.0.0.7"}, {Seq: 1, Action: "start", From: "10.0.0.7"}}, nil
}

func (f *fake) Trend(_ context.Context, q TrendQuery) (Trend, error) {
	return Trend{Element: q.Element, Pens: make([]Pen, len(q.Quantities)), From: q.From.UnixMilli()}, nil
}

func (f *fake) Compute(_ context.Context, by Caller) (Advice, error) {
	f.note(by, "compute")
	return Advice{State: "computing"}, nil
}

func (f *fake) order(by Caller, what, id, reason string) (Order, error) {
	f.note(by, "%s %s %q", what, id, reason)
	if id == "blocked" {
		return Order{}, &dispatch.Refusal{Code: dispatch.BlockedByStop, Why: "all_stopped", Reason: "all orders are stopped", Points: []models.PointID{{Element: "S-1", Quantity: models.OpeningSetpoint}}}
	}
	if id == "broken" {
		return Order{}, fmt.Errorf("the disk is on fire")
	}
	return Order{ID: id}, nil
}

func (f *fake) Approve(_ context.Context, by Caller, id, reason string) (Order, error) {
	return f.order(by, "approve", id, reason)
}

func (f *fake) Reject(_ context.Context, by Caller, id, reason string) (Order, error) {
	return f.order(by, "reject", id, reason)
}

func (f *fake) Revert(_ context.Context, by Caller, id, reason string) (Order, error) {
	return f.order(by, "revert", id, reason)
}

func (f *fake) Preview(_ context.Context, by Caller, in ManualInput) (Preview, error) {
	if in.Element == "panic" {
		panic("a bug")
	}
	f.note(by, "preview %s %s %g", in.Element, in.Quantity, in.Value)
	return Preview{ID: "p1"}, nil
}

func (f *fake) Manual(_ context.Context, by Caller, preview, reason string) (Order, error) {
	return f.order(by, "manual", preview, reason)
}

func (f *fake) Stop(ctx context.Context, by Caller, reason string) (System, error) {
	f.note(by, "stop %q", reason)
	f.mu.Lock()
	f.stopped = true
	f.mu.Unlock()
	return f.System(ctx), nil
}

func (f *fake) Resume(ctx context.Context, by Caller, reason string) (System, error) {
	f.note(by, "resume %q", reason)
	return f.System(ctx), nil
}

func (f *fake) SetMode(ctx context.Context, by Caller, in ModeInput) (System, error) {
	f.note(by, "mode %q %s", in.Element, in.Mode)
	return f.System(ctx), nil
}

func (f *fake) Lock(_ context.Context, by Caller, in LockInput) (Lock, error) {
	f.note(by, "lock %s %d", in.Element, in.Minutes)
	return Lock{By: by.Name}, nil
}

func (f *fake) Unlock(_ context.Context, by Caller, in UnlockInput) error {
	f.note(by, "unlock %s", in.Element)
	return nil
}

func (f *fake) OpenEnvelope(ctx context.Context, by Caller, in EnvelopeInput) (System, error) {
	f.note(by, "envelope %s %d", in.Name, in.Minutes)
	return f.System(ctx), nil
}
