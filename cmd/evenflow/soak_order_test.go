package main

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"time"

	"evenflow/models"
	"evenflow/scada/api"
)

// pick chooses a few stations.
func (s *soak) pick() []string {
	var out []string
	for _, i := range s.rng.Perm(len(s.stations))[:2+s.rng.IntN(3)] {
		out = append(out, s.stations[i])
	}
	return out
}

// ordered is what was ordered last, with a trap on the cable of element.
type ordered struct {
	order, element string
	snapped        <-chan struct{}
}

// order has a recommendation computed and approves it, or sets the valves of
// stations by hand, the last one with a trap on its cable. Without a trap the
// service may be killed over it.
func (s *soak) order(rng *rand.Rand, stations []string, kind trap, advice bool) (got ordered) {
	var err error
	if advice {
		got, err = s.approveAdvice(kind)
	}
	for i := 0; i < len(stations) && err == nil && got.order == ""; i++ {
		last := i == len(stations)-1
		if !last {
			_, err = s.byHand(rng, stations[i], noTrap)
			continue
		}
		got, err = s.byHand(rng, stations[i], kind)
	}
	if err != nil && (kind != noTrap || !gone(err)) {
		s.t.Fatal(err)
	}
	return got
}

// approveAdvice waits until the plant has settled, has a recommendation
// computed and approves it. Nothing to recommend is no error.
func (s *soak) approveAdvice(kind trap) (got ordered, err error) {
	var adv api.Advice
	until(s.t, "a recommendation", 100*time.Millisecond, func() bool {
		adv = api.Advice{}
		err = s.li.ask(http.MethodPost, "/api/recommendation", struct{}{}, &adv)
		var r *refused
		settling := errors.As(err, &r) && r.status == http.StatusConflict
		return !settling && adv.State != "computing"
	})
	if err != nil || adv.Recommendation == nil {
		return got, err
	}
	got.order, got.element = adv.Recommendation.ID, adv.Recommendation.Moves[0].Element
	if kind != noTrap {
		got.snapped = s.wire.taps[models.ID(got.element)].set(kind)
	}
	if err = s.li.ask(http.MethodPost, "/api/orders/"+got.order+"/approve", api.ReasonInput{Reason: "soak"}, nil); err == nil {
		s.approved[got.order] = true
	}
	return got, err
}

// byHand sets one valve.
func (s *soak) byHand(rng *rand.Rand, station string, kind trap) (got ordered, err error) {
	var row api.Station
	if err := s.li.ask(http.MethodGet, "/api/stations/"+station, nil, &row); err != nil {
		return got, err
	}
	if row.OpeningSetpoint.V == nil {
		return got, fmt.Errorf("%s has no setpoint: %+v", station, row)
	}
	to := *row.OpeningSetpoint.V + 5 + 10*rng.Float64()
	if to > 90 {
		to -= 30
	}
	var pv api.Preview
	if err := s.li.ask(http.MethodPost, "/api/manual/preview", api.ManualInput{Element: station, Quantity: "opening_setpoint", Value: math.Round(10*to) / 10}, &pv); err != nil {
		return got, err
	}
	if kind != noTrap {
		got.element, got.snapped = station, s.wire.taps[models.ID(station)].set(kind)
	}
	var o api.Order
	if err := s.li.ask(http.MethodPost, "/api/manual", api.ManualConfirm{Preview: pv.ID, Reason: "soak"}, &o); err != nil {
		return got, err
	}
	got.order = o.ID
	s.approved[o.ID] = true
	return got, nil
}
