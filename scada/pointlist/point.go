// Package pointlist says which register of which PLC carries which quantity
// of which element, reads and writes that list as a sheet an engineer edits,
// and is the one codec between register words and SI values.
//
// # Conventions a PLC's block follows
//
// An identity register holds a constant (the station's number) that is read
// together with everything else of the PLC; without it nothing is written.
// The PLC heartbeat counts up by itself. The SCADA heartbeat is a counter that
// we write: 1 to 65535 while we are there, 0 when we hand the plant back
// ("release"); when it stands still or is 0 the PLC runs on its own curve.
package pointlist

import (
	"fmt"
	"slices"
	"strings"

	"evenflow/models"
	"evenflow/models/unit"
)

// Table is one of the four address spaces of a Modbus device.
type Table uint8

// The tables, by the digit of the classic reference 4xxxx, 3xxxx, 1xxxx and
// 0xxxx. The zero value is the usual one.
const (
	Holding  Table = iota // 4xxxx, read FC3, written FC6 and FC16
	Input                 // 3xxxx, FC4
	Coil                  // 0xxxx, FC1
	Discrete              // 1xxxx, FC2
)

var tableNames = [...]string{"holding", "input", "coil", "discrete"}

// String returns the table's stable word.
func (t Table) String() string { return tableNames[t] }

// Bits reports whether the table holds single bits instead of words.
func (t Table) Bits() bool { return t >= Coil }

// leading is the first digit of a reference into the table.
func (t Table) leading() int { return [...]int{4, 3, 0, 1}[t] }

// Type says how the words of a point form a number.
type Type uint8

// The types. Bit is one bit of a word, number Point.Bit counted from the
// least significant; Bool is a whole word or a bit of a bit table, true when
// not 0.
const (
	U16 Type = iota
	I16
	U32
	I32
	F32
	F64
	Bool
	Bit
)

var typeNames = [...]string{"u16", "i16", "u32", "i32", "f32", "f64", "bool", "bit"}

// String returns the type's stable word; a bit's number stands in the point.
func (t Type) String() string { return typeNames[t] }

// Words returns how many 16-bit words a value of the type takes.
func (t Type) Words() int {
	switch t {
	case U32, I32, F32:
		return 2
	case F64:
		return 4
	}
	return 1
}

// Order is the order in which the bytes of a value lie in its words; A is the
// most significant byte.
type Order uint8

// The four orders found in the field. For 16-bit values ABCD and CDAB mean AB,
// BADC and DCBA mean BA.
const (
	ABCD Order = iota // big-endian, as the Modbus specification has it
	CDAB              // words swapped
	BADC              // bytes swapped in every word
	DCBA              // both: little-endian
)

// Orders lists the four orders.
var Orders = [...]Order{ABCD, CDAB, BADC, DCBA}

var orderNames = [...]string{"ABCD", "CDAB", "BADC", "DCBA"}

// String returns the order's letters.
func (o Order) String() string { return orderNames[o] }

// Point is one quantity of one element at one place of one PLC. The
// engineering value is number*Scale + Offset in Unit; Min and Max are
// engineering values too.
type Point struct {
	Element   models.ID
	Quantity  models.Quantity
	Endpoint  string // "address:port"
	UnitID    uint8
	Table     Table
	Address   uint16 // PDU address, 0-based
	Type      Type
	Bit       uint8 // of type Bit: 0..15
	Order     Order
	Scale     float64 // 0: 1
	Offset    float64
	Unit      unit.Unit // zero: a plain number
	Min, Max  models.Optional
	Writable  bool
	Expect    models.Optional // of an identity: the constant that proves the right PLC
	MeterSide models.Side     // of a volume flow: where the meter sits
	BadValues []uint64        // raw numbers that mean "sensor fault", e.g. 0x8000
	NominalHz float64         // of a speed in Hz: the frequency of speed 1; 0: 50
	MaxRead   int             // words (or bits) the device gives in one request; 0: the gateway's limit
	Line      int             // of the file it came from, 0 otherwise
}

// ID names the point.
func (p *Point) ID() models.PointID {
	return models.PointID{Element: p.Element, Quantity: p.Quantity}
}

// Words returns how many addresses the point takes in its table.
func (p *Point) Words() int { return p.Type.Words() }

// Reference returns the classic 1-based reference: 40013, or 4xxxxx with six
// digits where five do not reach.
func (p *Point) Reference() string {
	n := int(p.Address) + 1
	if n > 9999 {
		return fmt.Sprintf("%d%05d", p.Table.leading(), n)
	}
	return fmt.Sprintf("%d%04d", p.Table.leading(), n)
}

// Place says where the point lies, for people: "10.1.2.3:502 unit 1 holding
// 12 (40013)".
func (p *Point) Place() string {
	return fmt.Sprintf("%s unit %d %s %d (%s)", p.Endpoint, p.UnitID, p.Table, p.Address, p.Reference())
}

// TypeWord returns the type as a sheet has it: "f32", "bit3".
func (p *Point) TypeWord() string {
	if p.Type == Bit {
		return fmt.Sprintf("bit%d", p.Bit)
	}
	return p.Type.String()
}

// Device is what one PLC or one slave behind a gateway is addressed by.
type Device struct {
	Endpoint string
	UnitID   uint8
}

// Device returns the device of the point.
func (p *Point) Device() Device { return Device{p.Endpoint, p.UnitID} }

// List is all points of a plant.
type List struct {
	Points []Point
}

// Of returns the points of one element, in the order of the list.
func (l *List) Of(element models.ID) []Point {
	var out []Point
	for i := range l.Points {
		if l.Points[i].Element == element {
			out = append(out, l.Points[i])
		}
	}
	return out
}

// Find returns the point of that name.
func (l *List) Find(id models.PointID) (Point, bool) {
	for i := range l.Points {
		if l.Points[i].ID() == id {
			return l.Points[i], true
		}
	}
	return Point{}, false
}

// Elements returns the elements that have points, sorted.
func (l *List) Elements() []models.ID {
	seen := map[models.ID]bool{}
	var ids []models.ID
	for i := range l.Points {
		if e := l.Points[i].Element; !seen[e] {
			seen[e] = true
			ids = append(ids, e)
		}
	}
	slices.SortFunc(ids, func(a, b models.ID) int { return strings.Compare(string(a), string(b)) })
	return ids
}

// Endpoints returns the endpoints of the list, sorted.
func (l *List) Endpoints() []string {
	var out []string
	for i := range l.Points {
		out = append(out, l.Points[i].Endpoint)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
