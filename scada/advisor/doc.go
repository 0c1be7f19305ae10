// Package advisor turns a snapshot of the plant into knowledge and advice:
// what every station gets against what it requires in this weather, what is
// not right and why, and a recommendation of valve openings and pump speed
// with its reasons and its predicted effect. It is a bridge from scada down
// to the solver and decides nothing: advice becomes an order at the desk.
package advisor
