package solver

import (
	"runtime"
	"sync/atomic"
)

// A large core is divided in two halves, which do not touch one another but by
// what they share (sparse.Pattern.Split). The results are the same whether one
// processor works at them or two.

// halves are the parts of a step that the two of a divided core are taken
// through, made once for a core: the first for the one who calls, the second for
// the other.
type halves struct {
	forward, back, sweep, leave, expand [2]func()
	swept                               [2]swept
}

// divide makes the parts of the work for the core. The chains of the first half
// are those that begin in it.
func (st *state) divide() {
	n, h := &st.core, &st.halves
	one, both := n.pattern.Halves()
	n.middle = int(n.first[one])
	if both == 0 {
		n.middle = len(n.chains)
	}
	if h.forward[0] != nil {
		return // they ask for the core as it is when they work
	}
	part := func(i int) (first, last int) {
		if i == 1 {
			return n.middle, len(n.chains)
		}
		return 0, n.middle
	}
	for i := range 2 {
		h.forward[i] = func() { n.pattern.Forward(i, n.edges, n.first, n.cells, n.l) }
		h.back[i] = func() { n.pattern.Back(i, n.cells, n.l) }
		h.sweep[i] = func() { h.swept[i] = st.sweepPart(part(i)) }
		h.leave[i] = func() { st.leavePart(part(i)) }
		h.expand[i] = func() { st.expandPart(part(i)) }
	}
}

// mate is who works at the second half while the caller is at the first. It waits
// awake: a step has several pieces of a few hundred microseconds each, and to be
// woken takes as long.
type mate struct {
	stage atomic.Int32
	work  func() // what is offered
}

// stages of a piece of work.
const (
	idle    int32 = iota
	offered       // anybody may take it
	taken         // by the mate
	done
	dismissed // the mate goes
)

// help takes what is offered until it is dismissed.
func (m *mate) help() {
	for turn := 1; ; turn++ {
		switch m.stage.Load() {
		case offered:
			if m.stage.CompareAndSwap(offered, taken) {
				m.work()
				m.stage.Store(done)
			}
		case dismissed:
			return
		}
		rest(turn)
	}
}

// rest lets others run, at times.
func rest(turn int) {
	if turn%200 == 0 {
		runtime.Gosched()
	}
}

// twoAtWork lets a second goroutine help until stop is called, where the core is
// divided and the options allow it.
func (st *state) twoAtWork() (stop func()) {
	if _, both := st.core.pattern.Halves(); both == 0 || st.s.opts.Cores < 2 || st.mate != nil {
		return func() {}
	}
	m := &mate{}
	go m.help()
	st.mate = m
	return func() {
		m.stage.Store(dismissed)
		st.mate = nil
	}
}

// inHalves does both parts of a piece of work, the second too where the mate has
// not come to take it.
func (st *state) inHalves(parts *[2]func()) {
	m := st.mate
	if m == nil {
		parts[0]()
		parts[1]()
		return
	}
	m.work = parts[1]
	m.stage.Store(offered)
	parts[0]()
	if m.stage.CompareAndSwap(offered, taken) {
		parts[1]()
	} else {
		for turn := 1; m.stage.Load() != done; turn++ {
			rest(turn)
		}
	}
	m.stage.Store(idle)
}

// solveCore solves for the steps of the pressures.
func (st *state) solveCore() {
	n := &st.core
	st.inHalves(&st.halves.forward)
	n.pattern.Merge(n.cells, n.l)
	n.pattern.Forward(2, n.edges, n.first, n.cells, n.l)
	n.pattern.Back(2, n.cells, n.l)
	n.pattern.Share(n.cells)
	st.inHalves(&st.halves.back)
}
