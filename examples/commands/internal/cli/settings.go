package cli

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/go-ews/exchange/examples/commands/internal/textfile"
)

const (
	configFlag = "config"
	envKey     = "environment variable" // annotation of a flag
	sourceKey  = "source"               // annotation of a flag that the command line does not set
	maxConfig  = 1 << 20
)

// settings are the values of flags that the command line does not have: from the environment, then
// from a file.
type settings struct {
	process *Process
	known   map[string]bool // names of flags, of all commands
	file    string
}

// SetEnv names the flag's environment variable. Without it, that is the name of the command and the flag's.
func SetEnv(fs *pflag.FlagSet, flag, variable string) {
	annotate(fs.Lookup(flag), envKey, variable)
}

// annotate adds to the annotations of a flag: cobra has some there, such as that the flag is required.
func annotate(f *pflag.Flag, key, value string) {
	if f.Annotations == nil {
		f.Annotations = map[string][]string{}
	}
	f.Annotations[key] = []string{value}
}

// newSettings adds an environment variable to every flag, named in its help, and the flag --config
// to root.
func newSettings(root *cobra.Command, p *Process) *settings {
	s := &settings{process: p, known: map[string]bool{}}
	root.PersistentFlags().StringVar(&s.file, configFlag, "",
		"`file` of settings: lines of flag = value, the flags without their dashes")
	SetEnv(root.PersistentFlags(), configFlag, "EWS_CONFIG")
	prefix := root.Name() + "_"
	eachFlag(root, func(f *pflag.Flag) {
		s.known[f.Name] = f.Name != configFlag
		if f.Annotations[envKey] == nil {
			annotate(f, envKey, variable(prefix+f.Name))
		}
		note := " [$" + f.Annotations[envKey][0] + "]"
		if !strings.HasSuffix(f.Usage, note) { // it is shared by several commands
			f.Usage += note
		}
	})
	return s
}

func variable(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }

// Source names where a flag's value comes from: "--user", or "--user (from $EWS_USER)".
func Source(f *pflag.Flag) string {
	if from := f.Annotations[sourceKey]; len(from) > 0 {
		return fmt.Sprintf("--%s (from %s)", f.Name, from[0])
	}
	return "--" + f.Name
}

// apply sets the flags of a command that the command line has left alone.
func (s *settings) apply(cmd *cobra.Command) error {
	if isAboutItself(cmd) {
		return nil
	}
	flags := cmd.Flags()
	if err := s.fromEnvironment(flags); err != nil {
		return err
	}
	if s.file == "" {
		return nil
	}
	return s.fromFile(flags)
}

// isAboutItself reports whether the command describes the program and needs no settings, so that a
// bad setting does not stop it.
func isAboutItself(cmd *cobra.Command) bool {
	for ; cmd.HasParent(); cmd = cmd.Parent() {
		name := cmd.Name()
		if strings.HasPrefix(name, "__complete") || slices.Contains([]string{"completion", "help", "version"}, name) {
			return true
		}
	}
	return false
}

func (s *settings) fromEnvironment(flags *pflag.FlagSet) (err error) {
	flags.VisitAll(func(f *pflag.Flag) {
		env := f.Annotations[envKey]
		if err != nil || f.Changed || env == nil {
			return
		}
		if value, ok := s.process.LookupEnv(env[0]); ok && value != "" {
			err = set(flags, f, value, "$"+env[0])
		}
	})
	return err
}

func set(flags *pflag.FlagSet, f *pflag.Flag, value, source string) error {
	annotate(f, sourceKey, source)
	if err := flags.Set(f.Name, value); err != nil {
		return fmt.Errorf("%s: %w", source, badValue(err))
	}
	return nil
}

// fromFile reads lines of name = value. A value stands as it is, or between double quotes; a line that
// begins with # is a comment.
func (s *settings) fromFile(flags *pflag.FlagSet) error {
	data, err := textfile.Read(s.file, maxConfig)
	if err != nil {
		return fmt.Errorf("--%s: %w", configFlag, err)
	}
	seen := map[string]bool{}
	number := 0
	for line := range bytes.Lines(data) {
		number++
		text := strings.TrimSpace(string(line))
		if text == "" || text[0] == '#' {
			continue
		}
		source := fmt.Sprintf("%s:%d", s.file, number)
		name, value, ok := strings.Cut(text, "=")
		name = strings.TrimSpace(name)
		switch {
		case !ok:
			return fmt.Errorf("%s: want a line such as: endpoint = https://mail.contoso.com/EWS/Exchange.asmx", source)
		case name == "password":
			return fmt.Errorf("%s: a password does not belong here: name its file by password-file", source)
		case !s.known[name]:
			return fmt.Errorf("%s: there is no flag --%s", source, name)
		case seen[name]:
			return fmt.Errorf("%s: %s was set before", source, name)
		}
		seen[name] = true
		if f := flags.Lookup(name); f != nil && !f.Changed {
			if err := set(flags, f, unquoted(value), source); err != nil {
				return err
			}
		}
	}
	return nil
}

func unquoted(value string) string {
	value = strings.TrimSpace(value)
	if inner, ok := strings.CutPrefix(value, `"`); ok && strings.HasSuffix(inner, `"`) {
		return strings.TrimSuffix(inner, `"`)
	}
	return value
}
