package plant

import (
	"math"

	"evenflow/models"
	"evenflow/models/unit"
	"evenflow/scada/pointlist"
	"evenflow/solver/heating"
)

// plcModel is one make of PLC: how its programmer laid out the registers. A
// town's stations were equipped over many tenders, so that every word order,
// floats and scaled integers, mass and volume flow, kPa, MPa and bar occur.
type plcModel struct {
	unitID    uint8
	order     pointlist.Order
	integers  bool            // scaled 16-bit integers instead of float32
	measured  pointlist.Table // where measured values lie
	first     uint16          // address of the first measured value
	settings  uint16          // address of the block of settings
	statusBit bool            // remote and fallback are bits of one word
	pressure  string
	volume    models.Side // SideNone: mass flow; else a volume meter on that side
	opening   openingForm
	maxRead   int
}

// openingForm is how a PLC shows an opening.
type openingForm uint8

const (
	permille openingForm = iota // u16, 0.1 %
	float100                    // float32, %
)

// plcModels are dealt out to the stations in turn of a seeded draw.
var plcModels = []plcModel{
	{unitID: 1, order: pointlist.ABCD, pressure: "MPa", settings: 0, first: 100},
	{unitID: 1, order: pointlist.CDAB, pressure: "kPa", settings: 0, first: 20, volume: models.SideReturn, statusBit: true},
	{unitID: 2, order: pointlist.BADC, pressure: "MPa", settings: 40, first: 60, opening: float100},
	{unitID: 1, order: pointlist.DCBA, pressure: "bar", settings: 200, first: 300, volume: models.SideSupply, measured: pointlist.Input},
	{unitID: 5, order: pointlist.ABCD, integers: true, pressure: "kPa", settings: 0, first: 30, statusBit: true, maxRead: 16},
	{unitID: 255, order: pointlist.ABCD, integers: true, pressure: "MPa", settings: 100, first: 0, measured: pointlist.Input},
}

// sourceModel is the PLC of a heat source.
var sourceModel = plcModel{unitID: 1, order: pointlist.ABCD, pressure: "MPa", settings: 0, first: 40}

// layout deals addresses out as points are added.
type layout struct {
	model    plcModel
	element  models.ID
	points   []pointlist.Point
	setting  uint16
	measured uint16
}

func (m plcModel) layout(element models.ID) *layout {
	return &layout{model: m, element: element, setting: m.settings, measured: m.first}
}

// set adds a value of the block of settings, always a holding register.
func (l *layout) set(p pointlist.Point) {
	p.Table, p.Address = pointlist.Holding, l.setting
	l.setting += uint16(p.Words())
	l.add(p)
}

// measure adds a measured value.
func (l *layout) measure(p pointlist.Point) {
	p.Table, p.Address = l.model.measured, l.measured
	l.measured += uint16(p.Words())
	l.add(p)
}

func (l *layout) add(p pointlist.Point) {
	p.Element, p.UnitID, p.Order, p.MaxRead = l.element, l.model.unitID, l.model.order, l.model.maxRead
	l.points = append(l.points, p)
}

// number adds a measured value as this PLC has it: a float, or an integer
// with a scale and 0x8000 for a broken sensor.
func (l *layout) number(q models.Quantity, name string, scale float64) {
	p := pointlist.Point{Quantity: q, Unit: unit.Must(name), Type: pointlist.F32}
	if l.model.integers {
		p.Type, p.Scale = pointlist.I16, scale
		p.BadValues = []uint64{0x8000}
	}
	l.measure(p)
}

// head adds what every PLC has: identity, heartbeats, remote and fallback.
func (l *layout) head(identity uint16) {
	l.set(pointlist.Point{Quantity: models.Identity, Type: pointlist.U16, Expect: models.Some(float64(identity))})
	l.set(pointlist.Point{Quantity: models.PLCHeartbeat, Type: pointlist.U16})
	l.set(pointlist.Point{Quantity: models.SCADAHeartbeat, Type: pointlist.U16, Writable: true})
	if !l.model.statusBit {
		l.set(pointlist.Point{Quantity: models.Remote, Type: pointlist.Bool})
		l.set(pointlist.Point{Quantity: models.FallbackActive, Type: pointlist.Bool})
		return
	}
	at := l.setting
	l.setting++
	l.add(pointlist.Point{Quantity: models.Remote, Type: pointlist.Bit, Bit: 0, Address: at})
	l.add(pointlist.Point{Quantity: models.FallbackActive, Type: pointlist.Bit, Bit: 3, Address: at})
}

