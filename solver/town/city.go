package town

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"

	"evenflow/models"
)

const (
	districtStations = 1500  // as many stations as a district should have
	borderTies       = 3     // ties wanted between two neighbouring districts
	tieLoss          = 1.5e4 // Pa by which the ends of a tie should differ: less leaves it cold, more takes a district's water away
	trunkShare       = 0.25  // of a district's flow that a trunk main is sized for
	trunkBase        = 0.05  // of a district's flow that passes it all the time
)

// city is a town of several plants: districts side by side, each with the
// streets that a town of its own would have. All stand on one supply
// temperature and one static level, so that the trunk mains that join the
// plants may be open. As on a chequerboard, every other plant carries base
// load: it pumps a little harder and sends its neighbours a part of their
// water, for trunk mains that stood still would be cold ones. Ties join
// neighbouring districts at their borders. Only the first plant holds the
// pressure.
type city struct {
	rng       *rand.Rand
	cols      int
	districts []*plan
	links     []duct // trunk mains and border ties
}

// designCity designs the districts, on all processors, and joins them.
func designCity(o Options) (*city, error) {
	count := o.plants()
	c := &city{
		rng:       rand.New(rand.NewPCG(uint64(o.Seed), uint64(o.Stations))),
		cols:      int(math.Ceil(math.Sqrt(float64(count)))),
		districts: make([]*plan, count),
	}
	supply := designSupply(c.rng, o.Stations)
	digits := len(fmt.Sprint(count))
	err := c.each(func(k int) (err error) {
		part := o
		part.Seed, part.Stations = o.Seed+int64(k)*0x9e3779b9, (o.Stations*(k+1))/count-(o.Stations*k)/count
		c.districts[k], err = draw(part, site{k, fmt.Sprintf("%0*d-", digits, k+1), supply})
		return err
	})
	if err != nil {
		return nil, err
	}
	c.place()
	c.level()
	if err := c.each(func(k int) error { return c.districts[k].setStart() }); err != nil {
		return nil, err
	}
	c.join()
	return c, nil
}

// each does something for every district.
func (c *city) each(do func(k int) error) error {
	errs := make([]error, len(c.districts))
	var group sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for k := range next {
				errs[k] = do(k)
			}
		})
	}
	for k := range c.districts {
		next <- k
	}
	close(next)
	group.Wait()
	return errors.Join(errs...)
}

// level gives all districts one static level, that of the highest place, and
// pump heads that agree with one another: what the district that needs most
// needs, less what the lighter supply water adds between its plant and
// another that stands lower, and the head that moves the base flow.
func (c *city) level() {
	datum, lowest, highest := 0.0, math.Inf(1), math.Inf(-1)
	lift := func(p *plan) float64 { return (p.rhoR - p.rhoS) * gravity * p.nodes[0].z }
	for _, p := range c.districts {
		datum = math.Max(datum, p.needed-lift(p))
		lo, hi := p.relief()
		lowest, highest = math.Min(lowest, lo), math.Max(highest, hi)
	}
	push := c.baseFlows()
	for k, p := range c.districts {
		p.needed, p.lowest, p.highest = datum+lift(p), lowest, highest
		if c.base(k) {
			p.needed += push
		}
		p.balance()
		p.setPressures()
	}
}

// base reports whether a plant carries base load.
func (c *city) base(k int) bool { return (k%c.cols+k/c.cols)%2 == 0 }

// baseFlows says how much each plant sends or is sent, and returns the head
// that moves it through the longest trunk main, Pa.
func (c *city) baseFlows() (push float64) {
	for k, p := range c.districts {
		for _, other := range c.beyond(k) {
			if other < 0 {
				continue
			}
			q := c.districts[other]
			e := c.trunk(p, q)
			passing := trunkBase / trunkShare * e.design
			dp, _ := p.loss(&e, passing)
			push = math.Max(push, dp)
			if !c.base(k) {
				passing = -passing
			}
			p.export += passing
			q.export -= passing
		}
	}
	return push
}

// beyond returns the districts to the right of one and above it, -1 for none.
func (c *city) beyond(k int) [2]int {
	next := [2]int{k + 1, k + c.cols}
	if next[0]%c.cols == 0 || next[0] >= len(c.districts) {
		next[0] = -1
	}
	if next[1] >= len(c.districts) {
		next[1] = -1
	}
	return next
}

// trunk is the sized trunk main between two plants.
func (c *city) trunk(p, q *plan) edge {
	e := edge{a: 0, b: 0, design: trunkShare * math.Min(p.flow, q.flow), open: true, valve: true}
	p.lay(&e, q)
	return e
}

