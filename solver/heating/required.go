package heating

import (
	"fmt"
	"math"

	"evenflow/models"
	"evenflow/solver/internal/law"
	"evenflow/solver/internal/water"
)

// MostFlow bounds a requirement: no station is asked to take more than this
// many times its design flow, however cold the water that reaches it.
const MostFlow = 2.0

// Requirement is what a station needs.
type Requirement struct {
	Flow float64 // kg/s primary; 0 in summer
	Heat float64 // W
	// ReturnTemperature is the primary return temperature at that flow, K; at
	// no load, the indoor temperature.
	ReturnTemperature float64
	// Limited: the water that arrives is too cold for the heat asked for.
	// Flow is then MostFlow times the design flow, and Deliverable what the
	// exchanger passes with it.
	Limited     bool
	Deliverable float64 // W, equal to Heat unless Limited
}

// InputError is a station whose data do not say what it needs.
type InputError struct {
	Station models.ID
	Reason  string
	Remedy  string
}

// Error names the station, the reason and the remedy.
func (e *InputError) Error() string {
	return fmt.Sprintf("station %s: %s; %s", e.Station, e.Reason, e.Remedy)
}

// Elements returns the station.
func (e *InputError) Elements() []models.ID { return []models.ID{e.Station} }

// DesignHeat returns the station's design load in W: area times index, or
// what its design flow carries where the area is not known.
func DesignHeat(st *models.Station) (float64, error) {
	if q := st.DesignHeat(); q > 0 {
		return q, nil
	}
	d := st.Design
	if st.DesignFlow.Known && st.DesignFlow.Value > 0 && d.PrimarySupply > d.PrimaryReturn && d.PrimaryReturn > 0 {
		return st.DesignFlow.Value * water.MeanHeatCapacity(d.PrimarySupply, d.PrimaryReturn) * (d.PrimarySupply - d.PrimaryReturn), nil
	}
	return 0, &InputError{st.ID, "neither heated area and heat index nor a design flow", "give heated_area_m2 and heat_index_w_per_m2"}
}

// DesignFlow returns the station's primary design flow in kg/s: as filed, or
// A q/(cp (t1s' - t1r')).
func DesignFlow(st *models.Station) (float64, error) {
	d := st.Design
	if !(d.PrimarySupply > d.PrimaryReturn) || !(d.PrimaryReturn > 0) {
		return 0, &InputError{st.ID, "the primary design supply is not above the design return", "give both primary design temperatures"}
	}
	if st.DesignFlow.Known && st.DesignFlow.Value > 0 {
		return st.DesignFlow.Value, nil
	}
	q, err := DesignHeat(st)
	if err != nil {
		return 0, err
	}
	return q / (water.MeanHeatCapacity(d.PrimarySupply, d.PrimaryReturn) * (d.PrimarySupply - d.PrimaryReturn)), nil
}

