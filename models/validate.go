package models

import (
	"fmt"
	"math"
	"strings"
)

// Validate returns every problem of the network at once, each with its
// element, the field and a remedy; warnings are marked as such. A network
// without a refusal ([Problems.Refused] is nil) is immutable from then on.
func (n *Network) Validate() Problems {
	_, bad := n.Check()
	return bad
}

// Checked is a network without a refusal, and what checking it has found: where
// each element stands, and the junctions at the ends of its branches.
type Checked struct {
	net      *Network
	index    Index
	from, to []int32
}

// Network returns the network, which is not to be changed from now on.
func (c *Checked) Network() *Network { return c.net }

// Index returns the index of its elements.
func (c *Checked) Index() Index { return c.index }

// Ends returns the places of the junctions at the ends of all branches, in the
// order of [Network.Branches].
func (c *Checked) Ends() (from, to []int32) { return c.from, c.to }

// Check is Validate, and returns the checked network; nil where there is a
// refusal.
func (n *Network) Check() (*Checked, Problems) {
	branches := n.Size() - len(n.Junctions)
	v := &validator{net: n, index: n.Index(), from: make([]int32, 0, branches), to: make([]int32, 0, branches)}
	v.names(KindNetwork, "", n.Name, n.NameEn)
	v.ids()
	v.climate()
	v.pressureDriven()
	for i := range n.Junctions {
		v.junction(&n.Junctions[i])
	}
	for ref, b := range n.Branches() {
		v.branch(ref.Kind, b)
	}
	for i := range n.Pipes {
		v.pipe(&n.Pipes[i])
	}
	for i := range n.Valves {
		v.valve(&n.Valves[i])
	}
	for i := range n.Pumps {
		v.pump(&n.Pumps[i])
	}
	for i := range n.Sources {
		v.source(&n.Sources[i])
	}
	for i := range n.Stations {
		v.station(&n.Stations[i])
	}
	v.missing()
	v.circuit()
	if v.found.Refused() != nil {
		return nil, v.found
	}
	return &Checked{n, v.index, v.from, v.to}, v.found
}

// validator gathers what is wrong.
type validator struct {
	net      *Network
	index    Index
	from, to []int32 // junctions at the ends of the branches, -1: none
	found    Problems
}

func (v *validator) refuse(kind Kind, id ID, field, reason, remedy string) {
	v.found = append(v.found, Problem{Kind: kind, Element: id, Field: field, Reason: reason, Remedy: remedy})
}

func (v *validator) warn(kind Kind, id ID, field, reason, remedy string) {
	v.found = append(v.found, Problem{Kind: kind, Element: id, Field: field, Reason: reason, Remedy: remedy, Warning: true})
}

// number checks a plain value against bounds that are no attribute's.
func (v *validator) number(kind Kind, id ID, key string, value, min, max float64, remedy string) {
	a := AttributeInfo{Min: min, Max: max}
	if wrong := a.Within(value); wrong != "" {
		v.refuse(kind, id, key, wrong, remedy)
	}
}

// over is number with the lower bound itself excluded.
func (v *validator) over(kind Kind, id ID, key string, value, min, max float64, remedy string) {
	a := AttributeInfo{Min: min, Max: max, OverMin: true}
	if wrong := a.Within(value); wrong != "" {
		v.refuse(kind, id, key, wrong, remedy)
	}
}

// attribute checks a value against its row of the table of attributes.
func (v *validator) attribute(kind Kind, id ID, a Attribute, value float64, remedy string) (within bool) {
	return v.attributeAt(kind, id, "", a, value, remedy)
}

// openMost are the greatest values in open networks: files of water networks have
// tunnels and pipes that stand for none, mains whose wall is guessed, valves all
// but shut by their loss, and pumps whose speed is a factor on a small curve.
var openMost = map[Attribute]float64{AttrInnerDiameter: 1e3, AttrRoughness: 1, AttrZeta: 1e18, AttrSpeed: 100}

// attributeAt is attribute for a value inside a nested object of the file.
func (v *validator) attributeAt(kind Kind, id ID, prefix string, a Attribute, value float64, remedy string) (within bool) {
	row, ok := AttributeOf(kind, a)
	if !ok {
		panic("models: no attribute " + string(a) + " of a " + kind.String())
	}
	if most, ok := openMost[a]; ok && v.net.Open {
		row.Max = most
	}
	wrong := row.Within(value)
	if wrong != "" {
		v.refuse(kind, id, prefix+row.Key, wrong, remedy)
	}
	return wrong == ""
}

// kelvin checks a temperature of water, key in degC.
func (v *validator) kelvin(kind Kind, id ID, key string, value float64) {
	const remedy = "give a temperature of liquid water, 0 to 200 degC"
	switch {
	case value == 0:
		v.refuse(kind, id, key, "is missing", remedy)
	case !(value >= 273.15 && value <= 473.15):
		v.refuse(kind, id, key, fmt.Sprintf("is %.4g degC", value-273.15), remedy)
	}
}

// longestID keeps ids readable in tables, logs and on the page, bytes.
const longestID = 200

// ids: none empty, none twice over all kinds.
func (v *validator) ids() {
	for ref, id := range v.net.Elements() {
		if id == "" {
			v.refuse(ref.Kind, "", "id", fmt.Sprintf("%s number %d has no id", ref.Kind, ref.At+1), "give every element an id of its own")
			continue
		}
		if len(id) > longestID || strings.IndexFunc(string(id), unprintable) >= 0 {
			v.refuse(ref.Kind, id, "id", fmt.Sprintf("has %d bytes or holds control characters", len(id)), fmt.Sprintf("ids are printable and at most %d bytes long", longestID))
			continue
		}
		if first, _ := v.index.Lookup(id); first != ref {
			v.refuse(ref.Kind, id, "id", fmt.Sprintf("the id is used twice, first by a %s", first.Kind), "ids are unique over all kinds of element: rename one of them")
		}
	}
}

