package solver

import "evenflow/solver/internal/water"

// Friction names a friction law.
type Friction uint8

// The friction laws. Colebrook, the default, has the laminar branch below
// Re 2000 and a C1 transition to Re 4000.
const (
	Colebrook       Friction = iota
	ColebrookAlways          // Colebrook-White in every regime; the fully rough value at Re near 0
	SwameeJain               // 0.25/log10(k/(3.7d)+5.74/Re^0.9)^2 in every regime
	NikuradseSum             // 64/Re + Nikuradse rough, added in every regime
	// SwameeJainTransition is EPANET's Darcy-Weisbach: Hagen-Poiseuille below
	// Re 2000, Swamee-Jain above 4000, Dunlop's cubic between.
	SwameeJainTransition
	Altshul    // 0.11 (k/d + 68/Re)^0.25, laminar below Re 2000
	Shifrinson // 0.11 (k/d)^0.25 in every regime
)

// Temperatures says how hydraulics and temperatures meet.
type Temperatures uint8

// The temperature modes.
const (
	Coupled    Temperatures = iota // iterated until both agree
	Sequential                     // hydraulics once with properties at the start temperatures, then heat
	Isothermal                     // hydraulics only, properties at the start temperatures
)

// Table is a piecewise linear property over temperature, extrapolated
// linearly beyond its ends. One row is a constant.
type Table struct{ T, Value []float64 } // K, property

// Fluid replaces the IF97 water properties. Zero tables keep IF97.
type Fluid struct {
	Density      Table // kg/m3
	Viscosity    Table // Pa s
	HeatCapacity Table // J/(kg K)
}

// Options hold the assumptions of a calculation. The zero value is the
// documented default: Colebrook, IF97 water, g = 9.80665 m/s2, no air column,
// hydraulics and temperatures coupled.
type Options struct {
	Friction     Friction
	Fluid        *Fluid
	Gravity      float64 // m/s2; 0: 9.80665
	AirColumn    bool    // gauge pressures count the weight of air between elevations
	Temperatures Temperatures
	// StartTemperature gives a junction's temperature before the first heat
	// solve, by index in Network.Junctions; nil: supply at the source's
	// temperature, return at the stations' design return.
	StartTemperature []float64
	// Cores is how many processors, 1 or 2, one calculation of a large network
	// (from some 20,000 chains of pipes on) may use; 0: 1. The results are the
	// same, to the bit.
	Cores int
	// PumpDensity is the density at which pump curves turn mass into volume;
	// 0: the density of the water passing.
	PumpDensity float64
	// NoFlowTemperature is given to what has no flow; 0: ambient of the pipe.
	NoFlowTemperature float64

	MassTolerance   float64 // kg/s; 0: 1e-9
	EnergyTolerance float64 // Pa; 0: 1e-3
	MaxIterations   int     // Newton steps of one Solve; 0: 200
}

// withDefaults fills the zero fields.
func (o Options) withDefaults() Options {
	if o.Gravity == 0 {
		o.Gravity = 9.80665
	}
	if o.MassTolerance <= 0 {
		o.MassTolerance = 1e-9
	}
	if o.EnergyTolerance <= 0 {
		o.EnergyTolerance = 1e-3
	}
	if o.MaxIterations <= 0 {
		o.MaxIterations = 200
	}
	return o
}

// fluid returns the water of the calculation.
func (o Options) fluid() water.Fluid {
	var f water.Fluid
	if o.Fluid == nil {
		return f
	}
	table := func(t Table) *water.Table {
		if len(t.T) == 0 {
			return nil
		}
		w := water.NewTable(t.T, t.Value)
		return &w
	}
	f.Rho, f.Mu, f.Cp = table(o.Fluid.Density), table(o.Fluid.Viscosity), table(o.Fluid.HeatCapacity)
	return f
}

// wrong returns what is wrong with the tables, or "".
func (f *Fluid) wrong() string {
	if f == nil {
		return ""
	}
	for _, t := range [3]Table{f.Density, f.Viscosity, f.HeatCapacity} {
		if len(t.T) != len(t.Value) {
			return "a property table has more temperatures than values, or fewer"
		}
		for i := range t.T {
			if !(t.Value[i] > 0) || (i > 0 && !(t.T[i] > t.T[i-1])) {
				return "a property table has a value that is not above 0, or temperatures that do not ascend"
			}
		}
	}
	return ""
}
