// Package converge solves generated towns by the thousand, whatever is closed,
// asked for or switched off in them, and counts how many linear solves each
// needs: cold, and warm after one valve was moved. Every town either has a
// steady state that stands up to an audit, or names the physical reason why
// there is none; what does neither is a failure of the solver.
//
// A seed and a number give the same case on every machine.
package converge

import (
	"math"
	"math/rand/v2"

	"evenflow/models"
	"evenflow/solver/town"
)

// Case is one town on one day.
type Case struct {
	Index int
	Town  town.Options
	What  []string // what the day is like; none: as the season begins
	Net   *models.Network
	Day   models.Scenario
	Moved models.Scenario // the same day, one valve moved
}

// drawer draws a case.
type drawer struct {
	rng *rand.Rand
	c   *Case
}

// Draw returns the case of a number; no town in it has more than largest
// stations.
func Draw(seed int64, index, largest int) (*Case, error) {
	d := &drawer{rand.New(rand.NewPCG(uint64(seed), uint64(index))), &Case{Index: index}}
	d.c.Town = d.town(largest)
	net, err := town.Generate(d.c.Town)
	if err != nil {
		return nil, err
	}
	d.c.Net = net
	d.day()
	d.move()
	return d.c, nil
}

// pick returns one of the values.
func pick[T any](d *drawer, values ...T) T { return values[d.rng.IntN(len(values))] }

// town draws the options: many small towns, few large ones.
func (d *drawer) town(largest int) town.Options {
	u := math.Pow(d.rng.Float64(), 1.5)
	o := town.Options{
		Seed:     d.rng.Int64N(1 << 40),
		Stations: int(town.MinStations * math.Pow(float64(largest)/town.MinStations, u)),
		Peaks:    pick(d, 0, 0, 1, 2), Boosters: pick(d, 0, 0, 1, 2), Meshes: pick(d, 0.0, 0, 2, 4),
		Relief: pick(d, 0.0, 0, 5, 120), Controlled: pick(d, 0.0, 0, 0.1, 0.5, 1),
	}
	if plants := pick(d, 1, 1, 1, 2, 3, 6); plants*town.MinStations <= o.Stations {
		o.Plants = plants
	}
	return o
}

// day draws up to three things that make the day unlike the season's first.
func (d *drawer) day() {
	if d.rng.IntN(6) == 0 {
		return
	}
	things := []struct {
		what string
		do   func()
	}{
		{"valves of the network turned", d.turnValves},
		{"pipes out of service", d.breakPipes},
		{"openings at random", d.openings},
		{"stations shut", d.shutStations},
		{"no load at all", d.noLoad},
		{"flows given", d.givenFlows},
		{"heat asked for", d.heat},
		{"loss of pipes at random", d.losses},
		{"plants switched", d.plants},
		{"pumps at random", d.pumps},
		{"summer", d.summer},
		{"another outdoor temperature", d.outdoor},
	}
	for range 1 + d.rng.IntN(3) {
		t := things[d.rng.IntN(len(things))]
		d.c.What = append(d.c.What, t.what)
		t.do()
	}
}

func (d *drawer) change(id models.ID, a models.Attribute, op models.Op, v float64) {
	d.c.Day.Changes = append(d.c.Day.Changes, models.Change{Element: id, Attribute: a, Op: op, Value: v})
}

func (d *drawer) set(id models.ID, a models.Attribute, v float64) { d.change(id, a, models.Set, v) }

// each does something to a share of the stations.
func (d *drawer) each(share float64, do func(s *models.Station)) {
	for i := range d.c.Net.Stations {
		if d.rng.Float64() < share {
			do(&d.c.Net.Stations[i])
		}
	}
}

func (d *drawer) turnValves() {
	share := pick(d, 0.03, 0.1, 0.4)
	for i := range d.c.Net.Valves {
		if v := &d.c.Net.Valves[i]; v.Sectioning && d.rng.Float64() < share {
			d.set(v.ID, models.AttrOpening, 1-v.Opening)
		}
	}
}

func (d *drawer) breakPipes() {
	for range 1 + d.rng.IntN(3) {
		d.set(d.c.Net.Pipes[d.rng.IntN(len(d.c.Net.Pipes))].ID, models.AttrInService, 0)
	}
}

