package estimate

import (
	"math"

	"evenflow/models"
	"evenflow/solver/internal/law"
)

// site is one station with what is known of it.
type site struct {
	valve   models.ControlValve
	fixed   float64 // Pa/(kg/s)^2, as filed
	perKv   float64 // valve: drop = perKv m^2 / Kv^2
	seen    []seen
	opening float64 // as it stands, or as well as is known
	hold    *Hold
	doubt   *doubt // flow or differential lies
	flowBad bool   // the flow meter is condemned: nothing it said counts
	dpBad   bool   // the pressure meters are condemned
	belief  belief
	suspect bool // half-closed
	score   float64
}

// doubt is a suspicion against one of two meters, worded for the flow.
type doubt struct {
	code               Code
	measured, expected float64
}

// seen is one usable reading of a station.
type seen struct {
	back                int     // rounds back from the latest
	m, dp, h            float64 // kg/s, Pa, 0..1
	sm, sdp, sh         float64
	mKnown, dpKnown, ok bool // ok: all three
}

// belief is the factors of a station: v = d ln Kvs, f = d ln fixed resistance.
type belief struct {
	v, f   float64
	sv, sf float64
	used   int
	chi2   float64 // of the readings, without the priors
	loose  bool
}

// valveResistance is the file's valve at an opening, Pa/(kg/s)^2.
func (s *site) valveResistance(h float64) float64 {
	phi, _ := law.RelativeKv(&s.valve, h)
	kv := math.Max(phi*s.valve.Kvs, 1e-6)
	return s.perKv / (kv * kv)
}

// resistance is the whole station at an opening under a belief.
func (s *site) resistance(h float64, b *belief) float64 {
	return math.Exp(-2*b.v)*s.valveResistance(h) + math.Exp(b.f)*s.fixed
}

// steepness is d ln(Kv)/d h at an opening.
func (s *site) steepness(h float64) float64 {
	phi, slope := law.RelativeKv(&s.valve, h)
	if phi <= 0 {
		return 0
	}
	return slope / phi
}

// noise is the variance of a reading's ln(dp/m²) against the law, with 1 % for
// the law itself; readings further back count less, since plants change.
func (s *site) noise(o *seen) float64 {
	const lawError = 0.01
	v := sq(2*o.sm/o.m) + sq(o.sdp/o.dp) + sq(2*s.steepness(o.h)*o.sh) + lawError*lawError
	return v * sq(1+float64(o.back)/2)
}

func sq(x float64) float64 { return x * x }

// usable lists the readings that may teach about the two factors.
func (s *site) usable() []seen {
	if s.doubt != nil || s.flowBad || s.dpBad || s.valve.Kvs <= 0 {
		return nil
	}
	return s.readings()
}

// readings lists the complete readings.
func (s *site) readings() []seen {
	var list []seen
	for _, o := range s.seen {
		if o.ok && o.m > 0 && o.dp > 0 {
			list = append(list, o)
		}
	}
	return list
}

// fit finds the most likely factors from readings under priors around v0, f0
// with the sigmas sv, sf: Gauss–Newton on two unknowns.
func (s *site) fit(list []seen, v0, f0, sv, sf float64) belief {
	b := belief{v: v0, f: f0, sv: sv, sf: sf}
	for range 12 {
		a11, a12, a22 := 1/(sv*sv), 0.0, 1/(sf*sf)
		g1, g2 := (v0-b.v)/(sv*sv), (f0-b.f)/(sf*sf)
		b.chi2 = 0
		for i := range list {
			o := &list[i]
			valve := math.Exp(-2*b.v) * s.valveResistance(o.h)
			fix := math.Exp(b.f) * s.fixed
			w := 1 / s.noise(o)
			r := math.Log(o.dp/(o.m*o.m)) - math.Log(valve+fix)
			j1, j2 := -2*valve/(valve+fix), fix/(valve+fix)
			a11 += w * j1 * j1
			a12 += w * j1 * j2
			a22 += w * j2 * j2
			g1 += w * j1 * r
			g2 += w * j2 * r
			b.chi2 += w * r * r
		}
		det := a11*a22 - a12*a12
		dv, df := (a22*g1-a12*g2)/det, (a11*g2-a12*g1)/det
		b.v += clamp(dv, 0.5)
		b.f += clamp(df, 0.7)
		b.sv, b.sf = math.Sqrt(a22/det), math.Sqrt(a11/det)
		if math.Abs(dv)+math.Abs(df) < 1e-10 {
			break
		}
	}
	b.used = len(list)
	return b
}

func clamp(x, limit float64) float64 { return math.Max(-limit, math.Min(limit, x)) }

// Thresholds of a half-closed station: standard deviations of its fixed
// resistance's factor, and the factor itself.
const (
	halfClosedScore  = 3
	halfClosedFactor = 1.4
	loosePrior       = 2.0
	// unconfirmedMost is the largest factor that a single opening may claim.
	unconfirmedMost = 3.0
)

// believe fits a station: first with the usual priors; where the fixed
// resistance wants to be far higher, with a loose prior on it.
func (s *site) believe(o *Options, previous belief) {
	list := s.usable()
	if len(list) == 0 {
		s.belief = previous
		return
	}
	s.belief = s.fit(list, 0, 0, o.KvsSigma, o.FixedSigma)
	loose := s.fit(list, 0, 0, o.KvsSigma, loosePrior)
	z := loose.f / math.Sqrt(loose.sf*loose.sf+o.FixedSigma*o.FixedSigma)
	s.suspect, s.score = false, z
	if z > halfClosedScore && math.Exp(loose.f) > halfClosedFactor {
		s.suspect = true
		loose.loose = true
		if !s.confirmed(o) {
			loose.f = math.Min(loose.f, math.Log(unconfirmedMost))
		}
		s.belief = loose
	}
}

// confirmed reports whether readings at two openings speak for the belief.
func (s *site) confirmed(o *Options) bool {
	list := s.usable()
	for i := range list {
		for k := range i {
			if math.Abs(list[i].h-list[k].h) >= o.SmallTravel {
				return true
			}
		}
	}
	return false
}

// flowFrom is the flow in kg/s that a differential drives at an opening, by
// the present belief.
func (s *site) flowFrom(dp, h float64) float64 {
	return math.Sqrt(math.Max(dp, 0) / s.resistance(h, &s.belief))
}
