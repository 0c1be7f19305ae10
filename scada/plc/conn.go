package plc

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/goburrow/modbus"
)

// conn is the one connection to an endpoint. It carries one exchange at a
// time; whoever uses it holds the endpoint. Any failure ends the connection
// and the next request dials anew: reading on after a failure is how values
// of other requests come to be believed.
type conn struct {
	dial    func(context.Context) (net.Conn, error)
	timeout time.Duration // of one exchange
	settle  time.Duration // after a doubtful exchange

	ctx         context.Context // of the exchange under way
	open        net.Conn        // nil: none
	reused      bool            // the exchange under way found the connection open
	transaction uint16
	calmAt      time.Time // no request before: a late answer may be under way
	probing     bool      // the pause is over and the first read has not come yet
	closing     sync.WaitGroup
}

// client returns the codec for one Modbus unit on this connection.
func (c *conn) client(unit byte) modbus.Client {
	return modbus.NewClient2(unitPackager(unit), c)
}

// drainTime bounds how long a closed connection is read on. Closing with
// unread bytes sends a reset, which crashes some peers.
const drainTime = 50 * time.Millisecond

// end gives the connection up, politely and without making anyone wait.
func (c *conn) end() {
	nc := c.open
	if nc == nil {
		return
	}
	c.open = nil
	c.closing.Add(1)
	go func() {
		defer c.closing.Done()
		if half, ok := nc.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
			nc.SetDeadline(time.Now().Add(drainTime))
			io.Copy(io.Discard, nc)
		}
		nc.Close()
	}()
}

// doubt ends the connection after an exchange whose end is not known.
func (c *conn) doubt() {
	c.end()
	c.calmAt = time.Now().Add(c.settle)
	c.probing = c.settle > 0
}

// calm waits out the pause after a doubtful exchange.
func (c *conn) calm(ctx context.Context) error {
	wait := time.Until(c.calmAt)
	if wait <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errNoConnection: the endpoint takes no connection.
var errNoConnection = errors.New("no connection")

// ready makes sure that there is a connection on which nothing is waiting to
// be read.
func (c *conn) ready(ctx context.Context) error {
	if c.open != nil && !quiet(c.open) {
		c.end() // closed by the peer while idle, or bytes that nobody asked for
	}
	c.reused = c.open != nil
	if c.open != nil {
		return nil
	}
	// Many PLCs hold a single connection: the old one must be gone first.
	c.closing.Wait()
	nc, err := c.dial(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoConnection, plainly(err, c.timeout))
	}
	c.open, c.transaction = nc, uint16(rand.Uint32())
	return nil
}

// Send carries one frame to the PLC and returns the answer, which fits the
// request in every field that can be compared. Errors wrap ErrNotSent or
// ErrUncertain.
func (c *conn) Send(request []byte) ([]byte, error) {
	if _, err := expected(request); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	if u := request[6]; writes(request[7]) && (u == 0 || u >= 248 && u <= 254) {
		return nil, fmt.Errorf("%w: unit %d is a broadcast or reserved", ErrNotSent, u)
	}
	if err := c.calm(c.ctx); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.timeout)
	defer cancel()
	if err := c.ready(ctx); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	c.transaction++
	binary.BigEndian.PutUint16(request, c.transaction)
	answer, sent, err := exchange(ctx, c.open, request)
	if err == nil {
		return answer, nil
	}
	if !sent {
		c.end()
		return nil, fmt.Errorf("%w: %w", ErrNotSent, plainly(err, c.timeout))
	}
	c.doubt()
	return nil, fmt.Errorf("%w: %w", ErrUncertain, plainly(err, c.timeout))
}

