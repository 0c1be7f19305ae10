package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"evenflow/scada/auth"
	"evenflow/scada/dispatch"
)

// topicsOf are the websocket topics a role may follow.
func topicsOf(role auth.Role) []string {
	if !role.May(auth.See) {
		return []string{"system"}
	}
	return []string{"system", "kpi", "net", "source", "station/*", "not_right", "recommendation", "orders", "journal"}
}

// session is the document of who is at the desk.
func (s *Server) session(p auth.Person) Session {
	doc := Session{
		Name: p.Name, Display: p.Display, Role: string(p.Role), Rights: p.Role.Rights(),
		Modes: []Mode{}, Topics: topicsOf(p.Role), Demo: p.Demo,
	}
	for _, m := range dispatch.ModesFor(string(p.Role)) {
		doc.Modes = append(doc.Modes, Mode(m.String()))
	}
	if !p.Demo {
		doc.ExpiresMs, doc.IdleMs = p.Expires.UnixMilli(), s.opts.Gate.Idle().Milliseconds()
	}
	return doc
}

// SignIn is the body of POST /api/sign-in. A wrong name, a wrong password and
// a disabled user are one and the same answer: 401 with code "denied"; 429 with
// code "too_many_attempts" and retry_after_s after too many.
type SignIn struct {
	Name     string `json:"name" minLength:"1" maxLength:"64"`
	Password string `json:"password" minLength:"1" maxLength:"1024"`
}

type signInRequest struct{ Body SignIn }

type signedIn struct {
	Cookie *http.Cookie `header:"Set-Cookie"`
	Body   Session
}

type signedOut struct {
	Cookie *http.Cookie `header:"Set-Cookie"`
	Body   done
}

func (s *Server) sessions() {
	read(s, "session", func(ctx context.Context, _ *none) (Session, error) {
		p, _ := auth.Who(ctx)
		return s.session(p), nil
	})
	register(s, "sign-in", func(ctx context.Context, in *signInRequest) (*signedIn, error) {
		p, cookie, err := s.opts.Gate.Login(ctx, in.Body.Name, in.Body.Password)
		var often *auth.TooOftenError
		switch {
		case errors.Is(err, auth.ErrDenied):
			return nil, &Fault{Status: http.StatusUnauthorized, Code: "denied", EN: err.Error(), ZH: "用户名或密码不正确"}
		case errors.As(err, &often):
			return nil, &Fault{
				Status: http.StatusTooManyRequests, Code: "too_many_attempts", RetryAfter: often.Seconds,
				EN: err.Error(), ZH: "尝试次数过多，请 " + itoa(often.Seconds) + " 秒后再试",
			}
		case err != nil:
			return nil, err
		}
		return &signedIn{cookie, s.session(p)}, nil
	})
	register(s, "sign-out", func(ctx context.Context, _ *none) (*signedOut, error) {
		cookie, err := s.opts.Gate.Logout(ctx)
		return &signedOut{cookie, done{true}}, err
	})
}

func itoa(n int) string { return strconv.Itoa(n) }
