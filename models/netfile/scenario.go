package netfile

import (
	"errors"
	"fmt"
	"io"
	"os"

	"evenflow/models"
	"evenflow/models/unit"
)

// ScenarioFormat is the value of the key "format" in a scenario file.
const ScenarioFormat = "evenflow-scenario/1"

var ops = []string{"set", "scale", "shift"}

// change is one change as the file spells it: the attribute carries its unit,
// and which attribute it is depends on the kind of the element.
type change struct {
	element models.ID
	key     string
	op      models.Op
	value   float64
}

func changeFields(c *change) []field {
	return []field{
		{key: "element", value: text[models.ID]{&c.element}, required: yes},
		{key: "attribute", value: text[string]{&c.key}, required: yes},
		{key: "op", value: word[models.Op]{&c.op, ops}, required: yes, always: yes},
		{key: "value", value: number{&c.value, plain}, required: yes, always: yes},
	}
}

// ReadScenario reads a scenario that is laid over the network, and checks it
// against the network. The error is of type [models.Problems] unless the
// reader itself failed.
func ReadScenario(r io.Reader, n *models.Network) (models.Scenario, error) {
	data, err := Unpack(r)
	if err != nil {
		return models.Scenario{}, err
	}
	sc, ps := DecodeScenario(data, n)
	if err := ps.Refused(); err != nil {
		return models.Scenario{}, err
	}
	return sc, nil
}

// ReadScenarioFile is ReadScenario on a file.
func ReadScenarioFile(path string, n *models.Network) (models.Scenario, error) {
	f, err := os.Open(path)
	if err != nil {
		return models.Scenario{}, err
	}
	defer f.Close()
	sc, err := ReadScenario(f, n)
	if err != nil {
		return models.Scenario{}, fmt.Errorf("%s:\n%w", path, err)
	}
	return sc, nil
}

// DecodeScenario reads a scenario from JSON text and returns every problem.
func DecodeScenario(data []byte, n *models.Network) (models.Scenario, models.Problems) {
	root, syntax := parse(data)
	if syntax != nil {
		return models.Scenario{}, models.Problems{*syntax}
	}
	r := newReader(root)
	if !r.header(ScenarioFormat) {
		return models.Scenario{}, r.found
	}
	var sc models.Scenario
	var changes []change
	lines := changeLines(root)
	r.fields(place{}, root, []field{
		{key: "format", value: text[string]{new(string)}},
		{key: "name", value: text[string]{&sc.Name}},
		{key: "outdoor_c", value: optional{&sc.Outdoor, celsius}},
		{key: "changes", value: list[change]{&changes, func(c *change) value { return object{changeFields(c)} }}},
	})
	if r.found.Refused() != nil {
		return models.Scenario{}, r.found
	}
	index := n.Index()
	checked := models.Scenario{Outdoor: sc.Outdoor}
	r.merge(n.CheckScenarioAt(index, checked))
	told := map[models.ID]bool{} // elements that are not there: once each, however many changes name them
	for i, c := range changes {
		x, problem := c.resolve(index)
		found := models.Problems{problem}
		if problem.Kind == models.KindNetwork && problem.Reason != "" {
			if told[c.element] {
				continue
			}
			told[c.element] = true
		}
		if problem.Reason == "" {
			found = n.CheckScenarioAt(index, models.Scenario{Changes: []models.Change{x}})
		}
		for _, p := range found {
			p.Line = lines[i]
			r.found = append(r.found, p)
		}
		sc.Changes = append(sc.Changes, x)
	}
	if r.found.Refused() != nil {
		return models.Scenario{}, r.found
	}
	return sc, r.found
}

// changeLines returns the line of each change.
func changeLines(root *node) []int {
	var lines []int
	if list := root.member("changes"); list != nil {
		for i := range list.items {
			lines = append(lines, list.items[i].line)
		}
	}
	return lines
}

// resolve finds the attribute and converts the value to SI. The problem's
// reason is "" if all is well.
func (c *change) resolve(ix models.Index) (models.Change, models.Problem) {
	ref, ok := ix.Lookup(c.element)
	if !ok {
		return models.Change{}, models.Problem{Element: c.element, Reason: "the network has no such element", Remedy: "check the id"}
	}
	row, ok := models.AttributeByKey(ref.Kind, c.key)
	if !ok {
		return models.Change{}, models.Problem{Kind: ref.Kind, Element: c.element, Field: "attribute",
			Reason: fmt.Sprintf("a %s has no attribute %q to change", ref.Kind, models.Clip(c.key)), Remedy: "use one of " + keysOf(ref.Kind)}
	}
	x := models.Change{Element: c.element, Attribute: row.Attribute, Op: c.op, Value: c.value}
	if u := fileUnit(row); c.op == models.Set {
		x.Value = u.ToSI(c.value)
	} else if c.op == models.Shift {
		u.Offset = 0 // a difference
		x.Value = u.ToSI(c.value)
	}
	return x, models.Problem{}
}

// fileUnit returns the unit that the attribute's key names.
func fileUnit(row models.AttributeInfo) unit.Unit {
	switch row.Attribute {
	case models.AttrRoughness:
		return mm
	case models.AttrReturnTemperature, models.AttrSupplyTemperature:
		return celsius
	}
	return plain
}

func keysOf(kind models.Kind) string {
	var names []string
	for _, row := range models.Attributes() {
		if row.Kind == kind {
			names = append(names, row.Key)
		}
	}
	return oneOf(names)
}

// WriteScenario writes a scenario of the network in canonical form.
func WriteScenario(w io.Writer, sc models.Scenario, n *models.Network) error {
	index := n.Index()
	if err := n.CheckScenarioAt(index, sc).Refused(); err != nil {
		return err
	}
	var err error
	b := []byte("{\n  \"format\": \"" + ScenarioFormat + "\"")
	for _, f := range []field{
		{key: "name", value: text[string]{&sc.Name}},
		{key: "outdoor_c", value: optional{&sc.Outdoor, celsius}},
	} {
		if f.value.empty() {
			continue
		}
		b = append(b, ",\n  \""+f.key+"\": "...)
		if b, err = f.value.write(b); err != nil {
			return fmt.Errorf("scenario: %w", err)
		}
	}
	b = append(b, ",\n  \"changes\": ["...)
	for i, c := range sc.Changes {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, "\n    "...)
		if b, err = appendChange(b, c, index); err != nil {
			return err
		}
	}
	if len(sc.Changes) > 0 {
		b = append(b, "\n  "...)
	}
	_, err = w.Write(append(b, "]\n}\n"...))
	return err
}

func appendChange(b []byte, c models.Change, ix models.Index) ([]byte, error) {
	ref, ok := ix.Lookup(c.Element)
	if !ok {
		return b, errors.New("scenario: no element " + string(c.Element))
	}
	row, _ := models.AttributeOf(ref.Kind, c.Attribute)
	x := change{element: c.Element, key: row.Key, op: c.Op, value: c.Value}
	u := plain
	if c.Op == models.Set {
		u = fileUnit(row)
	} else if c.Op == models.Shift {
		u = fileUnit(row)
		u.Offset = 0
	}
	fields := changeFields(&x)
	fields[3].value = number{&x.value, u}
	return appendObject(b, fields)
}
