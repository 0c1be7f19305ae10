package pointlist

import (
	"bytes"
	"math"
	"reflect"
	"testing"

	"evenflow/models"
	"evenflow/models/unit"
)

// FuzzCodec: what decodes well encodes to the same words, and what encodes
// decodes to the value within half a count.
func FuzzCodec(f *testing.F) {
	f.Add(uint8(0), uint8(0), uint64(0x1234), 0.1, -50.0, uint8(0))
	f.Add(uint8(4), uint8(1), uint64(0x42F6E979), 1.0, 0.0, uint8(3))
	f.Add(uint8(3), uint8(3), uint64(0xFFFFFFFE), 0.01, 0.0, uint8(5))
	f.Add(uint8(5), uint8(2), uint64(0x3FF0000000000000), 2.0, 1.0, uint8(2))
	names := []string{"1", "%", "MPa", "kPa", "mH2O", "degC", "t/h", "m3/h", "Hz"}
	f.Fuzz(func(t *testing.T, typ, order uint8, bits uint64, scale, offset float64, u uint8) {
		if !(math.Abs(scale) > 1e-6 && math.Abs(scale) < 1e6 && math.Abs(offset) < 1e3) {
			return
		}
		p := Point{Type: Type(typ % 8), Order: Order(order % 4), Scale: scale, Offset: offset, Unit: unit.Must(names[int(u)%len(names)])}
		words := make([]uint16, p.Words())
		for i := range words {
			words[i] = uint16(bits >> (16 * i))
		}
		if again := Arrange(Arrange(words, p.Order), p.Order); !reflect.DeepEqual(again, words) {
			t.Fatalf("%s is not its own inverse", p.Order)
		}
		v, q, _ := p.Decode(words)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("%x decodes to %v", words, v)
		}
		if q != models.QualityGood || p.Type == Bit || math.Abs(v) > 1e30 {
			return
		}
		back, err := p.Encode(v)
		if p.Type == F64 || p.Type == F32 || p.Type == Bool {
			if err != nil && p.Type == Bool {
				t.Fatalf("%x decodes to %v, which does not encode: %v", words, v, err)
			}
			if err != nil {
				return // a rounding step above the largest float
			}
			w, _, _ := p.Decode(back)
			if math.Abs(w-v) > 1e-6*(math.Abs(v)+p.Resolution(v)+300)+math.Abs(p.ToSI(offset)-p.ToSI(0))*1e-6 {
				t.Fatalf("%x: %v came back as %v", words, v, w)
			}
			return
		}
		if err != nil || !reflect.DeepEqual(back, words) {
			t.Fatalf("%+v: %x decodes to %v and encodes to %x (%v)", p, words, v, back, err)
		}
	})
}

// FuzzRead: no sheet makes the reader panic, and what it accepts it writes
// and reads again as the same points.
func FuzzRead(f *testing.F) {
	f.Add([]byte(sheetEnglish))
	f.Add([]byte(sheetChinese))
	f.Add([]byte("sep=;\nelement;quantity;endpoint;unit_id;reference;type\nS;identity;plc-1:503;1;400001;u16\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, problems := Read(bytes.NewReader(raw))
		for _, p := range problems {
			if p.Reason == "" || p.Remedy == "" {
				t.Fatalf("a problem without reason or remedy: %+v", p)
			}
		}
		l.Check(nil)
		var out bytes.Buffer
		if err := l.Write(&out); err != nil {
			t.Fatal(err)
		}
		back, again := Read(bytes.NewReader(out.Bytes()))
		if len(again) > 0 {
			t.Fatalf("what was written is refused: %v\n%s", again, out.Bytes())
		}
		if !reflect.DeepEqual(plainPoints(back), plainPoints(l)) {
			t.Fatalf("%+v came back as %+v", plainPoints(l), plainPoints(back))
		}
	})
}
