package dhcase

import (
	"bytes"
	"compress/gzip"
	"errors"
	"math"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/models/internal/defects"
	"evenflow/models/netfile"
)

// ring is a plant, a supply pipe of two sections, a consumer, an exchanger
// and a return pipe.
const ring = `{
 "schema": "dh-case/1", "id": "ring", "title": "Ring", "tags": ["heat"],
 "options": {"mode": "sequential", "friction_model": "nikuradse", "ambient_temperature_k": 283.15, "gravity_m_per_s2": 9.81},
 "fluid": {
  "density_kg_per_m3": {"kind": "table_linear", "t_k": [293.15, 353.15], "value": [998, 972]},
  "viscosity_pa_s": {"kind": "constant", "value": 0.0005},
  "heat_capacity_j_per_kg_k": {"kind": "linear", "slope": 1, "offset": 3900}},
 "nodes": [
  {"id": 0, "height_m": 0, "t_init_k": 350, "in_service": true},
  {"id": 1, "height_m": 10, "t_init_k": 340, "in_service": true},
  {"id": 2, "height_m": 10, "t_init_k": 320, "in_service": true, "x": 3, "y": 4},
  {"id": 3, "height_m": 0, "t_init_k": 320, "in_service": true}],
 "pipes": [
  {"id": 5, "from": 0, "to": 1, "length_m": 100, "inner_diameter_m": 0.1, "outer_diameter_m": 0.11, "roughness_mm": 0.2, "zeta": 0, "u_w_per_m2k": 2, "t_ambient_k": 280, "sections": 2, "in_service": true},
  {"id": 6, "from": 2, "to": 3, "length_m": 100, "inner_diameter_m": 0.1, "outer_diameter_m": 0.11, "roughness_mm": 0.2, "zeta": 3, "u_w_per_m2k": 2, "t_ambient_k": 280, "sections": 1, "in_service": true}],
 "circ_pumps_pressure": [{"id": 0, "from": 3, "to": 0, "p_flow_bar": 5, "p_lift_bar": 2, "t_flow_k": 353.15, "in_service": true}],
 "heat_consumers": [{"id": 0, "from": 1, "to": 2, "qext_w": 50000, "mdot_kg_per_s": null, "delta_t_k": 20, "t_return_k": null, "in_service": true}],
 "heat_exchangers": [{"id": 0, "from": 1, "to": 2, "qext_w": 1000, "inner_diameter_m": 0.1, "zeta": 50, "in_service": true}],
 "results": {"program": "x", "converged": true,
  "nodes": [{"id": 1, "p_bar": 4, "t_k": 352}],
  "pipes": [{"id": 5, "mdot_kg_per_s": 1.5, "t_outlet_k": 352, "v_m_per_s": 0.2, "internal_t_k": [352.5], "internal_p_bar": [4.5]}, {"id": 6, "mdot_kg_per_s": 1.5, "t_outlet_k": 330}],
  "heat_consumers": [{"id": 0, "mdot_kg_per_s": 0.6}]},
 "references": [{"program": "y", "nodes": [{"id": 1, "p_bar": 4.1}], "pipes": [{"id": 6, "v_m_per_s": 0.21, "t_sections_k": [331, 330]}]}]
}`

func TestReadRing(t *testing.T) {
	c, err := Read(strings.NewReader(ring))
	if err != nil {
		t.Fatal(err)
	}
	n := c.Network
	if len(n.Pipes) != 3 || n.Pipes[0].ID != "p5.1" || n.Pipes[1].From != "p5:1" || n.Pipes[0].Length != 50 {
		t.Errorf("a pipe of two sections became %+v", n.Pipes)
	}
	if n.Open || n.Junctions[0].Side != models.SideSupply || n.Junctions[2].Side != models.SideReturn {
		t.Errorf("open %v, sides %v %v; want a closed circuit with sides", n.Open, n.Junctions[0].Side, n.Junctions[2].Side)
	}
	if p := n.Junctions[0].FixedPressure; p != models.Some(5e5) {
		t.Errorf("hold %+v, want 5 bar at the plant's outlet", p)
	}
	a := c.Assumptions
	if a.Start[0] != 353.15 || a.Start[4] != (353.15+340)/2 && a.Start[4] != (350.0+340)/2 {
		t.Errorf("start temperatures %v", a.Start)
	}
	if v := a.HeatCapacity.At(300); v != 4200 {
		t.Errorf("linear heat capacity at 300 K is %g, want 4200", v)
	}
	if v := a.Density.At(373.15); math.Abs(v-(972-26.0/3)) > 1e-9 {
		t.Errorf("density is extrapolated to %g", v)
	}
	s := n.Stations[1]
	if want := c.Exchangers[0].Resistance(a.Density.At(330)); math.Abs(s.FixedResistance-want) > 1e-9*want {
		t.Errorf("exchanger resistance %g, want %g at the mean of 340 and 320 K", s.FixedResistance, want)
	}
	if len(c.Expected.Junctions) != 2 || c.Expected.Junctions[1].ID != "p5:1" || len(c.Expected.Branches) != 4 {
		t.Errorf("expected results %+v", c.Expected)
	}
	if r := c.References[0]; c.Pipes[r.Pipes[0].Pipe].ID != "p6" {
		t.Errorf("reference %+v", r)
	}
}

