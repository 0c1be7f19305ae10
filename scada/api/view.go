// Package api is the web door of the control room: HTTP, JSON documents,
// OpenAPI 3.1 at /openapi.json, and the feed of the websocket. It has no
// logic of its own: everything it shows and does comes from a [Backend].
//
// # Documents
//
// The documents of the page are the Go types in the files view*.go:
//
//	view.go          common parts, session, system, KPI strip
//	view_network.go  the network for the map, pipes' state, pressure diagram
//	view_station.go  stations, source, not-right list, trend
//	view_order.go    recommendation, orders, manual set, journal, commands
//	view_stream.go   the websocket
//
// # Conventions of every document
//
//   - Keys carry the unit people use: _degC, _MPa, _kPa, _t_per_h, _percent,
//     _Hz, _kW, _MW, _m, _m2, _Pa_per_m, _m_per_s. A flow ratio x has none.
//   - A number that is not known is null, never 0. A list is never null. An
//     object that does not exist is absent.
//   - A measured value is a [Live]: value, quality, source time.
//   - Times are integers, milliseconds since 1970 UTC. Keys ending in
//     _plant_ms are on the plant's clock (which a demo runs faster), all other
//     _ms on the wall clock.
//   - Words for people are given as code and parameters ([Finding]); the page
//     words them in the user's language. Names of things are given in both
//     languages ([Text]).
package api

import "evenflow/scada/auth"

// Text is a name in both languages; where only one is known both are equal.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// Live is a measured or set value in the unit of its key.
type Live struct {
	// V is the newest value. For quality lost and stale it is the last good
	// one; for bad the value as it was read; null: never read, or the station
	// has no such point (then Q is "none" and T is null).
	V *float64 `json:"v" doc:"value in the unit of the key; null: missing"`
	Q Quality  `json:"q"`
	T *int64   `json:"t" doc:"source time of V on the plant's clock, ms since 1970; null: never read"`
	// Why says in English why Q is not good; absent where it is.
	Why string `json:"why,omitempty"`
}

// Quality is how far a value may be trusted; the words of models.Quality.
type Quality string

// The qualities. None: never read, or no such point: the page prints "·" for
// a point that does not exist (Station.Points lacks it) and "—" otherwise.
const (
	QualityNone        Quality = "none"
	QualityLost        Quality = "lost"
	QualityBad         Quality = "bad"
	QualityStale       Quality = "stale"
	QualitySubstituted Quality = "substituted"
	QualityEstimated   Quality = "estimated"
	QualityGood        Quality = "good"
)

// Finding is a statement about the plant as a code with parameters, for the
// page to word. Param keys carry units like all keys; values are numbers,
// strings (ids, codes) or lists of ids. The codes stand beside the field that
// uses them. English is a plain sentence for scripts and for a code that the
// page does not know. A finding with both sentences says them itself: the page
// shows one of them as it stands.
type Finding struct {
	Code     string         `json:"code"`
	Params   map[string]any `json:"params"`
	Elements []string       `json:"elements" doc:"element ids the statement is about"`
	English  string         `json:"english,omitempty"`
	Chinese  string         `json:"chinese,omitempty"`
}

// Session is GET /api/session: who is at the desk. 401 with code
// "not_signed_in" when nobody is.
type Session struct {
	Name    string   `json:"name" doc:"as typed at sign-in"`
	Display string   `json:"display" doc:"as shown, e.g. 李工"`
	Role    string   `json:"role" enum:"viewer,dispatcher,engineer,admin,auditor"`
	Rights  []Right  `json:"rights"`
	Modes   []Mode   `json:"modes" doc:"those the role may set; auto takes a second person of the other role"`
	Topics  []string `json:"topics" doc:"websocket topics allowed; 'station/*' stands for every station"`
	Demo    bool     `json:"demo" doc:"signed in automatically: the page offers no sign-out"`
	// ExpiresMs is when the session ends at the latest (wall).
	ExpiresMs int64 `json:"expires_ms"`
	// IdleMs is how long a session may be idle before it ends, ms; 0: no limit.
	// Activity is every command, and GET /api/session: the page sends it at
	// most once a minute while somebody moves the pointer or types.
	IdleMs int64 `json:"idle_ms"`
}

// Right is one thing a role may do. The page shows a command that the session
// has no right to as disabled with the reason; the server decides. The words:
//
//	see       live values, orders, recommendation, trends, journal
//	audit     addresses in the journal
//	propose   compute a recommendation, preview a manual set
//	approve   approve, reject, revert
//	manual    set one valve or pump by hand
//	stop      stop-all
//	resume    end stop-all
//	mode      change a mode; which ones stands in Session.Modes
//	lock      lock and unlock an element
//	envelope  open an envelope of wider limits
//	users     make and disable users
type Right = auth.Right

// Mode is what may happen at a network or station; the strictest wins.
type Mode string

// The modes, strictest first.
const (
	ModeOff      Mode = "off"      // not polled, not written
	ModeMonitor  Mode = "monitor"  // polled only; the writer does not exist
	ModeShadow   Mode = "shadow"   // computes and journals, never sends
	ModeAdvisory Mode = "advisory" // recommends; a dispatcher approves
	ModeAuto     Mode = "auto"     // sends inside an approved envelope
)

