package pandapipes

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"evenflow/models"
)

// parse reads JSON as Python writes it, in which NaN and Infinity may stand
// for numbers: they become null.
func parse(data []byte) (any, error) {
	if bytes.Contains(data, []byte("NaN")) || bytes.Contains(data, []byte("Infinity")) {
		data = withoutNaN(data)
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("something follows the end of the object")
	}
	return v, nil
}

// withoutNaN writes null for NaN and the infinities outside strings.
func withoutNaN(data []byte) []byte {
	out := make([]byte, 0, len(data))
	inString := false
	for i := 0; i < len(data); {
		next, put := i+1, data[i:i+1]
		switch c := data[i]; {
		case inString && c == '\\' && i+1 < len(data):
			next = i + 2
			put = data[i:next]
		case c == '"':
			inString = !inString
		case !inString:
			for _, word := range []string{"NaN", "-Infinity", "Infinity"} {
				if bytes.HasPrefix(data[i:], []byte(word)) {
					next, put = i+len(word), []byte("null")
				}
			}
		}
		out = append(out, put...)
		i = next
	}
	return out
}

// maxDepth is how deeply objects may nest.
const maxDepth = 12

// object returns the content of a serialised object, and its class; of a plain
// JSON object its members, and "".
func object(v any, depth int) (members map[string]any, class string, err error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, "", fmt.Errorf("is no object")
	}
	inner, wrapped := m["_object"]
	if !wrapped {
		return m, "", nil
	}
	class, _ = m["_class"].(string)
	if s, isText := inner.(string); isText {
		if depth > maxDepth {
			return nil, class, fmt.Errorf("nests too deeply")
		}
		if inner, err = parse([]byte(s)); err != nil {
			return nil, class, fmt.Errorf("holds no JSON: %w", err)
		}
	}
	members, ok = inner.(map[string]any)
	if !ok {
		return nil, class, fmt.Errorf("holds no object")
	}
	return members, class, nil
}

// list returns a list, plain or a serialised array.
func list(v any) []any {
	if m, ok := v.(map[string]any); ok {
		v = m["_object"]
		if s, isText := v.(string); isText {
			v, _ = parse([]byte(s))
		}
	}
	l, _ := v.([]any)
	return l
}

// numbers returns a list of numbers; ok is false if one is none.
func numbers(v any) (out []float64, ok bool) {
	for _, x := range list(v) {
		f, isNumber := x.(float64)
		if !isNumber {
			return nil, false
		}
		out = append(out, f)
	}
	return out, len(out) > 0
}

// frame is one table.
type frame struct {
	name   string
	column map[string]int
	index  []int
	rows   [][]any
	wrong  models.Problems // cells that are not of their column's type
}

// newFrame reads a DataFrame: with orient "split", or "columns". An absent table
// is empty.
func newFrame(name string, v any) (*frame, error) {
	f := &frame{name: name, column: map[string]int{}}
	if v == nil {
		return f, nil
	}
	m, class, err := object(v, 0)
	if err != nil {
		return nil, fmt.Errorf("table %s %w", name, err)
	}
	if class != "" && class != "DataFrame" {
		return nil, fmt.Errorf("table %s is a %s, not a DataFrame", name, class)
	}
	columns, data, index := list(m["columns"]), list(m["data"]), list(m["index"])
	if turned, ok := byColumns(m); ok {
		columns, data, index = turned.columns, turned.data, turned.index
	} else if m["columns"] == nil || m["data"] == nil || len(index) != len(data) {
		return nil, fmt.Errorf("table %s does not hold columns, index and data, a row of data for each index", name)
	}
	for i, c := range columns {
		if s, ok := c.(string); ok {
			f.column[s] = i
		}
	}
	seen := map[int]bool{}
	for i, x := range index {
		n, ok := x.(float64)
		if s, isText := x.(string); isText {
			whole, err := strconv.Atoi(s)
			n, ok = float64(whole), err == nil
		}
		if !ok || n != math.Trunc(n) || math.Abs(n) > 1e15 {
			return nil, fmt.Errorf("table %s has an index that is no whole number", name)
		}
		if seen[int(n)] {
			return nil, fmt.Errorf("table %s has the index %d twice", name, int(n))
		}
		seen[int(n)] = true
		row, ok := data[i].([]any)
		if !ok || len(row) != len(columns) {
			return nil, fmt.Errorf("table %s, index %d: the row does not hold a value for every column", name, int(n))
		}
		f.index, f.rows = append(f.index, int(n)), append(f.rows, row)
	}
	return f, nil
}

// split is a table as orient "split" has it.
type split struct{ columns, index, data []any }

// byColumns turns a table with orient "columns", an object of a cell by index for
// every column; ok is false if it is none.
func byColumns(m map[string]any) (out split, ok bool) {
	names := slices.Sorted(maps.Keys(m))
	cells := make([]map[string]any, len(names))
	for i, name := range names {
		if cells[i], ok = m[name].(map[string]any); !ok || len(cells[i]) != len(cells[0]) {
			return split{}, false
		}
		out.columns = append(out.columns, name)
	}
	if len(names) == 0 {
		return split{}, false
	}
	rows := slices.SortedFunc(maps.Keys(cells[0]), func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	for _, at := range rows {
		row := make([]any, len(names))
		for i := range names {
			if row[i], ok = cells[i][at]; !ok {
				return split{}, false
			}
		}
		out.index, out.data = append(out.index, at), append(out.data, row)
	}
	return out, true
}

// value returns a row's value in the first of the columns that the table has.
func (f *frame) value(row int, columns ...string) any {
	for _, c := range columns {
		if at, ok := f.column[c]; ok {
			return f.rows[row][at]
		}
	}
	return nil
}

// number returns a row's number; unknown where it is missing or null. What is
// of another type is noted.
func (f *frame) number(row int, columns ...string) (float64, bool) {
	cell := f.value(row, columns...)
	v, ok := cell.(float64)
	if !ok && cell != nil {
		f.mistyped(row, columns[slices.IndexFunc(columns, func(c string) bool { return f.has(c) })], cell, "a number")
	}
	return v, ok
}

// yes returns a row's truth value, def where the table has no such column.
// What is of another type is noted.
func (f *frame) yes(row int, def bool, column string) bool {
	if !f.has(column) {
		return def
	}
	switch v := f.value(row, column).(type) {
	case bool:
		return v
	case float64:
		return v != 0
	default:
		f.mistyped(row, column, v, "true or false")
	}
	return def
}

// mistyped notes a cell once.
func (f *frame) mistyped(row int, column string, cell any, want string) {
	p := models.Problem{Element: models.ID(fmt.Sprintf("%s %d", f.name, f.index[row])), Field: column,
		Reason: fmt.Sprintf("is %s where %s belongs", models.Clip(fmt.Sprintf("%v", cell)), want), Remedy: "write the file anew with to_json"}
	if cell == nil {
		p.Reason = fmt.Sprintf("is null where %s belongs", want)
	}
	if !slices.Contains(f.wrong, p) {
		f.wrong = append(f.wrong, p)
	}
}

func (f *frame) text(row int, columns ...string) string {
	s, _ := f.value(row, columns...).(string)
	return strings.TrimSpace(models.Printable(s))
}

// has reports whether the table has one of the columns.
func (f *frame) has(columns ...string) bool {
	for _, c := range columns {
		if _, ok := f.column[c]; ok {
			return true
		}
	}
	return false
}
