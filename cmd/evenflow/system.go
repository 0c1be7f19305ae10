package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"evenflow/models"
	"evenflow/scada/advisor"
	"evenflow/scada/board"
	"evenflow/scada/clock"
	"evenflow/scada/cycle"
	"evenflow/scada/dispatch"
	"evenflow/scada/journal"
	"evenflow/scada/plc"
	"evenflow/scada/pointlist"
	"evenflow/scada/store"
	"evenflow/scada/telemetry"
	"evenflow/solver"
)

// systemConfig says what to wire together.
type systemConfig struct {
	Net       *models.Network
	List      *pointlist.List
	Clock     clock.Clock
	Speed     float64 // plant seconds per wall second, for the page
	Data      string  // "" : a temporary folder
	Allow     []plc.Endpoints
	Scan      time.Duration
	OwnPlant  bool
	Simulated bool
	Manual    bool          // recommendations only when asked for
	TwoPerson int           // items from which an order takes two persons; 0: never for that
	History   store.Options // how much of the readings is kept
	Log       *slog.Logger
}

// system is the service without its doors: everything that reads, knows,
// advises, decides and writes. demo, serve and rehearse share it.
type system struct {
	cfg     systemConfig
	store   *store.Store
	journal *journal.Journal
	image   *telemetry.Image
	gateway *plc.Gateway
	advisor *advisor.Advisor
	desk    *dispatch.Desk
	loop    *cycle.Loop
	board   *board.Board
}

// newSystem wires a service. Close it in the end. Nothing is polled yet.
func newSystem(cfg systemConfig) (_ *system, err error) {
	s := &system{cfg: cfg}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if err := cfg.List.Check(cfg.Net).Refused(); err != nil {
		return nil, badInput(fmt.Errorf("point list:\n%w", err))
	}
	calc, err := solver.New(cfg.Net, solver.Options{Cores: bothCores})
	if err != nil {
		return nil, err
	}
	if cfg.Data == "" {
		s.store, err = store.OpenTemporary(cfg.History)
	} else {
		s.store, err = store.Open(cfg.Data, cfg.History)
	}
	if err != nil {
		return nil, err
	}
	// Before the first poll: two services on one directory would both write.
	if err := s.store.Own(context.Background()); err != nil {
		return nil, badInput(fmt.Errorf("database %s: %w", s.store.Dir(), err))
	}
	if err := sameNetwork(s.store, cfg.Net); err != nil {
		return nil, badInput(err)
	}
	s.journal = journal.New(s.store, nil)
	s.image = telemetry.NewImage(ages(cfg.Scan, cfg.Speed))
	s.gateway, err = plc.NewGateway(cfg.List, plc.Options{Clock: cfg.Clock, Sink: s.sink, Foreign: s.foreign, Off: s.off, Log: cfg.Log, Allow: cfg.Allow, Period: cfg.Scan, Timeout: answerTime(cfg.OwnPlant)})
	if err != nil {
		return nil, err
	}
	points, sides := pointsOf(cfg.List)
	s.advisor = &advisor.Advisor{Net: cfg.Net, Solve: calc.Solve, Eyes: advisor.NewEyes(cfg.Net, points, sides), Profile: calc.Profile}
	if err := s.newDesk(); err != nil {
		return nil, err
	}
	s.loop = cycle.New(cycle.Deps{Clock: cfg.Clock, Image: s.image, Advisor: s.advisor, Desk: s.desk, Store: s.store, Log: cfg.Log, Scan: cfg.Scan, Manual: cfg.Manual})
	s.board = board.New(board.Deps{Net: cfg.Net, Points: points, Limits: writable(cfg.List), Clock: cfg.Clock, Speed: cfg.Speed, Scan: cfg.Scan,
		Image: s.image, Loop: s.loop, Advisor: s.advisor, Desk: s.desk, Journal: s.journal, Store: s.store, Gateway: s.gateway,
		Build: buildID(), Simulated: cfg.Simulated, OwnPlant: cfg.OwnPlant, TwoPerson: cfg.TwoPerson, Polls: 10})
	return s, nil
}

// sameNetwork refuses a database that was kept for another network: its
// calibration, locks and orders would be taken for elements of the same id.
func sameNetwork(st *store.Store, net *models.Network) error {
	const kind, name = "network", "name"
	ctx := context.Background()
	docs, err := st.Documents(ctx, kind)
	if err != nil {
		return err
	}
	for _, d := range docs {
		var was string
		if err := json.Unmarshal(d.Body, &was); err != nil {
			return fmt.Errorf("database %s: the network's name: %w", st.Dir(), err)
		}
		if was != net.Name {
			return fmt.Errorf("database %s was kept for network %q, this one is %q; give another data folder, or that network", st.Dir(), was, net.Name)
		}
		return nil
	}
	return st.Update(ctx, func(tx *store.Tx) error { return tx.PutDocument(kind, name, net.Name) })
}

// answerTime is how long a PLC may take to answer, wall time. The PLCs of an own
// plant share this machine with everything else: they are slow when it is.
func answerTime(ownPlant bool) time.Duration {
	if ownPlant {
		return 3 * time.Second
	}
	return 0 // the gateway's default
}

