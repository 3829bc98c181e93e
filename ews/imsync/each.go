package imsync

import (
	"context"
	"iter"
	"strings"
	"sync"

	"github.com/go-ews/exchange/ews"
)

// Result is what came of one mailbox.
type Result struct {
	Mailbox ews.Account
	Plan    Plan  // what was to be done; see [Sync]
	Err     error // nil: the mailbox is in step
}

// Each syncs many mailboxes, up to Options.Parallel of them side by side, each with one request at a
// time on behalf of its owner, and yields a [Result] for each as it is done, in no particular order. It
// draws on rosters only as it goes, from one goroutine of its own, so they may come from a directory
// or, by maps.All, from a map.
//
// Where the server asks to wait, the client's throttle holds that mailbox back, or all of them, and
// retries afterwards. Its ews.RetryPolicy bounds the attempts and the waits: give it a MaxWait of
// five minutes to sit out what Exchange asks for, or a short one to have the mailbox's result at
// once, with an error for which [ews.RetryAfter] returns the time.
//
// A mailbox that comes twice is an error the second time; accounts are told apart by their text, so
// name all of them in the same way. A failure ends nothing but its own mailbox: break out of the loop
// when enough have failed.
//
// When ctx ends, or the loop is left, no further mailbox is begun, those in hand end with the context's
// error, and no goroutine is left once the loop is over. Only mailboxes that were begun are yielded:
// check ctx.Err after the loop.
func Each(
	ctx context.Context, client *ews.Client, rosters iter.Seq2[ews.Account, Roster], opts *Options,
) iter.Seq[Result] {
	return func(yield func(Result) bool) {
		ctx, cancel := context.WithCancel(ctx)
		e := newEach(client, opts)
		results := e.start(ctx, rosters)
		defer func() { // also where yield panics
			cancel()
			for range results { // nobody wants them any more, but the workers wait to hand them over
			}
		}()
		for r := range results {
			if !yield(r) {
				return
			}
		}
	}
}

// each is one run of Each: what the mailboxes share.
type each struct {
	client  *ews.Client
	options Options
}

// job is a mailbox that is waiting for a worker.
type job struct {
	mailbox ews.Account
	roster  Roster
	twice   bool
}

// newEach lets one goroutine at a time into the caller's Progress.
func newEach(client *ews.Client, opts *Options) *each {
	e := &each{client: client, options: opts.withDefaults()}
	var mu sync.Mutex
	progress := e.options.Progress
	e.options.Progress = func(event Event) {
		mu.Lock()
		defer mu.Unlock()
		progress(event)
	}
	return e
}

// start starts the goroutines. All of them have ended when the channel is closed, which they bring
// about themselves as long as somebody receives.
func (e *each) start(ctx context.Context, rosters iter.Seq2[ews.Account, Roster]) <-chan Result {
	jobs, results := make(chan job), make(chan Result)
	var running sync.WaitGroup
	running.Go(func() {
		defer close(jobs)
		feed(ctx, rosters, jobs)
	})
	for range e.options.Parallel {
		running.Go(func() {
			for j := range jobs {
				results <- e.sync(ctx, j)
			}
		})
	}
	go func() {
		running.Wait()
		close(results)
	}()
	return results
}

// feed hands the mailboxes out until there are no more or the context ends.
func feed(ctx context.Context, rosters iter.Seq2[ews.Account, Roster], jobs chan<- job) {
	seen := map[string]bool{}
	for mailbox, roster := range rosters {
		name := strings.ToLower(mailbox.String())
		if ctx.Err() != nil {
			return // both cases below may be ready
		}
		select {
		case jobs <- job{mailbox, roster, seen[name]}:
		case <-ctx.Done():
			return
		}
		seen[name] = true
	}
}

// sync does one mailbox.
func (e *each) sync(ctx context.Context, j job) Result {
	if j.twice {
		return Result{Mailbox: j.mailbox, Err: &RosterError{[]string{
			"mailbox " + quote(j.mailbox.String()) + " came before: two rosters for one mailbox",
		}}}
	}
	o := e.options
	o.Progress = func(event Event) {
		event.Mailbox = j.mailbox
		e.options.Progress(event)
	}
	plan, err := Sync(ctx, e.client.Impersonate(j.mailbox), j.roster, &o)
	return Result{j.mailbox, plan, err}
}
