package dispatch

import (
	"math"
	"time"

	"evenflow/models"
)

// Limits bound one command of a class. Zero means no such limit.
type Limits struct {
	Step       float64       `json:"step,omitempty"` // largest change of one command
	Rate       float64       `json:"rate,omitempty"` // largest sum of changes within RateWindow, plant clock
	RateWindow time.Duration `json:"rate_window,omitempty"`
	Between    time.Duration `json:"between,omitempty"` // plant clock, between two writes of a point
	PerDay     int           `json:"per_day"`           // writes of a point in 24 h of the plant clock
	Deadband   float64       `json:"deadband"`          // smaller changes are recorded and not sent
	Tolerance  float64       `json:"tolerance"`         // on the expected old value
}

// Brake bounds what may be moved at once over the whole fleet, plant clock.
type Brake struct {
	StationShare float64       `json:"station_share,omitempty"` // of the stations, within Window; at least one
	FlowShare    float64       `json:"flow_share,omitempty"`    // of the network's flow, within Window; at least one station
	Window       time.Duration `json:"window,omitempty"`
	Stagger      time.Duration `json:"stagger,omitempty"`        // between two writes
	BatchShare   float64       `json:"batch_share,omitempty"`    // of the stations in one batch; 0: no batches
	BatchEvery   time.Duration `json:"batch_every,omitempty"`    // between two batches
	OncePerGroup bool          `json:"once_per_group,omitempty"` // one move per point and round
	Failures     int           `json:"failures"`                 // stop the order at so many; so many of a batch go ahead of the rest
}

// Envelope is a named set of limits.
type Envelope struct {
	Name  string    `json:"name"`
	Class [3]Limits `json:"class"` // by Class
	Brake Brake     `json:"brake"`
}

// The names of the envelopes.
const (
	Normal         = "normal"
	InitialBalance = "initial-balance"
)

// envelopes holds the limits of docs/operations: normal, and initial-balance
// 初调节 for the season's first round, which replaces step, rate and fleet
// brake of classes A and B.
var envelopes = func() map[string]Envelope {
	trim := Limits{Step: 2, Rate: 4, RateWindow: time.Hour, PerDay: 48, Deadband: 0.3, Tolerance: 0.6}
	move := Limits{Step: 0.10, Rate: 0.15, RateWindow: 10 * time.Minute, Between: time.Minute, PerDay: 48, Deadband: 0.005, Tolerance: 0.01}
	critical := Limits{Between: 10 * time.Minute, PerDay: 6, Deadband: 0, Tolerance: 0.01}
	normal := Envelope{Normal, [3]Limits{trim, move, critical},
		Brake{StationShare: 0.10, FlowShare: 0.05, Window: 10 * time.Minute, Stagger: 2 * time.Second, Failures: 3}}
	trim.Step, trim.Rate = 10, 0
	move.Step, move.Rate, move.Between = 0.5, 0, 0
	first := Envelope{InitialBalance, [3]Limits{trim, move, critical},
		Brake{BatchShare: 0.20, BatchEvery: 10 * time.Minute, OncePerGroup: true, Failures: 3}}
	return map[string]Envelope{Normal: normal, InitialBalance: first}
}()

// EnvelopeNamed returns an envelope's limits.
func EnvelopeNamed(name string) (Envelope, bool) {
	e, ok := envelopes[name]
	return e, ok
}

// classOf returns the class of a setpoint: stopping or starting is critical
// whatever the point's class is.
func (d *Desk) classOf(sp models.Setpoint) Class {
	c := ClassC
	switch sp.Point.Quantity {
	case models.OpeningSetpoint, models.SpeedSetpoint:
		c = ClassB
	}
	if d.deps.Class != nil {
		c = d.deps.Class(sp.Point)
	}
	if sp.Point.Quantity == models.SpeedSetpoint && sp.Value == 0 {
		c = ClassC
	}
	return c
}

// resolution is the difference below which two values of a register are the
// same: half of what PLCs resolve, and a little.
func resolution(q models.Quantity) float64 {
	switch q {
	case models.OpeningSetpoint, models.OpeningFeedback:
		return 0.0006 // registers resolve 0.1 % of travel
	case models.SpeedSetpoint, models.SpeedFeedback:
		return 0.0011 // 0.1 Hz of 50
	case models.SupplyTempSetpoint:
		return 0.06 // 0.1 K
	}
	return 1e-6
}

// feedbackTolerance is how near the feedback must come: an actuator stops
// anywhere within half a percent of travel.
func feedbackTolerance(q models.Quantity) float64 {
	switch q {
	case models.OpeningFeedback, models.SpeedFeedback:
		return 0.01
	}
	return math.Inf(1)
}

