package estimate

import (
	"context"
	"math"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/internal/law"
	"evenflow/solver/internal/water"
)

// estimator is one run of Calibrate.
type estimator struct {
	ctx    context.Context
	in     *Input
	opts   Options
	sites  []site
	latest *Round
	byOpen *solver.Result
	mains  mains
	solves int
	place  map[models.ID]int32
	before map[models.ID]float64 // pipe factors learned earlier
	// metered: most stations bring their pressures in the latest round.
	metered bool
}

// Default sigmas of means, used where a reading brings none.
const (
	flowSigma     = 0.01  // of the value
	pressureSigma = 1.6e3 // Pa
	openingSigma  = 0.0005
)

func newEstimator(ctx context.Context, in *Input) *estimator {
	e := &estimator{ctx: ctx, in: in, opts: in.Options.withDefaults(), latest: &in.Rounds[len(in.Rounds)-1]}
	e.before = make(map[models.ID]float64)
	for _, c := range in.Previous.Corrections {
		if c.Attribute == models.AttrResistance && c.Factor > 0 {
			e.before[c.Element] = c.Factor
		}
	}
	e.sites = make([]site, len(in.Network.Stations))
	with := 0
	for i := range e.sites {
		if _, _, ok := differential(&e.latest.Stations[i]); ok {
			with++
		}
		st := &in.Network.Stations[i]
		s := &e.sites[i]
		*s = site{valve: st.Valve, fixed: st.FixedResistance, opening: st.Opening,
			perKv: law.KvResistance(1, water.Density(st.Design.PrimarySupply))}
		for t := range in.Rounds {
			o := read(&in.Rounds[t].Stations[i], len(in.Rounds)-1-t)
			if v := &in.Rounds[t].Stations[i].Opening; good(v) {
				s.opening = v.Value
			}
			s.seen = append(s.seen, o)
		}
		s.belief = e.previous(i)
	}
	e.metered = 2*with >= len(e.sites)
	return e
}

// good reports whether a value may be used.
func good(v *Value) bool { return v.Quality >= models.QualitySubstituted }

// read prepares one reading of a station.
func read(r *StationReading, back int) seen {
	o := seen{back: back}
	if good(&r.Flow) {
		o.m, o.mKnown = r.Flow.Value, true
		o.sm = or(r.Flow.Sigma, math.Max(flowSigma*math.Abs(o.m), 1e-4))
	}
	if dp, sigma, ok := differential(r); ok {
		o.dp, o.sdp, o.dpKnown = dp, sigma, true
	}
	if good(&r.Opening) {
		o.h, o.sh = r.Opening.Value, or(r.Opening.Sigma, openingSigma)
		o.ok = o.mKnown && o.dpKnown && r.Measured
	}
	return o
}

// differential is what the station's meters say of its differential, Pa.
func differential(r *StationReading) (dp, sigma float64, ok bool) {
	switch {
	case good(&r.Differential):
		return r.Differential.Value, or(r.Differential.Sigma, pressureSigma), true
	case good(&r.SupplyPressure) && good(&r.ReturnPressure):
		sigma = math.Hypot(or(r.SupplyPressure.Sigma, pressureSigma), or(r.ReturnPressure.Sigma, pressureSigma))
		return r.SupplyPressure.Value - r.ReturnPressure.Value, sigma, true
	}
	return 0, 0, false
}

func or(v, def float64) float64 {
	if v > 0 {
		return v
	}
	return def
}

// previous is what was learned before about a station.
func (e *estimator) previous(i int) belief {
	b := belief{sv: e.opts.KvsSigma, sf: e.opts.FixedSigma}
	id := e.in.Network.Stations[i].ID
	for _, c := range e.in.Previous.Corrections {
		if c.Element != id || !(c.Factor > 0) {
			continue
		}
		switch c.Attribute {
		case models.AttrKvs:
			b.v, b.sv = math.Log(c.Factor), or(c.Sigma, b.sv)
		case models.AttrFixedResistance:
			b.f, b.sf = math.Log(c.Factor), or(c.Sigma, b.sf)
		}
	}
	return b
}

