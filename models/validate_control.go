package models

import (
	"fmt"
	"math"
)

// valveControl checks the set point of a valve that holds something.
func (v *validator) valveControl(x *Valve) {
	const kind = KindValve
	switch x.Control {
	case ManualOpening:
	case ReducePressure, SustainPressure:
		v.number(kind, x.ID, "pressure_pa", x.Pressure, -1e6, 1e8, "give the pressure held, Pa gauge")
	case BreakPressure, HoldDifferential:
		v.number(kind, x.ID, "differential_pa", x.Differential, 0, 1e8, "give the differential held, Pa")
	case LimitFlow:
		v.number(kind, x.ID, "flow_kg_per_s", x.Flow, 0, 1e6, "give the most that may pass, kg/s")
	case HeadLossCurve:
		v.losses(x)
	default:
		v.refuse(kind, x.ID, "control", "is unknown", "write manual, reduce_pressure, sustain_pressure, limit_flow, break_pressure, hold_differential or head_loss_curve")
	}
	if x.TwoWay && (x.Control != LimitFlow || x.CheckValve) {
		v.refuse(kind, x.ID, "two_way", "is for a valve that limits the flow and is no check valve", "leave it out, or write control limit_flow")
	}
	if x.Control != HoldDifferential {
		return
	}
	if x.HighSensor == "" || x.LowSensor == "" || x.HighSensor == x.LowSensor {
		v.refuse(kind, x.ID, "high_sensor", "a differential needs two sensors at different places", "name the junctions at which the two impulse lines end")
		return
	}
	for _, end := range []struct {
		key string
		id  ID
	}{{"high_sensor", x.HighSensor}, {"low_sensor", x.LowSensor}} {
		if _, ok := v.index.At(KindJunction, end.id); !ok {
			v.refuse(kind, x.ID, end.key, fmt.Sprintf("junction %q does not exist", end.id), "name the junction at which the impulse line ends")
		}
	}
}

// losses checks that what a valve loses does not fall with the flow.
func (v *validator) losses(x *Valve) {
	if len(x.Losses) < 2 {
		v.refuse(KindValve, x.ID, "losses", "has fewer than two points", "give points of flow and head lost, ascending")
		return
	}
	for i, p := range x.Losses {
		if !finite(p.Flow) || !finite(p.Head) || p.Flow < 0 || p.Head < 0 || i > 0 && (p.Flow <= x.Losses[i-1].Flow || p.Head < x.Losses[i-1].Head) {
			v.refuse(KindValve, x.ID, "losses", fmt.Sprintf("point %d does not ascend or is no number", i+1), "sort the points by flow; the head lost must not fall")
			return
		}
	}
}

// outlets checks what the pressure takes out of a junction.
func (v *validator) outlets(j *Junction) {
	if e := j.Emitter; e != (Emitter{}) {
		v.over(KindJunction, j.ID, "emitter.coefficient_kg_per_s_pa", e.Coefficient, 0, 1e6, "give kg/s at 1 Pa, or take the emitter out")
		if e.Exponent != 0 {
			v.number(KindJunction, j.ID, "emitter.exponent", e.Exponent, 0.1, 3, "give the exponent of the pressure, usually 0.5")
		}
	}
}

// pressureDriven checks how draws fall with the pressure.
func (v *validator) pressureDriven() {
	d := v.net.PressureDriven
	if d == (PressureDriven{}) {
		return
	}
	v.number(KindNetwork, "", "pressure_driven.minimum_pa", d.Minimum, -1e6, 1e8, "give the pressure below which nothing is drawn, Pa gauge")
	v.over(KindNetwork, "", "pressure_driven.required_pa", d.Required, d.Minimum, 1e8, "give the pressure from which all is drawn, above minimum_pa")
	v.number(KindNetwork, "", "pressure_driven.exponent", d.Exponent, 0.1, 3, "give the exponent, usually 0.5")
}

// drive checks what the pumps of a source or a pump hold besides speed,
// differential and flow.
func (v *validator) drive(kind Kind, id ID, control SourceControl, pressure float64, remote []ID) {
	switch control {
	case ControlInletPressure, ControlOutletPressure:
		v.number(kind, id, "pressure_pa", pressure, -1e5, 1e8, "give the pressure held, Pa gauge")
	case ControlRemote:
		if len(remote) == 0 {
			v.refuse(kind, id, "remote", "names no station", "name the stations whose least differential is held")
		}
	}
	for _, r := range remote {
		if _, ok := v.index.At(KindStation, r); !ok {
			v.refuse(kind, id, "remote", fmt.Sprintf("station %q does not exist", r), "name stations of the network")
		}
	}
}

// pumpControl checks what a pump holds by its speed.
func (v *validator) pumpControl(p *Pump) {
	switch p.Control {
	case ControlSpeed, ControlInletPressure, ControlOutletPressure:
	case ControlDifferential, ControlRemote:
		v.number(KindPump, p.ID, "differential_pa", p.Differential, 0, 1e8, "give the differential held, Pa")
	case ControlFlow:
		v.number(KindPump, p.ID, "flow_kg_per_s", p.Flow, 0, 1e6, "give the flow held, kg/s")
	default:
		v.refuse(KindPump, p.ID, "control", "is unknown", "write speed, differential, flow, remote_differential, inlet_pressure or outlet_pressure")
	}
	if p.Control != ControlSpeed && p.Power.Known {
		v.refuse(KindPump, p.ID, "control", "a pump of constant power has no speed to hold anything by", "give it a curve")
	}
	v.drive(KindPump, p.ID, p.Control, p.Pressure, p.Remote)
}

// running checks the number of pumps side by side.
func (v *validator) running(kind Kind, id ID, n Optional) {
	if !n.Known {
		return
	}
	v.attribute(kind, id, AttrRunning, n.Value, "give how many equal pumps run side by side")
	if n.Value != math.Trunc(n.Value) {
		v.refuse(kind, id, "running", fmt.Sprintf("is %g", n.Value), "pumps are counted: give a whole number")
	}
}
