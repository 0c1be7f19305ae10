package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"evenflow/models"
	"evenflow/scada/advisor"
	"evenflow/scada/clock"
	"evenflow/scada/dispatch"
	"evenflow/scada/plant"
	"evenflow/scada/plc"
	"evenflow/solver"
	"evenflow/solver/balance"
)

// loopback is the allow-list of an own plant: its PLCs, nothing else.
func loopback() []plc.Endpoints {
	e, err := plc.ParseEndpoints("127.0.0.0/8:1-65535")
	if err != nil {
		panic(err) // a constant
	}
	return []plc.Endpoints{e}
}

// season is when demo and rehearse begin on the plant's clock: a cold week.
var season = time.Date(2026, 1, 18, 6, 0, 0, 0, time.UTC)

// Steps of a rehearsal, plant time. While an order is carried out nothing
// needs a finer step than the heartbeat tolerates; a settled mean takes one
// poll a scan.
const (
	rehearsalScan = 5 * time.Second
	rehearsalStep = 20 * time.Second
	settleTime    = 5 * time.Minute
	settlePolls   = 10
)

// rehearsal is the closed loop on a stepped clock, with the plant's truth at
// hand to judge it by.
type rehearsal struct {
	clock *clock.Stepped
	plant *plant.Plant
	sys   *system
	ctx   context.Context
}

// newRehearsal starts a plant and a service for it: in advisory, under the
// envelope initial-balance and a standing approval.
func newRehearsal(ctx context.Context, o plant.Options) (*rehearsal, error) {
	return newRehearsalFor(ctx, o, standing)
}

// standing is the kind of session whose orders are approved beforehand.
const standing = "rehearsal"

// newRehearsalFor is newRehearsal in somebody's name; only a rehearsal signs a
// standing approval.
func newRehearsalFor(ctx context.Context, o plant.Options, what string) (_ *rehearsal, err error) {
	r := &rehearsal{clock: clock.NewStepped(season), ctx: ctx}
	defer func() {
		if err != nil {
			r.Close()
		}
	}()
	o.Clock = r.clock
	if r.plant, err = plant.New(o); err != nil {
		return nil, badInput(err)
	}
	if err = r.plant.Start(ctx); err != nil {
		return nil, err
	}
	r.sys, err = newSystem(systemConfig{Net: o.Network, List: r.plant.Points(), Clock: r.clock, Speed: 0, Allow: loopback(), Scan: rehearsalScan,
		OwnPlant: true, Simulated: true, Manual: true})
	if err != nil {
		return nil, err
	}
	return r, ownPlant(ctx, r.sys, what)
}

// ownPlant opens the desk at a plant that this process started: advisory,
// envelope initial-balance, all journaled.
func ownPlant(ctx context.Context, sys *system, what string) error {
	by := dispatch.Actor{Name: what, Role: dispatch.RoleProgram}
	if err := sys.desk.Recover(ctx); err != nil {
		return err
	}
	if err := sys.desk.SetMode(ctx, by, dispatch.Scope{}, dispatch.Advisory, time.Time{}, ""); err != nil {
		return err
	}
	if err := sys.desk.OpenEnvelope(ctx, by, dispatch.InitialBalance, 24*time.Hour, ""); err != nil {
		return err
	}
	if what != standing {
		return nil
	}
	_, err := sys.desk.Sign(ctx, by, dispatch.Standing{Until: time.Now().Add(24 * time.Hour), Min: 0, Max: 1.5})
	return err
}

func (r *rehearsal) Close() {
	if r.sys != nil {
		r.sys.Close()
	}
	if r.plant != nil {
		r.plant.Close()
	}
}

// step moves the plant's clock and lets everybody do what is due.
func (r *rehearsal) step(d time.Duration) error {
	r.clock.Advance(d)
	return errors.Join(r.plant.Advance(r.ctx), r.sys.gateway.PollAll(r.ctx), r.sys.desk.Turn(r.ctx))
}

// settle waits until the plant is at rest and ten polls have been read.
func (r *rehearsal) settle(wait time.Duration) error {
	for waited := time.Duration(0); waited < wait; waited += rehearsalStep {
		if err := r.step(rehearsalStep); err != nil {
			return err
		}
	}
	for range settlePolls + 1 {
		if err := r.step(rehearsalScan); err != nil {
			return err
		}
	}
	return r.sys.loop.Turn(r.ctx)
}

// roundLimit bounds a round, plant time: five batches, their feedback, and
// what a dead PLC holds up.
const roundLimit = 4 * time.Hour

