package advisor

import (
	"math"
	"time"

	"evenflow/models"
	"evenflow/scada/telemetry"
	"evenflow/solver"
	"evenflow/solver/heating"
)

// Condition says how a station stands, worst first where several apply.
type Condition string

// The conditions of a station.
const (
	Lost       Condition = "lost"       // PLC does not answer
	Unmeasured Condition = "unmeasured" // 未接入: the point list has nothing for it, or it is switched off
	BadFlow    Condition = "bad_flow"   // no trustworthy flow
	Stuck      Condition = "stuck"      // feedback does not follow the setpoint
	Local      Condition = "local"      // the PLC's switch says local, or its fallback runs
	Under      Condition = "under"      // x below the band
	Over       Condition = "over"
	Normal     Condition = "normal"
)

// Band is the range of x that counts as balanced on the page.
type Band struct{ Low, High float64 }

// PageBand colours the page (JGJ/T 132 in spirit); RoundBand judges a round.
var (
	PageBand  = Band{0.90, 1.20}
	RoundBand = Band{0.95, 1.05}
)

// Diagnosis is one line about a station, as a code with its numbers, so that
// the page can word it in the user's language.
type Diagnosis struct {
	Code   string // see the Diagnose function
	Values map[string]float64
}

// StationPicture is what is known of one station at one moment.
type StationPicture struct {
	Station   *models.Station
	Index     int // in Network.Stations
	Condition Condition
	Reason    string // why the condition, in words, where it is not the x itself
	Diagnosis Diagnosis

	Flow         models.Reading // kg/s; converted where the meter gives volume
	FlowMean     telemetry.Mean // of the last polls, kg/s
	Differential models.Reading // Pa
	Required     heating.Requirement
	X            models.Optional // mean measured over required flow
	Setpoint     models.Reading  // opening
	Feedback     models.Reading
	Remote       models.Reading
}

// Picture is the plant as it stands, one entry a station in network order.
type Picture struct {
	At         time.Time
	Outdoor    models.Reading
	Stations   []StationPicture
	XMin, XMax models.Optional
	RMS        models.Optional // of x-1 over stations with x
	InBand     int             // stations with x inside RoundBand
	Under      int             // below PageBand
	Over       int
	NotRight   []int // indices of stations lost, stuck, local, with bad flow
}

// Eyes look at the plant through a point list.
type Eyes struct {
	Net       *models.Network
	MeterSide map[models.ID]models.Side // of volume meters
	Has       map[models.PointID]bool   // points of the point list
}

// NewEyes prepares looking at the stations of net.
func NewEyes(net *models.Network, points []models.PointID, meterSide map[models.ID]models.Side) *Eyes {
	e := &Eyes{Net: net, MeterSide: meterSide, Has: make(map[models.PointID]bool, len(points))}
	for _, p := range points {
		e.Has[p] = true
	}
	return e
}

// Look describes every station as the snapshot shows it. Means are taken over
// readings at or after since.
func (e *Eyes) Look(snap *telemetry.Snapshot, since time.Time) *Picture {
	pic := &Picture{At: snap.At, Stations: make([]StationPicture, len(e.Net.Stations))}
	pic.Outdoor = e.outdoor(snap)
	outdoor := e.Net.Climate.DesignOutdoor
	if pic.Outdoor.Quality >= models.QualitySubstituted {
		outdoor = pic.Outdoor.Value
	}
	var sum2 float64
	var n int
	for i := range e.Net.Stations {
		s := &pic.Stations[i]
		s.Station, s.Index = &e.Net.Stations[i], i
		e.station(s, snap, outdoor, since)
		switch s.Condition {
		case Lost, Stuck, Local, BadFlow:
			pic.NotRight = append(pic.NotRight, i)
		}
		if !s.X.Known {
			continue
		}
		x := s.X.Value
		n++
		sum2 += (x - 1) * (x - 1)
		if !pic.XMin.Known || x < pic.XMin.Value {
			pic.XMin = models.Some(x)
		}
		if !pic.XMax.Known || x > pic.XMax.Value {
			pic.XMax = models.Some(x)
		}
		if x >= RoundBand.Low && x <= RoundBand.High {
			pic.InBand++
		}
		if x < PageBand.Low {
			pic.Under++
		}
		if x > PageBand.High {
			pic.Over++
		}
	}
	if n > 0 {
		pic.RMS = models.Some(math.Sqrt(sum2 / float64(n)))
	}
	return pic
}

// outdoor returns the first source's outdoor temperature, averaged over the
// readings kept: a tenth of a kelvin of noise would move every requirement in
// town by a percent.
func (e *Eyes) outdoor(snap *telemetry.Snapshot) models.Reading {
	for i := range e.Net.Sources {
		p := models.PointID{Element: e.Net.Sources[i].ID, Quantity: models.OutdoorTemperature}
		r, ok := snap.Get(p)
		if !ok {
			continue
		}
		if m, ok := snap.Mean(p, time.Time{}); ok {
			r.Value = m.Value
		}
		return r
	}
	return models.Reading{}
}

