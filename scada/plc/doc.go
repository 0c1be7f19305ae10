// Package plc is the gateway to the station PLCs: the only speaker of Modbus,
// and the last guard before the plant.
//
// A [Gateway] polls every PLC of a point list and hands out readings with
// quality; it cannot write. A [Writer] writes single setpoints after reading
// the PLC's identity, remote switch and present value in the same cycle; in
// mode monitor none is made.
//
// # What is believed
//
// goburrow/modbus builds and checks the protocol data units; the transport
// below it is ours, because a value must never be believed that was not the
// answer to its request: one request in flight an endpoint, exact lengths,
// and any failure ends the connection. A write is never sent twice. Whether
// it happened is one of three answers: not sent, refused, or uncertain until
// it is read back ([ErrNotSent], [ErrRefused], [ErrUncertain]).
//
// # Time
//
// Readings carry the time of the plant's clock. Sockets, time-outs and the
// pause after a doubtful exchange run on wall time. Dead PLCs are left alone
// for a growing number of polls.
package plc