// System is GET /api/system and topic "system": the state of the service.
type System struct {
	Network   Text   `json:"network" doc:"name of the network"`
	NetworkID string `json:"network_id" doc:"changes when the network file does: fetch /api/network again"`
	// Build is the build's id. When it differs from the one the page was
	// loaded with, the page offers a reload.
	Build     string `json:"build"`
	Simulated bool   `json:"simulated" doc:"the plant is a virtual one: 演示数据"`
	Mode      Mode   `json:"mode" doc:"of the network; a station's own stands in its row"`
	// Armed: a writer exists, commands can reach the plant.
	Armed bool `json:"armed"`
	// Stopped is present while stop-all is in force.
	Stopped *Stopped `json:"stopped,omitempty"`
	// ResumePersons is how many persons end a stop-all: 2; 1 in a demo.
	ResumePersons int      `json:"resume_persons"`
	Envelope      Envelope `json:"envelope"`
	Clock         Clock    `json:"clock"`
	Model         Model    `json:"model"`
	Links         Links    `json:"links"`
	Band          Band     `json:"band"`
	ScanS         float64  `json:"scan_s" doc:"poll period, plant seconds; a tag older than 3 of them is stale"`
	// Blocked says why no command can be given at all right now, whoever
	// asks: mode_monitor, mode_off, stopped {by}, journal_fails, no_writer.
	// Absent: commands are possible.
	Blocked *Finding `json:"blocked,omitempty"`
	// TwoPersonItems is the size from which an order needs two persons;
	// 0: the threshold is switched off, which the page shows.
	TwoPersonItems int `json:"two_person_items"`
}

// Stopped tells who stopped all orders, when and why.
type Stopped struct {
	By     string `json:"by"`
	AtMs   int64  `json:"at_ms"`
	Reason string `json:"reason"`
	// ResumedBy is who has asked for resuming already, where it takes two.
	ResumedBy []string `json:"resumed_by"`
}

// Envelope is the named set of limits that orders go out under.
type Envelope struct {
	Name      string  `json:"name" doc:"normal or initial-balance"`
	OpenedBy  string  `json:"opened_by,omitempty"`
	UntilMs   *int64  `json:"until_ms" doc:"wall; null: normal, or no end"`
	StepPct   float64 `json:"step_percent" doc:"largest step of an opening in one order"`
	BatchPct  float64 `json:"batch_percent" doc:"share of stations in one batch"`
	IntervalS float64 `json:"interval_s" doc:"plant seconds between batches"`
	MinPauseS float64 `json:"min_pause_s" doc:"plant seconds between two writes to one point"`
}

// Clock relates the plant's clock to the wall's.
type Clock struct {
	PlantMs int64   `json:"plant_ms"`
	WallMs  int64   `json:"wall_ms"`
	Speed   float64 `json:"speed" doc:"plant seconds per wall second; 1 in a real plant"`
}

// Model is how far the calculation behind the map and diagram can be trusted.
type Model struct {
	State         string   `json:"state" enum:"good,stale,failed,none"`
	SolvedPlantMs *int64   `json:"solved_plant_ms"`
	Residual      *float64 `json:"residual_percent" doc:"RMS of measured minus modelled differential over the mean differential"`
	Version       int64    `json:"version" doc:"grows with every solve: fetch pipes and profile again"`
	// Problem: model_not_converged {residual_kPa}, model_old {minutes}, model_residual {residual_percent}, model_cut_off.
	Problem *Finding `json:"problem,omitempty"`
	// CalibratedPlantMs is when the corrections in use were learned; null: none.
	CalibratedPlantMs *int64 `json:"calibrated_plant_ms"`
	Rounds            int    `json:"rounds" doc:"rounds the calibration rests on"`
}

// Links counts the PLCs.
type Links struct {
	PLCs       int `json:"plcs"`
	Answering  int `json:"answering"`
	Unmeasured int `json:"unmeasured" doc:"stations without points, 未接入"`
}

// Band is the range of x that counts as balanced on the page.
type Band struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// KPI is GET /api/kpi and topic "kpi": the strip on top of the page.
type KPI struct {
	Heat            Live     `json:"heat_MW" doc:"given by all sources"`
	HeatNeeded      *float64 `json:"heat_needed_MW" doc:"required by the weather"`
	SupplyTemp      Live     `json:"supply_temperature_degC" doc:"of the largest source"`
	SupplyTempSet   *float64 `json:"supply_temperature_setpoint_degC"`
	ReturnTemp      Live     `json:"return_temperature_degC"`
	ReturnTempLimit *float64 `json:"return_temperature_limit_degC"`
	Critical        Live     `json:"critical_differential_kPa" doc:"least differential to spare"`
	CriticalNeed    *float64 `json:"critical_need_kPa"`
	CriticalStation string   `json:"critical_station" doc:"station id, '' unknown"`
	MakeUp          Live     `json:"make_up_t_per_h"`
	MakeUpLimit     *float64 `json:"make_up_limit_t_per_h"`
	Flow            Live     `json:"flow_t_per_h" doc:"circulating, all sources"`
	Outdoor         Live     `json:"outdoor_degC"`
	Under           int      `json:"under" doc:"stations below the band"`
	Over            int      `json:"over"`
	Lost            int      `json:"lost"`
	NotRight        int      `json:"not_right" doc:"lines of the not-right list"`
	Stations        int      `json:"stations"`
	XMin            *float64 `json:"x_min"`
	XMax            *float64 `json:"x_max"`
	XRMS            *float64 `json:"x_rms_percent" doc:"RMS of x-1, in percent"`
	PumpPower       *float64 `json:"pump_power_kW" doc:"by the model, all sources"`
	Pending         int      `json:"pending" doc:"orders waiting for approval"`
	PendingOldestMs *int64   `json:"pending_oldest_ms"`
	Running         int      `json:"running" doc:"orders under way to the plant"`
}
