package main

import (
	"math"
	"sort"

	"evenflow/models"
	"evenflow/models/unit"
	"evenflow/solver"
	"evenflow/solver/heating"
)

// solveReport is what `solve --json` prints. Values that are unknown are
// absent.
type solveReport struct {
	Network   string         `json:"network"`
	OutdoorC  *float64       `json:"outdoor_c,omitempty"`
	Solution  solutionView   `json:"solution"`
	Sources   []sourceView   `json:"sources"`
	Stations  []stationView  `json:"stations"`
	Pipes     []pipeView     `json:"pipes"`
	Valves    []valveView    `json:"valves,omitempty"`
	Pumps     []pumpView     `json:"pumps,omitempty"`
	Controls  []controlView  `json:"controls,omitempty"` // of what holds something by itself
	Junctions []junctionView `json:"junctions"`
	Margins   []marginView   `json:"margins"`
	Islands   []islandView   `json:"islands"`
	Lost      []lostView     `json:"not_carried,omitempty"` // of a file of another format
	Zero      []zeroView     `json:"zero_differential,omitempty"`
	Audit     *auditView     `json:"audit,omitempty"`
}

// solutionView says how well the equations are met.
type solutionView struct {
	Iterations       int     `json:"iterations"`
	MassResidual     float64 `json:"mass_residual_kg_per_s"`
	MassWorst        string  `json:"mass_worst,omitempty"`
	EnergyResidualPa float64 `json:"energy_residual_pa"`
	EnergyWorst      string  `json:"energy_worst,omitempty"`
	HeatResidualW    float64 `json:"heat_residual_w"`
	HeatWorst        string  `json:"heat_worst,omitempty"`
	// Cycle is empty where all that holds something agrees: the turns between
	// the sets of stands that were tried.
	Cycle []turnView `json:"cycle,omitempty"`
}

type turnView struct {
	Step    int    `json:"step"`
	Element string `json:"element"`
	From    string `json:"from"`
	To      string `json:"to"`
}

type sourceView struct {
	ID       string  `json:"id"`
	Name     string  `json:"name,omitempty"`
	Flow     float64 `json:"flow_kg_per_s"`
	LiftPa   float64 `json:"lift_pa"`
	HeatW    float64 `json:"heat_w"`
	PowerW   float64 `json:"pump_power_w"`
	Speed    float64 `json:"speed,omitempty"`
	SupplyC  float64 `json:"supply_c"`
	ReturnC  float64 `json:"return_c"`
	Stage    string  `json:"stage,omitempty"` // in the order of merit
	OutOfUse bool    `json:"out_of_service,omitempty"`
}

type stationView struct {
	ID             string   `json:"id"`
	Name           string   `json:"name,omitempty"`
	Opening        *float64 `json:"opening,omitempty"`
	Needed         *float64 `json:"opening_needed,omitempty"` // of one whose flow is given, by itself or by its heat
	NoOpening      string   `json:"no_opening,omitempty"`     // why no opening gives that flow
	Flow           float64  `json:"flow_kg_per_s"`
	Required       *float64 `json:"required_kg_per_s,omitempty"`
	X              *float64 `json:"x,omitempty"`
	DifferentialPa float64  `json:"differential_pa"`
	ValveDropPa    float64  `json:"valve_drop_pa"`
	SupplyC        float64  `json:"supply_c"`
	ReturnC        float64  `json:"return_c"`
	HeatW          float64  `json:"heat_w"`
	ShortW         float64  `json:"short_of_heat_w,omitempty"`
	ShortBy        string   `json:"short_by,omitempty"`
	Cut            bool     `json:"cut,omitempty"`
}

type pipeView struct {
	ID       string   `json:"id"`
	DN       int      `json:"dn,omitempty"`
	Length   float64  `json:"length_m"`
	Flow     float64  `json:"flow_kg_per_s"`
	DropPa   float64  `json:"drop_pa"`
	Gradient *float64 `json:"gradient_pa_per_m,omitempty"`
	Velocity *float64 `json:"velocity_m_per_s,omitempty"`
	InC      float64  `json:"in_c"`
	OutC     float64  `json:"out_c"`
	LossW    float64  `json:"heat_loss_w"`
	Cut      bool     `json:"cut,omitempty"`
}

