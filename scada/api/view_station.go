package api

// Station is one row of GET /api/stations (all, network order), GET
// /api/stations/{id}, and the row of topic "station/<id>". Topic "net" has one
// row a station with the columns of StreamNetColumns.
type Station struct {
	ID   string  `json:"id"`
	Name Text    `json:"name"`
	Area float64 `json:"heated_area_m2"`

	// State colours the map and the list.
	State StationState `json:"state"`
	// X is the flow ratio 平衡度: mean measured over required flow; null where
	// either is unknown.
	X            *float64 `json:"x"`
	FlowRequired *float64 `json:"flow_required_t_per_h"`
	// Flow is the mass flow; where the meter gives volume it is converted and
	// FlowVolume holds what the meter shows.
	Flow       Live `json:"flow_t_per_h"`
	FlowVolume Live `json:"flow_m3_per_h"`

	OpeningSetpoint Live `json:"opening_setpoint_percent"`
	OpeningFeedback Live `json:"opening_feedback_percent"`

	SupplyPressure   Live     `json:"supply_pressure_MPa"`
	ReturnPressure   Live     `json:"return_pressure_MPa"`
	Differential     Live     `json:"differential_kPa" doc:"measured, or difference of the two pressures with the worse quality"`
	DifferentialNeed *float64 `json:"differential_need_kPa" doc:"for the required flow with the valve wide open"`

	SupplyTemp      Live `json:"supply_temperature_degC"`
	ReturnTemp      Live `json:"return_temperature_degC"`
	SecondarySupply Live `json:"secondary_supply_temperature_degC"`
	SecondaryReturn Live `json:"secondary_return_temperature_degC"`
	// SecondaryWanted is the heating curve's mean secondary supply at this
	// weather.
	SecondaryWanted *float64 `json:"secondary_supply_wanted_degC"`
	Heat            Live     `json:"heat_MW" doc:"from flow and temperatures"`
	HeatNeeded      *float64 `json:"heat_needed_MW"`

	// Quality is the worst of the points in use; PlantMs the newest source
	// time of the station: ages are counted from it.
	Quality Quality `json:"quality"`
	PlantMs *int64  `json:"plant_ms"`
	// Points are the quantities the point list has for this station, by their
	// words (flow, opening_setpoint, …): a column that is not among them has
	// nothing to expect ("·").
	Points []string `json:"points"`

	Remote   *bool `json:"remote" doc:"false: the PLC's switch says local 就地; null: unknown"`
	Fallback *bool `json:"fallback" doc:"true: the PLC runs on its own curve"`
	Mode     Mode  `json:"mode" doc:"the strictest of network and station"`
	OwnMode  Mode  `json:"own_mode" doc:"set for this station alone"`
	Lock     *Lock `json:"lock,omitempty"`

	// Held: the balance leaves this station as it is. Codes: link_lost,
	// unmeasured, local, fallback, flow_bad {quality}, flow_stale, flow_stuck,
	// flow_zero_open {opening_percent}, differential_bad, feedback_bad,
	// valve_stuck {setpoint_percent, feedback_percent}, contradicts_neighbours,
	// locked {by, until_ms}, mode {mode}, out_of_service.
	Held *Finding `json:"held,omitempty"`
	// Diagnosis is the line on the faceplate. Codes:
	//   normal
	//   differential_short {differential_kPa, need_kPa}: the network's side
	//   valve_wide_open {opening_percent, differential_kPa, need_kPa}: check strainer, valve size
	//   over_supplied {x, opening_percent}
	//   under_supplied {x, opening_percent}
	//   valve_stuck {setpoint_percent, feedback_percent}
	//   flow_zero_open {opening_percent}
	//   local, fallback, link_lost {since_plant_ms}, unmeasured, flow_bad, path_choked {element, loss_kPa}
	Diagnosis *Finding `json:"diagnosis,omitempty"`
	// Order is the order that has an item at this station under way, "" none;
	// OrderStage the item's stage.
	Order      string `json:"order"`
	OrderStage Stage  `json:"order_stage"`
}

// StationState is the word of a station's state.
type StationState string

// The states, worst first where several apply.
const (
	StateLost       StationState = "lost"       // 失联
	StateUnmeasured StationState = "unmeasured" // 未接入
	StateBadFlow    StationState = "bad_flow"   // no trustworthy flow
	StateStuck      StationState = "stuck"      // 阀卡
	StateLocal      StationState = "local"      // 就地, or fallback runs
	StateUnder      StationState = "under"      // 欠供
	StateOver       StationState = "over"       // 过供
	StateNormal     StationState = "normal"
)

