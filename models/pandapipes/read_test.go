package pandapipes

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/models/internal/defects"
	"evenflow/models/netfile"
)

// nested packs a value as to_json does: its content is a string of JSON.
func nested(module, class string, content any) map[string]any {
	text, err := json.Marshal(content)
	if err != nil {
		panic(err)
	}
	return map[string]any{"_module": module, "_class": class, "_object": string(text)}
}

// table makes a DataFrame; the first word of each row is its index.
func table(columns string, rows ...string) map[string]any {
	index, data := []any{}, []any{}
	for _, r := range rows {
		cells := strings.Fields(r)
		var row []any
		for i, c := range cells {
			var v any
			if err := json.Unmarshal([]byte(c), &v); err != nil {
				v = c
			}
			if i == 0 {
				index = append(index, v)
				continue
			}
			row = append(row, v)
		}
		data = append(data, row)
	}
	t := nested("pandas.core.frame", "DataFrame", map[string]any{"columns": strings.Fields(columns), "index": index, "data": data})
	t["orient"] = "split"
	t["dtype"] = map[string]any{}
	return t
}

func property(class string, content map[string]any) any {
	return nested("pandapipes.properties.fluids", class, content)
}

func water() map[string]any {
	return nested("pandapipes.properties.fluids", "Fluid", map[string]any{"name": "water", "fluid_type": "liquid", "is_gas": false, "all_properties": map[string]any{
		"density":       property("FluidPropertyInterExtra", map[string]any{"x_values": []float64{283.15, 363.15}, "y_values": []float64{1000, 960}}),
		"viscosity":     property("FluidPropertyConstant", map[string]any{"value": 5e-4}),
		"heat_capacity": property("FluidPropertyLinear", map[string]any{"slope": 0, "offset": 4.18}),
	}})
}

// town is a closed circuit with every element of one.
func town() map[string]any {
	pump := nested("pandapipes.std_types.std_type_class", "PumpStdType", map[string]any{"name": "P1", "reg_par": map[string]any{"_module": "numpy", "_class": "array", "_object": []float64{-0.001, -0.01, 6}}})
	return map[string]any{
		"fluid": water(), "name": "town", "version": "0.14.0", "format_version": "0.12.0", "converged": true,
		"user_pf_options":  map[string]any{"friction_model": "colebrook"},
		"junction":         table("name pn_bar tfluid_k height_m in_service type", "0 plant 5 350 10 true junction", "1 null 5 350 12 true junction", "2 null 5 350 12 true junction", "3 null 5 320 12 true junction", "4 null 5 320 10 true junction", "7 null 5 320 10 false junction"),
		"junction_geodata": table("x y", "0 1.5 2.5", "1 3 4"),
		"pipe": table("name from_junction to_junction std_type length_km inner_diameter_mm outer_diameter_mm k_mm loss_coefficient u_w_per_m2k text_k sections in_service type",
			"0 a 0 1 DN100 0.5 100 110 0.2 1.5 2 283.15 5 true pipe", "1 b 3 4 null 0.5 100 110 0.2 0 2 null 1 true pipe", "2 c 4 7 null 0.1 50 60 0.2 0 0 283.15 1 true pipe"),
		"valve":              table("name junction element et inner_diameter_mm opened loss_coefficient type", "0 null 1 2 ju 80 true 0.5 null", "1 null 4 1 pi 80 false 0 null"),
		"circ_pump_pressure": table("name return_junction flow_junction p_flow_bar t_flow_k plift_bar in_service type", "0 null 4 0 6 363.15 2.5 true auto"),
		"pump":               table("name from_junction to_junction std_type in_service type", "0 null 1 2 P1 true pump"),
		"heat_consumer":      table("name from_junction to_junction qext_w controlled_mdot_kg_per_s deltat_k treturn_k in_service type", "3 hc 2 3 1e5 null 30 null true null"),
		"controller":         table("object in_service", "0 x true"),
		"res_junction":       table("p_bar t_k", "0 1 2"),
		"pipe_geodata":       table("coords", "0 x"),
		"mass_storage":       table("name junction m_stored_kg", "0 s 1 5"),
		"std_types":          map[string]any{"pump": map[string]any{"P1": pump}, "pipe": map[string]any{}},
	}
}

