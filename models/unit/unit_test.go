package unit

import (
	"math"
	"testing"
)

func TestKnownConversions(t *testing.T) {
	for _, c := range []struct {
		value float64
		unit  string
		si    float64
	}{
		{1, "MPa", 1e6}, {2.5, "bar", 2.5e5}, {1, "mH2O", 9806.65}, {110, "degC", 383.15},
		{106.2, "t/h", 29.5}, {3.6, "m3/h", 0.001}, {1, "GJ/h", 277777.77777777775}, {18.6, "万m2", 186000},
		{0.5, "mm", 0.0005}, {80, "%", 0.8}, {60, "℃", 333.15}, {7200, "m³/h", 2}, {1, "万平方米", 1e4},
	} {
		u, err := Lookup(c.unit)
		if err != nil {
			t.Errorf("%s: %v", c.unit, err)
			continue
		}
		if got := u.ToSI(c.value); math.Abs(got-c.si) > 1e-12*math.Abs(c.si) {
			t.Errorf("%g %s = %g, want %g", c.value, c.unit, got, c.si)
		}
		if got := u.FromSI(c.si); math.Abs(got-c.value) > 1e-12*math.Abs(c.value) {
			t.Errorf("%g back to %s = %g, want %g", c.si, c.unit, got, c.value)
		}
	}
}

func TestUnknownUnitListsTheKnown(t *testing.T) {
	_, err := Lookup("mPa")
	if err == nil {
		t.Fatal("mPa (millipascal) was taken for a known unit")
	}
}

// Every unit there and back, over nine decades.
func TestThereAndBack(t *testing.T) {
	for _, name := range Names() {
		u := Must(name)
		for _, v := range []float64{1e-3, 0.07, 1, 99.9, 12345.678, 1e6} {
			if got := u.FromSI(u.ToSI(v)); math.Abs(got-v) > 1e-12*math.Abs(v)+1e-9*math.Min(1, math.Abs(u.Offset)) {
				t.Errorf("%g %s there and back = %g", v, name, got)
			}
		}
	}
}
