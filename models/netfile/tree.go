package netfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"evenflow/models"
)

// node is one JSON value with the line it begins on.
type node struct {
	kind    jsontext.Kind // { [ " 0 t f n
	line    int
	text    string // of a string, unquoted; of a number, as written
	members []member
	items   []node
}

// member is one key of an object.
type member struct {
	key   string
	line  int
	value node
}

// member returns the value of a key, nil if absent. Of a key given twice it
// returns the first.
func (n *node) member(key string) *node {
	for i := range n.members {
		if n.members[i].key == key {
			return &n.members[i].value
		}
	}
	return nil
}

// id returns the id of an element, "" if it has none.
func (n *node) id() models.ID {
	if id := n.member("id"); id != nil && id.kind == '"' {
		return models.ID(id.text)
	}
	return ""
}

// what names the kind of a value for people.
func (n *node) what() string {
	switch n.kind {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "text"
	case '0':
		return "a number"
	case 't', 'f':
		return "true or false"
	}
	return "null"
}

// parse reads one JSON value and nothing after it.
func parse(data []byte) (*node, *models.Problem) {
	p := &parser{data: data, line: 1, keys: map[string]string{}}
	p.dec = jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowDuplicateNames(true))
	root, err := p.value()
	if err != nil {
		return nil, p.problem(err)
	}
	if _, err := p.dec.ReadToken(); err != io.EOF {
		p.locate(p.dec.InputOffset())
		return nil, &models.Problem{Line: p.line, Reason: "there is more after the end of the document", Remedy: "a file holds one object: remove what follows it"}
	}
	return &root, nil
}

// parser turns tokens into nodes and offsets into lines.
type parser struct {
	data   []byte
	dec    *jsontext.Decoder
	line   int
	offset int64
	count  int // values so far

	keys    map[string]string // one of each key
	members stack[member]
	items   stack[node]
}

// stack holds what has been read of the objects or lists that are still open.
// What is closed moves to room of its own, which many share.
type stack[T any] struct{ open, room []T }

// close takes off what was put on since the length was begin.
func (s *stack[T]) close(begin int) []T {
	n := len(s.open) - begin
	if n == 0 {
		return nil
	}
	if len(s.room) < n {
		s.room = make([]T, max(n, 4096))
	}
	out := s.room[:n:n]
	s.room = s.room[n:]
	copy(out, s.open[begin:])
	clear(s.open[begin:]) // lets go of what they point at
	s.open = s.open[:begin]
	return out
}

// maxValues bounds the memory that a file can take: a network of a million
// junctions has some 25 million values.
const maxValues = 1 << 25

var errTooMany = errors.New("too many values")

// locate moves the line count on to offset; it never goes back.
func (p *parser) locate(offset int64) {
	if offset > int64(len(p.data)) {
		offset = int64(len(p.data))
	}
	if offset > p.offset {
		p.line += bytes.Count(p.data[p.offset:offset], []byte{'\n'})
		p.offset = offset
	}
}

// token reads the next token; the line count then stands at its end.
func (p *parser) token() (jsontext.Token, error) {
	t, err := p.dec.ReadToken()
	p.locate(p.dec.InputOffset())
	return t, err
}

func (p *parser) value() (node, error) {
	t, err := p.token()
	if err != nil {
		return node{}, err
	}
	if p.count++; p.count > maxValues {
		return node{}, errTooMany
	}
	n := node{kind: t.Kind(), line: p.line}
	switch n.kind {
	case '"', '0':
		n.text = t.String()
	case '[':
		begin := len(p.items.open)
		for p.dec.PeekKind() != ']' {
			item, err := p.value()
			if err != nil {
				return node{}, err
			}
			p.items.open = append(p.items.open, item)
		}
		n.items = p.items.close(begin)
		_, err = p.token()
	case '{':
		begin := len(p.members.open)
		for p.dec.PeekKind() != '}' {
			m, err := p.member()
			if err != nil {
				return node{}, err
			}
			p.members.open = append(p.members.open, m)
		}
		n.members = p.members.close(begin)
		_, err = p.token()
	}
	return n, err
}

// member reads a key and its value.
func (p *parser) member() (m member, err error) {
	raw, err := p.dec.ReadValue()
	p.locate(p.dec.InputOffset())
	if err != nil {
		return m, err
	}
	key, known := p.keys[string(raw)]
	if !known {
		text, err := jsontext.AppendUnquote(nil, raw)
		if err != nil {
			return m, err
		}
		key = string(text)
		if len(p.keys) < 1000 { // a file of other keys need not fill it
			p.keys[string(raw)] = key
		}
	}
	m = member{key: key, line: p.line}
	m.value, err = p.value()
	return m, err
}

// problem puts a syntax error into words and on its line.
func (p *parser) problem(err error) *models.Problem {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		p.locate(syntax.ByteOffset)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		p.locate(int64(len(p.data)))
		if len(bytes.TrimSpace(p.data)) == 0 {
			return &models.Problem{Line: 1, Reason: "the file is empty", Remedy: "see docs/formats for what it holds"}
		}
		return &models.Problem{Line: p.line, Reason: "the file ends in the middle: it was cut off", Remedy: "copy it again from where it came"}
	}
	if errors.Is(err, errTooMany) {
		return &models.Problem{Line: p.line, Reason: fmt.Sprintf("the file holds more than %d values", maxValues), Remedy: "check that it is the right file"}
	}
	detail := ""
	if syntax != nil && syntax.Err != nil {
		detail = ": " + syntax.Err.Error()
	}
	return &models.Problem{Line: p.line, Reason: "this is not JSON" + detail, Remedy: "check commas, quotes and brackets on this line and the one before"}
}

// number reads a finite number.
func (n *node) number() (float64, error) {
	v, err := strconv.ParseFloat(n.text, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is beyond any number that can be calculated with", models.Clip(n.text))
	}
	return v, nil
}
