package town

import (
	"math"
	"testing"

	"evenflow/models"
	"evenflow/solver"
)

// balancedTown lays the balanced openings and the needed head over a town.
func balancedTown(p *plan, net *models.Network) models.Scenario {
	sc := models.Scenario{Name: "balanced"}
	for i := range p.stations {
		sc.Changes = append(sc.Changes, models.Change{Element: net.Stations[i].ID, Attribute: models.AttrOpening, Value: p.stations[i].balanced})
	}
	speed := p.speedFor(p.needed, p.flow)
	return sc.With(models.Change{Element: net.Sources[0].ID, Attribute: models.AttrSpeed, Value: speed})
}

// The five pressure rules, by the solver's own margins: (1) the supply does
// not boil, (2) the return stands above the atmosphere, (3) nothing passes
// the pressure class, (4) nor does any of it happen with the pumps off,
// (5) every station has the differential it needs. At the season's start the
// far stations are short, which is the point of it; nothing else may be.
func TestPressureRules(t *testing.T) {
	cases := [][2]int{{1, 10}, {2, 10}, {3, 60}, {1, 200}, {2, 200}, {3, 200}, {6, 500}, {4, 800}, {2, 1100}, {1 + 0x9e3779b9, 2000}}
	for _, c := range cases {
		o := Options{Seed: int64(c[0]), Stations: c[1]}
		p, err := design(o)
		if err != nil {
			t.Fatal(err)
		}
		net := p.network()
		s, err := solver.New(net, solver.Options{})
		if err != nil {
			t.Fatal(o, err)
		}
		full := models.Scenario{Changes: []models.Change{{Element: net.Sources[0].ID, Attribute: models.AttrSpeed, Value: 1}}}
		for name, sc := range map[string]models.Scenario{"start": {}, "balanced": balancedTown(p, net), "full speed": full} {
			r, err := s.Solve(t.Context(), sc, nil)
			if err != nil {
				t.Fatalf("%+v %s: %v", o, name, err)
			}
			if len(r.Islands) > 0 {
				t.Errorf("%+v %s: %d islands", o, name, len(r.Islands))
			}
			keepsRules(t, o, name, r)
			if name == "balanced" {
				passesDesignFlow(t, o, p, net, r)
			}
		}
		if class := net.Pipes[0].PressureClass; o.Stations <= 800 && class != 1.6e6 {
			t.Errorf("%+v: PN %g", o, class)
		}
	}
}

func keepsRules(t *testing.T, o Options, name string, r *solver.Result) {
	t.Helper()
	rules := map[models.LimitKind]bool{
		models.LimitBoiling: true, models.LimitSubAtmosphere: true, models.LimitPressureClass: true,
		models.LimitStaticBoiling: true, models.LimitStaticClass: true, models.LimitStaticEmpty: true,
		models.LimitDifferential: name == "balanced",
	}
	seen := 0
	for _, m := range r.Report.Margins {
		if !rules[m.Limit] {
			continue
		}
		seen++
		if m.Margin < 0 {
			t.Errorf("%+v %s: %s of %s misses its margin by %.0f Pa", o, name, m.Limit, m.Element, -m.Margin)
		}
	}
	if want := 6; seen < want {
		t.Errorf("%+v %s: the solver judged only %d of the rules", o, name, seen)
	}
}

// passesDesignFlow: with the balanced openings every station gets its design
// flow, so that the town can be balanced at all.
func passesDesignFlow(t *testing.T, o Options, p *plan, net *models.Network, r *solver.Result) {
	t.Helper()
	worst := 0.0
	for i := range p.stations {
		worst = math.Max(worst, math.Abs(r.Stations[i].Flow/p.stations[i].design-1))
	}
	if worst > 0.06 {
		t.Errorf("%+v: a station is %.1f %% off its design flow in the balanced town", o, 100*worst)
	}
}
