package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/scada/journal"
	"evenflow/scada/store"
)

// TestJournalVerbs: check and tail read a journal that its service has open,
// and a damaged one is exit code 1 with the row named.
func TestJournalVerbs(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	if code, _, errOut := runLine(t, "journal", "check", "--data", dir); code != exitUsage || !strings.Contains(errOut, "no Evenflow database") {
		t.Errorf("empty directory: %d %s", code, errOut)
	}
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	j := journal.New(s, nil)
	old, val, n := 0.48, 0.57, 0
	for range 30 {
		if err := j.Append(ctx, journal.Entry{Who: "li", Role: "dispatcher", Action: "item", Stage: "confirmed", Order: "o-1", Item: &n, Old: &old, New: &val}.
			About(models.PointID{Element: "S-017", Quantity: models.OpeningSetpoint})); err != nil {
			t.Fatal(err)
		}
	}
	code, out, _ := runLine(t, "journal", "check", "--data", dir)
	if code != exitOK || !strings.Contains(out, "30 rows, all in order") {
		t.Errorf("check: %d %s", code, out)
	}
	code, out, _ = runLine(t, "journal", "check", "--json", "--data", dir)
	var res journal.CheckResult
	if err := json.Unmarshal([]byte(out), &res); err != nil || code != exitOK || !res.Good || res.Rows != 30 {
		t.Errorf("check --json: %d %s %v", code, out, err)
	}
	code, out, _ = runLine(t, "journal", "tail", "-n", "3", "--data", dir)
	if lines := strings.Split(strings.TrimSpace(out), "\n"); code != exitOK || len(lines) != 3 || !strings.Contains(lines[2], "S-017/opening_setpoint 0.48 -> 0.57") {
		t.Errorf("tail: %d %s", code, out)
	}
	code, out, _ = runLine(t, "journal", "tail", "--order", "o-1", "--json", "--data", dir)
	var rows []journal.Entry
	if err := json.Unmarshal([]byte(out), &rows); err != nil || code != exitOK || len(rows) != 30 {
		t.Errorf("tail --order: %d, %d rows, %v", code, len(rows), err)
	}
	if code, _, _ := runLine(t, "journal", "tail", "--order", "o-2", "--data", dir); code != exitUsage {
		t.Errorf("an unknown order: exit code %d", code)
	}
	s.Close()
	damage(t, filepath.Join(dir, "evenflow.db"), `"stage":"confirmed"`, `"stage":"konfirmed"`)
	code, out, _ = runLine(t, "journal", "check", "--data", dir)
	if code != exitFailed || !strings.Contains(out, "row 1, or its place in the chain, was changed after it was written") {
		t.Errorf("damaged: %d %s", code, out)
	}
}

// damage replaces some bytes of a file wherever they occur.
func damage(t *testing.T, path, old, replacement string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), old) {
		t.Fatalf("%s does not hold %s", path, old)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(b), old, replacement)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// runLine runs one command line of the program.
func runLine(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e strings.Builder
	code = run(context.Background(), args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}
