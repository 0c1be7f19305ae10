package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// soon is when an interrupted program must have ended; machines that build and
// test at the same time are slow.
const soon = 10 * time.Second

// Ctrl-C in the middle of a bench: the real binary ends soon, says how many
// networks it measured, and their tables stand.
func TestCtrlC(t *testing.T) {
	p := start(t, program(t), "town of 1,0", "bench", "--nodes", "1000,1000,100000", "--runs", "1")
	begin := time.Now()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-p.ended
	if took := time.Since(begin); took > soon {
		t.Errorf("it took %s", took)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != exitStopped || !strings.Contains(p.complaints(), "of 3 networks measured") {
		t.Errorf("exit code %d: %s", code, p.complaints())
	}
}

// Ctrl-C while a file is being read that never ends, under the verbs that read
// one; of a verb that finishes things one after the other, those are told.
func TestInterruptedWhileReading(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "endless.json")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"solve", pipe}, {"check", pipe}, {"balance", pipe}, {"convert", pipe, filepath.Join(t.TempDir(), "out.json")}} {
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
		var out, errOut bytes.Buffer
		code := run(ctx, args, nil, &out, &errOut)
		stop()
		if code != exitStopped || !strings.Contains(errOut.String(), "interrupted") || out.Len() > 0 {
			t.Errorf("%v: exit code %d, %s%s", args, code, errOut.String(), out.String())
		}
		f, err := os.OpenFile(pipe, os.O_WRONLY, 0) // lets the reader go
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
}

// stopper ends a context when so much was written to it.
type stopper struct {
	bytes.Buffer
	at   string
	stop func()
}

func (s *stopper) Write(p []byte) (int, error) {
	n, err := s.Buffer.Write(p)
	if strings.Contains(s.String(), s.at) {
		s.stop()
	}
	return n, err
}

// Ctrl-C after the second case: what was finished is summed up, in the tables
// and as JSON, and no case counts as failed for being cut short.
func TestInterruptedBetweenCases(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"a", "b"} {
		path := filepath.Join(dir, sub, "bmstu_leak_network.csv")
		if err := errors.Join(os.Mkdir(filepath.Dir(path), 0o777), os.WriteFile(path, []byte("link,S,published,own\n2,8.41e-06,1264.15,1264.15442\n"), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args     []string
		at, want string
	}{
		{[]string{"verify", "--json", dir}, "ok ", `"failed": 0`},
		{[]string{"bench", "--json", "--nodes", "1000,1000", "--runs", "1"}, "what-ifs\ntown of", `"networks": [`},
	} {
		ctx, stop := context.WithCancel(t.Context())
		var out bytes.Buffer
		errOut := &stopper{at: c.at, stop: stop}
		code := run(ctx, c.args, nil, &out, errOut)
		stop()
		if code != exitStopped || !strings.Contains(out.String(), c.want) || !strings.Contains(errOut.String(), "interrupted; 1 ") {
			t.Errorf("%v: exit code %d\n%s\n%s", c.args, code, errOut.String(), out.String())
		}
	}
}

// An interrupted verb leaves no file behind, whole or half.
func TestInterruptedWriting(t *testing.T) {
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	err := writeWhole(filepath.Join(dir, "out.json"), func(w io.Writer) error {
		if _, err := io.WriteString(w, "half of it"); err != nil {
			return err
		}
		stop()
		return ctx.Err()
	})
	left, _ := os.ReadDir(dir)
	if err == nil || len(left) > 0 {
		t.Errorf("%v; left behind: %v", err, left)
	}
}
