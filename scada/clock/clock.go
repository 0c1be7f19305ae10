// Package clock hands the time in: real in serve, scaled in demo, stepped in
// rehearse. Rate limits, settling, heartbeats and actuator travel run on it;
// what a person or a socket must meet (sessions, validity, time-outs) runs on
// wall time and does not use this package.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time of the plant.
type Clock interface {
	Now() time.Time
	// Wall converts a span of plant time to wall time, for tickers and
	// time-outs; a stepped clock returns 0: it never waits.
	Wall(d time.Duration) time.Duration
}

// Real is the wall clock.
type Real struct{}

// Now returns time.Now in UTC.
func (Real) Now() time.Time { return time.Now().UTC() }

// Wall returns d.
func (Real) Wall(d time.Duration) time.Duration { return d }

// Scaled runs Speed times as fast as the wall clock, starting at Start.
type Scaled struct {
	start, wall time.Time
	speed       float64
}

// NewScaled returns a clock that shows start now and runs speed times as fast
// as the wall clock. It panics if speed is not positive.
func NewScaled(start time.Time, speed float64) *Scaled {
	if !(speed > 0) {
		panic("clock: speed must be above 0")
	}
	return &Scaled{start: start.UTC(), wall: time.Now(), speed: speed}
}

// Now returns the scaled time.
func (c *Scaled) Now() time.Time {
	return c.start.Add(time.Duration(float64(time.Since(c.wall)) * c.speed))
}

// Wall returns d divided by the speed.
func (c *Scaled) Wall(d time.Duration) time.Duration {
	return time.Duration(float64(d) / c.speed)
}

// Stepped stands still until it is advanced.
type Stepped struct {
	mu  sync.Mutex
	now time.Time
}

// NewStepped returns a clock that stands at start.
func NewStepped(start time.Time) *Stepped { return &Stepped{now: start.UTC()} }

// Now returns the time last stepped to.
func (c *Stepped) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Wall returns 0: a stepped clock never waits.
func (c *Stepped) Wall(time.Duration) time.Duration { return 0 }

// Advance moves the clock by d and returns the new time.
func (c *Stepped) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}