// station fills one entry of the picture.
func (e *Eyes) station(s *StationPicture, snap *telemetry.Snapshot, outdoor float64, since time.Time) {
	id := s.Station.ID
	get := func(q models.Quantity) models.Reading {
		r, _ := snap.Get(models.PointID{Element: id, Quantity: q})
		return r
	}
	s.Setpoint, s.Feedback, s.Remote = get(models.OpeningSetpoint), get(models.OpeningFeedback), get(models.Remote)
	s.Differential = e.differential(snap, id)
	s.Flow, s.FlowMean = e.Flow(snap, s.Station, since)

	supply := s.Station.Design.PrimarySupply
	if m, ok := snap.Mean(models.PointID{Element: id, Quantity: models.SupplyTemperature}, since); ok {
		supply = m.Value
	}
	req, err := heating.Required(e.Net, s.Station, outdoor, supply)
	if err == nil {
		s.Required = req
	}
	flowGood := s.Flow.Quality >= models.QualitySubstituted
	if flowGood && s.FlowMean.N == 0 { // polls are late: the latest stands for the mean
		s.FlowMean = telemetry.Mean{Value: s.Flow.Value, N: 1, Age: snap.At.Sub(s.Flow.Source)}
	}
	if err == nil && flowGood && req.Flow > 0 {
		s.X = models.Some(s.FlowMean.Value / req.Flow)
	}
	s.Condition, s.Reason = e.condition(s, snap, flowGood)
	if s.Condition == BadFlow {
		s.X = models.Optional{} // a flow that nobody trusts gives no ratio
	}
	s.Diagnosis = diagnose(s, err)
}

// condition applies the rules, worst first.
func (e *Eyes) condition(s *StationPicture, snap *telemetry.Snapshot, flowGood bool) (Condition, string) {
	id := s.Station.ID
	hasFlow := e.Has[models.PointID{Element: id, Quantity: models.MassFlow}] || e.Has[models.PointID{Element: id, Quantity: models.VolumeFlow}]
	if !hasFlow && !e.Has[models.PointID{Element: id, Quantity: models.OpeningFeedback}] {
		return Unmeasured, "not in the point list"
	}
	if s.Feedback.Quality == models.QualityNone && s.Feedback.Reason != "" {
		return Unmeasured, s.Feedback.Reason // on purpose: switched off
	}
	if s.Feedback.Quality == models.QualityLost || (hasFlow && s.Flow.Quality == models.QualityLost) {
		return Lost, firstReason(s.Feedback, s.Flow)
	}
	if s.Remote.Quality == models.QualityGood && s.Remote.Value == 0 {
		return Local, "the PLC's switch says local"
	}
	if r, ok := snap.Good(models.PointID{Element: id, Quantity: models.FallbackActive}); ok && r != 0 {
		return Local, "the PLC runs on its own fallback curve"
	}
	// Only a valve that is told by the setpoint can fail to follow it.
	if sp, fb := s.Setpoint, s.Feedback; sp.Quality == models.QualityGood && fb.Quality == models.QualityGood && math.Abs(sp.Value-fb.Value) > stuckGap {
		m, ok := snap.Mean(models.PointID{Element: id, Quantity: models.OpeningFeedback}, time.Time{})
		told, known := snap.Mean(models.PointID{Element: id, Quantity: models.OpeningSetpoint}, time.Time{})
		// A valve that was told only now has had no time to move.
		if ok && known && m.N >= stuckPolls && m.Span < stuckSpan && told.Span < stuckSpan {
			return Stuck, "the valve does not move towards its setpoint"
		}
	}
	if hasFlow && !flowGood {
		return BadFlow, firstReason(s.Flow)
	}
	if flowGood && s.FlowMean.Value < zeroFlow*s.Required.Flow && s.Feedback.Quality == models.QualityGood && s.Feedback.Value > openValve &&
		s.Differential.Quality == models.QualityGood && s.Differential.Value > openDifferential {
		return BadFlow, "no flow against an open valve with differential: the meter is stuck at zero or the station is shut off"
	}
	switch {
	case s.X.Known && s.X.Value < PageBand.Low:
		return Under, ""
	case s.X.Known && s.X.Value > PageBand.High:
		return Over, ""
	}
	return Normal, ""
}

// Thresholds of the condition rules.
const (
	stuckGap         = 0.02  // of travel between setpoint and feedback
	stuckSpan        = 0.002 // feedback register resolution 0.1 %
	stuckPolls       = 10
	zeroFlow         = 0.02 // of the required flow
	openValve        = 0.10 // of travel
	openDifferential = 20e3 // Pa
)

