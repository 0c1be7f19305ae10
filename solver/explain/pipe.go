package explain

import (
	"math"

	"evenflow/models"
	"evenflow/solver/internal/law"
	"evenflow/solver/internal/water"
)

const stillFlow = 1e-6 // kg/s: below it water stands, as in the solver

func (w *writer) pipe(p *models.Pipe, y *models.BranchState) {
	from := func(a models.Attribute, key string) Source { return w.from(a, key, p.Assumed) }
	m := w.given("m", "流量（起点到终点为正）", "flow, from beginning to end", y.Flow, "kg/s", Solution)
	w.given("L", "长度", "length", p.Length, "m", from("", "length_m"))
	if p.InnerDiameter > 0 {
		w.given("d", "内径", "inner diameter", p.InnerDiameter, "m", from(models.AttrInnerDiameter, "inner_diameter_m"))
	}
	t := w.alongPipe(p, y)
	rho := w.density("rho", "t_m", t)
	if w.shutByWater(p.CheckValve, y) {
		w.column(rho)
		return
	}
	dp := w.pipeDrop(p, m, rho, t)
	w.against(y.PressureDrop, dp)
	w.column(rho)
	w.leak(p)
	if p.HeatLoss.Known || p.Insulation.CasingDiameter > 0 {
		w.note("热损失：EN 13941 双管直埋公式；地温、保温数据见上。", "Heat loss by EN 13941 for two buried pipes.")
	}
}

// leak enters what seeps out of the pipe, by the pressures at its ends that stand above.
func (w *writer) leak(p *models.Pipe) {
	from, to := w.pressure(p.From), w.pressure(p.To)
	if p.Leak == (models.Leak{}) || p.OutOfService || from == nil || to == nil {
		return
	}
	w.given("c_f", "漏失系数（固定孔）", "leak of holes that stay as they are", p.Leak.Fixed, "kg/s at 1 Pa", File)
	w.given("c_g", "漏失系数（随压力张开）", "leak of holes that the pressure opens", p.Leak.Growing, "kg/s at 1 Pa", File)
	end := func(symbol, at string, id models.ID, pressure float64, other models.ID) {
		share, held := 0.5, func(id models.ID) bool { j, _ := w.junction(id); return j.FixedPressure.Known }
		switch {
		case held(id):
			share = 0
		case held(other):
			share = 1
		}
		w.given("s_"+at, "该端所占份额", "share that leaks by the pressure at "+string(id), share, "1", Calculated)
		above := math.Max(pressure, 0)
		w.calc(symbol, "该端漏失量", "leak by the pressure at "+string(id), share*(p.Leak.Fixed*math.Sqrt(above)+p.Leak.Growing*math.Pow(above, 1.5)), "kg/s",
			"s_"+at+"*(c_f*SQRT(MAX(p_"+at+",0))+c_g*POWER(MAX(p_"+at+",0),1.5))")
	}
	end("m_1", "from", p.From, *from, p.To)
	end("m_2", "to", p.To, *to, p.From)
}