// ages says when readings are stale and lost. On a fast clock a hiccup of this
// machine must not age the whole plant: there, at least 3 s and 10 s of wall
// time count.
func ages(scan time.Duration, speed float64) telemetry.Options {
	wall := func(d time.Duration) time.Duration { return time.Duration(float64(d) * speed) }
	return telemetry.Options{Scan: max(scan, wall(time.Second)), LostAfter: max(time.Minute, wall(10*time.Second))}
}

// newDesk gives the desk what it works with. Only the desk is handed the
// writer, and only when it arms.
func (s *system) newDesk() (err error) {
	s.desk, err = dispatch.New(dispatch.Deps{
		Store: s.store, Journal: s.journal, Clock: s.cfg.Clock, Log: s.cfg.Log,
		Snapshot: func() dispatch.Image { return s.image.Snapshot(s.cfg.Clock.Now()) },
		Arm: func() (dispatch.Writer, error) {
			return plc.NewWriter(s.gateway, plc.AllowSetpoints(s.cfg.List)), nil
		},
		Predict: func(ctx context.Context, sps []models.Setpoint) (*dispatch.Prediction, error) {
			return s.loop.Predict(ctx, sps)
		},
		Points:         writable(s.cfg.List),
		Heartbeats:     heartbeats(s.cfg.List),
		OwnPlant:       s.cfg.OwnPlant,
		TwoPersonItems: s.cfg.TwoPerson,
		Outdoor:        outdoorPoint(s.cfg.Net, s.cfg.List),
	})
	return err
}

// sink takes in what a poll brought: the image first, then the history.
func (s *system) sink(readings []models.Reading) {
	s.image.Put(readings)
	if err := s.store.AppendReadings(context.Background(), s.cfg.Clock.Now(), readings); err != nil && s.cfg.Log != nil {
		s.cfg.Log.Error("history", "err", err)
	}
}

// off reports whether an element's mode says that it is not even polled.
func (s *system) off(id models.ID) bool {
	return s.desk != nil && s.desk.Effective(id) == dispatch.Off
}

// foreign notes that somebody else wrote a setpoint.
func (s *system) foreign(f plc.Foreign) {
	if s.board != nil {
		s.board.Foreign(f)
	}
	was, is := f.Was, f.Is
	because := dispatch.Because(dispatch.WhyForeign)
	switch {
	case f.Local:
		because = dispatch.Because(dispatch.WhyForeignLocal)
	case f.Fallback:
		because = dispatch.Because(dispatch.WhyForeignCurve)
	}
	e := journal.Entry{Who: "plant", Role: dispatch.RoleProgram, Action: "plant.foreign_write", Plant: f.Seen, Old: &was, New: &is}
	if err := s.journal.Append(context.Background(), dispatch.Explained(e.About(f.Point), because)); err != nil && s.cfg.Log != nil {
		s.cfg.Log.Error("journal", "err", err)
	}
}

// Close ends everything in the reverse order.
func (s *system) Close() error {
	var errs []error
	if s.gateway != nil {
		s.gateway.Close()
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	return errors.Join(errs...)
}

// pointsOf lists the points of a list, and where its volume meters sit.
func pointsOf(list *pointlist.List) ([]models.PointID, map[models.ID]models.Side) {
	points := make([]models.PointID, len(list.Points))
	sides := map[models.ID]models.Side{}
	for i := range list.Points {
		p := &list.Points[i]
		points[i] = p.ID()
		if p.Quantity == models.VolumeFlow {
			sides[p.Element] = p.MeterSide
		}
	}
	return points, sides
}

// writable lists what may be written at all, with its range in SI.
func writable(list *pointlist.List) []dispatch.Writable {
	var out []dispatch.Writable
	allow := plc.AllowSetpoints(list)
	for i := range list.Points {
		if l, ok := allow[list.Points[i].ID()]; ok {
			out = append(out, dispatch.Writable{Point: list.Points[i].ID(), Min: l.Min, Max: l.Max})
		}
	}
	return out
}

// heartbeats lists the elements whose PLC expects our heartbeat.
func heartbeats(list *pointlist.List) []models.ID {
	var out []models.ID
	for i := range list.Points {
		if p := &list.Points[i]; p.Quantity == models.SCADAHeartbeat && p.Writable {
			out = append(out, p.Element)
		}
	}
	return out
}

// outdoorPoint is where the outdoor temperature is read.
func outdoorPoint(net *models.Network, list *pointlist.List) models.PointID {
	for i := range net.Sources {
		p := models.PointID{Element: net.Sources[i].ID, Quantity: models.OutdoorTemperature}
		if _, ok := list.Find(p); ok {
			return p
		}
	}
	return models.PointID{}
}

// buildID tells one build of the binary from another.
func buildID() string {
	v := readVersion()
	if v.Revision != "" {
		return v.Version + "-" + v.Revision[:min(12, len(v.Revision))]
	}
	return v.Version
}
