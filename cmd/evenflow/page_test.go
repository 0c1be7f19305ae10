package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/scada/pointlist"
)

// The page against the real binary and its virtual plant: what a dispatcher
// does, in the order he does it.
func TestPage(t *testing.T) {
	demo := start(t, program(t), "page:", "demo", "--stations", "60", "--seed", "1", "--speed", "60", "--listen", "127.0.0.1:0", "--fault", "dead-plc:S-017")
	wire := lay(t, strings.TrimPrefix(demo.address(), "http://"))
	p := openPage(t, "http://"+wire.Addr().String()+"/")
	for _, step := range []struct {
		name string
		run  func(t *testing.T, p *page)
	}{
		{"overview", pageOverview},
		{"languages and themes", pageLanguages},
		{"list by keyboard", pageList},
		{"reject", pageReject},
		{"approve", pageApprove},
		{"manual set", pageManual},
		{"revert", pageRevert},
		{"stop all", pageStopAll},
		{"cable pulled", func(t *testing.T, p *page) { pageStale(t, p, wire) }},
	} {
		if !t.Run(step.name, func(t *testing.T) {
			p.t = t
			step.run(t, p)
		}) {
			break // the next step stands on this one
		}
	}
	p.t = t
	p.clean()
}

// pageOverview: everything the first look needs is there and live.
func pageOverview(t *testing.T, p *page) {
	p.wait("the first data", element("screen")+`?.dataset.ready === "true"`)
	if got := p.text("link-state"); !strings.Contains(got, "实时") {
		t.Errorf("link state %q", got)
	}
	if got := p.text("demo-mark"); got != "演示数据" {
		t.Errorf("the page does not say that the plant is virtual: %q", got)
	}
	for _, id := range []string{"kpi-heat", "kpi-supply", "kpi-return", "kpi-critical", "kpi-makeup", "kpi-unbalanced", "kpi-outdoor", "kpi-pending"} {
		if got := p.text(id); !regexp.MustCompile(`\d`).MatchString(got) {
			t.Errorf("%s shows no figure: %q", id, got)
		}
	}
	// Worst first: the first row is below the band, and selected.
	first, err := strconv.ParseFloat(p.eval(`document.querySelector('.row .num').textContent`), 64)
	if err != nil || first > 0.7 {
		t.Errorf("the first row has x = %v (%v)", first, err)
	}
	if all := p.eval(`document.querySelectorAll('.row').length`); all == "60" {
		t.Error("the list draws rows that nobody sees")
	}
	p.wait("the faceplate", element("face-x"))
	p.wait("the pressure diagram", element("hydrograph")+"?.querySelector('.l-supply')?.getAttribute('d').length > 40")
	p.wait("what the action does to it", "[...document.querySelectorAll('.l-after')].every(e => e.getAttribute('d').length > 40)")
	p.wait("the curves", element("trend")+"?.dataset.state === 'ready'")
	p.wait("the map", `(() => {
		const c = document.querySelector('.map canvas');
		const d = c?.getContext('2d').getImageData(0, 0, c.width, c.height).data;
		let n = 0;
		for (let i = 3; d && i < d.length; i += 4) if (d[i]) n++;
		return n > 4000;
	})()`)
	p.wait("the station without a link", element("not-right")+"?.textContent.includes('通讯中断')")
	p.wait("a recommendation", element("approve"))
	p.shot("overview-light-zh")
}

// pageLanguages: English and the dark theme, and back.
func pageLanguages(t *testing.T, p *page) {
	p.click("lang")
	p.wait("English", element("tab-overview")+".textContent === 'Overview'")
	if rest := p.eval(`document.querySelector('.list').innerText + document.querySelector('.face').innerText + document.querySelector('.kpis').innerText`); regexp.MustCompile(`[\x{4e00}-\x{9fff}]`).MatchString(rest) {
		t.Errorf("English page with Chinese in it: %s", rest)
	}
	p.click("theme")
	p.wait("the dark theme", "document.documentElement.dataset.theme === 'dark'")
	p.shot("overview-dark-en")
	p.click("lang")
	p.click("theme")
	p.wait("Chinese", element("tab-overview")+".textContent === '总览'")
	if got := p.eval("document.documentElement.lang"); got != "zh-CN" {
		t.Errorf("lang = %q", got)
	}
}

