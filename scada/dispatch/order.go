package dispatch

import (
	"encoding/json"
	"time"

	"evenflow/models"
)

// Kind says where an order comes from.
type Kind string

// The kinds of order.
const (
	Recommendation Kind = "recommendation"
	Manual         Kind = "manual"
	Revert         Kind = "revert"
)

// Class of a point decides its limits and how many persons it takes.
type Class uint8

// The classes: trim, normal, critical.
const (
	ClassA Class = iota
	ClassB
	ClassC
)

// String returns "A", "B" or "C".
func (c Class) String() string { return string("ABC"[c]) }

// Order is a set of setpoints on its way through the desk. Orders handed out
// by the desk are frozen: read them, never change them.
type Order struct {
	ID         string         `json:"id"`
	Key        string         `json:"key,omitempty"` // idempotency key of the one who proposed
	Kind       Kind           `json:"kind"`
	Group      string         `json:"group,omitempty"`   // round it belongs to
	Reverts    string         `json:"reverts,omitempty"` // order whose values it restores
	By         Actor          `json:"by"`
	Reason     string         `json:"reason"`
	Because    Why            `json:"because,omitzero"` // the reason, where the program gave it
	Proposed   time.Time      `json:"proposed"`         // wall
	ValidUntil time.Time      `json:"valid_until"`      // wall: approve before
	SendUntil  time.Time      `json:"send_until"`       // wall: what is not sent by then is dead
	Prediction *Prediction    `json:"prediction,omitempty"`
	Approvals  []Approval     `json:"approvals,omitempty"`
	Envelope   string         `json:"envelope,omitempty"` // limits it was approved under
	BatchAt    time.Time      `json:"batch_at,omitzero"`  // plant: when the last batch was begun
	Batch      int            `json:"batch"`              // the batch last begun
	Batches    int            `json:"batches,omitempty"`
	Stopped    string         `json:"stopped,omitempty"`   // why the rest was not sent, or why it was never approved
	StopCode   string         `json:"stop_code,omitempty"` // the same as a code of Why
	StopValues map[string]any `json:"stop_values,omitempty"`
	EndedBy    Actor          `json:"ended_by,omitzero"` // who rejected or stopped it
	Finished   time.Time      `json:"finished,omitzero"` // wall
	Items      []*Item        `json:"-"`
}

// Approval is one person's yes.
type Approval struct {
	Actor
	At       time.Time `json:"at"`                 // wall
	Standing string    `json:"standing,omitempty"` // id of the standing approval that spoke in the person's name
	Note     string    `json:"note,omitempty"`     // as typed
}

// Item is one setpoint of an order.
type Item struct {
	Point     models.PointID `json:"point"`
	New       float64        `json:"new"`       // SI, absolute
	Old       float64        `json:"old"`       // expected present setpoint, SI
	Tolerance float64        `json:"tolerance"` // on Old
	Class     Class          `json:"class"`
	Reason    string         `json:"reason,omitempty"`
	Batch     int            `json:"batch"`

	Stage  Stage          `json:"stage"`
	Note   string         `json:"note,omitempty"`   // why it failed, or what was special
	Code   string         `json:"code,omitempty"`   // of Why
	Values map[string]any `json:"values,omitempty"` // of Why
	Times  []Stamp        `json:"times"`

	Present        models.Optional `json:"present"`       // setpoint read at selection
	Sent           time.Time       `json:"sent,omitzero"` // plant; zero: nothing was sent
	SentWall       time.Time       `json:"sent_wall,omitzero"`
	ReadBack       models.Optional `json:"read_back"`
	Reads          int             `json:"reads"`            // read-backs that agreed
	ReadAt         time.Time       `json:"read_at,omitzero"` // plant
	Follows        bool            `json:"follows"`          // there is a feedback point
	Fault          bool            `json:"fault,omitempty"`  // counts against the order: the plant did not do as told
	FeedbackBefore models.Optional `json:"feedback_before"`
	Feedback       models.Optional `json:"feedback"`
}

// Stamp says when an item entered a stage.
type Stamp struct {
	Stage Stage     `json:"stage"`
	At    time.Time `json:"at"`    // wall
	Plant time.Time `json:"plant"` // plant clock
}

// Entered returns when the item entered a stage last.
func (it *Item) Entered(s Stage) (Stamp, bool) {
	for i := len(it.Times) - 1; i >= 0; i-- {
		if it.Times[i].Stage == s {
			return it.Times[i], true
		}
	}
	return Stamp{}, false
}

