// Package cycle is the live loop: one turn freezes the process image, looks
// at every station, solves the model as it stands, asks the advisor when
// advice is due and puts it on the desk. It keeps nothing that a restart
// would miss: what was learned and what was ordered live in the store.
package cycle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"evenflow/models"
	"evenflow/scada/advisor"
	"evenflow/scada/clock"
	"evenflow/scada/dispatch"
	"evenflow/scada/store"
	"evenflow/scada/telemetry"
)

// Deps is what the loop works with. Zero durations mean their documented
// defaults; all are of the plant clock.
type Deps struct {
	Clock   clock.Clock
	Image   *telemetry.Image
	Advisor *advisor.Advisor
	Desk    *dispatch.Desk
	Store   *store.Store
	Log     *slog.Logger

	Scan   time.Duration // poll period; 0: 5 s
	Settle time.Duration // after the last write, until readings count; 0: 5 min
	Polls  int           // readings of a settled mean; 0: 10
	Every  time.Duration // between recommendations; 0: 10 min
	Model  time.Duration // between solves of the model as it stands; 0: 1 min
	// Manual says that recommendations are computed only when asked for.
	Manual bool
}

func (d Deps) withDefaults() Deps {
	def := func(v *time.Duration, to time.Duration) {
		if *v == 0 {
			*v = to
		}
	}
	def(&d.Scan, 5*time.Second)
	def(&d.Settle, 5*time.Minute)
	def(&d.Every, 10*time.Minute)
	def(&d.Model, time.Minute)
	if d.Polls == 0 {
		d.Polls = 10
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return d
}

// View is what a turn found. It is never changed once published.
type View struct {
	Snapshot *telemetry.Snapshot
	Picture  *advisor.Picture
	Settled  bool
	SettleAt time.Time // plant: when readings count again
	Since    time.Time // plant: readings from here on make the means

	Model      *advisor.State // the calibrated network as it stands; nil before the first solve
	ModelAt    time.Time      // plant
	ModelError error          // of the latest solve; Model is then the last good one

	Advice   *advisor.Recommendation // the latest, with the order that carries it
	OrderID  string
	AdviceAt time.Time // plant, of the latest attempt
	// AdviceError says why there is no recommendation, e.g. not settled.
	AdviceError error
}

// Loop is the live loop. Turn and Advise may be called from any goroutine;
// they wait for each other.
type Loop struct {
	deps Deps
	turn sync.Mutex

	mu   sync.RWMutex
	view View
}

// New prepares the loop.
func New(deps Deps) *Loop { return &Loop{deps: deps.withDefaults()} }

// View returns what the latest turn found.
func (l *Loop) View() View {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.view
}

// Run turns until ctx ends.
func (l *Loop) Run(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := l.Turn(ctx); err != nil && ctx.Err() == nil {
			l.deps.Log.Error("the live loop's turn failed", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Turn makes one turn.
func (l *Loop) Turn(ctx context.Context) error {
	l.turn.Lock()
	defer l.turn.Unlock()
	v := l.View()
	l.look(&v)
	l.model(ctx, &v)
	var err error
	if l.due(&v) {
		err = l.advise(ctx, &v)
	}
	l.publish(v)
	return err
}

// Look describes the plant as it was read last, and computes nothing: what
// there is to show before the first turn has come to its end.
func (l *Loop) Look() {
	l.turn.Lock()
	defer l.turn.Unlock()
	v := l.View()
	l.look(&v)
	l.publish(v)
}

// Advise computes a recommendation now and puts it on the desk, if the plant
// has settled.
func (l *Loop) Advise(ctx context.Context) (*dispatch.Order, error) {
	l.turn.Lock()
	defer l.turn.Unlock()
	v := l.View()
	l.look(&v)
	err := l.advise(ctx, &v)
	l.publish(v)
	if err != nil {
		return nil, err
	}
	return l.deps.Desk.Order(ctx, v.OrderID)
}

func (l *Loop) publish(v View) {
	l.mu.Lock()
	l.view = v
	l.mu.Unlock()
}

// look freezes the image and describes every station.
func (l *Loop) look(v *View) {
	now := l.deps.Clock.Now()
	v.Snapshot = l.deps.Image.Snapshot(now)
	window := time.Duration(l.deps.Polls) * l.deps.Scan
	moved := l.lastMove(now)
	v.Since = now.Add(-window - l.deps.Scan)
	v.SettleAt = time.Time{}
	v.Settled = true
	if !moved.IsZero() {
		v.SettleAt = moved.Add(l.deps.Settle + window)
		v.Settled = !now.Before(v.SettleAt)
	}
	v.Picture = l.deps.Advisor.Eyes.Look(v.Snapshot, v.Since)
}

// lastMove is the plant time of the latest write to the plant. Where the plant
// clock was set back since, the wall clock says how long ago it was, so that
// the loop does not wait until the clock has caught up.
func (l *Loop) lastMove(now time.Time) time.Time {
	var last time.Time
	for _, o := range l.deps.Desk.Orders() {
		for _, it := range o.Items {
			if it.Sent.IsZero() {
				continue
			}
			sent := it.Sent
			if sent.After(now) {
				sent = now.Add(-max(time.Since(it.SentWall), 0))
			}
			if sent.After(last) {
				last = sent
			}
		}
	}
	return last
}

// model solves the network as it stands, for the map and the diagram.
func (l *Loop) model(ctx context.Context, v *View) {
	now := v.Snapshot.At
	if v.Model != nil && now.Sub(v.ModelAt) < l.deps.Model {
		return
	}
	cal, _, err := l.deps.Store.Calibration(ctx)
	if err != nil {
		v.ModelError = err
		return
	}
	st, err := l.deps.Advisor.Model(ctx, v.Snapshot, cal, v.Model)
	v.ModelError = err
	if err == nil {
		v.Model, v.ModelAt = st, now
	}
}

// ErrNotSettled says that the plant has not come to rest after the last
// writes.
var ErrNotSettled = errors.New("the plant has not settled")

// ErrBusy says that an order is still under way.
var ErrBusy = errors.New("an order is still under way")

// due reports whether a recommendation should be computed without being
// asked: the plant is settled, nothing waits or is under way, enough time has
// passed, and the city is not balanced.
func (l *Loop) due(v *View) bool {
	if l.deps.Manual || !v.Settled || l.busy() != "" || v.Picture.Outdoor.Quality < models.QualitySubstituted {
		return false
	}
	if !v.AdviceAt.IsZero() && v.Snapshot.At.Sub(v.AdviceAt) < l.deps.Every {
		return false
	}
	if l.deps.Desk.Mode(dispatch.Scope{}) < dispatch.Shadow || l.deps.Desk.Stopped() != nil || l.proposed() {
		return false
	}
	out := 0
	for i := range v.Picture.Stations {
		s := &v.Picture.Stations[i]
		if s.X.Known && s.Condition != advisor.Local && s.Condition != advisor.Stuck &&
			(s.X.Value < advisor.RoundBand.Low || s.X.Value > advisor.RoundBand.High) {
			out++
		}
	}
	return out > 0
}

// busy names an order that is approved and not finished.
func (l *Loop) busy() string {
	for _, o := range l.deps.Desk.Orders() {
		if s := o.Stage(); o.Finished.IsZero() && s != dispatch.Proposed {
			return o.ID
		}
	}
	return ""
}

// proposed reports whether a recommendation waits for a person.
func (l *Loop) proposed() bool {
	for _, o := range l.deps.Desk.Orders() {
		if o.Kind == dispatch.Recommendation && o.Finished.IsZero() && o.Stage() == dispatch.Proposed {
			return true
		}
	}
	return false
}

// readingKind is the store's kind of document that keeps the reading an order
// was computed from; it counts as a round once the order was carried out.
const readingKind = "reading"

// advise computes a recommendation, stores what was learned, and proposes.
func (l *Loop) advise(ctx context.Context, v *View) (err error) {
	v.AdviceAt = v.Snapshot.At
	defer func() { v.AdviceError = err }()
	if !v.Settled {
		return fmt.Errorf("%w: readings count again from %s (plant time)", ErrNotSettled, v.SettleAt.Format("15:04:05"))
	}
	if id := l.busy(); id != "" {
		return fmt.Errorf("%w: %s", ErrBusy, id)
	}
	mem, err := l.memory(ctx)
	if err != nil {
		return err
	}
	rec, err := l.deps.Advisor.Advise(ctx, v.Snapshot, v.Since, mem, l.fixed())
	if err != nil {
		return err
	}
	v.Advice, v.OrderID = rec, ""
	if err := l.deps.Store.Update(ctx, func(tx *store.Tx) error { return tx.SaveCalibration(rec.Estimate.Calibration) }); err != nil {
		return err
	}
	if len(rec.Plan.Moves) == 0 {
		return nil
	}
	p, err := l.proposal(ctx, rec)
	if err != nil {
		return err
	}
	o, err := l.deps.Desk.Propose(ctx, program, p)
	if o != nil {
		v.OrderID = o.ID
		if e := l.deps.Store.Update(ctx, func(tx *store.Tx) error { return tx.PutDocument(readingKind, o.ID, rec.Reading) }); e != nil {
			return errors.Join(err, e)
		}
	}
	return err
}

// program is who proposes.
var program = dispatch.Actor{Name: "evenflow", Role: dispatch.RoleProgram}

// fixed lists the stations and sources that the desk would not let move.
func (l *Loop) fixed() map[models.ID]string {
	out := map[models.ID]string{}
	for i := range l.deps.Advisor.Net.Stations {
		id := l.deps.Advisor.Net.Stations[i].ID
		if why, blocked := l.deps.Desk.Blocked(models.PointID{Element: id, Quantity: models.OpeningSetpoint}); blocked {
			out[id] = why
		}
	}
	for i := range l.deps.Advisor.Net.Sources {
		s := &l.deps.Advisor.Net.Sources[i]
		if s.Control != models.ControlSpeed {
			continue // its head is no setpoint of ours
		}
		if why, blocked := l.deps.Desk.Blocked(models.PointID{Element: s.ID, Quantity: models.SpeedSetpoint}); blocked {
			out[s.ID] = why
		}
	}
	return out
}

// keptRounds bounds what is remembered: older rounds were read on another
// network by then.
const keptRounds = 6

// memory loads what earlier rounds taught: the readings of the orders that
// were carried out, oldest first, and the calibration.
func (l *Loop) memory(ctx context.Context) (advisor.Memory, error) {
	var mem advisor.Memory
	cal, _, err := l.deps.Store.Calibration(ctx)
	if err != nil {
		return mem, err
	}
	mem.Calibration = cal
	docs, err := l.deps.Store.Documents(ctx, readingKind)
	if err != nil {
		return mem, err
	}
	byOrder := make(map[string][]byte, len(docs))
	for _, d := range docs {
		byOrder[d.Name] = d.Body
	}
	orders := l.deps.Desk.Orders() // newest first
	for i := len(orders) - 1; i >= 0; i-- {
		body, ok := byOrder[orders[i].ID]
		if !ok || orders[i].Counts().Sent == 0 {
			continue
		}
		var r advisor.Round
		if err := json.Unmarshal(body, &r); err != nil {
			return mem, fmt.Errorf("stored reading of order %s: %w", orders[i].ID, err)
		}
		if len(r.Stations) == len(l.deps.Advisor.Net.Stations) && len(r.Sources) == len(l.deps.Advisor.Net.Sources) {
			mem.Rounds = append(mem.Rounds, r)
		}
	}
	if n := len(mem.Rounds); n > keptRounds {
		mem.Rounds = mem.Rounds[n-keptRounds:]
	}
	return mem, nil
}

// Estimate says what the present readings, with those of earlier rounds,
// hold and suspect; nothing is proposed or kept.
func (l *Loop) Estimate(ctx context.Context) (*advisor.Estimate, error) {
	mem, err := l.memory(ctx)
	if err != nil {
		return nil, err
	}
	v := l.View()
	return l.deps.Advisor.Estimate(ctx, v.Snapshot, v.Since, mem)
}
