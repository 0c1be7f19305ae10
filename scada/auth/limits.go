package auth

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// The limits on how often anybody may try.
const (
	loginsPerAccount = 5  // a minute
	loginsPerAddress = 20 // a minute
	requestsPerS     = 50 // of one session
	requestBurst     = 200
	lockAfter        = 10 // failures in a row
	lockFor          = 15 * time.Minute
	forgetAfter      = 30 * time.Minute
)

// limits counts by key and forgets keys that were quiet for long.
type limits struct {
	mu     sync.Mutex
	byKey  map[string]*meter
	swept  time.Time
	failed map[string]*failures
}

type meter struct {
	rate *rate.Limiter
	used time.Time
}

type failures struct {
	n    int
	last time.Time
}

func newLimits() *limits {
	return &limits{byKey: map[string]*meter{}, failed: map[string]*failures{}}
}

// take returns 0 if one more is within the limit, and else the seconds to
// wait.
func (l *limits) take(key string, per rate.Limit, burst int, now time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	m := l.byKey[key]
	if m == nil {
		m = &meter{rate: rate.NewLimiter(per, burst)}
		l.byKey[key] = m
	}
	m.used = now
	r := m.rate.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait <= 0 {
		return 0
	}
	r.CancelAt(now)
	return int(math.Ceil(wait.Seconds()))
}

func (l *limits) request(session string, now time.Time) int {
	return l.take("r "+session, requestsPerS, requestBurst, now)
}

// login returns the seconds to wait before another attempt at the account
// from the address may be made. From this machine itself an account is never
// locked, so that nobody outside can shut the control room out.
func (l *limits) login(account, address string, fromHere bool, now time.Time) int {
	if wait := l.take("a "+address, rate.Every(time.Minute/loginsPerAddress), loginsPerAddress, now); wait > 0 {
		return wait
	}
	if fromHere {
		return 0
	}
	l.mu.Lock()
	if f := l.failed[account]; f != nil && f.n >= lockAfter && now.Sub(f.last) < lockFor {
		wait := int(math.Ceil((lockFor - now.Sub(f.last)).Seconds()))
		l.mu.Unlock()
		return wait
	}
	l.mu.Unlock()
	return l.take("n "+account, rate.Every(time.Minute/loginsPerAccount), loginsPerAccount, now)
}

// outcome notes how an attempt ended.
func (l *limits) outcome(account string, ok bool, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ok {
		delete(l.failed, account)
		return
	}
	f := l.failed[account]
	if f == nil || now.Sub(f.last) > forgetAfter {
		f = &failures{}
		l.failed[account] = f
	}
	f.n++
	f.last = now
}

// sweep forgets what was quiet for long. l.mu is held.
func (l *limits) sweep(now time.Time) {
	if now.Sub(l.swept) < time.Minute {
		return
	}
	l.swept = now
	for k, m := range l.byKey {
		if now.Sub(m.used) > forgetAfter {
			delete(l.byKey, k)
		}
	}
	for k, f := range l.failed {
		if now.Sub(f.last) > forgetAfter {
			delete(l.failed, k)
		}
	}
}