// carryOut steps until the order is finished.
func (r *rehearsal) carryOut(id string) (*dispatch.Order, error) {
	for waited := time.Duration(0); waited < roundLimit; waited += rehearsalStep {
		if err := r.step(rehearsalStep); err != nil {
			return nil, err
		}
		o, err := r.sys.desk.Order(r.ctx, id)
		if err != nil {
			return nil, err
		}
		if !o.Finished.IsZero() {
			return o, nil
		}
	}
	return nil, fmt.Errorf("order %s was not finished within %s of plant time", id, roundLimit)
}

// roundReport is one entry of rounds in `rehearse --json`; rounds[0] is the
// plant as it was found.
type roundReport struct {
	Round               int          `json:"round"`
	XMin                float64      `json:"x_min"`
	XMax                float64      `json:"x_max"`
	XRMS                float64      `json:"x_rms_deviation"`
	InBand              int          `json:"in_band"`
	Feasible            int          `json:"feasible"`
	Writes              int          `json:"writes"`
	Confirmed           int          `json:"confirmed"`
	Failed              int          `json:"failed"`
	PumpPower           float64      `json:"pump_power_kw"`
	Held                []heldReport `json:"held"`
	Named               []named      `json:"named"`
	XRMSTrue            float64      `json:"x_rms_deviation_true"`
	HeadOverOptimum     float64      `json:"head_over_optimum"`
	FeasibleOutsideBand int          `json:"feasible_outside_band"`
	OutsideBand         []string     `json:"outside_band"` // the stations counted above
	NamedRight          int          `json:"named_right"`
	CondemnedHealthy    int          `json:"condemned_healthy"`
	Condemned           []string     `json:"condemned"` // the elements counted above
	RecommendMs         float64      `json:"recommend_ms"`
}

type heldReport struct {
	Station string `json:"station"`
	Reason  string `json:"reason"`
	Text    string `json:"text"`
}

type named struct {
	Kind    string   `json:"kind"`
	Element string   `json:"element"`
	Section []string `json:"section,omitempty"`
	Score   float64  `json:"score"`
	LossKPa float64  `json:"loss_kpa"`
}

// truthReport is what was hidden.
type truthReport struct {
	HalfClosed []halfClosedReport `json:"half_closed"`
	Faults     []string           `json:"faults,omitempty"`
}

type halfClosedReport struct {
	Element string  `json:"element"`
	Main    bool    `json:"main"`
	LossKPa float64 `json:"loss_kpa"`
	Feeds   int     `json:"feeds"`
}

// rehearsalReport is what `rehearse --json` prints.
type rehearsalReport struct {
	Network  string        `json:"network"`
	Seed     int64         `json:"seed"`
	Stations int           `json:"stations"`
	Rounds   []roundReport `json:"rounds"`
	Truth    truthReport   `json:"truth"`
	TookMs   float64       `json:"took_ms"`
}

// run rehearses: the plant as found, then so many rounds. said is told after
// each.
func (r *rehearsal) run(rounds int, said func(roundReport)) (*rehearsalReport, error) {
	rep := &rehearsalReport{Stations: len(r.sys.cfg.Net.Stations)}
	if err := r.settle(0); err != nil {
		return nil, err
	}
	var rec *advisor.Recommendation
	var order *dispatch.Order
	for n := 0; n <= rounds; n++ {
		if n > 0 {
			r.plant.BeginRound(n)
			if err := r.settle(0); err != nil { // faults of this round show in the readings first
				return nil, err
			}
			var err error
			if rec, order, err = r.round(); err != nil {
				return nil, fmt.Errorf("round %d: %w", n, err)
			}
		}
		one, err := r.judge(n, rec, order)
		if err != nil {
			return nil, err
		}
		rep.Rounds = append(rep.Rounds, one)
		said(one)
	}
	// What the last readings name is known only to the next calculation.
	t, err := r.plant.Truth()
	if err != nil {
		return nil, err
	}
	rep.Truth = truthOf(t)
	return rep, nil
}

// round is one recommendation carried out completely, then a settling wait.
func (r *rehearsal) round() (*advisor.Recommendation, *dispatch.Order, error) {
	o, err := r.sys.loop.Advise(r.ctx)
	rec := r.sys.loop.View().Advice
	if err != nil {
		return rec, o, err
	}
	if o == nil {
		return rec, nil, nil // nothing to move
	}
	if o.Stage() == dispatch.Proposed {
		return rec, o, fmt.Errorf("the standing approval did not cover order %s", o.ID)
	}
	if o, err = r.carryOut(o.ID); err != nil {
		return rec, o, err
	}
	return rec, o, r.settle(settleTime)
}

