package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
)

type said struct {
	status         int
	stdout, stderr string
}

// command runs the command in this process.
func command(ctx context.Context, args ...string) said {
	var stdout, stderr bytes.Buffer
	status := run(ctx, inTest(&stdout, &stderr), args)
	return said{status, stdout.String(), stderr.String()}
}

// inTest is a process without an environment and a terminal.
func inTest(stdout, stderr io.Writer) *cli.Process {
	return &cli.Process{
		Stdin: strings.NewReader(""), Stdout: stdout, Stderr: stderr,
		LookupEnv: func(string) (string, bool) { return "", false },
	}
}

// flags returns the flags for a server of the test and a new queue.
func (w *tripwire) flags(t *testing.T, more ...string) []string {
	t.Helper()
	return append([]string{
		"--endpoint", w.endpoint, "--auth", "none",
		"--database", filepath.Join(t.TempDir(), "queue.db"),
	}, more...)
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func (s said) must(t *testing.T, status int, texts ...string) {
	t.Helper()
	if s.status != status {
		t.Errorf("status %d, want %d\n%s%s", s.status, status, s.stdout, s.stderr)
	}
	for _, text := range texts {
		if !strings.Contains(s.stdout+s.stderr, text) {
			t.Errorf("want %q in\n%s%s", text, s.stdout, s.stderr)
		}
	}
}

func TestRun_NothingConfigured(t *testing.T) {
	t.Parallel()
	got := command(t.Context(), "--generate", "20", "--delay", "0")
	if !strings.HasPrefix(got.stderr, "no --endpoint or --email: an in-process Exchange is used, gone when the command ends\n") {
		t.Errorf("standard error begins with %q", got.stderr)
	}
	got.must(t, statusInStep, "20 of 20 mailboxes, 0 failed", "20 mailboxes: 20 in step (20 changed, 660 steps), 0 failed, 0 not done")
}

func TestRun_Twice(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	args := w.flags(t, "--generate", "10")
	command(t.Context(), args...).must(t, statusInStep, "10 in step (10 changed")
	w.mustBeRight(t, generate(10))
	command(t.Context(), args...).must(t, statusInStep, "10 in step (0 changed, 0 steps)")
}

func TestRun_DryRun(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	file := write(t, "in.csv", "tony@contoso.com,Sales,anna@contoso.com,Anna Ek\n")
	got := command(t.Context(), w.flags(t, "--dry-run", file)...)
	got.must(t, statusInStep, "1 mailboxes: 1 in step (1 would change, 2 steps)")
	const plan = "tony@contoso.com\n  + Sales\n  +   anna@contoso.com \"Anna Ek\"\n"
	if !strings.HasPrefix(got.stdout, plan) {
		t.Errorf("want the plan\n%sin\n%s", plan, got.stdout)
	}
	if n := len(w.Groups("tony@contoso.com")); n != 0 {
		t.Errorf("%d groups after a dry run", n)
	}
}

func TestRun_BadRowsAndRemoval(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	database := w.flags(t)
	before := write(t, "before.csv", "tony@contoso.com,Sales,anna@contoso.com\ntony@contoso.com,Sales,bert@contoso.com\n"+
		"olga@contoso.com,Old,carl@contoso.com\n")
	command(t.Context(), append(database, before)...).must(t, statusInStep)
	after := write(t, "after.csv", "tony@contoso.com,Sales,anna@contoso.com\ntony@contoso.com,,bert@contoso.com\n"+
		"olga@contoso.com,New,carl@contoso.com\n")
	got := command(t.Context(), append(database, "--remove", "all", after)...)
	got.must(t, statusFailed, after+":2: left out: tony@contoso.com: group 1 has no name", "1 rows of the input were left out")
	carl := imsync.Contact{Address: "carl@contoso.com", DisplayName: "carl@contoso.com"}
	want := map[string]int{"tony@contoso.com": 2, "olga@contoso.com": 1}
	for address, contacts := range want {
		groups := imsync.Export(w.List(address)).Groups
		if len(groups) != 1 || len(groups[0].Contacts) != contacts {
			t.Errorf("%s: want one group of %d contacts, as nothing may be removed after a bad row: %+v", address, contacts, groups)
		}
	}
	if diff := cmp.Diff("New", imsync.Export(w.List("olga@contoso.com")).Groups[0].Name); diff != "" {
		t.Errorf("%s (-want +got):\n%s", carl.Address, diff)
	}
}

func TestRun_Failures(t *testing.T) {
	t.Parallel()
	server := ewstest.NewServer(&ewstest.Options{Mailboxes: []string{"tony@contoso.com"}})
	endpoint, stop := server.Start()
	t.Cleanup(stop)
	w := &tripwire{Server: server, endpoint: endpoint}
	file := write(t, "in.csv", "tony@contoso.com,Sales\nno&body@contoso.com,Sales\n")
	page := filepath.Join(t.TempDir(), "out.html")
	got := command(t.Context(), w.flags(t, "--report", page, file)...)
	got.must(t, statusFailed, "2 mailboxes: 1 in step (1 changed, 1 steps), 1 failed, 0 not done",
		"failed: no&body@contoso.com after 1 attempts: ", "ErrorNonExistentMailbox")
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1 of 2 mailboxes in step", "<li>no&amp;body@contoso.com, after 1 attempt</li>", "<dd>" + strings.ToLower(w.endpoint), "<polyline points=\"0,240 ", `class="bad"`, `<div class="axis"><span>0s</span>`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("want %q in the report:\n%s", want, text)
		}
	}
}