// pipeDrop enters friction and local loss.
func (w *writer) pipeDrop(p *models.Pipe, m, rho, t float64) float64 {
	f, changed := w.factor(p.ID, models.AttrResistance)
	where := Assumed
	if changed {
		where = Scenario
	}
	if p.Resistance.Known {
		if changed && w.filed.Pipes[w.at].Resistance.Known { // the overlay has multiplied it in already
			f = 1
		}
		w.given("S", "阻力数", "resistance", p.Resistance.Value, "Pa/(kg/s)2", w.from(models.AttrResistance, "resistance_pa_per_kg2_s2", p.Assumed))
		return w.calc("dp", "压降", "pressure drop", f*p.Resistance.Value*m*math.Abs(m), "Pa", "S*m*ABS(m)")
	}
	w.given("f", "阻力修正系数", "factor on friction and local loss", f, "1", where)
	zeta := w.given("zeta", "局部阻力系数之和", "sum of local loss coefficients", p.Zeta, "1", w.from(models.AttrZeta, "zeta", p.Assumed))
	d := p.InnerDiameter
	area := w.calc("A", "流通面积", "cross-section", math.Pi/4*d*d, "m2", "PI()/4*POWER(d,2)")
	v := w.calc("v", "流速", "velocity", m/(rho*area), "m/s", "m/(rho*A)")
	if m == 0 {
		w.note("没有流量，没有摩擦。", "No flow, no friction.")
		return w.calc("dp", "压降", "pressure drop", 0, "Pa", "0*m")
	}
	var gradient float64
	if p.HazenWilliams.Known {
		c := w.given("C", "海曾-威廉系数", "Hazen-Williams coefficient", p.HazenWilliams.Value, "1", File)
		w.given("g", "重力加速度", "gravity", gravity, "m/s2", Standard)
		h := w.calc("c_hw", "海曾-威廉常数", "Hazen-Williams constant", 4.727*math.Pow(0.3048, 4.871-3*1.852), "SI", "4.727*POWER(0.3048,4.871-3*1.852)")
		gradient = w.calc("R", "比摩阻", "specific friction loss", f*rho*gravity*h*math.Pow(math.Abs(m)/(rho*c), 1.852)/math.Pow(d, 4.871),
			"Pa/m", "f*rho*g*c_hw*POWER(ABS(m)/(rho*C),1.852)/POWER(d,4.871)")
	} else {
		gradient = w.friction(p, m, rho, t, v, f)
	}
	along := w.calc("dp_f", "沿程阻力", "friction loss", gradient*p.Length*sign(m), "Pa", "R*L*m/ABS(m)")
	local := w.calc("dp_l", "局部阻力", "local loss", f*zeta*rho*v*math.Abs(v)/2, "Pa", "f*zeta*rho*v*ABS(v)/2")
	w.given("R_max", "支线比摩阻上限 (CJJ 34)", "bound of specific friction, branches (CJJ 34)", 300, "Pa/m", Standard)
	w.given("v_max", "流速上限 (CJJ 34)", "bound of velocity (CJJ 34)", 3.5, "m/s", Standard)
	return w.calc("dp", "压降", "pressure drop", along+local, "Pa", "dp_f+dp_l")
}

// friction enters Reynolds number, friction factor and the loss per metre, by
// Colebrook-White and, for comparison, by the formulas of the handbooks.
func (w *writer) friction(p *models.Pipe, m, rho, t, v, f float64) float64 {
	k := w.given("k", "当量粗糙度", "equivalent roughness", p.Roughness, "m", w.from(models.AttrRoughness, "roughness_mm", p.Assumed))
	mu := w.calc("mu", "动力黏度 (IF97 拟合)", "dynamic viscosity (IF97 fit)", water.Viscosity(t), "Pa s", of(viscosityOf, "t", liquid("t_m", t)))
	re := w.calc("Re", "雷诺数", "Reynolds number", 4*math.Abs(m)/(math.Pi*p.InnerDiameter*mu), "1", "4*ABS(m)/(PI()*d*mu)")
	rel := w.calc("e", "相对粗糙度", "relative roughness", k/p.InnerDiameter, "1", "k/d")
	lambda, _ := law.Colebrook.Lambda(re, rel)
	const colebrook = "POWER(-2*LOG10(e/3.7+2.51/(Re*SQRT(lambda))),-2)"
	switch {
	case re <= law.LaminarRe:
		w.calc("lambda", "摩擦系数，层流", "friction factor, laminar", lambda, "1", "64/Re")
	case re >= law.TurbulentRe:
		w.iterated("lambda", "摩擦系数，Colebrook-White", "friction factor, Colebrook-White", lambda, "1", colebrook)
	default:
		w.transition(rel, lambda)
	}
	gradient := func(symbol, zh, en, factor string, l float64) float64 {
		return w.calc(symbol, zh, en, f*l/p.InnerDiameter*rho*v*v/2, "Pa/m", "f*"+factor+"/d*rho*POWER(v,2)/2")
	}
	r := gradient("R", "比摩阻", "specific friction loss", "lambda", lambda)
	a, _ := law.Altshul.Lambda(math.Max(re, law.TurbulentRe), rel)
	if re >= law.TurbulentRe {
		w.calc("lambda_A", "对照：阿里特苏里公式", "for comparison: Altshul", a, "1", "0.11*POWER(e+68/Re,0.25)")
		gradient("R_A", "对照比摩阻（阿里特苏里）", "specific friction loss, Altshul", "lambda_A", a)
	}
	s, _ := law.Shifrinson.Lambda(re, rel)
	w.calc("lambda_S", "对照：希弗林松公式（粗糙区）", "for comparison: Shifrinson (fully rough)", s, "1", "0.11*POWER(e,0.25)")
	gradient("R_S", "对照比摩阻（希弗林松）", "specific friction loss, Shifrinson", "lambda_S", s)
	return r
}

