package pointlist

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"evenflow/models"
	"evenflow/models/unit"
)

// integer reads a whole number lo..hi, decimal or 0x hexadecimal; def for an
// empty cell, which is a problem where def is negative.
func (c *cells) integer(key string, lo, hi, def int) int {
	s := c.get(key)
	if s == "" && def >= 0 {
		return def
	}
	s = strings.TrimSuffix(s, ".0") // spreadsheets like to add it
	var n int64
	var err error
	if hex, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		n, err = strconv.ParseInt(hex, 16, 32)
	} else {
		n, err = strconv.ParseInt(s, 10, 32)
	}
	if err != nil || int(n) < lo || int(n) > hi {
		c.wrong(key)
		return -1
	}
	return int(n)
}

// real reads a number with a decimal point, or a decimal comma where commas
// do not separate the columns.
func (c *cells) real(key string) models.Optional {
	s := c.get(key)
	if s == "" {
		return models.Optional{}
	}
	if c.decimalComma && strings.Count(s, ",") == 1 && !strings.Contains(s, ".") {
		s = strings.Replace(s, ",", ".", 1)
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || strings.ContainsAny(s, "_xX") {
		c.wrong(key)
		return models.Optional{}
	}
	return models.Some(v)
}

// coding reads type and order.
func (c *cells) coding(p *Point) {
	word := strings.ToLower(c.get("type"))
	switch word {
	case "":
		c.wrong("type")
		return
	case "uint16", "word":
		word = "u16"
	case "int16", "short":
		word = "i16"
	case "uint32", "dword":
		word = "u32"
	case "int32", "dint":
		word = "i32"
	case "float", "float32", "real":
		word = "f32"
	case "double", "float64":
		word = "f64"
	}
	if bit, ok := strings.CutPrefix(word, "bit"); ok {
		n, err := strconv.ParseUint(bit, 10, 8)
		if err != nil || n > 15 {
			c.wrong("type")
			return
		}
		p.Type, p.Bit = Bit, uint8(n)
	} else if i := slices.Index(typeNames[:Bit], word); i >= 0 {
		p.Type = Type(i)
	} else {
		c.wrong("type")
		return
	}
	if p.Table.Bits() && p.Type != Bool {
		c.complain("type", fmt.Sprintf("a %s holds one bit, no %s", p.Table, p.TypeWord()), "write bool")
	}
	order := strings.ToUpper(c.get("order"))
	switch i := slices.Index(orderNames[:], order); {
	case i >= 0:
		p.Order = Order(i)
	case order == "AB":
		p.Order = ABCD
	case order == "BA":
		p.Order = BADC
	case order != "":
		c.wrong("order")
	case p.Words() > 1:
		c.complain("order", "is empty, and "+p.TypeWord()+" takes more than one register", "write ABCD, CDAB, BADC or DCBA; `evenflow plc read` shows a live value in all four")
	}
	if int(p.Address)+p.Words() > 65536 {
		c.complain("pdu_address", "the value reaches beyond address 65535", "correct the address")
	}
}

// scaling reads what stands between the number and the engineering value.
func (c *cells) scaling(p *Point) {
	p.Scale = c.real("scale").Or(1)
	if p.Scale == 0 {
		c.wrong("scale")
	}
	p.Offset = c.real("offset").Or(0)
	u, err := unitOf(c.get("unit"))
	if err != nil {
		c.complain("unit", fmt.Sprintf("%q is no unit", c.get("unit")), "write "+unitsOf(rules[p.Quantity].dimensions))
	}
	p.Unit = u
	dims := rules[p.Quantity].dimensions
	if err == nil && dims != nil && !slices.Contains(dims, u.Dimension) {
		reason, remedy := c.unitMismatch(p, u)
		c.complain("unit", reason, remedy)
	}
	p.Min, p.Max = c.real("min"), c.real("max")
	if p.Min.Known && p.Max.Known && p.Min.Value > p.Max.Value {
		c.complain("min", "is above max", "exchange the two")
	}
	if hz := c.real("nominal_hz"); hz.Known {
		if p.NominalHz = hz.Value; !(hz.Value > 0) {
			c.wrong("nominal_hz")
		}
	}
}

// unitMismatch says why a unit does not fit the quantity, and what to do.
func (c *cells) unitMismatch(p *Point, u unit.Unit) (reason, remedy string) {
	remedy = "write " + unitsOf(rules[p.Quantity].dimensions)
	switch {
	case c.get("unit") == "":
		return fmt.Sprintf("is empty, and %s needs one", p.Quantity), remedy
	case p.Quantity == models.MassFlow && u.Dimension == unit.VolumeFlow:
		return fmt.Sprintf("%q is a volume per time, no mass_flow", c.get("unit")), "make the quantity volume_flow and say under meter_side where the meter sits"
	case p.Quantity == models.MakeUpFlow && u.Dimension == unit.VolumeFlow:
		return fmt.Sprintf("%q is a volume per time, and make-up counts as mass", c.get("unit")), remedy + "; 1 m3 of cold water is 1 t"
	}
	return fmt.Sprintf("%q does not measure %s", c.get("unit"), p.Quantity), remedy
}

// unitsOf lists the units of dimensions; a plain number needs none.
func unitsOf(dims []unit.Dimension) string {
	var names []string
	if slices.Contains(dims, unit.None) {
		names = []string{"nothing"}
	}
	for _, n := range unit.Names() {
		if u, err := unit.Lookup(n); err == nil && slices.Contains(dims, u.Dimension) {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

// extras reads the columns that few rows need.
func (c *cells) extras(p *Point) {
	switch strings.ToLower(c.get("writable")) {
	case "", "no", "n", "0", "false", "否", "r", "ro", "只读":
	case "yes", "y", "1", "true", "是", "rw", "读写":
		p.Writable = true
	default:
		c.wrong("writable")
	}
	if p.Expect = c.real("expect"); p.Expect.Known && p.Quantity != models.Identity {
		c.complain("expect", "only an identity has an expected value", "leave the cell empty")
	}
	switch side := strings.ToLower(c.get("meter_side")); {
	case side == "" && p.Quantity == models.VolumeFlow:
		c.complain("meter_side", "is empty, and a volume becomes a flow only with the temperature at the meter", "write "+example["meter_side"])
	case side == "":
	case p.Quantity != models.VolumeFlow:
		c.complain("meter_side", "only a volume_flow has a meter side", "leave the cell empty")
	case side == "supply" || side == "供水":
		p.MeterSide = models.SideSupply
	case side == "return" || side == "回水":
		p.MeterSide = models.SideReturn
	default:
		c.wrong("meter_side")
	}
	for _, s := range strings.Fields(c.get("bad_values")) {
		n, err := strconv.ParseUint(s, 0, 64)
		if err != nil || p.Words() < 4 && n >= 1<<(16*p.Words()) {
			c.wrong("bad_values")
			break
		}
		p.BadValues = append(p.BadValues, n)
	}
	p.MaxRead = max(c.integer("max_read", 1, 2000, 0), 0)
	if p.MaxRead > 0 && p.MaxRead < p.Words() {
		c.complain("max_read", fmt.Sprintf("the value takes %d registers, which must come in one request", p.Words()), "write a larger number")
	}
}

// quantities lists the words of all quantities, in the order of models.
func quantities() string {
	qs := make([]models.Quantity, 0, len(rules))
	for q := range rules {
		qs = append(qs, q)
	}
	sort.Slice(qs, func(i, j int) bool { return qs[i] < qs[j] })
	words := make([]string, len(qs))
	for i, q := range qs {
		words[i] = q.String()
	}
	return strings.Join(words, ", ")
}
