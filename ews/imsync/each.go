package imsync

import (
	"context"
	"fmt"
	"iter"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/go-ews/exchange/ews"
)

// Result is the result for one mailbox.
type Result struct {
	Mailbox ews.Account
	Applied       // as [Sync] returns it
	Err     error // nil: the mailbox is in step
}

// Each syncs many mailboxes, up to Options.Parallel of them at a time, each with one request at a time
// on behalf of its owner. It yields a [Result] for each mailbox that is finished, in no particular
// order. It iterates over rosters in one goroutine as workers become free, so they may come from a
// directory or, by maps.All, from a map.
//
// When the server asks to wait, the client holds back the calls for one mailbox or for all, and
// retries afterwards. Its ews.RetryPolicy bounds attempts and waits: with a MaxWait of five minutes
// the mailboxes wait for as long as Exchange asks, with a short one the result comes at once, as an
// error for which [ews.RetryAfter] returns the time.
//
// A mailbox that comes twice is an error the second time. Accounts are compared by their identifiers,
// so use the same kind for all of them. A failure concerns its mailbox alone: break out of the loop
// when enough have failed.
//
// When ctx ends, or the loop does, no further mailbox is started, those in progress end with the
// context's error, and no goroutine is left when the loop has returned. Each yields only mailboxes
// that were started: check ctx.Err after the loop. If rosters waits for something, it must end when ctx
// does. A panic in rosters or in a function of opts ends the other mailboxes, and is then that of the
// loop.
func Each(
	ctx context.Context, client *ews.Client, rosters iter.Seq2[ews.Account, Roster], opts *Options,
) iter.Seq[Result] {
	return func(yield func(Result) bool) {
		ctx, cancel := context.WithCancel(ctx)
		e := newEach(client, opts)
		results := e.start(ctx, cancel, rosters)
		defer func() { // also if yield panics
			cancel()
			for range results { // the workers block until their results are received
			}
			if e.panicked != "" {
				panic(e.panicked) //nolint:forbidigo // of the caller's code, in another goroutine
			}
		}()
		for r := range results {
			if !yield(r) {
				return
			}
		}
	}
}

// each is one run of Each.
type each struct {
	client  *ews.Client
	options Options

	once     sync.Once
	panicked string // the first panic, with its stack
}

// job is a mailbox for a worker.
type job struct {
	mailbox ews.Account
	roster  Roster
	twice   bool
}

// newEach returns a run whose workers call the caller's Progress one at a time.
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

// start starts the goroutines. The channel is closed when all of them have ended, for which its results
// must be received.
func (e *each) start(ctx context.Context, cancel func(), rosters iter.Seq2[ews.Account, Roster]) <-chan Result {
	jobs, results := make(chan job), make(chan Result)
	var running sync.WaitGroup
	running.Go(func() {
		defer close(jobs)
		defer e.caught(cancel)
		feed(ctx, rosters, jobs)
	})
	for range e.options.Parallel {
		running.Go(func() {
			defer e.caught(cancel)
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

// caught ends the run if the caller's code panics.
func (e *each) caught(cancel func()) {
	if v := recover(); v != nil {
		e.once.Do(func() { e.panicked = fmt.Sprintf("%v\n\n%s", v, debug.Stack()) })
		cancel()
	}
}

// feed sends the mailboxes to the workers until there are no more or the context ends.
func feed(ctx context.Context, rosters iter.Seq2[ews.Account, Roster], jobs chan<- job) {
	seen := map[string]bool{}
	for mailbox, roster := range rosters {
		name := strings.ToLower(mailbox.String())
		if ctx.Err() != nil {
			return // select below may choose either case
		}
		select {
		case jobs <- job{mailbox, roster, seen[name]}:
		case <-ctx.Done():
			return
		}
		seen[name] = true
	}
}

// sync syncs one mailbox.
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
	o.Owned = nil
	if o.Load != nil {
		owned, err := o.Load(ctx, j.mailbox)
		if err != nil {
			return Result{Mailbox: j.mailbox, Err: fmt.Errorf("imsync: loading the ownership record: %w", err)}
		}
		o.Owned = owned
	}
	name, of := j.mailbox.String(), o.Owned.Mailbox()
	if of != "" && !strings.EqualFold(of, name) {
		return Result{Mailbox: j.mailbox, Applied: Applied{Owned: o.Owned}, Err: fmt.Errorf(
			"imsync: mailbox %s: the ownership record is that of mailbox %s: has the mailbox another address by now, "+
				"or are records mixed up?", quote(name), quote(of))}
	}
	if of != name {
		o.Owned = o.Owned.of(name)
	}
	applied, err := Sync(ctx, e.client.Impersonate(j.mailbox), j.roster, &o)
	return Result{j.mailbox, applied, err}
}
