package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

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

// checkArguments makes the command and those below it explain arguments that do not fit.
func checkArguments(cmd *cobra.Command) {
	if accepts := cmd.Args; accepts != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if accepts(cmd, args) == nil {
				return nil
			}
			hint := ""
			if len(args) > 1 {
				hint = "; one that holds blanks needs quotes around it"
			}
			return fmt.Errorf("want %q; number of arguments that were given: %d%s", cmd.UseLine(), len(args), hint)
		}
	} else if cmd.HasSubCommands() {
		cmd.Args = noSuchCommand
	}
	for _, c := range cmd.Commands() {
		checkArguments(c)
	}
}

// noSuchCommand is the check of a command that only has others below it.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
		return fmt.Errorf("there is no command %q: is it %s?", args[0], strings.Join(similar, " or "))
	}
	return fmt.Errorf("there is no command %q: %w", args[0], NoCommand(cmd, nil))
}

// missingFlag returns an error if the command lacks a flag that it requires.
func missingFlag(cmd *cobra.Command) (err error) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Annotations[cobra.BashCompOneRequiredFlag] != nil && !f.Changed {
			what, usage := pflag.UnquoteUsage(f)
			err = Usagef("--%s %s is missing: %s", f.Name, what, usage)
		}
	})
	return err
}

// flagError explains a long flag that was written with one dash.
func flagError(root *cobra.Command, args []string, err error) error {
	for _, arg := range args {
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		if len(name) > 1 && strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && hasFlag(root, name) {
			return fmt.Errorf("-%s: flags have two dashes, --%[1]s", name)
		}
	}
	return badValue(err)
}

// badValue says what values a flag has, in place of the error of Go's parser.
func badValue(err error) error {
	bad, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err
	}
	want, ok := map[string]string{
		"int": "a whole number", "duration": "a duration such as 30s or 5m", "bool": "true or false",
	}[bad.GetFlag().Value.Type()]
	if !ok {
		return err
	}
	return fmt.Errorf("invalid argument %q for \"--%s\": want %s", bad.GetValue(), bad.GetFlag().Name, want)
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
