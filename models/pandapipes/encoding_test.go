package pandapipes

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
)

// turned writes every table of a net by its columns, an object of cells by index
// for each.
func turned(t *testing.T, net map[string]any) map[string]any {
	t.Helper()
	for name, v := range net {
		m, ok := v.(map[string]any)
		if !ok || m["_class"] != "DataFrame" {
			continue
		}
		var s struct {
			Columns []string
			Index   []int
			Data    [][]any
		}
		if err := json.Unmarshal([]byte(m["_object"].(string)), &s); err != nil {
			t.Fatal(err)
		}
		by := map[string]map[string]any{}
		for i, c := range s.Columns {
			by[c] = map[string]any{}
			for k, row := range s.Data {
				by[c][fmt.Sprint(s.Index[k])] = row[i]
			}
		}
		net[name] = nested("pandas.core.frame", "DataFrame", by)
	}
	return net
}

// A file whose tables are written by columns is the same network.
func TestTablesByColumns(t *testing.T) {
	want, got := decode(t, town()), decode(t, turned(t, town()))
	a, _ := json.Marshal(want.Network)
	b, _ := json.Marshal(got.Network)
	if string(a) != string(b) || len(got.NotCarried) != len(want.NotCarried) {
		t.Errorf("by columns:\n%s\nsplit:\n%s", b, a)
	}
	net := turned(t, town())
	net["pipe"] = nested("pandas.core.frame", "DataFrame", map[string]any{"from_junction": map[string]any{"0": 1}, "to_junction": map[string]any{"1": 2}})
	if c, ps := Decode(file(net)); c != nil {
		t.Errorf("columns of different rows are read: %v", ps)
	}
}

// A pipe without length and loss joins two places that are one.
func TestPipeWithoutLength(t *testing.T) {
	net := town()
	net["pipe"] = table("name from_junction to_junction length_km inner_diameter_mm k_mm loss_coefficient u_w_per_m2k sections in_service",
		"0 a 0 1 0 100 0.2 0 2 1 true", "1 b 3 4 0.5 100 0.2 0 2 1 true")
	p := decode(t, net).Network.Pipes[0]
	if !p.Resistance.Known || p.Resistance.Value != 0 || p.HeatLoss.Value != 0 {
		t.Errorf("%+v", p)
	}
}

// A table of a property is a straight line between its rows, and beyond them.
func TestPropertyAt(t *testing.T) {
	x := Table{T: []float64{280, 300, 340}, Value: []float64{1000, 996, 980}}
	for T, want := range map[float64]float64{280: 1000, 290: 998, 320: 988, 360: 972, 270: 1002} {
		if got := x.At(T); math.Abs(got-want) > 1e-9 {
			t.Errorf("%g at %g K, want %g", got, T, want)
		}
	}
	if (Table{T: []float64{280}, Value: []float64{7}}).At(400) != 7 {
		t.Error("a constant varies")
	}
}
