package explain

import (
	"fmt"
	"math"
	"slices"

	"evenflow/models"
	"evenflow/solver"
)

// sensed is what a regulator reads: the pressure at high, less that at low
// where there is one; neither: its own flow.
type sensed struct{ high, low models.ID }

// reads returns what a valve that holds something reads.
func reads(v *models.Valve) sensed {
	switch v.Control {
	case models.ReducePressure:
		return sensed{high: v.To}
	case models.SustainPressure:
		return sensed{high: v.From}
	case models.HoldDifferential:
		return sensed{v.HighSensor, v.LowSensor}
	}
	return sensed{}
}

// drives returns what a pump that holds something reads: of the stations that
// it watches, the one that has least.
func (w *writer) drives(control models.SourceControl, from, to models.ID, remote []models.ID) sensed {
	switch control {
	case models.ControlDifferential:
		return sensed{to, from}
	case models.ControlInletPressure:
		return sensed{high: from}
	case models.ControlOutletPressure:
		return sensed{high: to}
	case models.ControlRemote:
		var at sensed
		least := math.Inf(1)
		for _, id := range remote {
			i, _ := w.index.At(models.KindStation, id)
			s, y := &w.net.Stations[i], &w.r.Stations[i]
			if d := y.Differential; !y.Cut && !s.OutOfService && d < least {
				at, least = sensed{s.From, s.To}, d
			}
		}
		return at
	}
	return sensed{}
}

// set is where a regulator's set point stands in scenarios and files.
func set(c *models.ControlState, at sensed) (models.Attribute, string) {
	switch {
	case c.OfFlow:
		return models.AttrFlow, "flow_kg_per_s"
	case at.low != "":
		return models.AttrDifferential, "differential_pa"
	}
	return models.AttrPressure, "pressure_pa"
}

// control returns the state of what the element holds by itself, nil where it
// holds nothing.
func (w *writer) control() *models.ControlState {
	i := slices.IndexFunc(w.r.Controls, func(c models.ControlState) bool { return c.Element == w.sheet.Element })
	if i < 0 {
		return nil
	}
	return &w.r.Controls[i]
}

// readings enters set point, what the sensors read and how far that is from
// the set point. The line of the flow, m, stands above.
func (w *writer) readings(c *models.ControlState, at sensed, assumed []string) {
	u := "Pa"
	if c.OfFlow {
		u = "kg/s"
	}
	attribute, key := set(c, at)
	w.given("set", "设定值", "set point", c.Setpoint, u, w.from(attribute, key, assumed))
	high, low := w.pressure(at.high), w.pressure(at.low)
	switch {
	case c.OfFlow:
		w.calc("value", "实际值（本身流量）", "value: its own flow", c.Value, u, "m+0")
	case high == nil || at.low != "" && low == nil:
		w.given("value", "实际值", "value", c.Value, u, Solution)
	case low != nil:
		w.given("p_high", "高压测点 "+string(at.high)+" 的压力", "pressure at the high sensor, "+string(at.high), *high, u, Solution)
		w.given("p_low", "低压测点 "+string(at.low)+" 的压力", "pressure at the low sensor, "+string(at.low), *low, u, Solution)
		w.calc("value", "实际值", "value", c.Value, u, "p_high-p_low")
	default:
		w.given("p_high", "测点 "+string(at.high)+" 的压力", "pressure at the sensor, "+string(at.high), *high, u, Solution)
		w.calc("value", "实际值", "value", c.Value, u, "p_high+0")
	}
	w.calc("off", "与设定值之差", "value less set point", c.Value-c.Setpoint, u, "value-set")
	if c.Undecided {
		w.note("自力式装置未找到稳定位置：所持设定值与其他装置矛盾。", "It finds no stand: what it holds contradicts what others hold.")
	}
}

// pressure returns that of a junction, nil where it is not known.
func (w *writer) pressure(id models.ID) *float64 {
	if id == "" {
		return nil
	}
	if _, y := w.junction(id); y.PressureKnown {
		return &y.Pressure
	}
	return nil
}