// pageList: search, filters and the keys of the list.
func pageList(t *testing.T, p *page) {
	selected := `document.querySelector('.row.selected')?.id`
	p.shortcut("/")
	p.wait("the search field", "document.activeElement === "+element("search"))
	p.press("S-031", keyEnter)
	p.wait("the station found", selected+" === 'row-S-031'")
	p.wait("its faceplate", element("face")+".textContent.includes('S-031')")
	p.shortcut("/")
	p.press(keyEscape)
	p.wait("all rows again", "document.querySelectorAll('.row').length > 20")
	p.press(keyHome)
	first := p.eval(selected)
	p.press(keyDown)
	p.wait("the next row", selected+" !== '"+first+"'")
	p.press(keyEnd)
	p.wait("the last row in view", "document.querySelector('.row.selected') && "+element("rows")+".scrollTop > 300")
	p.click("filter-under")
	p.wait("only stations below the band", "document.querySelectorAll('.row').length > 0 && document.querySelectorAll('.row .mark:not(.under)').length === 0")
	p.click("filter-all")
	p.shortcut("?")
	p.wait("the help on keys", element("help-dialog")+"?.open")
	p.press(keyEscape)
	p.wait("the help to go", "!"+element("help-dialog"))
}

// pageReject: a recommendation is turned down with a reason; another can be
// computed.
func pageReject(t *testing.T, p *page) {
	p.click("details")
	p.wait("the moves", element("moves")+"?.querySelectorAll('tbody tr').length > 30")
	p.shot("recommendation-light-zh")
	p.click("drawer-close")
	p.click("reject")
	p.wait("that a reason is needed", element("reject-confirm")+"?.disabled")
	p.click("reject.data")
	p.click("reject-confirm")
	p.wait("the journal to say so", `[...document.querySelectorAll('[data-action^="order"]')].some(e => e.textContent.includes('已驳回') && e.textContent.includes('数据不可信'))`)
	advised(p)
}

// pageManual: one valve by hand: predicted, confirmed, written, read back, in
// force, and seen in setpoint and feedback.
func pageManual(t *testing.T, p *page) {
	p.shortcut("/")
	p.press("S-031", keyEnter)
	p.wait("the station", element("face")+".textContent.includes('S-031') && "+element("setpoint"))
	before := number(t, p.text("setpoint"))
	want := math.Round(before) - 7
	p.fill("manual-value", strconv.FormatFloat(want, 'f', -1, 64))
	p.click("manual-preview")
	p.wait("the predicted effect", element("effect"))
	p.shot("manual-light-zh")
	p.click("manual-confirm")
	p.wait("the second question", element("manual-confirm")+"?.textContent.includes('再次')")
	p.press(keyEnter)
	p.wait("it to be in force", element("steps")+"?.dataset.stage === 'in_force'")
	for _, step := range []string{"step-written", "step-confirmed", "step-in_force"} {
		if got := p.text(step); !regexp.MustCompile(`\d\d:\d\d:\d\d`).MatchString(got) {
			t.Errorf("%s has no time: %q", step, got)
		}
	}
	p.click("dialog-cancel")
	p.wait("the setpoint on the faceplate", "Math.abs(parseFloat("+element("setpoint")+".textContent) - "+strconv.FormatFloat(want, 'f', -1, 64)+") < 0.2")
	p.wait("the feedback on the faceplate", "Math.abs(parseFloat("+element("feedback")+".textContent) - "+strconv.FormatFloat(want, 'f', -1, 64)+") < 1.2")
	p.wait("it among the last actions", "document.querySelector('.actions').textContent.includes('已生效')")
}

// pageApprove: from the click to the city in the band, with what was
// predicted against what was measured.
func pageApprove(t *testing.T, p *page) {
	advised(p)
	p.press(keyEscape)
	order := p.eval("document.querySelector('.card header .dim').textContent")
	p.shortcut("a")
	p.wait("the confirmation", element("approve-confirm")+" && !"+element("approve-confirm")+".disabled && document.activeElement === "+element("approve-confirm"))
	p.shot("approve-light-zh")
	p.press(keyEnter)
	p.wait("the order under way", element("running-stage")+" || "+element("last-order"))
	p.wait("feedback of the first batch", "Number("+element("progress")+"?.dataset.inForce) > 5")
	p.shot("under-way-light-zh")
	p.wait("predicted against measured", element("last-order")+"?.dataset.result === 'measured' && "+element("last-order")+".textContent.includes('"+order+"')")
	p.click("last-details")
	p.wait("the comparison", element("result")+"?.dataset.state === 'measured' && "+element("items")+"?.querySelectorAll('tbody tr').length > 30")
	if failed := p.eval(`document.querySelectorAll('[data-testid=items] tr:is([data-stage=not_done], [data-stage=no_effect])').length`); failed != "0" {
		t.Errorf("%s items failed", failed)
	}
	p.shot("result-light-zh")
	p.click("drawer-close")
	p.wait("a city in balance", "Number("+element("filter-under")+".querySelector('b').textContent) + Number("+element("filter-over")+".querySelector('b').textContent) <= 6")
	p.shot("balanced-light-zh")
}

