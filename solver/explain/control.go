package explain

import (
	"math"

	"evenflow/models"
)

// still is a flow in kg/s that is none: the leakage of what is shut.
const still = 1e-3

// oneWay reports whether a valve lets no water back.
func oneWay(v *models.Valve) bool {
	return v.CheckValve || !v.TwoWay && v.Control != models.ManualOpening && v.Control != models.HeadLossCurve && v.Control != models.BreakPressure
}

// shutByWater enters a branch that passes one way only, and stands against
// water that would go the other way. It reports whether the branch is one.
func (w *writer) shutByWater(oneWay bool, y *models.BranchState) bool {
	if !oneWay || y.Flow > still || y.PressureDrop >= 0 {
		return false
	}
	w.given("dp", "止回处两端压差", "pressure difference across it", y.PressureDrop, "Pa", Solution)
	w.note("水欲倒流，阀门关闭。", "Shut: the water would flow backwards through it.")
	return true
}

// byTable enters the drop of a valve whose loss is a table over the flow,
// between its points or on the line through the last two.
func (w *writer) byTable(v *models.Valve, y *models.BranchState, m, rho float64) {
	q := w.calc("q", "体积流量", "volume flow", math.Abs(m)/rho, "m3/s", "ABS(m)/rho")
	i := 1
	for i < len(v.Losses)-1 && q > v.Losses[i].Flow {
		i++
	}
	a, b := v.Losses[i-1], v.Losses[i]
	w.given("q_1", "表中流量，前一点", "flow in the table, point before", a.Flow, "m3/s", File)
	w.given("H_1", "表中水头损失，前一点", "head lost in the table, point before", a.Head, "m", File)
	w.given("q_2", "表中流量，后一点", "flow in the table, point after", b.Flow, "m3/s", File)
	w.given("H_2", "表中水头损失，后一点", "head lost in the table, point after", b.Head, "m", File)
	h := w.calc("H", "水头损失（内插）", "head lost, interpolated", a.Head+(q-a.Flow)*(b.Head-a.Head)/(b.Flow-a.Flow), "m", "H_1+(q-q_1)*(H_2-H_1)/(q_2-q_1)")
	w.given("g", "重力加速度", "gravity", gravity, "m/s2", Standard)
	dp := w.calc("dp", "压降", "pressure drop", math.Copysign(rho*gravity*h, m), "Pa", "IF(m<=0,-rho*g*H,rho*g*H)")
	w.note("水头损失按阀门流量表内插。", "The head lost is interpolated in the valve's table.")
	w.against(y.PressureDrop, dp)
}

// breaks enters the drop of a valve that takes a fixed pressure from what passes
// it, or its own loss where that is more; s is its resistance, Pa/(kg/s)2.
func (w *writer) breaks(v *models.Valve, y *models.BranchState, m, s float64) {
	set := w.given("dp_set", "设定压降", "drop set", v.Differential, "Pa", File)
	if m < -still && y.PressureDrop < set-1 && y.PressureDrop > -set {
		w.given("dp", "阀门压差", "pressure difference across the valve", y.PressureDrop, "Pa", Solution)
		w.note("水倒流，流量使阀门自身阻力恰等于设定压降：由抬升转为节流之处。", "The water flows back, just as much that the valve's own loss is its set drop: where it turns from raising the water to throttling it.")
		return
	}
	dp := set
	if own := s * m * math.Abs(m); math.Abs(own) > set {
		dp = own
	}
	w.calc("dp", "压降", "pressure drop", dp, "Pa", "IF((S_v+S_add)*m*m<=dp_set,dp_set,(S_v+S_add)*m*ABS(m))")
	w.against(y.PressureDrop, dp)
	if m < -still && dp > 0 {
		w.note("水倒流，阀门按设定值抬升其压力（与 EPANET 的 PBV 相同）；实际阀门做不到。", "The water flows back and is raised by the set drop, as in EPANET's PBV; no real valve does that.")
	}
}
