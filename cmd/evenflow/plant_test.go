package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/models/netfile"
	"evenflow/scada/pointlist"
)

// startPlant runs the verb until the test ends and returns what it printed up
// to the line that says it runs.
func startPlant(t *testing.T, args ...string) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan int, 1)
	var errs bytes.Buffer
	go func() {
		done <- run(ctx, append([]string{"plant"}, args...), strings.NewReader(""), w, &errs)
		w.Close()
	}()
	var printed strings.Builder
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		printed.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "Ctrl-C") || lines.Text() == "}" {
			t.Cleanup(func() {
				stop()
				go io.Copy(io.Discard, r)
				if code := <-done; code != exitOK {
					t.Errorf("exit code %d: %s", code, errs.String())
				}
			})
			return printed.String()
		}
	}
	stop()
	t.Fatalf("exit code %d: %s%s", <-done, printed.String(), errs.String())
	return ""
}

// What plant --write leaves is a configuration that reads, a network that
// validates and a point list that passes its check, with the PLCs it names
// answering.
func TestPlantLeavesAWorkingInstallation(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "town")
	out := startPlant(t, "--stations", "12", "--seed", "4", "--write", dir)
	for _, want := range []string{"12 stations", "serve --config", "points.csv"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in:\n%s", want, out)
		}
	}
	c, err := readConfig(filepath.Join(dir, "evenflow.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !c.Simulated || c.Speed != 60 || len(c.Endpoints) != 1 {
		t.Errorf("%+v", c)
	}
	n, err := netfile.ReadFile(c.Network)
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := os.ReadFile(c.Points)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(sheet, []byte("\xef\xbb\xbf")) {
		t.Error("the point list has no byte-order mark")
	}
	l, problems := pointlist.Read(bytes.NewReader(sheet))
	if err := problems.Refused(); err != nil {
		t.Fatal(err)
	}
	for _, p := range l.Check(n) {
		t.Error(p)
	}
	_, first, last, err := parseEndpointRange(c.Endpoints[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range n.Stations {
		p, ok := l.Find(models.PointID{Element: s.ID, Quantity: models.Identity})
		if !ok {
			t.Fatalf("%s has no identity", s.ID)
		}
		if port := tcpPort(t, p.Endpoint); port < int(first) || port > int(last) {
			t.Errorf("%s at %s is outside %s", s.ID, p.Endpoint, c.Endpoints[0])
		}
		if got, quality, reason := p.Decode([]uint16{readRegister(t, p)}); got != p.Expect.Value || quality != models.QualityGood {
			t.Errorf("%s says it is %g, not %g (%s %s)", s.ID, got, p.Expect.Value, quality, reason)
		}
	}
}

func tcpPort(t *testing.T, endpoint string) int {
	t.Helper()
	a, err := net.ResolveTCPAddr("tcp", endpoint)
	if err != nil {
		t.Fatal(err)
	}
	return a.Port
}

// readRegister reads one holding register, by hand.
func readRegister(t *testing.T, p pointlist.Point) uint16 {
	t.Helper()
	c, err := net.Dial("tcp", p.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	request := []byte{0, 9, 0, 0, 0, 6, p.UnitID, 3, byte(p.Address >> 8), byte(p.Address), 0, 1}
	if _, err := c.Write(request); err != nil {
		t.Fatal(err)
	}
	var answer [11]byte
	if _, err := io.ReadFull(c, answer[:]); err != nil {
		t.Fatal(err)
	}
	return binary.BigEndian.Uint16(answer[9:])
}

func TestPlantPrintsJSON(t *testing.T) {
	var d plantJSON
	if err := json.Unmarshal([]byte(startPlant(t, "--stations", "10", "--half-closed", "0", "--fault", "local:S-003", "--json")), &d); err != nil {
		t.Fatal(err)
	}
	if d.Stations != 10 || d.Sources != 1 || d.Points == 0 || d.First == "" || len(d.Faults) != 1 {
		t.Errorf("%+v", d)
	}
}

func TestPlantRefusesBadFlags(t *testing.T) {
	for _, args := range [][]string{
		{"--stations", "3"}, {"--fault", "burst:S-001"}, {"--fault", "local:S-999", "--stations", "20"}, {"--fault", "local:S-001@2"},
		{"--speed", "0"}, {"--pipes", "1.5"}, {"--network", "no-such-file.json"}, {"--network", "a.json", "--stations", "20"}, {"extra"},
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), append([]string{"plant"}, args...), strings.NewReader(""), &out, &errs); code != exitUsage || errs.Len() == 0 {
			t.Errorf("%v: exit code %d, %q", args, code, errs.String())
		}
	}
}
