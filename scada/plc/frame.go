package plc

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/goburrow/modbus"
)

const (
	headerBytes = 7   // MBAP: transaction 2, protocol 2, length 2, unit 1
	mostBytes   = 260 // of a whole frame
)

// unitPackager frames the protocol data units of one Modbus unit. It cannot
// change, so requests to different units cannot mix them up.
type unitPackager byte

// Encode puts the MBAP header before a PDU; the transport fills the
// transaction in.
func (u unitPackager) Encode(pdu *modbus.ProtocolDataUnit) ([]byte, error) {
	n := headerBytes + 1 + len(pdu.Data)
	if n > mostBytes {
		return nil, fmt.Errorf("%w: request of %d bytes, a frame takes %d", ErrNotSent, n, mostBytes)
	}
	adu := make([]byte, headerBytes+1, n)
	binary.BigEndian.PutUint16(adu[4:], uint16(len(pdu.Data)+2))
	adu[6], adu[7] = byte(u), pdu.FunctionCode
	return append(adu, pdu.Data...), nil
}

// Verify has nothing left to do: the transport has compared header, length
// and function of the answer with the request before it gave it out.
func (u unitPackager) Verify(_, _ []byte) error { return nil }

// Decode takes the PDU out of a frame.
func (u unitPackager) Decode(adu []byte) (*modbus.ProtocolDataUnit, error) {
	if len(adu) < headerBytes+2 {
		return nil, fmt.Errorf("%w: answer of %d bytes", errFrame, len(adu))
	}
	return &modbus.ProtocolDataUnit{FunctionCode: adu[7], Data: adu[8:]}, nil
}

var errFrame = errors.New("the answer does not belong to the request")

// writes reports whether a function code changes something.
func writes(function byte) bool {
	switch function {
	case 1, 2, 3, 4:
		return false
	}
	return true
}

// expected returns the MBAP length (unit and PDU) that the answer to a
// request must have, for the functions this room uses.
func expected(request []byte) (int, error) {
	if len(request) < 12 {
		return 0, fmt.Errorf("request of %d bytes", len(request))
	}
	n := int(binary.BigEndian.Uint16(request[10:]))
	switch request[7] {
	case 1, 2:
		if n < 1 || n > 2000 {
			return 0, fmt.Errorf("%d bits in one request", n)
		}
		return 3 + (n+7)/8, nil
	case 3, 4:
		if n < 1 || n > 125 {
			return 0, fmt.Errorf("%d registers in one request", n)
		}
		return 3 + 2*n, nil
	case 6:
		if len(request) != 12 {
			return 0, errors.New("a single register has two bytes")
		}
		return 6, nil
	case 16:
		if n < 1 || n > 123 || len(request) != 13+2*n || int(request[12]) != 2*n {
			return 0, fmt.Errorf("%d registers do not match the bytes of the request", n)
		}
		return 6, nil
	}
	return 0, fmt.Errorf("function %d is not spoken here", request[7])
}

// exceptionLength is the MBAP length of an exception: unit, function, code.
const exceptionLength = 3

// checkHeader compares the first seven bytes of an answer with the request
// and returns the bytes still to come. Everything must fit, for whatever does
// not fit is the answer to another request, or no answer at all.
func checkHeader(request, head []byte) (int, error) {
	want, err := expected(request)
	if err != nil {
		return 0, err
	}
	if got, sent := binary.BigEndian.Uint16(head), binary.BigEndian.Uint16(request); got != sent {
		return 0, fmt.Errorf("%w: transaction %d instead of %d", errFrame, got, sent)
	}
	if p := binary.BigEndian.Uint16(head[2:]); p != 0 {
		return 0, fmt.Errorf("%w: protocol %d instead of 0", errFrame, p)
	}
	if head[6] != request[6] {
		return 0, fmt.Errorf("%w: unit %d instead of %d", errFrame, head[6], request[6])
	}
	n := int(binary.BigEndian.Uint16(head[4:]))
	if n != want && n != exceptionLength {
		return 0, fmt.Errorf("%w: %d bytes instead of %d", errFrame, n, want)
	}
	return n - 1, nil
}

// checkBody compares the PDU of an answer with the request.
func checkBody(request, body []byte) error {
	want, err := expected(request)
	if err != nil {
		return err
	}
	f := request[7]
	switch {
	case len(body) == exceptionLength-1 && body[0] == f|0x80:
		if body[1] == 0 {
			return fmt.Errorf("%w: exception 0", errFrame)
		}
		return nil
	case len(body) != want-1 || body[0] != f:
		return fmt.Errorf("%w: function %d with %d bytes instead of function %d with %d", errFrame, body[0], len(body), f, want-1)
	}
	if !writes(f) && int(body[1]) != want-3 {
		return fmt.Errorf("%w: it counts %d bytes and holds %d", errFrame, body[1], want-3)
	}
	if writes(f) && string(body[1:5]) != string(request[8:12]) {
		return fmt.Errorf("%w: the echo % x is not what was written, % x", errFrame, body[1:5], request[8:12])
	}
	return nil
}
