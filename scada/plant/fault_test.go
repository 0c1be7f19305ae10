package plant

import (
	"strings"
	"testing"

	"evenflow/models"
)

func TestParseFault(t *testing.T) {
	good := map[string]Fault{
		"dead-plc:S-001":      {DeadPLC, "S-001", 0},
		"stuck-valve:S-017@2": {StuckValve, "S-017", 2},
		"local:SRC-1":         {Local, "SRC-1", 0},
		"meter-zero:a:b@1":    {MeterZero, "a:b", 1},
	}
	for text, want := range good {
		f, err := ParseFault(text)
		if err != nil || f != want || f.String() != text {
			t.Errorf("%q: %+v (%s), %v", text, f, f, err)
		}
	}
	for _, text := range []string{"", "dead-plc", "dead-plc:", "broken:S-1", "local:S-1@x", "local:S-1@-1", "local:@2"} {
		if _, err := ParseFault(text); err == nil || !strings.Contains(err.Error(), "KIND:STATION") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestFaultsOfNobodyAreRefused(t *testing.T) {
	net := smallTown(t, 1, 12)
	for _, f := range []Fault{{DeadPLC, "S-999", 0}, {Local, "PS-0001", 0}, {StuckValve, "SRC-1", 0}} {
		_, err := New(Options{Network: net, Faults: []Fault{f}})
		if ids := models.ErrorElements(err); err == nil || len(ids) != 1 || ids[0] != f.Element {
			t.Errorf("%s: %v names %v", f, err, ids)
		}
	}
}
