package main

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	keys "github.com/chromedp/cdproto/input"
	pagelog "github.com/chromedp/cdproto/log"
	scripts "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long the page may take to show what it should; machines
// that build and test at the same time are slow.
const patience = 150 * time.Second

// page is a browser that looks at the service.
type page struct {
	t   *testing.T
	ctx context.Context

	mu     sync.Mutex
	errors []string // of the page: exceptions, and what its security policy blocked
}

// openPage starts a browser on an address. The test is skipped where there is
// no browser; CI counts that as a failure.
func openPage(t *testing.T, address string) *page {
	t.Helper()
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("no browser on this machine; 'make setup' says which package to install")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1920, 1080),
		chromedp.Flag("disable-quic", true), chromedp.Flag("no-first-run", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.UserDataDir(t.TempDir()),
		chromedp.WSURLReadTimeout(patience))
	ctx, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(stop)
	ctx, stopTab := chromedp.NewContext(ctx)
	p := &page{t: t, ctx: ctx}
	t.Cleanup(func() {
		// The browser must have ended before its folder is removed.
		if err := chromedp.Cancel(ctx); err != nil {
			t.Logf("closing the browser: %v", err)
		}
		stopTab()
	})
	// The browser lives as long as the context of the first run.
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1920, 1080)); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, p.listen); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.Navigate(address))
	return p
}

// listen keeps what goes wrong inside the page. That the network failed is
// what some tests are about, so it does not count.
func (p *page) listen(event any) {
	var text string
	switch e := event.(type) {
	case *scripts.EventExceptionThrown:
		text = e.ExceptionDetails.Text
		if o := e.ExceptionDetails.Exception; o != nil {
			text += " " + o.Description
		}
	case *pagelog.EventEntryAdded:
		if e.Entry.Level != pagelog.EntryLevelError || e.Entry.Source == pagelog.EntrySourceNetwork || strings.Contains(e.Entry.Text, "WebSocket connection") {
			return
		}
		text = e.Entry.Text
	default:
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.errors = append(p.errors, text)
}

// clean fails the test if anything went wrong inside the page.
func (p *page) clean() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.errors {
		p.t.Errorf("in the page: %s", e)
	}
}

func (p *page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, patience)
	defer stop()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// element is the start of an expression that finds an element by its test id.
func element(id string) string { return fmt.Sprintf("document.querySelector('[data-testid=%q]')", id) }

// wait waits until an expression of the page is true. (The driver's own
// polling compiles text inside the page, which the page's policy forbids.)
func (p *page) wait(what, expression string) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, patience)
	defer stop()
	every := time.NewTicker(50 * time.Millisecond)
	defer every.Stop()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if ok && err == nil {
			return
		}
		select {
		case <-ctx.Done():
			p.shot("failed")
			p.t.Fatalf("waited %s for %s (%v)\nthe page says: %s\nand in all: %s", patience, what, err, p.complaints(), p.eval("document.body.innerText.slice(0, 600)"))
		case <-every.C:
		}
	}
}

// complaints is what the page says about commands it does not offer or that
// were refused.
func (p *page) complaints() string {
	p.t.Helper()
	return p.eval(`[...document.querySelectorAll('.refusal, .why, .notice, [data-testid=said], [data-testid=card-why], [data-testid=stale-why]')].map(e => e.textContent.trim()).filter(Boolean).join(' | ') || 'nothing'`)
}

// taken waits until a dialog has gone because its command was taken; a refusal
// fails the test in the page's own words.
func (p *page) taken(dialog string) {
	p.t.Helper()
	p.wait("an answer in "+dialog, "!"+element(dialog)+" || "+element(dialog)+".querySelector('.refusal')")
	if p.eval("Boolean("+element(dialog)+")") == "true" {
		p.t.Fatalf("%s: refused: %s", dialog, p.complaints())
	}
}

// eval returns the value of an expression as text.
func (p *page) eval(expression string) string {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, patience)
	defer stop()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return out
}

