package plant

import (
	"math"
	"math/rand/v2"
	"time"

	"evenflow/models"
	"evenflow/scada/clock"
	"evenflow/scada/pointlist"
)

// fallbackAfter is how long the SCADA heartbeat may stand still before a PLC
// runs on its own curve.
const fallbackAfter = 5 * time.Minute

// leastSilence is how long the silence must last by the wall clock, where the
// plant's is faster: a machine that is busy for some seconds is no service
// that has died.
const leastSilence = 20 * time.Second

// patience is the silence, by the plant's clock, after which a PLC of it
// leaves the SCADA.
func patience(c clock.Clock) time.Duration {
	wall := c.Wall(fallbackAfter)
	if wall <= 0 || wall >= leastSilence { // a stepped clock is never late
		return fallbackAfter
	}
	return time.Duration(float64(fallbackAfter) * float64(leastSilence) / float64(wall))
}

// device is one virtual PLC: its points, its registers, its network side.
type device struct {
	element models.ID
	points  []pointlist.Point
	bank    *bank
	server  *server
	rng     *rand.Rand
	faults  faults

	beat     uint16 // ours
	heard    uint16 // last SCADA heartbeat seen
	heardAt  time.Time
	patience time.Duration
	alive    bool // a heartbeat has been heard since the last fallback
	fallback bool
}

// newDevice makes the registers for the points; the network may write the
// writable ones only.
func newDevice(element models.ID, points []pointlist.Point, rng *rand.Rand, patience time.Duration) *device {
	var size bankSize
	for i := range points {
		p := &points[i]
		end := int(p.Address) + p.Words()
		if p.Table == pointlist.Input {
			size.inputs = max(size.inputs, end)
		} else {
			size.holdings = max(size.holdings, end)
		}
	}
	d := &device{element: element, points: points, bank: newBank(size), rng: rng, patience: patience}
	for i := range points {
		if points[i].Writable {
			d.bank.allow(holdings, int(points[i].Address), points[i].Words())
		}
	}
	d.show(models.Identity, d.point(models.Identity).Expect.Value)
	d.show(models.Remote, 1)
	return d
}

func tableOf(p *pointlist.Point) table {
	if p.Table == pointlist.Input {
		return inputs
	}
	return holdings
}

func (d *device) point(q models.Quantity) *pointlist.Point {
	for i := range d.points {
		if d.points[i].Quantity == q {
			return &d.points[i]
		}
	}
	return nil
}

// show puts an SI value into its registers, at their resolution. A value the
// register cannot hold, or none at all, shows as the sensor's fault word.
func (d *device) show(q models.Quantity, value float64) {
	p := d.point(q)
	if p == nil {
		return
	}
	if p.Type == pointlist.Bit {
		word := d.bank.get(holdings, int(p.Address), 1)[0]
		bit := uint16(1) << p.Bit
		if value != 0 {
			word |= bit
		} else {
			word &^= bit
		}
		d.bank.set(holdings, int(p.Address), word)
		return
	}
	open := *p
	open.Min, open.Max = models.Optional{}, models.Optional{} // a range binds who writes, not who measures
	words, err := open.Encode(value)
	if err != nil {
		words = faultWordsOf(p)
	}
	d.bank.set(tableOf(p), int(p.Address), words...)
}

// faultWordsOf is what a PLC shows for a broken sensor: the sentinel of its
// integers, or a float that is no number.
func faultWordsOf(p *pointlist.Point) []uint16 {
	bits := uint64(math.Float32bits(float32(math.NaN())))
	if len(p.BadValues) > 0 {
		bits = p.BadValues[0]
	}
	words := make([]uint16, p.Words())
	for i := range words {
		words[i] = uint16(bits >> (16 * (len(words) - 1 - i)))
	}
	return pointlist.Arrange(words, p.Order)
}

// told returns a setpoint as the PLC understands it; ok is false for words
// that make no value in range, which the PLC ignores.
func (d *device) told(q models.Quantity) (value float64, ok bool) {
	p := d.point(q)
	if p == nil {
		return 0, false
	}
	v, quality, _ := p.Decode(d.bank.get(tableOf(p), int(p.Address), p.Words()))
	return v, quality == models.QualityGood
}

// pulse counts the PLC's heartbeat up and watches SCADA's. The PLC falls back
// to its own curve when a heartbeat that once ran stands still for five
// minutes, and at once when it is taken back to 0 (release). Before the first
// heartbeat a PLC holds what it finds. resumed says that this pulse ended a
// fallback.
func (d *device) pulse(now time.Time, passed time.Duration) (resumed bool) {
	if passed > 0 {
		d.beat++
		if d.beat == 0 {
			d.beat = 1
		}
	}
	d.show(models.PLCHeartbeat, float64(d.beat))
	v, _ := d.told(models.SCADAHeartbeat)
	heard := uint16(v)
	switch {
	case heard != d.heard && heard != 0:
		resumed = d.fallback
		d.alive, d.fallback, d.heardAt = true, false, now
	case heard != d.heard: // released
		d.fallback = d.alive
		d.alive = false
	case d.alive && now.Sub(d.heardAt) > d.patience:
		d.fallback, d.alive = true, false
	}
	d.heard = heard
	d.show(models.FallbackActive, flag(d.fallback))
	d.show(models.Remote, flag(!d.faults.local))
	return resumed
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// noise are the standard deviations of the sensors.
type noise struct {
	flow        float64 // relative
	pressure    float64 // Pa
	temperature float64 // K
}

// noiseOf scales pressure and temperature noise with the flow meters': at
// 1 % they are 0.1 % of 1.6 MPa and 0.1 K.
func noiseOf(flow float64) noise {
	return noise{flow: flow, pressure: flow / 0.01 * 1.6e3, temperature: flow / 0.01 * 0.1}
}

func (d *device) showPressure(q models.Quantity, v float64, n noise) {
	d.show(q, v+n.pressure*d.rng.NormFloat64())
}

func (d *device) showTemperature(q models.Quantity, v float64, n noise) {
	d.show(q, v+n.temperature*d.rng.NormFloat64())
}

// showFlow shows a mass flow as the meter has it: as mass, or as volume at
// the density of the side where it sits.
func (d *device) showFlow(mass, supplyDensity, returnDensity float64, n noise) {
	mass *= 1 + n.flow*d.rng.NormFloat64()
	if d.faults.meterZero {
		mass = 0
	}
	d.show(models.MassFlow, mass)
	if p := d.point(models.VolumeFlow); p != nil {
		density := returnDensity
		if p.MeterSide == models.SideSupply {
			density = supplyDensity
		}
		d.show(models.VolumeFlow, mass/density)
	}
}

// written returns how often the network wrote a point.
func (d *device) written(q models.Quantity) int {
	p := d.point(q)
	if p == nil {
		return 0
	}
	return d.bank.written(tableOf(p), int(p.Address))
}