func TestPacked(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(ring))
	z.Close()
	if c, err := Read(&b); err != nil || c.ID != "ring" {
		t.Fatalf("%v, %v", c, err)
	}
}

// A spoilt case is refused with the element named.
func TestRefusals(t *testing.T) {
	for _, x := range []struct{ old, new, want string }{
		{`"from": 2, "to": 3`, `"from": 2, "to": 33`, "p6: node 33 does not exist"},
		{`"schema": "dh-case/1"`, `"schema": "dh-case/2"`, "schema"},
		{`"nikuradse"`, `"hazen"`, "friction_model"},
		{`"kind": "constant"`, `"kind": "cubic"`, "viscosity"},
		{`"sections": 1, `, `"sections": 1, "sections"`, "no case file"},
		{`"p_flow_bar": 5`, `"p_flow_bar": 1e9`, "fixed_pressure_pa"},
		{`{"id": 6, "mdot_kg_per_s": 1.5, "t_outlet_k": 330}`, `{"id": 7, "mdot_kg_per_s": 1.5}`, "p7"},
	} {
		_, err := Read(strings.NewReader(strings.Replace(ring, x.old, x.new, 1)))
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: error %v, want one that says %q", x.new, err, x.want)
		}
	}
}

// What the six kinds of element cannot say is told by type, not refused.
func TestNotCovered(t *testing.T) {
	pump := strings.Replace(ring, `"heat_consumers"`, `"pumps": [{"id": 0, "from": 0, "to": 1, "curve": {"polynomial_bar_of_m3_per_h": [-1, 0, 0, 5]}, "in_service": true}], "heat_consumers"`, 1)
	_, err := Read(strings.NewReader(pump))
	var beyond *NotCovered
	if !errors.As(err, &beyond) || beyond.Element != "pu0" {
		t.Errorf("a cubic pump curve: %v", err)
	}
	points := strings.Replace(pump, `"polynomial_bar_of_m3_per_h": [-1, 0, 0, 5]`, `"polynomial_bar_of_m3_per_h": null, "points_m3_per_h": [0, 36], "points_bar": [5, 4]`, 1)
	c, err := Read(strings.NewReader(points))
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Network.Pumps[0].Curve.Points; len(p) != 2 || p[1].Flow != 0.01 || math.Abs(p[1].Head*c.Assumptions.PumpDensity*9.81-4e5) > 1e-6 {
		t.Errorf("points of a pump: %+v", p)
	}
}

// A node out of service takes its branches with it.
func TestNodeOutOfService(t *testing.T) {
	text := strings.Replace(ring, `"x": 3, "y": 4`, `"x": 3`, 1)
	text = strings.Replace(text, `{"id": 3, "height_m": 0, "t_init_k": 320, "in_service": true}`, `{"id": 3, "height_m": 0, "t_init_k": 320, "in_service": true}, {"id": 9, "height_m": 0, "t_init_k": 320, "in_service": false}`, 1)
	text = strings.Replace(text, `"heat_consumers"`, `"valves": [{"id": 1, "from": 1, "to": 9, "inner_diameter_m": 0.1, "zeta": 1, "open": true}], "heat_consumers"`, 1)
	c, err := Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if !c.Network.Valves[0].OutOfService || c.Network.Pipes[0].OutOfService {
		t.Errorf("valve %+v", c.Network.Valves[0])
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(ring))
	f.Add([]byte(strings.Replace(ring, `"heat_consumers"`, `"pumps": [{"id": 0, "from": 0, "to": 1, "curve": {"polynomial_bar_of_m3_per_h": [-0.1, 5]}}],
 "pressure_sources": [{"id": 1, "node": 2, "fixes": "pt", "p_bar": 3, "t_k": 300}], "sinks": [{"id": 1, "node": 1, "mdot_kg_per_s": 1}], "sources": [{"id": 1, "node": 1, "mdot_kg_per_s": 1}],
 "circ_pumps_mass": [{"id": 0, "from": 3, "to": 0, "p_flow_bar": 5, "mdot_kg_per_s": 2, "t_flow_k": 353.15}], "valves": [{"id": 0, "from": 3, "to": 0, "inner_diameter_m": 0.1, "open": true}],
 "flow_controllers": [{"id": 0, "from": 3, "to": 0, "mdot_kg_per_s": 1, "control_active": true}], "pressure_controllers": [{"id": 0, "from": 3, "to": 0, "controlled_node": 0, "p_bar": 2, "control_active": true}], "heat_consumers"`, 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Decode(data)
		var ps models.Problems
		var beyond *NotCovered
		switch {
		case errors.As(err, &ps):
			if err := defects.Complete(ps, string(data)); err != nil {
				t.Fatal(err)
			}
		case err != nil && !errors.As(err, &beyond):
			t.Fatalf("an error that names nothing: %v", err)
		case err == nil && c.Network.Validate().Refused() != nil:
			t.Fatal("a case with an invalid network was accepted")
		case err == nil:
			if _, err := netfile.Encode(c.Network); err != nil {
				t.Fatal(err) // it holds something that is no number
			}
		}
	})
}
