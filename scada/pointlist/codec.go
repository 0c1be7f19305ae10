package pointlist

import (
	"fmt"
	"math"
	"strconv"

	"evenflow/models"
	"evenflow/models/unit"
)

// swaps is the one table of orders, for decoding and encoding alike: both
// steps are their own inverse.
var swaps = [...]struct{ words, bytes bool }{
	ABCD: {false, false},
	CDAB: {true, false},
	BADC: {false, true},
	DCBA: {true, true},
}

// Arrange puts words from order o into ABCD, or from ABCD into o.
func Arrange(words []uint16, o Order) []uint16 {
	out := make([]uint16, len(words))
	s := swaps[o]
	for i, w := range words {
		if s.bytes {
			w = w<<8 | w>>8
		}
		if s.words {
			out[len(words)-1-i] = w
		} else {
			out[i] = w
		}
	}
	return out
}

// form is what a type makes of the bits of its words (ABCD) and back.
type form struct {
	number func(bits uint64) float64
	bits   func(number float64) uint64
	lo, hi float64 // numbers that fit; whole says that only whole numbers do
	whole  bool
}

// forms is the one table of types, for decoding and encoding alike. Bit has
// no entry of its own: it is a Bool after a shift.
var forms = [...]form{
	U16: {func(b uint64) float64 { return float64(uint16(b)) }, func(n float64) uint64 { return uint64(uint16(n)) }, 0, math.MaxUint16, true},
	I16: {func(b uint64) float64 { return float64(int16(b)) }, func(n float64) uint64 { return uint64(uint16(int16(n))) }, math.MinInt16, math.MaxInt16, true},
	U32: {func(b uint64) float64 { return float64(uint32(b)) }, func(n float64) uint64 { return uint64(uint32(n)) }, 0, math.MaxUint32, true},
	I32: {func(b uint64) float64 { return float64(int32(b)) }, func(n float64) uint64 { return uint64(uint32(int32(n))) }, math.MinInt32, math.MaxInt32, true},
	F32: {func(b uint64) float64 { return float64(math.Float32frombits(uint32(b))) }, func(n float64) uint64 { return uint64(math.Float32bits(float32(n))) }, -math.MaxFloat32, math.MaxFloat32, false},
	F64: {math.Float64frombits, math.Float64bits, -math.MaxFloat64, math.MaxFloat64, false},
	Bool: {func(b uint64) float64 {
		if b != 0 {
			return 1
		}
		return 0
	}, func(n float64) uint64 { return uint64(n) }, 0, 1, true},
}

func (p *Point) form() form {
	if p.Type == Bit {
		return forms[Bool]
	}
	return forms[p.Type]
}

// Bits returns the raw number that the words form, before it is read as
// signed or floating: what BadValues are compared with.
func (p *Point) Bits(words []uint16) uint64 {
	var bits uint64
	for _, w := range Arrange(words, p.Order) {
		bits = bits<<16 | uint64(w)
	}
	if p.Type == Bit {
		bits = bits >> p.Bit & 1
	}
	return bits
}

// Number returns the number that the words form in the point's type and
// order, not scaled yet.
func (p *Point) Number(words []uint16) float64 { return p.form().number(p.Bits(words)) }

func (p *Point) scale() float64 {
	if p.Scale == 0 {
		return 1
	}
	return p.Scale
}

// Engineering returns the value in the point's own unit.
func (p *Point) Engineering(words []uint16) float64 { return p.Number(words)*p.scale() + p.Offset }

// ToSI converts from the point's own unit to SI; a speed in Hz becomes a
// fraction of NominalHz.
func (p *Point) ToSI(v float64) float64 {
	switch p.Unit.Dimension {
	case unit.Frequency:
		return p.Unit.ToSI(v) / p.nominalHz()
	case unit.None:
		if p.Unit.Factor == 0 {
			return v
		}
	}
	return p.Unit.ToSI(v)
}

// FromSI is the inverse of ToSI.
func (p *Point) FromSI(v float64) float64 {
	switch p.Unit.Dimension {
	case unit.Frequency:
		return p.Unit.FromSI(v * p.nominalHz())
	case unit.None:
		if p.Unit.Factor == 0 {
			return v
		}
	}
	return p.Unit.FromSI(v)
}

func (p *Point) nominalHz() float64 {
	if p.NominalHz == 0 {
		return 50
	}
	return p.NominalHz
}

