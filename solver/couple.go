package solver

import (
	"context"
	"fmt"
	"math"

	"evenflow/models"
)

// temperatureTolerance is how closely temperatures must repeat where partner
// pipes take each other's from the time before, K: hardly a tenth of that is
// felt.
const temperatureTolerance = 1e-4

// mostExchanges bounds the exchanges between hydraulics and temperatures.
const mostExchanges = 200

// wary is the number of exchanges after which the step keeps away from where a
// chain is not stable by itself. Most such chains are stable in their network.
const wary = 12

// impatient is the number of exchanges after which the calculation goes about it in
// another way. Stations ask for another flow only where the rest fits: each change
// of what they draw may turn water that creeps between two of them, and so what
// comes to others. And as many steps as that go downhill (descend), as many do not,
// in turns: where one way goes to and fro, or comes no further, the other goes on.
const impatient = 20

// iterate exchanges flows and temperatures until both agree. It returns why
// they do not, or "".
//
// Every Newton step is followed by the temperatures at its flows, and the
// residuals are those at these temperatures: where they are within their
// limits, everything fits. The Newton step knows how the temperature of a
// link's water follows its flow (thermal.slopes), and near the solution how all
// temperatures follow all flows (foresee).
func (st *state) iterate(ctx context.Context, warm bool) (why string, err error) {
	again := !st.lawful && !st.core.stale // the core has the laws, for water of another temperature
	if !again {
		st.refresh()
	}
	st.beginFlows(warm)
	if again {
		st.temper()
	}
	if warm {
		if st.evaluate(); st.relax() {
			st.evaluate()
		}
		if st.ripple.known && len(st.course.stops) > 0 {
			st.heed()
		}
	} else {
		st.coldStart()
	}
	why, err = st.agree(ctx, warm)
	st.settleLaws()
	return why, err
}

// agree is the iteration from a first state on.
func (st *state) agree(ctx context.Context, warm bool) (why string, err error) {
	o := &st.s.opts
	limit := st.report.Iterations + o.MaxIterations
	if len(st.regs.list) > 0 && !st.bounds.patient {
		most := mostRegulated
		if warm && o.Temperatures == Isothermal {
			most = mostWarm
		}
		limit = st.report.Iterations + min(o.MaxIterations, most)
	}
	st.began = st.report.Iterations
	for exchange := 0; ; exchange++ {
		if err := ctx.Err(); err != nil {
			return "", fmt.Errorf("solving the network: %w", err)
		}
		before := st.report.Iterations
		st.ripple.wary = exchange >= wary
		st.demands.waits = exchange >= impatient
		st.downhill = !st.blind && exchange/impatient%2 == 1
		if exchange >= patience {
			st.before.keep(st)
		}
		if steps, near := st.steps(exchange, warm); !st.hydraulics(steps, limit, near) {
			return st.whyNot(limit), nil
		}
		if o.Temperatures == Isothermal {
			return "", nil
		}
		moved := st.report.Iterations > before
		if exchange > 0 && !moved && st.solved() && st.repeated() {
			return st.unheated(), nil
		}
		if exchange == mostExchanges {
			return fmt.Sprintf("flows and temperatures still move each other by %.2g K", st.thermal.change), nil
		}
		bent := exchange > 0 && exchange < mostBending && moved && st.bend()
		if exchange < mostRelaxed && st.relax() {
			bent = true
		}
		if bent {
			st.foresight.told = false
			st.expandFlows()
		}
		st.heat()
		if o.Temperatures == Sequential {
			for range mostExchanges { // partner pipes heat one another
				if st.repeated() {
					break
				}
				st.heat()
			}
			return st.unheated(), nil
		}
		st.exchange(exchange >= patience && moved, moved && !bent)
		if exchange > 0 && st.clearlyBeyond(100) {
			return "", nil
		}
	}
}

// heat computes the temperatures at the present flows.
func (st *state) heat() {
	st.report.HeatIterations++
	st.thermal.change = st.temperatures()
}