// holds enters what a valve that holds something by itself has: set point,
// sensors, how it stands, and what follows from flow and drop. It reports
// whether that is all there is to say: not of one that stands wide open, whose
// drop is by its own law.
func (w *writer) holds(v *models.Valve, y *models.BranchState, rho float64) bool {
	c := w.control()
	if c == nil {
		w.idle(v, y)
		return false
	}
	w.readings(c, reads(v), v.Assumed)
	w.note(standing(c, v.Control))
	switch c.Stand {
	case models.WideOpen:
		return false
	case models.Shut:
		w.given("dp", "阀门压差", "pressure difference across the valve", y.PressureDrop, "Pa", Solution)
		return true
	}
	w.given("dp", "阀门压降（差值由节流承担）", "pressure drop, which it throttles", y.PressureDrop, "Pa", Solution)
	if y.PressureDrop > 0 && y.Flow > 0 {
		w.inForce(v, y, rho)
	}
	return true
}

// idle says why a valve that would hold something holds nothing here.
func (w *writer) idle(v *models.Valve, y *models.BranchState) {
	switch v.Control {
	case models.ManualOpening, models.BreakPressure, models.HeadLossCurve:
		return
	}
	only := func(is solver.Island) bool { return slices.Contains(is.OneWay, v.ID) }
	switch {
	case v.OutOfService || v.Tight():
	case slices.ContainsFunc(w.r.Islands, only):
		w.note("不起作用：它只能从无水源的部分放水。", "Holds nothing: it could only let water out of a part that nothing feeds, and passes none.")
	case y.Cut:
		w.note("不起作用：所在部分已与水源断开。", "Holds nothing: it lies in a part that is cut off.")
	default:
		w.note("不起作用：其测点所在部分已断开，阀门全开。", "Holds nothing: its sensors are in a part that is cut off, and it stands open.")
	}
}

// standing says how a valve stands that holds something, and why it does not
// hold where it does not.
func standing(c *models.ControlState, control models.ValveControl) (zh, en string) {
	switch {
	case c.Stand == models.Holding:
		return "节流：开度恰使测点达到设定值。", "Holds: it throttles just as much as its set point asks."
	case c.Backflow:
		return "关闭：水欲倒流，阀门只许顺流。", "Shut: the water would flow backwards through it, and it lets none back."
	case c.Stand == models.Shut && control == models.SustainPressure:
		return "关闭，未能保持：阀前压力低于设定值，任何流量只会使其更低。", "Shut, and does not hold: the pressure before it is short, and any flow would lower it further."
	case c.Stand == models.Shut:
		return "关闭，未能保持：其他装置使测点高于设定值，任何流量只会使其更高。", "Shut, and does not hold: others keep its sensor above the set point, and any flow would raise it further."
	case c.Kept:
		return "全开：无需节流。", "Wide open: there is nothing to throttle."
	case control == models.SustainPressure:
		return "全开，未能保持：阀后的用水只有此路，节流会断供。", "Wide open, and does not hold: it is the way to what is drawn behind it, which is drawn whatever it holds."
	case control == models.LimitFlow:
		return "全开，未能保持：阀后的用水只有此路，超过限流。", "Wide open, and does not hold: what is drawn behind it has no other way, and is more than its limit."
	}
	return "全开，未能保持：节流不能使测点降到设定值。", "Wide open, and does not hold: throttling does not bring its sensors to the set point."
}

// inForce enters the Kv that flow and drop amount to, and the opening at which
// the valve has it where its size and characteristic are known.
func (w *writer) inForce(v *models.Valve, y *models.BranchState, rho float64) {
	kv := w.calc("Kv", "由流量和压降得出的 Kv", "Kv that flow and drop amount to", math.Sqrt(1.296e9/(rho*y.PressureDrop))*y.Flow, "m3/h", "m*SQRT(1.296E9/(rho*dp))")
	switch {
	case v.Kvs > 0:
		w.travel(&v.ControlValve, kv, v.Assumed)
	case v.InnerDiameter > 0:
		d := w.given("d", "内径", "inner diameter", v.InnerDiameter, "m", w.from(models.AttrInnerDiameter, "inner_diameter_m", v.Assumed))
		area := math.Pi / 4 * d * d
		w.calc("zeta", "相当的局部阻力系数", "loss coefficient in force", 2*rho*area*area*y.PressureDrop/(y.Flow*y.Flow), "1", "2*rho*POWER(PI()/4*POWER(d,2),2)*dp/POWER(m,2)")
	}
}

