package estimate

import (
	"math"
	"testing"

	"evenflow/models"
	"evenflow/solver/internal/law"
)

// sample is a station that passes 20 kg/s with 60 kPa in its fixed resistance.
func sample() *site {
	return &site{
		valve: models.ControlValve{Kvs: 100, Characteristic: models.EqualPercentage, Rangeability: 40, Leakage: 0.0005},
		fixed: 60e3 / 400, perKv: law.KvResistance(1, 950),
	}
}

// reading is what exact meters show at an opening and a differential, if the
// station's factors are those of the truth.
func (s *site) reading(h, dp float64, truth belief, back int) seen {
	m := math.Sqrt(dp / s.resistance(h, &truth))
	return seen{back: back, m: m, dp: dp, h: h, sm: 0.003 * m, sdp: 700, mKnown: true, dpKnown: true, ok: true}
}

func options() *Options { o := Options{}.withDefaults(); return &o }

// One reading moves both factors a little; a second one at another opening
// tells them apart.
func TestTwoOpeningsTellValveFromFixedResistance(t *testing.T) {
	truth := belief{v: 0.08, f: -0.15}
	s := sample()
	s.seen = []seen{s.reading(0.95, 150e3, truth, 0)}
	s.believe(options(), belief{})
	if s.belief.sf < 0.05 {
		t.Errorf("one reading claims to know the fixed resistance to %.3f", s.belief.sf)
	}
	s.seen = []seen{s.reading(0.95, 150e3, truth, 1), s.reading(0.45, 250e3, truth, 0)}
	s.believe(options(), belief{})
	if math.Abs(s.belief.v-truth.v) > 0.015 || math.Abs(s.belief.f-truth.f) > 0.04 || s.suspect {
		t.Errorf("v %.3f f %.3f, truth %.3f %.3f; suspect %v", s.belief.v, s.belief.f, truth.v, truth.f, s.suspect)
	}
}

// A half-closed station is suspected from two openings, and may claim no more
// than three times its resistance from one.
func TestHalfClosedStation(t *testing.T) {
	truth := belief{v: -0.05, f: math.Log(5)}
	s := sample()
	s.seen = []seen{s.reading(0.98, 300e3, truth, 0)}
	s.believe(options(), belief{})
	if !s.suspect || !s.unconfirmed(options()) || s.belief.f > math.Log(unconfirmedMost)+1e-9 {
		t.Errorf("one opening: suspect %v, unconfirmed %v, factor %.2f", s.suspect, s.unconfirmed(options()), math.Exp(s.belief.f))
	}
	s.seen = []seen{s.reading(0.98, 300e3, truth, 1), s.reading(0.6, 350e3, truth, 0)}
	s.believe(options(), belief{})
	if !s.suspect || s.unconfirmed(options()) || math.Abs(s.belief.f-truth.f) > 0.1 {
		t.Errorf("two openings: suspect %v, unconfirmed %v, factor %.2f", s.suspect, s.unconfirmed(options()), math.Exp(s.belief.f))
	}
}

// A meter that stands still while the valve halves the flow is doubted; one
// that answers, and one that need not move, are not.
func TestResponseOfAFlowMeter(t *testing.T) {
	truth := belief{}
	s := sample()
	first, second := s.reading(0.9, 150e3, truth, 1), s.reading(0.5, 160e3, truth, 0)
	s.seen = []seen{first, second}
	if d := s.judgeResponse(0.07); d != nil {
		t.Errorf("a healthy meter is doubted: %+v", d)
	}
	stuck := second
	stuck.m = first.m
	s.seen = []seen{first, stuck}
	if d := s.judgeResponse(0.07); d == nil || d.code != FlowStuck {
		t.Errorf("a stuck meter is not doubted: %+v", d)
	}
	same := s.reading(0.9, 151e3, truth, 0)
	same.m = first.m
	s.seen = []seen{first, same}
	if d := s.judgeResponse(0.07); d != nil {
		t.Errorf("a meter that need not move is doubted: %+v", d)
	}
}
