// Package town generates towns: a heat source, supply and return mains with
// rings, and heat-exchange stations, all sized the way a design institute
// would size them, so that demonstrations, rehearsals and property tests have
// a network of any size that behaves like a real one.
//
// The same options give the same network, bit for bit.
package town

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"evenflow/models"
	"evenflow/solver/internal/water"
)

// The smallest and the largest town, in stations, and what one plant may
// serve.
const (
	MinStations    = 10
	MostOfOnePlant = 5000
	MaxStations    = 250000
)

// Options say which town to build.
type Options struct {
	Seed     int64
	Stations int // MinStations to MaxStations
	// Plants, each with a district of its own of MinStations to MostOfOnePlant
	// stations; 0: one, above MostOfOnePlant stations one for about 1,500.
	Plants int
	// Peaks are plants besides, in each district, that give a part of the
	// flow: held as a flow, by the speed of their pumps, or by a differential.
	Peaks int
	// Boosters are pumps in supply mains of each district. Fewer of both are
	// built where no place suits.
	Boosters int
	// Meshes is how many times as many rings are wanted as the usual one for
	// 50 stations; 0: 1.
	Meshes float64
	// Relief is the difference of height between the lowest and the highest
	// place, m; 0: 25 to 60 (45 above 300 stations). Above 60 the pressure
	// rules do not hold everywhere.
	Relief float64
	// Controlled is the share of stations with a self-acting control
	// (differential controller, flow limiter or pressure-independent valve);
	// above 0 some mains have a pressure reducing valve, too.
	Controlled float64
}

// plants returns how many districts the town has.
func (o Options) plants() int {
	switch {
	case o.Plants > 0:
		return o.Plants
	case o.Stations > MostOfOnePlant:
		return (o.Stations + districtStations - 1) / districtStations
	}
	return 1
}

// wrong returns what is wrong with the options, or nil.
func (o Options) wrong() error {
	if o.Stations < MinStations || o.Stations > MaxStations {
		return fmt.Errorf("town: %d stations asked for; give %d to %d", o.Stations, MinStations, MaxStations)
	}
	if o.Peaks < 0 || o.Boosters < 0 || o.Meshes < 0 || o.Relief < 0 || o.Relief > 300 || o.Controlled < 0 || o.Controlled > 1 {
		return errors.New("town: peaks, boosters, meshes and relief must not be below 0, relief not above 300 m, the share of controlled stations not above 1")
	}
	if n := o.plants(); o.Plants < 0 || o.Stations < n*MinStations || o.Stations > n*MostOfOnePlant {
		return fmt.Errorf("town: %d plants asked for %d stations; give each %d to %d", o.Plants, o.Stations, MinStations, MostOfOnePlant)
	}
	return nil
}

// Generate builds the town. Its valves stand as a season begins: near
// stations take far too much, far ones too little, the pumps run at about 0.7
// of the head the balanced town needs.
func Generate(o Options) (*models.Network, error) {
	if err := o.wrong(); err != nil {
		return nil, err
	}
	if o.plants() > 1 {
		c, err := designCity(o)
		if err != nil {
			return nil, err
		}
		return c.network(), nil
	}
	p, err := design(o)
	if err != nil {
		return nil, err
	}
	return p.network(), nil
}

// design sizes everything; network only writes it down.
func design(o Options) (*plan, error) {
	p, err := draw(o, site{})
	if err != nil {
		return nil, err
	}
	p.lowest, p.highest = p.relief()
	p.setPressures()
	if err := p.setStart(); err != nil {
		return nil, err
	}
	return p, nil
}

// site is a district's place in a city; the zero value: the town is all there
// is.
type site struct {
	district int
	tag      string  // in the ids of its elements
	supply   float64 // K, design primary supply of the whole city
}

// draw lays the town out and sizes its pipes and the head it needs.
func draw(o Options, at site) (*plan, error) {
	// Spacing of the streets: dense enough that one station serves about four
	// hectares. A town whose critical path needs more head than a single
	// source should lift is drawn closer together and sized again.
	spacing := 190 * math.Max(1, math.Pow(60/float64(o.Stations), 0.3))
	var p *plan
	for range 5 {
		p = newPlan(o, spacing, at)
		if err := p.layStreets(); err != nil {
			return nil, err
		}
		p.placeStations()
		p.sizePipes(p.frictionLimit())
		if err := p.settleRings(); err != nil {
			return nil, err
		}
		if err := p.equip(); err != nil {
			return nil, err
		}
		if err := p.sizePump(); err != nil {
			return nil, err
		}
		limit := p.headLimit()
		if p.needed <= limit {
			break
		}
		spacing *= math.Max(0.6, 0.97*(limit-1.2e5)/(p.needed-1.2e5))
	}
	return p, nil
}

