package solver

import (
	"context"
	"fmt"
	"math"
)

// temperatureTolerance is how closely temperatures must repeat from one
// exchange with the hydraulics to the next, K.
const temperatureTolerance = 1e-5

// mostExchanges bounds the exchanges between hydraulics and temperatures.
const mostExchanges = 200

// iterate exchanges flows and temperatures until both agree. It returns why
// they do not, or "".
func (st *state) iterate(ctx context.Context, warm bool) (why string, err error) {
	o := &st.s.opts
	limit := st.report.Iterations + o.MaxIterations
	st.refresh()
	st.beginFlows()
	if warm {
		st.evaluate()
	} else {
		st.coldStart()
	}
	for exchange := 0; ; exchange++ {
		if err := ctx.Err(); err != nil {
			return "", fmt.Errorf("solving the network: %w", err)
		}
		before := st.report.Iterations
		if steps, near := st.steps(exchange); !st.hydraulics(steps, limit, near) {
			return st.whyNot(limit), nil
		}
		if o.Temperatures == Isothermal {
			return "", nil
		}
		moved := st.report.Iterations > before
		st.report.HeatIterations++
		change := st.temperatures()
		if o.Temperatures == Sequential {
			for range mostExchanges { // partner pipes heat one another
				if !st.thermal.hasPair || change < temperatureTolerance {
					break
				}
				change = st.temperatures()
			}
			return "", nil
		}
		change = math.Max(change, st.followTemperatures(exchange))
		if change < temperatureTolerance && !moved && st.solved() {
			return "", nil
		}
		if exchange == mostExchanges {
			return fmt.Sprintf("flows and temperatures still move each other by %.2g K", change), nil
		}
		st.refresh()
		st.prescribeFlows()
		st.evaluate()
	}
}

// steps returns how many steps the hydraulics may take before temperatures are
// exchanged again, and the energy residual (Pa) that will do: all they need
// where nothing is exchanged, a few to get near the solution, then one at a
// time.
func (st *state) steps(exchange int) (steps int, near float64) {
	tolerance := st.s.opts.EnergyTolerance
	switch {
	case st.s.opts.Temperatures != Coupled:
		return st.s.opts.MaxIterations, tolerance
	case exchange == 0:
		return 5, math.Max(tolerance, 20)
	}
	return 1, tolerance
}