// file packs a net into the bytes of a file.
func file(net map[string]any) []byte {
	data, err := json.Marshal(map[string]any{"_module": "pandapipes.pandapipes_net", "_class": "pandapipesNet", "_object": net})
	if err != nil {
		panic(err)
	}
	return data
}

func decode(t *testing.T, net map[string]any) *Conversion {
	t.Helper()
	c, ps := Decode(file(net))
	if c == nil {
		t.Fatal(ps)
	}
	return c
}

func TestTown(t *testing.T) {
	data := file(town())
	if !Looks(data) || Looks([]byte(`{"format": "evenflow-network/1"}`)) || Looks(nil) {
		t.Error("what it looks like")
	}
	c := decode(t, town())
	n := c.Network
	if n.Open || n.Name != "town" || c.Friction != "colebrook" || c.Fluid.Name != "water" {
		t.Errorf("open %v, name %q, friction %q, fluid %q", n.Open, n.Name, c.Friction, c.Fluid.Name)
	}
	if d := c.Fluid.Density; len(d.T) != 2 || d.Value[1] != 960 || c.Fluid.HeatCapacity.Value[0] != 4180 {
		t.Errorf("fluid %+v", c.Fluid)
	}
	j := n.Junctions[0]
	if j.ID != "n0" || j.Name != "plant" || j.Elevation.Value != 10 || j.X.Value != 1.5 || j.FixedPressure.Value != 6e5 || j.Side != models.SideSupply {
		t.Errorf("%+v", j)
	}
	p := n.Pipes[0]
	if p.ID != "p0" || p.Length != 500 || p.InnerDiameter != 0.1 || p.Roughness != 0.2e-3 || p.Zeta != 1.5 || p.Ambient.Value != 283.15 || math.Abs(p.HeatLoss.Value-2*math.Pi*0.11) > 1e-12 || p.Material != "DN100" || p.Side != models.SideSupply {
		t.Errorf("%+v", p)
	}
	if !n.Pipes[2].OutOfService || n.Pipes[1].OutOfService || n.Pipes[1].Ambient.Known {
		t.Error("pipes out of service, or ambient made up")
	}
	v := n.Valves
	if v[0].From != "n1" || v[0].To != "n2" || v[0].Opening != 1 || v[0].Zeta != 0.5 || v[0].InnerDiameter != 0.08 {
		t.Errorf("%+v", v[0])
	}
	if v[1].From != "n4" || v[1].To != "p1:n4" || n.Pipes[1].To != "p1:n4" || v[1].Opening != 0 {
		t.Errorf("the valve at a pipe's end: %+v, pipe to %s", v[1], n.Pipes[1].To)
	}
	s := n.Sources[0]
	if s.From != "n4" || s.To != "n0" || s.Differential != 2.5e5 || s.SupplyTemperature != 363.15 || s.Control != models.ControlDifferential {
		t.Errorf("%+v", s)
	}
	// 6 - 0.01 V - 0.001 V^2 bar at V = 20 m3/h.
	q, h := 20/3600.0, 0.0
	for i, a := range n.Pumps[0].Curve.Polynomial {
		h += a * math.Pow(q, float64(i))
	}
	rho := 1000 - 40*10.0/80
	if got := h * rho * 9.80665 / 1e5; math.Abs(got-(6-0.2-0.4)) > 1e-9 {
		t.Errorf("the pump lifts %g bar", got)
	}
	if d := n.Stations[0].Demand; n.Stations[0].ID != "hc3" || d.Heat != models.Some(1e5) || d.TemperatureDrop != models.Some(30) || d.Flow.Known || d.ReturnTemperature.Known {
		t.Errorf("%+v", n.Stations[0])
	}
	lost := map[string]bool{}
	for _, l := range c.NotCarried {
		lost[l.Table] = l.Matters
		if l.Error() == "" || l.Reason == "" {
			t.Errorf("%+v", l)
		}
	}
	for name, matters := range map[string]bool{"controller": true, "mass_storage": true, "pipe_geodata": false, "pipe": true} {
		if m, ok := lost[name]; !ok || m != matters {
			t.Errorf("%s is lost: %v, matters: %v", name, ok, m)
		}
	}
	if _, ok := lost["res_junction"]; ok {
		t.Error("results are no loss")
	}
}

