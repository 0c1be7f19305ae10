package solver

import (
	"context"
	"fmt"
	"math"

	"evenflow/models"
	"evenflow/solver/internal/topology"
)

// temperatureTolerance is how closely temperatures must repeat where they
// depend on one another beside the flow, K.
const temperatureTolerance = 1e-5

// worstWarm is the energy residual, Pa, with which the flows of a neighbour are
// no better than none.
const worstWarm = 2e5

// mostExchanges bounds the exchanges between hydraulics and temperatures.
const mostExchanges = 200

// iterate exchanges flows and temperatures until both agree. It returns why
// they do not, or "".
//
// Every Newton step is followed by the temperatures at its flows, and the
// residuals are those at these temperatures: where they are within their
// limits, everything fits. The Newton step knows how the temperature of a
// link's water follows its flow (thermal.slopes); what it does not know, how
// links heat one another, is left to the exchange.
func (st *state) iterate(ctx context.Context, warm bool) (why string, err error) {
	o := &st.s.opts
	limit := st.report.Iterations + o.MaxIterations
	st.refresh()
	st.beginFlows()
	if warm {
		if st.evaluate(); st.relax() {
			st.evaluate()
		}
		if st.report.EnergyResidual > worstWarm && len(st.regs.list) == 0 { // other ways than before
			st.coldStart()
			warm = false
		}
	} else {
		st.coldStart()
	}
	for exchange := 0; ; exchange++ {
		if err := ctx.Err(); err != nil {
			return "", fmt.Errorf("solving the network: %w", err)
		}
		before := st.report.Iterations
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
			return "", nil
		}
		if exchange == mostExchanges {
			return fmt.Sprintf("flows and temperatures still move each other by %.2g K", st.thermal.change), nil
		}
		if exchange < mostRelaxed {
			st.relax()
		}
		st.exchange()

		if o.Temperatures == Sequential {
			for range mostExchanges { // partner pipes heat one another
				if st.repeated() {
					break
				}
				st.thermal.change = st.temperatures()
			}
			return "", nil
		}
		if exchange >= patience && moved {
			st.stepBack()
		}
		st.prescribeFlows()
		st.heed()
	}
}

// exchange computes the temperatures at the present flows, and laws and
// residuals at these temperatures.
func (st *state) exchange() {
	st.report.HeatIterations++
	st.thermal.change = st.temperatures()
	if st.s.opts.Temperatures == Sequential {
		return
	}
	st.sumSlopes()
	st.refresh()
	st.evaluate()
}

// repeated reports whether the temperatures are those of the flows: partner
// pipes take each other's from the time before.
func (st *state) repeated() bool {
	return !st.thermal.hasPair || st.thermal.change < temperatureTolerance
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
		if i < 0 {
			continue
		}
		at := &n.chains[i]
		drive := st.pressure[n.node[at.A]] - st.pressure[n.node[at.B]]
		if math.Abs(drive) > worthDriving {
			any = st.relaxChain(n.steps[at.First:at.Last], drive) || any
		}
	}
	n.stale = n.stale || any
	return any
}

// relaxChain gives branches in line the flow at which they drop so much, Pa.
func (st *state) relaxChain(steps []topology.Step, want float64) (moved bool) {
	for i := range steps {
		s := &steps[i]
		l := &st.links[s.Link]
		if st.cut[l.from] || i+1 < len(steps) && st.core.need[s.Node] != 0 {
			return false
		}
		want += l.lift * s.Sign()
	}
	m := st.links[steps[0].Link].m * steps[0].Sign()
	if !(m*want > 0) {
		return false
	}
	for try := range 20 {
		drop := 0.0
		for i := range steps {
			s := &steps[i]
			d, _ := st.law[s.Link].Drop(s.Sign() * m)
			drop += s.Sign() * d
		}
		f := math.Sqrt(want / drop) // all laws are nearly quadratic
		if !(f > 0) || try == 0 && math.Abs(drop-want) < worthRelaxing {
			return false
		}
		if m *= f; math.Abs(f-1) < 1e-3 {
			break
		}
	}
	for i := range steps {
		st.links[steps[i].Link].m = steps[i].Sign() * m
	}
	return true
}
