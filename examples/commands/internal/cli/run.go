package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
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
	checkArguments(root)
	settings := newSettings(root, p)
	begun := false
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		err := settings.apply(cmd)
		if err == nil {
			err = missingFlag(cmd)
		}
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
