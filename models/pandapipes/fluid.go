package pandapipes

import (
	"fmt"

	"evenflow/models"
)

// fluid reads the file's fluid. A gas is refused.
func (b *builder) fluid() {
	v, ok := b.net["fluid"]
	if !ok || v == nil {
		b.lose("fluid", "", false, "the file names no fluid: it is water")
		return
	}
	if name, ok := v.(string); ok {
		b.c.Fluid.Name = name
		return
	}
	m, _, err := object(v, 0)
	if err != nil {
		b.refuse(models.KindNetwork, "", "fluid", "the fluid "+err.Error(), "write the file anew with to_json")
		return
	}
	fl := &b.c.Fluid
	fl.Name, _ = m["name"].(string)
	if gas, _ := m["is_gas"].(bool); gas || m["fluid_type"] == "gas" {
		b.refuse(models.KindNetwork, "", "fluid", fmt.Sprintf("the fluid %q is a gas", fl.Name), "only networks of water are read")
		return
	}
	all, _, err := object(m["all_properties"], 1)
	if err != nil {
		b.lose("fluid", "", false, "the fluid has no properties of its own: it is water")
		return
	}
	fl.Density = b.property(all["density"], "density")
	fl.Viscosity = b.property(all["viscosity"], "viscosity")
	fl.HeatCapacity = b.property(all["heat_capacity"], "heat_capacity")
	for _, v := range fl.HeatCapacity.Value {
		if v < 100 { // old files have kJ
			for i := range fl.HeatCapacity.Value {
				fl.HeatCapacity.Value[i] *= 1e3
			}
			break
		}
	}
}

// property reads one property: a constant, a straight line or a table.
func (b *builder) property(v any, name string) Table {
	none := func(why string) Table {
		b.lose("fluid", "", true, fmt.Sprintf("the property %s %s: that of water stands for it", name, why))
		return Table{}
	}
	m, class, err := object(v, 2)
	if err != nil {
		return none("is not given")
	}
	number := func(keys ...string) (float64, bool) {
		for _, k := range keys {
			if x, ok := m[k].(float64); ok {
				return x, true
			}
		}
		return 0, false
	}
	if value, ok := number("value"); ok {
		return positive(Table{[]float64{273.15}, []float64{value}}, none)
	}
	if slope, ok := number("slope"); ok {
		offset, _ := number("offset")
		return positive(Table{[]float64{273.15, 373.15}, []float64{offset + 273.15*slope, offset + 373.15*slope}}, none)
	}
	x, y := m["x_values"], m["y_values"]
	if getter, _, err := object(m["prop_getter"], 3); err == nil {
		x, y = getter["x"], getter["y"]
	}
	t, okT := numbers(x)
	values, okV := numbers(y)
	if okT && okV && len(t) == len(values) {
		return positive(Table{t, values}, none)
	}
	return none(fmt.Sprintf("is a %s, of a form that is not known", class))
}

// positive refuses a table that does not ascend, or has values that are not
// above 0.
func positive(t Table, none func(string) Table) Table {
	for i := range t.T {
		if !(t.Value[i] > 0) || i > 0 && !(t.T[i] > t.T[i-1]) {
			return none("does not ascend in temperature, or is not above 0")
		}
	}
	return t
}

// density returns the fluid's density at a temperature.
func (b *builder) density(T float64) float64 {
	if t := b.c.Fluid.Density; len(t.T) > 0 {
		return t.At(T)
	}
	return 998.2
}

// At returns the property at a temperature in K, of a table with rows.
func (t Table) At(T float64) float64 {
	n := len(t.T)
	if n == 1 {
		return t.Value[0]
	}
	i := 1
	for i < n-1 && T > t.T[i] {
		i++
	}
	return t.Value[i-1] + (t.Value[i]-t.Value[i-1])*(T-t.T[i-1])/(t.T[i]-t.T[i-1])
}
