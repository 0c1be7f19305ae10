package api

// Stage is where an order or one of its items stands. An order is as far as
// its least advanced item under way; a finished order stands at the worst of
// its ends.
type Stage string

// The stages. From "confirmed" on nothing is sent any more; "in_force" and
// those from "rejected" on are ends.
const (
	StageNone       Stage = ""
	StageProposed   Stage = "proposed"
	StageApproved   Stage = "approved"
	StageSelected   Stage = "selected"
	StageWriting    Stage = "writing"
	StageWritten    Stage = "written"
	StageUncertain  Stage = "uncertain" // sent, no valid answer: will be read back, is never sent again
	StageConfirmed  Stage = "confirmed" // read back
	StageInForce    Stage = "in_force"  // feedback follows
	StageRejected   Stage = "rejected"
	StageExpired    Stage = "expired"
	StageSuperseded Stage = "superseded"
	StageNotDone    Stage = "not_done"
	StageNoEffect   Stage = "no_effect"
)

// Advice is GET /api/recommendation and the row "current" of topic
// "recommendation".
type Advice struct {
	// State: none (nothing to recommend: reason says why), computing, ready,
	// failed.
	State string `json:"state" enum:"none,computing,ready,failed"`
	// Why for none: all_in_band {low, high, solved_plant_ms}, not_asked,
	// nothing_to_move {count, low, high},
	// order_running {order}, mode {mode}, model_stale, settling {until_plant_ms}.
	// For failed: not_converged, no_pressure, no_readings, cut_off.
	Why            *Finding        `json:"why,omitempty"`
	Recommendation *Recommendation `json:"recommendation,omitempty" doc:"present when ready"`
}

// Recommendation is advice with its predicted effect. It becomes an order of
// the same id; while Stage is "proposed" it waits for approval.
type Recommendation struct {
	ID         string `json:"id" doc:"of the order; the page shows its last 6 characters"`
	Stage      Stage  `json:"stage"`
	AtPlantMs  int64  `json:"at_plant_ms" doc:"of the readings it rests on"`
	ProposedMs int64  `json:"proposed_ms"`
	// ValidUntilMs is until when it can be approved.
	ValidUntilMs int64 `json:"valid_until_ms"`
	// Reasons, most important first: under_supplied {count, x_min, worst},
	// over_supplied {count, x_max, worst}, pump_too_high {head_kPa, need_kPa},
	// pump_too_low {head_kPa, need_kPa}, index_station {station},
	// differential_short {count}.
	Reasons     []Finding     `json:"reasons"`
	Moves       []Move        `json:"moves" doc:"in the order they are carried out"`
	Effect      Effect        `json:"effect"`
	Stations    []Predicted   `json:"stations" doc:"every station with a requirement, network order"`
	Unreachable []Unreachable `json:"unreachable" doc:"who will not get what it requires, worst first"`
	Held        []HeldStation `json:"held"`
	Suspects    []Suspect     `json:"suspects" doc:"choked mains, half-closed valves and meters the calibration names"`
	Checks      []Check       `json:"checks" doc:"network-wide, after action"`
	Basis       Basis         `json:"basis"`
	// Batches and duration as the envelope in force would carry it out.
	Batches   int     `json:"batches"`
	DurationS float64 `json:"duration_s" doc:"plant seconds until the last batch"`
	Persons   int     `json:"persons" doc:"whose approval it takes: 1 or 2"`
	// Blocked: why it cannot be approved now: needs_recomputing, infeasible,
	// expired, and the codes of System.Blocked. Absent: it can.
	Blocked *Finding `json:"blocked,omitempty"`
}

// Basis is what a recommendation rests on.
type Basis struct {
	Residual *float64 `json:"residual_percent"`
	Rounds   int      `json:"rounds" doc:"rounds of readings the calibration rests on"`
	Polls    int      `json:"polls" doc:"polls averaged"`
	TookMs   int64    `json:"took_ms"`
	Outdoor  *float64 `json:"outdoor_degC"`
}

// Move is one setting to change.
type Move struct {
	Element  string   `json:"element"`
	Name     Text     `json:"name"`
	Quantity string   `json:"quantity" enum:"opening_setpoint,speed_setpoint,supply_temperature_setpoint"`
	Unit     string   `json:"unit" doc:"%, Hz or degC: of from and to"`
	From     float64  `json:"from"`
	To       float64  `json:"to"`
	Reason   Finding  `json:"reason" doc:"over_supplied, under_supplied, follows_head, head_for_index {station}, nothing_wanted, manual, revert {order}"`
	XBefore  *float64 `json:"x_before"`
	XAfter   *float64 `json:"x_after"`
	Batch    int      `json:"batch" doc:"1-based; 0 not planned yet"`
}

