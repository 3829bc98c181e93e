package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// freshDatabase makes a database for one test and returns its URL.
func freshDatabase(t *testing.T) string {
	t.Helper()
	server := os.Getenv("CONTACTSYNC_TEST_DATABASE")
	if server == "" {
		t.Skip("CONTACTSYNC_TEST_DATABASE is not set: postgres://… of a server where databases may be made")
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("CONTACTSYNC_TEST_DATABASE is no URL")
	}
	name := "contactsync_" + strings.ToLower(rand.Text()[:12])
	execute(t, t.Context(), server, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, context.WithoutCancel(t.Context()), server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u.Path = "/" + name
	return u.String()
}

//revive:disable-next-line:context-as-argument the test comes first, as everywhere.
func execute(t *testing.T, ctx context.Context, database, statement string) {
	t.Helper()
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Error(err)
	}
}

// TestKilled_PostgreSQL has three processes share the work, kills two of them in the middle of a write
// and starts one of these again.
func TestKilled_PostgreSQL(t *testing.T) {
	t.Parallel()
	database := freshDatabase(t)
	w := newTripwire(t, 2*time.Millisecond)
	args := []string{
		"--endpoint", w.endpoint, "--auth", "none", "--generate", "90", "--workers", "3", "--database", database,
	}
	processes := make([]*process, 3)
	started := make(chan struct{})
	kill := func(i int) func() {
		return func() {
			<-started
			processes[i].kill(t)
		}
	}
	first, second := w.after(600, kill(0)), w.after(1200, kill(1))
	for i := range processes {
		processes[i] = startProcess(t, args...)
	}
	close(started)
	<-first
	again := startProcess(t, append([]string{"work"}, without(args, "--generate")...)...)
	<-second
	for name, p := range map[string]*process{"first": processes[0], "second": processes[1]} {
		if status := p.ends(t); status != statusKilled {
			t.Errorf("%s: status %d before it was killed", name, status)
		}
	}
	for name, p := range map[string]*process{"third": processes[2], "again": again} {
		if status := p.ends(t); status != statusInStep {
			t.Errorf("%s: status %d", name, status)
		}
		// The fourth may have come when all was done.
		said := p.stdout.String()
		if !strings.Contains(said, "90 mailboxes: 90 in step") && (p != again || said != "nothing is queued\n") {
			t.Errorf("%s: not all are in step", name)
		}
	}
	w.mustBeRight(t, generate(90))
	if n := w.requests.Load(); n > 90*35+6*35 {
		t.Errorf("%d requests: work was done twice", n)
	}
}

// without leaves a flag and its value out.
func without(args []string, name string) (rest []string) {
	for i := 0; i < len(args); i += 2 {
		if args[i] != name {
			rest = append(rest, args[i:i+2]...)
		}
	}
	return rest
}

// TestPostgreSQL_TheLiving leaves the jobs of processes that live alone.
func TestPostgreSQL_TheLiving(t *testing.T) {
	t.Parallel()
	database := freshDatabase(t)
	silent := slog.New(slog.DiscardHandler)
	one, err := open(t.Context(), database, silent)
	if err != nil {
		t.Fatal(err)
	}
	two, err := openPostgres(t.Context(), database, processID(), silent)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = two.close() })
	jobs := (&settings{attempts: 1}).jobs(generate(2))
	run := &runRecord{key: strings.Repeat("0", runKeyLength)}
	if _, err := one.begin(t.Context(), run, jobs); err != nil {
		t.Fatal(err)
	}
	owner := one.(*jobQueue[pgx.Tx]).id //nolint:errcheck // a test that is wrong may panic
	execute(t, t.Context(), database, `UPDATE contactsync.river_job SET state = 'running', attempted_by = ARRAY['`+owner+`']`)
	guard := two.(*jobQueue[pgx.Tx]).guard //nolint:errcheck // likewise
	if n, err := guard.rescue(t.Context()); n != 0 || err != nil {
		t.Errorf("rescued %d jobs of the living, %v", n, err)
	}
	if err := one.close(); err != nil {
		t.Fatal(err)
	}
	if n, err := guard.rescue(t.Context()); n != 2 || err != nil {
		t.Errorf("rescued %d jobs of the dead, want 2, %v", n, err)
	}
	if c, err := two.count(t.Context(), run.ID); c.waiting != 2 || err != nil {
		t.Errorf("%+v, %v, want 2 waiting", c, err)
	}
}

// TestPostgreSQL_TwoInputs has a newer input supersede an older one.
func TestPostgreSQL_TwoInputs(t *testing.T) {
	t.Parallel()
	q, err := open(t.Context(), freshDatabase(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.close() })
	supersedes(t, q)
}

// TestPostgreSQL_Schema leaves other applications' queue of River alone, and says what to do where it
// may not make a schema.
func TestPostgreSQL_Schema(t *testing.T) {
	t.Parallel()
	database := freshDatabase(t)
	for _, statement := range []string{
		`CREATE TABLE river_job (mine int)`,
		`CREATE ROLE "` + roleOf(database) + `" LOGIN PASSWORD 'x'`,
	} {
		execute(t, t.Context(), database, statement)
	}
	t.Cleanup(func() { execute(t, context.WithoutCancel(t.Context()), database, `DROP ROLE "`+roleOf(database)+`"`) })
	silent := slog.New(slog.DiscardHandler)
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(roleOf(database), "x")
	if q, err := open(t.Context(), u.String(), silent); err == nil || !strings.Contains(err.Error(), "CREATE SCHEMA contactsync AUTHORIZATION") {
		t.Errorf("without the right to make a schema: %v, %v", q, err)
	}
	for range 2 {
		q, err := open(t.Context(), database, silent)
		if err != nil {
			t.Fatal(err)
		}
		if err := q.close(); err != nil {
			t.Error(err)
		}
	}
	execute(t, t.Context(), database, `SELECT mine FROM public.river_job`)
	execute(t, t.Context(), database, `SELECT queue FROM contactsync.river_job, contactsync.sync_run`)
}

// roleOf returns the name of a role for the test of that database.
func roleOf(database string) string {
	return "role_" + database[strings.LastIndex(database, "/")+1:][:24]
}

// TestPostgreSQL_Removal has runs halted, let through and undone, and writes fenced, by PostgreSQL.
func TestPostgreSQL_Removal(t *testing.T) {
	t.Parallel()
	database := freshDatabase(t)
	w := newTripwire(t, 0)
	flags := []string{"--endpoint", w.endpoint, "--auth", "none", "--database", database}
	command(t.Context(), append(flags, rows(t, 3, 20))...).must(t, statusInStep)
	args := slices.Concat(flags, []string{"--remove", "owned", rows(t, 2, 10)})
	command(t.Context(), args...).must(t, statusHalted, "20 of 40 memberships would be removed")
	got := command(t.Context(), append(args, "--allow-removals")...)
	got.must(t, statusInStep, "2 in step (2 changed, 20 steps)")
	command(t.Context(), append(connected("restore", flags), "--run", got.runOf(t))...).must(t, statusInStep, "20 steps")
	if n := len(w.members("m0@contoso.com")["Sales"]); n != 20 {
		t.Errorf("%d contacts after the restore, want 20", n)
	}
	command(t.Context(), connected("runs", flags[4:])...).must(t, statusInStep, "restore", "nothing was written")
	command(t.Context(), append(connected("audit", flags[4:]), "--run", got.runOf(t))...).must(t, statusInStep,
		`"operation":"RemoveImContactFromGroup","what":"c10@contoso.com from group \"Sales\""`)
	takenOver(t, openForTest(t, database))
}
