package main

import (
	"github.com/spf13/cobra"

	"evenflow/solver/verify"
)

// newVerify runs the reference cases below a folder.
func newVerify() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify DIR",
		Short: "Compare the solver with every reference case below a folder",
		Long: `Verify looks below DIR for reference cases it knows (dh-case/1 files, textbook
ladders, the DESTEST network CE_0, tables of water and friction), solves each under
the assumptions it was made with, and prints a line with the worst deviation of every
quantity and its limit. Each case is solved with our own defaults too; that difference
is printed without a limit.

The last line counts passed, failed, known differences and not covered; the last two
are listed with their reasons. Exit code 1 only if a case failed.`,
		Example: `  evenflow verify ../shared/cases
  evenflow verify --json ../shared/cases/dh`,
		Args: wantArgs("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			progress := func(l verify.Line) { l.Print(out) }
			if asJSON {
				progress = func(l verify.Line) { l.Print(cmd.ErrOrStderr()) }
			}
			report, err := verify.Run(cmd.Context(), args[0], progress)
			stopped := interrupted(cmd.Context(), "%s compared so far", plural(len(report.Lines), "case"))
			if err != nil && stopped == nil {
				return badInput(err)
			}
			if asJSON {
				if err := printJSON(out, report); err != nil {
					return err
				}
			} else {
				report.Summary(out)
			}
			if report.Failed > 0 && stopped == nil {
				return &silentError{exitFailed}
			}
			return stopped
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON; the lines go to standard error")
	return cmd
}
