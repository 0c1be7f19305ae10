package verify

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/models/epanet"
)

// leaksFile is a reservoir at 50 and two pipes one behind the other that may
// leak, with draws of 1 at A (5 high) and 2 at B.
func leaksFile(units string, diameters [2]float64, leaks string) string {
	return fmt.Sprintf("[JUNCTIONS]\nA 5 1\nB 0 2\n[RESERVOIRS]\nR 50\n[PIPES]\nP1 R A 1000 %g 0.1\nP2 A B 500 %g 0.1\n[LEAKAGE]\n%s\n[OPTIONS]\nUnits %s\nHeadloss D-W\n[END]\n",
		diameters[0], diameters[1], leaks, units)
}

// outletsFile is a reservoir at 50 m, with emitters at B and at C, which lies
// above it.
func outletsFile(backflow, demands string) string {
	return fmt.Sprintf("[JUNCTIONS]\nA 20 1\nB 0 2\nC 60 3\n[RESERVOIRS]\nR 50\n[PIPES]\nP1 R A 1000 200 0.1\nP2 A B 500 150 0.1\nP3 A C 300 100 0.1\n"+
		"[EMITTERS]\nB 0.5\nC 0.8\n[OPTIONS]\nUnits LPS\nHeadloss D-W\nBackflow Allowed %s\n%s[END]\n", backflow, demands)
}

// What the pressure takes out, beside EPANET: leaks by FAVAD (fixed area,
// expansion, both; in metres and in feet), emitters with and without backflow,
// with draws that are given and that follow the pressure. Heads and demands are
// typed from a run of EPANET 2.3 (epanet-js 0.9.0) on these files with Accuracy 1e-8
// and HeadError 1e-5.
func TestLeaksAndEmittersBesideEPANET(t *testing.T) {
	metric, feet := [2]float64{100, 80}, [2]float64{8, 6}
	const driven = "Demand Model PDA\nRequired Pressure 20\n"
	for name, c := range map[string]struct {
		file         string
		head, demand []float64 // in the file's units, of the junctions in their order
	}{
		"both":               {leaksFile("LPS", metric, "P1 2000 30\nP2 1000 50"), []float64{5.0338152, 0.0917635}, []float64{12.0057624, 4.0223998}},
		"area":               {leaksFile("LPS", metric, "P2 1000 0"), []float64{7.1742937, 0.1814110}, []float64{10.7994821, 4.8305829}},
		"expansion":          {leaksFile("LPS", metric, "P2 0 50"), []float64{13.3538748, 4.7119053}, []float64{9.0231696, 5.3986690}},
		"both, feet":         {leaksFile("GPM", feet, "P1 2000 30\nP2 1000 50"), []float64{11.9501498, 10.2002790}, []float64{1436.04667, 216.607620}},
		"area, feet":         {leaksFile("GPM", feet, "P2 1000 0"), []float64{42.2112720, 37.7446255}, []float64{355.751603, 359.284906}},
		"expansion, feet":    {leaksFile("GPM", feet, "P2 0 50"), []float64{46.1107971, 43.6953690}, []float64{234.617796, 257.991293}},
		"backflow":           {outletsFile("YES", ""), []float64{49.7114251, 49.3233495, 49.6937321}, []float64{1, 5.5115292, 0.4317299}},
		"no backflow":        {outletsFile("NO", ""), []float64{49.4870370, 49.0999917, 48.9246838}, []float64{1, 5.5035693, 3}},
		"backflow, PDA":      {outletsFile("YES", driven), []float64{49.8923290, 49.5034232, 50.2922073}, []float64{1, 5.5179362, -2.4925874}},
		"no backflow, PDA":   {outletsFile("NO", driven), []float64{49.7431958, 49.3549741, 49.7431959}, []float64{1, 5.5126575, 0}},
		"feet, written anew": {rewritten(t, leaksFile("GPM", feet, "P1 2000 30\nP2 1000 50")), []float64{11.9501498, 10.2002790}, []float64{1436.04667, 216.607620}},
	} {
		file, err := epanet.Read(strings.NewReader(c.file))
		if err != nil {
			t.Fatal(name, err)
		}
		conv, r, err := solveWater(t.Context(), file)
		if err != nil {
			t.Fatal(name, err)
		}
		for _, l := range conv.NotCarried {
			t.Errorf("%s: not carried: %v", name, l)
		}
		metre, litre := 1.0, 1e3
		if file.Options.Flow == epanet.GPM {
			metre, litre = 1/0.3048, 448.831/28.317*1e3
		}
		for j := range c.head {
			head := (conv.Network.Junctions[j].Elevation.Value + r.Junctions[j].Pressure/(conv.Density*conv.Gravity)) * metre
			demand := r.Junctions[j].Drawn / conv.Density * litre
			if file.Options.Flow == epanet.GPM {
				demand = r.Junctions[j].Drawn / conv.Density / (0.3048 * 0.3048 * 0.3048) * 448.831
			} else {
				demand /= file.Options.Flow.Rounding()
			}
			if math.Abs(head-c.head[j]) > 2e-5*math.Abs(c.head[j])+1e-5 || math.Abs(demand-c.demand[j]) > 2e-5*math.Abs(c.demand[j])+3e-5 {
				t.Errorf("%s, %s: head %.7f and demand %.7f, EPANET has %g and %g", name, file.Junctions[j].ID, head, demand, c.head[j], c.demand[j])
			}
		}
	}
}

// rewritten reads a file and writes it.
func rewritten(t *testing.T, text string) string {
	t.Helper()
	file, err := epanet.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := epanet.Write(&b, file); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A leak survives the way through a network and back into a file, by its area
// and expansion.
func TestLeaksThereAndBack(t *testing.T) {
	file, err := epanet.Read(strings.NewReader(leaksFile("LPS", [2]float64{100, 80}, "P1 2000 30")))
	if err != nil {
		t.Fatal(err)
	}
	back, lost := epanet.FromNetwork(file.Network(epanet.Assumptions{}).Network, epanet.Assumptions{}, 0)
	l := back.Pipes[0].Leak
	if l == nil || math.Abs(l.Area-2000) > 1e-9 || math.Abs(l.Expansion-30) > 1e-9 || back.Pipes[1].Leak != nil || len(lost) != 0 {
		t.Errorf("%+v, lost %v", l, lost)
	}
	file.Pipes[0].Status = epanet.Closed
	said := false
	for _, n := range file.Network(epanet.Assumptions{}).NotCarried {
		said = said || n.Loss == epanet.LossLeakage && n.Matters && n.Element == models.ID("P1")
	}
	if !said {
		t.Error("nothing is said of a closed pipe that leaks")
	}
}
