package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/transcript"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
)

// probe runs the command with a password in its environment.
func probe(ctx context.Context, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	p := &cli.Process{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs}
	p.LookupEnv = func(name string) (string, bool) { return "secret", name == "EWS_PASSWORD" }
	flags, call := &connect.Flags{}, &connect.CallFlags{}
	cmd := (&command{process: p, flags: flags, call: call}).command()
	flags.Register(cmd.Flags())
	call.Register(cmd.Flags())
	status = p.Run(ctx, cmd, args)
	return status, out.String(), errs.String()
}

func TestCommand_InProcess(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "made", "here")
	status, stdout, stderr := probe(t.Context(), "--out", out)
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	if !strings.Contains(stdout, "names-fold ") || !strings.Contains(stdout, "wrote profile.json") {
		t.Errorf("output: %s", stdout)
	}
	var p ewstest.Profile
	if err := json.Unmarshal(file(t, out, profileFile), &p); err != nil || len(p) != 23 {
		t.Errorf("profile %v, error %v, want 23 guesses", p, err)
	}
	ewstest.NewServer(&ewstest.Options{Profile: p})
	if _, err := transcript.Replay(bytes.NewReader(file(t, out, transcriptFile))); err != nil {
		t.Error(err)
	}
	if page := string(file(t, out, pageFile)); !strings.Contains(page, "The list is as it was.") || strings.Contains(page, "@") {
		t.Errorf("page: %s", page)
	}
	if status, _, stderr := probe(t.Context(), "--out", out); status != cli.StatusUsage || !strings.Contains(stderr, "name another directory") {
		t.Errorf("again: status %d: %s", status, stderr)
	}
}

func file(t *testing.T, dir, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name)) //nolint:gosec // of this test
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestCommand_Server asks a server over a connection, in a mailbox with content and a leftover.
func TestCommand_Server(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil, nil)
	fill(s)
	before := len(s.Groups(""))
	s.Seed("", ewstest.Group{Name: newPrefix() + " a"})
	endpoint, stop := s.Start()
	t.Cleanup(stop)
	out := filepath.Join(t.TempDir(), "out")
	args := []string{
		"--endpoint", endpoint, "--user", "u", "--auth", "basic", "--out", out, "--other-mailbox", otherMailbox,
		"--mailbox", "user@contoso.com",
	}
	status, _, stderr := probe(t.Context(), args...)
	if status != cli.StatusFailed || !strings.Contains(stderr, "imlist probe --clean removes it") {
		t.Fatalf("with a leftover: status %d: %s", status, stderr)
	}
	if status, _, stderr := probe(t.Context(), append(args, "--clean")...); status != 0 || len(s.Groups("")) != before {
		t.Fatalf("clean: status %d, %d groups: %s", status, len(s.Groups("")), stderr)
	}
	if status, _, stderr := probe(t.Context(), args...); status != 0 || len(s.Groups("")) != before {
		t.Fatalf("status %d, %d groups: %s", status, len(s.Groups("")), stderr)
	}
	said := string(file(t, out, transcriptFile))
	for _, secret := range []string{"contoso", "Sales", "anna", "bert", "Basic dTpz", "127.0.0.1"} {
		if strings.Contains(said, secret) {
			t.Errorf("the transcript has %q", secret)
		}
	}
}