// Required returns what a station needs in a weather, with the primary
// supply temperature that reaches it (K, measured there):
//
//	G* = A q_f φ / (cp (t1s - t1r*))
//
// t1r* is the return that the design exchanger gives at load φ on the
// secondary temperatures of the heating curve, with 1/UA = 1/(a1 m1^0.7) +
// 1/(a2 m2^0.7) and equal films at design. At design weather and design
// supply it is the design flow. A station without secondary temperatures
// gets t1r* = tn + (t1r' - tn) φ^(1/(1+b)).
//
// Water too cold for the load is a result, not an error: see
// Requirement.Limited.
func Required(net *models.Network, st *models.Station, outdoor, supplyTemp float64) (Requirement, error) {
	s, err := sized(net, st)
	if err != nil {
		return Requirement{}, err
	}
	if !finite(outdoor) || !finite(supplyTemp) || outdoor <= 0 || supplyTemp <= 0 {
		return Requirement{}, &InputError{st.ID, fmt.Sprintf("no requirement at %g K outside and %g K supply", outdoor, supplyTemp), "give both temperatures in kelvin, measured"}
	}
	phi := Phi(net.Climate, outdoor)
	if phi == 0 {
		return Requirement{ReturnTemperature: net.Climate.DesignIndoor}, nil
	}
	return s.at(phi, supplyTemp), nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// sizedStation is a station with its design worked out.
type sizedStation struct {
	heat, flow float64 // design
	scale      float64 // filed design flow over the one its heat asks for
	indoor     float64
	ret        float64 // K, primary design return
	exponent   float64
	circuit    law.Secondary
	exchanger  bool
}

// sized works a station's design out.
func sized(net *models.Network, st *models.Station) (*sizedStation, error) {
	c := net.Climate
	if !(c.DesignIndoor > c.DesignOutdoor) || !(c.DesignOutdoor > 0) {
		return nil, &InputError{st.ID, "the network has no design weather", "give climate with design outdoor and indoor temperature"}
	}
	flow, err := DesignFlow(st)
	if err != nil {
		return nil, err
	}
	heat, err := DesignHeat(st)
	if err != nil {
		return nil, err
	}
	d := st.Design
	cp := water.MeanHeatCapacity(d.PrimarySupply, d.PrimaryReturn)
	m1 := heat / (cp * (d.PrimarySupply - d.PrimaryReturn))
	s := &sizedStation{heat: heat, flow: flow, scale: flow / m1, indoor: c.DesignIndoor, ret: d.PrimaryReturn, exponent: d.EmitterExponent}
	if s.exponent == 0 {
		s.exponent = 0.3
	}
	if _, ok := StationCurve(net, st); !ok {
		if d.SecondarySupply != 0 || d.SecondaryReturn != 0 {
			return nil, &InputError{st.ID, "the secondary design supply is not above the return, or the return not above the rooms", "correct the secondary design temperatures"}
		}
		if !(d.PrimaryReturn > c.DesignIndoor) {
			return nil, &InputError{st.ID, "the primary design return is not above the rooms", "correct the primary design temperatures"}
		}
		return s, nil
	}
	cp2 := water.MeanHeatCapacity(d.SecondarySupply, d.SecondaryReturn)
	m2 := heat / (cp2 * (d.SecondarySupply - d.SecondaryReturn))
	x, ok := law.SizeExchanger(heat, d.PrimarySupply, d.PrimaryReturn, d.SecondarySupply, d.SecondaryReturn, m1, m2)
	if !ok {
		return nil, &InputError{st.ID, "primary and secondary design temperatures cross: no exchanger does that", "the primary must be warmer than the secondary at both ends"}
	}
	s.exchanger = true
	s.circuit = law.Secondary{
		Exchanger: x, Heat: heat, Flow: m2, Supply: d.SecondarySupply, Return: d.SecondaryReturn,
		Indoor: c.DesignIndoor, Outdoor: c.DesignOutdoor, Exponent: s.exponent, Cp: cp2,
	}
	return s, nil
}

// at is the requirement at load phi > 0.
func (s *sizedStation) at(phi, supply float64) Requirement {
	q := phi * s.heat
	most := MostFlow * s.flow / s.scale
	flow, ret, ok := s.primary(q, phi, supply, most)
	r := Requirement{Flow: flow * s.scale, Heat: q, Deliverable: q, ReturnTemperature: ret}
	if !ok || flow > most {
		r.Flow, r.Limited = MostFlow*s.flow, true
		r.Deliverable, r.ReturnTemperature = s.most(phi, supply, most)
	}
	return r
}

// primary returns flow and return temperature at heat q; ok is false where
// no flow up to most does it.
func (s *sizedStation) primary(q, phi, supply, most float64) (flow, ret float64, ok bool) {
	if !s.exchanger {
		ret = s.indoor + (s.ret-s.indoor)*math.Pow(phi, 1/(1+s.exponent))
		if supply <= ret {
			return 0, 0, false
		}
		flow = q / (water.MeanHeatCapacity(supply, ret) * (supply - ret))
		return flow, ret, true
	}
	// The heat capacity follows the return temperature, slightly.
	ret = s.ret
	for range 8 {
		cp := water.MeanHeatCapacity(supply, ret)
		if flow, ok = s.circuit.ForHeat(q, supply, cp, most, flow); !ok {
			return 0, 0, false
		}
		was := ret
		ret = supply - q/(cp*flow)
		if math.Abs(ret-was) < 1e-9 {
			break
		}
	}
	return flow, ret, true
}

// most returns what passes at flow most, and the return temperature.
func (s *sizedStation) most(phi, supply, flow float64) (heat, ret float64) {
	if !s.exchanger {
		ret = s.indoor + (s.ret-s.indoor)*math.Pow(phi, 1/(1+s.exponent))
		heat = math.Max(0, flow*water.MeanHeatCapacity(supply, ret)*(supply-ret))
		return heat, math.Min(ret, supply)
	}
	_, cold := s.circuit.Temperatures(phi*s.heat, s.indoor)
	cp := water.MeanHeatCapacity(supply, cold)
	heat = math.Max(0, s.circuit.Exchanger.PerKelvin(flow, s.circuit.Flow, cp, s.circuit.Cp)*(supply-cold))
	return heat, supply - heat/(cp*flow)
}

// SupplyTemperature returns the primary supply temperature in K at which a
// station needs just its design flow in a weather: the primary curve of
// quality regulation. At design weather it is the design supply.
func SupplyTemperature(net *models.Network, st *models.Station, outdoor float64) (float64, error) {
	s, err := sized(net, st)
	if err != nil {
		return 0, err
	}
	phi := Phi(net.Climate, outdoor)
	if phi == 0 {
		return net.Climate.DesignIndoor, nil
	}
	q, flow := phi*s.heat, s.flow/s.scale
	supply, back := st.Design.PrimarySupply, s.ret
	for range 40 {
		was := supply
		if s.exchanger {
			_, cold := s.circuit.Temperatures(q, s.indoor)
			cp := water.MeanHeatCapacity(supply, back)
			supply = cold + q/s.circuit.Exchanger.PerKelvin(flow, s.circuit.Flow, cp, s.circuit.Cp)
			back = supply - q/(cp*flow)
		} else {
			ret := s.indoor + (s.ret-s.indoor)*math.Pow(phi, 1/(1+s.exponent))
			supply = ret + q/(water.MeanHeatCapacity(supply, ret)*flow)
		}
		if math.Abs(supply-was) < 1e-9 {
			break
		}
	}
	return supply, nil
}
