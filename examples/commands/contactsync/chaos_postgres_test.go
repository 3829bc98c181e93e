package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

// TestChaos_PostgreSQL has three processes give, remove and restore over 2,000 mailboxes, with faults of the
// server, while processes are killed, stopped and started again, and PostgreSQL is restarted. At each
// end lists and records are right, and the audit has what the server executed.
func TestChaos_PostgreSQL(t *testing.T) {
	t.Parallel()
	restart := os.Getenv("CONTACTSYNC_TEST_RESTART")
	if restart == "" {
		t.Skip("CONTACTSYNC_TEST_RESTART is not set: a script that restarts the server of CONTACTSYNC_TEST_DATABASE")
	}
	const mailboxes = 2000
	database := freshDatabase(t)
	c := newChaos(t, restart)
	for i := range mailboxes {
		c.Seed(person(i), ewstest.Group{Name: "Family", Members: []ewstest.Contact{{Address: "mum@example.org"}}})
	}
	flags := []string{"--endpoint", c.endpoint, "--auth", "none", "--database", database}
	gives := flagsOf(flags, "--workers", "8", write(t, "all.csv", chaosInput(mailboxes, false)))
	all := map[string][]string{
		"Family": {"mum@example.org"}, "Sales": {"anna@contoso.com", "bert@contoso.com"}, "Temp": {"carl@contoso.com"},
	}
	c.run(gives)
	c.check(t, database, mailboxes, all)

	c.run(flagsOf(flags, "--workers", "8", "--remove", "owned", "--max-removals", "60%",
		write(t, "less.csv", chaosInput(mailboxes, true))))
	c.check(t, database, mailboxes, map[string][]string{"Family": {"mum@example.org"}, "Sales": {"anna@contoso.com"}})

	c.run(flagsOf([]string{"restore"}, append(flags, "--run", lastRun(t, database))...))
	c.check(t, database, mailboxes, all)
	t.Logf("%d killed, %d stopped, %d restarts of PostgreSQL, %d requests, %d with a fault",
		c.kills, c.stops, c.restarts, c.requests.Load(), c.faults)
}

func flagsOf(flags []string, more ...string) []string { return slices.Concat(flags, more) }

// chaosInput wants Sales and Temp in every mailbox, or less of it.
func chaosInput(mailboxes int, less bool) string {
	var b strings.Builder
	for i := range mailboxes {
		fmt.Fprintf(&b, "%s,Sales,anna@contoso.com\n", person(i))
		if !less {
			fmt.Fprintf(&b, "%s,Sales,bert@contoso.com\n%[1]s,Temp,carl@contoso.com\n", person(i))
		}
	}
	return b.String()
}

// lastRun returns the run that was begun last.
func lastRun(t *testing.T, database string) string {
	t.Helper()
	runs, err := openForTest(t, database).records().runs(t.Context(), `r.command = 'sync'`)
	if err != nil || len(runs) == 0 {
		t.Fatal(runs, err)
	}
	return runs[len(runs)-1].ID
}

// chaos is a server with faults, and processes with a hard life.
type chaos struct {
	*tripwire

	t       *testing.T
	restart string
	random  *rand.Rand

	mu       sync.Mutex
	executed map[string]sentWrite // by client-request-id
	calm     bool                 // no request fails
	before   func(n int64)        // is called before the nth request is executed
	faults   int

	kills, stops, restarts int
}

// sentWrite is a write that the server executed.
type sentWrite struct{ mailbox, operation string }

func newChaos(t *testing.T, restart string) *chaos {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	c := &chaos{
		tripwire: &tripwire{at: map[int64]func(){}}, t: t, restart: restart, executed: map[string]sentWrite{},
		random: rand.New(rand.NewPCG(seed, 0)), //nolint:gosec // a test
	}
	c.Server = ewstest.NewServer(&ewstest.Options{Intercept: c.intercept})
	var stop func()
	c.endpoint, stop = c.Start()
	t.Cleanup(stop)
	return c
}