// Prediction is what the model says an order will do. An order without one
// cannot be approved.
type Prediction struct {
	At         time.Time          `json:"at"`                   // wall: when it was computed
	Run        string             `json:"run,omitempty"`        // model run
	ModelAge   time.Duration      `json:"model_age,omitempty"`  // of the readings it stood on
	Residual   float64            `json:"residual,omitempty"`   // RMS relative residual of the calibrated model
	Feasible   bool               `json:"feasible"`             // limits are kept
	Violations []models.Violation `json:"violations,omitempty"` // why not
	Warning    string             `json:"warning,omitempty"`    // shown beside a manual set
	Inputs     []Input            `json:"inputs,omitempty"`     // what it stood on
	Before     Effect             `json:"before"`
	After      Effect             `json:"after"`
	Stations   []StationEffect    `json:"stations,omitempty"`
	Detail     json.RawMessage    `json:"detail,omitempty"` // for the page; the desk does not look in
}

// Input is a reading that the prediction stood on. When it has moved by more
// than a twentieth of Scale, the prediction needs recomputing.
type Input struct {
	Point models.PointID `json:"point"`
	Value float64        `json:"value"`
	Scale float64        `json:"scale,omitempty"` // same unit; 0: the value itself, 60 K for temperatures
}

// Effect sums up how the network stands before or after.
type Effect struct {
	RatioMin  float64 `json:"ratio_min"` // smallest flow ratio x
	RatioMax  float64 `json:"ratio_max"`
	RatioRMS  float64 `json:"ratio_rms"` // RMS of x - 1
	InBand    int     `json:"in_band"`   // stations within 0.95–1.05
	Under     int     `json:"under"`     // stations below the page's band
	Over      int     `json:"over"`
	PumpPower float64 `json:"pump_power"` // W
}

// StationEffect is what an order does at one station.
type StationEffect struct {
	Station            models.ID `json:"station"`
	FlowBefore         float64   `json:"flow_before"` // kg/s
	FlowAfter          float64   `json:"flow_after"`
	RatioBefore        float64   `json:"ratio_before"`
	RatioAfter         float64   `json:"ratio_after"`
	DifferentialBefore float64   `json:"differential_before"` // Pa
	DifferentialAfter  float64   `json:"differential_after"`
}

// halt notes why the order goes no further, and who ended it.
func (o *Order) halt(because Why, by Actor) Why {
	o.Stopped, o.StopCode, o.StopValues, o.EndedBy = because.Text, because.Code, because.Values, by
	return because
}

// Rev grows with every change of the order.
func (o *Order) Rev() int64 {
	n := len(o.Approvals)
	for _, it := range o.Items {
		n += len(it.Times) + it.Reads
	}
	if !o.Finished.IsZero() {
		n++
	}
	return int64(n)
}

// Counts says how many items of an order stand where.
type Counts struct {
	Waiting   int `json:"waiting"` // approved, not yet sent
	Working   int `json:"working"` // between selection and confirmation
	Uncertain int `json:"uncertain"`
	Confirmed int `json:"confirmed"` // including those in force and those without effect
	InForce   int `json:"in_force"`
	Failed    int `json:"failed"` // not done, expired, or without effect
	Sent      int `json:"sent"`   // written to the plant at all
}

// Counts returns where the items stand.
func (o *Order) Counts() Counts {
	var c Counts
	for _, it := range o.Items {
		switch it.Stage {
		case Approved:
			c.Waiting++
		case Selected, Writing, Written:
			c.Working++
		case Uncertain:
			c.Uncertain++
		case Confirmed, Superseded:
			if _, ok := it.Entered(Confirmed); ok {
				c.Confirmed++
			}
		case InForce:
			c.Confirmed++
			c.InForce++
		case NoEffect:
			c.Confirmed++
			c.Failed++
		case NotDone, Expired:
			c.Failed++
		}
		if !it.Sent.IsZero() {
			c.Sent++
		}
	}
	return c
}

// ended reports whether nothing more can happen to the item.
func (it *Item) ended() bool {
	return it.Stage >= InForce || (it.Stage == Confirmed && !it.Follows)
}

// Stage returns the stage of the order as a whole: the one all items share,
// or the least advanced of those still under way; for a finished order, the
// worst of its ends, or uncertain as long as one of its items is.
func (o *Order) Stage() Stage {
	live, end := Stage(255), Stage(0)
	for _, it := range o.Items {
		if it.Stage == Uncertain && !o.Finished.IsZero() {
			return Uncertain
		}
		if it.Stage < InForce {
			live = min(live, it.Stage)
		}
		end = max(end, it.Stage)
	}
	if o.Finished.IsZero() && live != 255 {
		return live
	}
	return end
}

// clone copies the order so that it can be edited; items are shared until
// they are edited themselves.
func (o *Order) clone() *Order {
	c := *o
	c.Items = append([]*Item(nil), o.Items...)
	c.Approvals = append([]Approval(nil), o.Approvals...)
	return &c
}
