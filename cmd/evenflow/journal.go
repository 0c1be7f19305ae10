package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"evenflow/scada/journal"
	"evenflow/scada/store"
)

// newJournal looks at the journal of a data directory; the service may be
// running on it.
func newJournal() *cobra.Command {
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "journal",
		Short: "Check and read the record of who did what",
		Long: `The journal is append-only, and every row carries the hash of the row before it. These
verbs only read; the service may be running on the same directory.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&dir, "data", "data", "data directory of the service")
	cmd.PersistentFlags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(newJournalCheck(&dir, &asJSON), newJournalTail(&dir, &asJSON))
	return cmd
}

// withJournal opens the journal of a data directory for reading.
func withJournal(dir string, fn func(*journal.Journal) error) error {
	s, err := store.Open(dir, store.Options{ReadOnly: true})
	if err != nil {
		return badInput(err)
	}
	defer s.Close()
	return fn(journal.New(s, nil))
}

func newJournalCheck(dir *string, asJSON *bool) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Walk the hash chain and name the first bad row",
		Long: `Check walks the chain from its first row and names the first row that was changed,
taken out, put in or cut off. Exit code 1 if there is one. The hash it prints at the
end, written down elsewhere, shows later whether the whole journal was replaced.`,
		Example: "  evenflow journal check --data /var/lib/evenflow",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withJournal(*dir, func(j *journal.Journal) error {
				res, err := j.Check(cmd.Context())
				if err != nil {
					return err
				}
				if *asJSON {
					err = printJSON(cmd.OutOrStdout(), res)
				} else {
					err = printCheck(cmd.OutOrStdout(), res)
				}
				if err == nil && !res.Good {
					err = &silentError{exitFailed}
				}
				return err
			})
		},
	}
}

func printCheck(w io.Writer, res journal.CheckResult) error {
	if !res.Good {
		_, err := fmt.Fprintf(w, "%s in order, then: %s\n", plural(int(res.Rows), "row"), res.Reason)
		return err
	}
	_, err := fmt.Fprintf(w, "%s, all in order\nhead %s\n", plural(int(res.Rows), "row"), res.Head)
	return err
}

func newJournalTail(dir *string, asJSON *bool) *cobra.Command {
	var n int
	var order string
	cmd := &cobra.Command{
		Use:     "tail",
		Short:   "Print the latest rows, or the rows of one order",
		Example: "  evenflow journal tail -n 50 --data /var/lib/evenflow",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if n < 1 {
				return badInput(fmt.Errorf("--rows %d: give at least 1", n))
			}
			return withJournal(*dir, func(j *journal.Journal) error {
				rows, err := journalRows(cmd.Context(), j, n, order)
				if err != nil {
					return err
				}
				if *asJSON {
					return printJSON(cmd.OutOrStdout(), rows)
				}
				return printRows(cmd.OutOrStdout(), rows)
			})
		},
	}
	cmd.Flags().IntVarP(&n, "rows", "n", 20, "how many rows")
	cmd.Flags().StringVar(&order, "order", "", "only the rows of this order, all of them")
	return cmd
}

func journalRows(ctx context.Context, j *journal.Journal, n int, order string) ([]journal.Entry, error) {
	if order == "" {
		return j.Tail(ctx, n)
	}
	rows, err := j.OfOrder(ctx, order)
	if err == nil && len(rows) == 0 {
		err = badInput(fmt.Errorf("the journal has no order %s", order))
	}
	return rows, err
}

func printRows(w io.Writer, rows []journal.Entry) error {
	tw := leftAligned(w)
	for _, e := range rows {
		who := e.Who
		if e.Role != "" {
			who += " (" + e.Role + ")"
		}
		what := e.Action
		if e.Denied {
			what += " DENIED"
		}
		about := strings.TrimSuffix(string(e.Element)+"/"+e.Point, "/")
		if e.Old != nil && e.New != nil {
			about += " " + short(*e.Old) + " -> " + short(*e.New)
		}
		fmt.Fprintf(tw, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", e.Seq, e.At.Local().Format(time.DateTime), who, what, e.Stage, about, e.Reason)
	}
	return tw.Flush()
}

// short prints a value as stored (SI) with four digits.
func short(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
