package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-ews/exchange/ews"
)

// TestEndings writes the summary and the report at every end of a run.
func TestEndings(t *testing.T) {
	t.Parallel()
	type scene struct {
		*testing.T

		ctx   context.Context
		w     *tripwire
		flags []string
		less  string // an input that lacks most contacts of the first run
	}
	tests := map[string]struct {
		args   func(s *scene) []string
		status int
		want   string // in the report
	}{
		"in step": {func(s *scene) []string { return append(s.flags, rows(s.T, 4, 3)) }, statusInStep, "not done</dt><dd>0<"},
		"dry run": {func(s *scene) []string { return append(s.flags, "--dry-run", s.less) }, statusInStep, "dry run"},
		"plan": {func(s *scene) []string {
			return append(connected("plan", s.flags), "--out", filepath.Join(s.TempDir(), "plan.json"), s.less)
		}, statusInStep, "dry run"},
		"a mailbox failed": {func(s *scene) []string {
			s.w.Fail("", ews.ErrorNonExistentMailbox)
			return append(s.flags, rows(s.T, 4, 3))
		}, statusFailed, "ErrorNonExistentMailbox"},
		"rows left out": {func(s *scene) []string {
			return append(s.flags, write(s.T, "in.csv", "tony@contoso.com,Sales,anna@contoso.com\nx,Sales,anna@contoso.com\n"))
		}, statusFailed, "line 2"},
		"cut short": {func(s *scene) []string {
			return append(s.flags, write(s.T, "in.csv", "tony@contoso.com,Sales,anna@contoso.com\ntony@contoso.com,Sales,ber@c"))
		}, statusInStep, "looks cut short: line 2, the last one, has no line end"},
		"refused": {func(s *scene) []string {
			s.w.Fail("", &ews.HTTPError{StatusCode: http.StatusUnauthorized})
			return append(s.flags, rows(s.T, 4, 3))
		}, statusGaveUp, "4 mailboxes are not done"},
		"no Exchange": {func(s *scene) []string {
			s.w.Fail("", &ews.HTTPError{StatusCode: http.StatusNotFound})
			return append(s.flags, rows(s.T, 4, 3))
		}, statusGaveUp, "4 mailboxes are not done"},
		"interrupted": {func(s *scene) []string {
			ctx, cancel := context.WithCancel(s.ctx)
			s.ctx = ctx
			s.w.after(5, cancel)
			return append(s.flags, rows(s.T, 200, 3))
		}, statusInterrupted, "mailboxes are not done"},
		"halted": {func(s *scene) []string {
			return append(s.flags, "--remove", "owned", s.less)
		}, statusHalted, "Nothing was written"},
		"a plan halted": {func(s *scene) []string {
			file := filepath.Join(s.TempDir(), "plan.json")
			command(s.ctx, append(connected("plan", s.flags), "--remove", "owned", "--out", file, s.less)...).must(s.T, statusInStep)
			return append(connected("apply", s.flags), file)
		}, statusHalted, "Nothing was written"},
		"no space for the audit": {func(s *scene) []string {
			if _, err := os.Stat("/dev/full"); errors.Is(err, fs.ErrNotExist) {
				s.Skip("this system has no /dev/full")
			}
			return append(s.flags, "--audit", "/dev/full", rows(s.T, 4, 3))
		}, statusGaveUp, "mailboxes are not done"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &scene{T: t, ctx: t.Context(), w: newTripwire(t, 0)}
			s.flags = s.w.flags(t)
			command(t.Context(), append(s.flags, rows(t, 2, 20))...).must(t, statusInStep)
			s.less = rows(t, 2, 1)
			report := filepath.Join(t.TempDir(), "out.html")
			args := test.args(s)
			command(s.ctx, append(args, "--report", report)...).must(t, test.status, " mailboxes: ")
			if page := readFile(t, report); !strings.Contains(page, test.want) {
				t.Errorf("the report lacks %q", test.want)
			}
		})
	}
}

// TestSIGTERM ends the same run with SIGTERM at 30 random moments. The status is always 3, and the run is
// completed in the end without a write that is lost or done twice.
func TestSIGTERM(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("this system has no SIGTERM")
	}
	const mailboxes, moments = 300, 30
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a test
	w := newTripwire(t, 2*time.Millisecond)
	report, audit := filepath.Join(t.TempDir(), "out.html"), filepath.Join(t.TempDir(), "audit.jsonl")
	args := w.flags(t, "--workers", "2", "--report", report, "--audit", audit, write(t, "in.csv", chaosInput(mailboxes, false)))
	statuses := map[int]int{}
	for i := range moments {
		p := startProcess(t, args...)
		ended := make(chan struct{})
		moment, request := time.Duration(random.IntN(700))*time.Millisecond, int64(0)
		if i%2 == 0 {
			moment, request = time.Duration(random.IntN(3000))*time.Microsecond, 1+random.Int64N(60)
		}
		go func() {
			if request > 0 {
				select {
				case <-w.after(request, func() {}):
				case <-ended:
				}
			}
			_ = sleep(t.Context(), moment)
			_ = p.Process.Signal(syscall.SIGTERM) // it may have ended
		}()
		status := p.ends(t)
		close(ended)
		statuses[status]++
		stdout, stderr := p.stdout.String(), p.stderr.String()
		switch {
		case status == statusInterrupted && strings.Contains(stderr, "error: interrupted; "):
		case status == statusInStep && strings.Contains(stdout, fmt.Sprintf("%d in step", mailboxes)):
		case status == -1 && stdout+stderr == "": // before the program began
		default:
			t.Errorf("status %d", status)
		}
		_, err := os.Stat(report)
		if begun := strings.HasPrefix(stderr, "run ") || strings.Contains(stderr, "\nrun "); begun && (err != nil || !strings.Contains(stdout, " mailboxes: ")) {
			t.Errorf("no summary or no report: %v", err)
		}
		_ = os.Remove(report)
	}
	t.Logf("by status: %v", statuses)
	command(t.Context(), args...).must(t, statusInStep, fmt.Sprintf("%d in step", mailboxes))
	for i := range mailboxes {
		w.mustHave(t, person(i), awayLists)
	}
	noted := map[string]string{}
	r := openForTest(t, args[5]).records()
	runs, err := r.runs(t.Context(), `r.id <> ''`)
	for _, run := range runs {
		err = errors.Join(err, r.writes(t.Context(), run.ID, func(e auditEntry) error {
			noted[e.ClientRequestID] = e.Result
			if e.Result == resultSent {
				t.Errorf("the result is not noted: %+v", e)
			}
			return nil
		}))
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, sent := range w.Requests() {
		if id := sent.Header.Get("Client-Request-Id"); noted[id] == "" && !strings.HasPrefix(sent.Op, "Get") {
			t.Errorf("%s for %s is not in the audit", sent.Op, sent.Mailbox)
		}
	}
}
