package explain

import (
	"math"

	"evenflow/models"
	"evenflow/solver/internal/law"
	"evenflow/solver/internal/water"
)

// pump enters a pump in the network.
func (w *writer) pump(p *models.Pump, y *models.PumpState) {
	m := w.given("m", "流量（起点到终点为正）", "flow, from beginning to end", y.Flow, "kg/s", Solution)
	w.given("t", "水温", "temperature", celsius(y.TempIn), "degC", Solution)
	rho := w.density("rho", "t", y.TempIn)
	lift := w.given("dp_net", "管网计算的扬程（压力）", "lift in the solved network", y.Lift, "Pa", Solution)
	q := w.calc("Q", "体积流量", "volume flow", m/rho, "m3/s", "m/rho")
	efficiency, where := p.Curve.Efficiency, File
	if efficiency <= 0 {
		efficiency, where = 0.75, Assumed
	}
	w.pumps(p.Control, p.From, p.To, p.Remote, nil)
	switch {
	case p.Power.Known:
		n := w.given("n", "转速比", "relative speed", p.Speed, "1", w.from(models.AttrSpeed, "speed", nil))
		w.given("P_w", "给水的功率", "power given to the water", p.Power.Value, "W", File)
		if m > stillFlow {
			k := w.running(p.Running)
			w.calc("dp", "扬程（压力）", "lift", k*p.Power.Value*n*n*n*rho/m, "Pa", "n_p*P_w*POWER(n,3)*rho/m")
		}
	case y.Speed == 0:
		w.stands(p, m)
	case p.Control == models.ControlSpeed:
		n := w.given("n", "转速比", "relative speed", p.Speed, "1", w.from(models.AttrSpeed, "speed", nil))
		w.curve(p.Curve, p.Running, q, n, rho)
	default:
		n := w.given("n", "转速比", "relative speed", y.Speed, "1", Solution)
		w.curve(p.Curve, p.Running, q, n, rho)
	}
	w.given("eta", "总效率", "efficiency, wire to water", efficiency, "1", where)
	if q > 0 && lift > 0 {
		w.calc("P", "电功率", "electric power", q*lift/efficiency, "W", "Q*dp_net/eta")
	}
	w.column(rho)
}

// mostBackflow is what is pressed through what has shut, kg/s, by no more than
// 100 MPa.
const mostBackflow = 0.01

// stands says that a pump does not turn, and what becomes of the water.
func (w *writer) stands(p *models.Pump, m float64) {
	if m > mostBackflow && !p.Bypass {
		w.note("水泵停转，水从泵中流过：关断也保持不了设定值。", "The pump stands and water passes through it: shut, it would not keep its set point either.")
		return
	}
	if p.Bypass {
		w.note("水泵停运，水从旁通通过。", "The pump stands; water passes by its bypass.")
		return
	}
	w.note("水泵停运或不做功：不设旁通的停泵不通水。", "The pump stands, or does no work; a pump that is off and has no bypass lets nothing pass.")
}

// running enters how many equal pumps run side by side.
func (w *writer) running(n models.Optional) float64 {
	from := w.from(models.AttrRunning, "", nil)
	if !n.Known {
		from = Assumed
	}
	return w.given("n_p", "并联台数", "equal pumps side by side", n.Or(1), "1", from)
}

// curve enters the pump's curve and the lift at flow q of all pumps running
// together and speed n.
func (w *writer) curve(c models.PumpCurve, running models.Optional, q, n, rho float64) {
	fit, err := law.FitCurve(c)
	if err != nil || n == 0 {
		return
	}
	w.given("g", "重力加速度", "gravity", gravity, "m/s2", Standard)
	k := w.running(running)
	q = w.calc("Q_1", "单台流量", "flow of one pump", q/math.Max(k, 1), "m3/s", "Q/n_p")
	head := fit.Head(q, n)
	switch {
	case fit.N > 0:
		w.given("A_p", "曲线 H = A - B Q^N 的 A", "A of the curve H = A - B Q^N", fit.A, "m", File)
		w.given("B_p", "曲线的 B", "B of the curve", fit.R, "SI", File)
		w.given("N_p", "曲线的指数 N", "exponent N of the curve", fit.N, "1", File)
		w.calc("H", "扬程", "head", head, "m", "A_p*POWER(n,2)-B_p*POWER(n,2-N_p)*POWER(Q_1,N_p)")
	case fit.Line != nil:
		w.given("H", "扬程（曲线各点间直线）", "head, straight between the points of the curve", head, "m", File)
	default:
		w.given("A_p", "曲线 H = A + B Q + C Q² 的 A（最小二乘）", "A of the curve H = A + B Q + C Q^2 (least squares)", fit.A, "m", File)
		w.given("B_p", "曲线的 B", "B of the curve", fit.B, "m/(m3/s)", File)
		w.given("C_p", "曲线的 C", "C of the curve", fit.C, "m/(m3/s)2", File)
		w.calc("H", "扬程", "head", head, "m", "A_p*POWER(n,2)+B_p*n*Q_1+C_p*POWER(Q_1,2)")
	}
	w.calc("dp", "扬程（压力）", "lift", rho*gravity*head, "Pa", "rho*g*H")
}

