package pandapipes

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	"evenflow/models"
	"evenflow/models/netfile"
)

// Table is a piecewise linear property over temperature in K, extrapolated
// linearly. One row is a constant.
type Table struct{ T, Value []float64 }

// Fluid is the file's water. A property that is not given has no rows.
type Fluid struct {
	Name         string
	Density      Table // kg/m3
	Viscosity    Table // Pa s
	HeatCapacity Table // J/(kg K)
}

// Conversion is a network made of a file.
type Conversion struct {
	Network    *models.Network
	Fluid      Fluid
	Friction   string // the file's own friction model, "" where it names none
	NotCarried []NotCarried
}

// NotCarried says what could not be carried over, and why.
type NotCarried struct {
	Table   string
	Element models.ID // "" where it concerns many
	Reason  string
	Matters bool // the steady state is not the file's without it
}

// Error returns "pipe p7: …".
func (n NotCarried) Error() string {
	return strings.TrimSpace(n.Table+" "+string(n.Element)) + ": " + n.Reason
}

// Elements returns the element.
func (n NotCarried) Elements() []models.ID {
	if n.Element == "" {
		return nil
	}
	return []models.ID{n.Element}
}

// Looks reports whether the data looks like a pandapipes file.
func Looks(data []byte) bool {
	data = bytes.TrimSpace(data)
	return bytes.HasPrefix(data, []byte("{")) && bytes.Contains(data[:min(len(data), 4096)], []byte(`"pandapipesNet"`))
}

// ReadFile reads a file, packed with gzip or not.
func ReadFile(path string) (*Conversion, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	c, err := Read(in)
	if err != nil {
		return nil, fmt.Errorf("%s:\n%w", path, err)
	}
	return c, nil
}

// Read reads a file. The error is of type [models.Problems] unless the reader
// itself failed.
func Read(in io.Reader) (*Conversion, error) {
	data, err := netfile.Unpack(in)
	if err != nil {
		return nil, err
	}
	c, ps := Decode(data)
	if err := ps.Refused(); err != nil {
		return nil, err
	}
	return c, nil
}

// Decode reads a file from its text and returns every problem, warnings
// included; the conversion is nil if one of them is a refusal. Its network
// validates.
func Decode(data []byte) (*Conversion, models.Problems) {
	fail := func(reason string) (*Conversion, models.Problems) {
		return nil, models.Problems{{Reason: reason, Remedy: "check that this is a file that pandapipes' to_json wrote"}}
	}
	root, err := parse(data)
	if err != nil {
		return fail("this is no JSON: " + err.Error())
	}
	net, class, err := object(root, 0)
	if err != nil {
		return fail("the file " + err.Error())
	}
	if class != "pandapipesNet" {
		return fail("the file holds no pandapipesNet")
	}
	b := &builder{net: net, c: &Conversion{Network: &models.Network{}}, at: map[models.ID]int{}, dead: map[models.ID]bool{}, frames: map[string]*frame{}}
	b.build()
	for _, name := range read {
		b.found = append(b.found, b.frames[name].wrong...)
	}
	b.check()
	if b.found.Refused() != nil {
		return nil, b.found
	}
	return b.c, b.found
}

// check adds what is wrong with the network. Where an element could not be read
// it is not whole: then only what is wrong with the values of others is told.
func (b *builder) check() {
	whole, told := b.found.Refused() == nil, map[string]bool{}
	row := func(p models.Problem) string { // p7 and 7 are one row
		return p.Kind.String() + strings.TrimLeft(string(p.Element), "abcdefghijklmnopqrstuvwxyz")
	}
	for _, p := range b.found {
		told[row(p)] = true
	}
	for _, p := range b.c.Network.Validate() {
		if !whole && (p.Warning || told[row(p)] || p.Element == "" || p.Field == "" || p.Field == "fixed_pressure_pa") {
			continue
		}
		if column := columns[p.Field]; column != "" && p.Element != "" {
			p.Remedy += "; in the file it is the column " + column
		}
		b.found = append(b.found, p)
	}
}