// advised waits for a recommendation that can be approved, asking for a new
// one where the readings have moved since.
func advised(p *page) {
	p.t.Helper()
	p.wait("a recommendation or the offer to compute one", "["+element("approve")+", "+element("compute")+"].some(e => e && !e.disabled)")
	if p.eval("Boolean("+element("approve")+" && !"+element("approve")+".disabled)") != "true" {
		p.click("compute")
	}
	p.wait("a recommendation that can be approved", element("approve")+" && !"+element("approve")+".disabled")
}

// pageRevert: what was confirmed is put back, as an order of its own that a
// person approves.
func pageRevert(t *testing.T, p *page) {
	ordered := number(t, p.text("setpoint"))
	p.click("last-details")
	p.click("revert")
	p.fill("reason", "试验结束")
	p.click("revert-confirm")
	p.wait("the revert to wait for approval", element("card")+".querySelector('h3')?.textContent === '撤回'")
	p.click("drawer-close")
	p.click("approve")
	p.wait("the question about the revert", element("approve-dialog")+"?.textContent.includes('撤回')")
	p.click("approve-confirm")
	p.taken("approve-dialog")
	p.wait("the old setpoint", "Math.abs(parseFloat("+element("setpoint")+".textContent) - "+strconv.FormatFloat(ordered+7, 'f', -1, 64)+") < 1")
	p.wait("the feedback to follow", "Math.abs(parseFloat("+element("setpoint")+".textContent) - parseFloat("+element("feedback")+".textContent)) < 1.2")
}

// pageStopAll: one click, no question; nothing can be ordered until a person
// ends it.
func pageStopAll(t *testing.T, p *page) {
	p.click("stop-all")
	p.wait("the bar that says so", element("stopped-bar"))
	p.wait("the journal to say so", `document.querySelector('[data-action="stop"]')`)
	p.wait("the manual set to be blocked with the reason", element("manual-value")+".disabled && "+element("manual-why")+".textContent.includes('停止全部下发')")
	p.shot("stopped-light-zh")
	p.click("resume")
	p.click("resume-confirm")
	p.wait("the bar to go", "!"+element("stopped-bar"))
	p.wait("the manual set to be open again", "!"+element("manual-value")+".disabled")
}

// pageStale: the cable is pulled. Nothing may look live, nothing may be
// ordered, and the page comes back by itself.
func pageStale(t *testing.T, p *page, wire *cable) {
	p.eval("window.notReloaded = true")
	wire.pull(true)
	p.wait("the bar", element("stale-bar"))
	p.wait("the link state", element("link-state")+".dataset.phase === 'stale'")
	p.wait("the manual set to be blocked with the reason", element("manual-value")+".disabled && "+element("manual-why")+".textContent.includes('数据中断')")
	for _, id := range []string{"approve", "compute", "reject", "revert"} {
		if p.eval("Boolean("+element(id)+" && !"+element(id)+".disabled)") == "true" {
			t.Errorf("%s can be clicked while the data stopped", id)
		}
	}
	if why := p.eval(`[...document.querySelectorAll('.card button:disabled')].map(b => b.title).join()`); !strings.Contains(why, "数据中断") {
		t.Errorf("the card's commands do not say why they are disabled: %q", why)
	}
	live, grey := p.eval(`getComputedStyle(document.querySelector('.face .live')).color`), p.eval(`(() => {
		const d = document.createElement('i');
		d.style.color = 'var(--ink3)';
		document.body.append(d);
		const c = getComputedStyle(d).color;
		d.remove();
		return c;
	})()`)
	if live != grey {
		t.Errorf("live numbers are %s while the data stopped, not %s", live, grey)
	}
	if p.eval(element("stop-all")+".disabled") != "false" {
		t.Error("stop-all is off while the data stopped")
	}
	p.wait("the next tries", "/[2-9]/.test("+element("stale-bar")+".textContent.split('第')[1])")
	p.shot("stale-light-zh")
	wire.pull(false)
	p.wait("the link", element("link-state")+".dataset.phase === 'live'")
	p.wait("the bar to go", "!"+element("stale-bar"))
	p.wait("the commands", "!"+element("manual-value")+".disabled")
	if p.eval("window.notReloaded") != "true" {
		t.Error("the page was reloaded")
	}
}