func (d *drawer) openings() {
	d.each(pick(d, 0.1, 1), func(s *models.Station) { d.set(s.ID, models.AttrOpening, d.rng.Float64()) })
}

func (d *drawer) shutStations() {
	d.each(pick(d, 0.1, 0.5, 0.95), func(s *models.Station) {
		if d.rng.IntN(2) == 0 {
			d.set(s.ID, models.AttrOpening, 0)
		} else {
			d.set(s.ID, models.AttrInService, 0)
		}
	})
}

// noLoad is the day on which nobody draws anything: by shut valves, by given
// flows of 0 or by no heat asked for.
func (d *drawer) noLoad() {
	a := pick(d, models.AttrOpening, models.AttrFlow, models.AttrHeat, models.AttrInService)
	d.each(1, func(s *models.Station) { d.set(s.ID, a, 0) })
}

func (d *drawer) givenFlows() {
	most := pick(d, 0.5, 1, 1.3)
	d.each(pick(d, 0.1, 0.5, 1), func(s *models.Station) {
		design := s.DesignHeat() / (4200 * (s.Design.PrimarySupply - s.Design.PrimaryReturn))
		d.set(s.ID, models.AttrFlow, design*most*d.rng.Float64())
	})
}

func (d *drawer) heat() {
	most := pick(d, 0.3, 1, 2)
	d.each(pick(d, 0.1, 0.5, 1), func(s *models.Station) {
		d.set(s.ID, models.AttrHeat, s.DesignHeat()*most*d.rng.Float64())
	})
}

func (d *drawer) losses() {
	spread := pick(d, 0.2, 1, 3)
	for i := range d.c.Net.Pipes {
		if d.rng.IntN(4) == 0 {
			d.change(d.c.Net.Pipes[i].ID, models.AttrResistance, models.Scale, math.Min(math.Max(math.Exp(spread*d.rng.NormFloat64()), 1e-5), 1e5))
		}
	}
}

// plants takes plants out of service, or lets one hold a differential or a
// flow instead of its speed.
func (d *drawer) plants() {
	for i := range d.c.Net.Sources {
		id := d.c.Net.Sources[i].ID
		switch d.rng.IntN(4) {
		case 0:
			d.set(id, models.AttrInService, 0)
		case 1:
			d.set(id, models.AttrDifferential, 1e5+7e5*d.rng.Float64())
		case 2:
			if i > 0 {
				d.change(id, models.AttrFlow, models.Set, d.c.Net.Sources[i].Curve.Points[2].Flow*950*d.rng.Float64())
			}
		}
	}
}

func (d *drawer) pumps() {
	low := pick(d, 0, 0.3, 0.8)
	for i := range d.c.Net.Sources {
		if s := &d.c.Net.Sources[i]; s.Control == models.ControlSpeed {
			d.set(s.ID, models.AttrSpeed, low+(1.2-low)*d.rng.Float64())
		}
	}
	for i := range d.c.Net.Pumps {
		d.set(d.c.Net.Pumps[i].ID, models.AttrSpeed, pick(d, 0, 0.5, 0.9, 1.1))
	}
}

func (d *drawer) summer() {
	for i := range d.c.Net.Sources {
		d.set(d.c.Net.Sources[i].ID, models.AttrSupplyTemperature, pick(d, 283.15, 313.15, 333.15))
	}
	d.each(0.9, func(s *models.Station) { d.set(s.ID, models.AttrOpening, 0.3*d.rng.Float64()) })
}

func (d *drawer) outdoor() { d.c.Day.Outdoor = models.Some(253.15 + 40*d.rng.Float64()) }

// move moves one valve: a station's, or now and then one of the network.
func (d *drawer) move() {
	d.c.Moved = d.c.Day
	net := d.c.Net
	if d.rng.IntN(4) == 0 && len(net.Valves) > 0 {
		if v := &net.Valves[d.rng.IntN(len(net.Valves))]; v.Sectioning {
			d.c.Moved = d.c.Day.With(models.Change{Element: v.ID, Attribute: models.AttrOpening, Value: pick(d, 0.0, 1)})
			return
		}
	}
	s := &net.Stations[d.rng.IntN(len(net.Stations))]
	d.c.Moved = d.c.Day.With(models.Change{Element: s.ID, Attribute: models.AttrOpening, Value: d.rng.Float64()})
}
