package plant

import (
	"time"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/heating"
)

// Truth is what only the plant knows. Rehearsals and tests judge the service
// by it; the service itself never sees it.
type Truth struct {
	Network    *models.Network // the plant's own, as drawn
	Scenario   models.Scenario // hidden deviations and half-closed valves
	Now        models.Scenario // Scenario with the true openings and speeds of this moment
	Outdoor    float64         // K
	HalfClosed []HalfClosed
	Faults     []Fault // in force
	State      *solver.Result
	Stations   []StationTruth // parallel to Network.Stations
	PumpPower  float64        // W, all sources
	Lift       float64        // Pa, of the first source
}

// StationTruth is how one station really stands.
type StationTruth struct {
	ID       models.ID
	Flow     float64 // kg/s
	Required float64 // kg/s with the water that really arrives
	X        float64 // Flow/Required; meaningless where Required is 0
	Opening  float64
	Indoor   models.Optional // K
}

// Truth returns the present truth.
func (p *Plant) Truth() (*Truth, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := &Truth{
		Network: p.net, Scenario: p.truth, Now: p.scenario(), Outdoor: p.outdoor,
		HalfClosed: append([]HalfClosed(nil), p.half...), State: p.state,
	}
	for _, f := range p.opts.Faults {
		if f.Round <= p.round {
			t.Faults = append(t.Faults, f)
		}
	}
	if p.state == nil {
		return t, nil
	}
	for i := range p.net.Stations {
		st, state := &p.net.Stations[i], &p.state.Stations[i]
		need, err := heating.Required(p.net, st, p.outdoor, state.TempIn)
		if err != nil {
			return nil, err
		}
		s := StationTruth{ID: st.ID, Flow: state.Flow, Required: need.Flow, Opening: p.stations[i].actuator.position}
		if need.Flow > 0 {
			s.X = state.Flow / need.Flow
		}
		if state.HeatModelled {
			s.Indoor = models.Some(state.Indoor)
		}
		t.Stations = append(t.Stations, s)
	}
	for i := range p.state.Sources {
		t.PumpPower += p.state.Sources[i].Power
		if i == 0 {
			t.Lift = p.state.Sources[i].Lift
		}
	}
	return t, nil
}

// Written returns how often the network wrote a point's register.
func (p *Plant) Written(id models.PointID) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.devices() {
		if d.element == id.Element {
			return d.written(id.Quantity)
		}
	}
	return 0
}

// SetpointWrites returns how often the network wrote setpoints, heartbeats
// not counted.
func (p *Plant) SetpointWrites() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, d := range p.devices() {
		n += d.written(models.OpeningSetpoint) + d.written(models.SpeedSetpoint)
	}
	return n
}

// Settled reports whether every valve and pump stands where it was told to,
// and when the plant was last advanced.
func (p *Plant) Settled() (bool, time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.stations {
		if a := &p.stations[i].actuator; a.position != a.goal {
			return false, p.at
		}
	}
	for i := range p.sources {
		if d := &p.sources[i].drive; d.speed != d.goal {
			return false, p.at
		}
	}
	return true, p.at
}
