package dispatch

import "fmt"

// Why says in words, and as a code with numbers for a page in another
// language, why something failed, waits or is special. The zero Why says
// nothing.
type Why struct {
	Code   string             `json:"code,omitempty"`
	Text   string             `json:"text,omitempty"`
	Values map[string]float64 `json:"values,omitempty"` // SI
}

// The codes of Why. The numbers stand beside them.
const (
	WhyRefused      = "refused"       // by the PLC or the last guard
	WhyNotSent      = "not_sent"      // nothing left this machine
	WhyUncertain    = "uncertain"     // sent, no valid answer
	WhyResolved     = "resolved"      // after uncertainty
	WhyOldValue     = "old_value"     // expected, found: somebody moved it
	WhyForeignValue = "foreign_value" // value: neither old nor new
	WhyUnchanged    = "unchanged"     // value: the register still holds the old one
	WhyUnreadable   = "unreadable"    // the register cannot be read
	WhyAlreadyThere = "already_there" // value: within the deadband, not sent
	WhyLocal        = "local"
	WhyFallback     = "fallback" // the PLC runs on its own curve
	WhyHeartbeat    = "heartbeat"
	WhyQuality      = "quality"
	WhyHeld         = "held"   // by another order
	WhyLocked       = "locked" // or out of service
	WhyMode         = "mode"
	WhyStopped      = "stopped"  // stop-all
	WhyFailures     = "failures" // count: the order stopped at so many
	WhyRestart      = "restart"
	WhyTimeout      = "timeout"
	WhyRateLimit    = "rate_limit" // wait_s
	WhyDayBudget    = "day_budget" // moves
	WhyFleetBrake   = "fleet_brake"
	WhyBatch        = "batch"        // wait_s
	WhyOnce         = "once_a_round" // moved in this round already
	WhyOneAtATime   = "one_at_a_time"
	WhyEnvelope     = "envelope_closed"
	WhyNoEffect     = "no_effect" // feedback
	WhySuperseded   = "superseded"
	WhyRejected     = "rejected"
	WhyNotWritable  = "not_writable"
)

// none is no reason at all.
var none = Why{}

// why makes a Why; pairs are names and numbers.
func why(code, text string, values ...any) Why {
	w := Why{Code: code, Text: text}
	for i := 0; i+1 < len(values); i += 2 {
		if w.Values == nil {
			w.Values = map[string]float64{}
		}
		w.Values[values[i].(string)] = values[i+1].(float64)
	}
	return w
}

// said reports whether there is a reason.
func (w Why) said() bool { return w.Code != "" }

// String returns the words.
func (w Why) String() string { return w.Text }

// whyBlocked is the reason of a refusal, for an item that had been approved.
func whyBlocked(r *Refusal) Why {
	code := WhyNotWritable
	switch r.Code {
	case BlockedByMode:
		code = WhyMode
	case BlockedByLock:
		code = WhyLocked
	}
	return why(code, r.Reason)
}

func num(v float64) string { return fmt.Sprintf("%.4g", v) }
