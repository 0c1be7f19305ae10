package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"evenflow/models/netfile"
)

// A town with peak plants and booster pumps is written, the same each time, and
// is solved as it is.
func TestTown(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.json"), filepath.Join(dir, "b.json")
	for _, path := range []string{a, b} {
		code, out, errs := command(t, "town", path, "--stations", "120", "--seed", "1", "--peaks", "1", "--boosters", "1")
		if code != exitOK || !strings.Contains(out, "written from a generated town") || !strings.Contains(out, "120 stations") {
			t.Fatalf("exit code %d: %s%s", code, out, errs)
		}
	}
	n, err := netfile.ReadFile(a)
	if err != nil || len(n.Sources) != 2 || len(n.Pumps) != 1 || len(n.Stations) != 120 {
		t.Errorf("%v: %d sources, %d pumps", err, len(n.Sources), len(n.Pumps))
	}
	one, _ := os.ReadFile(a)
	if two, _ := os.ReadFile(b); string(one) != string(two) {
		t.Error("the same flags gave two towns")
	}
	if code, out, errs := command(t, "solve", a, "--audit"); code != exitOK {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	inp := filepath.Join(dir, "town.inp")
	if code, _, errs := command(t, "town", inp, "--stations", "20"); code != exitOK {
		t.Error(errs)
	}
	if code, _, errs := command(t, "check", inp); code != exitOK {
		t.Error(errs)
	}
	for _, args := range [][]string{{"town"}, {"town", a, "--stations", "3"}, {"town", a, "--controlled", "2"}, {"town", filepath.Join(dir, "none", "x.json")}} {
		if code, _, errs := command(t, args...); code != exitUsage || errs == "" {
			t.Errorf("%v: exit code %d, %s", args, code, errs)
		}
	}
}
