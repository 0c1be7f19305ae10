package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"evenflow/models"
)

// The exit codes, documented by `evenflow help exit-codes`.
const (
	exitOK      = 0
	exitFailed  = 1   // the result failed or was refused
	exitUsage   = 2   // bad usage or bad input
	exitIslands = 3   // solved, but a part is cut off
	exitStopped = 130 // by Ctrl-C, before it was done
)

const exitCodes = `Exit codes of every verb:

  0    done
  1    the answer is no: a verification failed, a calculation did not converge,
       a service stopped with an error, the results cannot be written
  2    bad usage or bad input: unknown flag, unreadable file, a network, point
       list or scenario with problems (all of them are printed)
  3    solved, but a part of the network is cut off from every pressure hold or
       source: the rest is solved, the islands are listed with what cuts them
  130  stopped by Ctrl-C (or SIGTERM) before it was done, within a second or two:
       what was finished is printed, no half-written file is left. demo, serve and
       plant run until they are stopped, and end with 0. A second Ctrl-C ends the
       program at once

Under --json a refusal is a document too: error, exit_code, elements, problems.`

// exitError carries the exit code that an error ends the program with.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// badInput marks an error as the input's fault: exit code 2.
func badInput(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitUsage, err}
}

// newRoot builds the command tree; one file per verb.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "evenflow",
		Short: "Keeps a city's heat even",
		Long: `Evenflow keeps a city's heat even. It computes how hot water divides itself over a
district-heating network, finds the valve openings and pump speeds that give
every heat-exchange station its share, sends them to the station PLCs after a
dispatcher has agreed, and shows live what came of it.

Every verb that prints results takes --json. Exit codes: evenflow help exit-codes.`,
		Example: `  evenflow demo                       a city of 200 stations, on http://127.0.0.1:8080
  evenflow check network.json         all problems of a network file at once
  evenflow solve network.json         flows, pressures, margins
  evenflow explain network.json PS-1  the hand calculation of one element
  evenflow balance network.json       openings and pump speed that give everybody his share
  evenflow verify ../shared/cases     agreement with reference cases`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          knownVerb,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return badInput(fmt.Errorf("%w; see `%s --help`", err, cmd.CommandPath()))
	})
	root.AddCommand(
		newPlant(),
		newDemo(),
		newServe(),
		newRehearse(),
		newVersion(),
		newCheck(),
		newVerify(),
		newConverge(),
		newSolve(),
		newExplain(),
		newBalance(),
		newConvert(),
		newTown(),
		newBench(),
		newPoints(),
		newPLC(),
		newJournal(),
		newUser(),
		&cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: exitCodes},
	)
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.Run, help.RunE = nil, printHelp
	}
	return root
}

// knownVerb refuses a verb that is none, and names those that it may have meant.
func knownVerb(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	remedy := "see `evenflow help`"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		remedy = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return badInput(fmt.Errorf("unknown command %q; %s", args[0], remedy))
}

// printHelp is `evenflow help TOPIC`; a topic that is not there is wrong usage.
func printHelp(cmd *cobra.Command, args []string) error {
	topic, rest, err := cmd.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return badInput(fmt.Errorf("no help on %q; see `evenflow help`", strings.Join(args, " ")))
	}
	topic.InitDefaultHelpFlag()
	return topic.Help()
}

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	root, to := newRoot(), &output{to: out}
	root.SetArgs(append([]string{}, args...)) // nil would mean the program's own
	root.SetIn(in)
	root.SetOut(to)
	root.SetErr(errOut)
	cmd, err := execute(ctx, root, args)
	if err == nil && to.err == nil {
		return exitOK
	}
	var silent *silentError
	switch {
	case to.err != nil:
		printError(errOut, fmt.Errorf("the results cannot be printed: %w", to.err))
		return exitFailed
	case errors.As(err, &silent):
		return silent.code
	}
	printError(errOut, err)
	code := exitCode(err)
	if to.written == 0 && wantsJSON(cmd, args) {
		if err := printJSON(to, newRefusal(err, code)); err != nil {
			return exitFailed
		}
	}
	return code
}

// exitCode returns what a program that ends with an error says to its caller.
func exitCode(err error) int {
	var exit *exitError
	var stopped *interruptedError
	switch {
	case errors.As(err, &stopped):
		return exitStopped
	case errors.As(err, &exit):
		return exit.code
	case isUsage(err):
		return exitUsage
	}
	return exitFailed
}

// printError prints an error in plain words; problems of a file one a line,
// with their number.
func printError(w io.Writer, err error) {
	var ps models.Problems
	if errors.As(err, &ps) {
		fmt.Fprintf(w, "evenflow: %s\n", plural(len(ps), "problem"))
		fmt.Fprintln(w, err)
		return
	}
	fmt.Fprintln(w, "evenflow:", err)
}

// wantArgs demands the named arguments, no more and no fewer.
func wantArgs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return badInput(fmt.Errorf("%s is missing: evenflow %s; see `%s --help`", names[len(args)], cmd.Use, cmd.CommandPath()))
		case len(args) > len(names):
			return badInput(fmt.Errorf("%q is one argument too many: evenflow %s; see `%s --help`", args[len(names)], cmd.Use, cmd.CommandPath()))
		}
		return nil
	}
}

// plural returns "1 problem", "2 problems".
func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// isUsage recognises cobra's own complaints about the command line.
func isUsage(err error) bool {
	text := err.Error()
	for _, start := range []string{"unknown command", "accepts ", "requires at least", "requires at most", "unknown flag", "invalid argument", "required flag"} {
		if strings.HasPrefix(text, start) {
			return true
		}
	}
	return false
}