// Effect compares the network before and after an action, both by the model.
type Effect struct {
	Before Outcome `json:"before"`
	After  Outcome `json:"after"`
}

// Outcome sums up how the network stands.
type Outcome struct {
	XMin         *float64 `json:"x_min"`
	XMax         *float64 `json:"x_max"`
	XRMS         *float64 `json:"x_rms_percent"`
	InBand       int      `json:"in_band" doc:"stations with x in 0.95–1.05"`
	Under        int      `json:"under" doc:"below System.Band"`
	Over         int      `json:"over"`
	MinDiff      *float64 `json:"min_differential_kPa" doc:"least differential to spare"`
	MinDiffAt    string   `json:"min_differential_station"`
	PumpPower    *float64 `json:"pump_power_kW"`
	PumpSpeed    *float64 `json:"pump_speed_Hz"`
	PumpHead     *float64 `json:"pump_head_kPa"`
	SupplyMax    *float64 `json:"max_pressure_MPa"`
	Flow         *float64 `json:"flow_t_per_h"`
	HeatDelivery *float64 `json:"heat_MW"`
}

// Predicted is what an action does at one station. Measured values are there
// once the action is in force and settled.
type Predicted struct {
	Station      string   `json:"station"`
	XBefore      *float64 `json:"x_before"`
	XAfter       *float64 `json:"x_after"`
	FlowBefore   *float64 `json:"flow_before_t_per_h"`
	FlowAfter    *float64 `json:"flow_after_t_per_h"`
	DiffBefore   *float64 `json:"differential_before_kPa"`
	DiffAfter    *float64 `json:"differential_after_kPa"`
	SupplyAfter  *float64 `json:"supply_pressure_after_MPa"`
	ReturnAfter  *float64 `json:"return_pressure_after_MPa"`
	XMeasured    *float64 `json:"x_measured"`
	FlowMeasured *float64 `json:"flow_measured_t_per_h"`
	DiffMeasured *float64 `json:"differential_measured_kPa"`
}

// Unreachable is a station that will not stand at the wanted x.
type Unreachable struct {
	Station string  `json:"station"`
	Name    Text    `json:"name"`
	X       float64 `json:"x" doc:"predicted"`
	// Reason: valve_wide_open, pump_at_limit, differential_short,
	// shortage_shared, unconfirmed, held, cut_off, valve_at_minimum.
	Reason       Finding  `json:"reason"`
	Differential *float64 `json:"differential_kPa"`
	Need         *float64 `json:"need_kPa"`
	// Cure: raise_head {head_kPa}, larger_valve {kvs_m3_per_h}, clear_branch
	// {loss_kPa}, confirm_reading, release, open_valves, smaller_valve
	// {kvs_m3_per_h}.
	Cure Finding `json:"cure"`
}

// HeldStation is a station left as it is, with the codes of Station.Held.
type HeldStation struct {
	Station string  `json:"station"`
	Name    Text    `json:"name"`
	Why     Finding `json:"why"`
}

// Suspect is an element or a section between metered places whose resistance
// the readings contradict, or a meter that they contradict. What: suspect
// {loss_kPa, score}, flow_meter_suspect {score}, pressure_meter_suspect {score}.
type Suspect struct {
	Elements []string `json:"elements"`
	What     Finding  `json:"what"`
}

