package autodiscover

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-ews/exchange/internal/contextcause"
)

// grace is how much longer a host of first choice may take than the other.
const grace = 300 * time.Millisecond

var errOvertaken = errors.New("another host responded first")

// finder is one search.
type finder struct {
	opts      *Options
	trust     *trust
	anonymous *http.Client

	// Used by one goroutine: credentials go to one host after the other.
	clients  map[string]*http.Client
	refusals int
	steps    []Step
	tried    []string // addresses, in lower case

	mu          sync.Mutex // guards the fields below
	asked       map[string]bool
	unreachable map[string]bool // origins
}

// Find looks for the EWS endpoint of the mailbox with an e-mail address. Nil opts work.
//
// It ends with the context at the latest. If it finds no endpoint the error is an [*Error], which
// lists each step. An address or an option that cannot be used is an [*ews.InputError], before
// anything is sent. Find is safe for concurrent use.
func Find(ctx context.Context, email string, opts *Options) (*Result, error) {
	a, bad := parseAddress(email)
	if bad != "" {
		return nil, badInput("email", bad)
	}
	o, err := opts.checked()
	if err != nil {
		return nil, err
	}
	service, err := parseService(o.URL)
	if err != nil {
		return nil, err
	}
	t := &trust{domain: a.domain, service: service, opts: o, decisions: map[string]bool{}}
	cached, fresh := o.load(ctx, t, a)
	if fresh {
		return cached, nil
	}
	found, err := discover(ctx, a, o, t)
	if err == nil {
		o.store(ctx, a, found)
		return found, nil
	}
	if cached != nil && ctx.Err() == nil {
		o.postpone(ctx, a, cached)
		return cached, nil
	}
	return nil, err
}

// discover searches without a cache.
func discover(ctx context.Context, a address, o *Options, t *trust) (*Result, error) {
	f := &finder{
		opts: o, trust: t,
		clients: map[string]*http.Client{}, asked: map[string]bool{}, unreachable: map[string]bool{},
	}
	transport, release := o.transport()
	defer release()
	f.anonymous = hardened(&http.Client{Transport: transport})
	began := time.Now()
	found := f.searchService(ctx, a)
	if found == nil && ctx.Err() == nil {
		found = f.search(ctx, a, 0)
	}
	f.log(ctx, found, time.Since(began))
	if found == nil {
		return nil, &Error{Address: a.text, Steps: f.steps, err: contextcause.Of(ctx)}
	}
	found.Steps = f.steps
	return found, nil
}

// searchService asks the service in Options.URL, if there is one.
func (f *finder) searchService(ctx context.Context, a address) *Result {
	service := f.trust.service
	if service == nil {
		return nil
	}
	t := &trail{as: pox(a), next: service, from: "the options"}
	if isVersion2(service) {
		t.as, t.next = version2(a), version2At(service, a)
	}
	return f.finish(ctx, t)
}

// finish walks a trail to its end, with credentials, and on to the address that it ends in.
func (f *finder) finish(ctx context.Context, t *trail) *Result {
	f.walk(ctx, t, true)
	f.steps = append(f.steps, t.steps...)
	if t.found != nil {
		return t.found
	}
	return f.searchAnew(ctx, t)
}

// search takes all steps for one address. Version 2 comes first, although it is the newer one: it
// needs no credentials, so that a host which only poses as Exchange learns none.
func (f *finder) search(ctx context.Context, a address, hops int) *Result {
	f.tried = append(f.tried, strings.ToLower(a.text))
	hosts := []string{a.domain, "autodiscover." + a.domain}
	if found := f.searchVersion2(ctx, a, hosts, hops); found != nil || ctx.Err() != nil {
		return found
	}
	return f.searchPOX(ctx, a, hosts, hops)
}

// searchVersion2 asks both hosts at the same time. The first one wins, unless it is much slower:
// the domain itself is often a web site behind a firewall that lets requests wait. Both requests
// have ended when it returns.
func (f *finder) searchVersion2(ctx context.Context, a address, hosts []string, hops int) *Result {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	trails := make([]*trail, len(hosts))
	done := make(chan int, len(hosts))
	for i, host := range hosts {
		trails[i] = &trail{as: version2(a), next: version2URL(host, a), from: "the address", hops: hops}
		go func() {
			f.walk(ctx, trails[i], false)
			done <- i
		}()
	}
	overtake(trails, done, stop)
	return f.pick(trails)
}

