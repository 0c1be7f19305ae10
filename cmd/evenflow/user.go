package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"evenflow/scada/auth"
	"evenflow/scada/journal"
	"evenflow/scada/store"
)

// newUser makes, lists and shuts out the people who may sign in; the service
// may be running on the same directory.
func newUser() *cobra.Command {
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "user",
		Short: "Make, list and shut out the people who may sign in",
		Long: `Users are named persons with one role each. There is no user and no password to begin
with: make the first one here, on the machine of the service, which may be running.

  viewer      sees everything live
  dispatcher  sees, recommends, approves, sets by hand, stops and resumes
  engineer    as a dispatcher, and opens envelopes of wider limits
  admin       makes users and stops all orders; does not operate the plant
  auditor     sees, and reads the whole journal; changes nothing

A user is never deleted, because the journal speaks of him: disable him instead.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&dir, "data", "data", "data directory of the service")
	cmd.PersistentFlags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(newUserAdd(&dir, &asJSON), newUserList(&dir, &asJSON),
		newUserAccess(&dir, &asJSON, true), newUserAccess(&dir, &asJSON, false), newUserPassword(&dir, &asJSON))
	return cmd
}

// userAnswer is what the verbs print with --json.
type userAnswer struct {
	Name     string    `json:"name"`
	Display  string    `json:"display"`
	Role     string    `json:"role"`
	Disabled bool      `json:"disabled"`
	Created  time.Time `json:"created"`
	Changed  time.Time `json:"changed"`
}

// withPeople opens the list of users of a data directory.
func withPeople(dir string, readOnly bool, fn func(*auth.People) error) (err error) {
	s, err := store.Open(dir, store.Options{ReadOnly: readOnly})
	if err != nil {
		return badInput(err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return fn(&auth.People{Store: s, Journal: journal.New(s, nil)})
}

// shell is who types on the command line.
func shell() auth.By {
	by := auth.By{Name: "command line", Role: "program", From: "command line"}
	if u, err := user.Current(); err == nil {
		by.Name = u.Username
	}
	return by
}

// printUser prints one user after a change.
func printUser(ctx context.Context, w io.Writer, p *auth.People, name, did string, asJSON bool) error {
	u, err := p.Store.User(ctx, name)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(w, answerOf(u))
	}
	_, err = fmt.Fprintf(w, "%s %s (%s)\n", did, u.Name, u.Role)
	return err
}

func answerOf(u store.User) userAnswer {
	return userAnswer{u.Name, u.Display, u.Role, u.Disabled, u.Created, u.Changed}
}

func newUserAdd(dir *string, asJSON *bool) *cobra.Command {
	var role, display string
	cmd := &cobra.Command{
		Use:   "add NAME --role ROLE",
		Short: "Make a user; the password is asked for, or read from standard input",
		Example: `  evenflow user add li --role dispatcher --display 李工 --data /var/lib/evenflow
  evenflow user add li --role dispatcher < password.txt`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := auth.ParseRole(role)
			if err != nil {
				return badInput(err)
			}
			return withPeople(*dir, false, func(p *auth.People) error {
				password, err := readPassword(cmd.InOrStdin(), cmd.ErrOrStderr(), args[0])
				if err != nil {
					return badInput(err)
				}
				if err := p.Add(cmd.Context(), shell(), auth.NewUser{Name: args[0], Display: display, Role: r, Password: password}); err != nil {
					return badInput(err)
				}
				return printUser(cmd.Context(), cmd.OutOrStdout(), p, args[0], "added", *asJSON)
			})
		},
	}
	var words []string
	for _, r := range auth.Roles() {
		words = append(words, string(r))
	}
	cmd.Flags().StringVar(&role, "role", "", strings.Join(words, ", "))
	cmd.Flags().StringVar(&display, "display", "", "name as the page shows it; default NAME")
	if err := errors.Join(cmd.MarkFlagRequired("role"), cmd.RegisterFlagCompletionFunc("role", cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))); err != nil {
		panic(err) // the flag is defined just above
	}
	return cmd
}

func newUserPassword(dir *string, asJSON *bool) *cobra.Command {
	return &cobra.Command{
		Use:     "password NAME",
		Short:   "Give a user a new password, which ends his sessions",
		Example: "  evenflow user password li --data /var/lib/evenflow",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withPeople(*dir, false, func(p *auth.People) error {
				password, err := readPassword(cmd.InOrStdin(), cmd.ErrOrStderr(), args[0])
				if err != nil {
					return badInput(err)
				}
				if err := p.SetPassword(cmd.Context(), shell(), args[0], password); err != nil {
					return badInput(err)
				}
				return printUser(cmd.Context(), cmd.OutOrStdout(), p, args[0], "new password for", *asJSON)
			})
		},
	}
}

// newUserAccess is `user disable` or `user enable`.
func newUserAccess(dir *string, asJSON *bool, disable bool) *cobra.Command {
	use, short, did := "enable NAME", "Let a disabled user in again", "enabled"
	if disable {
		use, short, did = "disable NAME", "Shut a user out, which ends his sessions", "disabled"
	}
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		Example: "  evenflow user " + strings.Replace(use, "NAME", "li", 1) + " --data /var/lib/evenflow",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withPeople(*dir, false, func(p *auth.People) error {
				if err := p.SetDisabled(cmd.Context(), shell(), args[0], disable); err != nil {
					return badInput(err)
				}
				return printUser(cmd.Context(), cmd.OutOrStdout(), p, args[0], did, *asJSON)
			})
		},
	}
}

func newUserList(dir *string, asJSON *bool) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List all users with their roles",
		Example: "  evenflow user list --data /var/lib/evenflow",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withPeople(*dir, true, func(p *auth.People) error {
				users, err := p.List(cmd.Context())
				if err != nil {
					return err
				}
				if *asJSON {
					answers := make([]userAnswer, len(users))
					for i, u := range users {
						answers[i] = answerOf(u)
					}
					return printJSON(cmd.OutOrStdout(), answers)
				}
				return printUsers(cmd.OutOrStdout(), users)
			})
		},
	}
}

func printUsers(w io.Writer, users []store.User) error {
	if len(users) == 0 {
		_, err := fmt.Fprintln(w, "no users; make one with `evenflow user add NAME --role ROLE`")
		return err
	}
	tw := leftAligned(w)
	for _, u := range users {
		state := ""
		if u.Disabled {
			state = "disabled"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", u.Name, u.Role, u.Display, u.Created.Local().Format(time.DateOnly), state)
	}
	return tw.Flush()
}

// readPassword asks for a password twice at a terminal, without showing it,
// or takes the first line of anything else.
func readPassword(in io.Reader, prompt io.Writer, name string) (string, error) {
	f, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return "", errors.New("no password on standard input; give it as the first line")
		}
		return line, nil
	}
	ask := func(what string) (string, error) {
		fmt.Fprintf(prompt, "%s for %s: ", what, name)
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(prompt)
		return string(b), err
	}
	first, err := ask("New password")
	if err != nil {
		return "", err
	}
	if err := auth.CheckPassword(name, first); err != nil {
		return "", err
	}
	second, err := ask("Once more")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errors.New("the two passwords differ; nothing is changed")
	}
	return first, nil
}