// source enters a heat source with its pumps.
func (w *writer) source(s *models.Source, y *models.SourceState) {
	m := w.given("m", "循环流量", "circulation flow", y.Flow, "kg/s", Solution)
	w.given("t_s", "供水温度", "supply temperature", celsius(y.TempOut), "degC", w.from(models.AttrSupplyTemperature, "supply_temperature_c", s.Assumed))
	w.given("t_r", "回水温度", "return temperature", celsius(y.TempIn), "degC", Solution)
	if y.Stage == models.Waiting {
		w.note("按投运顺序不需要：待命。", "Not needed in the order of merit: it waits.")
	}
	if m <= 0 {
		w.note("没有正向流量。", "No flow in its direction.")
		return
	}
	cp := w.meanCapacity("cp", "t_s", "t_r", y.TempOut, y.TempIn)
	w.calc("Q_h", "供热量", "heat given to the water", m*cp*(y.TempOut-y.TempIn), "W", "m*cp*(t_s-t_r)")
	w.given("Q_net", "管网计算的供热量", "heat in the solved network", y.Heat, "W", Solution)
	rho := w.density("rho", "t_r", y.TempIn) // the pumps stand before the heat
	lift := w.given("dp_net", "循环泵扬程（压力）", "lift of the pumps", y.Lift, "Pa", Solution)
	weight := w.column(rho)
	if _, known := w.sheet.Value("p_to"); known {
		a, pa := w.junction(s.From)
		b, pb := w.junction(s.To)
		if a.Elevation.Known && b.Elevation.Known {
			w.calc("dp_lift", "由压力得出的扬程", "lift from the pressures", pb.Pressure-pa.Pressure-weight, "Pa", "p_to-p_from-dp_g")
		} else {
			w.calc("dp_lift", "由压力得出的扬程", "lift from the pressures", pb.Pressure-pa.Pressure, "Pa", "p_to-p_from")
		}
	}
	switch {
	case y.Stage == models.AtLimit:
		w.atLimit(s, y.TempOut, y.TempIn)
	case s.Control == models.ControlDifferential:
		w.given("set", "供回水压差设定", "differential held", s.Differential, "Pa", w.from(models.AttrDifferential, "differential_pa", s.Assumed))
	case s.Control == models.ControlFlow:
		w.given("set", "流量设定", "flow held", s.Flow, "kg/s", w.from(models.AttrFlow, "flow_kg_per_s", s.Assumed))
	default:
		w.pumps(s.Control, s.From, s.To, s.Remote, s.Assumed)
	}
	q := w.calc("Q", "体积流量", "volume flow", m/rho, "m3/s", "m/rho")
	if y.Speed > 0 {
		from := Solution
		if s.Control == models.ControlSpeed && y.Stage != models.AtLimit {
			from = w.from(models.AttrSpeed, "speed", s.Assumed)
		}
		n := w.given("n", "转速比", "relative speed", y.Speed, "1", from)
		w.curve(s.Curve, s.Running, q, n, rho)
	}
	efficiency, where := s.Curve.Efficiency, File
	if efficiency <= 0 {
		efficiency, where = 0.75, Assumed
	}
	w.given("eta", "总效率", "efficiency, wire to water", efficiency, "1", where)
	w.calc("P", "循环泵电功率", "electric power of the pumps", q*math.Max(lift, 0)/efficiency, "W", "Q*MAX(dp_net,0)/eta")
}

// atLimit enters what a source of an order of merit gives at most: its highest flow,
// or that which carries its capacity. The lines of its temperatures and of cp stand
// above.
func (w *writer) atLimit(s *models.Source, supply, back float64) {
	w.note("按投运顺序已达上限：其余由下一热源承担，控制设定不起作用。", "At its limit in the order of merit: the next source takes the rest, and it does not hold what its control says.")
	if s.MaxFlow.Known {
		w.given("m_max", "最大流量", "highest flow", s.MaxFlow.Value, "kg/s", File)
	}
	if s.Capacity.Known {
		w.given("Q_max", "供热能力", "heat capacity", s.Capacity.Value, "W", File)
		w.calc("m_cap", "供热能力对应的流量", "flow that carries the capacity", s.Capacity.Value/(water.MeanHeatCapacity(supply, back)*(supply-back)), "kg/s", "Q_max/(cp*(t_s-t_r))")
	}
}
