package explain

import (
	"math"

	"evenflow/models"
	"evenflow/solver"
	"evenflow/solver/heating"
	"evenflow/solver/internal/law"
	"evenflow/solver/internal/water"
)

// station enters a heat-exchange station: hydraulics, heat, exchanger and
// radiators, and what it needs.
func (w *writer) station(s *models.Station, y *models.StationState) {
	m := w.given("m", "一次流量", "primary flow", y.Flow, "kg/s", Solution)
	w.given("t_1s", "一次供水温度", "primary supply temperature", celsius(y.TempIn), "degC", Solution)
	w.given("t_1r", "一次回水温度", "primary return temperature", celsius(y.TempOut), "degC", Solution)
	w.density("rho_s", "t_1s", y.TempIn)
	w.density("rho_r", "t_1r", y.TempOut)
	rho := w.calc("rho", "密度（两端平均）", "density, mean of both ends", (water.Density(y.TempIn)+water.Density(y.TempOut))/2, "kg/m3", "(rho_s+rho_r)/2")
	w.stationDrop(s, y, m, rho)
	w.column(rho)
	if m > stillFlow {
		cp := w.meanCapacity("cp", "t_1s", "t_1r", y.TempIn, y.TempOut)
		w.calc("Q", "换热量", "heat taken", m*cp*(y.TempIn-y.TempOut), "W", "m*cp*(t_1s-t_1r)")
		w.given("Q_net", "管网计算的换热量", "heat in the solved network", y.Heat, "W", Solution)
	} else {
		w.note("没有流量，没有供热。", "No flow, no heat.")
	}
	if m > stillFlow && y.TempOut < water.Zero+0.11 && !s.Demand.Given() {
		w.note("水不会冷却到 0.1 ℃ 以下：换热器本可传更多热量。", "The water is not cooled below 0.1 degC: the exchanger would pass more.")
	}
	if y.ShortOfHeat > 0 {
		w.given("Q_short", "不能满足的热量", "heat asked for that cannot be delivered", y.ShortOfHeat, "W", Solution)
		reason := shortages[y.ShortBy]
		w.note(reason[0], reason[1])
	}
	if !w.weather(s) {
		return
	}
	if x, ok := w.design(s); ok && m > stillFlow && !s.Demand.Given() {
		w.exchanger(s, y, x)
	}
	w.need(s, y)
}

// stationDrop enters valve, fixed resistance, authority.
func (w *writer) stationDrop(s *models.Station, y *models.StationState, m, rho float64) {
	fixed := w.given("S", "固定阻力数（管件、除污器、换热器）", "fixed resistance: piping, strainer, exchanger", s.FixedResistance, "Pa/(kg/s)2", w.from(models.AttrFixedResistance, "fixed_resistance_pa_per_kg2_s2", s.Assumed))
	if s.Valve.Kvs > 0 || s.Demand.Given() {
		w.given("dp_net", "管网计算的压降", "drop in the solved network", y.PressureDrop, "Pa", Solution)
	}
	if s.Demand.Given() {
		w.demand(s, y)
	}
	if s.Demand.Given() || s.FlowLimit.Known || s.Valve.Kvs <= 0 {
		if s.FlowLimit.Known {
			w.limiter(s, m)
		}
		if s.Valve.Kvs <= 0 && !s.Demand.Given() {
			w.against(y.PressureDrop, w.calc("dp", "压降（固定阻力）", "pressure drop, over the fixed resistance", fixed*m*math.Abs(m), "Pa", "S*m*ABS(m)"))
			return
		}
		w.calc("dp_S", "固定阻力压降", "drop over the fixed resistance", fixed*m*math.Abs(m), "Pa", "S*m*ABS(m)")
		dpv := w.calc("dp_v", "其余（调节阀）压降", "rest, over the control valve", y.PressureDrop-fixed*m*math.Abs(m), "Pa", "dp_net-dp_S")
		if s.Demand.Given() && !s.FlowLimit.Known {
			w.needed(s, y, m, dpv, rho)
		}
		return
	}
	phi := w.opening(&s.Valve, s.Opening, false, s.Assumed)
	if phi <= 0 {
		w.note("调节阀关严。", "The control valve is shut tight.")
		return
	}
	sv := w.kv(&s.Valve, phi, rho, s.Assumed)
	w.calc("dp_v", "调节阀压降", "drop over the control valve", sv*m*math.Abs(m), "Pa", "S_v*m*ABS(m)")
	w.calc("dp_S", "固定阻力压降", "drop over the fixed resistance", fixed*m*math.Abs(m), "Pa", "S*m*ABS(m)")
	dp := w.calc("dp", "压降", "pressure drop", (sv+fixed)*m*math.Abs(m), "Pa", "dp_v+dp_S")
	w.calc("dp_diff", "手算与管网之差", "by hand less solved network", dp-y.PressureDrop, "Pa", "dp-dp_net")
	open := law.KvResistance(s.Valve.Kvs, rho)
	w.calc("S_100", "全开时阀门阻力数", "resistance of the open valve", open, "Pa/(kg/s)2", "1.296E9/(rho*POWER(Kvs,2))")
	w.calc("beta", "阀权度（站内，全开阀占站内总阻力）", "valve authority within the station: open valve over the whole", open/(open+fixed), "1", "S_100/(S_100+S)")
}

