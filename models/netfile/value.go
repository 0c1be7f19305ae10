package netfile

import (
	"fmt"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"evenflow/models"
	"evenflow/models/unit"
)

// value is one place in an element that a JSON key is bound to. The same
// binding reads and writes, so that the two cannot drift apart.
type value interface {
	// read sets the place; the returned error says in words why not.
	read(r *reader, at place, n *node) error
	// write appends the JSON text.
	write(b []byte) ([]byte, error)
	// empty reports that there is nothing to write.
	empty() bool
}

// field is one key of an element.
type field struct {
	key      string
	value    value
	required func() bool // nil: may be left out; asked after reading
	always   func() bool // nil: left out where empty
}

func yes() bool { return true }

// text binds a string or an id.
type text[T ~string] struct{ to *T }

func (v text[T]) read(_ *reader, _ place, n *node) error {
	if n.kind != '"' {
		return fmt.Errorf("is %s where text belongs", n.what())
	}
	*v.to = T(n.text)
	return nil
}
func (v text[T]) write(b []byte) ([]byte, error) { return quote(b, string(*v.to)) }
func (v text[T]) empty() bool                    { return *v.to == "" }

func quote(b []byte, s string) ([]byte, error) { return jsontext.AppendQuote(b, s) }

// number binds a float64 in a unit of the file.
type number struct {
	to *float64
	in unit.Unit
}

func (v number) read(_ *reader, _ place, n *node) (err error) {
	if *v.to, err = readNumber(n, v.in); err == nil && v.in == celsius && *v.to == 0 { // 0 K would mean that nothing is given
		return fmt.Errorf("%s degC is not above absolute zero", models.Clip(n.text))
	}
	return err
}
func (v number) write(b []byte) ([]byte, error) { return appendNumber(b, *v.to, v.in) }
func (v number) empty() bool                    { return *v.to == 0 }

// optional binds a number that may be unknown.
type optional struct {
	to *models.Optional
	in unit.Unit
}

func (v optional) read(_ *reader, _ place, n *node) error {
	x, err := readNumber(n, v.in)
	if err == nil {
		*v.to = models.Some(x)
	}
	return err
}
func (v optional) write(b []byte) ([]byte, error) { return appendNumber(b, v.to.Value, v.in) }
func (v optional) empty() bool                    { return !v.to.Known }

// integer binds a whole number.
type integer struct{ to *int }

func (v integer) read(_ *reader, _ place, n *node) error {
	if n.kind != '0' {
		return fmt.Errorf("is %s where a whole number belongs", n.what())
	}
	x, err := strconv.Atoi(n.text)
	if err != nil {
		return fmt.Errorf("%s is no whole number", models.Clip(n.text))
	}
	*v.to = x
	return nil
}
func (v integer) write(b []byte) ([]byte, error) { return strconv.AppendInt(b, int64(*v.to), 10), nil }
func (v integer) empty() bool                    { return *v.to == 0 }

// boolean binds true or false.
type boolean struct{ to *bool }

func (v boolean) read(_ *reader, _ place, n *node) error {
	if n.kind != 't' && n.kind != 'f' {
		return fmt.Errorf("is %s where true or false belongs", n.what())
	}
	*v.to = n.kind == 't'
	return nil
}
func (v boolean) write(b []byte) ([]byte, error) { return strconv.AppendBool(b, *v.to), nil }
func (v boolean) empty() bool                    { return !*v.to }

// word binds one of a few words; its place in names is the value.
type word[T ~uint8] struct {
	to    *T
	names []string
}

func (v word[T]) read(_ *reader, _ place, n *node) error {
	if n.kind == '"' {
		for i, name := range v.names {
			if name == n.text && name != "" {
				*v.to = T(i)
				return nil
			}
		}
		return fmt.Errorf("%q is none of %s", models.Clip(n.text), oneOf(v.names))
	}
	return fmt.Errorf("is %s where one of %s belongs", n.what(), oneOf(v.names))
}
func (v word[T]) write(b []byte) ([]byte, error) {
	if int(*v.to) >= len(v.names) {
		return b, fmt.Errorf("has the unknown value %d", *v.to)
	}
	return quote(b, v.names[*v.to])
}
func (v word[T]) empty() bool { return *v.to == 0 }

func oneOf(names []string) string {
	out := ""
	for _, n := range names {
		if n == "" {
			continue
		}
		if out != "" {
			out += ", "
		}
		out += n
	}
	return out
}

// list binds a slice of T, each item through its own binding.
type list[T any] struct {
	to   *[]T
	item func(*T) value
}

