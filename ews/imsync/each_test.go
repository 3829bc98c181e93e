package imsync_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
)

func account(i int) ews.Account { return ews.PrimarySMTP(fmt.Sprintf("user%d@contoso.com", i)) }

// mailboxes yields the same roster for n mailboxes.
func mailboxes(n int, r imsync.Roster) iter.Seq2[ews.Account, imsync.Roster] {
	return func(yield func(ews.Account, imsync.Roster) bool) {
		for i := range n {
			if !yield(account(i), r) {
				return
			}
		}
	}
}

// crowd counts who is inside at a time.
type crowd struct {
	mu      sync.Mutex
	inside  map[string]int
	most    int
	twofold bool
}

func (c *crowd) enter(mailbox string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inside == nil {
		c.inside = map[string]int{}
	}
	c.inside[mailbox]++
	c.twofold = c.twofold || c.inside[mailbox] > 1
	c.most = max(c.most, len(c.inside))
}

func (c *crowd) leave(mailbox string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inside[mailbox]--; c.inside[mailbox] == 0 {
		delete(c.inside, mailbox)
	}
}

func TestEach_TenSideBySide(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ parallel, want int }{{0, 10}, {3, 3}, {1, 1}, {100, 30}, {math.MaxInt, 30}} {
		t.Run(fmt.Sprint(tc.parallel), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var c crowd
				srv := ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
					c.enter(r.Mailbox)
					time.Sleep(time.Second) // of the bubble's time: requests overlap
					c.leave(r.Mailbox)
					return nil
				}})
				roster := rosterOf(team("A", "x@contoso.com"))
				opts := &imsync.Options{Parallel: tc.parallel}
				seen := map[string]bool{}
				for r := range imsync.Each(t.Context(), newClient(t, srv), mailboxes(30, roster), opts) {
					if r.Err != nil || len(r.Plan.Steps) != 2 {
						t.Errorf("%v: %v, %v", r.Mailbox, r.Plan, r.Err)
					}
					seen[r.Mailbox.String()] = true
				}
				for i := range 30 {
					checkInStep(t, srv.List(account(i).String()), roster, true)
				}
				if len(seen) != 30 || c.most != tc.want || c.twofold {
					t.Errorf("%d results, %d mailboxes at a time, twofold %v; want 30, %d, false",
						len(seen), c.most, c.twofold, tc.want)
				}
			})
		})
	}
}

// TestEach_Break leaves the loop after the first result: nothing is begun after that, and synctest
// fails if a goroutine stays.
func TestEach_Break(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var requests, drawn atomic.Int32
		srv := ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
			requests.Add(1)
			select {
			case <-time.After(time.Second):
				return nil
			case <-r.Context().Done():
				return r.Context().Err()
			}
		}})
		rosters := func(yield func(ews.Account, imsync.Roster) bool) {
			for a, r := range mailboxes(1000, rosterOf(team("A"))) {
				drawn.Add(1)
				if !yield(a, r) {
					return
				}
			}
		}
		for range imsync.Each(t.Context(), newClient(t, srv), rosters, nil) {
			break
		}
		before := requests.Load()
		time.Sleep(time.Hour)
		if after := requests.Load(); after != before {
			t.Errorf("%d requests after the loop", after-before)
		}
		if n := drawn.Load(); n > 25 {
			t.Errorf("%d rosters drawn for one result", n)
		}
	})
}

func TestEach_Canceled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		srv := ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
			<-r.Context().Done()
			return r.Context().Err()
		}})
		time.AfterFunc(time.Minute, cancel)
		n := 0
		for r := range imsync.Each(ctx, newClient(t, srv), mailboxes(100, rosterOf(team("A"))), nil) {
			if !errors.Is(r.Err, context.Canceled) {
				t.Errorf("%v: %v", r.Mailbox, r.Err)
			}
			n++
		}
		if n != 10 {
			t.Errorf("%d results, want those of the 10 in hand", n)
		}
	})
}