// needed enters the Kv and the opening that the given flow, or that of the given
// heat, needs, or says why none does.
func (w *writer) needed(s *models.Station, y *models.StationState, m, dpv, rho float64) {
	switch h, why := solver.OpeningOf(s, y); why {
	case solver.OpeningNoValve:
		w.note("文件中没有调节阀数据，开度未知。", "The file holds no control valve: no opening.")
	case solver.OpeningNoDrop:
		w.note("固定阻力已用尽资用压差：任何开度都不能通过此流量。", "The fixed resistance takes all the differential there is: no opening passes this flow.")
	case solver.OpeningFits, solver.OpeningBeyond, solver.OpeningLeaks:
		kv := w.calc("Kv", "所需 Kv", "Kv that it needs", m*math.Sqrt(1.296e9/(rho*dpv)), "m3/h", "m*SQRT(1.296E9/(rho*dp_v))")
		w.travel(&s.Valve, kv, s.Assumed)
		if why == solver.OpeningBeyond {
			w.note("所需 Kv 大于全开值：阀门全开也不能通过此流量。", "It needs more Kv than the open valve has.")
		} else if why == solver.OpeningLeaks {
			w.note("所需 Kv 小于泄漏值：阀门关严也超过此流量。", "It needs less Kv than the closed valve leaks.")
		} else if s.Valve.Characteristic == models.TableCharacteristic {
			w.given("h", "开度（按表内插）", "opening, interpolated in the valve's table", h, "1", Solution)
		}
	}
}

// demand enters what is prescribed.
func (w *writer) demand(s *models.Station, y *models.StationState) {
	d := s.Demand
	if d.Flow.Known {
		w.given("m_set", "给定流量", "flow given", d.Flow.Value, "kg/s", w.from(models.AttrFlow, "", nil))
	}
	if d.Heat.Known {
		w.given("Q_set", "给定热量", "heat given", d.Heat.Value, "W", w.from(models.AttrHeat, "", nil))
	}
	if d.ReturnTemperature.Known {
		w.given("t_set", "给定回水温度", "return temperature given", celsius(d.ReturnTemperature.Value), "degC", w.from(models.AttrReturnTemperature, "", nil))
	}
	if d.TemperatureDrop.Known {
		w.given("dt_set", "给定温差", "temperature drop given", d.TemperatureDrop.Value, "K", File)
	}
}

