package netfile

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf16"

	"evenflow/models"
)

// Format is the value of the key "format" in a network file.
const Format = "evenflow-network/1"

// MaxSize is the most bytes that are read of one file, unpacked.
const MaxSize = 1 << 29

// Read reads a network. The error is of type [models.Problems] unless the
// reader itself failed.
func Read(r io.Reader) (*models.Network, error) {
	data, err := Unpack(r)
	if err != nil {
		return nil, err
	}
	n, ps := Decode(data)
	if err := ps.Refused(); err != nil {
		return nil, err
	}
	return n, nil
}

// ReadFile reads a network file, packed with gzip or not.
func ReadFile(path string) (*models.Network, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	n, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s:\n%w", path, err)
	}
	return n, nil
}

// Unpack reads everything, through gzip if the content begins like it, and
// turns what a byte order mark says to be UTF-16 into UTF-8 without one.
func Unpack(r io.Reader) ([]byte, error) { return unpack(r, MaxSize) }

func unpack(r io.Reader, most int) ([]byte, error) {
	var packed bytes.Buffer
	if f, ok := r.(*os.File); ok {
		if info, err := f.Stat(); err == nil {
			packed.Grow(int(min(max(info.Size(), 0), int64(most))) + bytes.MinRead) // else read into ever larger room
		}
	}
	_, err := packed.ReadFrom(io.LimitReader(r, int64(most)+1))
	data := packed.Bytes()
	if err == nil && bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		var z *gzip.Reader
		if z, err = gzip.NewReader(bytes.NewReader(data)); err == nil {
			data, err = io.ReadAll(io.LimitReader(z, int64(most)+1))
		}
		if err != nil {
			return nil, models.Problems{{Reason: "the gzip file is damaged or cut off: " + err.Error(), Remedy: "copy it again from where it came"}}
		}
	}
	if err != nil {
		return nil, err
	}
	if len(data) > most {
		return nil, models.Problems{{Reason: fmt.Sprintf("the file is larger than %d MiB", most>>20), Remedy: "check that it is the right file"}}
	}
	return plainText(data), nil
}

// plainText takes the byte order mark of an editor away.
func plainText(data []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return data
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 {
		units = append(units, order.Uint16(data[i:]))
	}
	return []byte(string(utf16.Decode(units)))
}

// Decode reads a network from JSON text and returns every problem, warnings
// included; the network is nil if one of them is a refusal.
func Decode(data []byte) (*models.Network, models.Problems) {
	root, syntax := parse(data)
	if syntax != nil {
		return nil, models.Problems{*syntax}
	}
	r := newReader(root)
	if !r.header(Format) {
		return nil, r.found
	}
	n := &models.Network{}
	fields := append([]field{{key: "format", value: text[string]{new(string)}}}, networkFields(n)...)
	fields = append(fields,
		field{key: "junctions", value: elements[models.Junction]{models.KindJunction, &n.Junctions, junctionFields}},
		field{key: "pipes", value: elements[models.Pipe]{models.KindPipe, &n.Pipes, pipeFields}},
		field{key: "valves", value: elements[models.Valve]{models.KindValve, &n.Valves, valveFields}},
		field{key: "pumps", value: elements[models.Pump]{models.KindPump, &n.Pumps, pumpFields}},
		field{key: "sources", value: elements[models.Source]{models.KindSource, &n.Sources, sourceFields}},
		field{key: "stations", value: elements[models.Station]{models.KindStation, &n.Stations, stationFields}},
	)
	r.fields(place{}, root, fields)
	r.merge(n.Validate())
	if r.found.Refused() != nil {
		return nil, r.found
	}
	return n, r.found
}

// place is where in the file a value stands, without the line.
type place struct {
	kind  models.Kind
	id    models.ID
	field string
}

// reader gathers problems.
type reader struct {
	found  models.Problems
	bad    map[place]bool // reported already: Validate need not repeat it
	root   *node
	tables []table
}

// table is the list of all elements of a kind.
type table struct {
	kind models.Kind
	list *node
}

func newReader(root *node) *reader {
	return &reader{bad: map[place]bool{}, root: root}
}

func (r *reader) refuse(at place, line int, reason, remedy string) {
	r.bad[at] = true
	r.found = append(r.found, models.Problem{Kind: at.kind, Element: at.id, Field: at.field, Line: line, Reason: reason, Remedy: remedy})
}

// header checks that the document is an object of the wanted format.
func (r *reader) header(format string) bool {
	root := r.root
	if root.kind != '{' {
		r.refuse(place{}, root.line, "the file holds "+root.what()+", not an object", "see docs/formats for what it holds")
		return false
	}
	switch f := root.member("format"); {
	case f == nil:
		r.refuse(place{field: "format"}, root.line, "is missing", fmt.Sprintf("write \"format\": %q as the first key", format))
		return false
	case f.kind != '"' || f.text != format:
		remedy := "check that this is the right file; `evenflow convert` reads other formats"
		if f.text == ScenarioFormat {
			remedy = "this is a scenario: give a network here, and the scenario to `evenflow solve NETWORK --scenario FILE`"
		} else if f.text == Format {
			remedy = "this is a network: give a scenario here"
		}
		r.refuse(place{field: "format"}, f.line, fmt.Sprintf("is not %q", format), remedy)
		return false
	}
	return true
}

