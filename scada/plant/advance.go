package plant

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/heating"
)

const (
	// moved is the change of an opening or a speed that is worth a new
	// solution while things still travel.
	moved = 5e-4
	// ownStep is the most that passes for a PLC's own controller between two
	// of its steps, whatever the clock does.
	ownStep = 60 * time.Second
	// ownGain is travel per kelvin and second of a PLC's own controller.
	ownGain = 1e-4
)

// Advance brings the plant to the clock's present time: setpoints are taken
// over, valves and pumps travel, the water finds its way, and every register
// shows a fresh sample. It solves only when something moved.
func (p *Plant) Advance(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	passed := max(now.Sub(p.at), 0)
	p.at = now
	for i := range p.sources {
		p.sources[i].act(now, passed)
	}
	for i := range p.stations {
		p.act(&p.stations[i], i, now, passed)
	}
	err := p.settle(ctx)
	p.refresh()
	return err
}

// act lets a source's PLC run: in fallback and in local mode it holds the
// speed it has (a regulating device holds its value when the signal is lost).
func (s *sourcePLC) act(now time.Time, passed time.Duration) {
	s.pulse(now, passed)
	if !s.fallback && !s.faults.local && !s.faults.dead {
		if v, ok := s.told(models.SpeedSetpoint); ok {
			s.drive.goal = v
		}
	}
	s.drive.travel(passed)
}

// act lets a station's PLC run. In remote it follows the setpoint register;
// in fallback its own curve of secondary supply temperature over weather; in
// local mode nobody moves the valve. When a heartbeat ends the fallback, the
// register is set to where the valve stands: the return is bumpless.
func (p *Plant) act(s *stationPLC, i int, now time.Time, passed time.Duration) {
	resumed := s.pulse(now, passed)
	switch {
	case resumed:
		s.actuator.hold()
		s.show(models.OpeningSetpoint, s.actuator.position)
		if v, ok := s.told(models.OpeningSetpoint); ok {
			s.actuator.asked = v
		}
	case s.faults.local || s.faults.stuck || s.faults.dead:
		s.actuator.hold()
	case s.fallback:
		p.ownCurve(s, i, passed)
	default:
		if v, ok := s.told(models.OpeningSetpoint); ok {
			s.actuator.ask(v, s.rng)
		}
	}
	if !s.faults.stuck && !s.faults.dead {
		s.actuator.travel(passed)
	}
}

// ownCurve is the station PLC's own weather compensation: an integrating
// controller that moves the valve until the secondary supply temperature is
// on the heating curve.
func (p *Plant) ownCurve(s *stationPLC, i int, passed time.Duration) {
	curve, ok := heating.StationCurve(p.net, &p.net.Stations[i])
	if !ok || p.state == nil || !p.state.Stations[i].HeatModelled {
		s.actuator.hold()
		return
	}
	want, _ := curve.At(p.outdoor)
	step := ownGain * (want - p.state.Stations[i].SecondarySupply) * min(passed, ownStep).Seconds()
	goal := math.Min(0.95, math.Max(0.05, s.actuator.position+step))
	s.actuator.goal, s.actuator.asked = goal, math.NaN()
}

// settle solves the network for the present openings and speeds, unless the
// last state still holds. A valve that travels is worth a new state every
// 0.05 % of travel; at rest the state is exact.
func (p *Plant) settle(ctx context.Context) error {
	inputs := make([]float64, 0, len(p.stations)+len(p.sources))
	travelling := false
	for i := range p.stations {
		a := &p.stations[i].actuator
		inputs = append(inputs, a.position)
		travelling = travelling || a.position != a.goal
	}
	for i := range p.sources {
		d := &p.sources[i].drive
		inputs = append(inputs, d.speed)
		travelling = travelling || d.speed != d.goal
	}
	if p.state != nil && p.solved != nil {
		change := 0.0
		for i := range inputs {
			change = math.Max(change, math.Abs(inputs[i]-p.solved[i]))
		}
		if change == 0 || (travelling && change < moved) {
			return nil
		}
	}
	sc := p.scenario()
	state, err := p.solver.Solve(ctx, sc, p.state)
	if err != nil && p.state != nil && ctx.Err() == nil {
		state, err = p.solver.Solve(ctx, sc, nil) // once more, from cold
	}
	if err != nil && !nearly(state, err) {
		return fmt.Errorf("plant: %w", err)
	}
	p.state, p.solved = state, inputs
	return nil
}