// names: printable, since tables and pages show them.
func (v *validator) names(kind Kind, id ID, name, nameEn string) {
	for _, s := range [2]struct{ key, name string }{{"name", name}, {"name_en", nameEn}} {
		if strings.IndexFunc(s.name, unprintable) >= 0 {
			v.refuse(kind, id, s.key, "holds control characters", "write the name in letters, digits and signs")
		}
	}
}

func (v *validator) climate() {
	c := v.net.Climate
	if c != (Climate{}) {
		if !(c.DesignIndoor >= 273.15 && c.DesignIndoor <= 323.15) {
			v.refuse(KindNetwork, "", "design_indoor_c", "the design indoor temperature is no room temperature", "give it in degC, for example 18")
		}
		if !(c.DesignOutdoor >= 203.15 && c.DesignOutdoor <= 303.15) {
			v.refuse(KindNetwork, "", "design_outdoor_c", "the design outdoor temperature is no weather", "give it in degC, for example -5")
		} else if c.DesignOutdoor >= c.DesignIndoor {
			v.refuse(KindNetwork, "", "design_outdoor_c", "it is not colder outdoors than indoors at design weather", "check that the two are not exchanged")
		}
	}
	if g := v.net.Ground; g != (Ground{}) {
		v.number(KindNetwork, "", "conductivity_w_per_m_k", g.Conductivity, 0, 20, "give the ground's conductivity, about 1.6 W/(m K)")
		if !(g.Temperature >= 223.15 && g.Temperature <= 323.15) {
			v.refuse(KindNetwork, "", "temperature_c", "the ground temperature is out of range", "give it in degC, for example 5")
		}
	}
}

func (v *validator) junction(j *Junction) {
	const kind = KindJunction
	v.names(kind, j.ID, j.Name, j.NameEn)
	v.side(kind, j.ID, j.Side)
	if j.Elevation.Known {
		v.number(kind, j.ID, "elevation_m", j.Elevation.Value, -500, 9000, "give metres above datum")
	}
	if j.FixedPressure.Known {
		v.attribute(kind, j.ID, AttrFixedPressure, j.FixedPressure.Value, "give Pa gauge, for example 300000 for 0.3 MPa")
	}
	if j.FixedTemp.Known {
		v.kelvin(kind, j.ID, "fixed_temperature_c", j.FixedTemp.Value)
	}
	v.attribute(kind, j.ID, AttrDraw, j.Draw, "give kg/s taken out, negative for fed in")
	v.outlets(j)
	if j.X.Known {
		v.number(kind, j.ID, "x_m", j.X.Value, -1e9, 1e9, "give plane coordinates in metres")
	}
	if j.Y.Known {
		v.number(kind, j.ID, "y_m", j.Y.Value, -1e9, 1e9, "give plane coordinates in metres")
	}
	if j.X.Known != j.Y.Known {
		v.refuse(kind, j.ID, "x_m", "only one of the two coordinates is given", "give both x_m and y_m, or neither")
	}
}

// branch checks what all branches share: two different ends that exist.
func (v *validator) branch(kind Kind, b *Branch) {
	v.names(kind, b.ID, b.Name, b.NameEn)
	v.from, v.to = append(v.from, v.end(kind, b.ID, "from", b.From)), append(v.to, v.end(kind, b.ID, "to", b.To))
	if b.From == b.To && b.From != "" {
		v.refuse(kind, b.ID, "to", fmt.Sprintf("both ends are junction %q", b.From), "a branch joins two different junctions")
	}
}

// end returns the place of the junction at the end of a branch, -1 for none.
func (v *validator) end(kind Kind, branch ID, key string, id ID) int32 {
	ref, ok := v.index.Lookup(id)
	switch {
	case id == "":
		v.refuse(kind, branch, key, "names no junction", "give the id of the junction at this end")
	case !ok:
		v.refuse(kind, branch, key, fmt.Sprintf("junction %q does not exist", id), "add the junction or correct the id")
	case ref.Kind != KindJunction:
		v.refuse(kind, branch, key, fmt.Sprintf("%q is a %s, not a junction", id, ref.Kind), "branches meet at junctions: name one")
	default:
		return int32(ref.At)
	}
	return -1
}

// side refuses a word that is none.
func (v *validator) side(kind Kind, id ID, s Side) {
	if s > SideReturn {
		v.refuse(kind, id, "side", "is unknown", "write supply or return, or leave it out")
	}
}

// sides refuses a branch of one side that ends at the other. want is
// SideNone where nothing is stated.
func (v *validator) sides(kind Kind, b *Branch, atFrom, atTo Side, remedy string) {
	for _, end := range []struct {
		key  string
		id   ID
		want Side
	}{{"from", b.From, atFrom}, {"to", b.To, atTo}} {
		if end.want == SideNone {
			continue
		}
		at, ok := v.index.At(KindJunction, end.id)
		if !ok {
			continue
		}
		if side := v.net.Junctions[at].Side; side != SideNone && side != end.want {
			v.refuse(kind, b.ID, end.key, fmt.Sprintf("junction %q is on the %s side, not on the %s side", end.id, side, end.want), remedy)
		}
	}
}

var sideNames = [...]string{"", "supply", "return"}

// String returns "supply", "return" or "".
func (s Side) String() string {
	if int(s) < len(sideNames) {
		return sideNames[s]
	}
	return "unknown side"
}

// finite reports whether v is a number one can calculate with.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
