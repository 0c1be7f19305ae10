package solver_test

import (
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

const cp = 4200.0

func TestTwoOfFourDemands(t *testing.T) {
	heat, flow, drop, back := models.Some(6e5), models.Some(3.0), models.Some(45.0), models.Some(328.15)
	for name, d := range map[string]models.Demand{
		"flow":             {Flow: flow},
		"flow and heat":    {Flow: flow, Heat: heat},
		"flow and drop":    {Flow: flow, TemperatureDrop: drop},
		"flow and return":  {Flow: flow, ReturnTemperature: back},
		"heat and drop":    {Heat: heat, TemperatureDrop: drop},
		"heat and return":  {Heat: heat, ReturnTemperature: back},
		"heat, exchanger":  {Heat: heat},
		"nothing, opening": {},
	} {
		net := circuit(3)
		net.Stations[2].Demand = d
		r := solve(t, compile(t, net, solver.Options{}), nil)
		x := &r.Stations[2]
		if x.ShortOfHeat != 0 || x.Flow <= 0 {
			t.Errorf("%s: %+v", name, x)
		}
		if d.Flow.Known {
			near(t, name+": flow", x.Flow, 3, 1e-12)
		}
		if d.Heat.Known {
			near(t, name+": heat", x.Heat, 6e5, 2)
		}
		if d.TemperatureDrop.Known {
			near(t, name+": drop", x.TempIn-x.TempOut, 45, 1e-4)
		}
		if d.ReturnTemperature.Known {
			near(t, name+": return", x.TempOut, 328.15, 1e-4)
		}
	}
}

func TestHeatOutOfReach(t *testing.T) {
	net := circuit(2)
	s := compile(t, net, solver.Options{})
	// More than the exchanger passes.
	r := solve(t, s, nil, set("S2", models.AttrHeat, 2.5e6))
	if x := &r.Stations[1]; x.ShortOfHeat <= 0 || x.Heat <= 0 {
		t.Errorf("asked for 2.5 MW: %+v", x)
	}
	near(t, "given and short", r.Stations[1].Heat+r.Stations[1].ShortOfHeat, 2.5e6, 2e3)
	// Summer: the supply is colder than the return asked for.
	r = solve(t, s, nil, set("SRC", models.AttrSupplyTemperature, 313.15),
		set("S2", models.AttrHeat, 4e5), set("S2", models.AttrReturnTemperature, 328.15))
	if x := &r.Stations[1]; x.ShortOfHeat != 4e5 || x.Flow > 1e-9 {
		t.Errorf("a supply of 40 degC cannot come back with 55: %+v", x)
	}
	// Heat from a trickle: the water would freeze.
	r = solve(t, s, nil, set("S2", models.AttrFlow, 0.1), set("S2", models.AttrHeat, 4e5))
	if x := &r.Stations[1]; x.ShortOfHeat <= 0 || x.TempOut < 273 {
		t.Errorf("0.1 kg/s for 400 kW: %+v", x)
	}
	near(t, "given and short", r.Stations[1].Heat+r.Stations[1].ShortOfHeat, 4e5, 1)
	// Nothing asked for.
	r = solve(t, s, nil, set("S2", models.AttrHeat, 0))
	near(t, "flow for no heat", r.Stations[1].Flow, 0, 0)
}

// The station's valve, an unknown secondary side, a feed-in.
func TestStationsWithoutSecondary(t *testing.T) {
	net := circuit(3)
	net.Climate = models.Climate{}
	r := solve(t, compile(t, net, solver.Options{}), nil)
	near(t, "design return", r.Stations[0].TempOut, 333.15, 1e-9)
	if r.Stations[0].HeatModelled {
		t.Error("no climate, no rooms")
	}
	net.Stations[2].Demand = models.Demand{Heat: models.Some(1e5)} // from what the opening lets pass
	r = solve(t, compile(t, net, solver.Options{}), nil)
	near(t, "heat", r.Stations[2].Heat, 1e5, 1)
	if r.Stations[2].Flow < 1 {
		t.Errorf("flow by the opening: %g", r.Stations[2].Flow)
	}
	net.Stations[2].Demand = models.Demand{Heat: models.Some(-1e5), Flow: models.Some(2)}
	r = solve(t, compile(t, net, solver.Options{}), nil)
	near(t, "feed-in", r.Stations[2].TempOut-r.Stations[2].TempIn, 1e5/(2*cp), 0.2)
}

// Two sources in one circuit: the second gives flow, or speed, beside the one
// that holds the differential.
func TestTwoSources(t *testing.T) {
	net := circuit(5)
	second := net.Sources[0]
	second.ID, second.From, second.To = "SRC2", "JR5", "JS5"
	second.Control, second.Flow, second.SupplyTemperature = models.ControlFlow, 6, 373.15
	net.Sources = append(net.Sources, second)
	s := compile(t, net, solver.Options{})
	r := solve(t, s, nil)
	near(t, "flow of the second source", r.Sources[1].Flow, 6, 0)
	total := 0.0
	for i := range r.Stations {
		total += r.Stations[i].Flow
	}
	near(t, "both together", r.Sources[0].Flow+r.Sources[1].Flow, total, 1e-8)
	near(t, "the far end is fed from its own source", r.Stations[4].TempIn, 373.15, 0.5)
	r = solve(t, s, r, set("SRC2", models.AttrSpeed, 0.8))
	if r.Sources[1].Flow <= 0 {
		t.Errorf("a second pump at 0.8: %g kg/s", r.Sources[1].Flow)
	}
	r = solve(t, s, r, set("SRC2", models.AttrSpeed, 0.1))
	if f := r.Sources[1].Flow; f > 0 || f < -0.1 {
		t.Errorf("too weak to open its non-return valve: %g kg/s", f)
	}
}

// A small drop that is given is no reason to get less heat.
func TestHeatWithASmallDrop(t *testing.T) {
	net := circuit(2)
	net.Stations[1].Demand = models.Demand{Heat: models.Some(2e4), TemperatureDrop: models.Some(1)}
	x := solve(t, compile(t, net, solver.Options{}), nil).Stations[1]
	near(t, "heat", x.Heat, 2e4, 1)
	near(t, "flow", x.Flow, 2e4/4226, 0.01)
	if x.ShortOfHeat != 0 || x.ShortBy != models.NoShortage {
		t.Errorf("%+v", x)
	}
}

// Heat that is fed in and does not fit into the water is told, and so is a drop
// that the water does not have.
func TestFeedThatDoesNotFit(t *testing.T) {
	for name, d := range map[string]models.Demand{
		"more than 200 degC would hold": {Heat: models.Some(-5e6), Flow: models.Some(2.0)},
		"back colder than it comes":     {Heat: models.Some(-2e5), ReturnTemperature: models.Some(340.0)},
	} {
		net := circuit(2)
		net.Stations[1].Demand = d
		s := compile(t, net, solver.Options{})
		r := solve(t, s, nil)
		if a, err := s.Audit(models.Scenario{}, r); err != nil || !a.OK() {
			t.Errorf("%s: audit %+v, %v", name, a, err)
		}
		x := r.Stations[1]
		near(t, name+": given and not", x.ShortOfHeat-x.Heat, -d.Heat.Value, 1)
		if x.ShortBy != models.ShortTooHot || margin(t, r, models.LimitHeat).Element != "S2" {
			t.Errorf("%s: %+v", name, x)
		}
	}
	net := circuit(2)
	net.Stations[0].Demand = models.Demand{Flow: models.Some(0.2), TemperatureDrop: models.Some(150)} // mixed with the rest it is warm
	if v := margin(t, solve(t, compile(t, net, solver.Options{}), nil), models.LimitFreezing); v.Element != "S1" || v.Margin >= 0 {
		t.Errorf("%+v", v)
	}
}