// TestRun_JSONBadEntriesAndRemoval removes nothing that an entry left out may have named.
func TestRun_JSONBadEntriesAndRemoval(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	flags := w.flags(t)
	before := write(t, "before.csv", "tony@contoso.com,Sales\ntony@contoso.com,Old\nolga@contoso.com,Old\n")
	command(t.Context(), append(flags, before)...).must(t, statusInStep)
	after := write(t, "after.json", `{"mailbox": "tony@contoso.com", "groups": [{"name": "Sales"}]}
{"mailbox": "olga@contoso.com", "groups": [{"name": "New"}]}
{"mailbox": "Tony@contoso.com", "groups": [{"name": "Old"}]}
`)
	command(t.Context(), append(flags, "--remove", "all", after)...).must(t, statusFailed, after+":3: left out: ")
	for address, want := range map[string][]string{"tony@contoso.com": {"Sales", "Old"}, "olga@contoso.com": {"New"}} {
		var got []string
		for _, g := range imsync.Export(w.List(address)).Groups {
			got = append(got, g.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", address, diff)
		}
	}
}

func TestRun_Retried(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	for range 3 { // the client's own attempts
		w.Fail("GetImItemList", &ews.HTTPError{StatusCode: http.StatusBadGateway})
	}
	got := command(t.Context(), w.flags(t, "--generate", "1")...)
	got.must(t, statusInStep, "1 in step (1 changed, 33 steps)")
}

func TestRun_Discarded(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	for range 6 { // the first three may be an outage, and cost no attempt
		w.Fail("GetImItemList", &ews.HTTPError{StatusCode: http.StatusBadGateway})
	}
	got := command(t.Context(), w.flags(t, "--attempts", "1", "--generate", "1")...)
	got.must(t, statusFailed, "0 in step", "1 failed", "after 1 attempts", "502")
}

// TestRun_BusyServer has all mailboxes wait for as long as the server says, and costs none an attempt or time.
func TestRun_BusyServer(t *testing.T) {
	t.Parallel()
	const wait = 12 * time.Second
	w := newTripwire(t, 0)
	w.Fail("GetImItemList", &ews.Error{
		Code: ews.ErrorServerBusy, Details: map[string]string{"BackOffMilliseconds": fmt.Sprint(wait.Milliseconds())},
	})
	begin := time.Now()
	got := command(t.Context(), w.flags(t, "--attempts", "1", "--timeout", "10s", "--workers", "1", "--generate", "2")...)
	got.must(t, statusInStep, "2 in step (2 changed", "waiting 12s: ")
	if took := time.Since(begin); took < wait {
		t.Errorf("over after %v, but the server asked to wait %v", took, wait)
	}
}

// TestRun_Unreachable waits for the server to come back, and blames no mailbox.
func TestRun_Unreachable(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	args := w.flags(t, "--attempts", "1", "--generate", "3")
	gone := slices.Clone(args)
	gone[1] = "http://127.0.0.1:1/EWS/Exchange.asmx"
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stdout, stderr lockedBuffer
	status := run(ctx, inTest(&stdout, io.MultiWriter(&stderr, writerFunc(func(p []byte) {
		if bytes.Contains(p, []byte("waiting")) {
			cancel()
		}
	}))), gone)
	got := said{status, stdout.String(), stderr.String()}
	got.must(t, statusInterrupted, "0 failed, 3 not done", "waiting 15s: ", "127.0.0.1:1: ", "refused")
	if n := strings.Count(got.stderr, "waiting 15s"); n != 1 {
		t.Errorf("it says %d times that it waits", n)
	}
}

// writerFunc is called with each write.
type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) {
	f(p)
	return len(p), nil
}

