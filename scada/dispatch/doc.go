// Package dispatch is the dispatchers' desk, the only road to the plant. An
// order is proposed with its simulation, approved by a person, and then its
// items are selected, written, confirmed by reading back, and found in force
// by their feedback, one stage after the other; every stage is in the journal
// before the act.
//
// What the desk never does: write without an approval, write twice, write
// after a restart what was queued before it, or write anything in mode
// monitor, where it holds no writer at all. A write whose outcome is unknown
// is Uncertain and is resolved by reading, never by writing again.
//
// Whatever a person must meet (validity, selection, envelopes, locks) runs on
// wall time; rate limits, batches, settling and heartbeats run on the plant
// clock that is handed in.
package dispatch
