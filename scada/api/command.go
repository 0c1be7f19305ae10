package api

import (
	"context"
	"crypto/sha256"
	"net/http"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"evenflow/scada/auth"
)

// Keyed is what comes with every command. Evenflow-Time is the page's clock,
// ms since 1970: a command of a page whose clock differs from the server's by
// more than 60 s is refused with code "clock_differs"; scripts may leave it
// out.
type Keyed struct {
	Key  string `header:"Idempotency-Key" maxLength:"100" doc:"made anew for every press of a button: a command repeated under its key is not done again but answered again"`
	Time int64  `header:"Evenflow-Time" doc:"the page's clock, ms since 1970"`
}

func (k *Keyed) keyed() *Keyed { return k }

// clockMayDiffer is how far a page's clock may be off, ms.
const clockMayDiffer = 60_000

// command registers a route that changes something. call makes the caller
// known to fn; the same key of the same person runs fn once.
func command[I, O any](s *Server, name string, fn func(context.Context, Caller, *I) (O, error)) {
	r := route(name)
	register(s, name, func(ctx context.Context, in *I) (*body[O], error) {
		p, _ := auth.Who(ctx)
		k := any(in).(interface{ keyed() *Keyed }).keyed()
		by := Caller{Name: p.Name, Role: string(p.Role), From: p.From, Verified: p.Verified}
		if off := s.opts.Wall().UnixMilli() - k.Time; k.Time != 0 && (off > clockMayDiffer || off < -clockMayDiffer) && r.Name != "stop" {
			return nil, &Fault{
				Code: "clock_differs", EN: "the page's clock differs from the server's by more than 60 s", ZH: "本机时钟与服务器相差超过 60 秒",
				Remedy: "set this computer's clock",
			}
		}
		if k.Key == "" {
			if !r.KeyOptional {
				return nil, &Fault{
					Status: http.StatusUnprocessableEntity, Code: "key_missing",
					EN: "a command needs a header Idempotency-Key, made anew for every press", ZH: "指令缺少 Idempotency-Key 请求头",
				}
			}
			out, err := fn(ctx, by, in)
			return &body[O]{out}, err
		}
		// One person's key is not another's.
		by.Key = p.Name + "/" + k.Key
		text, err := json.Marshal(in, json.Deterministic(true))
		if err != nil {
			return nil, err
		}
		out, err := s.once.do(ctx, by.Key, sha256.Sum256(append([]byte(r.Name+"\x00"), text...)), s.opts.Wall(), func(ctx context.Context) (any, error) {
			return fn(ctx, by, in)
		})
		if err != nil {
			return nil, err
		}
		return &body[O]{out.(O)}, nil
	})
}

// once remembers what came of commands by their key.
type once struct {
	mu   sync.Mutex
	done map[string]*deed
}

type deed struct {
	what  [sha256.Size]byte // of route and input
	at    time.Time
	ready chan struct{}
	out   any
	err   error
}

// The memory's bounds; orders are known to the desk by their key for longer.
const (
	rememberFor = 24 * time.Hour
	rememberMax = 5000
)

// do runs fn for a new key; for a known one it waits for what came of it.
// The same key for something else is refused. What failed by the service's
// own fault may be tried again.
func (o *once) do(ctx context.Context, key string, what [sha256.Size]byte, now time.Time, fn func(context.Context) (any, error)) (any, error) {
	o.mu.Lock()
	o.forget(now)
	if d := o.done[key]; d != nil {
		o.mu.Unlock()
		if d.what != what {
			return nil, &Fault{
				Status: http.StatusUnprocessableEntity, Code: "key_reused",
				EN: "this Idempotency-Key belongs to another command", ZH: "该 Idempotency-Key 已用于另一条指令", Remedy: "make a new one for every press",
			}
		}
		select {
		case <-d.ready:
			return d.out, d.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	d := &deed{what: what, at: now, ready: make(chan struct{}), err: context.Canceled}
	o.done[key] = d
	o.mu.Unlock()

	defer func() {
		if d.err != nil {
			if f, secret := faultOf(d.err); secret || f.Status >= 500 {
				o.mu.Lock()
				delete(o.done, key)
				o.mu.Unlock()
			}
		}
		close(d.ready)
	}()
	// Whoever asked may go: what was begun is finished, and answered to the
	// next who asks under the key.
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
	defer cancel()
	d.out, d.err = fn(within)
	return d.out, d.err
}

// forget drops what is old, and the oldest of too many. o.mu is held.
func (o *once) forget(now time.Time) {
	var oldest string
	for k, d := range o.done {
		if now.Sub(d.at) > rememberFor {
			delete(o.done, k)
			continue
		}
		if oldest == "" || d.at.Before(o.done[oldest].at) {
			oldest = k
		}
	}
	if len(o.done) >= rememberMax {
		delete(o.done, oldest)
	}
}

// inputs of the commands.
type (
	plainCommand  struct{ Keyed }
	reasonCommand struct {
		Keyed
		Body ReasonInput
	}
	orderCommand struct {
		Keyed
		ID   string `path:"id" maxLength:"100"`
		Body ReasonInput
	}
	rejectCommand struct {
		Keyed
		ID   string `path:"id" maxLength:"100"`
		Body RejectInput
	}
	bodyCommand[T any] struct {
		Keyed
		Body T
	}
)

func (s *Server) commands() {
	b := s.opts.Backend
	command(s, "compute", func(ctx context.Context, by Caller, _ *plainCommand) (Advice, error) { return b.Compute(ctx, by) })
	command(s, "approve", func(ctx context.Context, by Caller, in *orderCommand) (Order, error) {
		return b.Approve(ctx, by, in.ID, in.Body.Reason)
	})
	command(s, "reject", func(ctx context.Context, by Caller, in *rejectCommand) (Order, error) {
		return b.Reject(ctx, by, in.ID, in.Body.Reason)
	})
	command(s, "revert", func(ctx context.Context, by Caller, in *orderCommand) (Order, error) {
		return b.Revert(ctx, by, in.ID, in.Body.Reason)
	})
	command(s, "preview", func(ctx context.Context, by Caller, in *bodyCommand[ManualInput]) (Preview, error) {
		return b.Preview(ctx, by, in.Body)
	})
	command(s, "manual", func(ctx context.Context, by Caller, in *bodyCommand[ManualConfirm]) (Order, error) {
		return b.Manual(ctx, by, in.Body.Preview, in.Body.Reason)
	})
	command(s, "stop", func(ctx context.Context, by Caller, in *reasonCommand) (System, error) {
		return b.Stop(ctx, by, in.Body.Reason)
	})
	command(s, "resume", func(ctx context.Context, by Caller, in *reasonCommand) (System, error) {
		return b.Resume(ctx, by, in.Body.Reason)
	})
	command(s, "mode", func(ctx context.Context, by Caller, in *bodyCommand[ModeInput]) (System, error) {
		return b.SetMode(ctx, by, in.Body)
	})
	command(s, "lock", func(ctx context.Context, by Caller, in *bodyCommand[LockInput]) (Lock, error) {
		return b.Lock(ctx, by, in.Body)
	})
	command(s, "unlock", func(ctx context.Context, by Caller, in *bodyCommand[UnlockInput]) (done, error) {
		return done{true}, b.Unlock(ctx, by, in.Body)
	})
	command(s, "envelope", func(ctx context.Context, by Caller, in *bodyCommand[EnvelopeInput]) (System, error) {
		return b.OpenEnvelope(ctx, by, in.Body)
	})
}

// done is the answer of a command that has no document.
type done struct {
	Done bool `json:"done"`
}
