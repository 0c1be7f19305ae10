package api

// Network is GET /api/network: what the map draws. It is static while
// System.NetworkID stands; fetch it once. Coordinates are plane metres, x
// east, y north; null where nobody gave them.
type Network struct {
	ID        string       `json:"id"`
	Name      Text         `json:"name"`
	Junctions []Junction   `json:"junctions"`
	Pipes     []Pipe       `json:"pipes"`
	Valves    []Valve      `json:"valves"`
	Pumps     []Pump       `json:"pumps"`
	Sources   []SourcePin  `json:"sources"`
	Stations  []StationPin `json:"stations"`
	// Limits colour the pipes.
	FrictionLimit float64 `json:"friction_limit_Pa_per_m"`
	VelocityLimit float64 `json:"velocity_limit_m_per_s"`
}

// Junction is a point of the map.
type Junction struct {
	ID        string   `json:"id"`
	Name      Text     `json:"name"`
	Side      string   `json:"side" enum:"supply,return,none"`
	X         *float64 `json:"x_m"`
	Y         *float64 `json:"y_m"`
	Elevation *float64 `json:"elevation_m"`
	Hold      bool     `json:"hold" doc:"pressure hold 定压点"`
}

// Pipe is a pipe of one side. The map draws the supply side; Partner lies in
// the same trench.
type Pipe struct {
	ID        string   `json:"id"`
	From      string   `json:"from"`
	To        string   `json:"to"`
	Side      string   `json:"side" enum:"supply,return,none"`
	Partner   string   `json:"partner" doc:"'' none"`
	DN        *int     `json:"dn"`
	Year      *int     `json:"year" doc:"laid in"`
	Length    float64  `json:"length_m"`
	PN        *float64 `json:"pn_MPa" doc:"pressure class"`
	Material  string   `json:"material"`
	InService bool     `json:"in_service"`
}

// Valve is a valve in the network (sectioning, tie, balancing).
type Valve struct {
	ID         string  `json:"id"`
	Name       Text    `json:"name"`
	From       string  `json:"from"`
	To         string  `json:"to"`
	Side       string  `json:"side" enum:"supply,return,none"`
	Opening    float64 `json:"opening_percent" doc:"as filed"`
	Sectioning bool    `json:"sectioning"`
	InService  bool    `json:"in_service"`
}

// Pump is a pump in the network.
type Pump struct {
	ID        string `json:"id"`
	Name      Text   `json:"name"`
	From      string `json:"from"`
	To        string `json:"to"`
	InService bool   `json:"in_service"`
}

// SourcePin places a source. Return water enters at From, supply water leaves
// at To.
type SourcePin struct {
	ID   string `json:"id"`
	Name Text   `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

// StationPin places a station: From is its supply junction, To its return
// junction. Position is From's.
type StationPin struct {
	ID   string  `json:"id"`
	Name Text    `json:"name"`
	From string  `json:"from"`
	To   string  `json:"to"`
	Area float64 `json:"heated_area_m2"`
	// DesignFlow and Kvs are the sizing, for the faceplate.
	DesignFlow *float64 `json:"design_flow_t_per_h"`
	Kvs        *float64 `json:"kvs_m3_per_h"`
}

// Pipes is GET /api/pipes: the computed state of all pipes, columns parallel
// to Network.Pipes. Fetch it again when System.Model.Version changes.
type Pipes struct {
	NetworkID string     `json:"network_id"`
	Version   int64      `json:"version"`
	PlantMs   *int64     `json:"plant_ms" doc:"of the readings behind it"`
	Good      bool       `json:"good" doc:"false: draw pipes grey"`
	Flow      []*float64 `json:"flow_t_per_h" doc:"positive from→to"`
	Velocity  []*float64 `json:"velocity_m_per_s"`
	Friction  []*float64 `json:"friction_Pa_per_m"`
}

// Profile is GET /api/profile/{station}: the pressure diagram 水压图 along the
// path of falling head from the source that feeds the station. 422 with code
// "profile_no_path" and the closed valves as elements when nothing feeds it.
type Profile struct {
	Source  string `json:"source"`
	Station string `json:"station"`
	Version int64  `json:"version" doc:"of the model"`
	PlantMs *int64 `json:"plant_ms" doc:"of the readings behind it"`
	Good    bool   `json:"good" doc:"false: draw dashed, 'by the model of …'"`
	// After is the id of the recommendation or order whose effect the
	// after_* values show; '' where there is none and they are all null.
	After      string         `json:"after"`
	StaticHead *float64       `json:"static_head_m" doc:"静水压线 above datum, pumps off"`
	Points     []ProfilePoint `json:"points" doc:"from the source to the station"`
	Checks     []Check        `json:"checks" doc:"boiling, sub_atmospheric, over_pressure, short_differential, in this order"`
	// Measured is what the meters say at the station, drawn as dots: heads
	// above datum.
	MeasuredSupply   *float64 `json:"measured_supply_head_m"`
	MeasuredReturn   *float64 `json:"measured_return_head_m"`
	Differential     *float64 `json:"differential_kPa" doc:"at the station, by the model"`
	DifferentialNeed *float64 `json:"differential_need_kPa"`
	AfterDiff        *float64 `json:"after_differential_kPa"`
}

// ProfilePoint is one place on the path. Heads are metres above datum.
type ProfilePoint struct {
	Distance       float64  `json:"distance_m" doc:"of supply pipe from the source"`
	Supply         string   `json:"supply" doc:"junction"`
	Return         string   `json:"return" doc:"junction, '' without partner"`
	Elevation      *float64 `json:"elevation_m"`
	SupplyHead     *float64 `json:"supply_head_m"`
	ReturnHead     *float64 `json:"return_head_m"`
	AfterSupply    *float64 `json:"after_supply_head_m"`
	AfterReturn    *float64 `json:"after_return_head_m"`
	BoilingHead    *float64 `json:"boiling_head_m" doc:"汽化线: the supply line must stay above"`
	AllowedHead    *float64 `json:"allowed_head_m" doc:"pressure class PN as head: the lines must stay below"`
	SupplyPressure *float64 `json:"supply_pressure_MPa"`
	ReturnPressure *float64 `json:"return_pressure_MPa"`
	Differential   *float64 `json:"differential_kPa"`
	// The rest is of the supply pipe that leads here; "" and null at the
	// source.
	Pipe           string   `json:"pipe"`
	ReturnPipe     string   `json:"return_pipe"`
	DN             *int     `json:"dn"`
	Year           *int     `json:"year"`
	PN             *float64 `json:"pn_MPa"`
	Flow           *float64 `json:"flow_t_per_h"`
	Velocity       *float64 `json:"velocity_m_per_s"`
	Friction       *float64 `json:"friction_Pa_per_m"`
	ReturnFriction *float64 `json:"return_friction_Pa_per_m"`
}

// Check is one limit with its tightest place.
type Check struct {
	Code     string   `json:"code" doc:"boiling, sub_atmospheric, over_pressure, short_differential, static_boiling"`
	OK       *bool    `json:"ok" doc:"null: cannot be judged, see missing"`
	Margin   *float64 `json:"margin_kPa" doc:"positive: kept"`
	Value    *float64 `json:"value_kPa"`
	Bound    *float64 `json:"bound_kPa"`
	Element  string   `json:"element" doc:"where it is tightest"`
	Distance *float64 `json:"distance_m" doc:"of that place on the profile"`
	Missing  *Finding `json:"missing,omitempty" doc:"elevation_missing {count}"`
}
