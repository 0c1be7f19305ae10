package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"evenflow/models"
)

// output is standard output that remembers how much went into it and whether
// it took it: tables are printed without looking at every line's error.
type output struct {
	to      io.Writer
	written int
	err     error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.to.Write(p)
	o.written += n
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// refusalView is what a verb prints under --json in place of its results.
type refusalView struct {
	Error    string        `json:"error"`
	ExitCode int           `json:"exit_code"`
	Elements []models.ID   `json:"elements"`
	Problems []problemView `json:"problems"`
}

func newRefusal(err error, code int) refusalView {
	r := refusalView{Error: err.Error(), ExitCode: code, Elements: models.ErrorElements(err), Problems: []problemView{}}
	if r.Elements == nil {
		r.Elements = []models.ID{}
	}
	var ps models.Problems
	if errors.As(err, &ps) {
		r.Problems = viewProblems(ps)
	}
	return r
}

// wantsJSON reports whether a command line asks for a document; it is read
// once more, for it may be the one that is refused.
func wantsJSON(cmd *cobra.Command, args []string) bool {
	f := cmd.Flags().Lookup("json")
	return f != nil && (f.Value.String() == "true" || slices.Contains(args, "--json"))
}

// writeWhole writes beside the file and renames, so that a reader never sees
// half of it. A link stays, and its file is written; into what is no file, such
// as /dev/stdout, it is written as it comes.
func writeWhole(path string, write func(io.Writer) error) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return badInput(err)
	case info.IsDir():
		return badInput(fmt.Errorf("%s is a folder; give the name of a file in it", path))
	case !info.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return badInput(err)
		}
		return errors.Join(write(f), f.Close())
	default:
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return badInput(err)
		}
	}
	var text bytes.Buffer // whole before the file is begun, which nobody can stop in the middle
	if err := write(&text); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".evenflow-*")
	if err != nil {
		return badInput(fmt.Errorf("%s cannot be written: %w; give a file in a folder that is there and may be written to", path, err))
	}
	defer os.Remove(f.Name()) // gone already if it was renamed
	if err := errors.Join(errOf(text.WriteTo(f)), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func errOf(_ int64, err error) error { return err }

// notOver refuses to write over the file that was read.
func notOver(in, out string) error {
	a, errA := os.Stat(in)
	b, errB := os.Stat(out)
	if errA == nil && errB == nil && a.Mode().IsRegular() && os.SameFile(a, b) {
		return badInput(fmt.Errorf("%s is the file that was read; give another name to write to", out))
	}
	return nil
}

// verdict prints a report on an input, as JSON or for people; one that is not
// ok ends with the exit code of bad input.
func verdict(w io.Writer, report interface{ print(io.Writer) }, ok, asJSON bool) error {
	if !asJSON {
		report.print(w)
	} else if err := printJSON(w, report); err != nil {
		return err
	}
	if !ok {
		return &silentError{exitUsage}
	}
	return nil
}