type junctionView struct {
	ID           string   `json:"id"`
	PressurePa   *float64 `json:"pressure_pa,omitempty"`
	TemperatureC *float64 `json:"temperature_c,omitempty"`
	Drawn        float64  `json:"drawn_kg_per_s,omitempty"` // by draw and emitter; negative: fed in
	Cut          bool     `json:"cut,omitempty"`
}

type marginView struct {
	Element string  `json:"element"`
	Limit   string  `json:"limit"`
	Value   float64 `json:"value"`
	Bound   float64 `json:"bound"`
	Margin  float64 `json:"margin"`
	Unit    string  `json:"unit"`
}

type islandView struct {
	Junctions []models.ID `json:"junctions"`
	Stations  []models.ID `json:"stations"`
	CutBy     []models.ID `json:"cut_by"`
	OneWay    []models.ID `json:"one_way,omitempty"` // check valves, pumps, regulators that let nothing in
	Draw      float64     `json:"not_drawn_kg_per_s,omitempty"`
	Unfed     bool        `json:"no_source,omitempty"`
	Unheld    bool        `json:"no_pressure_hold,omitempty"`
}

// newSolveReport gathers the result for printing.
func newSolveReport(s *situation, sv *solver.Solver, r *solver.Result) *solveReport {
	as := s.net.Overlay(s.scenario)
	outdoor := s.scenario.Outdoor.Or(s.net.Climate.DesignOutdoor)
	out := &solveReport{Network: s.net.Name, Lost: s.lost, Solution: solutionView{
		Iterations:   r.Report.Iterations,
		MassResidual: r.Report.MassResidual, MassWorst: string(r.Report.MassWorst),
		EnergyResidualPa: r.Report.EnergyResidual, EnergyWorst: string(r.Report.EnergyWorst),
		HeatResidualW: r.Report.HeatResidual, HeatWorst: string(r.Report.HeatWorst),
	}, Sources: []sourceView{}, Stations: []stationView{}, Pipes: []pipeView{}, Junctions: []junctionView{}, Margins: []marginView{}}
	if outdoor > 0 {
		c := unit.Celsius(outdoor)
		out.OutdoorC = &c
	}
	for _, x := range r.Report.Cycle {
		out.Solution.Cycle = append(out.Solution.Cycle, turnView{x.Step, string(x.Element), stands[x.From], stands[x.To]})
	}
	for i := range as.Sources {
		x, y := &as.Sources[i], &r.Sources[i]
		out.Sources = append(out.Sources, sourceView{ID: string(x.ID), Name: x.Name, Flow: y.Flow, LiftPa: y.Lift, HeatW: y.Heat,
			PowerW: y.Power, Speed: y.Speed, SupplyC: unit.Celsius(y.TempOut), ReturnC: unit.Celsius(y.TempIn), Stage: meritStage(x, y), OutOfUse: x.OutOfService})
	}
	for i := range as.Stations {
		out.Stations = append(out.Stations, viewStation(as, &as.Stations[i], &r.Stations[i], outdoor))
	}
	for i := range as.Pipes {
		out.Pipes = append(out.Pipes, viewPipe(&as.Pipes[i], &r.Pipes[i]))
	}
	out.elements(as, r)
	for _, z := range sv.ZeroPoints(r) {
		out.Zero = append(out.Zero, zeroView{string(z.Branch), string(z.From), string(z.To), z.Position})
	}
	for i := range as.Junctions {
		out.Junctions = append(out.Junctions, viewJunction(&as.Junctions[i], &r.State.Junctions[i]))
	}
	for _, v := range r.Report.Margins {
		out.Margins = append(out.Margins, viewMargin(v))
	}
	out.Islands = viewIslands(r.Islands)
	return out
}

func viewIslands(islands []solver.Island) []islandView {
	out := []islandView{}
	for _, is := range islands {
		out = append(out, islandView{is.Junctions, nonNil(is.Stations), nonNil(is.Valves), is.OneWay, is.Draw, is.Unfed, is.Unheld})
	}
	return out
}

func nonNil(ids []models.ID) []models.ID {
	if ids == nil {
		return []models.ID{}
	}
	return ids
}

func viewStation(n *models.Network, x *models.Station, y *models.StationState, outdoor float64) stationView {
	v := stationView{ID: string(x.ID), Name: x.Name, Flow: y.Flow, DifferentialPa: y.Differential, ValveDropPa: y.ValveDrop,
		SupplyC: unit.Celsius(y.TempIn), ReturnC: unit.Celsius(y.TempOut), HeatW: y.Heat, ShortW: y.ShortOfHeat, ShortBy: shortages[y.ShortBy], Cut: y.Cut}
	v.opening(x, y)
	if y.Cut || x.HeatedArea == 0 {
		return v
	}
	if need, err := heating.Required(n, x, outdoor, y.TempIn); err == nil && need.Flow > 0 {
		ratio := y.Flow / need.Flow
		v.Required, v.X = &need.Flow, &ratio
	}
	return v
}

