package heating

import (
	"fmt"
	"math"

	"evenflow/models"
	"evenflow/solver/internal/water"
)

// Secondary is how a station's secondary side stands in the steady state.
type Secondary struct {
	Heat           float64 // W taken from the primary water
	PrimaryReturn  float64 // K
	Supply, Return float64 // K
	Indoor         float64 // K, the rooms in the end
}

// SteadySecondary returns the secondary side of a station through which
// primary flow (kg/s) passes that enters at supplyTemp (K): exchanger,
// emitters and building agree. It needs the station's secondary design
// temperatures.
func SteadySecondary(net *models.Network, st *models.Station, outdoor, supplyTemp, flow float64) (Secondary, error) {
	s, err := sized(net, st)
	if err != nil {
		return Secondary{}, err
	}
	if !s.exchanger {
		return Secondary{}, &InputError{st.ID, "no secondary design temperatures", "give the secondary design supply and return"}
	}
	if !finite(flow) || !finite(supplyTemp) || !finite(outdoor) || flow < 0 {
		return Secondary{}, &InputError{st.ID, fmt.Sprintf("no steady state at %g kg/s and %g K", flow, supplyTemp), "give the flow that passes and its temperature"}
	}
	if flow == 0 || supplyTemp <= outdoor {
		return Secondary{PrimaryReturn: supplyTemp, Supply: outdoor, Return: outdoor, Indoor: outdoor}, nil
	}
	m1 := flow / s.scale
	ret := s.ret
	var q float64
	for range 8 {
		cp := water.MeanHeatCapacity(supplyTemp, ret)
		x := s.circuit.Steady()
		q = x.Draw(m1, supplyTemp, cp, outdoor).Heat
		was := ret
		ret = supplyTemp - q/(cp*m1)
		if math.Abs(ret-was) < 1e-9 {
			break
		}
	}
	indoor := s.circuit.IndoorAt(q, outdoor)
	out, back := s.circuit.Temperatures(q, indoor)
	return Secondary{Heat: q, PrimaryReturn: ret, Supply: out, Return: back, Indoor: indoor}, nil
}
