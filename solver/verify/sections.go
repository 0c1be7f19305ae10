package verify

import (
	"context"
	"fmt"
	"math"

	"evenflow/models"
	"evenflow/models/dhcase"
	"evenflow/solver"
)

// limitSections is how near the section temperatures of the other program are
// met by its own formula, K.
const limitSections = 0.25

// feedTemperature is the temperature of the water that the other program fed
// in where the case states none, K (found by fitting; stated with the cases).
var feedTemperature = map[string]float64{
	"om_heat_one_source":        293.15,
	"om_heat_section_variation": 303.15,
}

// sections compares with the outlet temperatures of N equal, perfectly mixed
// sections per pipe: T_k = (T_{k-1} + n T_amb)/(1 + n), n = U L/(N m cp). The
// flows are ours; junctions mix by mass. The exact exponential of our pipes is
// compared with the case's own results, not with these coarse sections.
func sections(ctx context.Context, t *tally, c *dhcase.Case, ref dhcase.Reference) error {
	n := *c.Network
	n.Junctions = append([]models.Junction(nil), n.Junctions...)
	index := n.Index()
	if feed, ok := feedTemperature[c.ID]; ok {
		for _, id := range c.Feeds {
			at, _ := index.At(models.KindJunction, id)
			n.Junctions[at].FixedTemp = models.Some(feed)
		}
	}
	r, err := solveCase(ctx, c, &n, optionsOf(c))
	if err != nil {
		return err
	}
	m := &mixture{c: c, n: &n, r: r, index: index, temp: map[models.ID]float64{}, count: map[int]int{}}
	for _, p := range ref.Pipes {
		m.count[p.Pipe] = len(p.Sections)
	}
	m.settle()
	for _, p := range ref.Pipes {
		if len(p.Sections) == 0 {
			continue
		}
		pipe := c.Pipes[p.Pipe]
		for k, T := range m.outlets(p.Pipe) {
			t.add(Deviation{"sections against " + ref.Program, models.ID(fmt.Sprintf("%s section %d", pipe.ID, k+1)), T - p.Sections[k], limitSections, "K"})
		}
	}
	return nil
}

// mixture is the network of mixed sections.
type mixture struct {
	c     *dhcase.Case
	n     *models.Network
	r     *solver.Result
	index models.Index
	temp  map[models.ID]float64 // of nodes
	count map[int]int           // sections, by pipe
}

func (m *mixture) flow(pipe int) float64 {
	at, _ := m.index.At(models.KindPipe, m.c.Pipes[pipe].Parts[0])
	return m.r.Pipes[at].Flow
}

// outlets returns the sections' temperatures from the pipe's beginning to its
// end, whichever way the water flows.
func (m *mixture) outlets(pipe int) []float64 {
	p, flow := m.c.Pipes[pipe], m.flow(pipe)
	N := m.count[pipe]
	out := make([]float64, N)
	cp := m.c.Assumptions.HeatCapacity.At(293.15)
	n := p.LossPerMK * p.Length / float64(N) / (math.Max(math.Abs(flow), 1e-12) * cp)
	T := m.temp[p.From]
	if flow < 0 {
		T = m.temp[p.To]
	}
	for i := range out {
		k := i
		if flow < 0 {
			k = N - 1 - i
		}
		T = (T + n*p.Ambient) / (1 + n)
		out[k] = T
	}
	return out
}

// settle mixes the nodes until nothing changes; the cases are small.
func (m *mixture) settle() {
	for i := range m.n.Junctions {
		j := &m.n.Junctions[i]
		m.temp[j.ID] = j.FixedTemp.Or(m.r.Junctions[i].Temperature)
	}
	for range len(m.n.Junctions) + 10 {
		for i := range m.n.Junctions {
			m.mix(&m.n.Junctions[i])
		}
	}
}

// mix sets a node to the mass-weighted mean of what flows in.
func (m *mixture) mix(j *models.Junction) {
	if j.FixedPressure.Known {
		return // the feed's own temperature
	}
	mass, heat := 0.0, 0.0
	if j.Draw < 0 && j.FixedTemp.Known {
		mass, heat = -j.Draw, -j.Draw*j.FixedTemp.Value
	}
	for k, p := range m.c.Pipes {
		flow := m.flow(k)
		if m.count[k] == 0 || math.Abs(flow) < 1e-9 || !(p.To == j.ID && flow > 0 || p.From == j.ID && flow < 0) {
			continue
		}
		out := m.outlets(k)
		T := out[len(out)-1]
		if flow < 0 {
			T = out[0]
		}
		mass += math.Abs(flow)
		heat += math.Abs(flow) * T
	}
	if mass > 0 {
		m.temp[j.ID] = heat / mass
	}
}