// judge compares what was measured with the truth.
func (r *rehearsal) judge(n int, rec *advisor.Recommendation, order *dispatch.Order) (roundReport, error) {
	one := roundReport{Round: n, Held: []heldReport{}, Named: []named{}, OutsideBand: []string{}, Condemned: []string{}}
	t, err := r.plant.Truth()
	if err != nil {
		return one, err
	}
	best, err := optimum(r.ctx, t)
	if err != nil {
		return one, fmt.Errorf("the true optimum: %w", err)
	}
	one.Feasible = best.Count
	one.PumpPower = t.PumpPower / 1e3
	if best.Head > 0 {
		one.HeadOverOptimum = t.Lift / best.Head
	}
	r.judgeStations(&one, t, best)
	if order != nil {
		c := order.Counts()
		one.Writes, one.Failed = c.Sent, c.Failed
		for _, it := range order.Items {
			// A setpoint that stood there already is confirmed without a write.
			if _, ok := it.Entered(dispatch.Confirmed); ok && !it.Sent.IsZero() {
				one.Confirmed++
			}
		}
	}
	if rec == nil {
		return one, nil
	}
	one.RecommendMs = float64(rec.Took.Microseconds()) / 1e3
	return one, r.judgeNames(&one, t)
}

// judgeStations fills in the flow ratios, measured and true, over the
// stations that can be brought to their flow.
func (r *rehearsal) judgeStations(one *roundReport, t *plant.Truth, best *balance.Reference) {
	pic := r.sys.loop.View().Picture
	var sum2, sum2True float64
	count, countTrue, seen := 0, 0, false
	for i := range pic.Stations {
		if x := pic.Stations[i].X; x.Known {
			if !seen || x.Value < one.XMin {
				one.XMin = x.Value
			}
			if !seen || x.Value > one.XMax {
				one.XMax = x.Value
			}
			seen = true
			if best.Feasible[i] && !faulty(t, pic.Stations[i].Station.ID) {
				count++
				sum2 += (x.Value - 1) * (x.Value - 1)
				if x.Value >= advisor.RoundBand.Low && x.Value <= advisor.RoundBand.High {
					one.InBand++
				}
			}
		}
		if !best.Feasible[i] || faulty(t, t.Stations[i].ID) {
			continue
		}
		x := t.Stations[i].X
		countTrue++
		sum2True += (x - 1) * (x - 1)
		if x < advisor.RoundBand.Low || x > advisor.RoundBand.High {
			one.FeasibleOutsideBand++
			one.OutsideBand = append(one.OutsideBand, string(t.Stations[i].ID))
		}
	}
	if count > 0 {
		one.XRMS = math.Sqrt(sum2 / float64(count))
	}
	if countTrue > 0 {
		one.XRMSTrue = math.Sqrt(sum2True / float64(countTrue))
	}
}

// judgeNames asks what the present readings, with all earlier ones, name and
// hold, and compares that with what was hidden.
func (r *rehearsal) judgeNames(one *roundReport, t *plant.Truth) error {
	est, err := r.sys.loop.Estimate(r.ctx)
	if err != nil {
		return err
	}
	for _, h := range est.Held {
		one.Held = append(one.Held, heldReport{string(h.Station), string(h.Reason), h.Text()})
	}
	found := map[models.ID]bool{}
	for _, s := range est.Suspects {
		n := named{Kind: string(s.Kind), Element: string(s.Element), Score: s.Score, LossKPa: s.Extra / 1e3}
		for _, e := range s.Section {
			n.Section = append(n.Section, string(e))
		}
		one.Named = append(one.Named, n)
		right := faulty(t, s.Element)
		for _, h := range t.HalfClosed {
			if s.Names(h.Element) {
				right, found[h.Element] = true, true
			}
		}
		if !right {
			one.CondemnedHealthy++
			one.Condemned = append(one.Condemned, string(s.Element))
		}
	}
	one.NamedRight = len(found)
	return nil
}

func faulty(t *plant.Truth, id models.ID) bool {
	for _, f := range t.Faults {
		if f.Element == id {
			return true
		}
	}
	return false
}

// optimum is the best setting of the true network at the present weather.
func optimum(ctx context.Context, t *plant.Truth) (*balance.Reference, error) {
	calc, err := solver.New(t.Network, solver.Options{Cores: bothCores})
	if err != nil {
		return nil, err
	}
	stations := make([]balance.Station, len(t.Stations))
	for i := range stations {
		stations[i] = balance.Station{Required: t.Stations[i].Required, Opening: t.Stations[i].Opening, Held: faulty(t, t.Stations[i].ID)}
	}
	return balance.Optimum(ctx, t.Network, calc.Solve, t.Now, stations, balance.Limits{}, t.State)
}

func truthOf(t *plant.Truth) truthReport {
	rep := truthReport{HalfClosed: []halfClosedReport{}}
	for _, h := range t.HalfClosed {
		rep.HalfClosed = append(rep.HalfClosed, halfClosedReport{string(h.Element), h.Main, h.Extra / 1e3, h.Feeds})
	}
	for _, f := range t.Faults {
		rep.Faults = append(rep.Faults, f.String())
	}
	return rep
}