// exchange writes the request and reads its answer. sent says whether a byte
// may have left.
func exchange(ctx context.Context, nc net.Conn, request []byte) (answer []byte, sent bool, err error) {
	deadline, _ := ctx.Deadline()
	if err := nc.SetDeadline(deadline); err != nil {
		return nil, false, err
	}
	// Cancelling from outside breaks the exchange off instead of waiting for
	// the PLC; the connection is lost with it.
	stop := context.AfterFunc(ctx, func() { nc.SetDeadline(time.Unix(1, 0)) })
	defer func() {
		if !stop() && err == nil {
			err = ctx.Err()
		}
	}()
	n, err := nc.Write(request)
	if err != nil {
		return nil, n > 0, err
	}
	want, err := expected(request)
	if err != nil {
		return nil, true, err
	}
	// One read takes in a whole answer, and not a byte of what might follow it.
	answer = make([]byte, headerBytes-1+want)
	got, err := io.ReadAtLeast(nc, answer, headerBytes)
	if err != nil {
		return nil, true, err
	}
	more, err := checkHeader(request, answer[:headerBytes])
	if err != nil {
		return nil, true, err
	}
	answer = answer[:headerBytes+more]
	if got > len(answer) {
		return nil, true, fmt.Errorf("%w: %d bytes too many", errFrame, got-len(answer))
	}
	if _, err := io.ReadFull(nc, answer[got:]); err != nil {
		return nil, true, err
	}
	return answer, true, checkBody(request, answer[headerBytes:])
}

// plainly says a network error in words a person on the telephone can use.
func plainly(err error, timeout time.Duration) error {
	var ne net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("broken off by us: %w", err)
	case errors.As(err, &ne) && ne.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer within %s: %w", timeout, err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the PLC closed the connection: %w", err)
	}
	return err
}

// read asks for n words (or bits, one word each) of a table.
func (c *conn) read(ctx context.Context, unit byte, r span) ([]uint16, error) {
	c.ctx = ctx
	defer func() { c.ctx = nil }()
	cl := c.client(unit)
	ask := [...]func(uint16, uint16) ([]byte, error){cl.ReadHoldingRegisters, cl.ReadInputRegisters, cl.ReadCoils, cl.ReadDiscreteInputs}[r.table]
	raw, err := ask(uint16(r.from), uint16(r.n))
	if err != nil {
		return nil, c.failed(err)
	}
	c.probing = false
	words := make([]uint16, r.n)
	for i := range words {
		if r.table.Bits() {
			words[i] = uint16(raw[i/8]>>(i%8)) & 1
		} else {
			words[i] = binary.BigEndian.Uint16(raw[2*i:])
		}
	}
	return words, nil
}

// write sends words to holding registers: one by FC6, whose echo has the
// value, several in one request by FC16. It is sent once, whatever comes.
func (c *conn) write(ctx context.Context, unit byte, address uint16, words []uint16) error {
	if len(words) < 1 || len(words) > 123 {
		return fmt.Errorf("%w: %d registers in one request", ErrNotSent, len(words))
	}
	c.ctx = ctx
	defer func() { c.ctx = nil }()
	cl := c.client(unit)
	var err error
	if len(words) == 1 {
		_, err = cl.WriteSingleRegister(address, words[0])
	} else {
		raw := make([]byte, 0, 2*len(words))
		for _, w := range words {
			raw = binary.BigEndian.AppendUint16(raw, w)
		}
		_, err = cl.WriteMultipleRegisters(address, uint16(len(words)), raw)
	}
	if err == nil {
		return nil
	}
	err = c.failed(err)
	if e, ok := errors.AsType[*Exception](err); ok && e.doubtful() {
		c.doubt()
		return fmt.Errorf("%w: %w", ErrUncertain, err)
	}
	if _, ok := errors.AsType[*Exception](err); ok {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return err
}

// failed makes sure that an error has a class: what the codec found wrong
// with an answer is as doubtful as no answer.
func (c *conn) failed(err error) error {
	err = asException(err)
	if e, ok := errors.AsType[*Exception](err); ok {
		if e.Code == 0x0A || e.Code == 0x0B {
			c.doubt() // the slave's late answer may still come through the gateway
		}
		return e
	}
	if errors.Is(err, ErrNotSent) || errors.Is(err, ErrUncertain) {
		return err
	}
	c.doubt()
	return fmt.Errorf("%w: %w", ErrUncertain, err)
}
