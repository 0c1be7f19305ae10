package balance

import (
	"math"
	"slices"
)

// ownNeed marks a branch that is a bottleneck of its own: wide open it needs
// this many times what the middle station needs.
const ownNeed = 2

// short reports whether somebody comes short at the pumps' limit for whom the
// others could give something, and whether they are few: less of the demand
// than ShareFrom.
func (f *finder) short() (any, few bool) {
	middle := f.middleNeed()
	short, all := 0.0, 0.0
	for i := range f.places {
		p := &f.places[i]
		if p.role == fixed || p.required == 0 {
			continue
		}
		all += p.required
		if p.role != wide || f.last.Stations[i].Flow >= p.wanted*(1-1e-3) {
			continue
		}
		p.own = f.in.Stations[i].Unconfirmed || p.need(p.required, f.lim.MaxOpening) > ownNeed*middle
		if !p.own {
			short += p.required
		}
	}
	return short > 0, short < f.lim.ShareFrom*all
}

// share finds the largest flow ratio that everybody can have at the pumps'
// limit (max–min fair): at a common ratio t the losses and the needs go with
// t², so that t² = head / (loss + need) at the worst station; the solver says
// what head and losses really are at that t. Stations whose own branch is the
// bottleneck take what they get. For the sake of few nobody else is taken
// below ShareFloor.
func (f *finder) share(few bool) error {
	f.shared = true
	for i := range f.places {
		if p := &f.places[i]; p.role == wide && !p.own {
			p.role = steered
		}
	}
	t := f.level
	for range 12 {
		f.setLevel(t)
		if err := f.given(); err != nil {
			return err
		}
		next := f.fairLevel(t)
		done := math.Abs(next-t) < 2e-5
		t = next
		if done {
			break
		}
	}
	f.fair = t
	if few {
		t = math.Max(t, f.lim.ShareFloor)
	}
	f.setLevel(t)
	for range 8 {
		if err := f.given(); err != nil {
			return err
		}
		if !f.sortOut() {
			break
		}
	}
	return nil
}

// setLevel asks the flow ratio t of everybody who is steered.
func (f *finder) setLevel(t float64) {
	f.level = t
	for i := range f.places {
		if p := &f.places[i]; p.required > 0 && p.role != fixed {
			p.wanted = t * p.required
		}
	}
}

// fairLevel is the next estimate of the common flow ratio.
func (f *finder) fairLevel(t float64) float64 {
	lift := f.lever.lift(f.last)
	next := f.lim.MaxX
	f.index = -1
	for i := range f.places {
		p := &f.places[i]
		if p.role != steered {
			continue
		}
		unit := (lift - f.last.Stations[i].Differential + p.need(p.wanted, f.lim.MaxOpening)) / (t * t)
		if ratio := math.Sqrt(math.Max(lift, 0) / unit); unit > 0 && ratio < next {
			next, f.index = ratio, i
		}
	}
	return next
}

// middleNeed is the median of what stations need wide open, Pa.
func (f *finder) middleNeed() float64 {
	var needs []float64
	for i := range f.places {
		if p := &f.places[i]; p.role != fixed && p.required > 0 {
			needs = append(needs, p.need(p.required, f.lim.MaxOpening))
		}
	}
	if len(needs) == 0 {
		return 0
	}
	slices.Sort(needs)
	return needs[len(needs)/2]
}