// hold names a station; the first reason stands.
func (e *estimator) hold(i int, why Code, measured, expected float64, detail string) {
	if s := &e.sites[i]; s.hold == nil {
		s.hold = &Hold{Station: e.in.Network.Stations[i].ID, Index: i, Reason: why, Measured: measured, Expected: expected, Detail: detail}
	}
}

// stuckGap is how far a settled valve may stand off its setpoint, of travel.
const stuckGap = 0.02

// judgeByQuality holds stations whose readings say themselves that they
// cannot be used, and those whose valve does not obey.
func (e *estimator) judgeByQuality() {
	for i := range e.sites {
		r := &e.latest.Stations[i]
		o := &e.sites[i].seen[len(e.sites[i].seen)-1]
		switch {
		case !r.Measured:
			e.hold(i, Unmeasured, 0, 0, "")
		case r.Opening.Quality == models.QualityLost || r.Flow.Quality == models.QualityLost:
			e.hold(i, Lost, 0, 0, first(r.Opening.Reason, r.Flow.Reason))
		case e.stale(r) > 0:
			e.hold(i, Stale, e.stale(r), e.opts.MaxAge, "")
			o.ok, o.mKnown, o.dpKnown = false, false, false
		case !good(&r.Opening):
			e.hold(i, OpeningBad, 0, 0, r.Opening.Reason)
		case !o.mKnown:
			e.hold(i, FlowBad, 0, 0, r.Flow.Reason)
		case !o.dpKnown:
			e.hold(i, PressureBad, 0, 0, first(r.SupplyPressure.Reason, r.ReturnPressure.Reason, r.Differential.Reason))
		case r.Local:
			e.hold(i, LocalMode, 0, 0, "")
		case r.Fallback:
			e.hold(i, FallbackMode, 0, 0, "")
		case good(&r.Setpoint) && math.Abs(r.Setpoint.Value-r.Opening.Value) > stuckGap:
			e.hold(i, ValveStuck, r.Opening.Value, r.Setpoint.Value, "")
		}
	}
}

// stale returns the age of the oldest reading that is too old, or 0.
func (e *estimator) stale(r *StationReading) float64 {
	worst := 0.0
	for _, v := range []*Value{&r.Flow, &r.Differential, &r.SupplyPressure, &r.ReturnPressure, &r.Opening} {
		old := v.Quality == models.QualityStale || (good(v) && v.Age > e.opts.MaxAge)
		if old {
			worst = math.Max(worst, math.Max(v.Age, 1))
		}
	}
	return worst
}

func first(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}

// Thresholds of a flow meter's lie: standard deviations below the law, and
// the factor above it that no half-closed valve explains.
const (
	lowResistance  = 4
	highResistance = 6
	zeroShare      = 0.05 // of the flow that the differential drives
	openValve      = 0.05 // of travel
	stuckShare     = 0.2  // of the change that a move should have made
	leastResponse  = 0.04 // change of ln flow that tells
	responseScore  = 4    // standard deviations of the expected change
)

// judgeByResistance finds readings that no station explains. Zero flow against
// an open valve condemns the flow meter. A resistance far below or far above
// the law, or a flow that does not answer, says only that one of two meters
// lies; which one, the neighbours must say.
func (e *estimator) judgeByResistance() {
	for i := range e.sites {
		s := &e.sites[i]
		last := s.seen[len(s.seen)-1]
		if s.valve.Kvs <= 0 || !last.ok || last.dp <= 0 {
			continue
		}
		filed := belief{}
		expected := math.Sqrt(last.dp / s.resistance(last.h, &filed))
		switch {
		case last.m < zeroShare*expected && last.h > openValve:
			e.condemnFlow(i, ZeroFlow, last.m, expected)
			continue
		case last.h <= openValve:
			continue // too little flow to tell
		}
		ratio := last.dp / (last.m * last.m) / s.resistance(last.h, &filed)
		if s.standOff(&last) < -lowResistance || ratio >= highResistance {
			s.doubt = &doubt{FlowLies, last.m, expected}
		}
		if d := s.judgeResponse(e.opts.KvsSigma); d != nil {
			s.doubt = d
		}
	}
}

