package solver

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

// mate is who works at the second half while the caller is at the first.
type mate struct {
	work chan func()
	done chan struct{}
}

// twoAtWork lets a second goroutine help until stop is called, where the core is
// divided and the options allow it.
func (st *state) twoAtWork() (stop func()) {
	if _, both := st.core.pattern.Halves(); both == 0 || st.s.opts.Cores < 2 || st.mate != nil {
		return func() {}
	}
	m := &mate{make(chan func()), make(chan struct{})}
	go func() {
		for f := range m.work {
			f()
			m.done <- struct{}{}
		}
	}()
	st.mate = m
	return func() {
		close(m.work)
		st.mate = nil
	}
}

// inHalves does both parts of a piece of work.
func (st *state) inHalves(parts *[2]func()) {
	if st.mate == nil {
		parts[0]()
		parts[1]()
		return
	}
	st.mate.work <- parts[1]
	parts[0]()
	<-st.mate.done
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
