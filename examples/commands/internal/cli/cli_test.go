package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/go-ews/exchange/examples/commands/internal/cli"
)

type outcome struct {
	Status         int
	Stdout, Stderr string
}

// program is a root with the flag --color and the command show, which has --size and ends with err.
func program(ctx context.Context, env map[string]string, err error, args ...string) outcome {
	var out, errs bytes.Buffer
	p := &cli.Process{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs}
	p.LookupEnv = func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
	root := &cobra.Command{Use: "paint", RunE: cli.NoCommand}
	color := root.PersistentFlags().String("color", "red", "`name` of a color")
	var size int
	show := &cobra.Command{Use: "show", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		fmt.Fprintf(&out, "%s %d %s\n", *color, size, cli.Source(cmd.Flags().Lookup("color")))
		return err
	}}
	show.Flags().IntVar(&size, "size", 1, "`number` of inches")
	other := &cobra.Command{Use: "other", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return nil }}
	other.Flags().Bool("wet", false, "paint")
	hang := &cobra.Command{Use: "hang", RunE: func(*cobra.Command, []string) error { return nil }}
	hang.Flags().String("nail", "", "`length` of the nail")
	if err := hang.MarkFlagRequired("nail"); err != nil {
		panic(err)
	}
	root.AddCommand(show, other, hang)
	status := p.Run(ctx, root, args)
	return outcome{status, out.String(), errs.String()}
}

func write(t *testing.T, text string) (name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "settings")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSettings_Order(t *testing.T) {
	t.Parallel()
	file := write(t, "\xEF\xBB\xBF# of the company\r\ncolor = DOMAIN\\blue\r\n\r\nsize=3\r\nwet = true\r\n")
	for _, tc := range []struct {
		name string
		env  map[string]string
		args []string
		want string
	}{
		{"default", nil, nil, "red 1 --color"},
		{"file", nil, []string{"--config", file}, `DOMAIN\blue 3 --color (from ` + file + ":2)"},
		{"file by environment", map[string]string{"EWS_CONFIG": file}, nil, `DOMAIN\blue 3 --color (from ` + file + ":2)"},
		{"environment", map[string]string{"PAINT_COLOR": "green"}, []string{"--config", file}, "green 3 --color (from $PAINT_COLOR)"},
		{"empty environment", map[string]string{"PAINT_COLOR": ""}, nil, "red 1 --color"},
		{"command line", map[string]string{"PAINT_COLOR": "green"}, []string{"--color", "white", "--config", file}, "white 3 --color"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := program(t.Context(), tc.env, nil, append([]string{"show"}, tc.args...)...)
			if diff := cmp.Diff(outcome{0, tc.want + "\n", ""}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSettings_Bad(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ env, text, want string }{
		"environment": {"x", "", `$PAINT_SIZE: invalid argument "x" for "--size"`},
		"value":       {"", "\nsize = x", `FILE:2: invalid argument "x" for "--size"`},
		"no flag":     {"", "colour = red", "FILE:1: there is no flag --colour"},
		"no value":    {"", "color", "FILE:1: want a line such as: endpoint = "},
		"twice":       {"", "color = a\ncolor = b", "FILE:2: color was set before"},
		"password":    {"", "password = x", "FILE:1: a password does not belong here: name its file by password-file"},
		"config":      {"", "config = x", "FILE:1: there is no flag --config"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := write(t, tc.text)
			got := program(t.Context(), map[string]string{"PAINT_SIZE": tc.env}, nil, "show", "--config", file)
			want := "error: " + strings.ReplaceAll(tc.want, "FILE", file)
			if got.Status != cli.StatusUsage || got.Stdout != "" || !strings.HasPrefix(got.Stderr, want) {
				t.Errorf("%+v; want status 2 and %q", got, want)
			}
		})
	}
	got := program(t.Context(), nil, nil, "show", "--config", "absent")
	if got.Status != cli.StatusUsage || !strings.HasPrefix(got.Stderr, "error: --config: open absent") {
		t.Errorf("no file: %+v", got)
	}
}

func TestRun_Errors(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		want outcome
	}{
		"failure":    {errors.New("no\npaint"), outcome{1, "", "error: no; paint\n"}},
		"usage":      {cli.Usagef("which %s?", "wall"), outcome{2, "", "error: which wall?\nfor help: paint show --help\n"}},
		"status":     {&cli.StatusError{Status: 3, Err: errors.New("rain")}, outcome{3, "", "error: rain\n"}},
		"told":       {&cli.StatusError{Status: 1}, outcome{1, "", ""}},
		"interrupt":  {context.Canceled, outcome{1, "", "error: context canceled\ninterrupted\n"}},
		"no failure": {nil, outcome{0, "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := program(t.Context(), nil, tc.err, "show")
			got.Stdout = ""
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestRun_Usage holds that an error of the command line names the expected form.
func TestRun_Usage(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"":                  "which command? there are: completion, hang, other, show, version\nfor help: paint --help\n",
		"shwo":              "there is no command \"shwo\": is it show?\nfor help: paint --help\n",
		"wall":              "there is no command \"wall\": which command? there are: completion, hang, other, show, version\nfor help: paint --help\n",
		"-color blue show":  "-color: flags have two dashes, --color\nfor help: paint --help\n",
		"show a b":          "want \"paint show [flags]\"; number of arguments that were given: 2; one that holds blanks needs quotes around it\nfor help: paint show --help\n",
		"hang --color blue": "--nail length is missing: length of the nail [$PAINT_NAIL]\nfor help: paint hang --help\n",
		"hang --nail 3":     "",
		"show --size large": "invalid argument \"large\" for \"--size\": want a whole number\nfor help: paint show --help\n",
	} {
		got := program(t.Context(), nil, nil, strings.Fields(args)...)
		if want != "" {
			want = "error: " + want
		}
		if got.Stderr != want || got.Status != cli.StatusUsage && want != "" {
			t.Errorf("%s: %+v, want %s", args, got, want)
		}
	}
	if got := program(t.Context(), map[string]string{"PAINT_NAIL": "3"}, nil, "hang"); got.Status != 0 {
		t.Errorf("a required flag from the environment: %+v", got)
	}
}

func TestRun_Version(t *testing.T) {
	t.Parallel()
	got := program(t.Context(), nil, nil, "version")
	if got.Status != 0 || !strings.HasPrefix(got.Stdout, "paint ") || !strings.Contains(got.Stdout, "(go1.") {
		t.Errorf("%+v", got)
	}
	if again := program(t.Context(), nil, nil, "--version"); again != got {
		t.Errorf("--version says %+v, version %+v", again, got)
	}
}

// TestRun_Help names the environment variable of every flag.
func TestRun_Help(t *testing.T) {
	t.Parallel()
	got := program(t.Context(), nil, nil, "show", "--help")
	for _, want := range []string{"[$PAINT_COLOR]", "[$PAINT_SIZE]", "[$EWS_CONFIG]"} {
		if strings.Count(got.Stdout, want) != 1 {
			t.Errorf("want %s once:\n%s", want, got.Stdout)
		}
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                       "",
		"a\r\n\tb\u0085c":        "a b c",
		"a\x1b[2J\u009bb\u202ec": "a\ufffd[2J\ufffdb\ufffdc",
		"Größe \xff":             "Größe \ufffd",
	} {
		if got := cli.Line(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
