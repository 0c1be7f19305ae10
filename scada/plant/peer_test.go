package plant

import (
	"net"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// mbpoll runs the program mbpoll, which is not ours, against unit 3.
func mbpoll(t *testing.T, s *server, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath("mbpoll"); err != nil {
		t.Skip("missing: mbpoll (apt-get install mbpoll)")
	}
	host, port, err := net.SplitHostPort(s.address())
	if err != nil {
		t.Fatal(err)
	}
	before := []string{"-1", "-0", "-a", "3", "-p", port}
	for i, a := range args {
		if a == "--" { // values to write follow the host
			out, err := exec.Command("mbpoll", append(append(append(before, args[:i]...), host), args[i+1:]...)...).CombinedOutput()
			return string(out), err
		}
	}
	out, err := exec.Command("mbpoll", append(append(before, args...), host)...).CombinedOutput()
	return string(out), err
}

// shown returns what mbpoll printed for its references.
func shown(out string) string {
	var values []string
	for _, m := range regexp.MustCompile(`(?m)^\[\d+\]:\s+(\S+)`).FindAllStringSubmatch(out, -1) {
		values = append(values, m[1])
	}
	return strings.Join(values, " ")
}

// TestPeerMbpoll: a Modbus client that is not ours reads and writes a virtual
// PLC.
func TestPeerMbpoll(t *testing.T) {
	s, b, _ := plc(t)
	b.set(holdings, 10, 1234, 65535)
	b.set(holdings, 12, 0x42F7, 0x0000) // 123.5, high word first
	b.set(inputs, 4, 42)
	b.set(discretes, 5, 1)
	b.set(coils, 3, 1)
	for _, c := range []struct {
		name, want string
		args       []string
	}{
		{"holding", "1234 65535", []string{"-t", "4", "-r", "10", "-c", "2"}},
		{"float", "123.5", []string{"-t", "4:float", "-B", "-r", "12", "-c", "1"}},
		{"input", "42", []string{"-t", "3", "-r", "4", "-c", "1"}},
		{"discrete", "0 1", []string{"-t", "1", "-r", "4", "-c", "2"}},
		{"coil", "1", []string{"-t", "0", "-r", "3", "-c", "1"}},
	} {
		out, err := mbpoll(t, s, c.args...)
		if err != nil || shown(out) != c.want {
			t.Errorf("%s: shows %q, want %q (%v)\n%s", c.name, shown(out), c.want, err, out)
		}
	}
	if out, err := mbpoll(t, s, "-t", "4", "-r", "20", "--", "625"); err != nil {
		t.Errorf("write one: %v\n%s", err, out)
	}
	if out, err := mbpoll(t, s, "-t", "4:float", "-B", "-r", "22", "--", "62.5"); err != nil {
		t.Errorf("write a float: %v\n%s", err, out)
	}
	if got := b.get(holdings, 20, 4); got[0] != 625 || got[2] != 0x427A || got[3] != 0 {
		t.Errorf("the registers hold %x", got)
	}
	if b.written(holdings, 20) != 1 || b.written(holdings, 22) != 1 || b.written(holdings, 21) != 0 {
		t.Errorf("writes counted: %d %d %d", b.written(holdings, 20), b.written(holdings, 21), b.written(holdings, 22))
	}
	for name, args := range map[string][]string{
		"a closed register":  {"-t", "4", "-r", "19", "--", "1"},
		"beyond the table":   {"-t", "4", "-r", "39", "-c", "2"},
		"beyond, to be read": {"-t", "3", "-r", "100", "-c", "1"},
	} {
		if out, err := mbpoll(t, s, args...); err == nil && !strings.Contains(out, "Illegal data address") {
			t.Errorf("%s was served:\n%s", name, out)
		}
	}
	if b.written(holdings, 19) != 0 {
		t.Error("a closed register was written")
	}
}
