package plant

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
)

// maxClients is how many connections a virtual PLC holds; real ones hold one
// to sixteen. A further client is turned away.
const maxClients = 8

// ailment is what may be wrong with a virtual PLC's network side.
type ailment uint8

const (
	well   ailment = iota
	silent         // takes requests and never answers: a hung PLC
	absent         // closes every connection at once: a PLC without power behind a live router
)

// server is the Modbus TCP side of one virtual PLC: one listener, one unit
// id, one bank. Our own client is not used for it, so that an error of the
// codec cannot cancel itself out.
type server struct {
	listener net.Listener
	unit     byte
	bank     *bank

	mu    sync.Mutex
	state ailment
	conns map[net.Conn]struct{}
	wait  sync.WaitGroup
	done  bool
}

// listen opens a server for a bank at an address such as "127.0.0.1:0". The
// server answers from the return on, until close.
func listen(ctx context.Context, address string, unit byte, b *bank) (*server, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	s := &server{listener: l, unit: unit, bank: b, conns: map[net.Conn]struct{}{}}
	s.wait.Add(1)
	go s.accept()
	return s, nil
}

// address returns the endpoint as "host:port".
func (s *server) address() string { return s.listener.Addr().String() }

// ail sets what is wrong with the server; connections open at the time are
// cut when it becomes absent.
func (s *server) ail(a ailment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = a
	if a == absent {
		for c := range s.conns {
			c.Close()
		}
	}
}

func (s *server) ailing() ailment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// close ends the listener and all connections and waits for their goroutines.
func (s *server) close() {
	s.mu.Lock()
	s.done = true
	s.listener.Close()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wait.Wait()
}

func (s *server) accept() {
	defer s.wait.Done()
	for {
		c, err := s.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue // a client that left before it was accepted
		}
		if !s.admit(c) {
			c.Close()
		}
	}
}

// admit takes a connection in and serves it, unless the server is closing,
// absent or full.
func (s *server) admit(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done || s.state == absent || len(s.conns) >= maxClients {
		return false
	}
	s.conns[c] = struct{}{}
	s.wait.Add(1)
	go func() {
		defer s.wait.Done()
		s.serve(c)
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
		c.Close()
	}()
	return true
}

// serve answers one connection until its peer leaves or breaks the framing:
// after a broken frame nothing on the stream can be trusted.
func (s *server) serve(c net.Conn) {
	r := bufio.NewReaderSize(c, 512)
	for {
		header, pdu, err := readFrame(r)
		if err != nil {
			return
		}
		if s.ailing() != well {
			continue
		}
		answer := s.answer(header.unit, pdu)
		if _, err := c.Write(frame(header, answer)); err != nil {
			return
		}
	}
}

// answer is the PDU that answers a request PDU. A foreign unit id gets the
// gateway's "target did not respond".
func (s *server) answer(unit byte, pdu []byte) []byte {
	if unit != s.unit {
		return failure(pdu[0], noTarget)
	}
	return s.bank.answer(pdu)
}

// header is the part of an MBAP header that the answer repeats.
type header struct {
	transaction uint16
	unit        byte
}

var errFrame = errors.New("no Modbus TCP frame")

// readFrame reads one request: MBAP header (transaction, protocol 0, length,
// unit) and PDU of 1 to 253 bytes.
func readFrame(r io.Reader) (header, []byte, error) {
	var h [7]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return header{}, nil, err
	}
	n := int(binary.BigEndian.Uint16(h[4:6]))
	if h[2] != 0 || h[3] != 0 || n < 2 || n > 254 {
		return header{}, nil, errFrame
	}
	pdu := make([]byte, n-1)
	if _, err := io.ReadFull(r, pdu); err != nil {
		return header{}, nil, err
	}
	return header{binary.BigEndian.Uint16(h[0:2]), h[6]}, pdu, nil
}

// frame puts the MBAP header before an answer.
func frame(h header, pdu []byte) []byte {
	out := make([]byte, 0, 7+len(pdu))
	out = binary.BigEndian.AppendUint16(out, h.transaction)
	out = append(out, 0, 0)
	out = binary.BigEndian.AppendUint16(out, uint16(len(pdu)+1))
	out = append(out, h.unit)
	return append(out, pdu...)
}
