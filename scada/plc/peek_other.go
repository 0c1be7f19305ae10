//go:build !unix

package plc

import (
	"errors"
	"net"
	"os"
	"time"
)

// quiet reports whether a connection is open and nothing waits to be read on
// it. Where a socket cannot be peeked at, a read of a millisecond does: a byte
// that it takes off nobody asked for, and the connection ends with it.
func quiet(nc net.Conn) bool {
	nc.SetReadDeadline(time.Now().Add(time.Millisecond))
	n, err := nc.Read(make([]byte, 1))
	return n == 0 && errors.Is(err, os.ErrDeadlineExceeded)
}
