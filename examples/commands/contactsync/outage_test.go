package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/ewstest"
)

// TestRun_UnknownAuthority ends before the second mailbox where the certificate proves nothing, and says
// what to do.
func TestRun_UnknownAuthority(t *testing.T) {
	t.Parallel()
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(ewstest.NewServer(nil))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	page := filepath.Join(t.TempDir(), "out.html")
	got := command(t.Context(), "--endpoint", server.URL+"/EWS/Exchange.asmx", "--auth", "none", "--generate", "30",
		"--database", filepath.Join(t.TempDir(), "queue.db"), "--report", page)
	got.must(t, statusGaveUp, "the same with every mailbox", "certificate", "--ca FILE", "30 mailboxes: 0 in step")
	if n := connections.Load(); n > 3 { // the client's attempts at one mailbox
		t.Errorf("%d connections", n)
	}
	if text := readFile(t, page); !strings.Contains(text, "0 of 30 mailboxes in step") {
		t.Errorf("the report is not that of the run:\n%s", text)
	}
}

// TestRun_BusyWithoutHint has a server that is busy for all, and names no time, cost no attempt.
func TestRun_BusyWithoutHint(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"503": http.StatusServiceUnavailable, "504": http.StatusGatewayTimeout} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTripwire(t, 0)
			until := time.Now().Add(4 * time.Second)
			front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if time.Now().Before(until) {
					rw.WriteHeader(status)
					return
				}
				w.ServeHTTP(rw, r)
			}))
			t.Cleanup(front.Close)
			w.endpoint = front.URL + "/EWS/Exchange.asmx"
			command(t.Context(), w.flags(t, "--attempts", "1", "--generate", "30")...).
				must(t, statusInStep, "30 in step (30 changed")
		})
	}
}

// TestRun_InterruptedEarly ends with status 3 wherever the signal comes.
func TestRun_InterruptedEarly(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file := write(t, "in.csv", "tony@contoso.com,Sales,anna@contoso.com\n")
	command(ctx, w.flags(t, file)...).must(t, statusInterrupted, "error: interrupted; ")

	ctx, cancel = context.WithCancel(t.Context())
	never, end := io.Pipe()
	t.Cleanup(func() { _ = end.Close() })
	var stdout, stderr bytes.Buffer
	p := inTest(&stdout, &stderr)
	p.Stdin = never
	time.AfterFunc(50*time.Millisecond, cancel)
	status := run(ctx, p, w.flags(t, "-"))
	said{status, stdout.String(), stderr.String()}.must(t, statusInterrupted, "error: interrupted; ")
	if n := w.requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestRun_InterruptedAnywhere ends with status 3 after any request, and the same command finishes the run.
func TestRun_InterruptedAnywhere(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{1, 3, 35, 90} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			w := newTripwire(t, time.Millisecond)
			args := w.flags(t, "--workers", "3", "--generate", "10", "--remove", "owned")
			ctx, cancel := context.WithCancel(t.Context())
			stopped := w.after(n, cancel)
			command(ctx, args...).must(t, statusInterrupted, "error: interrupted; ")
			<-stopped
			command(t.Context(), args...).must(t, statusInStep, "10 in step")
			w.mustBeRight(t, generate(10))
		})
	}
}

// TestRun_DryRunBeside holds that a dry run of the same mailboxes, during a run and between its parts,
// neither writes nor takes anything from it.
func TestRun_DryRunBeside(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, time.Millisecond)
	args := w.flags(t, "--workers", "3", "--attempts", "1", "--generate", "10")
	dry := append(slices.Clone(args), "--dry-run")
	ctx, cancel := context.WithCancel(t.Context())
	stopped := w.after(35, func() {
		command(t.Context(), dry...).must(t, statusGaveUp, "another contactsync works on that queue")
		elsewhere := w.flags(t, "--generate", "10", "--dry-run")
		command(t.Context(), elsewhere...).must(t, statusInStep, "would change")
		cancel()
	})
	command(ctx, args...).must(t, statusInterrupted, "error: interrupted; ")
	<-stopped
	before := w.lists(generate(10))
	command(t.Context(), dry...).must(t, statusInStep, "10 mailboxes: 10 in step")
	if diff := cmp.Diff(before, w.lists(generate(10))); diff != "" {
		t.Errorf("the dry run wrote (-want +got):\n%s", diff)
	}
	command(t.Context(), args...).must(t, statusInStep, "10 mailboxes: 10 in step")
	w.mustBeRight(t, generate(10))
}

// TestAdvice holds the advice for errors that need some.
func TestAdvice(t *testing.T) {
	t.Parallel()
	err := &gaveUpError{&net.DNSError{Err: "no such host", Name: "mial.contoso.com", IsNotFound: true}}
	if text := err.Error(); !strings.HasSuffix(text, "; check the name in --endpoint") {
		t.Error(text)
	}
	if text := (&gaveUpError{errors.New("x")}).Error(); !strings.HasSuffix(text, ": x") {
		t.Error(text)
	}
}
