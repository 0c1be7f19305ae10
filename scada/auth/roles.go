package auth

import (
	"fmt"
	"slices"
	"strings"
)

// Role is what a person is at the desk. Admin cannot operate the plant,
// auditor cannot change anything, engineer cannot make users (the separation
// of three members of GB/T 22239).
type Role string

// The roles.
const (
	Viewer     Role = "viewer"
	Dispatcher Role = "dispatcher"
	Engineer   Role = "engineer"
	Admin      Role = "admin"
	Auditor    Role = "auditor"
)

// Right is one thing a role may do.
type Right string

// The rights.
const (
	SignedIn Right = "signed-in" // everybody who is signed in
	See      Right = "see"       // live values, orders, recommendation, trends, journal
	Audit    Right = "audit"     // where people sat: addresses in the journal
	Propose  Right = "propose"   // compute a recommendation, preview a manual set
	Approve  Right = "approve"   // approve, reject, revert
	Manual   Right = "manual"    // set one valve or pump by hand
	Stop     Right = "stop"      // stop-all
	Resume   Right = "resume"    // end stop-all
	Mode     Right = "mode"      // change a mode; which ones, the desk decides by role
	Lock     Right = "lock"      // lock and unlock an element
	Envelope Right = "envelope"  // open an envelope of wider limits
	Users    Right = "users"     // make and disable users
)

// roles is the whole table: what is not in it is denied.
var roles = []struct {
	role   Role
	rights []Right
}{
	{Viewer, []Right{See}},
	{Dispatcher, []Right{See, Propose, Approve, Manual, Stop, Resume, Mode, Lock}},
	{Engineer, []Right{See, Propose, Approve, Manual, Stop, Resume, Mode, Lock, Envelope}},
	{Admin, []Right{Stop, Users}},
	{Auditor, []Right{See, Audit}},
}

// Roles returns all roles.
func Roles() []Role {
	out := make([]Role, len(roles))
	for i, r := range roles {
		out[i] = r.role
	}
	return out
}

// ParseRole reads a role's word; the error lists the roles.
func ParseRole(word string) (Role, error) {
	words := make([]string, len(roles))
	for i, r := range roles {
		if string(r.role) == word {
			return r.role, nil
		}
		words[i] = string(r.role)
	}
	return "", fmt.Errorf("there is no role %q; give one of %s", word, strings.Join(words, ", "))
}

// Rights returns what the role may do; an unknown role may do nothing. The
// slice is the caller's own.
func (r Role) Rights() []Right {
	for _, row := range roles {
		if row.role == r {
			return slices.Clone(row.rights)
		}
	}
	return []Right{}
}

// May reports whether the role has the right.
func (r Role) May(right Right) bool {
	for _, row := range roles {
		if row.role == r {
			return right == SignedIn || slices.Contains(row.rights, right)
		}
	}
	return false
}
