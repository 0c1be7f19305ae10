// Package plant is the virtual plant: the heat source's PLC and one PLC for
// every station, over real Modbus TCP, with the physics of its own copy of
// the network behind them. The plant differs from its drawings by hidden
// deviations, its sensors are noisy, its valves take their time and stop
// nearly where they were told to, its PLCs fall back to their own curve when
// nobody looks after them, and faults come on request.
//
// It stands in for a real plant in demonstrations, rehearsals and tests; it
// shares no network object with the service that reads it.
package plant

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"evenflow/models"
	"evenflow/scada/clock"
	"evenflow/scada/pointlist"
	"evenflow/solver"
	"evenflow/solver/heating"
)

// Options say which plant to build. The zero value of each is its default.
type Options struct {
	Network    *models.Network // as drawn; the plant keeps a copy of its own
	Seed       int64
	Deviations Deviations
	Faults     []Fault
	Clock      clock.Clock     // nil: real
	Listen     string          // host, or host:port for the first PLC with the others on the ports after it; "": 127.0.0.1 with free ports
	Outdoor    models.Optional // K; unknown: design weather
	Step       time.Duration   // of Run, plant time; 0: 1 s
	Log        *slog.Logger    // nil: discarded
}

// Plant is a virtual plant. Its methods may be called concurrently.
type Plant struct {
	opts   Options
	net    *models.Network
	solver *solver.Solver
	clock  clock.Clock
	log    *slog.Logger
	noise  noise

	outdoor float64
	supply  []models.Optional // K by source, where the weather is not design

	mu       sync.Mutex
	started  bool
	truth    models.Scenario
	half     []HalfClosed
	sources  []sourcePLC
	stations []stationPLC
	state    *solver.Result
	solved   []float64 // inputs of state: openings, then speeds
	at       time.Time
	round    int
}

type sourcePLC struct {
	*device
	drive    drive
	from, to int // junctions
}

type stationPLC struct {
	*device
	actuator actuator
	from, to int // junctions
}

// New builds a plant. It draws the hidden truth; nothing listens yet.
func New(o Options) (*Plant, error) {
	if o.Network == nil {
		return nil, errors.New("plant: no network given")
	}
	if err := o.Deviations.check(); err != nil {
		return nil, err
	}
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	if o.Step <= 0 {
		o.Step = time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	own := copyNetwork(o.Network)
	if err := checkFaults(own, o.Faults); err != nil {
		return nil, err
	}
	s, err := solver.New(own, solver.Options{})
	if err != nil {
		return nil, fmt.Errorf("plant: %w", err)
	}
	p := &Plant{opts: o, net: own, solver: s, clock: o.Clock, log: o.Log, noise: noiseOf(o.Deviations.Noise)}
	p.outdoor = o.Outdoor.Or(own.Climate.DesignOutdoor)
	p.supplyTemperatures()
	rng := rand.New(rand.NewPCG(uint64(o.Seed), 0x70_6c_61_6e_74))
	if p.truth, p.half, err = hide(context.Background(), own, s, o.Deviations, rng); err != nil {
		return nil, err
	}
	p.equip(rng)
	p.setFaults(0)
	return p, nil
}

// copyNetwork gives the plant a network of its own.
func copyNetwork(n *models.Network) *models.Network {
	c := *n
	c.Junctions, c.Pipes, c.Valves = slices.Clone(n.Junctions), slices.Clone(n.Pipes), slices.Clone(n.Valves)
	c.Pumps, c.Sources, c.Stations = slices.Clone(n.Pumps), slices.Clone(n.Sources), slices.Clone(n.Stations)
	return &c
}

// supplyTemperatures follows the primary curve where the weather is not the
// design weather: the largest that any station's curve asks for.
func (p *Plant) supplyTemperatures() {
	p.supply = make([]models.Optional, len(p.net.Sources))
	if p.outdoor == p.net.Climate.DesignOutdoor {
		return
	}
	for i := range p.net.Stations {
		t, err := heating.SupplyTemperature(p.net, &p.net.Stations[i], p.outdoor)
		if err != nil {
			continue // a station without a curve asks for nothing
		}
		for k := range p.supply {
			if t > p.supply[k].Or(0) {
				p.supply[k] = models.Some(t)
			}
		}
	}
}

// equip gives every source and station its PLC and actuators.
func (p *Plant) equip(rng *rand.Rand) {
	index := p.net.Index()
	ends := func(b *models.Branch) (from, to int) {
		from, _ = index.At(models.KindJunction, b.From)
		to, _ = index.At(models.KindJunction, b.To)
		return from, to
	}
	fork := func() *rand.Rand { return rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64())) }
	for i := range p.net.Sources {
		src := &p.net.Sources[i]
		d := newDevice(src.ID, sourceModel.source(src, uint16(101+i)), fork(), patience(p.clock))
		d.show(models.SpeedSetpoint, src.Speed)
		speed := src.Speed
		if v, ok := d.told(models.SpeedSetpoint); ok {
			speed = v
		}
		from, to := ends(&src.Branch)
		p.sources = append(p.sources, sourcePLC{d, drive{speed, speed}, from, to})
	}
	for i := range p.net.Stations {
		st := &p.net.Stations[i]
		_, secondary := heating.StationCurve(p.net, st)
		m := plcModels[rng.IntN(len(plcModels))]
		d := newDevice(st.ID, m.station(st, uint16(1001+i), secondary), fork(), patience(p.clock))
		d.show(models.OpeningSetpoint, st.Opening)
		a := newActuator(st.Opening, d.rng)
		if v, ok := d.told(models.OpeningSetpoint); ok {
			a.asked = v // as found: the register says where the valve stands
		}
		from, to := ends(&st.Branch)
		p.stations = append(p.stations, stationPLC{d, a, from, to})
	}
}