// travel enters the opening that belongs to a Kv.
func (w *writer) travel(v *models.ControlValve, kv float64, assumed []string) {
	w.given("Kvs", "流量系数（全开）", "flow coefficient, open", v.Kvs, "m3/h", w.from(models.AttrKvs, "kvs_m3_per_h", assumed))
	w.stroke(v, w.calc("phi", "Kv/Kvs", "Kv/Kvs in force", kv/v.Kvs, "1", "Kv/Kvs"), assumed)
}

// stroke enters the opening at which the characteristic is phi, the line above.
func (w *writer) stroke(v *models.ControlValve, phi float64, assumed []string) {
	switch v.Characteristic {
	case models.Linear:
		w.given("leak", "泄漏 Kv/Kvs", "leakage Kv/Kvs", v.Leakage, "1", File)
		w.calc("h", "开度", "opening", (phi-v.Leakage)/(1-v.Leakage), "1", "(phi-leak)/(1-leak)")
	case models.EqualPercentage:
		r, where := v.Rangeability, w.from("", "rangeability", assumed)
		if r <= 1 {
			r, where = 50, Assumed
		}
		if phi >= math.Pow(r, -0.95) {
			w.given("Rg", "可调比", "rangeability", r, "1", where)
			w.calc("h", "开度（等百分比）", "opening, equal percentage", 1+math.Log(phi)/math.Log(r), "1", "1+LN(phi)/LN(Rg)")
		}
	}
}

// pumps enters what pumps hold by their speed, and how they stand.
func (w *writer) pumps(control models.SourceControl, from, to models.ID, remote []models.ID, assumed []string) {
	c := w.control()
	if c == nil {
		return
	}
	w.readings(c, w.drives(control, from, to, remote), assumed)
	if control == models.ControlRemote {
		w.note(fmt.Sprintf("按 %d 个远端热力站中压差最小者控制。", len(remote)), fmt.Sprintf("It watches %d stations; the sensors are those of the one with the least differential.", len(remote)))
	}
	switch {
	case c.Stand == models.Holding:
		w.note("保持：转速恰使测点达到设定值。", "Holds: it turns just as fast as its set point asks.")
	case c.Stand == models.WideOpen && c.Kept:
		w.note("最高转速：恰好达到设定值。", "At its highest speed, which is just enough.")
	case c.Stand == models.WideOpen:
		w.note("未能保持：已达最高转速，扬程不足。", "Does not hold: it runs at its highest speed, and that is short.")
	case c.Stand == models.Lowest:
		w.note("未能保持：已在最低转速，没有它也超过设定值。", "Does not hold: it turns as slowly as it can, and more than the set point is there without it.")
	default:
		w.note("停转：任何流量只会偏离设定值。", "Stands: any flow would take the value further from its set point.")
	}
}

// limiter enters what a station's pressure-independent valve passes at most,
// and whether it does, or the opening at which it passes what is asked for. The
// line of the flow, m, stands above.
func (w *writer) limiter(s *models.Station, m float64) {
	most := w.given("m_max", "限流量（全开）", "flow limit at full opening", s.FlowLimit.Value, "kg/s", File)
	c := w.control()
	if s.Demand.Given() {
		w.stroke(&s.Valve, w.calc("phi", "占限流量的份额", "share of the limit", m/most, "1", "m/m_max"), s.Assumed)
		return
	}
	if c == nil {
		return
	}
	phi := w.opening(&s.Valve, s.Opening, false, s.Assumed)
	w.calc("set", "限流设定（按开度）", "flow limit at its opening", phi*most, "kg/s", "phi*m_max")
	w.calc("off", "与设定值之差", "flow less limit", c.Value-c.Setpoint, "kg/s", "m-set")
	if c.Stand == models.Holding {
		w.note("限流：压差再大流量也不变。", "Holds: the flow stays the same whatever more differential there is.")
		return
	}
	w.note("未达限流：阀门全开，资用压差不足。", "Passes less than its limit: wide open, the differential is short.")
}