// Lock keeps an element as it is until it ends.
type Lock struct {
	Kind    string `json:"kind" enum:"locked,out_of_service"`
	By      string `json:"by"`
	Reason  string `json:"reason"`
	UntilMs *int64 `json:"until_ms" doc:"wall; null: until unlocked"`
}

// Source is one row of GET /api/sources and of topic "source": the source
// panel 热源面板.
type Source struct {
	ID             string   `json:"id"`
	Name           Text     `json:"name"`
	Heat           Live     `json:"heat_MW"`
	Capacity       *float64 `json:"capacity_MW"`
	SupplyTemp     Live     `json:"supply_temperature_degC"`
	SupplyTempSet  Live     `json:"supply_temperature_setpoint_degC"`
	ReturnTemp     Live     `json:"return_temperature_degC"`
	SupplyPressure Live     `json:"supply_pressure_MPa"`
	ReturnPressure Live     `json:"return_pressure_MPa"`
	Differential   Live     `json:"differential_kPa"`
	Flow           Live     `json:"flow_t_per_h"`
	SpeedSetpoint  Live     `json:"speed_setpoint_Hz"`
	SpeedFeedback  Live     `json:"speed_feedback_Hz"`
	MinSpeed       *float64 `json:"min_speed_Hz"`
	MaxSpeed       *float64 `json:"max_speed_Hz"`
	PumpPower      *float64 `json:"pump_power_kW" doc:"by the model"`
	MakeUp         Live     `json:"make_up_t_per_h"`
	Outdoor        Live     `json:"outdoor_degC"`
	HoldPressure   *float64 `json:"hold_pressure_MPa" doc:"定压"`
	HoldJunction   string   `json:"hold_junction"`
	Quality        Quality  `json:"quality"`
	PlantMs        *int64   `json:"plant_ms"`
	Points         []string `json:"points"`
	Remote         *bool    `json:"remote"`
	Fallback       *bool    `json:"fallback"`
	Mode           Mode     `json:"mode"`
	OwnMode        Mode     `json:"own_mode"`
	Lock           *Lock    `json:"lock,omitempty"`
	Stations       int      `json:"stations" doc:"fed by it, by the model"`
	Order          string   `json:"order"`
	OrderStage     Stage    `json:"order_stage"`
}

// NotRight is one line of GET /api/not-right and of topic "not_right":
// stations lost, stuck, held, suspects named by the calibration, commands
// without effect. Worst first.
type NotRight struct {
	// Key is stable while the line stands.
	Key      string `json:"key"`
	Element  string `json:"element"`
	Name     Text   `json:"name"`
	Severity int    `json:"severity" doc:"1 urgent … 4 diagnostic: symbol and colour of hmi 3.2"`
	// What: the codes of Station.Held and Station.Diagnosis, besides
	// suspect {loss_kPa, score}: a choked main or half-closed valve,
	// order_failed {order, done, failed}, no_effect {order, setpoint_percent,
	// feedback_percent}, uncertain {order}, foreign_write {setpoint_percent},
	// links_lost {count} and foreign_writes {count} for more than 10 at once, unreachable {x, reason}.
	What Finding `json:"what"`
	// Value and Limit are printed in the columns of the bottom bar; unit "" for x.
	Value        *float64 `json:"value"`
	Limit        *float64 `json:"limit"`
	Unit         string   `json:"unit"`
	SincePlantMs *int64   `json:"since_plant_ms"`
}

// Trend is GET /api/trend?element=&quantity=&quantity=…&from_plant_ms=&to_plant_ms=&max_points=
// (default: the last hour of the plant's clock, 600 points).
type Trend struct {
	Element string `json:"element"`
	From    int64  `json:"from_plant_ms"`
	To      int64  `json:"to_plant_ms"`
	Pens    []Pen  `json:"pens" doc:"in the order asked for"`
}

// Pen is one curve. T and V run parallel; a null in V is a gap and is drawn as
// one, never joined.
type Pen struct {
	Quantity string     `json:"quantity"`
	Unit     string     `json:"unit" doc:"degC, MPa, kPa, t/h, m3/h, %, Hz"`
	Decimals int        `json:"decimals"`
	Stored   bool       `json:"stored" doc:"false: 该点未存历史"`
	T        []int64    `json:"t" doc:"plant clock, ms"`
	V        []*float64 `json:"v"`
}