// station lays out the points of a station; secondary says whether its
// secondary side is known.
func (m plcModel) station(st *models.Station, identity uint16, secondary bool) []pointlist.Point {
	l := m.layout(st.ID)
	l.head(identity)
	opening := pointlist.Point{Type: pointlist.U16, Scale: 0.1, Unit: unit.Must("%")}
	if m.opening == float100 {
		opening = pointlist.Point{Type: pointlist.F32, Unit: unit.Must("%")}
	}
	setpoint, feedback := opening, opening
	setpoint.Quantity, setpoint.Writable = models.OpeningSetpoint, true
	setpoint.Min, setpoint.Max = models.Some(0), models.Some(100)
	feedback.Quantity = models.OpeningFeedback
	l.set(setpoint)
	l.measure(feedback)
	l.pressures()
	switch m.volume {
	case models.SideNone:
		l.number(models.MassFlow, "t/h", flowScale(st))
	default:
		l.number(models.VolumeFlow, "m3/h", flowScale(st))
		l.points[len(l.points)-1].MeterSide = m.volume
	}
	if secondary {
		l.number(models.SecondarySupplyTemp, "degC", 0.1)
		l.number(models.SecondaryReturnTemp, "degC", 0.1)
	}
	return l.points
}

// flowScale is the resolution of an integer flow register, t/h or m3/h: a
// decimal step that leaves at least 500 counts for the design flow, so that a
// small station's meter does not stand still while its valve moves.
func flowScale(st *models.Station) float64 {
	design, err := heating.DesignFlow(st)
	if err != nil || !(design > 0) {
		return 0.1
	}
	return math.Min(0.1, math.Pow(10, math.Floor(math.Log10(design*3.6/500))))
}

func (l *layout) pressures() {
	scale := map[string]float64{"kPa": 0.1, "MPa": 0.0001, "bar": 0.001}[l.model.pressure]
	l.number(models.SupplyPressure, l.model.pressure, scale)
	l.number(models.ReturnPressure, l.model.pressure, scale)
	l.number(models.SupplyTemperature, "degC", 0.1)
	l.number(models.ReturnTemperature, "degC", 0.1)
}

// source lays out the points of a heat source.
func (m plcModel) source(src *models.Source, identity uint16) []pointlist.Point {
	l := m.layout(src.ID)
	l.head(identity)
	if src.Control == models.ControlSpeed {
		hz := nominalFrequency(src)
		p := pointlist.Point{Type: pointlist.U16, Scale: 0.01, Unit: unit.Must("Hz"), NominalHz: hz}
		setpoint, feedback := p, p
		setpoint.Quantity, setpoint.Writable = models.SpeedSetpoint, true
		setpoint.Min, setpoint.Max = models.Some(minSpeed(src)*hz), models.Some(maxSpeed(src)*hz)
		feedback.Quantity = models.SpeedFeedback
		l.set(setpoint)
		l.measure(feedback)
	}
	l.pressures()
	l.number(models.MassFlow, "t/h", 0.1)
	l.number(models.MakeUpFlow, "t/h", 0.1)
	l.number(models.OutdoorTemperature, "degC", 0.1)
	return l.points
}

func nominalFrequency(s *models.Source) float64 {
	if s.NominalFrequency > 0 {
		return s.NominalFrequency
	}
	return 50
}

func minSpeed(s *models.Source) float64 {
	if s.MinSpeed > 0 {
		return s.MinSpeed
	}
	return 0.3
}

func maxSpeed(s *models.Source) float64 {
	if s.MaxSpeed > 0 {
		return s.MaxSpeed
	}
	return 1
}
