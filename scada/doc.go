// Package scada is the map of the rooms between the calculators and the
// plant; it holds no code. Data goes round one way:
//
//	plc reads → telemetry (and store) → cycle → advisor → dispatch.Propose →
//	a person approves → journal → plc writes → feedback → confirm → live
package scada
