package auth

import (
	"context"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Denial says why a request was turned away at the gate, before anybody
// looked at what it wants.
type Denial struct {
	Status     int
	Code       string
	EN, ZH     string
	RetryAfter int // s, with 429
}

// Handler lets requests through to next with the person in their context
// ([Who]); deny prints why one is turned away. Nobody being signed in is no
// reason here: which route needs which right is the API's table.
func (g *Gate) Handler(next http.Handler, deny func(http.ResponseWriter, *http.Request, Denial)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d, ok := g.outside(r); ok {
			deny(w, r, d)
			return
		}
		ctx, p, ok, err := g.identify(r)
		if err != nil {
			g.opts.Log.Error("a session cannot be read", "error", err)
			deny(w, r, Denial{Status: http.StatusServiceUnavailable, Code: "sessions_unreadable", EN: "sessions cannot be read now; try again", ZH: "暂时无法读取登录会话，请重试"})
			return
		}
		ctx = context.WithValue(ctx, originKey{}, origin{p.From, local(r)})
		if ok {
			if wait := g.limits.request(p.Name+" "+p.From, g.opts.Wall()); wait > 0 {
				deny(w, r, Denial{Status: http.StatusTooManyRequests, Code: "too_many_requests", RetryAfter: wait, EN: "too many requests; wait a second", ZH: "请求过于频繁，请稍候"})
				return
			}
			if active(r) {
				if err := g.touch(ctx); err != nil {
					g.opts.Log.Error("a session's activity cannot be stored", "error", err)
				}
			}
			ctx = WithPerson(ctx, p)
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// SessionPath is the address whose requests count as activity: the page asks
// for it at most once a minute while somebody moves a pointer or types.
const SessionPath = "/api/session"

// active reports whether a request is a sign of a person: a command, or the
// page saying so. What the page fetches by itself is none.
func active(r *http.Request) bool {
	return unsafeMethod(r.Method) || r.URL.Path == SessionPath
}

func unsafeMethod(m string) bool {
	return m != http.MethodGet && m != http.MethodHead && m != http.MethodOptions
}

// outside turns away what no page of ours sends: a foreign Host (a name
// rebound to our address), a request made by another site, a body that a
// plain form could send.
func (g *Gate) outside(r *http.Request) (Denial, bool) {
	if !g.knownHost(r.Host) {
		return Denial{
			Status: http.StatusMisdirectedRequest, Code: "unknown_host",
			EN: "this service is not reached under the name " + r.Host + "; list it under origins in the configuration",
			ZH: "不允许以该主机名访问：" + r.Host + "，请在配置 origins 中登记",
		}, true
	}
	if err := g.cross.Check(r); err != nil {
		return Denial{
			Status: http.StatusForbidden, Code: "cross_origin",
			EN: "this request was made by another site", ZH: "请求来自其他网站，已拒绝",
		}, true
	}
	if unsafeMethod(r.Method) && r.ContentLength != 0 {
		if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
			return Denial{
				Status: http.StatusUnsupportedMediaType, Code: "not_json",
				EN: "send the body as application/json", ZH: "请求体必须是 application/json",
			}, true
		}
	}
	return Denial{}, false
}

// knownHost: an IP address cannot be rebound, a name must be known.
func (g *Gate) knownHost(hostport string) bool {
	host := strings.ToLower(hostport)
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return g.hosts[host]
}

// SameOrigin reports whether a request comes from a page of ours, exactly:
// the origin is that of the address the request itself was sent to, or one of
// the list. A missing Origin is none of ours. A websocket's upgrade asks for
// this: it is a GET, which no cross-origin protection looks at.
func (g *Gate) SameOrigin(r *http.Request) bool {
	origin := strings.ToLower(r.Header.Get("Origin"))
	if origin == "" || !g.knownHost(r.Host) {
		return false
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return origin == scheme+strings.ToLower(r.Host) || g.origins[origin]
}