// The page against a service that was configured, with the plant as another
// process: sign in, monitor holds no writer, advisory does, and what the page
// orders is in the PLC's register, read past the service.
func TestPageOfAService(t *testing.T) {
	dir := t.TempDir()
	startPlant(t, "--stations", "24", "--seed", "2", "--speed", "120", "--write", dir)
	const password = "steam rises over Songjiang"
	if code, out, errs := userVerb(t, filepath.Join(dir, "data"), password+"\n", "add", "li", "--role", "engineer", "--display", "李工"); code != exitOK {
		t.Fatal(out, errs)
	}
	config := filepath.Join(dir, "evenflow.yaml")
	raw, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	raw = regexp.MustCompile(`(?m)^listen:.*$`).ReplaceAll(raw, []byte("listen: 127.0.0.1:0"))
	if err := os.WriteFile(config, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	p := openPage(t, start(t, program(t), "page:", "serve", "--config", config).address())

	p.fill("login-name", "li")
	p.fill("login-password", "wrong password here")
	p.click("login-go")
	p.wait("the refusal", element("login-error"))
	p.shot("sign-in-zh")
	p.fill("login-password", password)
	p.click("login-go")
	p.wait("the first data", element("screen")+`?.dataset.ready === "true"`)
	if got := p.text("who"); got != "李工" {
		t.Errorf("signed in as %q", got)
	}

	p.shortcut("/")
	p.press("S-012", keyEnter)
	p.wait("monitor to block with the reason", element("manual-why")+"?.textContent.includes('监视')")
	p.click("mode-network")
	p.click("mode-advisory")
	p.fill("reason", "试运行")
	p.click("mode-confirm")
	p.wait("the mode on the page", element("mode-network")+".textContent.includes('建议')")

	register := pointOf(t, filepath.Join(dir, "points.csv"), models.PointID{Element: "S-012", Quantity: models.OpeningSetpoint})
	before := readRegister(t, register)
	want := math.Round(number(t, p.text("setpoint"))) - 4
	p.fill("manual-value", strconv.FormatFloat(want, 'f', -1, 64))
	p.click("manual-preview")
	p.click("manual-confirm")
	p.click("manual-confirm")
	p.wait("it to be in force", element("steps")+"?.dataset.stage === 'in_force'")
	after := readRegister(t, register)
	value, quality, reason := register.Decode([]uint16{after})
	if before == after || math.Abs(100*value-want) > 0.1 || quality != models.QualityGood {
		t.Errorf("the register went from %d to %d = %.2f %% (%s %s), ordered was %g %%", before, after, 100*value, quality, reason, want)
	}
	p.click("dialog-cancel")
	p.wait("the feedback on the faceplate", "Math.abs(parseFloat("+element("feedback")+".textContent) - "+strconv.FormatFloat(want, 'f', -1, 64)+") < 1.2")
	p.clean()
}

func pointOf(t *testing.T, file string, id models.PointID) pointlist.Point {
	t.Helper()
	sheet, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	list, problems := pointlist.Read(bytes.NewReader(sheet))
	if err := problems.Refused(); err != nil {
		t.Fatal(err)
	}
	point, ok := list.Find(id)
	if !ok {
		t.Fatalf("%s is not in the point list", id)
	}
	return point
}

// number reads the first number of a text.
func number(t *testing.T, text string) float64 {
	t.Helper()
	m := regexp.MustCompile(`[−-]?\d+(\.\d+)?`).FindString(text)
	v, err := strconv.ParseFloat(strings.ReplaceAll(m, "−", "-"), 64)
	if err != nil {
		t.Fatalf("no number in %q", text)
	}
	return v
}
