package solver_test

import (
	"math"
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

// town is a street of five stations whose source has pumps with a curve.
func pumped() *models.Network {
	net := circuit(5)
	x := &net.Sources[0]
	x.Curve = models.PumpCurve{Points: []models.CurvePoint{{Flow: 0, Head: 45}, {Flow: 0.03, Head: 40}, {Flow: 0.06, Head: 25}}}
	return net
}

func least(r *solver.Result) float64 {
	d := math.Inf(1)
	for i := range r.Stations {
		d = math.Min(d, r.Stations[i].Differential)
	}
	return d
}

// The pumps of the source hold the differential at whichever of the watched
// stations has least.
func TestRemoteDifferential(t *testing.T) {
	net := pumped()
	x := &net.Sources[0]
	x.Control, x.Differential = models.ControlRemote, 1.2e5
	x.Remote = []models.ID{"S1", "S3", "S5", "S4"}
	s := compile(t, net, solver.Options{})
	r := solve(t, s, nil)
	near(t, "least differential", least(r), 1.2e5, 5)
	if c := r.Controls[0]; c.Stand != models.Holding || !c.Kept || r.Sources[0].Speed < 0.3 || r.Sources[0].Speed > 1 {
		t.Errorf("%+v at speed %g", c, r.Sources[0].Speed)
	}
	// The last two taken out, the third is the one that counts.
	r = solve(t, s, r, set("S5", models.AttrInService, 0), set("S4", models.AttrInService, 0))
	near(t, "least of three", r.Stations[2].Differential, 1.2e5, 5)
	// More than the pumps give: they run at full speed and say so.
	r = solve(t, s, nil, set("SRC", models.AttrDifferential, 6e5))
	if c := r.Controls[0]; c.Stand != models.WideOpen || c.Kept || c.Value > 5e5 {
		t.Errorf("600 kPa at the last station: %+v", c)
	}
	near(t, "speed", r.Sources[0].Speed, 1, 1e-6)
	// Less than they give at their slowest.
	r = solve(t, s, nil, set("SRC", models.AttrDifferential, 10))
	if c := r.Controls[0]; c.Stand != models.Lowest || c.Kept {
		t.Errorf("10 Pa at the last station: %+v", c)
	}
	near(t, "speed", r.Sources[0].Speed, 0.3, 1e-6)
}

func TestSourceHoldsAPressure(t *testing.T) {
	net := pumped()
	x := &net.Sources[0]
	x.Control, x.Pressure = models.ControlOutletPressure, 5.5e5
	r := solve(t, compile(t, net, solver.Options{}), nil)
	at := net.Index()
	j, _ := at.At(models.KindJunction, x.To)
	near(t, "outlet", r.Junctions[j].Pressure, 5.5e5, 1)
}

// A booster in the supply main raises what the source does not, by what is
// needed to hold its own differential or a flow.
func TestBooster(t *testing.T) {
	for _, control := range []models.SourceControl{models.ControlDifferential, models.ControlRemote} {
		net := circuit(5)
		p := &net.Pipes[0]
		for i := range net.Pipes {
			if net.Pipes[i].Side == models.SideSupply {
				p = &net.Pipes[i]
			}
		}
		net.Junctions = append(net.Junctions, models.Junction{ID: "X", Side: models.SideSupply, Elevation: models.Some(12)})
		net.Pumps = []models.Pump{{Branch: models.Branch{ID: "BOOST", From: p.From, To: "X"}, Speed: 1, Control: control, Differential: 1e5, Remote: []models.ID{"S5"},
			Curve: models.PumpCurve{Points: []models.CurvePoint{{Flow: 0, Head: 30}, {Flow: 0.02, Head: 25}, {Flow: 0.04, Head: 15}}}}}
		p.From = "X"
		if control == models.ControlRemote {
			net.Pumps[0].Differential = 2.5e5
		}
		r := solve(t, compile(t, net, solver.Options{}), nil)
		c := r.Controls[0]
		near(t, "held", c.Value, net.Pumps[0].Differential, 5)
		if c.Stand != models.Holding || !c.Kept {
			t.Errorf("control %d: %+v", control, c)
		}
	}
}

// A pressure-independent valve passes its flow whatever the differential, and
// all there is where that is short.
func TestFlowLimitOfAStation(t *testing.T) {
	net := circuit(4)
	free := solve(t, compile(t, net, solver.Options{}), nil)
	for i := range net.Stations {
		net.Stations[i].FlowLimit = models.Some(0.8 * free.Stations[i].Flow)
		net.Stations[i].Opening = 1
	}
	net.Stations[3].FlowLimit = models.Some(1000)
	s := compile(t, net, solver.Options{})
	r := solve(t, s, nil)
	for i := range 3 {
		near(t, "limited", r.Stations[i].Flow, 0.8*free.Stations[i].Flow, 1e-6)
	}
	if c := r.Controls[3]; c.Stand != models.WideOpen || c.Value >= 1000 {
		t.Errorf("1000 kg/s: %+v", c)
	}
	// A quarter more from the pump changes none of the limited.
	r = solve(t, s, r, set("SRC", models.AttrDifferential, 3.2e5))
	near(t, "limited still", r.Stations[0].Flow, 0.8*free.Stations[0].Flow, 1e-6)
}

// A station with such a valve that is asked for a flow, or for heat, gets that: its
// valve opens for it, not further than to its limit.
func TestFlowLimitOfAStationThatAsks(t *testing.T) {
	net := circuit(3)
	net.Stations[1].FlowLimit = models.Some(5)
	s := compile(t, net, solver.Options{})
	r := solve(t, s, nil, set("S2", models.AttrFlow, 1))
	near(t, "flow asked for", r.Stations[1].Flow, 1, 0)
	with := &net.Stations[1]
	with.Demand.Flow = models.Some(1) // as the scenario has it
	if h, why := solver.OpeningOf(with, &r.Stations[1]); why != solver.OpeningFits || math.Abs(math.Pow(50, h-1)-0.2) > 1e-6 {
		t.Errorf("opening %g, %d: 1 of 5 kg/s is 0.2", h, why)
	}
	with.Demand = models.Demand{}
	for _, q := range []float64{0, 3e5, 6e5} {
		got := solve(t, s, nil, set("S2", models.AttrHeat, q)).Stations[1]
		plain := circuit(3)
		want := solve(t, compile(t, plain, solver.Options{}), nil, set("S2", models.AttrHeat, q)).Stations[1]
		near(t, "flow for heat", got.Flow, want.Flow, 1e-6)
		near(t, "heat", got.Heat, q, 20)
	}
	for _, d := range []models.Demand{{Heat: models.Some(4e6)}, {Heat: models.Some(2e6), TemperatureDrop: models.Some(40)}, {Heat: models.Some(2e6), ReturnTemperature: models.Some(340)}} {
		net.Stations[1].FlowLimit = models.Some(0.8)
		x := solve(t, compile(t, net, solver.Options{}), nil, set("S2", models.AttrHeat, d.Heat.Value)).Stations[1]
		if d.Heat.Value == 4e6 && (math.Abs(x.Flow-0.8) > 1e-6 || x.ShortBy != models.ShortValve || math.Abs(x.Heat+x.ShortOfHeat-d.Heat.Value) > 2e3) {
			t.Errorf("%+v: %+v", d, x)
		}
	}
}

// A self-operated controller in a branch keeps the differential of the street
// behind it, in the circuit with its temperatures.
func TestDifferentialControllerOfAStreet(t *testing.T) {
	net := circuit(5)
	at := -1
	for i := range net.Pipes {
		if net.Pipes[i].Side == models.SideReturn {
			at = i // the last return pipe, drawn against the flow
		}
	}
	p := &net.Pipes[at]
	net.Junctions = append(net.Junctions, models.Junction{ID: "X", Side: models.SideReturn, Elevation: models.Some(12)})
	net.Valves = append(net.Valves, models.Valve{Branch: models.Branch{ID: "DPC", From: "X", To: p.From}, Side: models.SideReturn,
		ControlValve: models.ControlValve{Kvs: 60, Characteristic: models.Linear}, Opening: 1,
		Control: models.HoldDifferential, Differential: 8e4, HighSensor: net.Stations[4].From, LowSensor: net.Stations[4].To})
	p.From = "X"
	s := compile(t, net, solver.Options{})
	r := solve(t, s, nil)
	near(t, "differential", r.Stations[4].Differential, 8e4, 1)
	r = solve(t, s, r, set("DPC", models.AttrDifferential, 5e4))
	near(t, "another set point", r.Stations[4].Differential, 5e4, 1)
	if c := r.Controls[0]; c.Stand != models.Holding || c.Element != "DPC" {
		t.Errorf("%+v", c)
	}
}
