package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

func TestConverge(t *testing.T) {
	dir := t.TempDir()
	code, out, errs := command(t, "converge", "--towns", "3", "--largest", "30", "--json")
	var v convergeView
	if err := json.Unmarshal([]byte(out), &v); err != nil || code != exitOK || v.Towns != 3 || v.Hydraulic.Cold.Solved+v.Hydraulic.Cold.Named != 3 || v.Coupled.Warm.Goal != 4 {
		t.Errorf("exit code %d, %v: %s%s", code, err, out, errs)
	}
	code, out, errs = command(t, "converge", "--towns", "1", "--first", "2", "--largest", "30", "--keep", dir)
	if code != exitOK || !strings.Contains(out, "with temperatures, warm") || !strings.Contains(out, "case 2:") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	for _, kind := range []string{"-cold", "-warm"} {
		code, out, errs = command(t, "solve", filepath.Join(dir, "case-2.json"), "--scenario", filepath.Join(dir, "case-2"+kind+".json"), "--audit")
		if code != exitOK && code != exitIslands {
			t.Errorf("exit code %d: %s%s", code, out, errs)
		}
	}
	for _, args := range [][]string{{"--towns", "0"}, {"--largest", "9"}, {"--largest", "9000"}, {"--first", "-1"}, {"extra"}} {
		if code, _, errs = command(t, append([]string{"converge"}, args...)...); code != exitUsage || errs == "" {
			t.Errorf("%v: exit code %d: %s", args, code, errs)
		}
	}
}
