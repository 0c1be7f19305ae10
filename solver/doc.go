// Package solver computes the steady state of a district-heating network:
// pressures, flows and temperatures of the supply and the return side
// together. New compiles a network once; Solve lays a scenario over it and is
// safe for concurrent use; Profile gives the pressure diagram of a station.
package solver