// Order is one row of GET /api/orders (live ones and the latest finished,
// newest first), GET /api/orders/{id}, and of topic "orders" (key = id; there
// without items and stations: fetch those with GET /api/orders/{id} when rev
// changes and the order is open on the page).
type Order struct {
	ID    string `json:"id"`
	Rev   int64  `json:"rev" doc:"grows with every change of the order"`
	Kind  string `json:"kind" enum:"recommendation,manual,revert"`
	Stage Stage  `json:"stage"`
	// Title sums it up: balance {stations, pumps}, manual {element, quantity,
	// unit, from, to}, revert {order, items}.
	Title        Finding    `json:"title"`
	By           string     `json:"by"`
	Reason       string     `json:"reason" doc:"as typed; in English where nobody typed one"`
	Because      *Finding   `json:"because,omitempty" doc:"the reason, where the program gave it"`
	ProposedMs   int64      `json:"proposed_ms"`
	ValidUntilMs int64      `json:"valid_until_ms"`
	Approvals    []Approval `json:"approvals"`
	Persons      int        `json:"persons"`
	RejectedBy   string     `json:"rejected_by,omitempty"`
	RejectReason string     `json:"reject_reason,omitempty"`
	Envelope     string     `json:"envelope"`
	Progress     Progress   `json:"progress"`
	Batch        int        `json:"batch" doc:"begun last, 1-based"`
	Batches      int        `json:"batches"`
	NextPlantMs  *int64     `json:"next_batch_plant_ms"`
	// Halted: why the rest was not sent, in the desk's own sentence: failures
	// {count}, stop_all {by}, mode_is {mode}, time_over, restart.
	Halted     *Finding `json:"halted,omitempty"`
	Reverts    string   `json:"reverts,omitempty" doc:"order whose values it restores"`
	RevertedBy string   `json:"reverted_by,omitempty"`
	FinishedMs *int64   `json:"finished_ms"`
	// Can lists what may be done with it now, rights apart: approve, reject,
	// revert.
	Can     []string    `json:"can"`
	Effect  *Effect     `json:"effect,omitempty" doc:"predicted"`
	Result  *Result     `json:"result,omitempty" doc:"predicted against measured, once settled"`
	Items   []Item      `json:"items"`
	Details []Predicted `json:"stations"`
}

// Approval is one person's yes.
type Approval struct {
	By       string `json:"by"`
	AtMs     int64  `json:"at_ms"`
	Standing string `json:"standing,omitempty" doc:"the standing approval that spoke in the person's name"`
	Note     string `json:"note,omitempty" doc:"as typed"`
}

// Progress counts items.
type Progress struct {
	Total     int `json:"total"`
	Waiting   int `json:"waiting" doc:"approved, not yet sent"`
	Working   int `json:"working" doc:"between selection and confirmation"`
	Uncertain int `json:"uncertain"`
	Confirmed int `json:"confirmed"`
	InForce   int `json:"in_force"`
	Failed    int `json:"failed"`
	Sent      int `json:"sent" doc:"written to the plant at all"`
}

// Result compares what an order was predicted to do with what was measured
// afterwards. The measured means are over the polls since it settled.
type Result struct {
	// State: settling {until_plant_ms} in Why, measured, or impossible
	// (readings bad, or another order came).
	State     string   `json:"state" enum:"settling,measured,impossible"`
	Why       *Finding `json:"why,omitempty"`
	AtPlantMs *int64   `json:"at_plant_ms"`
	Predicted Outcome  `json:"predicted"`
	Measured  Outcome  `json:"measured"`
	// Error is the RMS of measured minus predicted x, in percent of 1.
	Error *float64 `json:"x_error_percent"`
	// Verdict: met, partly, missed (达成 / 部分 / 未达成).
	Verdict string `json:"verdict"`
}

// Item is one setpoint of an order.
type Item struct {
	N        int     `json:"n"`
	Element  string  `json:"element"`
	Name     Text    `json:"name"`
	Quantity string  `json:"quantity"`
	Unit     string  `json:"unit"`
	From     float64 `json:"from" doc:"expected present setpoint"`
	To       float64 `json:"to"`
	Batch    int     `json:"batch"`
	Stage    Stage   `json:"stage"`
	// Note: what the program says about it in English, e.g. why it failed.
	Note string `json:"note"`
	// Why, where it failed or waits, in the desk's own sentence: refused
	// {answer}, not_sent {answer}, foreign_value {value}, old_value {expected,
	// found}, rate_limit {ago_s, pause_s}, locked_by {by, until_ms}, and so on.
	Why      *Finding         `json:"why,omitempty"`
	ReadBack *float64         `json:"read_back"`
	Feedback *float64         `json:"feedback"`
	Times    map[string]int64 `json:"times" doc:"stage → wall ms when it was entered"`
}

// ManualInput asks for the predicted effect of setting one thing by hand:
// POST /api/manual/preview.
type ManualInput struct {
	Element  string  `json:"element" minLength:"1" maxLength:"200"`
	Quantity string  `json:"quantity" enum:"opening_setpoint,speed_setpoint,supply_temperature_setpoint"`
	Value    float64 `json:"value" doc:"%, Hz or degC, by the quantity"`
}

// Preview answers: what the manual set would do. Confirm it with POST
// /api/manual {"preview": id} before valid_until_ms.
type Preview struct {
	ID           string      `json:"id"`
	Move         Move        `json:"move"`
	Min          float64     `json:"min" doc:"limits now, in the move's unit"`
	Max          float64     `json:"max"`
	Effect       Effect      `json:"effect"`
	Stations     []Predicted `json:"stations" doc:"those whose x changes by more than 0.01, the set one first"`
	Checks       []Check     `json:"checks"`
	Warnings     []Finding   `json:"warnings" doc:"model_stale, model_residual, leaves_band {count}, frost"`
	ValidUntilMs int64       `json:"valid_until_ms"`
	Persons      int         `json:"persons"`
	// Blocked: why it cannot be confirmed: out_of_limits {min, max}, local, lost,
	// locked {by}, held_by_order {order}, infeasible, and System.Blocked's.
	Blocked *Finding `json:"blocked,omitempty"`
}

