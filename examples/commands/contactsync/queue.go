package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
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

// queue is the database with the jobs. A run is a queue of River's, so runs do not get into each
// other's way.
type queue interface {
	// begin queues the mailboxes of a run and sets its ID, all in one transaction. If an unfinished
	// run with that key exists, it becomes run and is resumed instead.
	begin(ctx context.Context, run *runRecord, jobs []job) (resumed bool, err error)
	records() records
	// start works on a run in the background until stop is called, which waits until running jobs
	// are put back.
	start(ctx context.Context, run string, w *worker, workers int, plugin rivertype.Plugin) (stop func() error, err error)
	count(ctx context.Context, run string) (counts, error)
	// release lets the planned jobs of a run write if the plans of all mailboxes are made and within the
	// limits, and halts the run if they are not within them.
	release(ctx context.Context, run *runRecord) (halted bool, err error)
	// each calls f for every job of a run.
	each(ctx context.Context, run string, f func(*rivertype.JobRow) error) error
	close() error
}

const (
	runKeyLength  = 8
	processPrefix = "contactsync_"

	fetchEvery = 20 * time.Millisecond  // at most, while there is work
	lookEvery  = 500 * time.Millisecond // for work without a notification
	retention  = 7 * 24 * time.Hour     // of jobs that are over
	stopWithin = 15 * time.Second
)

// job is a mailbox as River takes it.
type job = river.InsertManyParams

// jobQueue is a queue with one of River's drivers.
type jobQueue[TTx any] struct {
	id     string  // of this process, in the database
	db     *sql.DB // outside of inTx: SQLite has one connection
	driver riverdriver.Driver[TTx]
	client *river.Client[TTx] // inserts and looks, but does not work
	inTx   func(context.Context, func(TTx) error) error
	guard  guard
	times  times
	logger *slog.Logger
	done   func() error
}

// times are expressions of the database's SQL.
type times struct{ now, far string }

// guard is the difference between the two databases: how a process shows that it is alive, and how
// the jobs of a dead one are found.
type guard interface {
	// alone runs f while no other process does.
	alone(ctx context.Context, f func() error) error
	// rescue queues the jobs of dead processes again. An error means that this process can no
	// longer show that it is alive, so others will take its jobs.
	rescue(ctx context.Context) (int64, error)
	rescueEvery() time.Duration // 0: once is enough
	// rejoin shows again that this process is alive.
	rejoin(ctx context.Context) error
	// running returns the jobs of this process that run according to the database, and putBack
	// queues some of them again.
	running(ctx context.Context) ([]int64, error)
	putBack(ctx context.Context, jobs []int64) error
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

// prepare makes the tables and rescues the jobs of an earlier process.
func (q *jobQueue[TTx]) prepare(ctx context.Context) error {
	migrator, err := rivermigrate.New(q.driver, &rivermigrate.Config{Logger: q.logger})
	if err != nil {
		return err
	}
	err = q.guard.alone(ctx, func() error {
		if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
			return err
		}
		return q.records().prepare(ctx)
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

func (q *jobQueue[TTx]) records() records { return records{q.db} }

func (q *jobQueue[TTx]) begin(ctx context.Context, run *runRecord, jobs []job) (resumed bool, err error) {
	err = q.guard.alone(ctx, func() error {
		if err := q.records().forget(ctx); err != nil {
			return err
		}
		same, err := q.records().runs(ctx, `r.run_key = $1 AND `+unfinishedJobs, run.key)
		if err != nil {
			return err
		}
		if resumed = len(same) > 0; resumed {
			*run = *same[len(same)-1]
			return nil
		}
		older, err := q.older(ctx, run)
		if err != nil {
			return err
		}
		run.Begun = time.Now()
		stamp := strings.Replace(run.Begun.UTC().Format("20060102-150405.000"), ".", "", 1)
		run.ID = stamp + "-" + run.key[:runKeyLength]
		return q.inTx(ctx, func(tx TTx) error { return q.replace(ctx, tx, older, run, jobs) })
	})
	return resumed, err
}

// older returns the unfinished runs that run supersedes: those of the same server. A dry run supersedes
// none, and none supersedes it.
func (q *jobQueue[TTx]) older(ctx context.Context, run *runRecord) (ids []string, err error) {
	if run.Options.DryRun {
		return nil, nil
	}
	runs, err := q.records().runs(ctx, `r.server = $1 AND r.dry = 0 AND `+unfinishedJobs, run.Server)
	for _, r := range runs {
		ids = append(ids, r.ID)
	}
	return ids, err
}

// replace cancels the open jobs of older runs for the same mailboxes, and queues the run.
func (q *jobQueue[TTx]) replace(ctx context.Context, tx TTx, older []string, run *runRecord, jobs []job) error {
	if len(older) > 0 {
		if err := q.supersede(ctx, tx, older, jobs); err != nil {
			return err
		}
	}
	options, err := json.Marshal(run.Options)
	if err != nil {
		return err
	}
	dry := 0
	if run.Options.DryRun {
		dry = 1
	}
	err = q.driver.UnwrapExecutor(tx).Exec(ctx, `INSERT INTO sync_run
		(id, run_key, command, server, account, input, contacts, options, dry, phase, begun)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		run.ID, run.key, run.Command, run.Server, run.Account, run.Input, run.Contacts, string(options), dry, run.Phase,
		run.Begun.UnixMilli())
	if err != nil {
		return err
	}
	return q.insert(ctx, tx, run.ID, jobs)
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

// supersede cancels the open jobs of earlier runs for the same mailboxes: the newer input counts.
func (q *jobQueue[TTx]) supersede(ctx context.Context, tx TTx, older []string, jobs []job) error {
	wanted := make(map[string]bool, len(jobs))
	for _, j := range jobs {
		if args, ok := j.Args.(syncArgs); ok {
			wanted[strings.ToLower(args.Mailbox)] = true
		}
	}
	params := river.NewJobListParams().Kinds(syncArgs{}.Kind()).Queues(older...).States(unfinishedStates()...)
	list := func(params *river.JobListParams) (*river.JobListResult, error) {
		return q.client.JobListTx(ctx, tx, params)
	}
	return eachJob(list, params, func(row *rivertype.JobRow) error {
		mailbox, err := mailboxOf(row)
		if err != nil || !wanted[strings.ToLower(mailbox)] {
			return err
		}
		_, err = q.client.JobCancelTx(ctx, tx, row.ID)
		return err
	})
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
		q.watch(watching, w)
	}()
	return func() error {
		stopWatching()
		<-watched
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		return client.StopAndCancel(bounded)
	}, nil
}

func (q *jobQueue[TTx]) each(ctx context.Context, run string, f func(*rivertype.JobRow) error) error {
	list := func(params *river.JobListParams) (*river.JobListResult, error) { return q.client.JobList(ctx, params) }
	return eachJob(list, river.NewJobListParams().Queues(run), f)
}

// eachJob pages through jobs.
func eachJob(
	list func(*river.JobListParams) (*river.JobListResult, error),
	params *river.JobListParams, f func(*rivertype.JobRow) error,
) error {
	const page = 1000
	params = params.First(page).OrderBy(river.JobListOrderByID, river.SortOrderAsc)
	for {
		result, err := list(params)
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