// columns are those of the file that became a field of the network under another
// name.
var columns = map[string]string{"inner_diameter_m": "inner_diameter_mm (diameter_m)", "outer_diameter_m": "outer_diameter_mm", "length_m": "length_km", "roughness_mm": "k_mm", "zeta": "loss_coefficient",
	"heat_loss_w_per_m_k": "u_w_per_m2k (alpha_w_per_m2k)", "ambient_c": "text_k", "elevation_m": "height_m", "supply_temperature_c": "t_flow_k"}

// builder makes a network of a file's tables.
type builder struct {
	net    map[string]any
	c      *Conversion
	found  models.Problems
	frames map[string]*frame
	at     map[models.ID]int  // of junctions
	dead   map[models.ID]bool // junctions out of service: nothing at them counts
	holds  int                // pressures held
	pipeAt map[models.ID]int  // of pipes, once a valve asks for one
}

func (b *builder) refuse(kind models.Kind, element models.ID, field, reason, remedy string) {
	b.found = append(b.found, models.Problem{Kind: kind, Element: element, Field: field, Reason: reason, Remedy: remedy})
}

func (b *builder) lose(table string, element models.ID, matters bool, reason string) {
	b.c.NotCarried = append(b.c.NotCarried, NotCarried{table, element, reason, matters})
}

// read are the tables that become elements.
var read = [...]string{"junction", "junction_geodata", "pipe", "valve", "pump", "ext_grid", "sink", "source", "circ_pump_pressure",
	"circ_pump_mass", "flow_control", "press_control", "heat_exchanger", "heat_consumer"}

func (b *builder) build() {
	n := b.c.Network
	name, _ := b.net["name"].(string)
	n.Name = models.Printable(name)
	n.NameEn = n.Name
	for _, name := range read {
		f, err := newFrame(name, b.net[name])
		if err != nil {
			b.refuse(models.KindNetwork, "", name, err.Error(), "write the file anew with to_json")
			f = &frame{name: name}
		}
		b.frames[name] = f
	}
	b.fluid()
	b.junctions()
	if len(b.found) > 0 {
		return
	}
	b.pipes()
	b.valves()
	b.pumps()
	b.plants()
	b.boundaries()
	b.controllers()
	b.consumers()
	b.bury()
	b.sides()
	b.others()
}

// need returns a number without which the element would mean something that
// nobody wrote; what is missing is refused.
func (b *builder) need(kind models.Kind, element models.ID, f *frame, row int, columns ...string) float64 {
	v, ok := f.number(row, columns...)
	if !ok && f.value(row, columns...) == nil {
		b.refuse(kind, element, columns[0], "is missing", "give the value in pandapipes and write the file anew with to_json")
	}
	return v
}

// others lists the tables that become nothing.
func (b *builder) others() {
	known := map[string]bool{"controller": true}
	for _, name := range read {
		known[name] = true
	}
	names := make([]string, 0, len(b.net))
	for name := range b.net {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if known[name] && name != "controller" || strings.HasPrefix(name, "res_") || strings.HasPrefix(name, "_") {
			continue
		}
		if m, ok := b.net[name].(map[string]any); !ok || m["_class"] != "DataFrame" {
			continue
		}
		f, err := newFrame(name, b.net[name])
		switch {
		case err != nil || len(f.rows) == 0:
		case name == "controller":
			b.lose(name, "", true, fmt.Sprintf("%d controllers change the network while it is solved; it is taken as it stands", len(f.rows)))
		case f.has("junction", "from_junction", "return_junction"):
			b.lose(name, "", true, fmt.Sprintf("the table %s: %d of a kind that no network of hot water has", name, len(f.rows)))
		default:
			b.lose(name, "", false, fmt.Sprintf("the table %s: %d rows that no calculation needs", name, len(f.rows)))
		}
	}
	if o, ok := b.net["user_pf_options"].(map[string]any); ok {
		b.c.Friction, _ = o["friction_model"].(string)
	}
}