// TestRun_Refused ends at once: trying the others would lock the account out.
func TestRun_Refused(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	args := w.flags(t, "--workers", "1", "--generate", "50")
	w.Fail("", &ews.HTTPError{StatusCode: http.StatusUnauthorized})
	command(t.Context(), args...).must(t, statusGaveUp, "the same with every mailbox", "401")
	if n := w.requests.Load(); n > 3 {
		t.Errorf("%d requests with a password that is wrong", n)
	}
	command(t.Context(), args...).must(t, statusInStep, "0 of 50 mailboxes are done", "50 in step")
}

// TestRun_WrongAddress ends at once, and not after the attempts of each mailbox.
func TestRun_WrongAddress(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	args := w.flags(t, "--workers", "1", "--generate", "50")
	for range 3 { // the client's own attempts
		w.Fail("GetImItemList", &ews.HTTPError{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/html"}}})
	}
	command(t.Context(), args...).must(t, statusGaveUp, "the same with every mailbox", "check the endpoint")
	command(t.Context(), args...).must(t, statusInStep, "0 of 50 mailboxes are done", "50 in step")
}

func TestRun_Interrupted(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, time.Millisecond)
	args := w.flags(t, "--workers", "3", "--generate", "40")
	ctx, cancel := context.WithCancel(t.Context())
	w.after(100, cancel)
	got := command(ctx, args...)
	got.must(t, statusInterrupted, "interrupted; the same command goes on where it was")
	n := w.requests.Load()
	command(t.Context(), args...).must(t, statusInStep, "taking up a run", "40 in step")
	w.mustBeRight(t, generate(40))
	if n > 40*35/2 {
		t.Errorf("%d requests before it stopped", n)
	}
}

func TestRun_Usage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		want said
	}{
		"real server without input": {[]string{"--endpoint", "http://127.0.0.1:1/EWS/Exchange.asmx", "--auth", "none"}, said{statusGaveUp, "", "which mailboxes?"}},
		"none beyond loopback":      {[]string{"--endpoint", "https://mail.contoso.com/", "--auth", "none", "x.csv"}, said{statusGaveUp, "", "on loopback"}},
		"scheme":                    {[]string{"--endpoint", "https://mail.contoso.com/", "--auth", "digest", "x.csv"}, said{statusGaveUp, "", "want ntlm, kerberos, "}},
		"workers":                   {[]string{"--workers", "0"}, said{statusGaveUp, "", "want 1 to"}},
		"two inputs":                {[]string{"a", "b"}, said{statusGaveUp, "", "number of arguments that were given: 2"}},
		"no such file":              {[]string{"no such file"}, said{statusGaveUp, "", "no such file"}},
		"work without a queue":      {[]string{"work"}, said{statusGaveUp, "", "work needs --database"}},
		"no password":               {[]string{"--endpoint", "https://mail.contoso.com/", "--user", "u", "--generate", "1"}, said{statusGaveUp, "", "no password of u: there is no terminal"}},
		"flag of a server":          {[]string{"--user", "u", "--generate", "1"}, said{statusGaveUp, "", "--user needs a server: name it by --endpoint or --email"}},
		"work does not queue":       {[]string{"work", "--remove", "all"}, said{statusGaveUp, "", "unknown flag: --remove"}},
		"help":                      {[]string{"-h"}, said{statusInStep, "", "Usage:"}},
		"exchange to everybody":     {[]string{"exchange", "--listen", "0.0.0.0:0"}, said{statusGaveUp, "", "serves loopback only"}},
		"no such database":          {[]string{"--database", "mysql://u:secret@127.0.0.1/x"}, said{statusGaveUp, "", "want a file or postgres://"}},
		"no folder for the report":  {[]string{"--report", "no such folder/x.html"}, said{statusGaveUp, "", "there is no such folder"}},
		"a database that is none":   {[]string{"--database", "postgres://u:secret@127.0.0.1:1/x?connect_timeout=1"}, said{statusGaveUp, "", "--database: "}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := command(t.Context(), test.args...)
			got.must(t, test.want.status, test.want.stderr)
			if strings.Contains(got.stderr, "secret") {
				t.Error("it shows the password")
			}
			if got.status == statusGaveUp && strings.Count("\n"+got.stderr, "\nerror: ") != 1 || strings.Count(got.stderr, "\n") > 2 {
				t.Errorf("more than the error and a line: %q", got.stderr)
			}
		})
	}
}