// transition enters the cubic between Re 2000 and 4000.
func (w *writer) transition(rel, lambda float64) {
	l4, d4 := law.ColebrookLambda(law.TurbulentRe, rel)
	w.iterated("lambda_4", "Re = 4000 的摩擦系数", "friction factor at Re 4000", l4, "1", "POWER(-2*LOG10(e/3.7+2.51/(4000*SQRT(lambda_4))),-2)")
	w.calc("y_4", "Colebrook 括号内", "argument of the logarithm", rel/3.7+2.51/(law.TurbulentRe*math.Sqrt(l4)), "1", "e/3.7+2.51/(4000*SQRT(lambda_4))")
	w.calc("slope_4", "该处斜率", "slope there", d4, "1", "-2*POWER(lambda_4,1.5)*2/LN(10)*2.51/(SQRT(lambda_4)*POWER(4000,2)*y_4)/(1+2/LN(10)*2.51/(4000*y_4))")
	re, _ := w.sheet.Value("Re")
	w.calc("s", "过渡区位置", "place in the transition", (re-law.LaminarRe)/(law.TurbulentRe-law.LaminarRe), "1", "(Re-2000)/2000")
	w.calc("lambda", "摩擦系数，过渡区三次式", "friction factor, cubic of the transition", lambda, "1",
		"0.032+s*(-0.032+s*(3*(lambda_4-0.032)-2000*(-0.000032+slope_4)+s*(-2*(lambda_4-0.032)+2000*(-0.000016+slope_4))))")
}

// alongPipe enters temperatures and heat loss, and returns the mean
// temperature along the pipe, K.
func (w *writer) alongPipe(p *models.Pipe, y *models.BranchState) float64 {
	ground, where := w.ambient(p), File
	if !p.Ambient.Known && w.net.Ground.Temperature <= 0 {
		where = Assumed
	}
	m := math.Abs(y.Flow)
	w.given("t_g", "地温（环境温度）", "ground (ambient) temperature", celsius(ground), "degC", where)
	if m <= stillFlow {
		return w.stillWater(p, ground)
	}
	tin := w.given("t_in", "进口水温", "temperature entering", celsius(y.TempIn), "degC", Solution)
	w.given("t_out", "出口水温", "temperature leaving", celsius(y.TempOut), "degC", Solution)
	u1, u2 := w.heatLoss(p)
	f, changed := w.factor(p.ID, models.AttrHeatLoss)
	if f*u1*p.Length == 0 {
		w.calc("t_m", "平均水温（无热损失）", "mean temperature (no heat loss)", tin, "degC", "t_in+0")
		return y.TempIn
	}
	if where = Assumed; changed {
		where = Scenario
	}
	if p.HeatLoss.Known && changed {
		f = 1 // the overlay has multiplied it in already
	}
	w.given("f_q", "热损失修正系数", "factor on the heat loss", f, "1", where)
	ta := w.surroundings(p, ground, u1, u2)
	cp := w.meanCapacity("cp", "t_in", "t_out", y.TempIn, y.TempOut)
	x := w.calc("x", "指数", "exponent", f*u1*p.Length/(m*cp), "1", "f_q*U1*L/(ABS(m)*cp)")
	share := -math.Expm1(-x)
	w.calc("t_out_hand", "出口水温（手算）", "temperature leaving, by hand", celsius(y.TempIn-(y.TempIn-ta)*share), "degC", "t_a+(t_in-t_a)*EXP(-x)")
	w.calc("Q_loss", "热损失", "heat loss", m*cp*(y.TempIn-ta)*share, "W", "ABS(m)*cp*(t_in-t_a)*(1-EXP(-x))")
	tm := ta + (y.TempIn-ta)*share/x
	w.calc("t_m", "平均水温", "mean temperature", celsius(tm), "degC", "t_a+(t_in-t_a)*(1-EXP(-x))/x")
	return tm
}

