package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Exit statuses of every command. Commands may have more.
const (
	StatusOK     = 0
	StatusFailed = 1
	StatusUsage  = 2
)

// UsageError is an error of the command line, or of a setting in place of a flag. Nothing was sent.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }

func (e *UsageError) Unwrap() error { return e.Err }

// Usagef returns a [*UsageError].
func Usagef(format string, args ...any) error { return &UsageError{fmt.Errorf(format, args...)} }

// StatusError ends a command with another status. A nil Err was printed already.
type StatusError struct {
	Status int
	Err    error
}

func (e *StatusError) Error() string { return fmt.Sprintf("status %d: %v", e.Status, e.Err) }

func (e *StatusError) Unwrap() error { return e.Err }

// Run runs the command that args name below root and returns its exit status. Errors go to standard
// error: one that comes before the command begins is one of usage.
func (p *Process) Run(ctx context.Context, root *cobra.Command, args []string) (status int) {
	root.SetArgs(args)
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagError(root, args, err) })
	addVersion(root)
	settings := newSettings(root, p)
	begun := false
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		err := settings.apply(cmd)
		begun = err == nil
		return err
	}
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return StatusOK
	}
	if ended, ok := errors.AsType[*StatusError](err); ok {
		if ended.Err != nil {
			p.explain(ended.Err)
		}
		return ended.Status
	}
	p.explain(err)
	if _, ok := errors.AsType[*UsageError](err); !ok && begun {
		return StatusFailed
	}
	if ctx.Err() != nil {
		return StatusFailed
	}
	fmt.Fprintf(p.Stderr, "for help: %s --help\n", cmd.CommandPath())
	return StatusUsage
}

// NoCommand is the RunE of a command that only has others below it.
func NoCommand(cmd *cobra.Command, _ []string) error {
	names := []string{}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return Usagef("which command? there are: %s", strings.Join(names, ", "))
}

// flagError explains a long flag that was written with one dash.
func flagError(root *cobra.Command, args []string, err error) error {
	for _, arg := range args {
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		if len(name) > 1 && strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && hasFlag(root, name) {
			return fmt.Errorf("-%s: flags have two dashes, --%[1]s", name)
		}
	}
	return err
}

func hasFlag(cmd *cobra.Command, name string) bool {
	found := false
	eachFlag(cmd, func(f *pflag.Flag) { found = found || f.Name == name })
	return found
}

// eachFlag calls f for every flag of the command and of those below it.
func eachFlag(cmd *cobra.Command, f func(*pflag.Flag)) {
	cmd.PersistentFlags().VisitAll(f)
	cmd.Flags().VisitAll(f)
	for _, c := range cmd.Commands() {
		eachFlag(c, f)
	}
}