// overtake waits for the trails, whose numbers come as they are done, and stops those that another
// one has overtaken.
func overtake(trails []*trail, done <-chan int, stop context.CancelCauseFunc) {
	var late <-chan time.Time
	for finished := 0; finished < len(trails); {
		select {
		case i := <-done:
			finished++
			switch {
			case trails[i].found == nil:
			case i == 0:
				stop(errOvertaken)
			case late == nil:
				timer := time.NewTimer(grace)
				defer timer.Stop()
				late = timer.C
			}
		case <-late:
			stop(errOvertaken)
		}
	}
}

// pick returns the first result and keeps the steps of all trails.
func (f *finder) pick(trails []*trail) (found *Result) {
	for _, t := range trails {
		f.steps = append(f.steps, t.steps...)
		if found == nil {
			found = t.found
		}
	}
	return found
}

// searchPOX asks all hosts that may have POX. The requests without credentials run at the same
// time, those with credentials one after the other: a server counts wrong passwords, and the hosts
// mostly have the same directory behind them.
func (f *finder) searchPOX(ctx context.Context, a address, hosts []string, hops int) *Result {
	ctx, stop := context.WithCancelCause(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop(errOvertaken)

	var sources []chan []*trail
	for _, look := range f.waysToPOX(ctx, a, hosts, hops) {
		c := make(chan []*trail, 1)
		sources = append(sources, c)
		running.Go(func() { c <- look() })
	}
	for _, source := range sources {
		for _, t := range <-source {
			if found := f.finish(ctx, t); found != nil {
				return found
			}
		}
	}
	return nil
}

// waysToPOX returns functions that look for POX without credentials, best first.
func (f *finder) waysToPOX(ctx context.Context, a address, hosts []string, hops int) (ways []func() []*trail) {
	for _, host := range hosts {
		ways = append(ways, func() []*trail {
			t := &trail{as: pox(a), next: poxURL(host), from: "the address", hops: hops}
			f.walk(ctx, t, false)
			return []*trail{t}
		})
	}
	return append(ways,
		func() []*trail { return f.plainRedirect(ctx, a, hosts[1], hops) },
		func() []*trail { return f.serviceRecords(ctx, a, hops) })
}

// searchAnew searches for the address that a trail ended in. No address is tried twice, and no more
// of them than redirects are followed: each address can lead to several others, so that with a
// bound of the depth alone their number could grow with every step.
func (f *finder) searchAnew(ctx context.Context, t *trail) *Result {
	if t.address == "" || ctx.Err() != nil {
		return nil
	}
	last := &f.steps[len(f.steps)-1]
	a, bad := f.nextAddress(t)
	if bad != "" {
		last.Outcome = "redirects to " + bad
		last.Err = errors.New(last.Outcome)
		return nil
	}
	last.Outcome = "redirects to " + a.text
	return f.search(ctx, a, t.hops+1)
}

// nextAddress returns the address that a trail ended in, or says in words why it is not looked up.
func (f *finder) nextAddress(t *trail) (a address, bad string) {
	a, bad = parseAddress(strings.TrimSpace(t.address))
	switch {
	case bad != "":
		return a, "an address that is " + bad
	case slices.Contains(f.tried, strings.ToLower(a.text)):
		return a, "an address that was tried before"
	case t.hops >= maxRedirects || len(f.tried) > maxRedirects:
		return a, "yet another address, after too many"
	}
	return a, ""
}

// log writes a record per step, and one for the result.
func (f *finder) log(ctx context.Context, found *Result, elapsed time.Duration) {
	if !f.opts.Logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	for _, s := range f.steps {
		f.opts.Logger.DebugContext(ctx, "autodiscover step", "action", s.Action, "host", hostIn(s.Target),
			"status", s.Status, "led_on", s.Err == nil, "elapsed", s.Elapsed)
	}
	f.opts.Logger.DebugContext(ctx, "autodiscover done", "found", found != nil,
		"steps", len(f.steps), "elapsed", elapsed)
}

// hostIn returns the host of a step's target: the path may hold a person's address.
func hostIn(target string) string {
	_, rest, ok := strings.Cut(target, "://")
	if !ok {
		return target
	}
	host, _, _ := strings.Cut(rest, "/")
	return host
}
