package main

import (
	"strings"
	"testing"
	"time"
)

// TestClockGoesOn: the clock of a simulated plant tells the same time to
// every service that is started on it, however late; a real plant's is the
// wall's.
func TestClockGoesOn(t *testing.T) {
	now := time.Now()
	c := Config{Simulated: true, Speed: 60, Epoch: now.Add(-10 * time.Minute).Format(time.RFC3339Nano)}
	clk, err := c.clock(now)
	if err != nil {
		t.Fatal(err)
	}
	// Ten minutes ago the two clocks agreed; since then it ran sixty times as
	// fast.
	if ahead := clk.Now().Sub(now); ahead < 589*time.Minute || ahead > 600*time.Minute {
		t.Errorf("the clock is %s ahead, want 9 h 50 min", ahead)
	}
	if clk, err := (&Config{}).clock(now); err != nil || clk.Now().Sub(now) > time.Minute {
		t.Errorf("a real plant's clock: %v %v", clk, err)
	}
}

func TestEpochIsChecked(t *testing.T) {
	base := Config{Listen: "127.0.0.1:0", Data: "d", Network: "n", Points: "p", Endpoints: []string{"127.0.0.0/8:502"}}
	for _, c := range []struct {
		name, epoch, says string
		simulated         bool
	}{
		{"a real plant has none", "2026-01-18T06:00:00Z", "only a simulated plant", false},
		{"no time", "yesterday", "RFC 3339", true},
		{"in the future", time.Now().Add(time.Hour).Format(time.RFC3339), "past", true},
	} {
		with := base
		with.Epoch, with.Simulated = c.epoch, c.simulated
		if err := with.check(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
	base.Simulated, base.Speed, base.Epoch = true, 60, "2026-01-18T06:00:00Z"
	if err := base.check(); err != nil {
		t.Errorf("a good one is refused: %v", err)
	}
}
