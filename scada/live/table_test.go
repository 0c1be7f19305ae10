package live

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// TestFollowsAnyHistory replays frames like a page does and compares with
// what was published.
func TestFollowsAnyHistory(t *testing.T) {
	b := newBench(t, nil)
	net := b.hub.Topic("net", netCols)
	p := b.dial()
	snap := p.sub("net")
	table, rows := map[int]any{}, append([]string(nil), snap.Rows...)
	want := map[string]float64{}
	epoch, seq := snap.Epoch, snap.S
	for i := range 700 {
		key := fmt.Sprint("order-", i)
		want[key] = float64(i)
		delete(want, fmt.Sprint("order-", i-5))
		var all []Row
		for j := max(0, i-4); j <= i; j++ {
			all = append(all, row(fmt.Sprint("order-", j), "s", float64(j)))
		}
		net.Set(all)
		b.hub.Turn()
		p.ws.SetReadDeadline(time.Now().Add(10 * time.Second))
		_, text, err := p.ws.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		var f frameOf
		if err := json.Unmarshal(text, &f); err != nil {
			t.Fatal(err)
		}
		if f.K == "snap" { // rows were numbered anew
			epoch, seq, rows, table = f.Epoch, f.S, f.Rows, map[int]any{}
			var v [][]any
			if err := json.Unmarshal(f.V, &v); err != nil {
				t.Fatal(err)
			}
			for n := range v {
				table[n*2+1] = v[n][1]
			}
		} else {
			if f.S != seq+1 {
				t.Fatalf("after %d comes %d", seq, f.S)
			}
			seq = f.S
			rows = append(rows, f.R...)
			for _, n := range f.X {
				rows[n] = ""
			}
			var v []any
			if err := json.Unmarshal(f.V, &v); err != nil {
				t.Fatal(err)
			}
			id := 0
			for k, d := range f.I {
				id += d
				table[id] = v[k]
			}
		}
		got := map[string]float64{}
		for n, key := range rows {
			if key != "" {
				got[key] = table[n*2+1].(float64)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("turn %d: page has %v, want %v", i, got, want)
		}
	}
	if epoch == snap.Epoch || len(rows) > 600 {
		t.Errorf("row numbers grow without end: %d", len(rows))
	}
}

func TestNumbers(t *testing.T) {
	x, tenth := 1.2345, 0.1
	for _, c := range []struct {
		v        any
		decimals int
		want     string
	}{
		{1.2345, 2, "1.23"}, {&x, 3, "1.235"}, {-0.001, 2, "0"}, {(*float64)(nil), 2, "null"}, {nil, 0, "null"},
		{tenth + 0.2, -1, "0.30000000000000004"}, {1e21, 0, "1000000000000000000000"}, {true, 0, "true"}, {(*bool)(nil), 0, "null"},
		{int64(1_700_000_000_000), 0, "1700000000000"}, {"供", 0, `"供"`}, {map[string]int{"a": 1}, 0, `{"a":1}`}, {func() {}, 0, "null"},
	} {
		if got := encode(c.v, c.decimals); got != c.want {
			t.Errorf("%v at %d: %s, want %s", c.v, c.decimals, got, c.want)
		}
	}
}
