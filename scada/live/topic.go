package live

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/gorilla/websocket"
)

// Column is one column of a topic's table.
type Column struct {
	Name string
	// Decimals is the display resolution of its numbers: what does not change
	// at this resolution is not sent. Negative: numbers as they are.
	Decimals int
}

// Row is one row as published: values parallel to the topic's columns. A
// value is nil, a number or a pointer to one, a string, a bool or a pointer to
// one, or anything that json.Marshal takes; what cannot be encoded is null.
type Row struct {
	Key     string
	Values  []any
	Quality []string // parallel to Values; nil, or "" in it: good
}

// Raw is a value that is JSON already.
type Raw []byte

// good is the quality that is not mentioned in frames.
const good = "good"

// cell is one cell as the pages have it: its JSON text and its quality.
type cell struct {
	text    string
	quality string
}

var empty = cell{"null", good}

// ringSize is how many deltas a topic keeps for pages that come back.
const ringSize = 64

// Topic is a table that pages follow. All fields are guarded by the hub.
type Topic struct {
	hub  *Hub
	name string
	cols []Column
	lazy bool // made for a subscriber: ends when nobody follows it

	epoch string
	seq   int64
	rows  []string // keys; "" gone
	index map[string]int
	cells []cell
	gone  int

	added []int // rows appended since the last delta
	lost  []int // rows gone since the last delta
	dirty map[int]bool
	turnQ map[int]bool // cells whose quality changed since the last delta

	ring []*frame
	snap *frame // of this seq and turn
	at   int64  // the turn snap was made in
	subs map[*conn]bool
}

// frame is one encoded message of a topic; the deflated form is made once and
// kept by the library.
type frame struct {
	topic *Topic
	seq   int64
	msg   *websocket.PreparedMessage
}

func newEpoch() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Set publishes the whole table: rows that are not in it are gone. Nothing is
// sent before the next turn, which sends the newest of what came.
func (t *Topic) Set(rows []Row) { t.put(rows, true) }

// Update publishes some rows; the others stand.
func (t *Topic) Update(rows []Row) { t.put(rows, false) }

func (t *Topic) put(rows []Row, whole bool) {
	encoded := make([][]cell, len(rows))
	for i, r := range rows {
		encoded[i] = encodeRow(r, t.cols)
	}
	t.hub.mu.Lock()
	defer t.hub.mu.Unlock()
	present := make(map[string]bool, len(rows))
	for i, r := range rows {
		present[r.Key] = true
		t.write(r.Key, encoded[i])
	}
	if !whole {
		return
	}
	for n, key := range t.rows {
		if key != "" && !present[key] {
			t.remove(n)
		}
	}
	if t.gone > 256 && t.gone > len(t.index) {
		t.compact()
	}
}

// write sets one row. The hub is locked.
func (t *Topic) write(key string, cells []cell) {
	n, known := t.index[key]
	if !known {
		n = len(t.rows)
		t.index[key] = n
		t.rows = append(t.rows, key)
		t.added = append(t.added, n)
		for range t.cols {
			t.cells = append(t.cells, empty)
		}
	}
	for c, now := range cells {
		id := n*len(t.cols) + c
		old := &t.cells[id]
		if old.text != now.text {
			t.dirty[id] = true
		}
		if old.quality != now.quality {
			t.turnQ[id] = true
		}
		*old = now
	}
}

// remove marks a row as gone. The hub is locked.
func (t *Topic) remove(n int) {
	delete(t.index, t.rows[n])
	t.rows[n] = ""
	t.gone++
	t.lost = append(t.lost, n)
	for c := range t.cols {
		id := n*len(t.cols) + c
		t.cells[id] = empty
		delete(t.dirty, id)
		delete(t.turnQ, id)
	}
}

// compact numbers the rows anew under a new epoch; everybody gets a snapshot.
func (t *Topic) compact() {
	width := len(t.cols)
	rows, cells := make([]string, 0, len(t.index)), make([]cell, 0, len(t.index)*width)
	for n, key := range t.rows {
		if key != "" {
			t.index[key] = len(rows)
			rows, cells = append(rows, key), append(cells, t.cells[n*width:(n+1)*width]...)
		}
	}
	t.rows, t.cells, t.gone = rows, cells, 0
	t.epoch, t.seq, t.ring, t.snap = newEpoch(), 0, nil, nil
	t.clean()
	for c := range t.subs {
		c.need(t)
	}
}

func (t *Topic) clean() {
	t.added, t.lost = nil, nil
	clear(t.dirty)
	clear(t.turnQ)
}

func (t *Topic) changed() bool {
	return len(t.added)+len(t.lost)+len(t.dirty)+len(t.turnQ) > 0
}