// TestOldNames reads the columns of version 0.2, and NaN as Python writes it.
func TestOldNames(t *testing.T) {
	net := map[string]any{
		"fluid":    "water",
		"junction": table("name height_m in_service", "0 null 0 true", "1 null 0 true", "2 null 0 true"),
		"pipe":     table("from_junction to_junction length_km diameter_m k_mm loss_coefficient alpha_w_per_m2k text_k in_service", "0 0 1 0.1 0.05 1 0 3 283 true"),
		"valve":    table("from_junction to_junction diameter_m opened loss_coefficient", "0 1 2 0.05 true 0"),
		"ext_grid": table("junction p_bar t_k in_service type", "0 0 5 300 true p"),
		"sink":     table("junction mdot_kg_per_s scaling in_service", "0 1 0.5 2 true", "1 1 3 1 false"),
		"source":   table("junction mdot_kg_per_s in_service", "0 2 0.25 true"),
		"std_type": map[string]any{},
		"extra":    "NaN",
	}
	data := strings.Replace(string(file(net)), `"NaN"`, `NaN, "other": [-Infinity, "NaN \" Infinity", 1]`, 1)
	c, ps := Decode([]byte(data))
	if c == nil {
		t.Fatal(ps)
	}
	n := c.Network
	if !n.Open || n.Junctions[1].Draw != 1 || n.Junctions[2].Draw != -0.25 || n.Junctions[0].FixedPressure.Value != 5e5 || n.Junctions[0].FixedTemp.Known {
		t.Errorf("%+v", n.Junctions)
	}
	if p := n.Pipes[0]; p.InnerDiameter != 0.05 || math.Abs(p.HeatLoss.Value-3*math.Pi*0.05) > 1e-12 {
		t.Errorf("%+v", p)
	}
}

func TestControllersAndExchangers(t *testing.T) {
	net := map[string]any{
		"junction":       table("height_m", "0 0", "1 0", "2 0", "3 0", "4 0"),
		"ext_grid":       table("junction p_bar t_k type", "0 0 5 300 pt"),
		"sink":           table("junction mdot_kg_per_s", "0 4 1"),
		"flow_control":   table("from_junction to_junction controlled_mdot_kg_per_s control_active in_service", "0 0 1 1 true true", "1 0 2 5 false true"),
		"press_control":  table("from_junction to_junction controlled_junction controlled_p_bar control_active in_service", "0 1 2 2 3 true true", "1 1 3 2 3 true true", "2 1 3 2 3 false true"),
		"heat_exchanger": table("from_junction to_junction diameter_m qext_w loss_coefficient in_service", "0 3 4 0.1 5000 2 true"),
		"circ_pump_mass": table("from_junction to_junction p_bar t_k mdot_kg_per_s in_service", "0 0 1 4 350 2 false"),
	}
	c := decode(t, net)
	n := c.Network
	if len(n.Stations) != 2 || n.Stations[0].Demand.Flow != models.Some(1) || n.Stations[1].Demand.Heat != models.Some(5000) {
		t.Fatalf("%+v", n.Stations)
	}
	area := math.Pi / 4 * 0.01
	if r := n.Stations[1].FixedResistance * 2 * 998.2 * area * area; math.Abs(r-2) > 1e-9 {
		t.Errorf("the exchanger's zeta came back as %g", r)
	}
	if len(n.Valves) != 4 || n.Valves[1].Control != models.ReducePressure || n.Valves[1].Pressure != 3e5 || n.Valves[2].Control != models.ManualOpening {
		t.Errorf("%+v", n.Valves)
	}
	if s := n.Sources[0]; s.Control != models.ControlFlow || s.Flow != 2 || !s.OutOfService || n.Junctions[1].FixedPressure.Known {
		t.Errorf("%+v", s)
	}
	matters := 0
	for _, l := range c.NotCarried {
		if l.Table == "press_control" && l.Matters {
			matters++
		}
	}
	if matters != 2 {
		t.Errorf("%v", c.NotCarried)
	}
}

