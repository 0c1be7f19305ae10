package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// rehearseJSON runs the verb and decodes what it prints.
func rehearseJSON(t *testing.T, args ...string) *rehearsalReport {
	t.Helper()
	var out, errOut bytes.Buffer
	if code := run(t.Context(), append([]string{"rehearse", "--json"}, args...), strings.NewReader(""), &out, &errOut); code != exitOK {
		t.Fatalf("rehearse %v: exit code %d\n%s", args, code, errOut.String())
	}
	var rep rehearsalReport
	dec := json.NewDecoder(&out)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&rep); err != nil {
		t.Fatal(err)
	}
	return &rep
}

// TestRehearsalBalancesAHiddenTown: over real Modbus and through the desk, two
// rounds bring a town whose deviations nobody knows into the band with the
// least pumping, and name what was half closed (figures of docs/balance.md).
func TestRehearsalBalancesAHiddenTown(t *testing.T) {
	rep := rehearseJSON(t, "--stations", "60", "--seed", "3")
	if len(rep.Rounds) != 3 {
		t.Fatalf("%d rounds, want the plant as found and two", len(rep.Rounds))
	}
	found, last := rep.Rounds[0], rep.Rounds[2]
	if found.XMin > 0.7 || found.XMax < 1.6 {
		t.Errorf("as found x is %.2f to %.2f: this town was in balance already", found.XMin, found.XMax)
	}
	if last.XRMS > 0.02 || last.XRMSTrue > 0.015 {
		t.Errorf("after two rounds RMS is %.2f %% measured and %.2f %% true, want at most 2 and 1.5", 100*last.XRMS, 100*last.XRMSTrue)
	}
	if last.FeasibleOutsideBand > 0 {
		t.Errorf("feasible and outside the band: %v", last.OutsideBand)
	}
	if last.HeadOverOptimum < 0.98 || last.HeadOverOptimum > 1.02 {
		t.Errorf("head is %.3f of the true optimum, want within 2 %%", last.HeadOverOptimum)
	}
	if last.NamedRight != len(rep.Truth.HalfClosed) || last.CondemnedHealthy > 0 {
		t.Errorf("half closed was %+v, named %+v", rep.Truth.HalfClosed, last.Named)
	}
	for _, r := range rep.Rounds[1:] {
		if r.Writes == 0 || r.Confirmed != r.Writes || r.Failed != 0 {
			t.Errorf("round %d: %d writes, %d confirmed, %d failed: every write is read back", r.Round, r.Writes, r.Confirmed, r.Failed)
		}
	}
}

// TestRehearsalHoldsWhatCannotBeTrusted: a dead PLC, a stuck valve, a station
// in local and a meter stuck at 0 are held and named; the rest is balanced and
// none of the four moves its valve.
func TestRehearsalHoldsWhatCannotBeTrusted(t *testing.T) {
	rep := rehearseJSON(t, "--stations", "60", "--seed", "4", "--fault", "dead-plc:S-017", "--fault", "stuck-valve:S-022", "--fault", "local:S-033", "--fault", "meter-zero:S-044")
	last := rep.Rounds[len(rep.Rounds)-1]
	want := map[string]string{"S-017": "lost", "S-022": "valve_stuck", "S-033": "local", "S-044": "zero_flow"}
	for _, h := range last.Held {
		if want[h.Station] == h.Reason {
			delete(want, h.Station)
		}
	}
	if len(want) > 0 {
		t.Errorf("not held, or for another reason: %v; held are %+v", want, last.Held)
	}
	if last.XRMSTrue > 0.02 || last.FeasibleOutsideBand > 0 {
		t.Errorf("the rest: true RMS %.2f %%, outside the band %v", 100*last.XRMSTrue, last.OutsideBand)
	}
}

// TestRehearsalRefusesNonsense: what cannot be rehearsed is refused before
// anything starts.
func TestRehearsalRefusesNonsense(t *testing.T) {
	for _, args := range [][]string{
		{"--rounds", "0"}, {"--pipes", "1.5"}, {"--fault", "on-fire:S-001"}, {"--fault", "local:S-999", "--stations", "20"}, {"--stations", "3"}, {"no-such-file.json"},
	} {
		var out, errOut bytes.Buffer
		if code := run(t.Context(), append([]string{"rehearse"}, args...), strings.NewReader(""), &out, &errOut); code != exitUsage {
			t.Errorf("rehearse %v: exit code %d, want %d\n%s", args, code, exitUsage, errOut.String())
		}
		if errOut.Len() == 0 {
			t.Errorf("rehearse %v: refused without a reason", args)
		}
	}
}