// Decode turns the words of the point into its SI value. The quality is good
// or bad; the reason says in words what is bad. A bad value is 0 where there
// is no number, and otherwise the value as it stands.
func (p *Point) Decode(words []uint16) (float64, models.Quality, string) {
	if len(words) != p.Words() {
		return 0, models.QualityBad, fmt.Sprintf("%d words read, a %s takes %d", len(words), p.TypeWord(), p.Words())
	}
	bits := p.Bits(words)
	for _, bad := range p.BadValues {
		if bits == bad {
			return 0, models.QualityBad, fmt.Sprintf("sensor fault: register shows %#x", bits)
		}
	}
	v := p.Engineering(words)
	si := p.ToSI(v)
	if math.IsNaN(si) || math.IsInf(si, 0) {
		return 0, models.QualityBad, "not a number"
	}
	if reason := p.outside(v); reason != "" {
		return si, models.QualityBad, reason
	}
	return si, models.QualityGood, ""
}

// outside says how an engineering value leaves Min..Max; "" if it does not.
// The slack is what conversion to SI and back may lose, not a tolerance.
func (p *Point) outside(v float64) string {
	slack := 1e-9 * (math.Abs(v) + math.Abs(p.scale()) + 1)
	if p.Min.Known && v < p.Min.Value-slack {
		return fmt.Sprintf("%s %s is below %s", number(v), p.Unit.Name, number(p.Min.Value))
	}
	if p.Max.Known && v > p.Max.Value+slack {
		return fmt.Sprintf("%s %s is above %s", number(v), p.Unit.Name, number(p.Max.Value))
	}
	return ""
}

// number prints a value with six digits, as a person would write it.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// Encode turns an SI value into the words of the point, rounded to the
// nearest the type can hold. It fails for a value that is no number, outside
// Min..Max, too large for the type, or that would read as a sensor fault, and
// for a single bit of a word, which cannot be written alone.
func (p *Point) Encode(si float64) ([]uint16, error) {
	if math.IsNaN(si) || math.IsInf(si, 0) {
		return nil, fmt.Errorf("%s: not a number", p.ID())
	}
	if p.Type == Bit {
		return nil, fmt.Errorf("%s: one bit of a register cannot be written alone", p.ID())
	}
	v := p.FromSI(si)
	if reason := p.outside(v); reason != "" {
		return nil, fmt.Errorf("%s: %s", p.ID(), reason)
	}
	f := p.form()
	n := (v - p.Offset) / p.scale()
	if f.whole {
		n = math.Round(n)
	}
	if !(n >= f.lo && n <= f.hi) {
		return nil, fmt.Errorf("%s: %s %s does not fit a %s register at scale %s", p.ID(), number(v), p.Unit.Name, p.TypeWord(), number(p.scale()))
	}
	bits := f.bits(n)
	for _, bad := range p.BadValues {
		if bits == bad {
			return nil, fmt.Errorf("%s: %s %s would read as the sensor fault %#x", p.ID(), number(v), p.Unit.Name, bad)
		}
	}
	words := make([]uint16, p.Words())
	for i := range words {
		words[i] = uint16(bits >> (16 * (len(words) - 1 - i)))
	}
	return Arrange(words, p.Order), nil
}

// EncodeCount puts a bare count into the register of a heartbeat, which has
// neither unit nor scale.
func (p *Point) EncodeCount(n uint16) ([]uint16, error) {
	bare := *p
	bare.Scale, bare.Offset, bare.Unit = 1, 0, unit.Unit{}
	return bare.Encode(float64(n))
}

// Resolution returns the SI step of one count of the register at a value;
// of a floating-point register, the distance to the next number.
func (p *Point) Resolution(si float64) float64 {
	step := p.scale()
	switch p.Type {
	case F32:
		n := float32((p.FromSI(si) - p.Offset) / p.scale())
		step *= float64(math.Nextafter32(n, math.MaxFloat32) - n)
	case F64:
		n := (p.FromSI(si) - p.Offset) / p.scale()
		step *= math.Nextafter(n, math.MaxFloat64) - n
	}
	return math.Abs(p.ToSI(step) - p.ToSI(0))
}

// Same reports whether two SI values are the same number in the register.
func (p *Point) Same(a, b float64) bool {
	wa, errA := p.Encode(a)
	wb, errB := p.Encode(b)
	return errA == nil && errB == nil && p.Bits(wa) == p.Bits(wb)
}