// ManualConfirm is the body of POST /api/manual.
type ManualConfirm struct {
	Preview string `json:"preview" minLength:"1" maxLength:"100"`
	Reason  string `json:"reason" maxLength:"500" doc:"may be empty"`
}

// ReasonInput is the body of approve, revert, stop and resume.
type ReasonInput struct {
	Reason string `json:"reason" maxLength:"500" required:"false"`
}

// RejectInput is the body of POST /api/orders/{id}/reject.
type RejectInput struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"obligatory"`
}

// ModeInput is the body of POST /api/mode.
type ModeInput struct {
	Element string `json:"element" maxLength:"200" required:"false" doc:"station or source; '': the network"`
	Mode    Mode   `json:"mode" enum:"off,monitor,shadow,advisory,auto"`
	Reason  string `json:"reason" maxLength:"500" required:"false"`
}

// LockInput is the body of POST /api/lock. Unlock with POST /api/unlock.
type LockInput struct {
	Element string `json:"element" minLength:"1" maxLength:"200"`
	Kind    string `json:"kind" enum:"locked,out_of_service" required:"false" doc:"locked (the default): a person wants it left as it is; out_of_service: it does not work"`
	Reason  string `json:"reason" minLength:"1" maxLength:"500"`
	Minutes int    `json:"minutes" minimum:"1" maximum:"525600"`
}

// UnlockInput is the body of POST /api/unlock.
type UnlockInput struct {
	Element string `json:"element" minLength:"1" maxLength:"200"`
	Reason  string `json:"reason" maxLength:"500" required:"false"`
}

// EnvelopeInput is the body of POST /api/envelope.
type EnvelopeInput struct {
	Name    string `json:"name" enum:"normal,initial-balance" doc:"normal closes what is open"`
	Minutes int    `json:"minutes" minimum:"0" maximum:"10080" doc:"wall; 0 for normal"`
	Reason  string `json:"reason" minLength:"1" maxLength:"500"`
}

// JournalRow is one row of GET /api/journal?before=&limit= (newest first) and
// of topic "journal" (the latest 50; key = seq). Values are in Unit.
type JournalRow struct {
	Seq     int64    `json:"seq"`
	AtMs    int64    `json:"at_ms"`
	PlantMs *int64   `json:"plant_ms"`
	Who     string   `json:"who"`
	Role    string   `json:"role"`
	From    string   `json:"from" doc:"address; only for those with right audit"`
	Action  string   `json:"action" doc:"stable word: order.propose, order.approve, order.reject, order.manual, order.revert, order.finished, item, stop, resume, lock, unlock, envelope.open, standing.sign, mode.advisory, mode.auto, mode.set, session.in, session.out, session.denied, user.add, user.disable, start, plant.*"`
	Denied  bool     `json:"denied"`
	Element string   `json:"element"`
	Name    Text     `json:"name" doc:"of the element"`
	Point   string   `json:"point" doc:"quantity"`
	Unit    string   `json:"unit"`
	Old     *float64 `json:"old"`
	New     *float64 `json:"new"`
	Order   string   `json:"order"`
	Item    *int     `json:"item"`
	Stage   Stage    `json:"stage"`
	Reason  string   `json:"reason"`
	// ReasonZH is Reason in Chinese, where the program gave it.
	ReasonZH string `json:"reason_zh,omitempty"`
}

// Problem is every error: application/problem+json (RFC 9457) with a stable
// code, the message in both languages and the elements it points at.
type Problem struct {
	Status   int      `json:"status"`
	Title    string   `json:"title"`
	Code     string   `json:"code"`
	Reason   string   `json:"reason,omitempty" doc:"stable word: which of the desk's reasons; its sentences leave out the elements"`
	Detail   string   `json:"detail" doc:"English"`
	DetailZH string   `json:"detail_zh"`
	Remedy   string   `json:"remedy,omitempty"`
	Elements []string `json:"elements"`
	Order    string   `json:"order,omitempty" doc:"the order that stands in the way"`
	// RetryAfterS is how long to wait, with 429.
	RetryAfterS int `json:"retry_after_s,omitzero"`
}
