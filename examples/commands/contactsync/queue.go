package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

// queue is the database with the jobs. A run is a queue of River's, named after its input: so runs
// do not get into each other's way, and the input leads back to the run that it began.
type queue interface {
	// begin queues the mailboxes, all of them or none, and returns the run. If one with that key
	// has unfinished jobs, it is taken up again instead.
	begin(ctx context.Context, key string, jobs []job) (run string, resumed bool, err error)
	// oldest returns the run that was begun first of those with unfinished jobs, "" if there is none.
	oldest(ctx context.Context) (run string, err error)
	// start works a run in the background until stop is called, which waits for what is in hand to
	// be put back.
	start(ctx context.Context, run string, w *worker, workers int, plugin rivertype.Plugin) (stop func() error, err error)
	count(ctx context.Context, run string) (counts, error)
	// each calls f for every job of a run.
	each(ctx context.Context, run string, f func(*rivertype.JobRow) error) error
	close() error
}

const (
	runPrefix     = "sync-"
	runKeyLength  = 16
	processPrefix = "contactsync_"

	fetchEvery = 20 * time.Millisecond  // at most, while there is work
	lookEvery  = 500 * time.Millisecond // for work that nobody has told of
	retention  = 7 * 24 * time.Hour     // of jobs that are over
	stopWithin = 15 * time.Second
)

// job is a mailbox as River takes it.
type job = river.InsertManyParams

// jobQueue is a queue with one of River's drivers.
type jobQueue[TTx any] struct {
	id     string // of this process, in the database
	db     *sql.DB
	driver riverdriver.Driver[TTx]
	client *river.Client[TTx] // inserts and looks, but does not work
	inTx   func(context.Context, func(TTx) error) error
	guard  guard
	logger *slog.Logger
	done   func() error
}

// guard is what the two databases do differently: how a process tells that it is alive, and how the
// jobs of one that is not are found.
type guard interface {
	// alone runs f while no other process does.
	alone(ctx context.Context, f func() error) error
	// rescue hands out again what dead processes had in hand. An error means that this process can
	// no longer show that it is alive, so others will take its jobs.
	rescue(ctx context.Context) (int64, error)
	rescueEvery() time.Duration // 0: once is enough
	close() error
}

// open opens the database and brings its tables up to date.
func open(ctx context.Context, database string, logger *slog.Logger) (queue, error) {
	id := processID()
	if isPostgres(database) {
		return openPostgres(ctx, database, id, logger)
	}
	return openSQLite(ctx, database, id, logger)
}

// processID names this process among all that use the database, restarts included.
func processID() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	const most = 50 // River takes 100 bytes in all
	return fmt.Sprintf("%s%.*s_%d_%s", processPrefix, most, host, os.Getpid(), rand.Text()[:10])
}

// prepare makes the tables and rescues what an earlier process left behind.
func (q *jobQueue[TTx]) prepare(ctx context.Context) error {
	migrator, err := rivermigrate.New(q.driver, &rivermigrate.Config{Logger: q.logger})
	if err != nil {
		return err
	}
	err = q.guard.alone(ctx, func() error {
		_, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	})
	if err != nil {
		return fmt.Errorf("making the tables of the queue: %w", err)
	}
	if _, err := q.guard.rescue(ctx); err != nil {
		return fmt.Errorf("looking for jobs that were left behind: %w", err)
	}
	q.client, err = river.NewClient(q.driver, &river.Config{Logger: q.logger})
	return err
}

func (q *jobQueue[TTx]) begin(ctx context.Context, key string, jobs []job) (run string, resumed bool, err error) {
	prefix := runPrefix + key[:runKeyLength] + "-"
	err = q.guard.alone(ctx, func() error {
		if run, err = q.unfinished(ctx, prefix, true); err != nil || run != "" {
			resumed = run != ""
			return err
		}
		if err := q.supersede(ctx, jobs); err != nil {
			return err
		}
		run = fmt.Sprintf("%s%d", prefix, time.Now().UnixMilli())
		return q.inTx(ctx, func(tx TTx) error { return q.insert(ctx, tx, run, jobs) })
	})
	return run, resumed, err
}

// insert queues jobs some at a time: River and the database hold each lot several times over.
func (q *jobQueue[TTx]) insert(ctx context.Context, tx TTx, run string, jobs []job) error {
	for len(jobs) > 0 {
		n := min(len(jobs), 200)
		for _, j := range jobs[:n] {
			j.InsertOpts.Queue = run
		}
		if _, err := q.client.InsertManyTx(ctx, tx, jobs[:n]); err != nil {
			return err
		}
		jobs = jobs[n:]
	}
	return nil
}

