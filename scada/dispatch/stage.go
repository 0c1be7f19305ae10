package dispatch

import "fmt"

// Stage is where an item of an order stands on its way to the plant.
type Stage uint8

// The stages. Those from Rejected on lead nowhere.
const (
	Proposed   Stage = iota
	Approved         // by a person, or by a standing approval in the signer's name
	Selected         // its point is reserved, its present value read
	Writing          // on its way; the row is on disk before the first byte
	Written          // the PLC answered
	Uncertain        // sent, no valid answer: only reading back resolves it
	Confirmed        // the register holds the value, by a read of its own
	InForce          // the feedback shows that it took
	Rejected         // by a person
	Expired          // its time ran out before it was sent
	Superseded       // a later one took its place
	NotDone          // not sent, refused, or the register holds something else
	NoEffect         // confirmed, but the feedback did not follow
)

var stageNames = [...]string{"proposed", "approved", "selected", "writing", "written", "uncertain", "confirmed", "in_force",
	"rejected", "expired", "superseded", "not_done", "no_effect"}

// String returns the stage's stable word.
func (s Stage) String() string { return stageNames[s] }

// MarshalText returns the stage's word.
func (s Stage) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (s *Stage) UnmarshalText(b []byte) error {
	for i, n := range stageNames {
		if n == string(b) {
			*s = Stage(i)
			return nil
		}
	}
	return fmt.Errorf("unknown stage %q", b)
}

// moves is the state machine: from each stage, where an item may go.
var moves = [...][]Stage{
	Proposed:  {Approved, Rejected, Expired, Superseded},
	Approved:  {Selected, Expired, NotDone},
	Selected:  {Writing, Confirmed /* already there, not sent */, Expired, NotDone},
	Writing:   {Written, Uncertain, NotDone},
	Written:   {Confirmed, Uncertain, NotDone},
	Uncertain: {Confirmed, NotDone},
	Confirmed: {InForce, NoEffect, Superseded},
	NoEffect:  {},
}

// MayMove reports whether an item may go from one stage to another.
func MayMove(from, to Stage) bool {
	if int(from) >= len(moves) {
		return false
	}
	for _, s := range moves[from] {
		if s == to {
			return true
		}
	}
	return false
}

// Held reports whether an item in this stage holds its point against other
// orders.
func (s Stage) Held() bool { return s >= Approved && s <= Uncertain }

// Failed reports whether the stage counts against the order.
func (s Stage) Failed() bool { return s == NotDone || s == NoEffect || s == Uncertain }
