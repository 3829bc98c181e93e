package main

import (
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestLostHost_PostgreSQL takes over the work of a host that is suddenly gone, without a word to the
// database: a network namespace, whose cable is cut.
func TestLostHost_PostgreSQL(t *testing.T) {
	t.Parallel()
	namespace, link, address := os.Getenv("CONTACTSYNC_TEST_NETNS"), os.Getenv("CONTACTSYNC_TEST_NETNS_LINK"), os.Getenv("CONTACTSYNC_TEST_NETNS_DATABASE")
	if namespace == "" {
		t.Skip("CONTACTSYNC_TEST_NETNS is not set: a network namespace with a link to the database's host, for root")
	}
	const mailboxes, workers, within = 20, 5, 30 * time.Second
	database := freshDatabase(t)
	there, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	there.Host = address
	w := newTripwire(t, 0)
	server, err := url.Parse(w.endpoint)
	if err != nil {
		t.Fatal(err)
	}
	// The other host reaches a server at the same address that never responds.
	inside := []string{"netns", "exec", namespace, os.Args[0]}
	silent := startBy(t, "ip", append(inside, "exchange", "--listen", server.Host, "--delay", "1h")...)
	firstLine(t, silent)
	args := []string{"--endpoint", w.endpoint, "--auth", "none", "--workers", "5", "--database"}
	lost := startBy(t, "ip", append(inside, append(args, there.String(), "--generate", "20")...)...)

	q := openForTest(t, database)
	var run *runRecord
	for begun := time.Now(); ; {
		runs, err := q.records().runs(t.Context(), unfinishedJobs)
		if err != nil {
			t.Fatal(err)
		}
		if len(runs) == 1 {
			run = runs[0]
			if c, err := q.count(t.Context(), run.ID); err != nil || c.running == workers {
				break
			}
		}
		if time.Since(begun) > time.Minute {
			t.Fatalf("the other host does not work: %s", lost.stderr)
		}
		_ = sleep(t.Context(), 50*time.Millisecond)
	}
	if out, err := exec.CommandContext(t.Context(), "ip", "-n", namespace, "link", "set", link, "down").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cut := time.Now()
	survivor := startProcess(t, append([]string{"work"}, append(args, database)...)...)
	if status := survivor.ends(t); status != statusInStep || !strings.Contains(survivor.stdout.String(), "20 in step") {
		t.Errorf("status %d", status)
	}
	took := time.Since(cut)
	t.Logf("all was done %v after the host was lost", took)
	if took > within {
		t.Errorf("more than %v", within)
	}
	w.mustBeRight(t, generate(mailboxes))
	for _, p := range []*process{lost, silent} {
		p.kill(t)
		_ = p.Wait()
	}
}
