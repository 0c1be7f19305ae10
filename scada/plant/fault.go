package plant

import (
	"fmt"
	"strconv"
	"strings"

	"evenflow/models"
)

// FaultKind is what may be wrong with a PLC and what hangs on it.
type FaultKind uint8

// The faults that can be asked for.
const (
	DeadPLC    FaultKind = iota // takes connections, never answers
	StuckValve                  // the valve stays where it is, whatever the setpoint
	Local                       // the switch on the cabinet says local: setpoints are ignored
	MeterZero                   // the flow meter reads 0
)

var faultWords = [...]string{"dead-plc", "stuck-valve", "local", "meter-zero"}

// String returns the fault's word on the command line.
func (k FaultKind) String() string { return faultWords[k] }

// FaultKinds lists the words of all faults, for help texts.
func FaultKinds() []string { return append([]string(nil), faultWords[:]...) }

// Fault is one fault asked for: present from a round on.
type Fault struct {
	Kind    FaultKind
	Element models.ID
	Round   int // 0: from the start; n: from the beginning of round n
}

// ParseFault reads KIND:STATION or KIND:STATION@ROUND, such as
// "stuck-valve:S-017@2".
func ParseFault(text string) (Fault, error) {
	bad := func(reason string) (Fault, error) {
		return Fault{}, fmt.Errorf("fault %q: %s; write KIND:STATION or KIND:STATION@ROUND, KIND one of %s", text, reason, strings.Join(faultWords[:], ", "))
	}
	word, rest, ok := strings.Cut(text, ":")
	if !ok {
		return bad("no colon")
	}
	f := Fault{}
	known := false
	for k, w := range faultWords {
		if w == word {
			f.Kind, known = FaultKind(k), true
		}
	}
	if !known {
		return bad("unknown kind " + strconv.Quote(word))
	}
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		n, err := strconv.Atoi(rest[at+1:])
		if err != nil || n < 0 {
			return bad("the round is no number from 0 up")
		}
		f.Round, rest = n, rest[:at]
	}
	if rest == "" {
		return bad("no station")
	}
	f.Element = models.ID(rest)
	return f, nil
}

// String returns the fault as ParseFault reads it.
func (f Fault) String() string {
	s := f.Kind.String() + ":" + string(f.Element)
	if f.Round > 0 {
		s += "@" + strconv.Itoa(f.Round)
	}
	return s
}

// faults are what is wrong with one PLC now.
type faults struct{ dead, stuck, local, meterZero bool }

func (f *faults) add(k FaultKind) {
	switch k {
	case DeadPLC:
		f.dead = true
	case StuckValve:
		f.stuck = true
	case Local:
		f.local = true
	case MeterZero:
		f.meterZero = true
	}
}

// checkFaults refuses faults of elements that have no such thing.
func checkFaults(net *models.Network, all []Fault) error {
	index := net.Index()
	var bad models.Problems
	for _, f := range all {
		ref, ok := index.Lookup(f.Element)
		switch {
		case !ok || (ref.Kind != models.KindStation && ref.Kind != models.KindSource):
			bad = append(bad, models.Problem{Kind: models.KindNetwork, Element: f.Element,
				Reason: fmt.Sprintf("fault %s: no station or source of that id", f), Remedy: "give the id of a station, such as " + exampleStation(net)})
		case ref.Kind == models.KindSource && f.Kind == StuckValve:
			bad = append(bad, models.Problem{Kind: models.KindSource, Element: f.Element,
				Reason: fmt.Sprintf("fault %s: a source has no control valve", f), Remedy: "give a station"})
		}
	}
	return bad.Refused()
}

func exampleStation(net *models.Network) string {
	if len(net.Stations) == 0 {
		return "S-001"
	}
	return string(net.Stations[0].ID)
}
