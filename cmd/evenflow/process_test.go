package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"evenflow/scada/api"
)

// longest is how long a process may take to do what it should; machines that
// build and test at the same time are slow.
const longest = 60 * time.Second

// program builds the real binary, once a test.
func program(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "evenflow")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// process is the binary at work.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	said  string // what it printed until it was ready
	mu    sync.Mutex
	errs  bytes.Buffer
	ended chan struct{}
}

// Write takes in what the process says on its error output.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.errs.Write(b)
}

func (p *process) complaints() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.errs.String()
}

// start runs the binary and waits until it prints a line that holds ready. It
// ends with the test at the latest.
func start(t *testing.T, binary, ready string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(binary, args...), ended: make(chan struct{})}
	p.cmd.Stderr = p
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.stop() })
	up := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			p.said += lines.Text() + "\n"
			if strings.Contains(lines.Text(), ready) {
				up <- true
				break
			}
		}
		select {
		case up <- false:
		default:
		}
		io.Copy(io.Discard, out)
		_ = p.cmd.Wait() // how it ended is the test's business
		close(p.ended)
	}()
	select {
	case ok := <-up:
		if !ok {
			<-p.ended
			t.Fatalf("%s %v ended: %s%s", filepath.Base(binary), args, p.said, p.complaints())
		}
	case <-time.After(longest):
		t.Fatalf("%s %v is not ready after %s: %s", filepath.Base(binary), args, longest, p.complaints())
	}
	return p
}

// kill is kill -9.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL) // it may have ended by itself
	<-p.ended
}

// stop asks the process to end, and waits until it has.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(longest):
		p.t.Errorf("%v does not end when asked to", p.cmd.Args)
		p.kill()
	}
}

// address is where a service said that its page is.
func (p *process) address() string {
	_, rest, _ := strings.Cut(p.said, "page: ")
	return strings.Fields(rest + " ?")[0]
}

// client is a person at the desk, by way of HTTP.
type client struct {
	t       *testing.T
	address string
	cookie  *http.Cookie
}

// signIn signs a person in.
func signIn(t *testing.T, address, name, password string) *client {
	t.Helper()
	c := &client{t: t, address: address}
	body, err := json.Marshal(api.SignIn{Name: name, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.send(http.MethodPost, "/api/sign-in", body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || len(resp.Cookies()) != 1 {
		text, _ := io.ReadAll(resp.Body)
		t.Fatalf("sign-in of %s: %s %s", name, resp.Status, text)
	}
	c.cookie = resp.Cookies()[0]
	return c
}

func (c *client) send(method, path string, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(context.Background(), method, c.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", uuid.NewString())
		r.Header.Set("Origin", c.address)
	}
	if c.cookie != nil {
		r.AddCookie(c.cookie)
	}
	return (&http.Client{Timeout: longest}).Do(r)
}

// refused is an answer that is not 200.
type refused struct {
	status int
	text   string
}

func (r *refused) Error() string { return fmt.Sprintf("%d %s", r.status, r.text) }

// ask sends a request and decodes the answer into out (nil: not wanted).
func (c *client) ask(method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	resp, err := c.send(method, path, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return &refused{resp.StatusCode, string(text)}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

func (c *client) get(path string, out any) {
	c.t.Helper()
	if err := c.ask(http.MethodGet, path, nil, out); err != nil {
		c.t.Fatalf("GET %s: %v", path, err)
	}
}

func (c *client) post(path string, in, out any) {
	c.t.Helper()
	if err := c.ask(http.MethodPost, path, in, out); err != nil {
		c.t.Fatalf("POST %s: %v", path, err)
	}
}

// until asks again and again until done says so, for as long as is reasonable.
func until(t *testing.T, what string, every time.Duration, done func() bool) {
	t.Helper()
	over, tick := time.After(longest), time.NewTicker(every)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-over:
			t.Fatalf("waited %s for %s", longest, what)
		}
	}
}

// staff makes the two people of a plant's service, by the real verb.
func staff(t *testing.T, binary, data string) {
	t.Helper()
	for _, who := range [][2]string{{"wang", "engineer"}, {"li", "dispatcher"}} {
		cmd := exec.Command(binary, "user", "add", who[0], "--role", who[1], "--data", data)
		cmd.Stdin = strings.NewReader(soakPassword + "\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("user add: %v %s", err, out)
		}
	}
}

const soakPassword = "steam rises over Songjiang"

// open opens a service that has just been installed: mode advisory, envelope
// initial-balance.
func (c *client) open() {
	c.t.Helper()
	var sys api.System
	c.get("/api/system", &sys)
	if sys.Mode != api.ModeMonitor || sys.Armed {
		c.t.Errorf("a new installation starts in %s, armed %v; want monitor, and no writer", sys.Mode, sys.Armed)
	}
	c.post("/api/mode", api.ModeInput{Mode: api.ModeAdvisory, Reason: "season begins"}, &sys)
	c.post("/api/envelope", api.EnvelopeInput{Name: "initial-balance", Minutes: 600, Reason: "season begins"}, &sys)
	if sys.Mode != api.ModeAdvisory || !sys.Armed || sys.Envelope.Name != "initial-balance" {
		c.t.Fatalf("mode %s, armed %v, envelope %s", sys.Mode, sys.Armed, sys.Envelope.Name)
	}
}

// gone reports whether an error is that of a service that was killed.
func gone(err error) bool {
	var r *refused
	return err != nil && !errors.As(err, &r) && !errors.Is(err, os.ErrDeadlineExceeded)
}
