package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"evenflow/models/netfile"
	"evenflow/solver"
)

func TestSolveWithAudit(t *testing.T) {
	var out, errOut bytes.Buffer
	if code := run(t.Context(), []string{"solve", formats + "/town.json", "--audit", "--outdoor", "-3"}, nil, &out, &errOut); code != exitOK {
		t.Fatalf("exit code %d: %s", code, errOut.String())
	}
	for _, want := range []string{"Audit", "holds", "head round every loop", "limit", "difference"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not printed:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "FAILS") {
		t.Errorf("a check fails:\n%s", out.String())
	}
	out.Reset()
	if code := run(t.Context(), []string{"solve", formats + "/town.json", "--audit", "--json"}, nil, &out, &errOut); code != exitOK {
		t.Fatalf("exit code %d: %s", code, errOut.String())
	}
	var doc struct {
		Audit struct {
			OK     bool
			Loops  int
			Checks []struct {
				Check, Unit string
				OK          bool
				Value       *float64
				Limit       float64
				Places      int
			}
		}
	}
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if !doc.Audit.OK || doc.Audit.Loops == 0 || len(doc.Audit.Checks) != 9 {
		t.Fatalf("%+v", doc.Audit)
	}
	for _, c := range doc.Audit.Checks {
		if auditWords[c.Check] == "" || !c.OK || (c.Places > 0 && (c.Value == nil || *c.Value > c.Limit)) {
			t.Errorf("%+v", c)
		}
	}
}

// A falsified result fails the check, names the element and ends with 1, also
// where the number is none.
func TestFailedAuditEndsWithOne(t *testing.T) {
	n, err := netfile.ReadFile(formats + "/town.json")
	if err != nil {
		t.Fatal(err)
	}
	s := &situation{net: n}
	sv, r, err := s.solve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.Pipes[0].HeatLoss = math.NaN()
	a, err := sv.Audit(s.scenario, r)
	if err != nil {
		t.Fatal(err)
	}
	report := newSolveReport(s, sv, r)
	report.Audit = newAuditView(a)
	var silent *silentError
	if err := report.verdict(); !errors.As(err, &silent) || silent.code != exitFailed {
		t.Errorf("verdict %v", err)
	}
	var out bytes.Buffer
	report.Audit.print(&out)
	text := out.String()
	if !strings.Contains(text, "FAILS") || !strings.Contains(text, "no number") || !strings.Contains(text, string(n.Pipes[0].ID)) {
		t.Error(text)
	}
	if _, err := json.Marshal(report.Audit); err != nil {
		t.Error(err)
	}
	r.Islands = []solver.Island{{}}
	if err := newSolveReport(s, sv, r).verdict(); !errors.As(err, &silent) || silent.code != exitIslands {
		t.Errorf("verdict without audit %v", err)
	}
}
