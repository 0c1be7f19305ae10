package plc

import (
	"testing"

	"evenflow/models"
)

// An element that is switched off is not spoken to: no request, no
// connection, no values, and nothing wrong with its PLC. A PLC that carries
// another element too is read for that one only.
func TestElementsThatAreOffAreNotPolled(t *testing.T) {
	alone, shared := newFake(t), newFake(t)
	alone.prime(1, 101)
	shared.prime(1, 102)
	points := stationAt("alone", alone.address(), 1, 101)
	points = append(points, stationAt("shared", shared.address(), 1, 102)...)
	other := points[len(points)-1]
	other.Element = "other"
	points = append(points, other)
	off := map[models.ID]bool{}
	b := newBench(t, points, func(o *Options) { o.Off = func(id models.ID) bool { return off[id] } })
	b.poll()
	if r := b.reading("alone", models.MassFlow); r.Quality != models.QualityGood {
		t.Fatalf("%+v", r)
	}
	alone.asked() // forgets them
	off["alone"], off["other"] = true, true
	for range 5 {
		shared.set(1, regBeat, shared.get(1, regBeat)+1)
		b.poll()
	}
	if n := len(alone.asked()); n != 0 {
		t.Errorf("asked %d times while it was off", n)
	}
	if e, _, _ := b.locate(models.PointID{Element: "alone", Quantity: models.MassFlow}); e.conn.open != nil {
		t.Error("the connection to a PLC that is off is kept")
	}
	for _, id := range []models.ID{"alone", "other"} {
		if r := b.reading(id, other.Quantity); r.Quality != models.QualityNone || r.Reason != notPolled {
			t.Errorf("%s: %+v", id, r)
		}
	}
	if r := b.reading("shared", models.MassFlow); r.Quality != models.QualityGood {
		t.Errorf("the element that shares its PLC: %+v", r)
	}
	if s := b.Status("alone")[0]; !s.Off || s.Answering || s.Failures != 0 {
		t.Errorf("status %+v", s)
	}
	clear(off)
	alone.set(1, regBeat, 9)
	b.poll()
	if r := b.reading("alone", models.MassFlow); r.Quality != models.QualityGood {
		t.Errorf("switched on again: %+v", r)
	}
	if s := b.Status("alone")[0]; s.Off || !s.Answering {
		t.Errorf("status %+v", s)
	}
}