func firstReason(rs ...models.Reading) string {
	for _, r := range rs {
		if r.Reason != "" {
			return r.Reason
		}
	}
	return "no good reading"
}

// differential returns supply minus return pressure, from the differential
// meter where there is one, else from the two pressure meters; its quality is
// the worse of the two.
func (e *Eyes) differential(snap *telemetry.Snapshot, id models.ID) models.Reading {
	if e.Has[models.PointID{Element: id, Quantity: models.Differential}] {
		r, _ := snap.Get(models.PointID{Element: id, Quantity: models.Differential})
		return r
	}
	ps, _ := snap.Get(models.PointID{Element: id, Quantity: models.SupplyPressure})
	pr, _ := snap.Get(models.PointID{Element: id, Quantity: models.ReturnPressure})
	worse := ps
	if pr.Quality < ps.Quality {
		worse = pr
	}
	worse.Point = models.PointID{Element: id, Quantity: models.Differential}
	worse.Value = ps.Value - pr.Value
	return worse
}

// DifferentialMean averages the differential over the polls since a moment.
func (e *Eyes) DifferentialMean(snap *telemetry.Snapshot, id models.ID, since time.Time) (telemetry.Mean, bool) {
	if e.Has[models.PointID{Element: id, Quantity: models.Differential}] {
		return snap.Mean(models.PointID{Element: id, Quantity: models.Differential}, since)
	}
	ps, ok1 := snap.Mean(models.PointID{Element: id, Quantity: models.SupplyPressure}, since)
	pr, ok2 := snap.Mean(models.PointID{Element: id, Quantity: models.ReturnPressure}, since)
	if !ok1 || !ok2 {
		return telemetry.Mean{}, false
	}
	ps.Value -= pr.Value
	ps.N = min(ps.N, pr.N)
	ps.Age = max(ps.Age, pr.Age)
	ps.Span += pr.Span
	return ps, true
}

// Flow returns a station's mass flow, now and averaged since a moment. A
// volume meter is converted with the water's density at the side where it
// sits (physics: 4.6 % error on 130/70 otherwise).
func (e *Eyes) Flow(snap *telemetry.Snapshot, st *models.Station, since time.Time) (models.Reading, telemetry.Mean) {
	mass := models.PointID{Element: st.ID, Quantity: models.MassFlow}
	if e.Has[mass] {
		r, _ := snap.Get(mass)
		m, _ := snap.Mean(mass, since)
		return r, m
	}
	volume := models.PointID{Element: st.ID, Quantity: models.VolumeFlow}
	r, _ := snap.Get(volume)
	m, _ := snap.Mean(volume, since)
	side, temp := models.SupplyTemperature, st.Design.PrimarySupply
	if e.MeterSide[st.ID] == models.SideReturn {
		side, temp = models.ReturnTemperature, st.Design.PrimaryReturn
	}
	if t, ok := snap.Good(models.PointID{Element: st.ID, Quantity: side}); ok {
		temp = t
	}
	rho := solver.WaterDensity(temp)
	r.Point = mass
	r.Value *= rho
	m.Value *= rho
	m.Span *= rho
	return r, m
}

// diagnose words the one line that the faceplate shows. Codes: requirement
// (no requirement can be computed), lost, unmeasured, bad_flow, stuck, local,
// network_short (differential below need), valve_wide_open, strainer
// (differential enough, valve open, flow short), over, balanced.
func diagnose(s *StationPicture, required error) Diagnosis {
	v := map[string]float64{}
	if s.X.Known {
		v["x"] = s.X.Value
	}
	if s.Differential.Quality >= models.QualitySubstituted {
		v["differential_kpa"] = s.Differential.Value / 1e3
	}
	if s.Feedback.Quality >= models.QualitySubstituted {
		v["feedback_percent"] = s.Feedback.Value * 100
	}
	if s.Setpoint.Quality >= models.QualitySubstituted {
		v["setpoint_percent"] = s.Setpoint.Value * 100
	}
	need := s.Required.Flow * s.Required.Flow * s.Station.FixedResistance / 1e3
	v["need_kpa"] = need
	code := "balanced"
	switch s.Condition {
	case Lost, Unmeasured, BadFlow, Stuck, Local, Over:
		code = string(s.Condition)
	case Under:
		d, known := v["differential_kpa"]
		switch {
		case known && d < need*1.1:
			code = "network_short"
		case s.Feedback.Value > 0.95:
			code = "strainer"
		default:
			code = "valve_closed_too_far"
		}
	}
	if required != nil && s.Condition == Normal {
		code = "requirement"
	}
	return Diagnosis{Code: code, Values: v}
}
