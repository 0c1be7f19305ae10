package api

// # The websocket, GET /api/live
//
// Text frames of JSON, deflated. The socket reports; commands are POSTs. The
// session cookie and an Origin of the page are needed; close codes: 4401
// session ended, 4403 right lost, 4408 page too slow, 1012 service restarts.
//
// Server → page, told apart by "k"; every frame carries "t", the server's wall
// clock, and "p", the plant's clock, both ms since 1970:
//
//	{"k":"hello","t":…,"p":…,"version":1,"build":"…","topics":["system",…,"station/*"]}
//	{"k":"snap","t":…,"p":…,"topic":"net","epoch":"9f3c…","s":41,
//	 "cols":["state","x",…],"rows":["ST-001","ST-002",…],
//	 "v":[[row 0's values in column order],[row 1's],…],
//	 "q":[[id,"stale"],…]}
//	{"k":"delta","t":…,"p":…,"topic":"net","s":42,"r":["ST-201"],"x":[17],"i":[3,1,12],"v":[0.93,null,"under"],"q":[[3,"good"]]}
//	{"k":"beat","t":…,"p":…}
//	{"k":"deny","t":…,"p":…,"topic":"…","code":"no_such_topic"}
//	{"k":"bye","t":…,"p":…,"retry_ms":6200}
//
// A topic is a table. The id of a cell is row·len(cols)+col; "i" holds the
// first id and then the differences to the next (ids ascend), parallel to
// "v". "r" appends rows (all cells null until set in the same frame), "x"
// marks rows as gone: their cells are null, their numbers are not used again.
// A value is a number at display resolution, a string, a boolean, an object,
// or null. "q" lists cells whose quality is not "good" in a snap, and cells
// whose quality changed in a delta; a cell in neither is "good". Which keys
// are omitted when empty: r, x, i, v, q.
//
// A delta's "s" is the previous "s" of its topic plus 1. When it is not, the
// page sends sub without epoch and gets a snap. A beat comes after 1 s
// without another frame: no frame for 3 s means that the data stopped.
//
// Page → server:
//
//	{"sub":{"topic":"net","epoch":"9f3c…","s":41}}   epoch and s only to resume: missing deltas come if the server still has them, else a snap
//	{"unsub":"station/ST-001"}
//	{"ack":1760000000000}                            "t" of the newest frame applied, at least every 5 s; 15 s without: the page counts as slow
//
// Topics, their rows and columns:
//
//	system          row "system", column "doc": the System document
//	kpi             row "kpi": one column a key of KPI; Live ones with quality
//	source          a row a source; columns: keys of Source
//	net             a row a station; columns: StreamNetColumns
//	station/<id>    one row; columns: keys of Station
//	not_right       a row a line (its key); columns "rank" (1 worst first) and "doc": NotRight
//	recommendation  row "current", column "doc": Advice
//	orders          a row an order (its id); column "doc": Order without items and stations
//	journal         a row an entry (its seq); column "doc": JournalRow
//
// In kpi, source, net and station a Live is its plain value V with quality Q
// in "q"; its source time is the row's "plant_ms". Every other key holds what
// the document holds under it (name: Text, held: Finding or null, …).

// StreamNetColumns are the columns of topic "net": what list and map need.
var StreamNetColumns = []string{
	"state", "x", "flow_required_t_per_h", "flow_t_per_h", "opening_setpoint_percent", "opening_feedback_percent",
	"differential_kPa", "supply_temperature_degC", "return_temperature_degC", "quality", "plant_ms",
	"remote", "fallback", "mode", "held", "order_stage",
}