// setFaults puts in force what is asked for up to a round.
func (p *Plant) setFaults(round int) {
	p.round = round
	find := map[models.ID]*device{}
	for i := range p.sources {
		find[p.sources[i].element] = p.sources[i].device
	}
	for i := range p.stations {
		find[p.stations[i].element] = p.stations[i].device
	}
	for _, f := range p.opts.Faults {
		if f.Round > round {
			continue
		}
		d := find[f.Element]
		d.faults.add(f.Kind)
		if d.faults.dead && d.server != nil {
			d.server.ail(silent)
		}
	}
}

// BeginRound tells the plant that a round begins; faults asked for from that
// round on come into force.
func (p *Plant) BeginRound(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.setFaults(n)
}

// Start solves the first state and opens the listeners; Close ends them.
func (p *Plant) Start(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.started {
		return errors.New("plant: started already")
	}
	p.at = p.clock.Now()
	if err := p.settle(ctx); err != nil {
		return err
	}
	for _, d := range p.devices() {
		d.pulse(p.at, 0)
	}
	p.refresh()
	host, port, err := listenAt(p.opts.Listen)
	if err != nil {
		return err
	}
	for _, d := range p.devices() {
		address := net.JoinHostPort(host, strconv.Itoa(port))
		d.server, err = listen(ctx, address, d.points[0].UnitID, d.bank)
		if err != nil {
			p.close()
			return fmt.Errorf("plant: PLC of %s: %w; free the port, give another one, or raise the limit of open files", d.element, err)
		}
		if d.faults.dead {
			d.server.ail(silent)
		}
		for i := range d.points {
			d.points[i].Endpoint = d.server.address()
		}
		if port > 0 {
			port++
		}
	}
	p.started = true
	return nil
}

// listenAt reads Options.Listen.
func listenAt(listen string) (host string, port int, err error) {
	if listen == "" {
		return "127.0.0.1", 0, nil
	}
	h, ps, err := net.SplitHostPort(listen)
	if err != nil {
		return listen, 0, nil
	}
	port, err = strconv.Atoi(ps)
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("plant: %q is no port; give a host, or host:port", ps)
	}
	return h, port, nil
}

// devices lists the PLCs, sources first.
func (p *Plant) devices() []*device {
	var all []*device
	for i := range p.sources {
		all = append(all, p.sources[i].device)
	}
	for i := range p.stations {
		all = append(all, p.stations[i].device)
	}
	return all
}

// Close ends the listeners and their connections.
func (p *Plant) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.close()
}

func (p *Plant) close() {
	for _, d := range p.devices() {
		if d.server != nil {
			d.server.close()
			d.server = nil
		}
	}
	p.started = false
}

// Points returns the point list of the plant as commissioned; the endpoints
// are known after Start.
func (p *Plant) Points() *pointlist.List {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := &pointlist.List{}
	for _, d := range p.devices() {
		l.Points = append(l.Points, d.points...)
	}
	return l
}

// Run advances the plant every Options.Step of plant time until the context
// ends; then it closes the plant. A state that cannot be computed is logged;
// the registers keep the last one.
func (p *Plant) Run(ctx context.Context) error {
	defer p.Close()
	wall := max(p.clock.Wall(p.opts.Step), 20*time.Millisecond)
	tick := time.NewTicker(wall)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := p.Advance(ctx); err != nil && ctx.Err() == nil {
				p.log.Error("virtual plant", "err", err)
			}
		}
	}
}
