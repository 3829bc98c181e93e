package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
)

// run is one run of the program, from the input to the summary.
func (s *settings) run(ctx context.Context, stdout, stderr io.Writer) (status int, err error) {
	logger := s.logger(stderr)
	in, err := s.read(stderr)
	if err != nil {
		return statusGaveUp, err
	}
	server, err := s.connect(ctx)
	if err != nil {
		return statusGaveUp, err
	}
	telemetry, err := startTelemetry(ctx)
	if err != nil {
		return statusGaveUp, err
	}
	defer func() { err = errors.Join(err, telemetry.stop(ctx)) }()
	client, err := s.client(server, telemetry, logger)
	if err != nil {
		return statusGaveUp, err
	}
	defer client.CloseIdleConnections()
	database, remove, err := s.databaseFile()
	if err != nil {
		return statusGaveUp, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	q, err := open(ctx, database, logger)
	if err != nil {
		return statusGaveUp, err
	}
	defer func() { err = errors.Join(err, q.close()) }()

	run, err := s.begin(ctx, q, server, in, stderr)
	if err != nil {
		return statusGaveUp, err
	}
	if run == "" {
		fmt.Fprintln(stdout, "nothing is queued")
		return statusInStep, nil
	}
	skipped := in.problems // all that is still needed of the input: the queue has the rest
	begun := time.Now()
	if err := s.work(ctx, q, run, client, telemetry, stderr); err != nil {
		return statusGaveUp, err
	}
	// What was done is told after an interruption too.
	telling, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	return s.tell(telling, q, run, skipped, begun, stdout, stderr)
}

func (s *settings) logger(stderr io.Writer) *slog.Logger {
	level := slog.LevelError // River warns of each retry; the summary tells of those that matter
	if s.verbose {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
}

// read reads the input and reports its bad rows. The work command has none.
func (s *settings) read(stderr io.Writer) (*input, error) {
	switch {
	case s.help:
		return &input{}, nil
	case s.input == "":
		return generate(s.generate), nil
	}
	in, err := readInput(s.input)
	if err != nil {
		return nil, err
	}
	for _, p := range in.problems {
		fmt.Fprintf(stderr, "%s:%d: left out: %s\n", s.input, p.Line, p.Reason)
	}
	if s.prune && in.keepAll {
		fmt.Fprintln(stderr, "nothing is pruned in this run: it cannot be told whose contacts the rows left out are")
	}
	if len(in.mailboxes) == 0 {
		return nil, fmt.Errorf("%s: nothing in it can be used", s.input)
	}
	return in, nil
}

// databaseFile returns where the queue is. A queue for the in-process Exchange lasts as long as that,
// unless somebody names a file.
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

// begin queues the input, or finds the run to help with.
func (s *settings) begin(
	ctx context.Context, q queue, server *connect.Server, in *input, stderr io.Writer,
) (string, error) {
	if s.help {
		return q.oldest(ctx)
	}
	key, err := in.key(server.Endpoint, s.prune, s.dryRun, s.maxRemovals)
	if err != nil {
		return "", err
	}
	run, resumed, err := q.begin(ctx, key, s.jobs(in))
	if err != nil {
		return "", fmt.Errorf("queueing %d mailboxes: %w", len(in.mailboxes), err)
	}
	if resumed {
		c, err := q.count(ctx, run)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(stderr, "taking up a run that was begun before: %d of %d mailboxes are done\n", c.over(), c.total())
	}
	return run, nil
}

// jobs makes a job for each mailbox.
func (s *settings) jobs(in *input) []job {
	jobs := make([]job, len(in.mailboxes))
	for i, m := range in.mailboxes {
		jobs[i] = job{
			Args: syncArgs{
				Mailbox: m.Address,
				Roster:  m.Roster,
				Prune:   s.prune && !m.Incomplete && !in.keepAll,

				MaxRemovals: s.maxRemovals,
				DryRun:      s.dryRun,
			},
			InsertOpts: &river.InsertOpts{
				MaxAttempts: s.attempts,
				UniqueOpts:  river.UniqueOpts{ByArgs: true, ByQueue: true},
			},
		}
	}
	return jobs
}

// work works the run until no job of it is left, here or elsewhere, or ctx ends. An error means that
// no mailbox can be synced.
func (s *settings) work(
	ctx context.Context, q queue, run string, client *ews.Client, t *telemetry, stderr io.Writer,
) error {
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	w := &worker{
		client: client, timeout: s.timeout,
		waiting: func(d time.Duration, err error) {
			fmt.Fprintf(stderr, "waiting %v: %v\n", d.Round(time.Millisecond), err)
		},
		giveUp: func(err error) { giveUp(&gaveUpError{err}) },
	}
	stop, err := q.start(ctx, run, w, s.workers, t)
	if err != nil {
		return err
	}
	err = follow(ctx, q, run, newProgress(stderr))
	err = errors.Join(err, stop())
	if gaveUp, ok := errors.AsType[*gaveUpError](context.Cause(ctx)); ok {
		return gaveUp
	}
	return err
}

// gaveUpError is why no mailbox can be synced.
type gaveUpError struct{ err error }

func (e *gaveUpError) Error() string {
	return "stopped, for it would be the same with every mailbox; start it again when this is put right: " + e.err.Error()
}

func (e *gaveUpError) Unwrap() error { return e.err }

// follow shows how far the run is until it is over or ctx ends; the summary tells what is left then.
func follow(ctx context.Context, q queue, run string, p progress) error {
	const every = 200 * time.Millisecond
	defer p.end()
	for ctx.Err() == nil {
		c, err := q.count(ctx, run)
		if err != nil {
			return unless(ctx, err)
		}
		p.show(c)
		if c.over() == c.total() {
			return nil
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
