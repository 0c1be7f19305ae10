package plc

import (
	"bufio"
	"errors"
	"net"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"evenflow/models"
	"evenflow/models/unit"
	"evenflow/scada/pointlist"
)

// pymodbus starts the server that is not ours and returns its port.
func pymodbus(t *testing.T) string {
	t.Helper()
	python := ""
	for _, p := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(p, "-c", "import pymodbus, serial").Run() == nil {
			python = p
			break
		}
	}
	if python == "" {
		t.Skip("missing: pymodbus (apt-get install python3-pymodbus python3-serial python3-serial-asyncio python3-redis)")
	}
	cmd := exec.Command(python, "testdata/peer_server.py")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close() // the server ends with its input
		kill := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		defer kill.Stop()
		cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		stdin.Close()
		cmd.Wait()
		t.Fatalf("pymodbus did not start: %v\n%s", err, said.String())
	}
	return strings.TrimSpace(line)
}

// mbpollReads reads holding registers of unit 7 with the program mbpoll.
func mbpollReads(t *testing.T, port string, from, n int) []int {
	t.Helper()
	if _, err := exec.LookPath("mbpoll"); err != nil {
		t.Skip("missing: mbpoll (apt-get install mbpoll)")
	}
	out, err := exec.Command("mbpoll", "-1", "-0", "-a", "7", "-r", strconv.Itoa(from), "-c", strconv.Itoa(n), "-t", "4:hex", "-p", port, "127.0.0.1").CombinedOutput()
	if err != nil {
		t.Fatalf("mbpoll: %v\n%s", err, out)
	}
	var got []int
	for _, m := range regexp.MustCompile(`(?m)^\[\d+\]:\s+0x([0-9A-Fa-f]+)`).FindAllStringSubmatch(string(out), -1) {
		v, _ := strconv.ParseInt(m[1], 16, 32)
		got = append(got, int(v))
	}
	if len(got) != n {
		t.Fatalf("mbpoll printed %d registers, want %d:\n%s", len(got), n, out)
	}
	return got
}

// peerPoints is the station that testdata/peer_server.py plays.
func peerPoints(endpoint string) []pointlist.Point {
	points := stationAt("S", endpoint, 7, 4711)
	points[6].Order = pointlist.CDAB
	return append(points, pointlist.Point{Element: "S", Quantity: models.OutdoorTemperature, Endpoint: endpoint, UnitID: 7,
		Table: pointlist.Input, Address: 14, Type: pointlist.I16, Scale: 0.1, Unit: unit.Must("degC")})
}

// TestPeerPymodbus: our client reads and writes a server that is not ours,
// and a third program reads what we wrote.
func TestPeerPymodbus(t *testing.T) {
	port := pymodbus(t)
	t.Run("read and write", func(t *testing.T) { peerWrites(t, port) })
	t.Run("32 bits", func(t *testing.T) { peerWrites32Bits(t, port) })
	t.Run("exceptions", func(t *testing.T) { peerRefuses(t, port) })
}

func peerWrites(t *testing.T, port string) {
	points := peerPoints(net.JoinHostPort("127.0.0.1", port))
	b := newBench(t, points, nil)
	b.poll()
	for q, want := range map[models.Quantity]float64{
		models.Identity: 4711, models.Remote: 1, models.SupplyPressure: 654300, models.MassFlow: 123.5 / 3.6,
		models.OpeningSetpoint: 0.4, models.OutdoorTemperature: 273.15 - 10.5,
	} {
		if r := b.reading("S", q); r.Quality != models.QualityGood || r.Value < want-1e-6*want || r.Value > want+1e-6*want {
			t.Errorf("%s: %+v, want %v", q, r, want)
		}
	}
	w := NewWriter(b.Gateway, AllowSetpoints(&pointlist.List{Points: points}))
	if err := w.Write(t.Context(), models.Setpoint{Point: opening, Value: 0.625}); err != nil {
		t.Fatal(err)
	}
	if err := w.Heartbeat(t.Context(), "S", 77); err != nil {
		t.Fatal(err)
	}
	if r, err := w.ReadBack(t.Context(), opening); err != nil || r.Value != 0.625 || r.Quality != models.QualityGood {
		t.Errorf("read back %+v %v", r, err)
	}
	if got := mbpollReads(t, port, regSetpoint, 1); got[0] != 625 {
		t.Errorf("mbpoll reads %v, want 625", got)
	}
	if got := mbpollReads(t, port, regOurs, 1); got[0] != 77 {
		t.Errorf("mbpoll reads the heartbeat %v, want 77", got)
	}
}

// peerWrites32Bits: a floating-point setpoint in swapped words arrives as
// another program's float.
func peerWrites32Bits(t *testing.T, port string) {
	points := peerPoints(net.JoinHostPort("127.0.0.1", port))
	points[7].Type, points[7].Order, points[7].Scale, points[7].Address = pointlist.F32, pointlist.CDAB, 1, 30
	b := newBench(t, points, nil)
	b.poll()
	w := NewWriter(b.Gateway, AllowSetpoints(&pointlist.List{Points: points}))
	if err := w.Write(t.Context(), models.Setpoint{Point: opening, Value: 0.625}); err != nil {
		t.Fatal(err)
	}
	// 62.5 is 0x427A0000; swapped, the low word comes first.
	if got := mbpollReads(t, port, 30, 2); got[0] != 0x0000 || got[1] != 0x427A {
		t.Errorf("mbpoll reads %x, want 0 427a", got)
	}
}

// peerRefuses: refusals of a server that is not ours are refusals, its silence
// for a foreign unit is a lost PLC.
func peerRefuses(t *testing.T, port string) {
	endpoint := net.JoinHostPort("127.0.0.1", port)
	points := peerPoints(endpoint)
	points[5].Address = 5000 // beyond its registers
	foreign := stationAt("T", endpoint, 8, 1)
	b := newBench(t, append(points, foreign...), func(o *Options) { o.Timeout = 500 * time.Millisecond })
	b.poll()
	if r := b.reading("S", models.SupplyPressure); r.Quality != models.QualityBad || !strings.Contains(r.Reason, "no such register") {
		t.Errorf("a missing register: %+v", r)
	}
	if r := b.reading("S", models.MassFlow); r.Quality != models.QualityGood {
		t.Errorf("its neighbours: %+v", r)
	}
	if r := b.reading("T", models.MassFlow); r.Quality != models.QualityLost {
		t.Errorf("a unit that is not there: %+v", r)
	}
	d := b.elements["S"][0].conn
	if err := d.write(t.Context(), 7, 5000, []uint16{1}); !errors.Is(err, ErrRefused) {
		t.Errorf("a write beyond its registers: %v", err)
	}
}
