package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

const (
	// databasePatience is how long the database may be unreachable.
	databasePatience = 2 * time.Minute

	// rejoinGrace is the time for the other processes to show that they are alive, after the
	// database was unreachable.
	rejoinGrace = 5 * time.Second

	// strayAfter is how long a job of this process may run in the database alone: the time to
	// report its end to the database.
	strayAfter = 30 * time.Second
)

// watch rescues the jobs of processes that die while this one works, and shows the others that this
// one is alive.
func (q *jobQueue[TTx]) watch(ctx context.Context, w *worker) {
	every := q.guard.rescueEvery()
	if every == 0 {
		return
	}
	strays := strays{}
	for sleep(ctx, every) == nil {
		n, err := q.guard.rescue(ctx)
		if err == nil {
			err = q.putBackStrays(ctx, w, strays)
		}
		if n > 0 {
			q.logger.WarnContext(ctx, "took over the jobs of a process that has died", slog.Int64("jobs", n))
		}
		if err != nil && ctx.Err() == nil {
			err = q.rejoin(ctx, err)
		}
		if err != nil && ctx.Err() == nil {
			w.giveUp(fmt.Errorf("the database has not responded for %v: %w", databasePatience, err))
			return
		}
	}
}

// rejoin waits for the database to come back.
func (q *jobQueue[TTx]) rejoin(ctx context.Context, lost error) error {
	q.logger.WarnContext(ctx, "the database is away", slog.Any("error", lost))
	ctx, cancel := context.WithTimeout(ctx, databasePatience)
	defer cancel()
	for sleep(ctx, time.Second) == nil {
		if lost = q.guard.rejoin(ctx); lost == nil {
			return sleep(ctx, rejoinGrace)
		}
	}
	return lost
}

// strays are jobs of this process that run in the database alone, with the time when they were
// noticed.
type strays map[int64]time.Time

func (q *jobQueue[TTx]) putBackStrays(ctx context.Context, w *worker, since strays) error {
	running, err := q.guard.running(ctx)
	if err != nil {
		return err
	}
	var stray []int64
	now, seen := time.Now(), map[int64]bool{}
	for _, id := range running {
		if _, ok := w.inHand.Load(id); ok {
			continue
		}
		seen[id] = true
		if since[id].IsZero() {
			since[id] = now
		}
		if now.Sub(since[id]) > strayAfter {
			stray = append(stray, id)
		}
	}
	for id := range since {
		if !seen[id] {
			delete(since, id)
		}
	}
	return q.guard.putBack(ctx, stray)
}