// stillWater enters the temperature of water that stands, and returns it, K.
func (w *writer) stillWater(p *models.Pipe, ground float64) float64 {
	w.note("水静止，取环境温度。", "The water stands and has the temperature of its surroundings.")
	if !w.warmed(p) {
		w.calc("t_m", "平均水温", "mean temperature", celsius(ground), "degC", "t_g+0")
		return ground
	}
	u1, u2 := w.heatLoss(p)
	ta := w.surroundings(p, ground, u1, u2)
	w.calc("t_m", "平均水温", "mean temperature", celsius(ta), "degC", "t_a+0")
	return ta
}

// surroundings enters the temperature to which water in the pipe comes in the end,
// that of the ground and what the other pipe in the trench gives, and returns it, K.
func (w *writer) surroundings(p *models.Pipe, ground, u1, u2 float64) float64 {
	if u2 <= 0 {
		w.calc("t_a", "等效环境温度", "effective ambient temperature", celsius(ground), "degC", "t_g+0")
		return ground
	}
	mean := w.partnerMean(p.ID, p.Partner)
	w.given("t_p", "同沟另一管平均水温", "mean temperature of the other pipe in the trench", celsius(mean), "degC", Solution)
	ta := ground + u2/u1*(mean-ground)
	w.calc("t_a", "等效环境温度", "effective ambient temperature", celsius(ta), "degC", "t_g+U2/U1*(t_p-t_g)")
	return ta
}

// coefficients are those of the pipe's heat loss, W/(m K).
func (w *writer) coefficients(p *models.Pipe) (u1, u2 float64) {
	if p.HeatLoss.Known {
		return p.HeatLoss.Value, 0
	}
	return law.BuriedPipe(p.Insulation, p.OuterDiameter.Or(p.InnerDiameter), w.net.Ground.Conductivity, p.Partner != "")
}

// warmed reports whether another pipe in the trench has water that flows, and warms
// this one.
func (w *writer) warmed(p *models.Pipe) bool {
	_, u2 := w.coefficients(p)
	at, ok := w.index.At(models.KindPipe, p.Partner)
	return u2 > 0 && ok && math.Abs(w.r.Pipes[at].Flow) > stillFlow
}