// delta closes what changed since the last one into a frame, or returns nil.
// The hub is locked.
func (t *Topic) delta(now stamp) *frame {
	if !t.changed() {
		return nil
	}
	t.seq++
	t.snap = nil
	if len(t.subs) == 0 { // nobody to send it to: who comes back gets a snapshot
		t.ring = nil
		t.clean()
		return nil
	}
	b := now.open("delta", t.name)
	b = append(b, `,"s":`...)
	b = strconv.AppendInt(b, t.seq, 10)
	if len(t.added) > 0 {
		keys := make([]string, len(t.added))
		for i, n := range t.added {
			keys[i] = t.rows[n]
		}
		b = appendJSON(append(b, `,"r":`...), keys)
	}
	if len(t.lost) > 0 {
		b = appendJSON(append(b, `,"x":`...), t.lost)
	}
	b = t.appendCells(b)
	b = t.appendQualities(b, slices.Sorted(maps.Keys(t.turnQ)))
	b = append(b, '}')
	t.clean()
	f := t.frame(b)
	if t.ring = append(t.ring, f); len(t.ring) > ringSize {
		t.ring = slices.Delete(t.ring, 0, 1)
	}
	return f
}

// appendCells adds the changed cells as id differences and values.
func (t *Topic) appendCells(b []byte) []byte {
	if len(t.dirty) == 0 {
		return b
	}
	ids := slices.Sorted(maps.Keys(t.dirty))
	b = append(b, `,"i":[`...)
	last := 0
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(id-last), 10)
		last = id
	}
	b = append(b, `],"v":[`...)
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, t.cells[id].text...)
	}
	return append(b, ']')
}

func (t *Topic) appendQualities(b []byte, ids []int) []byte {
	for i, id := range ids {
		if i == 0 {
			b = append(b, `,"q":[`...)
		} else {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, '['), int64(id), 10)
		b = appendJSON(append(b, ','), t.cells[id].quality)
		b = append(b, ']')
	}
	if len(ids) > 0 {
		b = append(b, ']')
	}
	return b
}

// snapshot returns the whole table as a frame. What changed since the last
// delta is not in it yet: it comes as the next delta, unless nobody followed
// the topic so far. The hub is locked.
func (t *Topic) snapshot(now stamp, turn int64) *frame {
	if t.snap != nil && t.at == turn {
		return t.snap
	}
	b := now.open("snap", t.name)
	b = appendJSON(append(b, `,"epoch":`...), t.epoch)
	b = strconv.AppendInt(append(b, `,"s":`...), t.seq, 10)
	names := make([]string, len(t.cols))
	for i, c := range t.cols {
		names[i] = c.Name
	}
	b = appendJSON(append(b, `,"cols":`...), names)
	b = appendJSON(append(b, `,"rows":`...), t.rows)
	b = append(b, `,"v":[`...)
	var bad []int
	for n := range t.rows {
		if n > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		for c := range t.cols {
			if c > 0 {
				b = append(b, ',')
			}
			id := n*len(t.cols) + c
			b = append(b, t.cells[id].text...)
			if t.cells[id].quality != good {
				bad = append(bad, id)
			}
		}
		b = append(b, ']')
	}
	b = append(b, ']')
	b = append(t.appendQualities(b, bad), '}')
	t.snap, t.at = t.frame(b), turn
	return t.snap
}

func (t *Topic) frame(b []byte) *frame { return &frame{topic: t, seq: t.seq, msg: prepare(b)} }

// prepare wraps an encoded frame; it only fails for frames of an unknown type.
func prepare(b []byte) *websocket.PreparedMessage {
	m, err := websocket.NewPreparedMessage(websocket.TextMessage, b)
	if err != nil {
		panic(err)
	}
	return m
}

// missing returns the deltas after seq, or false if they are not all kept.
func (t *Topic) missing(epoch string, seq int64) ([]*frame, bool) {
	if epoch != t.epoch || seq > t.seq || t.seq-seq > int64(len(t.ring)) {
		return nil, false
	}
	i, _ := slices.BinarySearchFunc(t.ring, seq+1, func(f *frame, s int64) int { return cmp.Compare(f.seq, s) })
	return t.ring[i:], true
}

func encodeRow(r Row, cols []Column) []cell {
	cells := make([]cell, len(cols))
	for i := range cols {
		cells[i] = empty
		if i < len(r.Values) {
			cells[i].text = encode(r.Values[i], cols[i].Decimals)
		}
		if i < len(r.Quality) && r.Quality[i] != "" {
			cells[i].quality = r.Quality[i]
		}
	}
	return cells
}

// encode returns the JSON text of a value.
func encode(v any, decimals int) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case Raw:
		return string(v)
	case *float64:
		if v == nil {
			return "null"
		}
		return number(*v, decimals)
	case float64:
		return number(v, decimals)
	case *int64:
		if v == nil {
			return "null"
		}
		return strconv.FormatInt(*v, 10)
	case int64:
		return strconv.FormatInt(v, 10)
	case int:
		return strconv.Itoa(v)
	case bool:
		return strconv.FormatBool(v)
	case *bool:
		if v == nil {
			return "null"
		}
		return strconv.FormatBool(*v)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(b)
}

// number rounds to the display resolution; what is no number is null.
func number(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "null"
	}
	if decimals >= 0 {
		p := math.Pow10(decimals)
		v = math.Round(v*p) / p
	}
	if v == 0 {
		return "0" // never -0
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// appendJSON adds strings and lists of them or of numbers, which always encode.
func appendJSON(b []byte, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return append(b, text...)
}