// script runs a statement in the page.
func (p *page) script(statement string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](statement))
}

// text waits for an element and returns its text.
func (p *page) text(id string) string {
	p.t.Helper()
	p.wait(id, element(id))
	return strings.TrimSpace(p.eval(element(id) + ".textContent"))
}

// click waits until an element can be clicked and clicks it.
func (p *page) click(id string) {
	p.t.Helper()
	p.wait(id+" to be enabled", element(id)+" && !"+element(id)+".disabled")
	p.script(element(id) + ".click()")
}

// fill types into a field.
func (p *page) fill(id, text string) {
	p.t.Helper()
	p.wait(id+" to be enabled", element(id)+" && !"+element(id)+".disabled")
	p.script(element(id) + ".focus(); " + element(id) + ".select()")
	p.do(chromedp.KeyEvent(text))
}

// shortcut presses a printable key the way a keyboard does: what the page
// prevents is not typed either.
func (p *page) shortcut(key string) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, patience)
	defer stop()
	for _, kind := range []keys.DispatchKeyEventType{keys.DispatchKeyEventTypeKeyDown, keys.DispatchKeyEventTypeKeyUp} {
		params := keys.DispatchKeyEventParams{Type: kind, Key: key}
		if kind == keys.DispatchKeyEventTypeKeyDown {
			params.Text = key
		}
		if _, err := chromedp.Call(ctx, keys.DispatchKeyEvent, params); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *page) press(names ...string) {
	p.t.Helper()
	for _, k := range names {
		p.do(chromedp.KeyEvent(k))
	}
}

// shot takes a picture and checks that there is something on it. Pictures are
// kept where EVENFLOW_SCREENSHOTS names a directory.
func (p *page) shot(name string) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, patience)
	defer stop()
	raw, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	colours := map[[3]uint32]bool{}
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y += 7 {
		for x := b.Min.X; x < b.Max.X; x += 7 {
			r, g, bl, _ := img.At(x, y).RGBA()
			colours[[3]uint32{r >> 8, g >> 8, bl >> 8}] = true
		}
	}
	if b.Dx() != 1920 || len(colours) < 40 {
		p.t.Errorf("%s: %d px wide with %d colours: the page is not drawn", name, b.Dx(), len(colours))
	}
	if dir := os.Getenv("EVENFLOW_SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), raw, 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
}

// cable stands between the browser and the service and can be pulled.
type cable struct {
	net.Listener
	to     string
	mu     sync.Mutex
	pulled bool
	conns  map[net.Conn]bool
	wait   sync.WaitGroup
}

// lay puts a cable in front of an address, until the test ends.
func lay(t *testing.T, to string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{Listener: l, to: to, conns: map[net.Conn]bool{}}
	c.wait.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			c.wait.Go(func() { c.carry(near) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		c.pull(true)
		c.wait.Wait()
	})
	return c
}

// pull cuts every connection and refuses new ones, until it is plugged in
// again with pull(false).
func (c *cable) pull(out bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled = out
	if out {
		for conn := range c.conns {
			conn.Close()
		}
	}
}

func (c *cable) keep(conns ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range conns {
		if c.pulled {
			conn.Close()
		} else {
			c.conns[conn] = true
		}
	}
	return !c.pulled
}

func (c *cable) carry(near net.Conn) {
	far, err := net.Dial("tcp", c.to)
	if err != nil {
		near.Close()
		return
	}
	if !c.keep(near, far) {
		return
	}
	c.wait.Go(func() {
		io.Copy(far, near)
		far.Close()
	})
	io.Copy(near, far)
	near.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, near)
	delete(c.conns, far)
}

// keys of the keyboard by their names.
var (
	keyEnter  = kb.Enter
	keyEscape = kb.Escape
	keyDown   = kb.ArrowDown
	keyEnd    = kb.End
	keyHome   = kb.Home
)