func (v list[T]) read(r *reader, at place, n *node) error {
	if n.kind != '[' {
		return fmt.Errorf("is %s where a list belongs", n.what())
	}
	out := make([]T, len(n.items))
	for i := range n.items {
		if err := v.item(&out[i]).read(r, at, &n.items[i]); err != nil {
			return fmt.Errorf("item %d %w", i+1, err)
		}
	}
	if len(out) > 0 {
		*v.to = out
	}
	return nil
}

func (v list[T]) write(b []byte) (_ []byte, err error) {
	b = append(b, '[')
	for i := range *v.to {
		if i > 0 {
			b = append(b, ", "...)
		}
		if b, err = v.item(&(*v.to)[i]).write(b); err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}
func (v list[T]) empty() bool { return len(*v.to) == 0 }

// pair binds two numbers written as a list.
type pair struct{ to *[2]float64 }

func (v pair) read(_ *reader, _ place, n *node) error {
	if n.kind != '[' || len(n.items) != 2 {
		return fmt.Errorf("is %s where a pair of numbers belongs", n.what())
	}
	for i := range n.items {
		x, err := readNumber(&n.items[i], unit.Unit{Factor: 1})
		if err != nil {
			return err
		}
		v.to[i] = x
	}
	return nil
}
func (v pair) write(b []byte) (_ []byte, err error) {
	b = append(b, '[')
	if b, err = appendNumber(b, v.to[0], unit.Unit{Factor: 1}); err != nil {
		return b, err
	}
	b = append(b, ", "...)
	if b, err = appendNumber(b, v.to[1], unit.Unit{Factor: 1}); err != nil {
		return b, err
	}
	return append(b, ']'), nil
}
func (v pair) empty() bool { return false }

// object binds a nested object.
type object struct{ fields []field }

func (v object) read(r *reader, at place, n *node) error {
	if n.kind != '{' {
		return fmt.Errorf("is %s where an object belongs", n.what())
	}
	r.fields(at, n, v.fields)
	return nil
}
func (v object) write(b []byte) ([]byte, error) { return appendObject(b, v.fields) }
func (v object) empty() bool {
	for _, f := range v.fields {
		if !f.value.empty() || f.always != nil && f.always() {
			return false
		}
	}
	return true
}

func readNumber(n *node, in unit.Unit) (float64, error) {
	if n.kind != '0' {
		return 0, fmt.Errorf("is %s where a number belongs", n.what())
	}
	v, err := n.number()
	if err != nil {
		return 0, err
	}
	si := in.ToSI(v)
	switch {
	case math.IsInf(si, 0):
		return 0, fmt.Errorf("%s is beyond any number that can be calculated with", models.Clip(n.text))
	case in == celsius && si < 0:
		return 0, fmt.Errorf("%s degC is not above absolute zero", models.Clip(n.text))
	}
	return si, nil
}

// appendNumber writes an SI value in the file's unit: the shortest decimal
// that reads back as the very same value, so that read and write are inverse.
// Where the unit's coarser grid holds no such decimal, 12 digits are written.
func appendNumber(b []byte, si float64, in unit.Unit) ([]byte, error) {
	v := in.FromSI(si)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return b, fmt.Errorf("is not a finite number (%g)", si)
	}
	if in.Factor == 1 && in.Offset == 0 {
		return appendFloat(b, v), nil
	}
	short, found := v, false
	for digits := 3; digits <= 17 && !found; digits++ {
		short, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
		found = in.ToSI(short) == si
	}
	if !found {
		short, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	}
	return appendFloat(b, short), nil
}

// appendFloat writes plain decimals where they are readable.
func appendFloat(b []byte, v float64) []byte {
	if v == 0 {
		return append(b, '0')
	}
	if m := math.Abs(v); m >= 1e-5 && m < 1e15 {
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	}
	return strconv.AppendFloat(b, v, 'e', -1, 64)
}

// appendObject writes an object on one line.
func appendObject(b []byte, fields []field) (_ []byte, err error) {
	b = append(b, '{')
	first := true
	for _, f := range fields {
		if f.value.empty() && !(f.always != nil && f.always()) {
			continue
		}
		if !first {
			b = append(b, ", "...)
		}
		first = false
		if b, err = quote(b, f.key); err != nil {
			return b, err
		}
		b = append(b, ": "...)
		if b, err = f.value.write(b); err != nil {
			return b, fmt.Errorf("%s %w", f.key, err)
		}
	}
	return append(b, '}'), nil
}