// noOpenings are the words for why no opening gives a flow.
var noOpenings = [...]string{solver.OpeningNoValve: "no_valve", solver.OpeningNoFlow: "no_flow", solver.OpeningNoDrop: "no_differential_left",
	solver.OpeningBeyond: "more_than_open", solver.OpeningLeaks: "leaks_more"}

// opening enters how far a station's control valve is open; of one that stands
// where its demand asks for it, how far that would be, or why nowhere.
func (v *stationView) opening(x *models.Station, y *models.StationState) {
	d := &x.Demand
	follows := d.Flow.Known || d.Heat.Known && (d.ReturnTemperature.Known || d.TemperatureDrop.Known || x.Design != (models.StationDesign{}))
	switch h, why := solver.OpeningOf(x, y); {
	case follows && y.WideOpen && x.Valve.Kvs > 0:
		open := 1.0
		v.Opening = &open
	case follows && why == solver.OpeningFits:
		v.Needed = &h
	case follows || x.Valve.Kvs == 0:
		v.NoOpening = noOpenings[why]
	default:
		v.Opening = &x.Opening
	}
}

func viewPipe(x *models.Pipe, y *models.BranchState) pipeView {
	v := pipeView{ID: string(x.ID), DN: x.DN, Length: x.Length, Flow: y.Flow, DropPa: y.PressureDrop,
		InC: unit.Celsius(y.TempIn), OutC: unit.Celsius(y.TempOut), LossW: y.HeatLoss, Cut: y.Cut}
	if x.Length > 0 && !(x.CheckValve && y.Flow <= 0) { // a shut check valve bears a pressure, which is no friction
		g := math.Abs(y.PressureDrop) / x.Length
		v.Gradient = &g
	}
	if x.InnerDiameter > 0 && y.Density > 0 {
		w := math.Abs(solver.Velocity(y.Flow, y.Density, x.InnerDiameter))
		v.Velocity = &w
	}
	return v
}

func viewJunction(x *models.Junction, y *models.JunctionState) junctionView {
	v := junctionView{ID: string(x.ID), Drawn: y.Drawn, Cut: y.Cut}
	if y.PressureKnown {
		v.PressurePa = &y.Pressure
	}
	if y.TempKnown {
		t := unit.Celsius(y.Temperature)
		v.TemperatureC = &t
	}
	return v
}

func viewMargin(v models.Violation) marginView {
	m := marginView{Element: string(v.Element), Limit: string(v.Limit), Value: v.Value, Bound: v.Bound, Margin: v.Margin, Unit: "Pa"}
	switch v.Limit {
	case models.LimitFriction:
		m.Unit = "Pa/m"
	case models.LimitFreezing:
		m.Unit = "K"
	case models.LimitVelocity:
		m.Unit = "m/s"
	case models.LimitPumpCurve:
		m.Unit = "m3/s"
	case models.LimitPumpSpeed:
		m.Unit = "1"
	case models.LimitHeat, models.LimitExchanger, models.LimitCapacity:
		m.Unit = "W"
	case models.LimitSourceFlow, models.LimitHeldFlow:
		m.Unit = "kg/s"
	}
	return m
}

// worstFirst returns the stations with the one farthest from its need first,
// those without a need last.
func (r *solveReport) worstFirst() []stationView {
	out := append([]stationView(nil), r.Stations...)
	off := func(v stationView) float64 {
		switch {
		case v.Cut:
			return math.Inf(1)
		case v.X == nil:
			return -1
		}
		return math.Abs(*v.X - 1)
	}
	sort.SliceStable(out, func(i, k int) bool { return off(out[i]) > off(out[k]) })
	return out
}

// steepestFirst returns the pipes with the largest drop per metre first.
func (r *solveReport) steepestFirst() []pipeView {
	out := append([]pipeView(nil), r.Pipes...)
	steep := func(v pipeView) float64 {
		if v.Gradient == nil {
			return -1
		}
		return *v.Gradient
	}
	sort.SliceStable(out, func(i, k int) bool { return steep(out[i]) > steep(out[k]) })
	return out
}
