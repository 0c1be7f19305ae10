// Package follow is a client of the websocket hub: it keeps the tables of the
// topics it follows as the control-room page does. Tests and scripts watch
// the service with it.
package follow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// Cell is one value as JSON, with its quality.
type Cell struct {
	Value   json.RawMessage
	Quality string
}

// Table is a topic as it stands: rows by key, cells by column.
type Table map[string]map[string]Cell

// Client follows topics over one connection. It is for one goroutine.
type Client struct {
	ws     *websocket.Conn
	Topics []string // that may be followed
	Build  string
	Wall   int64 // of the newest frame, ms since 1970
	Plant  int64
	tables map[string]*table
	acked  time.Time
}

type table struct {
	epoch string
	seq   int64
	cols  []string
	rows  []string
	cells map[int]Cell
}

// frame is any frame of the protocol.
type frame struct {
	K, Topic, Epoch, Build, Code string
	T, P, S                      int64
	Topics, Cols, Rows, R        []string
	X, I                         []int
	V                            json.RawMessage
	Q                            [][2]json.RawMessage
}

// Refused says that the service did not open the socket.
type Refused struct{ Status int }

// Error says so with the HTTP status.
func (e *Refused) Error() string {
	return fmt.Sprintf("the websocket is refused with status %d", e.Status)
}

// Dial connects to a hub, address ws://host:port/path. header holds the
// session's cookie and the Origin of the page. It fails with *Refused if the
// service answers and does not want to.
func Dial(ctx context.Context, address string, header http.Header) (*Client, error) {
	d := websocket.Dialer{EnableCompression: true, HandshakeTimeout: 5 * time.Second}
	ws, res, err := d.DialContext(ctx, address, header)
	if err != nil {
		if res != nil {
			return nil, &Refused{res.StatusCode}
		}
		return nil, err
	}
	c := &Client{ws: ws, tables: map[string]*table{}, acked: time.Now()}
	if _, err := c.Next(ctx); err != nil {
		return nil, errors.Join(err, ws.Close())
	}
	return c, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.ws.Close() }

// Follow asks for a topic; its table comes with one of the next frames.
func (c *Client) Follow(topic string) error { return c.say("sub", map[string]any{"topic": topic}) }

func (c *Client) say(verb string, v any) error {
	if err := c.ws.SetWriteDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	return c.ws.WriteJSON(map[string]any{verb: v})
}

// Next takes in one frame and returns its kind. A gap in the numbers is asked
// for anew; a denied topic is an error.
func (c *Client) Next(ctx context.Context) (string, error) {
	stop := context.AfterFunc(ctx, func() { c.ws.Close() })
	defer stop()
	if err := c.ws.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return "", err
	}
	_, text, err := c.ws.ReadMessage()
	if err != nil {
		return "", errors.Join(ctx.Err(), err)
	}
	var f frame
	if err := json.Unmarshal(text, &f); err != nil {
		return "", fmt.Errorf("frame: %w", err)
	}
	c.Wall, c.Plant = f.T, f.P
	switch f.K {
	case "hello":
		c.Topics, c.Build = f.Topics, f.Build
	case "snap":
		err = c.snap(&f)
	case "delta":
		err = c.delta(&f)
	case "deny":
		err = fmt.Errorf("topic %s: %s", f.Topic, f.Code)
	}
	if err == nil && time.Since(c.acked) > 4*time.Second {
		c.acked = time.Now()
		err = c.say("ack", f.T)
	}
	return f.K, err
}

func (c *Client) snap(f *frame) error {
	t := &table{epoch: f.Epoch, seq: f.S, cols: f.Cols, rows: f.Rows, cells: map[int]Cell{}}
	var rows [][]json.RawMessage
	if err := json.Unmarshal(f.V, &rows); err != nil {
		return fmt.Errorf("snapshot of %s: %w", f.Topic, err)
	}
	for n, row := range rows {
		for i, v := range row {
			t.cells[n*len(t.cols)+i] = Cell{v, "good"}
		}
	}
	c.tables[f.Topic] = t
	return t.qualities(f)
}

func (c *Client) delta(f *frame) error {
	t := c.tables[f.Topic]
	if t == nil {
		return nil
	}
	if f.S != t.seq+1 {
		delete(c.tables, f.Topic)
		return c.Follow(f.Topic)
	}
	t.seq = f.S
	for _, key := range f.R {
		for i := range t.cols {
			t.cells[len(t.rows)*len(t.cols)+i] = Cell{json.RawMessage("null"), "good"}
		}
		t.rows = append(t.rows, key)
	}
	for _, n := range f.X {
		t.rows[n] = ""
	}
	var values []json.RawMessage
	if len(f.V) > 0 {
		if err := json.Unmarshal(f.V, &values); err != nil {
			return fmt.Errorf("changes of %s: %w", f.Topic, err)
		}
	}
	if len(values) != len(f.I) {
		return fmt.Errorf("changes of %s: %d ids and %d values", f.Topic, len(f.I), len(values))
	}
	id := 0
	for k, d := range f.I {
		id += d
		cell := t.cells[id]
		cell.Value = values[k]
		t.cells[id] = cell
	}
	return t.qualities(f)
}

func (t *table) qualities(f *frame) error {
	for _, q := range f.Q {
		var id int
		var word string
		if err := errors.Join(json.Unmarshal(q[0], &id), json.Unmarshal(q[1], &word)); err != nil {
			return fmt.Errorf("qualities of %s: %w", f.Topic, err)
		}
		cell := t.cells[id]
		cell.Quality = word
		t.cells[id] = cell
	}
	return nil
}

// Table returns a topic as it stands; nil before its first snapshot.
func (c *Client) Table(topic string) Table {
	t := c.tables[topic]
	if t == nil {
		return nil
	}
	out := Table{}
	for n, key := range t.rows {
		if key == "" {
			continue
		}
		row := map[string]Cell{}
		for i, col := range t.cols {
			row[col] = t.cells[n*len(t.cols)+i]
		}
		out[key] = row
	}
	return out
}

// Until reads frames until the topic's table is as wanted.
func (c *Client) Until(ctx context.Context, topic string, wanted func(Table) bool) error {
	for {
		if t := c.Table(topic); t != nil && wanted(t) {
			return nil
		}
		if _, err := c.Next(ctx); err != nil {
			return fmt.Errorf("waiting for %s: %w", topic, err)
		}
	}
}
