package examples

import (
	"encoding/json"
	"fmt"
)

// PandapipesCity is a network as pandapipes writes it: a main with streets, each
// with consumers of 50 kW that ask for a return of 50 degC, no heights. It has
// 2 (streets + streets consumers) pipes. change, if not nil, may spoil a row of the
// table pipe.
func PandapipesCity(streets, consumers int, change func(row int, cells []any)) string {
	var junctions, pipes, heat [][]any
	pair := func() (supply, back int) {
		junctions = append(junctions, []any{nil, 0, true}, []any{nil, 0, true})
		return len(junctions) - 2, len(junctions) - 1
	}
	trench := func(s0, r0 int, km, mm float64) (s, r int) {
		s, r = pair()
		for _, ends := range [][2]int{{s0, s}, {r, r0}} {
			cells := []any{ends[0], ends[1], km, mm, 0.1, 0, 0.5, 283, true}
			if change != nil {
				change(len(pipes), cells)
			}
			pipes = append(pipes, cells)
		}
		return s, r
	}
	s, r := pair()
	for i := range streets {
		s, r = trench(s, r, 0.1, 800-500*float64(i)/float64(streets))
		a, b := s, r
		for k := range consumers {
			a, b = trench(a, b, 0.03, 150-100*float64(k)/float64(consumers))
			heat = append(heat, []any{fmt.Sprintf("%d/%d", i, k), a, b, 5e4, nil, nil, 323.15, true})
		}
	}
	frame := func(rows [][]any, columns ...string) map[string]any {
		index := make([]int, len(rows))
		for i := range index {
			index[i] = i
		}
		return map[string]any{"_class": "DataFrame", "orient": "split", "_object": text(map[string]any{"columns": columns, "index": index, "data": rows})}
	}
	return text(map[string]any{"_module": "pandapipes.pandapipes_net", "_class": "pandapipesNet", "_object": map[string]any{"name": "city", "fluid": "water",
		"junction":           frame(junctions, "name", "height_m", "in_service"),
		"pipe":               frame(pipes, "from_junction", "to_junction", "length_km", "inner_diameter_mm", "k_mm", "loss_coefficient", "u_w_per_m2k", "text_k", "in_service"),
		"circ_pump_pressure": frame([][]any{{1, 0, 10, 383.15, 6, true}}, "return_junction", "flow_junction", "p_flow_bar", "t_flow_k", "plift_bar", "in_service"),
		"heat_consumer":      frame(heat, "name", "from_junction", "to_junction", "qext_w", "controlled_mdot_kg_per_s", "deltat_k", "treturn_k", "in_service")}})
}

// text writes what is made of numbers, words and lists, which cannot fail.
func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}
