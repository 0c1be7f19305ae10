package plant

import (
	"context"
	"encoding/binary"
	"math"
	"net"
	"reflect"
	"testing"
	"time"

	"evenflow/models"
	"evenflow/scada/clock"
	"evenflow/scada/pointlist"
	"evenflow/solver/heating"
	"evenflow/solver/town"
)

var noon = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

func smallTown(t *testing.T, seed int64, stations int) *models.Network {
	t.Helper()
	n, err := town.Generate(town.Options{Seed: seed, Stations: stations})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// bench is a started plant on a stepped clock.
type bench struct {
	*Plant
	t     *testing.T
	clock *clock.Stepped
	conns map[string]net.Conn
}

func start(t *testing.T, o Options) *bench {
	t.Helper()
	b := &bench{t: t, clock: clock.NewStepped(noon), conns: map[string]net.Conn{}}
	o.Clock = b.clock
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.Plant = p
	t.Cleanup(func() {
		for _, c := range b.conns {
			c.Close()
		}
		p.Close()
	})
	return b
}

func (b *bench) step(d time.Duration) {
	b.t.Helper()
	b.clock.Advance(d)
	if err := b.Advance(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) find(element models.ID, q models.Quantity) pointlist.Point {
	b.t.Helper()
	p, ok := b.Points().Find(models.PointID{Element: element, Quantity: q})
	if !ok {
		b.t.Fatalf("%s has no %s", element, q)
	}
	return p
}

func (b *bench) conn(endpoint string) net.Conn {
	b.t.Helper()
	if c, ok := b.conns[endpoint]; ok {
		return c
	}
	c, err := net.Dial("tcp", endpoint)
	if err != nil {
		b.t.Fatal(err)
	}
	b.conns[endpoint] = c
	return c
}

// read reads a point over the wire and decodes it with the one codec.
func (b *bench) read(element models.ID, q models.Quantity) float64 {
	b.t.Helper()
	p := b.find(element, q)
	function := byte(3)
	if p.Table == pointlist.Input {
		function = 4
	}
	pdu := binary.BigEndian.AppendUint16([]byte{function}, p.Address)
	pdu = binary.BigEndian.AppendUint16(pdu, uint16(p.Words()))
	answer := ask(b.t, b.conn(p.Endpoint), p.UnitID, pdu...)
	if answer[0] != function {
		b.t.Fatalf("reading %s: % x", p.ID(), answer)
	}
	words := make([]uint16, p.Words())
	for i := range words {
		words[i] = binary.BigEndian.Uint16(answer[2+2*i:])
	}
	v, quality, reason := p.Decode(words)
	if quality != models.QualityGood {
		b.t.Fatalf("reading %s: %s: %s", p.ID(), quality, reason)
	}
	return v
}

// write writes a point over the wire with FC16.
func (b *bench) write(element models.ID, q models.Quantity, v float64) {
	b.t.Helper()
	p := b.find(element, q)
	words, err := p.Encode(v)
	if err != nil {
		b.t.Fatal(err)
	}
	pdu := binary.BigEndian.AppendUint16([]byte{16}, p.Address)
	pdu = binary.BigEndian.AppendUint16(pdu, uint16(len(words)))
	pdu = append(pdu, byte(2*len(words)))
	for _, w := range words {
		pdu = binary.BigEndian.AppendUint16(pdu, w)
	}
	if answer := ask(b.t, b.conn(p.Endpoint), p.UnitID, pdu...); answer[0] != 16 {
		b.t.Fatalf("writing %s: % x", p.ID(), answer)
	}
}

func (b *bench) truth() *Truth {
	b.t.Helper()
	tr, err := b.Truth()
	if err != nil {
		b.t.Fatal(err)
	}
	return tr
}

func usual(halfClosed int) Deviations {
	return Deviations{Pipes: 0.2, Kvs: 0.1, Fixed: 0.2, Noise: 0.01, HalfClosed: halfClosed}
}

// Same options, same plant: hidden truth and every sample, but for the ports.
func TestSameSeedSamePlant(t *testing.T) {
	net := smallTown(t, 4, 30)
	run := func(seed int64) (*Truth, [][]uint16) {
		b := start(t, Options{Network: net, Seed: seed, Deviations: usual(1)})
		b.write("S-003", models.OpeningSetpoint, 0.4)
		for range 5 {
			b.step(20 * time.Second)
		}
		var words [][]uint16
		for _, d := range b.devices() {
			words = append(words, d.bank.get(holdings, 0, 64), d.bank.get(inputs, 0, 64))
		}
		return b.truth(), words
	}
	t1, w1 := run(9)
	t2, w2 := run(9)
	if !reflect.DeepEqual(t1.Scenario, t2.Scenario) || !reflect.DeepEqual(t1.Stations, t2.Stations) || !reflect.DeepEqual(w1, w2) {
		t.Error("the same seed gave two plants")
	}
	if t3, _ := run(10); reflect.DeepEqual(t1.Scenario, t3.Scenario) {
		t.Error("another seed gave the same plant")
	}
}

// The list a plant hands over is one a commissioning engineer could have
// made: it passes the check against the network and survives its own file.
func TestPointsPassTheirCheck(t *testing.T) {
	net := smallTown(t, 2, 60)
	b := start(t, Options{Network: net, Seed: 1, Deviations: usual(0)})
	l := b.Points()
	for _, p := range l.Check(net) {
		t.Error(p)
	}
	orders := map[pointlist.Order]int{}
	types := map[pointlist.Type]int{}
	for _, p := range l.Points {
		if p.Words() == 2 {
			orders[p.Order]++
		}
		types[p.Type]++
	}
	if len(orders) != 4 || types[pointlist.I16] == 0 || types[pointlist.F32] == 0 || types[pointlist.Bit] == 0 {
		t.Errorf("orders %v, types %v: the makes of PLC do not differ enough", orders, types)
	}
}

// Every point of every PLC, read over Modbus and decoded by its row of the
// list, shows the truth within the sensor's noise.
func TestRegistersShowTheTruth(t *testing.T) {
	net := smallTown(t, 3, 40)
	b := start(t, Options{Network: net, Seed: 5, Deviations: usual(1)})
	b.step(10 * time.Second)
	tr := b.truth()
	within := func(id models.ID, q models.Quantity, want, limit float64) {
		t.Helper()
		if got := b.read(id, q); math.Abs(got-want) > limit {
			t.Errorf("%s %s: %g, truth %g", id, q, got, want)
		}
	}
	for i, s := range tr.Stations {
		state := &tr.State.Stations[i]
		within(s.ID, models.Identity, float64(1001+i), 0)
		within(s.ID, models.Remote, 1, 0)
		within(s.ID, models.FallbackActive, 0, 0)
		within(s.ID, models.OpeningFeedback, s.Opening, 0.00051)
		within(s.ID, models.OpeningSetpoint, net.Stations[i].Opening, 1e-7)
		within(s.ID, models.SupplyTemperature, state.TempIn, 0.6)
		within(s.ID, models.ReturnTemperature, state.TempOut, 0.6)
		within(s.ID, models.SecondarySupplyTemp, state.SecondarySupply, 0.6)
		within(s.ID, models.SecondaryReturnTemp, state.SecondaryReturn, 0.6)
		dp := b.read(s.ID, models.SupplyPressure) - b.read(s.ID, models.ReturnPressure)
		if math.Abs(dp-state.Differential) > 1.2e4 {
			t.Errorf("%s: differential %g, truth %g", s.ID, dp, state.Differential)
		}
		if p, ok := b.Points().Find(models.PointID{Element: s.ID, Quantity: models.VolumeFlow}); ok {
			density := 990.0
			if p.MeterSide == models.SideSupply {
				density = 945
			}
			within(s.ID, models.VolumeFlow, s.Flow/density, 0.06*s.Flow/density)
		} else {
			within(s.ID, models.MassFlow, s.Flow, 0.05*s.Flow+0.02)
		}
	}
	within("SRC-1", models.OutdoorTemperature, tr.Outdoor, 0.6)
	within("SRC-1", models.SpeedFeedback, net.Sources[0].Speed, 1e-4)
	within("SRC-1", models.MassFlow, tr.State.Sources[0].Flow, 0.05*tr.State.Sources[0].Flow)
}

// Fresh noise on every advance, with the sensors' spread; nothing else moves.
func TestNoiseIsFreshAndOfTheRightSize(t *testing.T) {
	net := smallTown(t, 3, 20)
	b := start(t, Options{Network: net, Seed: 2, Deviations: Deviations{Noise: 0.01}})
	tr := b.truth()
	var sum, squares, hot float64
	n := 400
	for range n {
		b.step(time.Second)
		e := b.read("SRC-1", models.MassFlow)/tr.State.Sources[0].Flow - 1
		sum, squares = sum+e, squares+e*e
		e = b.read("SRC-1", models.SupplyTemperature) - tr.State.Sources[0].TempOut
		hot += e * e
	}
	if mean, sd := sum/float64(n), math.Sqrt(squares/float64(n)); math.Abs(mean) > 0.0025 || sd < 0.0085 || sd > 0.0115 {
		t.Errorf("flow noise: mean %g, deviation %g", mean, sd)
	}
	if sd := math.Sqrt(hot / float64(n)); sd < 0.085 || sd > 0.115 {
		t.Errorf("temperature noise %g K", sd)
	}
}

// The season begins out of balance in the true network too.
func TestSpreadBeforeBalancing(t *testing.T) {
	for seed := int64(1); seed <= 3; seed++ {
		p, err := New(Options{Network: smallTown(t, seed, 200), Seed: seed, Deviations: usual(1)})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.settle(context.Background()); err != nil {
			t.Fatal(err)
		}
		tr, err := p.Truth()
		if err != nil {
			t.Fatal(err)
		}
		least, most := math.Inf(1), 0.0
		for _, s := range tr.Stations {
			least, most = math.Min(least, s.X), math.Max(most, s.X)
		}
		if least >= 0.7 || most <= 1.6 {
			t.Errorf("seed %d: x from %.2f to %.2f", seed, least, most)
		}
	}
}

func designFlow(t *testing.T, n *models.Network, i int) float64 {
	t.Helper()
	f, err := heating.DesignFlow(&n.Stations[i])
	if err != nil {
		t.Fatal(err)
	}
	return f
}