// move is one write in the past, for the limits that count.
type move struct {
	point models.PointID
	plant time.Time
	wall  time.Time
	step  float64 // absolute change
	group string
}

// age is how long ago the move was on the plant clock; where the plant clock
// was set back since, by the wall clock.
func (m move) age(plant, wall time.Time) time.Duration {
	if a := plant.Sub(m.plant); a >= 0 {
		return a
	}
	return max(wall.Sub(m.wall), 0)
}

// waitFor returns why an item must wait before it may be sent under an
// envelope, none if it need not, and over if it may not be sent at all.
func (d *Desk) waitFor(o *Order, it *Item, env Envelope, plant, wall time.Time) (wait, over Why) {
	lim := env.Class[it.Class]
	var sum float64
	day := 0
	for _, m := range d.moved[it.Point] {
		a := m.age(plant, wall)
		if a < 24*time.Hour {
			day++
		}
		if env.Brake.OncePerGroup && it.Class != ClassC && o.Group != "" && m.group == o.Group {
			return none, why(WhyOnce, "envelope", env.Name)
		}
		if lim.Between > 0 && a < lim.Between {
			wait = why(WhyRateLimit, "ago_s", a, "pause_s", lim.Between, "wait_s", lim.Between-a)
		}
		if lim.RateWindow > 0 && a < lim.RateWindow {
			sum += m.step
		}
	}
	if lim.PerDay > 0 && day >= lim.PerDay {
		return none, why(WhyDayBudget, "moves", day)
	}
	if lim.Rate > 0 && sum+math.Abs(it.New-it.Old) > lim.Rate*(1+1e-9) {
		wait = why(WhyRate, "window_s", lim.RateWindow)
	}
	return wait, none
}

// brakeWait returns why the fleet brake holds an item back, none if it does
// not. picked are the points chosen in this turn so far.
func (d *Desk) brakeWait(it *Item, env Envelope, img Image, picked []models.PointID, plant, wall time.Time) Why {
	b := env.Brake
	if b.Stagger > 0 {
		if len(picked) > 0 || (len(d.recent) > 0 && d.recent[len(d.recent)-1].age(plant, wall) < b.Stagger) {
			return why(WhyStagger, "pause_s", b.Stagger)
		}
	}
	if b.Window == 0 || it.Point.Quantity != models.OpeningSetpoint {
		return none // pumps and sources are no stations; critical ones go one at a time
	}
	touched := map[models.ID]bool{}
	list := make([]models.ID, 0, 16)
	touch := func(id models.ID) {
		if !touched[id] {
			touched[id] = true
			list = append(list, id)
		}
	}
	for _, m := range d.recent {
		if m.age(plant, wall) < b.Window && m.point.Quantity == models.OpeningSetpoint {
			touch(m.point.Element)
		}
	}
	for _, p := range picked {
		touch(p.Element)
	}
	if len(list) == 0 || touched[it.Point.Element] {
		return none
	}
	touch(it.Point.Element)
	if float64(len(list)) > b.StationShare*float64(d.stations) {
		return why(WhyFleetBrake, "share", percent(b.StationShare), "window_s", b.Window)
	}
	if d.flowShare(img, list) > b.FlowShare {
		return why(WhyFlowBrake, "share", percent(b.FlowShare), "window_s", b.Window)
	}
	return none
}

// flowShare is the part of the network's measured flow that passes the
// elements; stations whose flow is unknown count with the average.
func (d *Desk) flowShare(img Image, of []models.ID) float64 {
	flow := func(id models.ID) (float64, bool) {
		if r, ok := img.Get(models.PointID{Element: id, Quantity: models.MassFlow}); ok && r.Quality >= models.QualitySubstituted {
			return r.Value, true
		}
		if r, ok := img.Get(models.PointID{Element: id, Quantity: models.VolumeFlow}); ok && r.Quality >= models.QualitySubstituted {
			return r.Value * 960, true // kg/m3 at about 100 °C: only the share matters
		}
		return 0, false
	}
	total, known := 0.0, 0
	for _, w := range d.deps.Points {
		if w.Point.Quantity != models.OpeningSetpoint {
			continue
		}
		if f, ok := flow(w.Point.Element); ok {
			total += f
			known++
		}
	}
	if known == 0 || total <= 0 {
		return 0
	}
	mean := total / float64(known)
	part := 0.0
	for _, id := range of {
		if f, ok := flow(id); ok {
			part += f
		} else {
			part += mean
		}
	}
	return part / (total + mean*float64(d.stations-known))
}
