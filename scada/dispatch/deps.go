package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"evenflow/models"
	"evenflow/scada/clock"
	"evenflow/scada/journal"
	"evenflow/scada/store"
)

// Image is the process image as the desk sees it: the latest reading of a
// point with its quality as of now.
type Image interface {
	Get(models.PointID) (models.Reading, bool)
}

// Writer is the last step to the plant. A failed Write says what is known
// about it: an error with NotSent() true left nothing on the wire, one with
// Refused() true was answered with a refusal; after any other error the value
// may have arrived.
type Writer interface {
	Write(ctx context.Context, sp models.Setpoint) error
	ReadBack(ctx context.Context, p models.PointID) (models.Reading, error)
	Heartbeat(ctx context.Context, element models.ID, n uint16) error
	Release(ctx context.Context, element models.ID) error
}

// Writable is a point that may be written, and within which limits.
type Writable struct {
	Point    models.PointID
	Min, Max float64 // SI, absolute range
}

// Deps is what a desk works with. Zero durations mean their documented
// defaults.
type Deps struct {
	Store    *store.Store
	Journal  *journal.Journal
	Snapshot func() Image
	// Arm makes the writer. It is called when the network enters advisory or
	// auto; the writer is dropped when it leaves. In monitor there is none.
	Arm func() (Writer, error)
	// Predict simulates setpoints together, for manual sets and reverts.
	Predict func(context.Context, []models.Setpoint) (*Prediction, error)
	Clock   clock.Clock      // plant clock
	Wall    func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: discarded

	Points     []Writable  // what may be written at all
	Heartbeats []models.ID // elements that expect our heartbeat
	// OwnPlant says that this process started the plant: what takes two
	// persons takes one, and standing approvals are valid.
	OwnPlant bool
	// TwoPersonItems is how many items make an order need two persons
	// whatever its class; 0: no such threshold.
	TwoPersonItems int
	// Class overrides the class of a point; nil: openings and speeds are B,
	// everything else C. A speed of 0 is always C.
	Class func(models.PointID) Class

	Validity       time.Duration  // wall: approve a proposal within; 0: 15 min
	PredictionLife time.Duration  // wall: a prediction is good for; 0: 10 min
	SelectTimeout  time.Duration  // wall; 0: 30 s
	Settle         time.Duration  // plant: between writing and reading back; 0: 2 s
	Doubt          time.Duration  // wall: before an uncertain write is read back; 0: 2 s
	Response       time.Duration  // plant: the feedback follows within; 0: 5 min
	HeartbeatEvery time.Duration  // plant; 0: 10 s
	Parallel       int            // PLCs written or read at once; 0: 16
	FrostOpening   float64        // least opening below 0 °C outdoors; 0: 0.02
	Outdoor        models.PointID // where the outdoor temperature is read; zero: no frost guard
}

func orDefault[T int | float64 | time.Duration](v, def T) T {
	if v == 0 {
		return def
	}
	return v
}

func (d Deps) withDefaults() Deps {
	if d.Wall == nil {
		d.Wall = time.Now
	}
	if d.Clock == nil {
		d.Clock = clock.Real{}
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	d.Validity = orDefault(d.Validity, 15*time.Minute)
	d.PredictionLife = orDefault(d.PredictionLife, 10*time.Minute)
	d.SelectTimeout = orDefault(d.SelectTimeout, 30*time.Second)
	d.Settle = orDefault(d.Settle, 2*time.Second)
	d.Doubt = orDefault(d.Doubt, 2*time.Second)
	d.Response = orDefault(d.Response, 5*time.Minute)
	d.HeartbeatEvery = orDefault(d.HeartbeatEvery, 10*time.Second)
	d.Parallel = orDefault(d.Parallel, 16)
	d.FrostOpening = orDefault(d.FrostOpening, 0.02)
	return d
}

// outcome is what is known after a write.
type outcome uint8

const (
	answered outcome = iota
	notSent
	refused
	unknown
)

// outcomeOf reads the class of a writer's error. An error that does not say
// what it is might have left a value at the plant.
func outcomeOf(err error) outcome {
	if err == nil {
		return answered
	}
	var u interface{ Uncertain() bool }
	if errors.As(err, &u) && u.Uncertain() {
		return unknown
	}
	var n interface{ NotSent() bool }
	if errors.As(err, &n) && n.NotSent() {
		return notSent
	}
	var r interface{ Refused() bool }
	if errors.As(err, &r) && r.Refused() {
		return refused
	}
	return unknown
}
