package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
)

// engine holds the server and the database of a command.
type engine struct {
	*settings

	server    *connect.Server
	client    *ews.Client
	telemetry *telemetry
	queue     queue
	auditFile *auditFile
	logger    *slog.Logger
	queueLog  *queueLog
	closers   []func() error // called from the last to the first

	cut string // why the end of the input seems to be missing, "" if it does not

	stdout, stderr io.Writer
}

// run is one run of the program, from the input to the summary.
func (s *settings) run(ctx context.Context, stdout, stderr io.Writer) (status int, err error) {
	in, err := s.read(ctx, stderr)
	if err != nil {
		return statusGaveUp, err
	}
	e, err := s.start(ctx, stdout, stderr)
	if err != nil {
		return statusGaveUp, err
	}
	defer func() { err = errors.Join(err, e.close()) }()
	e.cut = in.cut
	run, err := e.begin(ctx, in)
	if halted, ok := errors.AsType[*haltedError](err); ok {
		return e.halt(halted)
	}
	if err != nil {
		return statusGaveUp, err
	}
	if run == nil {
		fmt.Fprintln(stdout, "nothing is queued")
		return statusInStep, nil
	}
	if s.audit != "" {
		fmt.Fprintln(stderr, "run", run.ID)
	}
	status, err = e.drive(ctx, run, in.problems) // the queue has the rest of the input
	if s.command == commandPlan && err == nil {
		err = e.writePlan(ctx, run)
	}
	return status, err
}

// start connects to the server and opens the database.
func (s *settings) start(ctx context.Context, stdout, stderr io.Writer) (e *engine, err error) {
	e = &engine{settings: s, stdout: stdout, stderr: stderr}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.close())
		}
	}()
	if e.auditFile, err = openAudit(s.audit); err != nil {
		return e, err
	}
	e.closers = append(e.closers, e.auditFile.close)
	logger := s.logger(stderr)
	e.logger = logger
	if e.server, err = s.connect(ctx); err != nil {
		return e, err
	}
	if e.telemetry, err = startTelemetry(ctx); err != nil {
		return e, err
	}
	e.closers = append(e.closers, func() error { return e.telemetry.stop(ctx) })
	// The client waits no longer than a second for a busy server: longer waits are the queue's, where
	// they survive a restart and block no worker.
	if e.client, err = s.client(e.server, e.telemetry.transport(e.server.Transport), time.Second, logger); err != nil {
		return e, err
	}
	e.closers = append(e.closers, func() error { e.client.CloseIdleConnections(); return nil })
	database, remove, err := s.databaseFile()
	if err != nil {
		return e, err
	}
	e.closers = append(e.closers, remove)
	e.queueLog = &queueLog{Handler: logger.Handler(), verbose: s.verbose, notices: &notices{to: stderr}}
	if e.queue, err = open(ctx, database, slog.New(e.queueLog)); err != nil {
		return e, err
	}
	e.closers = append(e.closers, e.queue.close)
	return e, nil
}

func (e *engine) close() (err error) {
	for _, f := range slices.Backward(e.closers) {
		err = errors.Join(err, f())
	}
	return err
}

// connect names the server, which --email has to find first, and gets the login ready, once.
func (s *settings) connect(ctx context.Context) (*connect.Server, error) {
	if s.connected != nil {
		return s.connected, nil
	}
	s.server.MaxConns = s.workers
	var err error
	s.connected, err = s.server.Server(ctx, s.process, newExchange(s.delay).Server)
	return s.connected, err
}

// client returns a client of the account that waits no longer than maxWait for a busy server.
func (s *settings) client(
	server *connect.Server, transport http.RoundTripper, maxWait time.Duration, logger *slog.Logger,
) (*ews.Client, error) {
	options := &ews.Options{
		HTTPClient: &http.Client{Transport: transport, Timeout: 2 * time.Minute},
		UserAgent:  "contactsync",
		Retry:      ews.RetryPolicy{MaxWait: maxWait},
		Logger:     logger,
		AllowHTTP:  s.server.AllowHTTP,
	}
	return ews.NewClient(server.Endpoint, options)
}