// heatLoss enters the coefficients of the pipe in the ground, W/(m K).
func (w *writer) heatLoss(p *models.Pipe) (u1, u2 float64) {
	if p.HeatLoss.Known {
		return w.given("U1", "单位长度传热系数", "heat loss coefficient", p.HeatLoss.Value, "W/(m K)", w.from(models.AttrHeatLoss, "heat_loss_w_per_m_k", p.Assumed)), 0
	}
	in, outer, ground := p.Insulation, p.OuterDiameter.Or(p.InnerDiameter), w.net.Ground.Conductivity
	u1, u2 = law.BuriedPipe(in, outer, ground, p.Partner != "")
	if u1 == 0 {
		return 0, 0
	}
	where := w.from("", "insulation", p.Assumed)
	w.given("d_o", "工作管外径", "outer diameter of the carrier pipe", outer, "m", where)
	w.given("D_c", "外护管外径", "outer diameter of the casing", in.CasingDiameter, "m", where)
	w.given("lambda_i", "保温导热系数", "conductivity of the insulation", in.Conductivity, "W/(m K)", where)
	w.calc("R_i", "保温热阻", "resistance of the insulation", math.Log(in.CasingDiameter/outer)/(2*math.Pi*in.Conductivity), "m K/W", "LN(D_c/d_o)/(2*PI()*lambda_i)")
	if ground <= 0 {
		return w.calc("U1", "单位长度传热系数", "heat loss coefficient", u1, "W/(m K)", "1/R_i"), 0
	}
	w.given("lambda_g", "土壤导热系数", "conductivity of the ground", ground, "W/(m K)", File)
	w.given("h", "管中心埋深", "depth of the axis", in.Depth, "m", where)
	z := w.calc("Z", "折算埋深", "corrected depth", in.Depth+0.0685*ground, "m", "h+0.0685*lambda_g")
	w.calc("R_s", "土壤热阻", "resistance of the ground", math.Log(math.Max(4*z/in.CasingDiameter, 1))/(2*math.Pi*ground), "m K/W", "LN(MAX(4*Z/D_c,1))/(2*PI()*lambda_g)")
	if u2 == 0 {
		return w.calc("U1", "单位长度传热系数", "heat loss coefficient", u1, "W/(m K)", "1/(R_s+R_i)"), 0
	}
	w.given("c", "两管中心距", "distance of the axes", in.Spacing, "m", where)
	x := 2 * z / in.Spacing
	w.calc("R_h", "两管间附加热阻", "resistance between the pipes", math.Log(1+x*x)/(4*math.Pi*ground), "m K/W", "LN(1+POWER(2*Z/c,2))/(4*PI()*lambda_g)")
	w.calc("U1", "传热系数 U1", "heat loss coefficient U1", u1, "W/(m K)", "(R_s+R_i)/(POWER(R_s+R_i,2)-POWER(R_h,2))")
	w.calc("U2", "传热系数 U2", "heat loss coefficient U2", u2, "W/(m K)", "R_h/(POWER(R_s+R_i,2)-POWER(R_h,2))")
	return u1, u2
}

// partnerMean is the mean temperature along the other pipe of the trench, K.
// Each of the two warms the other: their means are found in turn.
func (w *writer) partnerMean(self, other models.ID) float64 {
	i, _ := w.index.At(models.KindPipe, self)
	k, _ := w.index.At(models.KindPipe, other)
	mean := (w.r.Pipes[i].TempIn + w.r.Pipes[i].TempOut) / 2
	for range 30 {
		mean = w.meanAlong(i, w.meanAlong(k, mean))
	}
	return w.meanAlong(k, mean)
}

// meanAlong is the mean temperature along a pipe whose partner has mean
// temperature other, K.
func (w *writer) meanAlong(i int, other float64) float64 {
	p, y := &w.net.Pipes[i], &w.r.Pipes[i]
	ground := w.ambient(p)
	m := math.Abs(y.Flow)
	u1, u2 := w.coefficients(p)
	if m <= stillFlow {
		if w.warmed(p) {
			return ground + u2/u1*(other-ground)
		}
		return ground
	}
	f, changed := w.factor(p.ID, models.AttrHeatLoss)
	if p.HeatLoss.Known && changed {
		f = 1
	}
	x := f * u1 * p.Length / (m * water.MeanHeatCapacity(y.TempIn, y.TempOut))
	if x == 0 {
		return y.TempIn
	}
	ta := ground + u2/u1*(other-ground)
	return ta - (y.TempIn-ta)*math.Expm1(-x)/x
}

// ambient is the temperature around a pipe, K.
func (w *writer) ambient(p *models.Pipe) float64 {
	ground := w.net.Ground.Temperature
	if ground <= 0 {
		ground = water.Zero + 10
	}
	return p.Ambient.Or(ground)
}
