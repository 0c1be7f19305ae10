// Package models names the things of a district-heating network and of its
// control room: the network and its six kinds of element, a scenario laid
// over it, a state computed or measured, readings, setpoints, and the errors
// that point at an element. It holds no physics and does no I/O.
//
// # Units
//
// Everything is SI: metre, second, kilogram, kelvin, watt, pascal (gauge,
// unless a name says absolute), kg/s for flow. Openings and speeds are
// fractions 0..1 of travel and of nominal speed. Catalogue values keep the
// catalogue's unit and say so in the name (Kvs in m3/h at 1 bar). Conversion
// to what people and PLCs speak happens at the edges, by package unit.
//
// # Unknown values
//
// Unknown is not a number: an [Optional] says whether a value is known; no
// NaN, 0 or -1 stands for "missing".
package models
