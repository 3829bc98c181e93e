package main

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
)

// asCommand makes the test binary be the command, for tests with real processes.
const asCommand = "CONTACTSYNC_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		go func() { // ends with the test, also where that is killed: nothing is ever written to it
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(statusGaveUp)
		}()
		main() // ends the process
	}
	os.Exit(m.Run())
}

// process is the command as a separate process.
type process struct {
	*exec.Cmd

	killed         atomic.Bool
	stdout, stderr *lockedBuffer
}

func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	return startBy(t, os.Args[0], args...)
}

// startBy has a program start the command, or is given the command itself.
func startBy(t *testing.T, program string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.CommandContext(t.Context(), program, args...), stdout: &lockedBuffer{}, stderr: &lockedBuffer{}}
	p.Env = append(os.Environ(), asCommand+"=1")
	p.Stdout, p.Stderr = p.stdout, p.stderr
	if _, err := p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// statusKilled stands for a killed process on every system: Windows returns 1, as for a failure.
const statusKilled = -1

// kill ends the process without giving it a chance to tidy up.
func (p *process) kill(t *testing.T) {
	t.Helper()
	p.killed.Store(true)
	if err := p.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
}

// ends waits for the process and returns its exit status.
func (p *process) ends(t *testing.T) int {
	t.Helper()
	_ = p.Wait() // the status says it all
	t.Logf("%q ended with %v\n%s%s", p.Args[1:], p.ProcessState, p.stdout, p.stderr)
	if p.killed.Load() {
		return statusKilled
	}
	return p.ProcessState.ExitCode()
}

// lockedBuffer can be read while a process writes to it.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// tripwire is an Exchange on loopback that does something at certain requests.
type tripwire struct {
	*ewstest.Server

	endpoint string
	requests atomic.Int64
	mu       sync.Mutex
	at       map[int64]func()
	refusal  func(ewstest.Request) error // of a request; nil: none
}

func newTripwire(t *testing.T, delay time.Duration) *tripwire {
	t.Helper()
	w := &tripwire{at: map[int64]func(){}}
	w.Server = ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
		n := w.requests.Add(1)
		w.mu.Lock()
		f, refusal := w.at[n], w.refusal
		w.mu.Unlock()
		if f != nil {
			f()
		}
		if refusal != nil {
			if err := refusal(r); err != nil {
				return err
			}
		}
		// The request is executed although its sender may be dead by now: the response is lost.
		_ = sleep(r.Context(), delay)
		return nil
	}})
	var stop func()
	w.endpoint, stop = w.Start()
	t.Cleanup(stop)
	return w
}

// refuse lets requests fail from now on.
func (w *tripwire) refuse(refusal func(ewstest.Request) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refusal = refusal
}

// after calls f at the nth request from now on. The channel is closed then.
func (w *tripwire) after(n int64, f func()) <-chan struct{} {
	done := make(chan struct{})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at[w.requests.Load()+n] = func() {
		f()
		close(done)
	}
	return done
}

// lists returns the lists of the mailboxes as rosters, in an order that can be compared.
func (w *tripwire) lists(in *input) map[string]imsync.Roster {
	got := map[string]imsync.Roster{}
	for _, m := range in.mailboxes {
		got[m.Address] = sorted(imsync.Export(w.List(m.Address)))
	}
	return got
}

func wanted(in *input) map[string]imsync.Roster {
	want := map[string]imsync.Roster{}
	for _, m := range in.mailboxes {
		want[m.Address] = sorted(m.Roster)
	}
	return want
}

// sorted returns a copy with addresses and order as the rules of imsync leave them open.
func sorted(r imsync.Roster) imsync.Roster {
	r.Groups = slices.Clone(r.Groups)
	for i := range r.Groups {
		g := &r.Groups[i]
		g.Contacts = slices.Clone(g.Contacts)
		for j := range g.Contacts {
			g.Contacts[j].Address = strings.TrimPrefix(g.Contacts[j].Address, "sip:")
		}
		slices.SortFunc(g.Contacts, func(a, b imsync.Contact) int { return strings.Compare(a.Address, b.Address) })
	}
	slices.SortFunc(r.Groups, func(a, b imsync.Group) int { return strings.Compare(a.Name, b.Name) })
	return r
}

func (w *tripwire) mustBeRight(t *testing.T, in *input) {
	t.Helper()
	if diff := cmp.Diff(wanted(in), w.lists(in)); diff != "" {
		t.Errorf("lists (-want +got):\n%s", diff)
	}
}

// TestKilled_SQLite kills the process twice in the middle of a write.
func TestKilled_SQLite(t *testing.T) {
	t.Parallel()
	const mailboxes = 30
	w := newTripwire(t, time.Millisecond)
	args := []string{
		"--endpoint", w.endpoint, "--auth", "none", "--generate", "30", "--workers", "4",
		"--database", filepath.Join(t.TempDir(), "queue.db"),
	}
	for _, at := range []int64{150, 350} {
		var p *process
		started := make(chan struct{})
		killed := w.after(at, func() {
			<-started
			p.kill(t)
		})
		p = startProcess(t, args...)
		close(started)
		if status := p.ends(t); status != statusKilled {
			t.Fatalf("ended with status %d before it was killed", status)
		}
		<-killed
	}
	last := startProcess(t, args...)
	if status := last.ends(t); status != statusInStep {
		t.Errorf("status %d", status)
	}
	if !strings.Contains(last.stderr.String(), "taking up a run that was begun before") {
		t.Error("it began anew")
	}
	w.mustBeRight(t, generate(mailboxes))
	// 35 requests for a mailbox, and a few for each of those that ran when it was killed.
	if n := w.requests.Load(); n > mailboxes*35+2*4*35 {
		t.Errorf("%d requests: work was done twice", n)
	}
}

// TestExchange_Process syncs to the in-process Exchange in a separate process.
func TestExchange_Process(t *testing.T) {
	t.Parallel()
	exchange := startProcess(t, "exchange", "--delay", "1ms")
	endpoint := firstLine(t, exchange)
	args := []string{
		"--endpoint", endpoint, "--auth", "none", "--generate", "5",
		"--database", filepath.Join(t.TempDir(), "queue.db"),
	}
	for _, want := range []string{"(5 changed, 165 steps)", "(0 changed, 0 steps)"} {
		p := startProcess(t, args...)
		if status := p.ends(t); status != statusInStep || !strings.Contains(p.stdout.String(), want) {
			t.Errorf("status %d, want %s", status, want)
		}
	}
	if err := exchange.Process.Signal(os.Interrupt); err != nil {
		t.Log("no way to interrupt a process here:", err) // Windows
		return
	}
	if status := exchange.ends(t); status != statusInStep || !strings.Contains(exchange.stdout.String(), "185 requests") {
		t.Errorf("exchange: status %d", status)
	}
}

// firstLine waits for the first line that a process prints.
func firstLine(t *testing.T, p *process) string {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 2000 {
		if line, _, ok := strings.Cut(p.stdout.String(), "\n"); ok {
			return line
		}
		<-tick.C
	}
	t.Fatalf("nothing from %q: %s", p.Args, p.stderr)
	return ""
}

// TestOpen_NoDatabase names a file of another kind, and leaves it as it was.
func TestOpen_NoDatabase(t *testing.T) {
	t.Parallel()
	const text = "Mailbox,Group,Address\ntony@contoso.com,Sales,anna@contoso.com\n"
	file := filepath.Join(t.TempDir(), "directory.csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := open(t.Context(), file, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), file+": it is no SQLite database") {
		t.Errorf("error %v", err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != text {
		t.Errorf("the file became %q, %v", got, err)
	}
}
