package api

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"

	"evenflow/scada/auth"
)

// maxBody bounds every request's body, bytes.
const maxBody = 64 << 10

// answerWithin bounds the time of one request in the backend.
const answerWithin = 30 * time.Second

// encoding writes lists without elements as [] and maps as {}, never null.
var encoding = huma.Format{
	Marshal: func(w io.Writer, v any) error { return json.MarshalWrite(w, v, json.Deterministic(true)) },
	Unmarshal: func(data []byte, v any) error {
		return json.Unmarshal(data, v)
	},
}

func init() {
	// huma asks these two package variables; this is the only room with huma.
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return inputFault(status, msg, errs).problem()
	}
	huma.DefaultArrayNullable = false
}

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// Error is the English message.
func (p *Problem) Error() string { return p.Detail }

// ContentType is that of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// inputFault words what huma itself refuses: a body it cannot read, a value
// out of its limits.
func inputFault(status int, msg string, errs []error) *Fault {
	f := &Fault{Status: status, Code: "invalid_input", EN: msg, ZH: "请求内容不合格"}
	var parts []string
	for _, e := range errs {
		if e != nil {
			parts = append(parts, e.Error())
		}
	}
	if len(parts) > 0 {
		f.EN += ": " + strings.Join(parts, "; ")
		f.ZH += "：" + strings.Join(parts, "；")
	}
	switch status {
	case http.StatusRequestEntityTooLarge:
		f.Code, f.ZH = "too_large", "请求体过大"
	case http.StatusInternalServerError:
		g, _ := faultOf(io.ErrUnexpectedEOF) // whatever it was, it stays inside
		return g
	}
	return f
}

// denied answers a request that may not do what it wants.
func denied(r Route, p auth.Person, signedIn bool) *Fault {
	if !signedIn {
		return &Fault{Status: http.StatusUnauthorized, Code: "not_signed_in", EN: "nobody is signed in", ZH: "尚未登录", Remedy: "sign in"}
	}
	return &Fault{
		Status: http.StatusForbidden, Code: "forbidden",
		EN: "the role " + string(p.Role) + " may not do this (right " + string(r.Right) + ")",
		ZH: "角色“" + roleZH[p.Role] + "”无权执行此操作",
	}
}

var roleZH = map[auth.Role]string{
	auth.Viewer: "只读", auth.Dispatcher: "调度员", auth.Engineer: "工程师", auth.Admin: "管理员", auth.Auditor: "审计员",
}

// allowed returns the fault of a request that lacks the route's right.
func allowed(ctx context.Context, r Route) *Fault {
	if r.Right == Everybody {
		return nil
	}
	p, ok := auth.Who(ctx)
	if !ok || !p.Role.May(r.Right) {
		return denied(r, p, ok)
	}
	return nil
}

// body is an answer with a document.
type body[T any] struct {
	Body T
}

// register puts one row of the table to work: right first, then the backend,
// then any error as a problem.
func register[I, O any](s *Server, name string, fn func(context.Context, *I) (*O, error)) {
	r := route(name)
	op := huma.Operation{
		OperationID: r.Name, Method: r.Method, Path: r.Path, Summary: r.Summary, MaxBodyBytes: maxBody,
		Errors: []int{http.StatusUnauthorized, http.StatusForbidden},
	}
	if r.Right != Everybody {
		op.Description = "Needs the right \"" + string(r.Right) + "\"."
	}
	op.Middlewares = huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
		if f := allowed(ctx.Context(), r); f != nil {
			if p, ok := auth.Who(ctx.Context()); ok && r.Command {
				s.opts.Gate.Denied(ctx.Context(), p, r.Action)
			}
			s.refuse(ctx, f)
			return
		}
		next(ctx)
	}}
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*O, error) {
		ctx, cancel := context.WithTimeout(ctx, answerWithin)
		defer cancel()
		out, err := fn(ctx, in)
		if err != nil {
			return nil, s.problem(r, err)
		}
		return out, nil
	})
	s.registered[r.Name] = true
}

// refuse answers from a middleware.
func (s *Server) refuse(ctx huma.Context, f *Fault) {
	p := f.problem()
	ctx.SetHeader("Content-Type", p.ContentType(""))
	ctx.SetStatus(p.Status)
	if err := encoding.Marshal(ctx.BodyWriter(), p); err != nil {
		s.opts.Log.Info("an answer could not be written", "error", err)
	}
}

// problem translates an error of the backend; what must not go out is logged.
func (s *Server) problem(r Route, err error) error {
	f, secret := faultOf(err)
	if secret {
		s.opts.Log.Error("a request failed", "route", r.Name, "error", err)
	}
	p := f.problem()
	if f.RetryAfter > 0 {
		return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {itoa(f.RetryAfter)}})
	}
	return p
}

// write answers outside of huma.
func (s *Server) write(w http.ResponseWriter, f *Fault) {
	p := f.problem()
	w.Header().Set("Content-Type", p.ContentType(""))
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", itoa(f.RetryAfter))
	}
	w.WriteHeader(p.Status)
	if err := encoding.Marshal(w, p); err != nil {
		s.opts.Log.Info("an answer could not be written", "error", err)
	}
}
