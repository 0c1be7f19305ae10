package explain

import (
	"math"

	"evenflow/models"
	"evenflow/solver/internal/law"
)

// valve enters a valve of the network.
func (w *writer) valve(v *models.Valve, y *models.BranchState) {
	m := w.given("m", "流量（起点到终点为正）", "flow, from beginning to end", y.Flow, "kg/s", Solution)
	w.given("t", "水温", "temperature", celsius(y.TempIn), "degC", Solution)
	rho := w.density("rho", "t", y.TempIn)
	if v.CheckValve {
		w.note("止回阀：水只从起点流向终点。", "A check valve: water passes from its beginning to its end only.")
	}
	if w.holds(v, y, rho) || w.shutByWater(oneWay(v), y) {
		w.column(rho)
		return
	}
	if v.Tight() {
		w.note("阀门关严：切断回路。", "Shut tight: cuts the circuit.")
		w.given("h", "开度", "opening", v.Opening, "1", w.from(models.AttrOpening, "opening", v.Assumed))
		return
	}
	if v.Control == models.HeadLossCurve {
		w.byTable(v, y, m, rho)
		w.column(rho)
		return
	}
	added, changed := 0.0, false
	for _, c := range w.sc.Changes {
		if c.Element == v.ID && c.Attribute == models.AttrResistance {
			added, changed = c.Apply(added), true
		}
	}
	if changed {
		w.given("S_add", "附加阻力数", "added resistance", added, "Pa/(kg/s)2", Scenario)
	} else {
		w.given("S_add", "附加阻力数", "added resistance", 0, "Pa/(kg/s)2", Assumed)
	}
	phi := w.opening(&v.ControlValve, v.Opening, v.Sectioning, v.Assumed)
	var s float64
	if v.Kvs > 0 {
		s = w.kv(&v.ControlValve, phi, rho, v.Assumed)
	} else if v.InnerDiameter > 0 {
		d := w.given("d", "内径", "inner diameter", v.InnerDiameter, "m", w.from(models.AttrInnerDiameter, "inner_diameter_m", v.Assumed))
		w.given("zeta", "局部阻力系数（全开）", "loss coefficient, open", v.Zeta, "1", w.from(models.AttrZeta, "zeta", v.Assumed))
		s = w.calc("S_v", "阀门阻力数", "resistance of the valve", v.Zeta*8/(math.Pi*math.Pi*rho*math.Pow(d, 4))/(phi*phi), "Pa/(kg/s)2", "zeta*8/(POWER(PI(),2)*rho*POWER(d,4))/POWER(phi,2)")
	} else {
		s = w.calc("S_v", "阀门阻力数", "resistance of the valve", 0, "Pa/(kg/s)2", "0*rho")
	}
	if v.Control == models.BreakPressure {
		w.breaks(v, y, m, s+added)
		w.column(rho)
		return
	}
	dp := w.calc("dp", "压降", "pressure drop", (s+added)*m*math.Abs(m), "Pa", "(S_v+S_add)*m*ABS(m)")
	w.against(y.PressureDrop, dp)
	w.column(rho)
}

// opening enters characteristic and opening, and returns Kv/Kvs.
func (w *writer) opening(v *models.ControlValve, opening float64, sectioning bool, assumed []string) float64 {
	h := w.given("h", "开度", "opening", opening, "1", w.from(models.AttrOpening, "opening", assumed))
	if sectioning || opening >= 1 && v.Characteristic != models.TableCharacteristic {
		return w.calc("phi", "Kv/Kvs（全开）", "Kv/Kvs, open", 1, "1", "1+0*h")
	}
	phi, _ := law.RelativeKv(v, h)
	switch v.Characteristic {
	case models.Linear:
		w.given("leak", "泄漏 Kv/Kvs", "leakage Kv/Kvs", v.Leakage, "1", File)
		return w.calc("phi", "Kv/Kvs（线性）", "Kv/Kvs, linear", phi, "1", "leak+(1-leak)*h")
	case models.TableCharacteristic:
		return w.given("phi", "Kv/Kvs（按表内插）", "Kv/Kvs, interpolated in the valve's table", phi, "1", File)
	}
	r := v.Rangeability
	where := w.from("", "rangeability", assumed)
	if r <= 1 {
		r, where = 50, Assumed
	}
	w.given("Rg", "可调比", "rangeability", r, "1", where)
	w.given("leak", "泄漏 Kv/Kvs", "leakage Kv/Kvs", v.Leakage, "1", File)
	if h >= 0.05 {
		return w.calc("phi", "Kv/Kvs（等百分比）", "Kv/Kvs, equal percentage", phi, "1", "MAX(POWER(Rg,h-1),leak)")
	}
	w.calc("phi_5", "开度 5 % 的 Kv/Kvs", "Kv/Kvs at 5 % opening", math.Exp(math.Log(r)*-0.95), "1", "POWER(Rg,-0.95)")
	w.calc("d_1", "该处斜率", "slope there, by opening/0.05", math.Log(r)*math.Exp(math.Log(r)*-0.95)*0.05, "1", "LN(Rg)*phi_5*0.05")
	return w.calc("phi", "Kv/Kvs（5 % 以下三次式）", "Kv/Kvs, cubic below 5 %", phi, "1",
		"IF(phi_5<=leak,leak,leak+h/0.05*((phi_5-leak)+h/0.05*((phi_5-leak)-d_1+h/0.05*(d_1-(phi_5-leak)))))")
}

// kv enters Kvs, Kv and the resistance of the valve, Pa/(kg/s)2.
func (w *writer) kv(v *models.ControlValve, phi, rho float64, assumed []string) float64 {
	kvs := w.given("Kvs", "流量系数（全开）", "flow coefficient, open", v.Kvs, "m3/h", w.from(models.AttrKvs, "kvs_m3_per_h", assumed))
	kv := w.calc("Kv", "流量系数", "flow coefficient", kvs*phi, "m3/h", "Kvs*phi")
	return w.calc("S_v", "阀门阻力数", "resistance of the valve", law.KvResistance(kv, rho), "Pa/(kg/s)2", "1.296E9/(rho*POWER(Kv,2))")
}
