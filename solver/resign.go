package solver

// Regulators that give up what they should hold.

// mostAcross is more than any water stands under, Pa.
const mostAcross = 1e8

// relent opens the valves that starve what is drawn or given behind them:
// nothing else feeds it, and it is drawn whatever they hold. It reports whether
// there were any.
func (st *state) relent() (any bool) {
	for i := range st.regs.list {
		x := &st.regs.list[i]
		l := &st.links[x.link]
		if x.drive == nil && !x.plain && x.stand != wideOpen && st.pressure[l.from]-st.pressure[l.to] > mostAcross {
			st.place(x, wideOpen)
			x.stuck, x.relents, any = true, true, true
		}
	}
	return any
}

// mostRegulated is how many steps the iteration may take before regulators that
// find no stand are given up.
const mostRegulated = 60

// mostWarm is how many of them from a neighbour, without temperatures, before it
// is taken to have led astray: more than a cold start needs, nearly always.
const mostWarm = 20

// freeze gives up the regulators that find no stand, or have turned more often
// than they should: they stay open, pumps at their highest speed, and are told
// as undecided. It reports whether there were any.
func (st *state) freeze() (any bool) {
	for i := range st.regs.list {
		x := &st.regs.list[i]
		if !x.frozen && (st.wants(x) != x.stand || x.turns >= mostTurns) && (x.drive == nil || x.drive.curve != nil) {
			x.frozen, any = true, true
			st.place(x, wideOpen)
		}
	}
	return any
}

// stopBackflow shuts the regulators that hold by passing water backwards while
// the flows do not balance: where nothing but check valves lies behind them
// they never would.
func (st *state) stopBackflow() {
	any := false
	for i := range st.regs.list {
		x := &st.regs.list[i]
		if x.stand == holding && st.links[x.link].m < -flowBand && st.report.Iterations > 2 {
			st.place(x, x.closed())
			any = true
		}
	}
	if any {
		st.evaluate()
	}
}
