package main

import (
	"context"
	"errors"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The lists of the tests of a database that goes away, and what they cost.
const (
	awayMailboxes = 300
	awayWrites    = 5 * awayMailboxes
	awayAfter     = 400 // requests
	workers       = 8   // of a process
)

var awayLists = map[string][]string{
	"Sales": {"anna@contoso.com", "bert@contoso.com"}, "Temp": {"carl@contoso.com"},
}

// TestAway_PostgreSQL takes PostgreSQL away from two processes in the middle of their writes: it is stopped,
// frozen, and cut off. When it comes back, they go on.
func TestAway_PostgreSQL(t *testing.T) {
	t.Parallel()
	f := newAway(t)
	lasts, err := time.ParseDuration(os.Getenv("CONTACTSYNC_TEST_AWAY_FOR"))
	if err != nil {
		t.Fatal("CONTACTSYNC_TEST_AWAY_FOR:", err)
	}
	//nolint:paralleltest // they share the server
	for _, kind := range []string{"stop", "freeze", "cut"} {
		t.Run(kind, func(t *testing.T) {
			c, database := calmChaos(t), freshDatabase(t)
			flags := []string{"--endpoint", c.endpoint, "--auth", "none", "--workers", "8", "--database", database}
			start := func(args ...string) *process { return startProcess(t, args...) }
			if kind == "cut" {
				flags, start = f.inside(t, c, database)
			}
			held := c.after(awayAfter+workers+1, func() {}) // more than one process has in hand
			both := make(chan struct{})                     // closed when both processes work
			c.before = func(n int64) {
				if n > awayAfter {
					<-both
					_ = sleep(t.Context(), 30*time.Millisecond)
				}
			}
			members := []*process{start(flagsOf(flags, "--audit", os.DevNull, write(t, "in.csv", chaosInput(awayMailboxes, false)))...)}
			members[0].begins(t)
			members = append(members, start(flagsOf([]string{"work"}, flags...)...))
			select {
			case <-held:
			case <-time.After(time.Minute):
				t.Error("the second process does not work")
			}
			close(both)
			f.does(t, kind, "begin")
			_ = sleep(t.Context(), lasts)
			f.does(t, kind, "end")
			for _, m := range members {
				if status := m.ends(t); status != statusInStep {
					t.Errorf("status %d", status)
				}
			}
			c.checkAway(t, database)
		})
	}
}

// TestFullDisk_PostgreSQL ends with a status and a text where PostgreSQL has no space left, and goes on
// when it has.
func TestFullDisk_PostgreSQL(t *testing.T) {
	t.Parallel()
	f := newAway(t)
	c, database := calmChaos(t), freshDatabase(t)
	f.does(t, "full", "prepare", database[strings.LastIndex(database, "/")+1:strings.LastIndex(database, "?")])
	args := []string{
		"--endpoint", c.endpoint, "--auth", "none", "--workers", "8", "--database", database,
		write(t, "in.csv", chaosInput(awayMailboxes, false)),
	}
	gone := c.after(awayAfter, func() { f.does(t, "full", "begin") })
	said := startProcess(t, args...)
	if status := said.ends(t); status != statusGaveUp || !strings.Contains(said.stderr.String(), "start contactsync again when this is put right: ") ||
		!strings.Contains(said.stderr.String(), "No space left on device") {
		t.Errorf("status %d", status)
	}
	<-gone
	f.does(t, "full", "end")
	if again := startProcess(t, args...); again.ends(t) != statusInStep {
		t.Error("the second time it does not end in step")
	}
	c.checkAway(t, database)
}

// TestFullDisk_Files ends with a status and a text where there is no space left for a SQLite file, and
// goes on when there is.
func TestFullDisk_Files(t *testing.T) {
	t.Parallel()
	disk := os.Getenv("CONTACTSYNC_TEST_SMALL_DISK")
	if disk == "" {
		t.Skip("CONTACTSYNC_TEST_SMALL_DISK is not set: a folder on a disk of a few MiB, which the test fills")
	}
	c, database, filler := calmChaos(t), filepath.Join(disk, "queue.db"), filepath.Join(disk, "filler")
	gone := c.after(awayAfter, func() { fill(t, filler) })
	args := []string{
		"--endpoint", c.endpoint, "--auth", "none", "--workers", "8", "--database", database,
		"--report", filepath.Join(disk, "report.html"), write(t, "in.csv", chaosInput(awayMailboxes, false)),
	}
	command(t.Context(), args...).must(t, statusGaveUp, "start contactsync again when this is put right: ", "disk is full",
		"--report: ", "no space left on device")
	<-gone
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	command(t.Context(), args...).must(t, statusInStep, "300 in step")
	c.checkAway(t, database)
}

// fill fills the disk with a file.
func fill(t *testing.T, name string) {
	t.Helper()
	file, err := os.Create(name) //nolint:gosec // a test
	if err != nil {
		t.Error(err)
		return
	}
	for block := make([]byte, 4096); err == nil; {
		_, err = file.Write(block)
	}
	if err = errors.Join(err, file.Close()); !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
}

// away takes a PostgreSQL away and brings it back.
type away struct{ script string }

func newAway(t *testing.T) away {
	t.Helper()
	script := os.Getenv("CONTACTSYNC_TEST_AWAY")
	if script == "" {
		t.Skip("CONTACTSYNC_TEST_AWAY is not set: a script that takes the server of CONTACTSYNC_TEST_DATABASE away")
	}
	return away{script}
}

func (f away) does(t *testing.T, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "bash", append([]string{f.script}, args...)...).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// inside has commands run in a network namespace, from which only the way to the database is cut.
func (away) inside(t *testing.T, c *chaos, database string) (flags []string, start func(args ...string) *process) {
	t.Helper()
	there, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	there.Host = os.Getenv("CONTACTSYNC_TEST_NETNS_DATABASE")
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", os.Getenv("CONTACTSYNC_TEST_NETNS_EXCHANGE")+":0")
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewUnstartedServer(c)
	_ = front.Listener.Close()
	front.Listener = listener
	front.Start()
	t.Cleanup(front.Close)
	c.endpoint = front.URL + "/EWS/Exchange.asmx"
	password := write(t, "password", "of no server")
	flags = []string{
		"--endpoint", c.endpoint, "--allow-http", "--auth", "basic", "--user", "svc", "--password-file", password,
		"--workers", "8", "--database", there.String(),
	}
	return flags, func(args ...string) *process {
		return startBy(t, "ip", flagsOf([]string{"netns", "exec", os.Getenv("CONTACTSYNC_TEST_NETNS"), os.Args[0]}, args...)...)
	}
}

// begins waits until a process with --audit works on a run.
func (p *process) begins(t *testing.T) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 6000 {
		if strings.HasPrefix(p.stderr.String(), "run ") {
			return
		}
		<-tick.C
	}
	p.kill(t)
	t.Fatalf("%q does not begin: %s%s", p.Args, p.stdout, p.stderr)
}

func calmChaos(t *testing.T) *chaos {
	t.Helper()
	c := newChaos(t, "")
	c.calm = true
	return c
}

// checkAway finds all lists and records right, nothing written twice, and every write in the audit.
func (c *chaos) checkAway(t *testing.T, database string) {
	t.Helper()
	c.check(t, database, awayMailboxes, awayLists)
	if n := len(c.executed); n != awayWrites {
		t.Errorf("%d writes, want %d", n, awayWrites)
	}
}
