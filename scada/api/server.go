package api

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"evenflow/scada/auth"
	"evenflow/scada/live"
)

// Options of a server.
type Options struct {
	Backend Backend
	Gate    *auth.Gate
	Page    http.Handler     // the page's files, at "/"
	Build   string           // id of the build
	TLS     bool             // served by TLS: HSTS is sent
	Plant   func() time.Time // plant clock; nil: Wall
	Wall    func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: discarded
}

// Server is the web door.
type Server struct {
	opts       Options
	mux        *http.ServeMux
	huma       huma.API
	hub        *live.Hub
	feed       *feed
	once       *once
	registered map[string]bool
}

// New returns a server. Run feeds its websocket, Handler answers.
func New(o Options) *Server {
	if o.Wall == nil {
		o.Wall = time.Now
	}
	if o.Plant == nil {
		o.Plant = o.Wall
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{opts: o, mux: http.NewServeMux(), once: &once{done: map[string]*deed{}}, registered: map[string]bool{}}
	s.hub = live.New(live.Options{Admit: s.admit, Open: s.openTopic, Build: o.Build, Plant: o.Plant, Wall: o.Wall, Log: o.Log})
	s.feed = newFeed(s.hub, o.Backend, o.Log)

	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI:    "3.1.0",
			Info:       &huma.Info{Title: "Evenflow", Version: o.Build, Description: "The control room of a district-heating network. Conventions and the websocket: see the documentation of package scada/api."},
			Components: &huma.Components{Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)},
		},
		Formats:       map[string]huma.Format{"application/json": encoding, "json": encoding},
		DefaultFormat: "application/json",
	}
	s.huma = humago.New(s.mux, config)
	s.sessions()
	s.reads()
	s.commands()
	s.handle("openapi", http.HandlerFunc(s.openAPI))
	s.handle("healthz", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, "ok\n") // whoever asked may have gone
	}))
	s.handle("live", s.hub)
	s.handle("page", o.Page)
	s.handle("page-files", o.Page)
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		s.mux.HandleFunc(m+" /api/", func(w http.ResponseWriter, r *http.Request) {
			s.write(w, NoSuch("route", r.Method+" "+r.URL.Path))
		})
	}
	return s
}

// handle puts a row of the table to work outside of huma.
func (s *Server) handle(name string, h http.Handler) {
	r := route(name)
	s.registered[name] = true
	s.mux.HandleFunc(r.Method+" "+r.Path, func(w http.ResponseWriter, req *http.Request) {
		if f := allowed(req.Context(), r); f != nil {
			s.write(w, f)
			return
		}
		h.ServeHTTP(w, req)
	})
}

func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request) {
	text, err := s.huma.OpenAPI().MarshalJSON()
	if err != nil {
		s.opts.Log.Error("the description cannot be encoded", "error", err)
		f, _ := faultOf(err)
		s.write(w, f)
		return
	}
	w.Header().Set("Content-Type", "application/openapi+json")
	if _, err := w.Write(text); err != nil {
		s.opts.Log.Info("an answer could not be written", "error", err)
	}
}

// Handler answers every request: panics caught, headers set, the gate first.
func (s *Server) Handler() http.Handler {
	h := s.opts.Gate.Handler(http.MaxBytesHandler(s.mux, maxBody), func(w http.ResponseWriter, _ *http.Request, d auth.Denial) {
		s.write(w, &Fault{Status: d.Status, Code: d.Code, EN: d.EN, ZH: d.ZH, RetryAfter: d.RetryAfter})
	})
	return s.caught(s.headers(h))
}

// policy is the page's content security policy: nothing from elsewhere, no
// inline script. Maps and curves draw on canvas and may make images of it.
const policy = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

func (s *Server) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "geolocation=(), camera=(), microphone=()")
		if s.opts.TLS {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if len(r.URL.Path) >= 5 && r.URL.Path[:5] == "/api/" {
			h.Set("Cache-Control", "no-store")
		}
		next.ServeHTTP(w, r)
	})
}

// caught turns a panic into a 500 and a log line with its stack.
func (s *Server) caught(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			s.opts.Log.Error("a request panicked", "method", r.Method, "path", r.URL.Path, "panic", v, "stack", string(debug.Stack()))
			f, _ := faultOf(errPanic)
			s.write(w, f)
		}()
		next.ServeHTTP(w, r)
	})
}

var errPanic = errors.New("panic")

// Run feeds the websocket until ctx ends, then sends every page away with the
// hint to come back.
func (s *Server) Run(ctx context.Context) {
	tick := time.NewTicker(live.Period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.hub.Close()
			return
		case <-tick.C:
			s.Turn(ctx)
		}
	}
}

// Turn takes the documents from the backend and sends what changed.
func (s *Server) Turn(ctx context.Context) {
	if pages, _ := s.hub.Stats(); pages > 0 {
		s.feed.refresh(ctx)
	}
	s.hub.Turn()
}

// Serve answers on a listener until ctx ends; it returns when every request
// is answered and every page gone, or after ten seconds. cert is nil for
// plain HTTP.
func (s *Server) Serve(ctx context.Context, l net.Listener, cert *tls.Config) error {
	srv := &http.Server{
		Handler: s.Handler(), TLSConfig: cert,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: 60 * time.Second, IdleTimeout: 60 * time.Second, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(s.opts.Log.Handler(), slog.LevelInfo),
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	fed, closed := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(fed)
		s.Run(ctx)
	}()
	go func() {
		<-ctx.Done()
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		closed <- srv.Shutdown(within)
	}()
	var err error
	if cert != nil {
		err = srv.ServeTLS(l, "", "")
	} else {
		err = srv.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	cancel() // also when the listener failed
	<-fed
	return errors.Join(err, <-closed)
}
