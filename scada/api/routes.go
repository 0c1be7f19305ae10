package api

import (
	"net/http"

	"evenflow/scada/auth"
)

// Everybody is the right of routes that need nobody signed in.
const Everybody auth.Right = ""

// Route is one row of the table of routes: what is not in it does not exist,
// and what is in it names the right it needs.
type Route struct {
	Method, Path string
	Right        auth.Right
	Name         string // operation id
	Summary      string
	Command      bool   // changes something: POST with an Idempotency-Key
	Action       string // word in the journal for a denied attempt at a command
	KeyOptional  bool   // idempotent by itself, or urgent
}

// Routes is the whole table.
func Routes() []Route {
	get := func(path string, right auth.Right, name, summary string) Route {
		return Route{Method: http.MethodGet, Path: path, Right: right, Name: name, Summary: summary}
	}
	post := func(path string, right auth.Right, name, action, summary string) Route {
		return Route{Method: http.MethodPost, Path: path, Right: right, Name: name, Action: action, Summary: summary, Command: true}
	}
	free := func(r Route) Route { r.KeyOptional = true; return r }
	return []Route{
		get("/{$}", Everybody, "page", "The control-room page"),
		get("/{file...}", Everybody, "page-files", "The page's own files"),
		get("/healthz", Everybody, "healthz", "Whether the service answers"),
		get("/openapi.json", Everybody, "openapi", "This description"),
		get("/api/live", auth.SignedIn, "live", "The websocket"),
		{Method: http.MethodPost, Path: "/api/sign-in", Right: Everybody, Name: "sign-in", Summary: "Sign in with name and password"},
		{Method: http.MethodPost, Path: "/api/sign-out", Right: auth.SignedIn, Name: "sign-out", Summary: "End the session"},

		get("/api/session", auth.SignedIn, "session", "Who is at the desk"),
		get("/api/system", auth.SignedIn, "system", "State of the service"),
		get("/api/kpi", auth.See, "kpi", "The strip of key figures"),
		get("/api/network", auth.See, "network", "The network for the map"),
		get("/api/stations", auth.See, "stations", "All stations"),
		get("/api/stations/{id}", auth.See, "station", "One station"),
		get("/api/sources", auth.See, "sources", "The heat sources"),
		get("/api/pipes", auth.See, "pipes", "Computed state of all pipes"),
		get("/api/profile/{station}", auth.See, "profile", "Pressure diagram of a station"),
		get("/api/recommendation", auth.See, "recommendation", "The recommendation that stands"),
		get("/api/orders", auth.See, "orders", "Live and latest finished orders"),
		get("/api/orders/{id}", auth.See, "order", "One order with its items"),
		get("/api/not-right", auth.See, "not-right", "Stations not right"),
		get("/api/journal", auth.See, "journal", "Rows of the journal, newest first"),
		get("/api/trend", auth.See, "trend", "Stored readings as curves"),

		post("/api/recommendation", auth.Propose, "compute", "order.propose", "Compute a recommendation"),
		post("/api/orders/{id}/approve", auth.Approve, "approve", "order.approve", "Approve an order"),
		post("/api/orders/{id}/reject", auth.Approve, "reject", "order.reject", "Reject an order, with a reason"),
		post("/api/orders/{id}/revert", auth.Approve, "revert", "order.revert", "Propose the inverse of what an order did"),
		free(post("/api/manual/preview", auth.Propose, "preview", "order.manual", "Predict a manual set")),
		post("/api/manual", auth.Manual, "manual", "order.manual", "Set one valve or pump by hand, as previewed"),
		free(post("/api/stop", auth.Stop, "stop", "stop", "Stop all orders")),
		post("/api/resume", auth.Resume, "resume", "resume", "End stop-all"),
		post("/api/mode", auth.Mode, "mode", "mode.set", "Change the mode of the network, a station or a source"),
		post("/api/lock", auth.Lock, "lock", "lock", "Lock an element"),
		post("/api/unlock", auth.Lock, "unlock", "unlock", "Unlock an element"),
		post("/api/envelope", auth.Envelope, "envelope", "envelope.open", "Open or close an envelope of wider limits"),
	}
}

// route finds a row by its name; names are written in this package only.
func route(name string) Route {
	for _, r := range Routes() {
		if r.Name == name {
			return r
		}
	}
	panic("api: no route " + name)
}