// fields reads an object's members into their places.
func (r *reader) fields(at place, n *node, fields []field) {
	seen := make([]int, len(fields)) // line of each
	for i := range n.members {
		m := &n.members[i]
		here := at
		here.field = join(at.field, m.key)
		k := find(fields, m.key)
		if k < 0 {
			r.refuse(here, m.line, "is no key that belongs here", suggest(fields, m.key))
			continue
		}
		f := &fields[k]
		if seen[k] > 0 {
			r.refuse(here, m.line, fmt.Sprintf("is given twice, first on line %d", seen[k]), "keep one of the two")
			continue
		}
		seen[k] = m.line
		if m.value.kind == 'n' {
			r.refuse(here, m.line, "is null", "leave the key out where the value is unknown")
			continue
		}
		if err := f.value.read(r, here, &m.value); err != nil {
			r.refuse(here, m.value.line, err.Error(), "see docs/formats for the key's type and unit")
		}
	}
	for k, f := range fields {
		if seen[k] == 0 && f.required != nil && f.required() {
			here := at
			here.field = join(at.field, f.key)
			r.refuse(here, n.line, "is missing", "add the key")
		}
	}
}

func join(prefix, key string) string {
	if prefix == "" {
		return key
	}
	return prefix + "." + key
}

// find returns which of the fields has the key, -1 if none.
func find(fields []field, key string) int {
	return slices.IndexFunc(fields, func(f field) bool { return f.key == key })
}

// elements binds one of the six arrays.
type elements[T any] struct {
	kind   models.Kind
	to     *[]T
	fields func(*T) []field
}

func (e elements[T]) read(r *reader, _ place, n *node) error {
	if n.kind != '[' {
		return fmt.Errorf("is %s where a list of %ss belongs", n.what(), e.kind)
	}
	if len(n.items) == 0 {
		return nil
	}
	r.tables = append(r.tables, table{e.kind, n})
	*e.to = make([]T, len(n.items))
	for i := range n.items {
		item := &n.items[i]
		at := place{kind: e.kind, id: item.id()}
		if item.kind != '{' {
			r.refuse(at, item.line, fmt.Sprintf("%s number %d is %s, not an object", e.kind, i+1, item.what()), "see docs/formats")
			continue
		}
		r.fields(at, item, e.fields(&(*e.to)[i]))
	}
	return nil
}

func (e elements[T]) write(b []byte) (_ []byte, err error) {
	for i := range *e.to {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, "\n    "...)
		if b, err = appendObject(b, e.fields(&(*e.to)[i])); err != nil {
			return b, fmt.Errorf("of %s number %d %w", e.kind, i+1, err)
		}
	}
	return b, nil
}
func (e elements[T]) empty() bool { return len(*e.to) == 0 }

// merge adds what Validate found, on the lines where the values stood, and
// leaves out what was reported already.
func (r *reader) merge(ps models.Problems) {
	if len(ps) == 0 {
		return
	}
	lines := r.linesOf(ps)
	for _, p := range ps {
		at := place{p.Kind, p.Element, p.Field}
		if r.bad[at] {
			continue
		}
		line, given := lines[at]
		if p.Line = line; !given {
			if strings.HasPrefix(p.Reason, "is 0, must be above") {
				p.Reason = "is missing"
			}
			p.Line = lines[place{p.Kind, p.Element, ""}]
			if outer, _, nested := strings.Cut(p.Field, "."); nested && lines[place{p.Kind, p.Element, outer}] > 0 {
				p.Line = lines[place{p.Kind, p.Element, outer}]
			}
		}
		r.found = append(r.found, p)
	}
}

// linesOf returns where every key of the elements stands that problems name.
func (r *reader) linesOf(ps models.Problems) map[place]int {
	lines := map[place]int{}
	keep := func(at place, n *node) {
		if _, twice := lines[at]; !twice {
			lines[at] = n.line
		}
		n.linesOfKeys(at, lines)
	}
	named := map[place]bool{}
	for _, p := range ps {
		named[place{kind: p.Kind, id: p.Element}] = true
	}
	keep(place{}, r.root)
	for _, t := range r.tables {
		for i := range t.list.items {
			if at := (place{kind: t.kind, id: t.list.items[i].id()}); named[at] {
				keep(at, &t.list.items[i])
			}
		}
	}
	return lines
}

// linesOfKeys adds where the keys of an object stand.
func (n *node) linesOfKeys(at place, lines map[place]int) {
	for i := range n.members {
		m := &n.members[i]
		here := at
		here.field = join(at.field, m.key)
		lines[here] = m.line
		m.value.linesOfKeys(here, lines)
	}
}

// suggest names the key that was probably meant.
func suggest(fields []field, key string) string {
	best, distance := "", 4
	for _, f := range fields {
		if len(key) > 2*len(f.key)+distance { // far from any, and dear to measure
			continue
		}
		if d := editDistance(f.key, key); d < distance || strings.HasPrefix(f.key, key+"_") {
			best, distance = f.key, d
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %s?", best)
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.key
	}
	return "the keys here are " + strings.Join(names, ", ")
}

// editDistance is the number of letters to change, add or drop.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			next := diagonal
			if a[i-1] != b[j-1] {
				next = 1 + min(diagonal, row[j], row[j-1])
			}
			diagonal, row[j] = row[j], next
		}
	}
	return row[len(b)]
}
