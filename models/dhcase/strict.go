package dhcase

import (
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"evenflow/models"
)

// unreadable puts into words why a text is no case file.
func unreadable(err error) models.Problem {
	p := models.Problem{Reason: "this is no case file: " + err.Error(), Remedy: "a case file is JSON with \"schema\": \"" + Schema + "\""}
	var wrong *json.SemanticError
	if errors.As(err, &wrong) {
		p.Field = string(wrong.JSONPointer)
		p.Reason = fmt.Sprintf("is a %s of a kind or size that does not belong here", wrong.JSONKind)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		p.Reason, p.Remedy = "the file ends in the middle: it was cut off", "copy it again from where it came"
	}
	return p
}

// needed are the keys without which a row would mean something by default
// that nobody wrote. Names, places, service, local losses and sections may be
// left out.
var needed = []struct {
	table, letters string
	keys           []string
}{
	{"nodes", "n", []string{"id", "height_m", "t_init_k"}},
	{"pipes", "p", []string{"id", "from", "to", "length_m", "inner_diameter_m", "outer_diameter_m", "roughness_mm", "u_w_per_m2k", "t_ambient_k"}},
	{"valves", "v", []string{"id", "from", "to", "inner_diameter_m", "open"}},
	{"pressure_sources", "ps", []string{"id", "node", "fixes"}},
	{"sinks", "sink ", []string{"id", "node", "mdot_kg_per_s"}},
	{"sources", "source ", []string{"id", "node", "mdot_kg_per_s"}},
	{"circ_pumps_pressure", "cp", []string{"id", "from", "to", "p_flow_bar", "p_lift_bar", "t_flow_k"}},
	{"circ_pumps_mass", "cm", []string{"id", "from", "to", "p_flow_bar", "mdot_kg_per_s", "t_flow_k"}},
	{"pumps", "pu", []string{"id", "from", "to", "curve"}},
	{"flow_controllers", "fc", []string{"id", "from", "to", "mdot_kg_per_s", "control_active"}},
	{"pressure_controllers", "pc", []string{"id", "from", "to", "controlled_node", "p_bar", "control_active"}},
	{"heat_exchangers", "hx", []string{"id", "from", "to", "qext_w", "inner_diameter_m", "zeta"}},
	{"heat_consumers", "hc", []string{"id", "from", "to"}},
}

// missing lists the keys of elements that are not there, or null.
func missing(data []byte) (found models.Problems) {
	var tables map[string]jsontext.Value
	if err := json.Unmarshal(data, &tables); err != nil {
		return models.Problems{unreadable(err)}
	}
	for _, t := range needed {
		var rows []map[string]jsontext.Value
		if tables[t.table] == nil || json.Unmarshal(tables[t.table], &rows) != nil {
			continue // what is no list of objects was refused before
		}
		for i, row := range rows {
			name := fmt.Sprintf("%s row %d", t.table, i+1)
			if number, ok := row["id"]; ok {
				name = t.letters + string(number)
			}
			for _, key := range t.keys {
				if v, ok := row[key]; !ok || v.Kind() == 'n' {
					found = append(found, models.Problem{Element: models.ID(name), Field: key, Reason: "is missing", Remedy: "add the key to the case file"})
				}
			}
		}
	}
	return found
}
