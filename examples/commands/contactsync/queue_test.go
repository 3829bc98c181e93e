package main

import (
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-ews/exchange/ews"
)

func TestSQLite_OneProcess(t *testing.T) {
	t.Parallel()
	name := "a queue with ? and %41 in its name.db"
	if runtime.GOOS == "windows" {
		name = "a queue with # and %41 in its name.db" // no file name has a question mark there
	}
	file := filepath.Join(t.TempDir(), name)
	silent := slog.New(slog.DiscardHandler)
	q, err := open(t.Context(), file, silent)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(t.Context(), file, silent); err == nil || !strings.Contains(err.Error(), "another contactsync works on that queue") {
		t.Errorf("the second: %v", err)
	}
	if err := q.close(); err != nil {
		t.Error(err)
	}
	if q, err = open(t.Context(), file, silent); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.close() })
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
	supersedes(t, q)
}

// supersedes has a newer input for one of two mailboxes take the place of an older one: of the same
// server, not by a dry run, and not if it cannot be queued.
func supersedes(t *testing.T, q queue) {
	t.Helper()
	in := generate(2)
	const here, there = "https://mail.contoso.com/ews", "https://mail.fabrikam.com/ews"
	begin := func(key, server string, dry bool, in *input, wantResumed bool) *runRecord {
		t.Helper()
		run := &runRecord{
			key: strings.Repeat(key, runKeyLength), Command: commandSync, Server: server, Phase: phaseWrite,
			Options: runOptions{DryRun: dry},
		}
		resumed, err := q.begin(t.Context(), run, (&settings{attempts: 1}).jobs(in))
		if err != nil || resumed != wantResumed {
			t.Fatalf("%s: %+v, resumed %t, %v", key, run, resumed, err)
		}
		return run
	}
	counted := func(run *runRecord, want counts) {
		t.Helper()
		if got, err := q.count(t.Context(), run.ID); err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", run.ID, got, err, want)
		}
	}
	first := begin("a", here, false, in, false)
	dry := begin("b", here, true, in, false)
	if again := begin("a", here, false, in, true); again.ID != first.ID {
		t.Errorf("%q taken up instead of %q", again.ID, first.ID)
	}
	elsewhere := begin("c", there, false, in, false)
	bad := (&settings{attempts: 1}).jobs(in)
	bad[1].InsertOpts.Priority = 100
	if _, err := q.begin(t.Context(), &runRecord{key: strings.Repeat("d", runKeyLength), Server: here}, bad); err == nil {
		t.Error("a run that River refuses was queued")
	}
	counted(first, counts{waiting: 2})

	second := begin("e", here, false, &input{mailboxes: in.mailboxes[1:]}, false)
	counted(first, counts{waiting: 1, failed: 1})
	for _, run := range []*runRecord{dry, elsewhere} {
		counted(run, counts{waiting: 2})
	}
	counted(second, counts{waiting: 1})
	oldest(t, q, here, first.ID, "")
	oldest(t, q, there, elsewhere.ID, "")
	oldest(t, q, "https://mail.adatum.com/ews", "", here)
	sum, err := summarize(t.Context(), q, first, nil)
	want := []failure{{Mailbox: in.mailboxes[1].Address, Reason: "a newer run has taken its place"}}
	if diff := cmp.Diff(want, sum.Failures); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func oldest(t *testing.T, q queue, server, want, wantOther string) {
	t.Helper()
	run, other, err := q.records().oldest(t.Context(), server)
	if got := ""; err == nil {
		if run != nil {
			got = run.ID
		}
		if got != want || other != wantOther {
			t.Errorf("%s: the oldest is %q, else at %q, want %q, %q", server, got, other, want, wantOther)
		}
	} else {
		t.Error(err)
	}
}

// TestRun_WorkElsewhere refuses to do another server's work.
func TestRun_WorkElsewhere(t *testing.T) {
	t.Parallel()
	w, other := newTripwire(t, 0), newTripwire(t, 0)
	args := w.flags(t)
	w.Fail("", &ews.HTTPError{StatusCode: http.StatusUnauthorized})
	command(t.Context(), append(args, "--workers", "1", "--generate", "5")...).must(t, statusGaveUp)
	elsewhere := append([]string{"work"}, args...)
	elsewhere[2] = other.endpoint
	command(t.Context(), elsewhere...).must(t, statusGaveUp, "the queue has work for the server "+w.endpoint[:20])
	if n := other.requests.Load(); n != 0 {
		t.Errorf("%d requests to a server that the run does not name", n)
	}
	here := append([]string{"work"}, args...)
	here[2] = strings.ToUpper(w.endpoint) // Exchange does not mind, and so it is the same server
	command(t.Context(), here...).must(t, statusInStep, "5 in step (5 changed")
	command(t.Context(), elsewhere...).must(t, statusInStep, "nothing is queued")
}

func TestFileURI(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"q.db": "file:q.db", "/var/lib/q 1.db": "file:/var/lib/q%201.db", "//files/share/q.db": "file:////files/share/q.db",
	} {
		if got := fileURI(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestSQLite_File keeps the file from other accounts, also one that they could read before, and takes
// a name that begins with two slashes.
func TestSQLite_File(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("this system has no such modes and names")
	}
	file := write(t, "queue.db", "")
	if err := os.Chmod(file, 0o644); err != nil { //nolint:gosec // the test is about such a file
		t.Fatal(err)
	}
	q, err := open(t.Context(), "/"+file, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.close() })
	files, err := filepath.Glob(file + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
}

func TestRetryDelay(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]time.Duration{0: 2 * time.Second, 1: 2 * time.Second, 2: 4 * time.Second, 8: 256 * time.Second, 9: 5 * time.Minute, 1000: 5 * time.Minute} {
		if got := retryDelay(failures); got != want {
			t.Errorf("after %d: %v, want %v", failures, got, want)
		}
	}
}

func TestSnoozes(t *testing.T) {
	t.Parallel()
	for metadata, want := range map[string]int{`{"snoozes": 7}`: 7, `{}`: 0, `x`: 0} {
		if got := snoozes(&rivertype.JobRow{Metadata: []byte(metadata)}); got != want {
			t.Errorf("%s: %d, want %d", metadata, got, want)
		}
	}
}

func openForTest(t *testing.T, database string) queue {
	t.Helper()
	q, err := open(t.Context(), database, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.close() })
	return q
}