// intercept notes the writes, and has some requests fail before they are executed and others after.
func (c *chaos) intercept(r ewstest.Request) error {
	n := c.requests.Add(1)
	c.tripwire.mu.Lock()
	f := c.at[n]
	c.tripwire.mu.Unlock()
	if f != nil {
		f()
	}
	if c.before != nil {
		c.before(n)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	if !c.calm {
		err = c.fault(c.random.IntN(200))
	}
	if err != nil {
		c.faults++
	}
	if isExecuted := err == nil || strings.HasPrefix(err.Error(), "ewstest: "); isExecuted && !strings.HasPrefix(r.Op, "Get") {
		c.executed[r.Header.Get("Client-Request-Id")] = sentWrite{r.Mailbox, r.Op}
	}
	return err
}

func (c *chaos) fault(kind int) error {
	switch kind {
	case 0:
		return ewstest.DropAfter()
	case 1:
		return ewstest.AnswerAfter(&ews.HTTPError{StatusCode: http.StatusBadGateway})
	case 2:
		return ews.ErrorInternalServerError
	case 3:
		return &ews.Error{Code: ews.ErrorServerBusy, Details: map[string]string{"BackOffMilliseconds": "20"}}
	}
	return nil
}

// member is a process whose end is awaited.
type member struct {
	*process

	status chan int
}

func (c *chaos) start(args []string) *member {
	m := &member{startProcess(c.t, args...), make(chan int, 1)}
	go func() { m.status <- m.ends(c.t) }()
	return m
}

// run starts three processes and makes their life hard until one of them says that all is done.
func (c *chaos) run(args []string) {
	c.t.Helper()
	begun := c.after(20, func() {})
	members := []*member{c.start(args), c.start(args), c.start(args)}
	<-begun
	actions := []func(*member) bool{c.kill, c.stop, c.restartDatabase, c.kill}
	deadline := time.Now().Add(150 * time.Second)
	kills, badStarts := c.kills, 0
	for over := false; !over; {
		if time.Now().After(deadline) {
			c.t.Fatal("not over in time")
		}
		_ = sleep(c.t.Context(), time.Duration(300+c.random.IntN(900))*time.Millisecond)
		victim := members[c.random.IntN(len(members))]
		switch {
		case victim.killed.Load():
		case len(actions) > 0:
			if actions[0](victim) {
				actions = actions[1:]
			}
		case c.kills < kills+5:
			c.kill(victim)
		}
		for i, m := range members {
			select {
			case status := <-m.status:
				over = over || status == statusInStep
				if status == statusGaveUp { // it began while PostgreSQL was away
					badStarts++
				} else if status != statusInStep && status != statusKilled {
					c.t.Errorf("status %d", status)
				}
				// A process for the same run: it would begin another one if that were over.
				members[i] = c.start(workFlags(args))
			default:
			}
		}
	}
	for _, m := range members {
		if status := <-m.status; status != statusInStep && status != statusKilled {
			c.t.Errorf("status %d at the end", status)
		}
	}
	if len(actions) > 0 {
		c.t.Errorf("it was over before all had happened: %d are left", len(actions))
	}
	if badStarts > 6 {
		c.t.Errorf("%d processes gave up", badStarts)
	}
}

// workFlags are those of a process that helps.
func workFlags(args []string) []string {
	i := slices.Index(args, "--endpoint")
	return flagsOf([]string{"work", "--workers", "8"}, args[i:i+6]...)
}

// kill and its like report whether the process was there to suffer it.
func (c *chaos) kill(m *member) bool {
	if len(m.status) > 0 {
		return false
	}
	c.kills++
	m.kill(c.t)
	return true
}

// stop stops a process for a while, as a host does that is out of memory.
func (c *chaos) stop(m *member) bool {
	pid := strconv.Itoa(m.Process.Pid)
	if exec.CommandContext(c.t.Context(), "kill", "-STOP", pid).Run() != nil {
		return false
	}
	_ = sleep(c.t.Context(), 3*time.Second)
	c.stops++
	return exec.CommandContext(c.t.Context(), "kill", "-CONT", pid).Run() == nil
}

func (c *chaos) restartDatabase(*member) bool {
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "bash", c.restart).CombinedOutput(); err != nil {
		c.t.Fatalf("%v: %s", err, out)
	}
	c.restarts++
	return true
}

// check compares all lists, all records, and the audit.
func (c *chaos) check(t *testing.T, database string, mailboxes int, want map[string][]string) {
	t.Helper()
	r := openForTest(t, database).records()
	owned := maps.Clone(want)
	delete(owned, "Family")
	wrong := 0
	for i := range mailboxes {
		if diff := cmp.Diff(want, c.members(person(i))); diff != "" && wrong < 5 {
			wrong++
			t.Errorf("%s (-want +got):\n%s", person(i), diff)
		}
		if diff := cmp.Diff(owned, recorded(t, r, serverKey(c.endpoint), person(i))); diff != "" && wrong < 5 {
			wrong++
			t.Errorf("the record of %s (-want +got):\n%s", person(i), diff)
		}
	}
	c.checkAudit(t, r)
}

// recorded returns what the record of a mailbox has.
func recorded(t *testing.T, r records, server, mailbox string) map[string][]string {
	t.Helper()
	owned, err := r.owned(t.Context(), server, mailbox)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(owned)
	if err != nil {
		t.Fatal(err)
	}
	var record struct {
		Groups []struct {
			Name    string
			Made    bool
			Members []string
		}
		Pending []any
	}
	if err := json.Unmarshal(text, &record); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, g := range record.Groups {
		if g.Made || len(g.Members) > 0 {
			got[g.Name] = []string{}
		}
		for _, m := range g.Members {
			got[g.Name] = append(got[g.Name], strings.TrimPrefix(m, "im "))
		}
	}
	return got
}

// checkAudit finds every write that the server executed in the audit, by its request id, or as one of which
// nothing is known because its process ended; and the other way round.
func (c *chaos) checkAudit(t *testing.T, r records) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	runs, err := r.runs(t.Context(), `r.id <> ''`)
	if err != nil {
		t.Fatal(err)
	}
	noted, open, done := map[string]bool{}, map[sentWrite]int{}, 0
	for _, run := range runs {
		err := r.writes(t.Context(), run.ID, func(e auditEntry) error {
			if e.Result == resultSent {
				open[sentWrite{e.Mailbox, e.Operation}]++
			}
			noted[e.ClientRequestID] = true
			if _, ok := c.executed[e.ClientRequestID]; e.Result == resultDone && !ok {
				t.Errorf("the server has not executed %+v", e)
			}
			if e.Result == resultDone {
				done++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	unknown := 0
	for id, w := range c.executed {
		if noted[id] {
			continue
		}
		unknown++
		if open[w]--; open[w] < 0 {
			t.Errorf("%s for %s was executed, and is not in the audit", w.operation, w.mailbox)
		}
	}
	t.Logf("%d writes executed; in the audit: %d done, %d of processes that ended", len(c.executed), done, unknown)
	if done == 0 {
		t.Error("the audit has no write")
	}
}
