package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

// grace is how long a verb that was interrupted may take to say what it
// has finished. Reading a large file or generating a town cannot be stopped in
// the middle; nothing is lost when the program ends there, for a file is begun
// when all that goes into it is at hand, and takes its name when it is whole.
const grace = time.Second / 2

// attended marks the verbs that must come to their own end when they are stopped,
// however long a write at the plant takes, since they keep a database. Of those
// that run until they are stopped, ending so is success.
var attended = map[string]string{"runs": "to its own end"}

// interruptedError is an end that came before the results, with what there is.
type interruptedError struct{ finished string }

func (e *interruptedError) Error() string { return "interrupted; " + e.finished }

// interrupted makes an error of the end of ctx; nil while it has not ended.
func interrupted(ctx context.Context, format string, args ...any) error {
	if ctx.Err() == nil {
		return nil
	}
	return &interruptedError{fmt.Sprintf(format, args...)}
}

// execute runs the verb. When ctx ends, a verb that calculates has a moment
// left; its own error is then that of an interruption, wherever it came from.
func execute(ctx context.Context, root *cobra.Command, args []string) (*cobra.Command, error) {
	type end struct {
		cmd *cobra.Command
		err error
	}
	cmd, _, err := root.Find(args)
	if err != nil {
		cmd = root
	}
	done := make(chan end, 1)
	go func() {
		cmd, err := root.ExecuteContextC(ctx)
		done <- end{cmd, err}
	}()
	var e end
	select {
	case e = <-done:
	case <-ctx.Done():
		if cmd.Annotations["runs"] != "" {
			e = <-done
			break
		}
		select {
		case e = <-done:
		case <-time.After(grace):
			e = end{cmd, ctx.Err()}
		}
	}
	if ctx.Err() != nil && (errors.Is(e.err, context.Canceled) || errors.Is(e.err, context.DeadlineExceeded)) {
		e.err = interrupted(ctx, "what is not printed above was not finished")
	}
	return e.cmd, e.err
}