// supersede cancels what earlier runs still wanted of the same mailboxes: the newer input counts.
func (q *jobQueue[TTx]) supersede(ctx context.Context, jobs []job) error {
	wanted := make(map[string]bool, len(jobs))
	for _, j := range jobs {
		if args, ok := j.Args.(syncArgs); ok {
			wanted[strings.ToLower(args.Mailbox)] = true
		}
	}
	params := river.NewJobListParams().Kinds(syncArgs{}.Kind()).States(unfinishedStates()...)
	return q.list(ctx, params, func(row *rivertype.JobRow) error {
		mailbox, err := mailboxOf(row)
		if err != nil || !wanted[strings.ToLower(mailbox)] {
			return err
		}
		_, err = q.client.JobCancel(ctx, row.ID)
		return err
	})
}

func (q *jobQueue[TTx]) oldest(ctx context.Context) (string, error) {
	return q.unfinished(ctx, runPrefix, false)
}

// unfinished returns the first or last run with unfinished jobs among those with that prefix.
func (q *jobQueue[TTx]) unfinished(ctx context.Context, prefix string, last bool) (run string, err error) {
	const query = `SELECT queue FROM river_job WHERE queue LIKE $1
		AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled') ORDER BY id `
	if last {
		err = q.db.QueryRowContext(ctx, query+`DESC LIMIT 1`, prefix+"%").Scan(&run)
	} else {
		err = q.db.QueryRowContext(ctx, query+`LIMIT 1`, prefix+"%").Scan(&run)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return run, err
}

func (q *jobQueue[TTx]) start(
	ctx context.Context, run string, w *worker, workers int, plugin rivertype.Plugin,
) (func() error, error) {
	registry := river.NewWorkers()
	if err := river.AddWorkerSafely(registry, w); err != nil {
		return nil, err
	}
	client, err := river.NewClient(q.driver, &river.Config{
		ID:                          q.id,
		Queues:                      map[string]river.QueueConfig{run: {MaxWorkers: workers}},
		Workers:                     registry,
		Plugins:                     []rivertype.Plugin{plugin},
		Logger:                      q.logger,
		FetchCooldown:               fetchEvery,
		FetchPollInterval:           lookEvery,
		JobTimeout:                  w.timeout,
		CompletedJobRetentionPeriod: retention,
		CancelledJobRetentionPeriod: retention,
		DiscardedJobRetentionPeriod: retention,
	})
	if err != nil {
		return nil, err
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, fmt.Errorf("starting the workers: %w", err)
	}
	watching, stopWatching := context.WithCancel(context.WithoutCancel(ctx))
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		q.watch(watching, w.giveUp)
	}()
	return func() error {
		stopWatching()
		<-watched
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		return client.StopAndCancel(bounded)
	}, nil
}

// watch rescues what other processes leave behind while this one works.
func (q *jobQueue[TTx]) watch(ctx context.Context, giveUp func(error)) {
	every := q.guard.rescueEvery()
	if every == 0 {
		return
	}
	for sleep(ctx, every) == nil {
		n, err := q.guard.rescue(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			giveUp(fmt.Errorf("the database no longer answers, so other processes take over: %w", err))
			return
		}
		if n > 0 {
			q.logger.WarnContext(ctx, "took over the jobs of a process that has died", slog.Int64("jobs", n))
		}
	}
}

func (q *jobQueue[TTx]) each(ctx context.Context, run string, f func(*rivertype.JobRow) error) error {
	return q.list(ctx, river.NewJobListParams().Queues(run), f)
}

// list pages through jobs.
func (q *jobQueue[TTx]) list(ctx context.Context, params *river.JobListParams, f func(*rivertype.JobRow) error) error {
	const page = 1000
	params = params.First(page).OrderBy(river.JobListOrderByID, river.SortOrderAsc)
	for {
		result, err := q.client.JobList(ctx, params)
		if err != nil {
			return fmt.Errorf("reading the jobs: %w", err)
		}
		for _, row := range result.Jobs {
			if err := f(row); err != nil {
				return err
			}
		}
		if len(result.Jobs) < page {
			return nil
		}
		params = params.After(result.LastCursor)
	}
}

func (q *jobQueue[TTx]) close() error { return errors.Join(q.guard.close(), q.done()) }