// weather enters load and design; false where the station has none.
func (w *writer) weather(s *models.Station) bool {
	q := s.DesignHeat()
	if q <= 0 {
		return false
	}
	w.given("Area", "供热面积", "heated area", s.HeatedArea, "m2", w.from(models.AttrHeatedArea, "heated_area_m2", s.Assumed))
	w.given("q_f", "热指标", "heat index", s.HeatIndex, "W/m2", w.from(models.AttrHeatIndex, "heat_index_w_per_m2", s.Assumed))
	w.calc("Q_d", "设计热负荷", "design heat load", q, "W", "Area*q_f")
	c := w.net.Climate
	outdoor, where := w.sc.Outdoor.Or(c.DesignOutdoor), File
	if w.sc.Outdoor.Known {
		where = Scenario
	}
	if !(c.DesignIndoor > c.DesignOutdoor) || c.DesignOutdoor <= 0 {
		return false
	}
	w.given("t_w", "室外温度", "outdoor temperature", celsius(outdoor), "degC", where)
	w.given("t_wd", "供暖室外计算温度", "design outdoor temperature", celsius(c.DesignOutdoor), "degC", File)
	w.given("t_n", "室内计算温度", "design indoor temperature", celsius(c.DesignIndoor), "degC", File)
	return true
}

// design enters the exchanger that the design temperatures ask for.
func (w *writer) design(s *models.Station) (law.Secondary, bool) {
	d := s.Design
	q := s.DesignHeat()
	if !(d.SecondarySupply > d.SecondaryReturn && d.PrimarySupply > d.PrimaryReturn) {
		return law.Secondary{}, false
	}
	from := func(key string) Source { return w.from("", key, s.Assumed) }
	w.given("t_1sd", "一次设计供水温度", "primary design supply", celsius(d.PrimarySupply), "degC", from("design"))
	w.given("t_1rd", "一次设计回水温度", "primary design return", celsius(d.PrimaryReturn), "degC", from("design"))
	w.given("t_2sd", "二次设计供水温度", "secondary design supply", celsius(d.SecondarySupply), "degC", from("design"))
	w.given("t_2rd", "二次设计回水温度", "secondary design return", celsius(d.SecondaryReturn), "degC", from("design"))
	cpd := w.meanCapacity("cp_d", "t_1sd", "t_1rd", d.PrimarySupply, d.PrimaryReturn)
	m1 := q / (cpd * (d.PrimarySupply - d.PrimaryReturn))
	if s.DesignFlow.Known {
		m1 = w.given("m_d", "一次设计流量", "primary design flow", s.DesignFlow.Value, "kg/s", from("design_flow_kg_per_s"))
	} else {
		w.calc("m_d", "一次设计流量", "primary design flow", m1, "kg/s", "Q_d/(cp_d*(t_1sd-t_1rd))")
	}
	t2 := math.Max((d.SecondarySupply+d.SecondaryReturn)/2, water.Zero)
	w.calc("t_2d", "二次设计平均温度", "mean secondary design temperature", celsius(t2), "degC", "MAX((t_2sd+t_2rd)/2,0)")
	cp2 := w.calc("cp_2", "二次水比热", "heat capacity of the secondary water", water.HeatCapacity(t2), "J/(kg K)", of(capacityOf, "t", "t_2d"))
	m2 := w.calc("m_2", "二次流量（恒定）", "secondary flow, constant", q/(cp2*(d.SecondarySupply-d.SecondaryReturn)), "kg/s", "Q_d/(cp_2*(t_2sd-t_2rd))")
	x, ok := law.SizeExchanger(q, d.PrimarySupply, d.PrimaryReturn, d.SecondarySupply, d.SecondaryReturn, m1, m2)
	if !ok {
		w.note("一、二次设计温度交叉：没有换热器能做到。", "Primary and secondary design temperatures cross: no exchanger does that.")
		return law.Secondary{}, false
	}
	hot, cold := d.PrimarySupply-d.SecondarySupply, d.PrimaryReturn-d.SecondaryReturn
	w.calc("dt_a", "热端温差", "difference at the hot end", hot, "K", "t_1sd-t_2sd")
	w.calc("dt_b", "冷端温差", "difference at the cold end", cold, "K", "t_1rd-t_2rd")
	w.calc("LMTD", "对数平均温差", "logarithmic mean difference", q/x.UA, "K", "IF(ABS(dt_a/dt_b-1)<1E-9,dt_a,(dt_a-dt_b)/LN(dt_a/dt_b))")
	w.calc("UA_d", "设计传热能力", "UA at design", x.UA, "W/K", "Q_d/LMTD")
	b, where := d.EmitterExponent, from("design")
	if b == 0 {
		b, where = 0.3, Assumed
	}
	w.given("b", "散热器指数", "emitter exponent", b, "1", where)
	return law.Secondary{Exchanger: x, Heat: q, Flow: m2, Supply: d.SecondarySupply, Return: d.SecondaryReturn,
		Indoor: w.net.Climate.DesignIndoor, Outdoor: w.net.Climate.DesignOutdoor, Exponent: b, Cp: cp2}, true
}