// plan is a town on the drawing board. Node 0 is the source's place.
type plan struct {
	site
	opts    Options
	rng     *rand.Rand
	spacing float64
	climate models.Climate
	back    float64 // K, design primary return

	nodes    []node
	edges    []edge // tree edges and ties; flow in a tree edge runs from a to b
	stations []station
	loops    []int // indices of the tie edges that are open
	reach    []float64

	rhoS, rhoR float64 // kg/m3 of supply and return at design
	muS, muR   float64 // Pa s

	peaks    []peak
	boosters []booster

	atBalance *regime // every station at its design flow
	atStart   *regime // as the season begins

	needed  float64 // Pa, head of the balanced town, index valve at 0.9
	limit   float64 // Pa, head at full speed and design flow
	start   float64 // Pa, head as the season begins
	hold    float64 // Pa gauge, at the source's return junction
	class   float64 // Pa, pressure class of the pipes
	lowest  float64 // m
	highest float64 // m
	flow    float64 // kg/s at design
	export  float64 // kg/s that the plant sends to other districts at design
	curve   models.PumpCurve
}

// node is a place with a supply and a return junction.
type node struct {
	x, y, z  float64
	row, col int
	parent   int // node upstream, -1 at the source
	via      int // edge from parent, -1 at the source
	station  int // -1: a street corner
}

// edge is a pair of pipes, supply and return, in one trench.
type edge struct {
	a, b                 int
	length, returnLength float64 // m
	size                 int     // index in the table of nominal diameters
	lines                int     // parallel pipes a side
	design               float64 // kg/s
	feeds                int     // stations downstream
	tie, open            bool
	valve                bool // a sectioning valve at its start
	service              bool
	row                  int // street: row if >= 0, else column
	col                  int
	zeta                 float64 // per pipe
	year, returnYear     int
}

// station is one heat-exchange station.
type station struct {
	node      int
	area      float64 // m2
	index     float64 // W/m2
	secondary [2]float64
	emitter   float64
	design    float64 // kg/s
	fixed     float64 // Pa/(kg/s)^2
	kvs       float64
	range_    float64 // rangeability
	opening   float64 // as the season begins
	balanced  float64 // opening at which the design flow passes at the needed head
	wanted    float64 // flow ratio as the season begins
	zh, en    string
}

func newPlan(o Options, spacing float64, at site) *plan {
	p := &plan{
		site:    at,
		opts:    o,
		rng:     rand.New(rand.NewPCG(uint64(o.Seed), uint64(o.Stations)*0x9e3779b97f4a7c15+0x5eed)),
		spacing: spacing,
		climate: models.Climate{DesignOutdoor: kelvin(-5), DesignIndoor: kelvin(18)},
	}
	supply := designSupply(p.rng, o.Stations)
	if p.supply == 0 {
		p.supply = supply
	}
	p.back = p.supply - 60
	p.rhoS, p.muS = water.Density(p.supply), water.Viscosity(p.supply)
	p.rhoR, p.muR = water.Density(p.back), water.Viscosity(p.back)
	return p
}

// designSupply draws the design supply temperature, K. Primary design 130/70,
// 120/60 or 110/50: always 60 K. The hotter the water, the higher the static
// pressure must be against boiling, which a big town's pump head leaves no
// room for within PN16.
func designSupply(rng *rand.Rand, stations int) float64 {
	supply := []float64{110, 120, 130}[rng.IntN(3)]
	if stations > 300 {
		supply = math.Min(supply, 120)
	}
	return kelvin(supply)
}

func kelvin(celsius float64) float64 { return celsius + 273.15 }

// between draws uniformly from lo to hi.
func (p *plan) between(lo, hi float64) float64 { return lo + (hi-lo)*p.rng.Float64() }

// round returns v rounded to a multiple of 1/per.
func round(v, per float64) float64 { return math.Round(v*per) / per }
