package heating

import (
	"errors"
	"math"
	"testing"

	"evenflow/models"
)

func kelvin(c float64) float64 { return c + 273.15 }

var qingdao = models.Climate{DesignOutdoor: kelvin(-5), DesignIndoor: kelvin(18)}

// The table of the design notes: tn 18, tw' -5, b 0.3 for radiators, 0.032
// for floors; computed independently.
func TestCurveAgainstTheTable(t *testing.T) {
	cases := []struct{ supply, ret, b, tw, wantS, wantR float64 }{
		{95, 70, 0.3, 5, 66.65, 52.52}, {85, 60, 0.3, 5, 60.20, 46.07}, {75, 50, 0.3, 5, 53.76, 39.63}, {50, 40, 0.032, 5, 36.36, 30.71},
		{95, 70, 0.3, 0, 81.20, 61.63}, {85, 60, 0.3, 0, 72.92, 53.35}, {75, 50, 0.3, 0, 64.64, 45.07}, {50, 40, 0.032, 0, 43.20, 35.38},
		{95, 70, 0.3, -5, 95, 70}, {85, 60, 0.3, -5, 85, 60}, {75, 50, 0.3, -5, 75, 50}, {50, 40, 0.032, -5, 50, 40},
		{95, 70, 0.3, -9, 105.6, 76.3}, {85, 60, 0.3, -9, 94.3, 65.0}, {75, 50, 0.3, -9, 83.0, 53.7}, {50, 40, 0.032, -9, 55.4, 43.7},
	}
	for _, c := range cases {
		s, r := Curve{Climate: qingdao, Supply: kelvin(c.supply), Return: kelvin(c.ret), Exponent: c.b}.At(kelvin(c.tw))
		limit := 0.0051
		if c.tw == -9 { // printed with one digit
			limit = 0.051
		}
		if math.Abs(s-kelvin(c.wantS)) > limit || math.Abs(r-kelvin(c.wantR)) > limit {
			t.Errorf("%g/%g at %g: %.3f/%.3f, want %g/%g", c.supply, c.ret, c.tw, s-273.15, r-273.15, c.wantS, c.wantR)
		}
	}
}

func TestStagedFlowWidensTheSpread(t *testing.T) {
	c := Curve{Climate: qingdao, Supply: kelvin(75), Return: kelvin(50)}
	s1, r1 := c.At(kelvin(5))
	c.RelativeFlow = 0.8
	s2, r2 := c.At(kelvin(5))
	if math.Abs((s2-r2)-(s1-r1)/0.8) > 1e-9 || math.Abs(s1+r1-s2-r2) > 1e-9 {
		t.Errorf("spread %g → %g, mean %g → %g", s1-r1, s2-r2, (s1+r1)/2, (s2+r2)/2)
	}
}

func network() *models.Network {
	return &models.Network{Climate: qingdao}
}

func station(supply float64) *models.Station {
	d := models.StationDesign{PrimarySupply: kelvin(supply), PrimaryReturn: kelvin(supply - 60), SecondarySupply: kelvin(75), SecondaryReturn: kelvin(50)}
	if supply == 110 {
		d.SecondarySupply, d.SecondaryReturn = kelvin(60), kelvin(45)
	}
	return &models.Station{Branch: models.Branch{ID: "S-1"}, HeatedArea: 10e4, HeatIndex: 45, Design: d}
}

func TestDesignWeatherNeedsDesignFlow(t *testing.T) {
	for _, supply := range []float64{110, 120, 130} {
		for _, filed := range []models.Optional{{}, models.Some(25)} {
			st := station(supply)
			st.DesignFlow = filed
			want, err := DesignFlow(st)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Required(network(), st, qingdao.DesignOutdoor, st.Design.PrimarySupply)
			if err != nil || r.Limited {
				t.Fatal(r, err)
			}
			if math.Abs(r.Flow/want-1) > 1e-9 || math.Abs(r.ReturnTemperature-st.Design.PrimaryReturn) > 1e-6 || r.Heat != 45e5 {
				t.Errorf("%g degC, filed %v: %+v, want %g kg/s", supply, filed, r, want)
			}
		}
	}
}

// 18.6 万m2 at 40 W/m2 and 110/50: 7.44 MW and 29.5 kg/s, as a planner
// computes by hand.
func TestDesignFlowByHand(t *testing.T) {
	st := &models.Station{HeatedArea: 18.6e4, HeatIndex: 40, Design: models.StationDesign{PrimarySupply: kelvin(110), PrimaryReturn: kelvin(50)}}
	if g, err := DesignFlow(st); err != nil || math.Abs(g-29.5) > 0.1 {
		t.Errorf("%g kg/s, %v", g, err)
	}
}