// exchanger enters the steady secondary circuit at the heat of the solution:
// what the exchanger passes between these temperatures is that heat again.
func (w *writer) exchanger(s *models.Station, y *models.StationState, x law.Secondary) {
	m := y.Flow
	w.calc("phi_Q", "相对热负荷（实际）", "relative heat, actual", y.Heat/x.Heat, "1", "Q_net/Q_d")
	ti := w.calc("t_i", "稳态室温", "indoor temperature, steady", celsius(x.IndoorAt(y.Heat, w.sc.Outdoor.Or(w.net.Climate.DesignOutdoor))), "degC", "t_w+phi_Q*(t_n-t_wd)") + 273.15
	supply, ret := x.Temperatures(y.Heat, ti)
	w.calc("t_2m", "二次平均温度", "mean secondary temperature", celsius((supply+ret)/2), "degC", "t_i+((t_2sd+t_2rd)/2-t_n)*POWER(phi_Q,1/(1+b))")
	w.calc("t_2s", "二次供水温度", "secondary supply temperature", celsius(supply), "degC", "t_2m+(t_2sd-t_2rd)/2*phi_Q")
	w.calc("t_2r", "二次回水温度", "secondary return temperature", celsius(ret), "degC", "t_2m-(t_2sd-t_2rd)/2*phi_Q")
	back := math.Min(s.Design.PrimaryReturn, y.TempIn)
	w.calc("t_cp", "比热取值温度", "temperature for the heat capacity", celsius(back), "degC", "MIN(t_1rd,t_1s)")
	cp1 := w.meanCapacity("cp_1", "t_1s", "t_cp", y.TempIn, back)
	ua := w.calc("UA", "传热能力（按流量修正）", "UA at these flows", x.Exchanger.Conductance(m, x.Flow), "W/K", "2*UA_d/(POWER(m_d/m,0.7)+1)")
	least, most := math.Min(m*cp1, x.Flow*x.Cp), math.Max(m*cp1, x.Flow*x.Cp)
	w.calc("C_min", "较小热容流率", "smaller capacity rate", least, "W/K", "MIN(m*cp_1,m_2*cp_2)")
	w.calc("C_max", "较大热容流率", "larger capacity rate", most, "W/K", "MAX(m*cp_1,m_2*cp_2)")
	w.calc("NTU", "传热单元数", "number of transfer units", ua/least, "1", "UA/C_min")
	w.calc("c_r", "热容流率比", "ratio of capacity rates", least/most, "1", "C_min/C_max")
	w.calc("eff", "换热效能（逆流）", "effectiveness, counterflow", law.Effectiveness(ua/least, least/most), "1", "IF(NTU*(1-c_r)<1E-9,NTU/(1+NTU),(1-EXP(-NTU*(1-c_r)))/(1-c_r*EXP(-NTU*(1-c_r))))")
	w.calc("Q_hx", "换热器传热量", "heat that the exchanger passes", x.Exchanger.PerKelvin(m, x.Flow, cp1, x.Cp)*(y.TempIn-ret), "W", "eff*C_min*(t_1s-t_2r)")
}

