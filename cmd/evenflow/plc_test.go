package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/scada/pointlist"
)

// command runs one command line and returns what it printed.
func command(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

// `points check` and `plc read` on what a virtual plant leaves.
func TestPointsCheckAndPLCRead(t *testing.T) {
	dir := t.TempDir()
	startPlant(t, "--stations", "10", "--seed", "2", "--write", dir)
	points, network := filepath.Join(dir, "points.csv"), filepath.Join(dir, "network.json")
	if code, out, errOut := command(t, "points", "check", points, "--network", network); code != exitOK || !strings.Contains(out, "ok: ") || !strings.Contains(out, "11 PLCs") {
		t.Errorf("points check: %d\n%s%s", code, out, errOut)
	}
	list, problems := pointlist.ReadFile(points)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	code, out, errOut := command(t, "plc", "read", "--points", points, "--json")
	if code != exitOK {
		t.Fatalf("plc read: %d %s", code, errOut)
	}
	var report plcReport
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Points) != len(list.Points) || report.Lost != 0 {
		t.Fatalf("%d points read, %d lost, the list has %d", len(report.Points), report.Lost, len(list.Points))
	}
	for _, v := range report.Points {
		if v.Quality != models.QualityGood.String() || v.Value == nil || v.Orders[v.Order] == nil || *v.Orders[v.Order] != *v.Value {
			t.Errorf("%+v", v)
		}
		q, _ := models.ParseQuantity(v.Quantity)
		p, _ := list.Find(models.PointID{Element: v.Element, Quantity: q})
		if len(v.Words) != p.Words() || len(v.Orders) != 4 {
			t.Errorf("%s: %d words, %d orders", p.ID(), len(v.Words), len(v.Orders))
		}
		if q == models.Identity && *v.Value != p.Expect.Value {
			t.Errorf("%s shows %v, want %v", p.ID(), *v.Value, p.Expect.Value)
		}
	}
	station := string(list.Points[len(list.Points)-1].Element)
	if code, out, errOut := command(t, "plc", "read", "--points", points, station); code != exitOK || strings.Count(out, station) != len(list.Of(models.ID(station))) {
		t.Errorf("plc read %s: %d\n%s%s", station, code, out, errOut)
	}
	if code, _, errOut := command(t, "plc", "read", "--points", points, "--allow", "10.0.0.0/8:502"); code != exitUsage || !strings.Contains(errOut, "may be spoken to") {
		t.Errorf("an endpoint that is not allowed: %d %s", code, errOut)
	}
	if code, _, errOut := command(t, "plc", "read", "--points", points, "nobody"); code != exitUsage || !strings.Contains(errOut, "nobody") {
		t.Errorf("an unknown station: %d %s", code, errOut)
	}
}

// Every bad row of a sheet is printed, and the exit code says so.
func TestPointsCheckRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "points.csv")
	sheet := "element;quantity;endpoint;unit_id;table;pdu_address;type;order;scale;unit\n" +
		"S-1;supply_pressure;10.0.0.1;1;holding;10;u24;;0,0001;MPa\n" +
		"S-1;mass_flow;10.0.0.1;1;holding;12;f32;;1;t/h\n" +
		"S-1;return_pressure;10.0.0.1;1;holding;14;u16;;0,0001;MPa\n"
	if err := os.WriteFile(path, []byte(sheet), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := command(t, "points", "check", path)
	for _, want := range []string{"line 2: S-1: type: ", "line 3: S-1: order: ", "refused, 2 problems"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in:\n%s", want, out)
		}
	}
	if code != exitUsage || strings.Contains(out, "line 4") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	code, out, _ = command(t, "points", "check", "--json", path)
	var report pointsReport
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != exitUsage || report.OK || report.Points != 1 || len(report.Problems) != 2 {
		t.Errorf("%d %v %+v", code, err, report)
	}
	if code, _, _ := command(t, "plc", "read", "--points", path); code != exitUsage {
		t.Errorf("plc read with a refused list: %d", code)
	}
}