// nearly reports whether an unfinished iteration is good enough for a plant:
// no water lost, and no pressure off by more than half the sensors' noise.
// Water that creeps through an open tie may cool, sink and turn back for
// ever; a real plant does not stop for that either.
func nearly(state *solver.Result, err error) bool {
	var unfinished *solver.ConvergenceError
	return errors.As(err, &unfinished) && state != nil &&
		unfinished.Report.MassResidual < 1e-6 && unfinished.Report.EnergyResidual < 800
}

// scenario is the plant as it stands: the hidden truth, openings and speeds.
func (p *Plant) scenario() models.Scenario {
	sc := models.Scenario{Name: p.truth.Name, Outdoor: models.Some(p.outdoor)}
	sc.Changes = make([]models.Change, 0, len(p.truth.Changes)+len(p.stations)+2*len(p.sources))
	sc.Changes = append(sc.Changes, p.truth.Changes...)
	for i := range p.stations {
		if p.net.Stations[i].Valve.Kvs > 0 {
			sc.Changes = append(sc.Changes, models.Change{Element: p.stations[i].element, Attribute: models.AttrOpening, Op: models.Set, Value: p.stations[i].actuator.position})
		}
	}
	for i := range p.sources {
		id := p.sources[i].element
		if p.net.Sources[i].Control == models.ControlSpeed {
			sc.Changes = append(sc.Changes, models.Change{Element: id, Attribute: models.AttrSpeed, Op: models.Set, Value: p.sources[i].drive.speed})
		}
		if p.supply[i].Known {
			sc.Changes = append(sc.Changes, models.Change{Element: id, Attribute: models.AttrSupplyTemperature, Op: models.Set, Value: p.supply[i].Value})
		}
	}
	return sc
}

// refresh puts a fresh sample into every register.
func (p *Plant) refresh() {
	r := p.state
	if r == nil {
		return
	}
	for i := range p.sources {
		s := &p.sources[i]
		state := &r.Sources[i]
		s.show(models.SpeedFeedback, s.drive.speed)
		s.showPressure(models.SupplyPressure, r.Junctions[s.to].Pressure, p.noise)
		s.showPressure(models.ReturnPressure, r.Junctions[s.from].Pressure, p.noise)
		s.showTemperature(models.SupplyTemperature, state.TempOut, p.noise)
		s.showTemperature(models.ReturnTemperature, state.TempIn, p.noise)
		s.showFlow(state.Flow, solver.WaterDensity(state.TempOut), solver.WaterDensity(state.TempIn), p.noise)
		s.show(models.MakeUpFlow, makeUpShare*state.Flow*(1+5*p.noise.flow*s.rng.NormFloat64()))
		s.showTemperature(models.OutdoorTemperature, p.outdoor, p.noise)
	}
	for i := range p.stations {
		s := &p.stations[i]
		state := &r.Stations[i]
		s.show(models.OpeningFeedback, s.actuator.position)
		s.showPressure(models.SupplyPressure, r.Junctions[s.from].Pressure, p.noise)
		s.showPressure(models.ReturnPressure, r.Junctions[s.to].Pressure, p.noise)
		s.showTemperature(models.SupplyTemperature, state.TempIn, p.noise)
		s.showTemperature(models.ReturnTemperature, state.TempOut, p.noise)
		s.showFlow(state.Flow, solver.WaterDensity(state.TempIn), solver.WaterDensity(state.TempOut), p.noise)
		if state.HeatModelled {
			s.showTemperature(models.SecondarySupplyTemp, state.SecondarySupply, p.noise)
			s.showTemperature(models.SecondaryReturnTemp, state.SecondaryReturn, p.noise)
		}
	}
}

// makeUpShare is make-up water over circulating water: a tight old network.
const makeUpShare = 0.002