// need enters the required flow and the degree of balance.
func (w *writer) need(s *models.Station, y *models.StationState) {
	outdoor := w.sc.Outdoor.Or(w.net.Climate.DesignOutdoor)
	need, err := heating.Required(w.net, s, outdoor, y.TempIn)
	if err != nil {
		w.note("所需流量无法确定："+err.Error(), "No required flow: "+err.Error())
		return
	}
	w.calc("phi_w", "相对热负荷（天气）", "relative load by weather", heating.Phi(w.net.Climate, outdoor), "1", "MAX(0,(t_n-t_w)/(t_n-t_wd))")
	w.calc("Q_need", "需热量", "heat needed", need.Heat, "W", "phi_w*Q_d")
	if need.Flow <= 0 {
		w.note("室外不冷于室内：不需要供热。", "Not colder outside than inside: no heat is needed.")
		return
	}
	heat, of := need.Heat, "Q_need"
	if need.Limited {
		w.note("供水温度不足：所需流量取上限。", "The water is too cold for the load: the required flow is at its bound.")
		heat, of = w.given("Q_max", "上限流量能送的热量", "heat that the flow at its bound delivers", need.Deliverable, "W", Calculated), "Q_max"
	}
	w.given("t_1rn", "所需工况回水温度（设计换热器、供热曲线）", "return temperature at need, by design exchanger and heating curve", celsius(need.ReturnTemperature), "degC", Calculated)
	if !(y.TempIn > need.ReturnTemperature) { // no drop to reckon a flow by
		w.given("m_need", "所需流量（上限）", "required flow, at its bound", need.Flow, "kg/s", Calculated)
		w.calc("x", "平衡度", "degree of balance", y.Flow/need.Flow, "1", "m/m_need")
		return
	}
	cp := w.meanCapacity("cp_n", "t_1s", "t_1rn", y.TempIn, need.ReturnTemperature)
	hand := w.calc("m_hand", "所需流量，按温差", "required flow, by temperature drop", heat/(cp*(y.TempIn-need.ReturnTemperature)), "kg/s", of+"/(cp_n*(t_1s-t_1rn))")
	if math.Abs(need.Flow-hand) <= 1e-6*hand {
		w.calc("m_need", "所需流量", "required flow", need.Flow, "kg/s", "m_hand+0")
	} else {
		w.given("m_need", "所需流量（按存档设计流量换算）", "required flow, in proportion to the filed design flow", need.Flow, "kg/s", Calculated)
	}
	w.calc("x", "平衡度", "degree of balance", y.Flow/need.Flow, "1", "m/m_need")
}

// shortages say in both languages why heat is short.
var shortages = [...][2]string{
	models.NoShortage:        {"", ""},
	models.ShortCutOff:       {"与热源断开。", "Cut off from the source."},
	models.ShortTooCold:      {"来水温度过低，流量再大也无济于事。", "The water arrives too cold, whatever its flow."},
	models.ShortExchanger:    {"换热器已到极限。", "The exchanger passes no more."},
	models.ShortValve:        {"调节阀已全开，压差够设计流量。", "The valve is wide open; the differential would do for the design flow."},
	models.ShortDifferential: {"调节阀已全开，资用压差不足。", "The valve is wide open; the differential is short."},
	models.ShortFlow:         {"给定的流量带不来这些热量。", "The flow given does not carry it."},
	models.ShortTooHot:       {"来水温度过高，热量送不进去。", "The water arrives too hot to take it."},
}