// standOff is how far a reading's resistance lies above the law of the file,
// in standard deviations of what the priors allow.
func (s *site) standOff(o *seen) float64 {
	none := belief{}
	all := s.resistance(o.h, &none)
	share := s.valveResistance(o.h) / all
	sd := math.Sqrt(sq(2*share*0.07) + sq((1-share)*0.12) + s.noise(o))
	return math.Log(o.dp/(o.m*o.m)/all) / sd
}

// judgeResponse compares a move of the valve, or a change of the differential,
// with what the flow made of it: the latest reading against every earlier one.
func (s *site) judgeResponse(kvsSigma float64) *doubt {
	list := s.readings()
	for k := range max(len(list)-1, 0) {
		want, got, sd := s.response(&list[k], &list[len(list)-1], kvsSigma)
		if math.Abs(want) > math.Max(leastResponse, responseScore*sd) && got*math.Copysign(1, want) < stuckShare*math.Abs(want) {
			return &doubt{FlowStuck, math.Expm1(got), math.Expm1(want)}
		}
	}
	return nil
}

// response is the change of ln flow from reading a to reading b: as valve and
// differential want it, as it was measured, and the standard deviation of
// their difference, what the file's Kvs may be off included.
func (s *site) response(a, b *seen, kvsSigma float64) (want, got, sd float64) {
	guess := belief{}
	rest := a.dp/(a.m*a.m) - s.valveResistance(a.h)
	guess.f = math.Log(math.Max(rest, 0.3*s.fixed) / s.fixed)
	want = 0.5 * (math.Log(b.dp/a.dp) - math.Log(s.resistance(b.h, &guess)/s.resistance(a.h, &guess)))
	got = math.Log(b.m / a.m)
	kvs := kvsSigma * math.Abs(s.valveResistance(b.h)-s.valveResistance(a.h)) / s.resistance(b.h, &guess)
	sd = math.Sqrt(sq(a.sm/a.m) + sq(b.sm/b.m) + 0.25*(sq(a.sdp/a.dp)+sq(b.sdp/b.dp)) + sq(kvs))
	return want, got, sd
}

// condemnFlow holds a station for its flow meter and forgets all that the
// meter ever said.
func (e *estimator) condemnFlow(i int, why Code, measured, expected float64) {
	e.hold(i, why, measured, expected, "")
	s := &e.sites[i]
	s.flowBad = true
	for t := range s.seen {
		s.seen[t].ok, s.seen[t].mKnown = false, false
	}
	s.belief = belief{sv: e.opts.KvsSigma, sf: e.opts.FixedSigma}
}

// condemnPressure is condemnFlow for the pressure meters.
func (e *estimator) condemnPressure(i int, measured, expected float64) {
	e.hold(i, PressureLies, measured, expected, "")
	s := &e.sites[i]
	s.dpBad = true
	clear(e.before) // what it taught about the pipes cannot be told apart
	for t := range s.seen {
		s.seen[t].ok, s.seen[t].dpKnown = false, false
	}
	s.belief = belief{sv: e.opts.KvsSigma, sf: e.opts.FixedSigma}
}

// byOpenings solves the filed network at the present openings: what the
// stations without meters draw, and how the solver's valves answer.
func (e *estimator) byOpenings() error {
	r, err := e.solve(e.openings(nil), e.in.From)
	if err != nil {
		return err
	}
	e.byOpen = r
	for i := range e.sites {
		s, st := &e.sites[i], &r.Stations[i]
		phi, _ := law.RelativeKv(&s.valve, s.opening)
		if kv := phi * s.valve.Kvs; kv > 0 && st.ValveDrop > 0 && st.Flow > 1e-3 {
			s.perKv = st.ValveDrop * kv * kv / (st.Flow * st.Flow)
		}
	}
	return nil
}

// fitStations fits every station's two factors.
func (e *estimator) fitStations() {
	for i := range e.sites {
		s := &e.sites[i]
		was := s.belief
		if !s.flowBad && !s.dpBad {
			was = e.previous(i)
		}
		s.believe(&e.opts, was)
	}
}