// TestHighPolynomial: a regression of the third degree becomes points.
func TestHighPolynomial(t *testing.T) {
	net := town()
	net["std_types"] = map[string]any{"pump": map[string]any{"P1": map[string]any{"reg_par": []float64{-1e-5, 0, -0.01, 6}}}}
	p := decode(t, net).Network.Pumps[0].Curve
	if p.Form != models.PiecewiseForm || len(p.Points) < 20 {
		t.Fatalf("%+v", p)
	}
	net["std_types"] = map[string]any{"pump": map[string]any{"P1": map[string]any{"x_values": []float64{0, 10, 20}, "y_values": []float64{6, 5, 2}}}}
	if p := decode(t, net).Network.Pumps[0].Curve; len(p.Points) != 3 || math.Abs(p.Points[1].Flow-10/3600.0) > 1e-15 {
		t.Errorf("%+v", p)
	}
}

// TestProblems: bad files are refused with the element, never half read.
func TestProblems(t *testing.T) {
	change := func(name string, v any) []byte {
		net := town()
		net[name] = v
		return file(net)
	}
	gas := nested("pandapipes.properties.fluids", "Fluid", map[string]any{"name": "hgas", "is_gas": true})
	for want, data := range map[string][]byte{
		"no JSON":                               []byte(`{"_class": "pandapipesNet"`),
		"no pandapipesNet":                      []byte(`{"_class": "pandapowerNet", "_object": {}}`),
		"holds no JSON":                         []byte(`{"_class": "pandapipesNet", "_object": "{"}`),
		"no junctions":                          []byte(`{"_class": "pandapipesNet", "_object": {}}`),
		"is a gas":                              change("fluid", gas),
		"junction 9 does not":                   change("pipe", table("from_junction to_junction length_km diameter_m", "0 0 9 1 0.1")),
		"names no junction":                     change("pipe", table("from_junction to_junction length_km diameter_m", "0 0 null 1 0.1")),
		"pipe p0: length_m":                     change("pipe", table("from_junction to_junction length_km diameter_m k_mm", "0 0 1 -5 0.1 0.1", "1 3 4 1 0.1 0.1")),
		"pump type":                             change("std_types", map[string]any{}),
		"index 0 twice":                         change("junction", table("height_m", "0 0", "0 0")),
		"every column":                          change("junction", table("height_m name", "0 0")),
		"not a DataFrame":                       change("junction", nested("x", "Series", map[string]any{})),
		"no flow temperature":                   change("circ_pump_pressure", table("return_junction flow_junction p_flow_bar plift_bar", "0 4 0 6 2")),
		"does not end at":                       change("valve", table("junction element et inner_diameter_mm opened", "0 4 0 pi 80 true")),
		"no whole number":                       change("junction", table("height_m", "0.5 0")),
		"pipe p0: k_mm: is missing":             change("pipe", table("from_junction to_junction length_km diameter_m k_mm", "0 0 1 1 0.1 null")),
		"pipe p0: length_km: is missing":        change("pipe", table("from_junction to_junction diameter_m k_mm", "0 0 1 0.1 0.1")),
		"junction 1.5 does not exist":           change("pipe", table("from_junction to_junction length_km diameter_m k_mm", "0 0 1.5 1 0.1 0.1")),
		"pipe 0: diameter_m: is wide where":     change("pipe", table("from_junction to_junction length_km diameter_m k_mm", "0 0 1 1 wide 0.1")),
		"in_service: is no where true or false": change("pipe", table("from_junction to_junction length_km diameter_m k_mm in_service", "0 0 1 1 0.1 0.1 no")),
		"opened: is null where true or false":   change("valve", table("junction element et inner_diameter_mm opened", "0 1 2 ju 80 null")),
		"sink 3: mdot_kg_per_s: is missing":     change("sink", table("junction mdot_kg_per_s", "3 1 null")),
		"cp0: plift_bar: is missing":            change("circ_pump_pressure", table("return_junction flow_junction p_flow_bar t_flow_k", "0 4 0 6 350")),
		"cm0: mdot_flow_kg_per_s: is missing":   change("circ_pump_mass", table("return_junction flow_junction p_flow_bar t_flow_k", "0 4 0 6 350")),
		"fc0: controlled_mdot_kg_per_s":         change("flow_control", table("from_junction to_junction", "0 1 2")),
		"pc0: controlled_p_bar":                 change("press_control", table("from_junction to_junction controlled_junction", "0 1 2 2")),
		"hx0: qext_w: is missing":               change("heat_exchanger", table("from_junction to_junction diameter_m", "0 2 3 0.1")),
		"something follows":                     append(file(town()), ']'),
		"just once":                             change("heat_consumer", table("from_junction to_junction qext_w deltat_k treturn_k", "0 2 3 1e5 30 300")),
	} {
		c, ps := Decode(data)
		if c != nil || !strings.Contains(ps.Error(), want) {
			t.Errorf("want %q:\n%v", want, ps)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(file(town()))
	f.Add([]byte(`{"_class": "pandapipesNet", "_object": {"junction": {"_class": "DataFrame", "_object": "{\"columns\":[\"height_m\"],\"index\":[0],\"data\":[[NaN]]}"}}}`))
	f.Add(file(everything()))
	f.Add([]byte("{\"_class\": \"pandapipesNet\"\x00, \"_object\": NaN}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, ps := Decode(data)
		if (c == nil) != (ps.Refused() != nil) {
			t.Fatal("a network without problems, or problems with a network")
		}
		if err := defects.Complete(ps, string(data)); err != nil {
			t.Fatal(err)
		}
		if c == nil {
			return
		}
		if c.Network.Validate().Refused() != nil {
			t.Fatal("the network does not validate")
		}
		if _, err := netfile.Encode(c.Network); err != nil {
			t.Fatal(err) // it holds something that is no number
		}
	})
}

// everything adds to the town the elements that no closed circuit has.
func everything() map[string]any {
	net := town()
	net["ext_grid"] = table("junction p_bar t_k type in_service", "0 0 5 330 pt true")
	net["sink"] = table("junction mdot_kg_per_s scaling in_service", "0 1 0.5 2 true")
	net["source"] = table("junction mdot_kg_per_s scaling in_service", "0 2 0.5 2 true")
	net["circ_pump_mass"] = table("return_junction flow_junction p_flow_bar t_flow_k mdot_flow_kg_per_s", "0 4 0 6 350 2")
	net["flow_control"] = table("from_junction to_junction controlled_mdot_kg_per_s control_active", "0 1 2 1 true", "1 1 2 1 false")
	net["press_control"] = table("from_junction to_junction controlled_junction controlled_p_bar control_active", "0 1 2 2 3 true", "1 1 2 0 3 true")
	net["heat_exchanger"] = table("from_junction to_junction diameter_m qext_w loss_coefficient", "0 1 2 0.1 1000 2")
	return net
}
