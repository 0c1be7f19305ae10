package plc

import (
	"errors"
	"fmt"

	"github.com/goburrow/modbus"

	"evenflow/models"
)

// The three classes of failure of an exchange with a PLC.
var (
	// ErrNotSent: nothing of the request left this machine.
	ErrNotSent = errors.New("not sent")
	// ErrRefused: the PLC, or the last guard before it, said no; nothing happened.
	ErrRefused = errors.New("refused")
	// ErrUncertain: sent, and no valid answer came; a write may have happened.
	ErrUncertain = errors.New("sent, but no valid answer: it may have happened")
)

// Exception is a PLC's refusal of one request.
type Exception struct {
	Function, Code byte
}

// exceptionWords say what a code means to the person who sees it.
var exceptionWords = map[byte]string{
	1: "the PLC does not know this function", 2: "the PLC has no such register", 3: "the PLC does not take this value or quantity",
	4: "the PLC has failed", 5: "the PLC has taken the request and is still working on it", 6: "the PLC is busy",
	8: "the PLC's memory has a parity error", 0x0A: "the gateway has no path to the PLC", 0x0B: "the PLC behind the gateway does not answer",
}

// Error says what the PLC answered, in words.
func (e *Exception) Error() string {
	words, ok := exceptionWords[e.Code]
	if !ok {
		words = "the PLC answers with an unknown exception"
	}
	return fmt.Sprintf("%s (exception %d)", words, e.Code)
}

// doubtful reports whether a write answered with the exception may happen
// nevertheless: acknowledge, and a gateway that lost its PLC.
func (e *Exception) doubtful() bool { return e.Code == 5 || e.Code == 0x0A || e.Code == 0x0B }

// WriteError is a write that is not known to have happened. Exactly one of
// NotSent, Refused and Uncertain is true.
type WriteError struct {
	Point  models.PointID
	Reason string
	Class  error // ErrNotSent, ErrRefused or ErrUncertain
	Cause  error // of the network or the PLC; may be nil
}

// Error names the point and the reason.
func (e *WriteError) Error() string {
	return fmt.Sprintf("%s: %s: %s", e.Point, e.Class, e.Reason)
}

// Unwrap gives class and cause to errors.Is and errors.As.
func (e *WriteError) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Class}
	}
	return []error{e.Class, e.Cause}
}

// Elements names the element of the point.
func (e *WriteError) Elements() []models.ID { return []models.ID{e.Point.Element} }

// NotSent reports that nothing left this machine.
func (e *WriteError) NotSent() bool { return e.Class == ErrNotSent }

// Refused reports that the PLC or the last guard said no.
func (e *WriteError) Refused() bool { return e.Class == ErrRefused }

// Uncertain reports that the write may have happened.
func (e *WriteError) Uncertain() bool { return e.Class == ErrUncertain }

// asException turns the codec's exception into ours.
func asException(err error) error {
	if me, ok := errors.AsType[*modbus.ModbusError](err); ok {
		return &Exception{me.FunctionCode &^ 0x80, me.ExceptionCode}
	}
	return err
}