// exchange brings the temperatures just computed into laws, given flows and
// residuals. Of a step that makes the residual larger a part is taken, if asked.
// swept tells that residuals and conductances are those of the last step.
func (st *state) exchange(stepBack, swept bool) {
	if stepBack {
		st.temperAfter(swept)
		if st.downhill {
			st.descend()
		} else {
			st.stepBack()
		}
	}
	if !stepBack || st.anyAsked() && (!st.demands.waits || st.met(10*st.s.opts.EnergyTolerance)) {
		st.prescribeFlows()
		st.temperAfter(swept || stepBack)
	}
	st.heed()
}

// flowTolerance is how closely the flows that follow from a demand must be those
// asked for, as a share.
const flowTolerance = 1e-5

// repeated reports whether the temperatures are those of the flows, and the
// flows asked for those of the temperatures: partner pipes take each other's from
// the time before.
func (st *state) repeated() bool {
	return st.demands.off < flowTolerance && (!st.thermal.hasPair || st.thermal.lag < temperatureTolerance)
}

// steps returns how many steps the hydraulics may take before temperatures are
// exchanged again, and the energy residual (Pa) that will do: all they need
// where nothing is exchanged; a few to get near the solution from nothing; else
// one.
func (st *state) steps(exchange int, warm bool) (steps int, near float64) {
	tolerance := st.s.opts.EnergyTolerance
	switch {
	case st.s.opts.Temperatures != Coupled:
		return st.s.opts.MaxIterations, tolerance
	case exchange == 0 && !warm:
		return 3, math.Max(tolerance, 20)
	}
	return 1, tolerance
}

// Stations are relaxed after the first Newton steps, where the energy residual
// is beyond worthRelaxing, Pa; below it the Newton step alone does as well.
// Where the pressure difference is less than worthDriving, Pa, a station has
// not most of the resistance.
const (
	mostRelaxed   = 3
	worthRelaxing = 100
	worthDriving  = 1e4
)

// relax gives every chain with a station the flow with which the present
// pressures drive it. It has most of the resistance on the water's way: the
// pressure difference hardly moves when a valve does, the flow does. What then
// is missing at the nodes is in the next Newton step. It reports whether
// anything moved.
func (st *state) relax() (any bool) {
	n := &st.core
	for _, k := range st.p.linkOf[models.KindStation] {
		i := n.chainOf[k]
		if i < 0 || st.cut[st.links[k].from] {
			continue
		}
		x, y := &n.flows[i], &n.edges[i]
		drive := n.spots[y.A].p - n.spots[y.B].p + n.laws[i].lift
		if math.Abs(x.e) < worthRelaxing || math.Abs(drive) < worthDriving || x.q == 0 {
			continue
		}
		switch f := drive / (x.e + drive); {
		case n.drawsWithin(int(i)):
			x.q = st.driven(int(i), drive)
		case f > 0: // all laws are nearly quadratic
			x.q *= math.Sqrt(f)
		default:
			continue
		}
		st.reweigh(int(i))
		any = true
	}
	n.weigh = n.weigh || any
	return any
}

// driven returns the flow into chain i with which drive, Pa, is used up along it,
// water being drawn within it, too.
func (st *state) driven(i int, drive float64) float64 {
	n := &st.core
	b, q := &n.laws[i], n.flows[i].q
	return zero(q, math.Abs(q)/4, func(q float64) float64 {
		drop, _ := st.termDrop(&b.term, q)
		for j := b.first; j < b.last; j++ {
			d, _ := st.termDrop(&n.terms[j].term, q+n.terms[j].c)
			drop += d
		}
		return drop + b.lin*q - drive
	})
}

// drawsWithin reports whether water is drawn between the branches of a chain.
func (n *numbers) drawsWithin(i int) bool {
	at := &n.chains[i]
	for _, s := range n.steps[at.First : at.Last-1] {
		if n.need[s.Node] != 0 {
			return true
		}
	}
	return false
}