// lay gives an edge from a plan to another its length and its size.
func (p *plan) lay(e *edge, q *plan) {
	a, b := p.nodes[e.a], q.nodes[e.b]
	e.length = round(1.05*math.Hypot(a.x-b.x, a.y-b.y), 10)
	e.returnLength = e.length
	p.size(e, p.frictionLimit())
}

// place lays the districts side by side, every other column mirrored, so that
// places far from their plants face one another across a border, or near
// ones.
func (c *city) place() {
	var pitch [2]float64
	for _, p := range c.districts {
		least, most := p.extent()
		for axis := range pitch {
			pitch[axis] = math.Max(pitch[axis], most[axis]-least[axis]+p.spacing)
		}
	}
	for k, p := range c.districts {
		least, most := p.extent()
		col, row := k%c.cols, k/c.cols
		for i := range p.nodes {
			n := &p.nodes[i]
			n.x -= (least[0] + most[0]) / 2
			n.y -= (least[1] + most[1]) / 2
			if col%2 == 1 {
				n.x = -n.x
			}
			n.x += float64(col) * pitch[0]
			n.y += float64(row) * pitch[1]
		}
	}
}

// extent returns the corners of the box around a plan's places, m.
func (p *plan) extent() (least, most [2]float64) {
	least, most = [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for _, n := range p.nodes {
		least[0], least[1] = math.Min(least[0], n.x), math.Min(least[1], n.y)
		most[0], most[1] = math.Max(most[0], n.x), math.Max(most[1], n.y)
	}
	return least, most
}

// join lays trunk mains between the plants of neighbouring districts and ties
// across their border.
func (c *city) join() {
	for k, p := range c.districts {
		for axis, other := range c.beyond(k) {
			if other < 0 {
				continue
			}
			q := c.districts[other]
			c.link(p, q, c.trunk(p, q))
			for _, e := range border(p, q, axis) {
				p.lay(&e, q)
				c.link(p, q, e)
			}
		}
	}
}

// border finds the places at which ties may join two districts, the second of
// which lies beyond the first along an axis: street corners close to one
// another, with losses on the way to them that differ a little. A tie is open
// where they do: some water crosses, and not much.
func border(p, q *plan, axis int) []edge {
	at := func(n node) [2]float64 { return [2]float64{n.x, n.y} }
	_, most := p.extent()
	least, _ := q.extent()
	depth := 2.5 * math.Max(p.spacing, q.spacing)
	near := func(p *plan, from, to float64) (list []int) {
		for i := 1; i < len(p.nodes); i++ {
			if x := at(p.nodes[i])[axis]; p.nodes[i].station < 0 && x >= from && x <= to {
				list = append(list, i)
			}
		}
		return list
	}
	mine, theirs := near(p, most[axis]-depth, most[axis]), near(q, least[axis], least[axis]+depth)
	lo, _ := p.extent()
	var ties []edge
	for part := range borderTies { // one in each stretch of the border
		width := (most[1-axis] - lo[1-axis]) / borderTies
		from := lo[1-axis] + float64(part)*width
		best, found := edge{tie: true}, math.Inf(1)
		for _, a := range mine {
			if y := at(p.nodes[a])[1-axis]; y < from || y >= from+width {
				continue
			}
			for _, b := range theirs {
				far := math.Hypot(p.nodes[a].x-q.nodes[b].x, p.nodes[a].y-q.nodes[b].y)
				apart := math.Abs(p.atBalance.loss[a] - q.atBalance.loss[b])
				score := math.Abs(apart-tieLoss) + 100*far
				if far > 5*depth || score >= found {
					continue
				}
				found = score
				best.a, best.b, best.open = a, b, apart > tieLoss/3 && apart < 2*tieLoss
				best.design = 0.5 * math.Min(p.reach[a], q.reach[b])
			}
		}
		if !math.IsInf(found, 1) {
			ties = append(ties, best)
		}
	}
	return ties
}

// link dates and names an edge between two districts and remembers it.
func (c *city) link(p, q *plan, e edge) {
	e.year = 2004 + c.rng.IntN(20)
	e.returnYear = e.year
	d := duct{e: &e, from: p, to: q, class: p.class, open: e.open}
	number := fmt.Sprintf("%s%s%02d", p.tag, q.tag, e.a)
	d.number, d.zh, d.en = number, "输送干线", "trunk main"
	d.valve, d.valveZh, d.valveEn = "VX-"+number, "输送干线阀", "trunk main valve"
	if e.tie {
		d.zh, d.en, d.valveZh, d.valveEn = "片区联络线", "district tie", "片区联络阀", "district tie valve"
	}
	c.links = append(c.links, d)
}

// network writes the city down.
func (c *city) network() *models.Network {
	n := c.districts[0].sheet()
	for _, p := range c.districts {
		p.write(n)
	}
	for i := range c.links {
		c.links[i].write(n)
	}
	return n
}
