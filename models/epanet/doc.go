// Package epanet reads and writes EPANET's input files (INP, versions 2.0 to
// 2.3) and turns them into networks and back.
//
// [Read] decodes a file faithfully into a [File]: every section that a
// hydraulic calculation needs, in SI units, with the line each element stood
// on; sections that it does not need (water quality, labels, report …) are
// kept word for word. Everything that EPANET would refuse is refused, all of
// it at once, with line and remedy. Sections may stand in any order.
//
// [File.Start] says how everything stands at time 0: demands and reservoirs
// by their patterns, links after [STATUS], pump patterns and the simple
// controls that act then, in EPANET's order. [File.Network] makes a
// [evenflow/models.Network] of that moment and lists what it could not carry
// over; [FromNetwork] goes the other way.
package epanet