// TestEach_CanceledWhileThrottled ends the wait for the server.
func TestEach_CanceledWhileThrottled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		srv := ewstest.NewServer(nil)
		srv.Fail("GetImItemList", &ews.HTTPError{StatusCode: 429, Header: map[string][]string{"Retry-After": {"60"}}})
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		for r := range imsync.Each(ctx, patientClient(t, srv), mailboxes(5, rosterOf(team("A"))), nil) {
			if r.Err != nil && !errors.Is(r.Err, context.Canceled) {
				t.Error(r.Err)
			}
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("ended after %v", took)
		}
	})
}

func TestEach_PanicInTheLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		for range imsync.Each(t.Context(), newClient(t, ewstest.NewServer(nil)), mailboxes(50, rosterOf(team("A"))), nil) {
			panic("in the loop")
		}
	})
}

func TestEach_Errors(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(&ewstest.Options{Mailboxes: []string{"anna@contoso.com"}})
	roster := rosterOf(team("A"))
	rosters := func(yield func(ews.Account, imsync.Roster) bool) {
		_ = yield(ews.PrimarySMTP("anna@contoso.com"), roster) &&
			yield(ews.PrimarySMTP("nobody@contoso.com"), roster) &&
			yield(ews.Account{}, roster) &&
			yield(ews.PrimarySMTP("Anna@contoso.com"), roster)
	}
	told := map[string]int{}
	opts := &imsync.Options{Progress: func(e imsync.Event) {
		told[e.Mailbox.String()]++
	}}
	got := map[string]string{}
	for r := range imsync.Each(t.Context(), newClient(t, srv), rosters, opts) {
		var input *ews.InputError
		var bad *imsync.RosterError
		switch {
		case r.Err == nil:
			got[r.Mailbox.String()] = "done"
		case errors.Is(r.Err, ews.ErrorNonExistentMailbox):
			got[r.Mailbox.String()] = "no such mailbox"
		case errors.As(r.Err, &input):
			got[r.Mailbox.String()] = "nobody"
		case errors.As(r.Err, &bad):
			got[r.Mailbox.String()] = "twice"
		default:
			t.Error(r.Err)
		}
	}
	want := map[string]string{
		"anna@contoso.com": "done", "nobody@contoso.com": "no such mailbox", "": "nobody", "Anna@contoso.com": "twice",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"anna@contoso.com": 1}, told); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestEach_Twice ranges over the same sequence again: nothing is left to do.
func TestEach_Twice(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	rosters := map[ews.Account]imsync.Roster{
		account(1): rosterOf(team("A", "x@contoso.com")),
		account(2): rosterOf(team("B", "y@contoso.com")),
	}
	all := imsync.Each(t.Context(), newClient(t, srv), maps.All(rosters), nil)
	for i, steps := range []int{2, 0} {
		n := 0
		for r := range all {
			n++
			if r.Err != nil || len(r.Plan.Steps) != steps {
				t.Errorf("time %d: %v: %v, %v", i+1, r.Mailbox, r.Plan, r.Err)
			}
		}
		if n != 2 {
			t.Errorf("time %d: %d results", i+1, n)
		}
	}
}

// TestEach_OneAtATimeInProgress: Options.Progress needs no lock.
func TestEach_OneAtATimeInProgress(t *testing.T) {
	t.Parallel()
	var inside atomic.Int32
	events := 0
	opts := &imsync.Options{Progress: func(imsync.Event) {
		if inside.Add(1) > 1 {
			t.Error("called while it was running")
		}
		runtime.Gosched()
		inside.Add(-1)
		events++
	}}
	client := newClient(t, ewstest.NewServer(nil))
	for r := range imsync.Each(t.Context(), client, mailboxes(200, rosterOf(team("A"))), opts) {
		if r.Err != nil {
			t.Error(r.Err)
		}
	}
	if events != 200 {
		t.Errorf("%d events, want 200", events)
	}
}
