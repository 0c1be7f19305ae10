package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPeerProcess is the peer of the tests, run as a process of its own: it
// knows the heads of one network, takes 1 ms for everything and reaches an
// accuracy of 1e-7 within its trials.
func TestPeerProcess(t *testing.T) {
	if os.Getenv("EVENFLOW_TEST_PEER") == "" {
		t.Log("not a peer")
		return
	}
	tight := false
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var q struct {
			Do, File string
			Runs     int
			Tight    *peerLimit
		}
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		a := answer{Trials: 5, HeadError: 1e-3, TrialsLimit: 40}
		switch q.Do {
		case "open":
			if strings.Contains(q.File, "strange") {
				a.Error = "cannot read it"
			}
		case "ids":
			a.IDs = []string{"R", "A", "B"}
		case "heads":
			a.Heads = []float64{60, 50, 40}
		case "tolerance":
			tight = q.Tight != nil && q.Tight.Accuracy < 1e-7
		}
		if tight {
			a.Trials = 40
		}
		for range q.Runs {
			a.Ms = append(a.Ms, 1)
		}
		text, _ := json.Marshal(a)
		fmt.Println(string(text))
	}
	os.Exit(0)
}

const twoPipes = `[JUNCTIONS]
A 0 0
B 0 %d
[RESERVOIRS]
R 60
[PIPES]
P1 R A 100 200 0.1 0 Open
P2 A B 100 200 0.1 0 Open
[OPTIONS]
Units LPS
Headloss D-W
[END]
`

// Both sides are measured in turns, the accuracy is the tightest that the
// peer reaches, and that the two do not agree is seen.
func TestBenchBesideAPeer(t *testing.T) {
	t.Setenv("EVENFLOW_TEST_PEER", "1")
	dir := t.TempDir()
	file := func(name string, draw int) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, fmt.Appendf(nil, twoPipes, draw), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	peer := os.Args[0] + " -test.run=^TestPeerProcess$"
	code, out, errs := command(t, "bench", "--peer", peer, "--json", file("small.inp", 20), file("strange.inp", 20))
	var r peerReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitOK || len(r.Rows) != 2 {
		t.Fatalf("exit code %d, %v: %s%s", code, err, out, errs)
	}
	x := r.Rows[0]
	if x.Nodes != 3 || x.Links != 2 || x.Failed != "" || x.Apart < 9 || x.Apart > 20 {
		t.Errorf("%+v", x)
	}
	for _, p := range []pairing{x.Setup, x.Same, x.Cold, x.Tight, x.Moved, x.Nothing} {
		if p.Peer.LeastMs != 1 || p.Ours.LeastMs <= 0 || p.Ours.Runs == 0 || p.Peer.Solves > 5 {
			t.Errorf("%+v", p)
		}
	}
	if x.HeadError != 1e-3 || x.SameHead > 1e-3 || x.OurHead > 1e-7 || x.Same.Ours.Solves > x.Cold.Ours.Solves {
		t.Errorf("%+v", x)
	}
	if len(r.Goals) != 5 || r.Goals[0].Of != 1 || r.Goals[0].Met+len(r.Goals[0].Short) != 1 || r.Goals[4].Of != 0 {
		t.Errorf("%+v", r.Goals)
	}
	if r.Rows[1].Failed != "cannot read it" {
		t.Errorf("%+v", r.Rows[1])
	}
	code, out, errs = command(t, "bench", "--peer", peer, "--nodes", "100", "--seed", "3")
	if code != exitOK || !strings.Contains(out, "town_bridge_100") || !strings.Contains(out, "town_demand_100") || !strings.Contains(out, "goal") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	for _, args := range [][]string{{"--peer", "no-such-program"}, {"--peer", " "}} {
		if code, _, errs = command(t, append([]string{"bench"}, args...)...); code != exitUsage || errs == "" {
			t.Errorf("%v: exit code %d: %s", args, code, errs)
		}
	}
}
