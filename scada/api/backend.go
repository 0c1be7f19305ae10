package api

import (
	"context"
	"time"

	"evenflow/scada/dispatch"
)

// Backend is what the API shows and does; the command wires it up. Every
// method may be called at the same time by many. Documents handed out are the
// API's to encode, not to change; they may be shared and cached.
//
// Errors: a [*Fault] says everything itself; a [*dispatch.Refusal], a
// store.ErrNotFound, models' errors that name elements, and context errors are
// translated too; anything else is a 500 whose text stays in the log.
type Backend interface {
	Reader
	Commands
}

// Reader hands out the documents.
type Reader interface {
	System(ctx context.Context) System
	KPI(ctx context.Context) KPI
	// Network is static while its ID stands.
	Network(ctx context.Context) *Network
	// Stations are in network order.
	Stations(ctx context.Context) []Station
	// Sources are in network order.
	Sources(ctx context.Context) []Source
	Pipes(ctx context.Context) Pipes
	// Profile fails with NoSuch("station", …), or with code profile_no_path.
	Profile(ctx context.Context, station string) (Profile, error)
	Advice(ctx context.Context) Advice
	// Orders are the live and the latest finished, newest first, without
	// items and stations.
	Orders(ctx context.Context) []Order
	// Order is one with its items and stations.
	Order(ctx context.Context, id string) (Order, error)
	NotRight(ctx context.Context) []NotRight
	// Journal returns up to limit rows with numbers below before (0: the
	// latest), newest first.
	Journal(ctx context.Context, before int64, limit int) ([]JournalRow, error)
	Trend(ctx context.Context, q TrendQuery) (Trend, error)
}

// TrendQuery asks for curves. Zero times: the last hour of the plant's clock.
type TrendQuery struct {
	Element    string
	Quantities []string
	From, To   time.Time
	MaxPoints  int
}

// Commands are what a person may order. They return when the desk has taken
// the order on (or refused it), not when the plant has followed: that is
// shown by the order's stages. A command repeated under the same key of the
// same person returns what the first returned; the API sees to that for as
// long as it runs, the desk for orders also after a restart.
type Commands interface {
	// Compute starts computing a recommendation, unless that is under way.
	Compute(ctx context.Context, by Caller) (Advice, error)
	Approve(ctx context.Context, by Caller, order, reason string) (Order, error)
	Reject(ctx context.Context, by Caller, order, reason string) (Order, error)
	// Revert proposes the inverse of what was confirmed, as a new order.
	Revert(ctx context.Context, by Caller, order, reason string) (Order, error)
	// Preview predicts a manual set; nothing is ordered.
	Preview(ctx context.Context, by Caller, in ManualInput) (Preview, error)
	// Manual orders what a preview showed, and approves it in the caller's name
	// where one person is enough.
	Manual(ctx context.Context, by Caller, preview, reason string) (Order, error)
	// Stop stops all orders; doing it twice is no error.
	Stop(ctx context.Context, by Caller, reason string) (System, error)
	Resume(ctx context.Context, by Caller, reason string) (System, error)
	SetMode(ctx context.Context, by Caller, in ModeInput) (System, error)
	Lock(ctx context.Context, by Caller, in LockInput) (Lock, error)
	Unlock(ctx context.Context, by Caller, in UnlockInput) error
	OpenEnvelope(ctx context.Context, by Caller, in EnvelopeInput) (System, error)
}

// Caller is who commands, from where, under which idempotency key.
type Caller struct {
	Name     string
	Role     string
	From     string    // address
	Verified time.Time // wall: when the password was entered last; a demo's automatic sign-in counts
	Key      string    // Idempotency-Key of the request; "" for stop
}

// Actor returns the caller as the desk knows him.
func (c Caller) Actor() dispatch.Actor {
	return dispatch.Actor{Name: c.Name, Role: c.Role, From: c.From, Verified: c.Verified}
}
