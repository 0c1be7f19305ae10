package verify

import (
	"math"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/models/epanet"
)

// What EPANET's units, defaults and precedences come to, beside it: heads in m of
// the junctions in their order, typed from a run of EPANET 2.3 (epanet-js 0.9.0) on
// these files with Accuracy 1e-8 and HeadError 1e-7.
func TestUnitsAndDefaultsBesideEPANET(t *testing.T) {
	for name, c := range map[string]struct {
		file  string
		heads []float64
	}{
		"LPS PSI": {"[JUNCTIONS]\nA 0\nB 5 2\n[RESERVOIRS]\nR 100\nS 1\n[PIPES]\np R A 1000 200 100\nq B S 1000 200 100\n[VALVES]\nV A B 200 PRV 15\n[EMITTERS]\nB 0.5\n[OPTIONS]\nPressure PSI\nUnits LPS\nSpecific Gravity 0.8\n[END]\n",
			[]float64{80.016774, 18.189476}},
		"LPS KPA": {"[JUNCTIONS]\nA 0\nB 5 2\n[RESERVOIRS]\nR 100\nS 1\n[PIPES]\np R A 1000 200 100\nq B S 1000 200 100\n[VALVES]\nV A B 200 PRV 100\n[EMITTERS]\nB 0.5\n[OPTIONS]\nPressure KPA\nUnits LPS\nSpecific Gravity 0.8\n[END]\n",
			[]float64{80.507814, 17.752696}},
		"LPS METERS": {"[JUNCTIONS]\nA 0\nB 5 2\n[RESERVOIRS]\nR 100\nS 1\n[PIPES]\np R A 1000 200 100\nq B S 1000 200 100\n[VALVES]\nV A B 200 PRV 15\n[EMITTERS]\nB 0.5\n[OPTIONS]\nPressure METERS\nUnits LPS\nSpecific Gravity 0.8\n[END]\n",
			[]float64{77.984421, 20.000000}},
		"LPS BAR": {"[JUNCTIONS]\nA 0\nB 5 2\n[RESERVOIRS]\nR 100\nS 1\n[PIPES]\np R A 1000 200 100\nq B S 1000 200 100\n[VALVES]\nV A B 200 PRV 2\n[EMITTERS]\nB 0.5\n[OPTIONS]\nPressure BAR\nUnits LPS\nSpecific Gravity 0.8\n[END]\n",
			[]float64{66.262689, 30.506132}},
		"LPS FEET": {"[JUNCTIONS]\nA 0\nB 5 2\n[RESERVOIRS]\nR 100\nS 1\n[PIPES]\np R A 1000 200 100\nq B S 1000 200 100\n[VALVES]\nV A B 200 PRV 40\n[EMITTERS]\nB 0.5\n[OPTIONS]\nPressure FEET\nUnits LPS\nSpecific Gravity 0.8\n[END]\n",
			[]float64{81.138628, 17.192000}},
		"GPM PSI": {"[JUNCTIONS]\nA 0\nB 5 2\n[RESERVOIRS]\nR 100\nS 1\n[PIPES]\np R A 1000 8 100\nq B S 1000 8 100\n[VALVES]\nV A B 8 PRV 15\n[EMITTERS]\nB 0.5\n[OPTIONS]\nPressure PSI\nUnits GPM\nSpecific Gravity 0.8\n[END]\n",
			[]float64{15.989496, 14.713476}},
		"GPM KPA": {"[JUNCTIONS]\nA 0\nB 5 2\n[RESERVOIRS]\nR 100\nS 1\n[PIPES]\np R A 1000 8 100\nq B S 1000 8 100\n[VALVES]\nV A B 8 PRV 100\n[EMITTERS]\nB 0.5\n[OPTIONS]\nPressure KPA\nUnits GPM\nSpecific Gravity 0.8\n[END]\n",
			[]float64{16.428088, 14.276696}},
		"GPM METERS": {"[JUNCTIONS]\nA 0\nB 5 2\n[RESERVOIRS]\nR 100\nS 1\n[PIPES]\np R A 1000 8 100\nq B S 1000 8 100\n[VALVES]\nV A B 8 PRV 15\n[EMITTERS]\nB 0.5\n[OPTIONS]\nPressure METERS\nUnits GPM\nSpecific Gravity 0.8\n[END]\n",
			[]float64{15.350175, 15.350174}},
		"GPM BAR": {"[JUNCTIONS]\nA 0\nB 5 2\n[RESERVOIRS]\nR 100\nS 1\n[PIPES]\np R A 1000 8 100\nq B S 1000 8 100\n[VALVES]\nV A B 8 PRV 2\n[EMITTERS]\nB 0.5\n[OPTIONS]\nPressure BAR\nUnits GPM\nSpecific Gravity 0.8\n[END]\n",
			[]float64{15.350175, 15.350174}},
		"GPM FEET": {"[JUNCTIONS]\nA 0\nB 5 2\n[RESERVOIRS]\nR 100\nS 1\n[PIPES]\np R A 1000 8 100\nq B S 1000 8 100\n[VALVES]\nV A B 8 PRV 40\n[EMITTERS]\nB 0.5\n[OPTIONS]\nPressure FEET\nUnits GPM\nSpecific Gravity 0.8\n[END]\n",
			[]float64{16.991128, 13.716000}},
		"LPS PSI, pressure-driven": {"[JUNCTIONS]\nA 0 2\nB 70 3\n[RESERVOIRS]\nR 100\n[PIPES]\np R A 1000 200 100\nq A B 1000 200 100\n[OPTIONS]\nUnits LPS\nPressure PSI\nSpecific Gravity 0.8\nDemand Model PDA\nMinimum Pressure 2\nRequired Pressure 40\n[END]\n",
			[]float64{99.734348, 99.638070}},
		"LPS METERS, pressure-driven": {"[JUNCTIONS]\nA 0 2\nB 70 3\n[RESERVOIRS]\nR 100\n[PIPES]\np R A 1000 200 100\nq A B 1000 200 100\n[OPTIONS]\nUnits LPS\nPressure METERS\nSpecific Gravity 0.8\nDemand Model PDA\nMinimum Pressure 2\nRequired Pressure 40\n[END]\n",
			[]float64{99.752774, 99.667908}},
		"GPM PSI, pressure-driven": {"[JUNCTIONS]\nA 0 2\nB 70 3\n[RESERVOIRS]\nR 100\n[PIPES]\np R A 1000 8 100\nq A B 1000 8 100\n[OPTIONS]\nUnits GPM\nPressure PSI\nSpecific Gravity 0.8\nDemand Model PDA\nMinimum Pressure 2\nRequired Pressure 40\n[END]\n",
			[]float64{30.479775, 30.479727}},
		"GPM METERS, pressure-driven": {"[JUNCTIONS]\nA 0 2\nB 70 3\n[RESERVOIRS]\nR 100\n[PIPES]\np R A 1000 8 100\nq A B 1000 8 100\n[OPTIONS]\nUnits GPM\nPressure METERS\nSpecific Gravity 0.8\nDemand Model PDA\nMinimum Pressure 2\nRequired Pressure 40\n[END]\n",
			[]float64{30.479804, 30.479763}},
		"LPS, power": {"[JUNCTIONS]\nA 0 5\nB 0\n[RESERVOIRS]\nR 10\nS 20\n[PIPES]\np A S 1000 200 100\nq R B 10 200 130\n[PUMPS]\nU B A POWER 5 SPEED 0.9\n[CURVES]\nC 30 20\n[OPTIONS]\nUnits LPS\n[END]\n",
			[]float64{26.130327, 9.947656}},
		"CMH, power": {"[JUNCTIONS]\nA 0 5\nB 0\n[RESERVOIRS]\nR 10\nS 20\n[PIPES]\np A S 1000 200 100\nq R B 10 200 130\n[PUMPS]\nU B A POWER 5 SPEED 0.9\n[CURVES]\nC 30 20\n[OPTIONS]\nUnits CMH\n[END]\n",
			[]float64{27.034068, 9.952642}},
		"GPM, power": {"[JUNCTIONS]\nA 0 5\nB 0\n[RESERVOIRS]\nR 10\nS 20\n[PIPES]\np A S 1000 8 100\nq R B 10 8 130\n[PUMPS]\nU B A POWER 5 SPEED 0.9\n[CURVES]\nC 30 20\n[OPTIONS]\nUnits GPM\n[END]\n",
			[]float64{9.943958, 3.023980}},
		"power and curve": {"[JUNCTIONS]\nA 0 5\nB 0\n[RESERVOIRS]\nR 10\nS 20\n[PIPES]\np A S 1000 200 100\nq R B 10 200 130\n[PUMPS]\nU B A POWER 5 HEAD C\n[CURVES]\nC 30 20\n[OPTIONS]\nUnits LPS\n[END]\n",
			[]float64{27.818009, 9.935694}},
		"speed of 2": {"[JUNCTIONS]\nA 0 5\nB 0\n[RESERVOIRS]\nR 10\nS 20\n[PIPES]\np A S 1000 200 100\nq R B 10 200 130\n[PUMPS]\nU B A HEAD C SPEED 2\n[CURVES]\nC 30 20\n[OPTIONS]\nUnits LPS\n[END]\n",
			[]float64{66.464783, 9.678882}},
		"reservoir among the tanks": {"[JUNCTIONS]\nA 0 5\n[RESERVOIRS]\nS 20\n[TANKS]\nR 10 5 0 0 0 0\n[PIPES]\np A S 1000 200 100\nq R A 1000 130 100\n[OPTIONS]\nUnits LPS\n[END]\n",
			[]float64{18.671740}},
		"defaults below the options": {"[OPTIONS]\nUnits LPS\nHeadloss D-W\n[JUNCTIONS]\nA 0 5\nB 0 0.1\n[RESERVOIRS]\nS 20\n[PIPES]\np A S 1000 200 0.1\nq A B\n[END]\n",
			[]float64{19.835159, 19.835149}},
		"defaults above the options": {"[JUNCTIONS]\nA 0 5\nB 0 0.01\n[RESERVOIRS]\nS 20\n[PIPES]\np A S 1000 200 100\nq A B\n[OPTIONS]\nUnits LPS\nHeadloss H-W\n[END]\n",
			[]float64{19.705684, 18.406945}},
		"wall as rough as the pipe is wide": {"[JUNCTIONS]\nA 0 5\n[RESERVOIRS]\nS 20\n[PIPES]\np A S 100 100 90\n[OPTIONS]\nUnits LPS\nHeadloss D-W\n[END]\n",
			[]float64{6.284314}},
		"main of 20 m": {"[JUNCTIONS]\nA 0 5\n[RESERVOIRS]\nS 20\n[PIPES]\np A S 100 20000 90\n[OPTIONS]\nUnits LPS\nHeadloss H-W\n[END]\n",
			[]float64{20.000000}},
		"shut PCV": {"[JUNCTIONS]\nA 0 0.001\nB 5 0.001\n[RESERVOIRS]\nR 100\nS 1\n[PIPES]\np R A 1000 200 100\nq B S 10000 20 100\n[VALVES]\nV A B 100 PCV 0 2\n[OPTIONS]\nUnits LPS\n[END]\n",
			[]float64{99.999955, 31.454747}},
		"controls by reservoirs act": {"[JUNCTIONS]\nA 0 5\nB 0 5\n[RESERVOIRS]\nR 20\n[PIPES]\np R A 500 100 100\nq A B 500 100 100\nr R B 500 100 100\n[CONTROLS]\nLINK q CLOSED IF NODE R ABOVE 50\n[OPTIONS]\nUnits LPS\n[END]\n",
			[]float64{15.709643, 15.709643}},
		"limiter before a pressure-driven draw": {"[JUNCTIONS]\nA 0 5\nB 5 5\n[RESERVOIRS]\nR 50\n[PIPES]\np R A 500 100 100\n[VALVES]\nV A B 100 FCV 3\n[OPTIONS]\nUnits LPS\nDemand Model PDA\nRequired Pressure 8\n[END]\n",
			[]float64{39.754647, 7.880057}},
		"limiter beside a check valve": {"[JUNCTIONS]\nA 0 5\nB 5 8\n[RESERVOIRS]\nR 50\nS 40\n[PIPES]\np R A 50 300 100\nq S B 500 100 100 0 CV\n[VALVES]\nV A B 300 FCV 3\n[OPTIONS]\nUnits LPS\n[END]\n",
			[]float64{49.995142, 35.709664}},
		"head above the first of a curve": {"[JUNCTIONS]\nA 0 0\nB 0 0\n[RESERVOIRS]\nR 10\nS 51\n[PIPES]\np S B 500 100 100\nq A R 10 300 100\nr B R 5000 100 100\n[PUMPS]\nU A B HEAD C\n[CURVES]\nC 10 30\nC 20 25\nC 40 10\n[OPTIONS]\nUnits LPS\n[END]\n",
			[]float64{10.000000, 47.272680}},
		"throttle at a full tank": {"[JUNCTIONS]\nA 0 2\n[RESERVOIRS]\nR 60\n[TANKS]\nT 40 5 0 5 10 0\n[PIPES]\np R A 500 100 100\n[VALVES]\nV A T 100 TCV 5\n[OPTIONS]\nUnits LPS\n[END]\n",
			[]float64{59.213835}},
		"limiter beside a reducer": {"[JUNCTIONS]\nA 0\nB 5 8\nC 5 2\nD 5\n[RESERVOIRS]\nR 50\n[PIPES]\np R A 100 300 100\nq B C 200 150 100\ns D C 100 150 100\n[VALVES]\nV A B 300 FCV 3\nW A D 150 PRV 20\n[OPTIONS]\nUnits LPS\n[END]\n",
			[]float64{49.985312, 24.539844, 24.777971, 25.000000}},
		"limiter beside a reducer, check valve behind": {"[JUNCTIONS]\nA 0\nB 5 1\nC 5 9\nD 5\nE 5\n[RESERVOIRS]\nR 50\n[PIPES]\np R A 100 300 100\nq B C 200 150 100 0 CV\ns D C 100 150 100\n[VALVES]\nV A B 300 FCV 3\nX A E 150 PRV 25\nW E D 150 TCV 20\n[OPTIONS]\nUnits LPS\n[END]\n",
			[]float64{49.985312, 29.661752, 29.618117, 29.840146, 30.000000}},
	} {
		file, err := epanet.Read(strings.NewReader(c.file))
		if err != nil {
			t.Error(name, err)
			continue
		}
		conv, r, err := solveWater(t.Context(), file)
		if err != nil {
			t.Error(name, err)
			continue
		}
		index := conv.Network.Index()
		for i, id := range conv.Junctions {
			at, _ := index.At(models.KindJunction, id)
			head := conv.Network.Junctions[at].Elevation.Value + r.Junctions[at].Pressure/(conv.Density*conv.Gravity)
			if math.Abs(head-c.heads[i]) > 1e-4 {
				t.Errorf("%s, %s: %.6f m, EPANET has %g", name, id, head, c.heads[i])
			}
		}
	}
}
