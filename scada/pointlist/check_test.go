package pointlist

import (
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/models/unit"
)

func town() *models.Network {
	return &models.Network{
		Junctions: []models.Junction{{ID: "J"}},
		Sources:   []models.Source{{Branch: models.Branch{ID: "Q"}, NominalFrequency: 60}},
		Stations:  []models.Station{{Branch: models.Branch{ID: "S-1"}}, {Branch: models.Branch{ID: "站2"}}},
	}
}

func TestCheckPassesAGoodList(t *testing.T) {
	if problems := twoStations().Check(town()); len(problems) > 0 {
		t.Error(problems)
	}
	if problems := twoStations().Check(nil); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestCheckRefuses(t *testing.T) {
	find := func(l *List, q models.Quantity) *Point {
		for i := range l.Points {
			if l.Points[i].Quantity == q {
				return &l.Points[i]
			}
		}
		return nil
	}
	drop := func(q models.Quantity) func(*List) {
		return func(l *List) {
			for i := range l.Points {
				if l.Points[i].Quantity == q {
					l.Points = append(l.Points[:i:i], l.Points[i+1:]...)
					return
				}
			}
		}
	}
	for _, c := range []struct {
		name    string
		change  func(*List)
		element models.ID
		say     string
	}{
		{"unknown element", func(l *List) { l.Points[4].Element = "S-9" }, "S-9", "no such element"},
		{"wrong kind", func(l *List) {
			l.Points = append(l.Points, Point{Element: "J", Quantity: models.OpeningFeedback, Endpoint: "10.0.0.3:502", UnitID: 1, Unit: unit.Must("%")})
		}, "J", "a junction has no opening_feedback"},
		{"frequency", func(l *List) {
			l.Points = append(l.Points, Point{Element: "Q", Quantity: models.SpeedFeedback, Endpoint: "10.0.0.3:502", UnitID: 1, Unit: unit.Must("Hz")})
		}, "Q", "60 Hz in the network"},
		{"twice", func(l *List) { l.Points = append(l.Points, l.Points[4]) }, "S-1", "stands here and"},
		{"32 bits overlap", func(l *List) { find(l, models.SupplyPressure).Type, find(l, models.SupplyPressure).Address = F32, 11 }, "S-1", "overlaps"},
		{"shared setpoint", func(l *List) { find(l, models.OpeningFeedback).Address = 20 }, "S-1", "overlaps"},
		{"measured and written", func(l *List) { find(l, models.SupplyPressure).Writable = true }, "S-1", "measured, not set"},
		{"input written", func(l *List) { find(l, models.OpeningSetpoint).Table = Input }, "S-1", "only holding"},
		{"bit written", func(l *List) { find(l, models.OpeningSetpoint).Type = Bit }, "S-1", "one bit"},
		{"unit 0", func(l *List) {
			for i := range 10 {
				l.Points[i].UnitID = 0
			}
		}, "S-1", "broadcast"},
		{"unit 250", func(l *List) { find(l, models.OpeningSetpoint).UnitID = 250 }, "S-1", "reserved"},
		{"no range", func(l *List) { find(l, models.OpeningSetpoint).Max = models.Optional{} }, "S-1", "without a range"},
		{"beyond open", func(l *List) { find(l, models.OpeningSetpoint).Max = models.Some(500) }, "S-1", "beyond closed and open"},
		{"below closed", func(l *List) { find(l, models.OpeningSetpoint).Min = models.Some(-50) }, "S-1", "beyond closed and open"},
		{"no identity", drop(models.Identity), "S-1", "right PLC"},
		{"identity proves nothing", func(l *List) { find(l, models.Identity).Expect = models.Optional{} }, "S-1", "right PLC"},
		{"identity elsewhere", func(l *List) { find(l, models.Identity).UnitID = 2 }, "S-1", "right PLC"},
		{"identity as float", func(l *List) { find(l, models.Identity).Type = Bool }, "S-1", "whole number"},
		{"same identity", func(l *List) { find(l, models.Identity).Expect = models.Some(102) }, "站2", "mix-up"},
		{"no remote", drop(models.Remote), "S-1", "remote or local"},
		{"no feedback", drop(models.OpeningFeedback), "S-1", "took"},
	} {
		l := twoStations()
		c.change(l)
		found := false
		problems := l.Check(town())
		for _, p := range problems {
			found = found || p.Element == c.element && strings.Contains(p.Reason, c.say) && p.Remedy != "" && !p.Warning
		}
		if !found {
			t.Errorf("%s: want %s, %q; got\n%v", c.name, c.element, c.say, problems)
		}
	}
}

func TestCheckWarns(t *testing.T) {
	l := &List{Points: plcPoints("S-1", "10.0.0.1:502", 101)}
	problems := l.Check(town())
	if problems.Refused() != nil || len(problems) != 1 || problems[0].Element != "站2" || !strings.Contains(problems[0].Reason, "未接入") {
		t.Errorf("want one warning that 站2 is unmeasured, got %v", problems)
	}
	l = twoStations()
	for i := range l.Points {
		l.Points[i].Writable = false
	}
	problems = l.Check(town())
	if problems.Refused() != nil || !strings.Contains(problems.Error(), "read it only") {
		t.Errorf("read-only setpoints: %v", problems)
	}
	// Bits of one word, and the same value at two elements, are no overlap.
	l = &List{Points: []Point{
		{Element: "S-1", Quantity: models.Remote, Endpoint: "10.0.0.1:502", UnitID: 1, Type: Bit, Bit: 0, Address: 3},
		{Element: "S-1", Quantity: models.FallbackActive, Endpoint: "10.0.0.1:502", UnitID: 1, Type: Bit, Bit: 1, Address: 3},
		{Element: "S-1", Quantity: models.PLCHeartbeat, Endpoint: "10.0.0.1:502", UnitID: 1, Address: 1},
		{Element: "站2", Quantity: models.PLCHeartbeat, Endpoint: "10.0.0.1:502", UnitID: 1, Address: 1},
	}}
	if problems := l.Check(town()); len(problems) > 0 {
		t.Error(problems)
	}
}