// Whoever gets the required flow has rooms at 18 degC: requirement and
// steady state are the same physics read in two directions.
func TestRequiredFlowKeepsRoomsAtDesign(t *testing.T) {
	for _, tw := range []float64{-9, -5, -1, 4, 9} {
		for _, colder := range []float64{0, 2} {
			st := station(130)
			supply, err := SupplyTemperature(network(), st, kelvin(tw))
			if err != nil {
				t.Fatal(err)
			}
			r, err := Required(network(), st, kelvin(tw), supply-colder)
			if err != nil || r.Limited {
				t.Fatal(tw, r, err)
			}
			sec, err := SteadySecondary(network(), st, kelvin(tw), supply-colder, r.Flow)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(sec.Indoor-qingdao.DesignIndoor) > 1e-6 || math.Abs(sec.Heat-r.Heat) > 1 || math.Abs(sec.PrimaryReturn-r.ReturnTemperature) > 1e-6 {
				t.Errorf("%g degC outside: %+v against %+v", tw, sec, r)
			}
			design, _ := DesignFlow(st)
			if colder == 0 && math.Abs(r.Flow/design-1) > 1e-6 {
				t.Errorf("%g degC outside: %g of the design flow on the primary curve", tw, r.Flow/design)
			}
			if colder > 0 && r.Flow <= design {
				t.Errorf("%g degC outside: colder water needs more of it, got %g of %g", tw, r.Flow, design)
			}
		}
	}
}

func TestPrimaryCurveFallsWithMildWeather(t *testing.T) {
	st, last := station(120), math.Inf(1)
	for tw := -10.0; tw < 18; tw++ {
		s, err := SupplyTemperature(network(), st, kelvin(tw))
		if err != nil {
			t.Fatal(err)
		}
		if s >= last {
			t.Errorf("%g degC outside asks for %g K, not below %g K", tw, s, last)
		}
		last = s
	}
	if s, _ := SupplyTemperature(network(), st, qingdao.DesignOutdoor); math.Abs(s-kelvin(120)) > 1e-6 {
		t.Errorf("%g degC at design weather", s-273.15)
	}
}

func TestSummerNeedsNothing(t *testing.T) {
	for _, tw := range []float64{18, 25, 40} {
		r, err := Required(network(), station(130), kelvin(tw), kelvin(60))
		if err != nil || r.Flow != 0 || r.Heat != 0 || r.Limited {
			t.Errorf("%g degC: %+v, %v", tw, r, err)
		}
	}
}

// Water colder than the return the load asks for is a result: the bound, what
// it delivers, and a sane return temperature.
func TestTooColdSupplyIsSaid(t *testing.T) {
	for _, supply := range []float64{20, 45, 55, 70} {
		for _, secondary := range []bool{true, false} {
			st := station(130)
			if !secondary {
				st.Design.SecondarySupply, st.Design.SecondaryReturn = 0, 0
			}
			r, err := Required(network(), st, qingdao.DesignOutdoor, kelvin(supply))
			if err != nil {
				t.Fatal(err)
			}
			design, _ := DesignFlow(st)
			if !r.Limited || r.Flow != MostFlow*design || r.Deliverable >= r.Heat || r.Deliverable < 0 || r.ReturnTemperature > kelvin(supply)+1e-9 {
				t.Errorf("%g degC, secondary %v: %+v", supply, secondary, r)
			}
		}
	}
}

func TestBadInputNamesTheStation(t *testing.T) {
	good := func() (*models.Network, *models.Station) { return network(), station(130) }
	cases := map[string]func(*models.Network, *models.Station){
		"no area":            func(_ *models.Network, s *models.Station) { s.HeatedArea = 0 },
		"return over supply": func(_ *models.Network, s *models.Station) { s.Design.PrimaryReturn = kelvin(140) },
		"crossing":           func(_ *models.Network, s *models.Station) { s.Design.SecondaryReturn = kelvin(72) },
		"cold secondary":     func(_ *models.Network, s *models.Station) { s.Design.SecondaryReturn = kelvin(10) },
		"no climate":         func(n *models.Network, _ *models.Station) { n.Climate = models.Climate{} },
	}
	for name, spoil := range cases {
		n, s := good()
		spoil(n, s)
		_, err := Required(n, s, kelvin(-5), kelvin(130))
		var in *InputError
		if !errors.As(err, &in) || in.Station != "S-1" || in.Remedy == "" || len(models.ErrorElements(err)) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	n, s := good()
	if _, err := Required(n, s, math.NaN(), kelvin(130)); err == nil {
		t.Error("a weather that is no number gave a requirement")
	}
	if _, err := SteadySecondary(n, s, kelvin(0), kelvin(100), math.NaN()); err == nil {
		t.Error("a flow that is no number gave a steady state")
	}
}
