package solver

import (
	"math"

	"evenflow/models"
	"evenflow/solver/internal/law"
)

// NoOpening says why no opening of a station's control valve gives its flow.
type NoOpening uint8

// The reasons.
const (
	OpeningFits    NoOpening = iota // it is given
	OpeningNoValve                  // the station has no control valve with a Kvs
	OpeningNoFlow                   // nothing passes, or backwards
	OpeningNoDrop                   // the fixed resistance takes all there is, or more: nothing is left for the valve
	OpeningBeyond                   // the valve would drop more when wide open
	OpeningLeaks                    // the closed valve leaks more
)

// OpeningOf returns at which opening the station's control valve drops what the
// result y leaves to it at its flow: that which a given flow, or the flow of a
// given heat, needs. Kv = m sqrt(1.296e9/(rho dp)) and the valve's
// characteristic; of a pressure-independent valve the share of its limit. opening
// is between 0 and 1 and, where none gives the flow, the nearest.
func OpeningOf(x *models.Station, y *models.StationState) (opening float64, why NoOpening) {
	switch {
	case x.Valve.Kvs <= 0:
		return 0, OpeningNoValve
	case y.Cut || x.OutOfService || y.Flow <= stillFlow || !(y.Density > 0):
		return 0, OpeningNoFlow
	case y.ValveDrop <= 0:
		return 1, OpeningNoDrop
	}
	phi := y.Flow * math.Sqrt(1.296e9/(y.Density*y.ValveDrop)) / x.Valve.Kvs
	if x.FlowLimit.Known { // its opening sets the flow, whatever the drop
		phi = y.Flow / x.FlowLimit.Value
	}
	least, _ := law.RelativeKv(&x.Valve, 0)
	if phi < least*(1-1e-9) {
		return 0, OpeningLeaks
	}
	opening, ok := law.OpeningFor(&x.Valve, phi*(1-1e-9)) // wide open is not beyond itself
	if !ok {
		return 1, OpeningBeyond
	}
	return opening, OpeningFits
}
