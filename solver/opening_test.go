package solver_test

import (
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

// The opening that a given flow needs is the one at which that flow was found;
// so is that of the heat and return temperature that were found.
func TestOpeningOfAGivenFlow(t *testing.T) {
	for name, valve := range map[string]models.ControlValve{
		"equal percentage": {Kvs: 25, Rangeability: 50, Leakage: 5e-4},
		"linear":           {Kvs: 25, Characteristic: models.Linear, Leakage: 0.01},
		"by a table":       {Kvs: 25, Characteristic: models.TableCharacteristic, Table: [][2]float64{{0, 0}, {0.4, 0.1}, {1, 1}}},
	} {
		net := circuit(3)
		for i := range net.Stations {
			net.Stations[i].Valve, net.Stations[i].Opening = valve, 0.3*float64(i+1)
		}
		open := solve(t, compile(t, net, solver.Options{}), nil)
		for i := range net.Stations {
			for _, d := range []models.Demand{{Flow: models.Some(open.Stations[i].Flow)}, {Heat: models.Some(open.Stations[i].Heat), ReturnTemperature: models.Some(open.Stations[i].TempOut)}} {
				given := *net
				given.Stations = append([]models.Station{}, net.Stations...)
				given.Stations[i].Demand, given.Stations[i].Opening = d, 0.77
				r := solve(t, compile(t, &given, solver.Options{}), nil)
				h, why := solver.OpeningOf(&given.Stations[i], &r.Stations[i])
				if why != solver.OpeningFits {
					t.Errorf("%s: reason %d", name, why)
				}
				near(t, name, h, net.Stations[i].Opening, 1e-3)
			}
		}
	}
}

// Where no opening gives the flow, it is said why.
func TestNoOpeningGivesTheFlow(t *testing.T) {
	for name, c := range map[string]struct {
		change func(x *models.Station)
		want   solver.NoOpening
		near   float64
	}{
		"no valve":       {func(x *models.Station) { x.Valve = models.ControlValve{} }, solver.OpeningNoValve, 0},
		"at rest":        {func(x *models.Station) { x.Demand.Flow = models.Some(0) }, solver.OpeningNoFlow, 0},
		"out of service": {func(x *models.Station) { x.OutOfService = true }, solver.OpeningNoFlow, 0},
		"too much":       {func(x *models.Station) { x.Demand.Flow = models.Some(10.5) }, solver.OpeningBeyond, 1},
		"far too much":   {func(x *models.Station) { x.Demand.Flow = models.Some(30) }, solver.OpeningNoDrop, 1},
		"less than leaks": {func(x *models.Station) { x.Valve.Leakage, x.Demand.Flow = 0.01, models.Some(0.05) },
			solver.OpeningLeaks, 0},
	} {
		net := circuit(2)
		x := &net.Stations[0]
		x.Demand = models.Demand{Flow: models.Some(2)}
		c.change(x)
		r := solve(t, compile(t, net, solver.Options{}), nil)
		if h, why := solver.OpeningOf(x, &r.Stations[0]); why != c.want || h != c.near {
			t.Errorf("%s: opening %g, reason %d; %g kg/s, %g Pa over the valve", name, h, why, r.Stations[0].Flow, r.Stations[0].ValveDrop)
		}
	}
}
