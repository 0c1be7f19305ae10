package dispatch

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"evenflow/models"
	"evenflow/scada/journal"
)

// Why is a reason: why something was refused, failed, waits or is special, as
// a code with values. The words of both languages are formed from it in one
// place ([Words]); Text keeps the English. The zero Why says nothing.
type Why struct {
	Code   string         `json:"code,omitempty"`
	Text   string         `json:"text,omitempty"`
	Values map[string]any `json:"values,omitempty"` // numbers by the unit in their key, or text
}

// The codes of Why beside those of refusals. The values stand beside them.
const (
	WhyMode        = "mode_is"      // mode, least
	WhyLocked      = "locked_by"    // kind, by, until_ms, reason
	WhyNotWritable = "not_writable" //

	WhyRefused       = "refused"           // answer: of the PLC or the last guard
	WhyNotSent       = "not_sent"          // answer: nothing left this machine
	WhyUncertain     = "sent_unanswered"   // answer
	WhyResolved      = "resolved"          // after uncertainty
	WhyOldValue      = "old_value"         // expected, found: somebody moved it
	WhyForeignValue  = "foreign_value"     // value: neither old nor new
	WhyUnchanged     = "unchanged"         // value: the register still holds the old one
	WhyUnreadable    = "unreadable"        // answer
	WhyAlreadyThere  = "already_there"     // within the deadband, not sent
	WhyLocal         = "switched_to_local" //
	WhyFallback      = "on_own_curve"
	WhyHeartbeat     = "heartbeat_ill" // quality
	WhyQuality       = "read_ill"      // point, quality
	WhyHeld          = "held_by"       // order
	WhyStopped       = "stop_all"      // by
	WhyStoppedFirst  = "stopped_first" // before it was sent
	WhyFailures      = "failures"      // count: the order stopped at so many
	WhyRestart       = "restart"
	WhyRestartSent   = "restart_sent"   // it was on its way
	WhyRestartUnsent = "restart_unsent" // it was selected
	WhyTimeout       = "time_over"      // not all of it was sent in time
	WhyUnapproved    = "unapproved"     // in time
	WhyLapsed        = "lapsed"         // the selection
	WhyRateLimit     = "rate_limit"     // ago_s, pause_s
	WhyRate          = "rate_sum"       // window_s
	WhyDayBudget     = "day_budget"     // moves
	WhyStagger       = "stagger"        // pause_s
	WhyFleetBrake    = "fleet_brake"    // share, window_s
	WhyFlowBrake     = "flow_brake"     // share, window_s
	WhyBatch         = "batch"          // every_s, wait_s
	WhyBatchBefore   = "batch_before"
	WhyOnce          = "once_a_round" // envelope: moved in this round already
	WhyOneAtATime    = "one_at_a_time"
	WhyEnvelope      = "envelope_closed" // envelope: the one in force
	WhyNoEffect      = "no_effect"       // feedback, after_s
	WhyNewer         = "newer"           // a newer recommendation
	WhySuperseded    = "moved_again"     // order
	WhyRejected      = "rejected"        // in a person's own words

	WhyBalance      = "balance_reason" // x_min, x_max, rms, moves, held, short
	WhyByHand       = "by_hand"        // nobody typed a reason
	WhyRevert       = "reverts"        // order
	WhyQueued       = "queued"         // count, batches, envelope
	WhyFirstYes     = "first_yes"      // of two persons
	WhyUntil        = "until"          // until_ms
	WhyWith         = "with"           // by: the first of two persons
	WhyAutoEnd      = "auto_over"
	WhyRearm        = "rearm"          // auto, after a restart
	WhyNoWriter     = "writer_missing" // answer
	WhyNewStation   = "new_station"
	WhyHandedBack   = "handed_back"
	WhyFallsBack    = "falls_back"    // answer
	WhyOwnPlant     = "own_plant"     // who
	WhyForeign      = "foreign"       // a setpoint that is not ours
	WhyForeignLocal = "foreign_local" // the PLC stands in local
	WhyForeignCurve = "foreign_curve" // the PLC runs on its own curve
)

// none is no reason at all.
var none = Why{}

// why makes a Why of the desk's sentences; pairs are names and values.
func why(code string, pairs ...any) Why {
	w := Why{Code: code, Values: valuesOf(pairs)}
	w.Text, _ = Words(code, w.Values)
	return w
}

// Because is why for the rooms that propose to the desk or write its journal.
func Because(code string, pairs ...any) Why { return why(code, pairs...) }

// inWords is a reason that a person typed.
func inWords(code, text string) Why { return Why{Code: code, Text: text} }

// orOwn is the reason somebody typed, or the program's own at a plant that it
// started.
func (d *Desk) orOwn(by Actor, reason string) Why {
	if reason == "" && by.Role == RoleProgram && d.deps.OwnPlant {
		return why(WhyOwnPlant, "who", by.Name)
	}
	return inWords("", reason)
}

// valuesOf makes values of names and values in turn, as they come back from
// the store: numbers are float64, spans seconds, moments ms since 1970.
func valuesOf(pairs []any) map[string]any {
	if len(pairs) == 0 {
		return nil
	}
	out := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		v := pairs[i+1]
		switch x := v.(type) {
		case time.Duration:
			v = x.Seconds()
		case time.Time:
			v = float64(x.UnixMilli())
		case int:
			v = float64(x)
		case models.PointID:
			v = x.String()
		}
		out[pairs[i].(string)] = v
	}
	return out
}

// said reports whether there is a reason.
func (w Why) said() bool { return w.Code != "" }

// String returns the English words.
func (w Why) String() string { return w.Text }

// Spoken is how reasons stand in the detail of a journal row, so that a page
// can word them in another language than the row does.
type Spoken struct {
	Why []Why `json:"why,omitempty"`
}

// Chinese words the reasons in Chinese; what a person typed stands as it is.
func (s Spoken) Chinese() string {
	words := make([]string, 0, len(s.Why))
	for _, w := range s.Why {
		_, zh := Words(w.Code, w.Values)
		if zh = cmp.Or(zh, w.Text); zh != "" {
			words = append(words, zh)
		}
	}
	return strings.Join(words, "；")
}

// spoken gathers reasons; the text of a sentence is left out, for it can be
// made again. What a person typed alone needs no words.
func spoken(reasons ...Why) (s Spoken) {
	sentence := false
	for _, w := range reasons {
		if _, known := sentences[w.Code]; known {
			w.Text, sentence = "", true
		}
		if w.Code != "" || w.Text != "" {
			s.Why = append(s.Why, w)
		}
	}
	if !sentence {
		return Spoken{}
	}
	return s
}

// explained gives a row its reasons: their words in English, and what they
// were made of.
func explained(e journal.Entry, reasons ...Why) journal.Entry {
	var words []string
	for _, w := range reasons {
		if w.Text != "" {
			words = append(words, w.Text)
		}
	}
	e.Reason = strings.Join(words, ", ")
	if s := spoken(reasons...); len(s.Why) > 0 {
		e.Detail = marshal(s)
	}
	return e
}

// Explained gives a row of another room the desk's words.
func Explained(e journal.Entry, because Why) journal.Entry { return explained(e, because) }

// Why is the reason of a refusal.
func (r *Refusal) why() Why { return Why{Code: r.Why, Text: r.Reason, Values: r.Values} }

// spokenOf gathers the reasons of an error, which may be several refusals.
func spokenOf(err error) (s Spoken) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			s.Why = append(s.Why, spokenOf(e).Why...)
		}
		return s
	}
	if r, ok := errors.AsType[*Refusal](err); ok {
		s = spoken(r.why())
	}
	return s
}
