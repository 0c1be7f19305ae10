// Package dhcase reads reference cases (dh-case/1): a small neutral JSON with
// the input of a steady district-heating or water calculation, the
// assumptions it was made under, and the results of the program that made it.
//
// A case becomes a [models.Network], its assumptions, and expected results by
// element id. Ids are the table's letters and the number in the file: n7 is
// node 7, p7 pipe 7, hc7 heat consumer 7. A pipe of several sections becomes
// as many pipes (p7.1, p7.2 …) with junctions between (p7:1 …), so that each
// section cools by itself as in the reference.
//
// What the six kinds of element cannot say by themselves is listed in
// Case.Controls and Case.Exchangers and left to the caller's outer iteration.
package dhcase

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/go-json-experiment/json"

	"evenflow/models"
	"evenflow/models/netfile"
)

// Schema is the value of the key "schema" in a case file.
const Schema = "dh-case/1"

// Mode says how hydraulics and temperatures met in the reference.
type Mode string

// The modes of a reference calculation.
const (
	Hydraulics    Mode = "hydraulics"    // no temperatures
	Sequential    Mode = "sequential"    // hydraulics once at the start temperatures, then heat
	Bidirectional Mode = "bidirectional" // consistent with each other
)

// Table is a piecewise linear property over temperature in K, extrapolated
// linearly.
type Table struct{ T, Value []float64 }

// Assumptions are what the reference calculated with.
type Assumptions struct {
	Mode                             Mode
	Friction                         string  // colebrook, nikuradse, swamee-jain; each in every regime
	Ambient                          float64 // K, given to whatever has no flow
	Gravity                          float64 // m/s2
	Density, Viscosity, HeatCapacity Table
	Start                            []float64 // K, by index in Network.Junctions
	PumpDensity                      float64   // kg/m3, turns a pump's mass flow into volume; 0: no pumps
}

// Case is one reference case.
type Case struct {
	ID, Title, Description string
	Tags                   []string
	Network                *models.Network
	Assumptions            Assumptions
	Expected               Results
	References             []Reference
	Pipes                  []Pipe // one per pipe of the file, in its order
	Exchangers             []Exchanger
	Controls               []PressureControl
	Feeds                  []models.ID // junctions into which water is fed at a temperature nobody stated
}

// Pipe says which pipes of the network stand for a pipe of the file, from its
// beginning to its end, and which junctions lie between them.
type Pipe struct {
	ID        models.ID
	Parts     []models.ID
	Inner     []models.ID
	From, To  models.ID
	Length    float64 // m
	LossPerMK float64 // W/(m K)
	Ambient   float64 // K
}

// Exchanger is a station whose loss is a zeta: its FixedResistance
// zeta/(2 rho A^2) holds at the start temperatures and follows the density.
type Exchanger struct {
	Station  models.ID
	Zeta     float64
	Diameter float64 // m
}

// PressureControl is a branch that throttles so that a junction keeps its
// pressure. The network holds the pressure at the junction; the station's
// flow is to be found with which the hold feeds nothing.
type PressureControl struct {
	Station  models.ID
	Junction models.ID
}

// Results are those of the program that made the case.
type Results struct {
	Program   string
	Junctions []JunctionResult
	Branches  []BranchResult
}

// JunctionResult is the result at one junction.
type JunctionResult struct {
	ID          models.ID
	Pressure    models.Optional // Pa gauge
	Temperature models.Optional // K
}

// BranchResult is the result at one branch of the network.
type BranchResult struct {
	ID       models.ID
	Kind     models.Kind
	Flow     float64         // kg/s
	TempOut  models.Optional // K, before mixing
	Velocity models.Optional // m/s, signed
}

// Reference holds values of another program.
type Reference struct {
	Program, Note string
	Junctions     []JunctionResult
	Pipes         []PipeReference
}

// PipeReference is another program's result for a pipe of the file.
type PipeReference struct {
	Pipe     int             // index in Case.Pipes
	Velocity models.Optional // m/s
	Sections []float64       // K, outlet temperatures of equal mixed sections, from beginning to end
}

// NotCovered says that a case holds something that the six kinds of element
// cannot say. Read returns it as its error.
type NotCovered struct {
	Element models.ID
	Reason  string
}

// Error names the element and what it is.
func (e *NotCovered) Error() string { return fmt.Sprintf("%s: %s", e.Element, e.Reason) }

// Elements returns the element.
func (e *NotCovered) Elements() []models.ID { return []models.ID{e.Element} }

// Looks reports whether the data looks like a case file, whole or not.
func Looks(data []byte) bool {
	return bytes.Contains(data[:min(len(data), 4096)], []byte(`"dh-case/`))
}

// ReadFile reads a case file, packed with gzip or not.
func ReadFile(path string) (*Case, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Read reads a case. Its network validates; what is wrong with the file is
// reported as [models.Problems].
func Read(r io.Reader) (*Case, error) {
	data, err := netfile.Unpack(r)
	if err != nil {
		return nil, err
	}
	return Decode(data)
}

// Decode is Read on the text of a file.
func Decode(data []byte) (*Case, error) {
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, models.Problems{unreadable(err)}
	}
	if d.Schema != Schema {
		return nil, models.Problems{{Field: "schema", Reason: fmt.Sprintf("is %q, not %q", models.Clip(d.Schema), Schema), Remedy: "check that this is a case file"}}
	}
	if missing := missing(data); len(missing) > 0 {
		return nil, missing
	}
	name := models.Printable(d.Title)
	b := &builder{doc: &d, c: &Case{ID: d.ID, Title: d.Title, Description: d.Description, Tags: d.Tags, Network: &models.Network{Name: name, NameEn: name}}}
	b.build()
	if len(b.problems) > 0 {
		return nil, b.problems
	}
	if b.beyond != nil {
		return nil, b.beyond
	}
	if err := b.c.Network.Validate().Refused(); err != nil {
		return nil, err
	}
	return b.c, nil
}
