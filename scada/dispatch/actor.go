package dispatch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"evenflow/models"
)

// The roles the desk knows. RoleProgram is the program itself: the advisor
// that proposes, and demo or rehearse at the plant they started.
const (
	RoleViewer     = "viewer"
	RoleDispatcher = "dispatcher"
	RoleEngineer   = "engineer"
	RoleAdmin      = "admin"
	RoleAuditor    = "auditor"
	RoleProgram    = "program"
)

// Actor is who acts, in which role, from where.
type Actor struct {
	Name     string    `json:"name"`
	Role     string    `json:"role"`
	From     string    `json:"from,omitempty"`
	Verified time.Time `json:"-"` // wall: when the password was entered last; class C asks for 5 min
}

// Code classes a refusal for programs; the reason is for people.
type Code string

// The codes, after the add-causes of IEC 61850-7-2.
const (
	Forbidden     Code = "forbidden"
	BlockedByMode Code = "blocked-by-mode"
	BlockedByLock Code = "blocked-by-lock"
	BlockedByStop Code = "blocked-by-stop"
	NotSimulated  Code = "not-simulated"
	Outdated      Code = "needs-recomputing"
	Infeasible    Code = "blocked-by-interlock"
	OutOfLimits   Code = "out-of-limits"
	HeldByOther   Code = "1-of-n-control"
	TimeOver      Code = "time-limit-over"
	TwoPersons    Code = "two-persons"
	NotSupported  Code = "not-supported"
	BadRequest    Code = "bad-request"
)

// Refusal is the desk's no. It names the elements and says what to do. Why and
// Values say the reason as a code; the words are formed from them.
type Refusal struct {
	Code   Code
	Points []models.PointID
	Why    string
	Values map[string]any
	Reason string // English
	Remedy string // English
	Order  string // the order that stands in the way, for 1-of-n-control
}

// Chinese returns reason and remedy in Chinese, without the points.
func (r *Refusal) Chinese() string {
	_, reason := Words(r.Why, r.Values)
	if _, do := remedy(r.Why, r.Values); do != "" {
		reason += "；" + do
	}
	return reason
}

// Error returns the reason, the points and the remedy.
func (r *Refusal) Error() string {
	var b strings.Builder
	for i, p := range r.Points {
		if i == 5 {
			fmt.Fprintf(&b, " and %d more", len(r.Points)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strings.TrimSuffix(p.String(), "/")) // an element as a whole has no quantity
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	b.WriteString(r.Reason)
	if r.Remedy != "" {
		b.WriteString("; ")
		b.WriteString(r.Remedy)
	}
	return b.String()
}

// Elements returns the elements of the points.
func (r *Refusal) Elements() []models.ID {
	ids := make([]models.ID, len(r.Points))
	for i, p := range r.Points {
		ids[i] = p.Element
	}
	return ids
}

// refuse makes a refusal of the desk's sentences; pairs are names and values.
func refuse(code Code, reason string, pairs ...any) *Refusal {
	r := &Refusal{Code: code, Why: reason, Values: valuesOf(pairs)}
	r.Reason, _ = Words(reason, r.Values)
	r.Remedy, _ = remedy(reason, r.Values)
	return r
}

// at names the points that the refusal is about.
func (r *Refusal) at(points ...models.PointID) *Refusal {
	r.Points = append(r.Points, points...)
	return r
}

// action is what somebody wants to do at the desk.
type action string

const (
	actPropose   action = "order.propose"
	actApprove   action = "order.approve"
	actReject    action = "order.reject"
	actManual    action = "order.manual"
	actRevert    action = "order.revert"
	actStop      action = "stop"
	actResume    action = "resume"
	actLock      action = "lock"
	actUnlock    action = "unlock"
	actEnvelope  action = "envelope.open"
	actSign      action = "standing.sign"
	actAdvisory  action = "mode.advisory"
	actAuto      action = "mode.auto"
	actOtherMode action = "mode.set"
)

// rights says which roles may do what. The program may only propose; at its
// own plant it also does what demo and rehearse do at start.
var rights = map[action][]string{
	actPropose:   {RoleDispatcher, RoleEngineer, RoleProgram},
	actApprove:   {RoleDispatcher, RoleEngineer},
	actReject:    {RoleDispatcher, RoleEngineer},
	actManual:    {RoleDispatcher, RoleEngineer},
	actRevert:    {RoleDispatcher, RoleEngineer},
	actStop:      {RoleDispatcher, RoleEngineer, RoleAdmin},
	actResume:    {RoleDispatcher, RoleEngineer},
	actLock:      {RoleDispatcher, RoleEngineer},
	actUnlock:    {RoleDispatcher, RoleEngineer},
	actEnvelope:  {RoleEngineer},
	actSign:      {RoleDispatcher, RoleEngineer},
	actAdvisory:  {RoleDispatcher, RoleEngineer},
	actAuto:      {RoleDispatcher, RoleEngineer},
	actOtherMode: {RoleEngineer},
}

// ownPlantRights is what the program may do at a plant it started.
var ownPlantRights = map[action]bool{actAdvisory: true, actOtherMode: true, actEnvelope: true, actSign: true, actRevert: true}

// ModesFor lists the modes that a role may set, strictest first. For auto it
// is one of the two persons.
func ModesFor(role string) []Mode {
	var out []Mode
	for m := Off; m <= Auto; m++ {
		if slices.Contains(rights[m.act()], role) {
			out = append(out, m)
		}
	}
	return out
}

// act is what entering a mode is.
func (m Mode) act() action {
	switch m {
	case Advisory:
		return actAdvisory
	case Auto:
		return actAuto
	}
	return actOtherMode
}

// may returns nil if the actor's role allows the action.
func (d *Desk) may(a Actor, act action) error {
	for _, r := range rights[act] {
		if r == a.Role {
			return nil
		}
	}
	if a.Role == RoleProgram && d.deps.OwnPlant && ownPlantRights[act] {
		return nil
	}
	role := a.Role
	if role == "" {
		role = "nobody signed in"
	}
	return refuse(Forbidden, noRight, "who", a.Name, "role", role, "action", string(act), "roles", strings.Join(rights[act], " or "))
}