// drive works a run until it is over or ctx ends, and reports on it.
func (e *engine) drive(ctx context.Context, run *runRecord, skipped []problem) (status int, err error) {
	begun := time.Now()
	gaveUp := e.work(ctx, run)
	// The summary is printed however the run ends.
	telling, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	status, err = e.tell(telling, run, skipped, begun)
	switch {
	case gaveUp == nil:
		return status, err
	case status == statusGaveUp: // the report as well, such as on the same full disk
		gaveUp = errors.Join(gaveUp, err)
	}
	return statusGaveUp, gaveUp
}

func (s *settings) logger(stderr io.Writer) *slog.Logger {
	level := slog.LevelError // River warns of each retry; the summary has those that matter
	if s.verbose {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
}

// read reads the input and reports its bad rows. The work command has none.
func (s *settings) read(ctx context.Context, stderr io.Writer) (*input, error) {
	switch {
	case s.command == commandWork, s.command == commandRestore, s.command == commandApply:
		return &input{}, nil
	case s.input == "" && s.directory == "":
		return generate(s.generate), nil
	}
	in, err := s.readDesired(ctx)
	if err != nil {
		return nil, err
	}
	for _, n := range in.notes {
		fmt.Fprintf(stderr, "%s:%d: note: %s\n", in.name, n.Line, cli.Line(n.Reason))
	}
	for _, p := range in.problems {
		fmt.Fprintf(stderr, "%s:%d: left out: %s\n", in.name, p.Line, cli.Line(p.Reason))
	}
	if in.keepAll && s.remove != "none" {
		fmt.Fprintln(stderr, "nothing is removed in this run: it cannot be told whose contacts the rows left out are")
	}
	if len(in.mailboxes) == 0 {
		return nil, fmt.Errorf("%s: nothing in it can be used", in.name)
	}
	if policy, _ := s.policy(); policy != imsync.RemoveNothing {
		return in, in.mayRemove()
	}
	if in.cut != "" {
		fmt.Fprintf(stderr, "warning: %s looks cut short (%s): the missing part is not synced\n", in.name, in.cut)
	}
	return in, nil
}

// readDesired reads the desired lists from the file, or from the directory.
func (s *settings) readDesired(ctx context.Context) (*input, error) {
	if s.directory != "" {
		return s.readDirectory(ctx)
	}
	return readInput(ctx, s.input, s.process.Stdin)
}

// databaseFile returns the database of the queue. Without --database, the queue of an in-process
// Exchange ends with the process.
func (s *settings) databaseFile() (database string, remove func() error, err error) {
	if s.database != "" {
		return s.database, func() error { return nil }, nil
	}
	dir, err := os.MkdirTemp("", "contactsync")
	if err != nil {
		return "", nil, err
	}
	return filepath.Join(dir, defaultDatabase), func() error { return os.RemoveAll(dir) }, nil
}

// begin queues a run, or finds the one to help with.
func (e *engine) begin(ctx context.Context, in *input) (*runRecord, error) {
	server := serverKey(e.server.Endpoint)
	switch e.command {
	case commandWork:
		return e.help(ctx, server)
	case commandApply:
		return e.beginApply(ctx, server)
	case commandRestore:
		return e.beginRestore(ctx, server)
	}
	run := e.record(commandSync, server, in.name)
	run.Contacts = in.contacts
	if err := e.queue.records().compare(ctx, run); err != nil {
		return nil, err
	}
	return e.enqueue(ctx, run, in, e.jobs(in))
}

// help finds the run to help with.
func (e *engine) help(ctx context.Context, server string) (*runRecord, error) {
	run, other, err := e.queue.records().oldest(ctx, server)
	if err == nil && run == nil && other != "" {
		err = fmt.Errorf("the queue has work for the server %s, and --endpoint is %s: "+
			"name the server that the run was begun with", other, server)
	}
	return run, err
}

// record returns the record of a new run.
func (s *settings) record(command, server, input string) *runRecord {
	policy, _ := s.policy() // it was checked
	run := &runRecord{
		Command: command, Server: server, Account: cmp.Or(s.server.User, s.server.ClientID), Input: input,
		Phase: phaseWrite, Options: runOptions{
			Remove: policy, Adopt: s.adopt, DryRun: s.dryRun, MaxRemovals: s.maxRemovals, AllowRemovals: s.allowRemovals,
			SkipUnused: s.skipUnused,
		},
	}
	if command == commandSync && policy != imsync.RemoveNothing && !s.dryRun {
		run.Phase = phasePlan
	}
	return run
}

// enqueue queues a run, or resumes the one that it was interrupted as. About identifies it besides
// server, account and options.
func (e *engine) enqueue(ctx context.Context, run *runRecord, in *input, jobs []job, about ...any) (*runRecord, error) {
	var err error
	if run.key, err = in.key(append(about, run.Command, run.Server, run.Account, run.Options)...); err != nil {
		return nil, err
	}
	resumed, err := e.queue.begin(ctx, run, jobs)
	if err != nil {
		return nil, fmt.Errorf("queueing %d mailboxes: %w", len(jobs), err)
	}
	if resumed {
		c, err := e.queue.count(ctx, run.ID)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(e.stderr, "taking up a run that was begun before: %d of %d mailboxes are done\n", c.over(), c.total())
	}
	return run, nil
}

// jobs makes a job for each mailbox.
func (s *settings) jobs(in *input) []job {
	jobs := make([]job, len(in.mailboxes))
	for i, m := range in.mailboxes {
		jobs[i] = s.job(syncArgs{Mailbox: m.Address, Roster: m.Roster, Keep: m.Incomplete || in.keepAll})
	}
	return jobs
}

func (s *settings) job(args syncArgs) job {
	return job{Args: args, InsertOpts: &river.InsertOpts{
		MaxAttempts: s.attempts,
		UniqueOpts:  river.UniqueOpts{ByArgs: true, ByQueue: true},
	}}
}

// work works the run until no job of it is left, here or elsewhere, or ctx ends. An error means that
// no mailbox can be synced.
func (e *engine) work(ctx context.Context, run *runRecord) error {
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	w := &worker{
		client: e.client, run: run, records: e.queue.records(), audit: e.auditFile, logger: e.logger, timeout: e.timeout,
		notices: notices{to: e.stderr},
		giveUp:  func(err error) { giveUp(&gaveUpError{err}) },
	}
	stop, err := e.queue.start(ctx, run.ID, w, e.workers, e.telemetry)
	if err != nil {
		return err
	}
	err = follow(ctx, e.queue, run, newProgress(e.stderr), func(back time.Time) error { return e.refused(w, back) })
	err = errors.Join(err, stop())
	if failed := w.settle(ctx); failed != nil {
		fmt.Fprintf(e.stderr, "contactsync audit shows writes as sent: %v\n", failed)
	}
	if gaveUp, ok := errors.AsType[*gaveUpError](context.Cause(ctx)); ok {
		return gaveUp
	}
	return err
}

// refused returns an error if the database, reachable since back, refuses the statements of the queue and no
// mailbox is in hand, so that nothing goes on.
func (e *engine) refused(w *worker, back time.Time) error {
	idle := true
	w.inHand.Range(func(any, any) bool {
		idle = false
		return false
	})
	if !idle {
		return nil
	}
	return e.queueLog.refused(back)
}

// gaveUpError is the reason why no mailbox can be synced.
type gaveUpError struct{ err error }

func (e *gaveUpError) Error() string {
	return "stopped, for it would be the same with every mailbox; start contactsync again when this is put right: " + e.err.Error() + advice(e.err)
}

func (e *gaveUpError) Unwrap() error { return e.err }

// follow shows the progress of a run until it is over or ctx ends, and lets it write once all is
// planned. The database may be unreachable for a while; refused returns an error when it has been reachable
// since back, and has refused for too long.
func follow(ctx context.Context, q queue, run *runRecord, p progress, refused func(back time.Time) error) error {
	const every = 200 * time.Millisecond
	defer p.end()
	lost, back := time.Time{}, time.Time{}
	for ctx.Err() == nil {
		halted := false
		c, err := q.count(ctx, run.ID)
		if err == nil && c.planned > 0 && c.waiting+c.running == 0 {
			halted, err = q.release(ctx, run)
		}
		switch {
		case err == nil:
			lost = time.Time{}
			p.show(c)
			if halted || c.over() == c.total() {
				return nil
			}
		case lost.IsZero():
			lost = time.Now()
		case time.Since(lost) > databasePatience:
			return unless(ctx, err)
		}
		if err != nil {
			back = time.Now()
		} else if err := refused(back); err != nil {
			return unless(ctx, err)
		}
		if err := sleep(ctx, every); err != nil {
			return unless(ctx, err)
		}
	}
	return nil
}

// unless returns the error, or nil if ctx has ended and brought it about.
func unless(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}
