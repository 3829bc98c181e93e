package imsync_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
)

// TestEach_BackOffPausesAll: after one mailbox's busy answer nothing arrives for any of them until the
// time is over, and nothing fails.
func TestEach_BackOffPausesAll(t *testing.T) {
	t.Parallel()
	page := &ews.HTTPError{StatusCode: 503, Header: map[string][]string{"Retry-After": {"120"}}}
	for name, tc := range map[string]struct {
		err   error
		pause time.Duration
	}{
		"said by the fault": {
			&ews.Error{Code: ews.ErrorServerBusy, Details: map[string]string{"BackOffMilliseconds": "90000"}},
			90 * time.Second,
		},
		"said by the header": {page, 2 * time.Minute},
		"not said":           {&ews.Error{Code: ews.ErrorExceededConnectionCount}, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var times []time.Duration
				start, refused := time.Now(), false
				srv := ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
					mu.Lock()
					times = append(times, time.Since(start))
					fail := !refused && r.Op == "AddImGroup"
					refused = refused || fail
					mu.Unlock()
					if fail {
						return tc.err
					}
					time.Sleep(time.Second)
					return nil
				}})
				var pauses []time.Duration
				opts := &imsync.Options{Progress: func(e imsync.Event) {
					if e.Pause > 0 {
						pauses = append(pauses, e.Pause)
					}
				}}
				for r := range imsync.Each(t.Context(), newClient(t, srv), mailboxes(20, rosterOf(team("A"))), opts) {
					if r.Err != nil {
						t.Error(r.Err)
					}
				}
				// The lists are read at 0 s, the groups added at 1 s, where the refusal comes.
				for _, at := range times {
					if at > time.Second && at < time.Second+tc.pause {
						t.Errorf("a request after %v", at)
					}
				}
				if diff := cmp.Diff([]time.Duration{tc.pause}, pauses); diff != "" {
					t.Errorf("pauses (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestEach_LongBackOffIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	busy := &ews.Error{Code: ews.ErrorServerBusy, Details: map[string]string{"BackOffMilliseconds": "600000"}}
	for name, deadline := range map[string]time.Duration{
		"longer than MaxPause": time.Hour, "past the deadline": time.Minute,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), deadline)
				defer cancel()
				srv := ewstest.NewServer(nil)
				srv.Fail("GetImItemList", busy)
				start := time.Now()
				opts := &imsync.Options{}
				if deadline < time.Hour {
					opts.MaxPause = time.Hour
				}
				for r := range imsync.Each(ctx, newClient(t, srv), mailboxes(1, rosterOf(team("A"))), opts) {
					if d, ok := ews.RetryAfter(r.Err); !ok || d != 10*time.Minute {
						t.Errorf("%v; want the server's ten minutes", r.Err)
					}
				}
				if took := time.Since(start); took > 0 {
					t.Errorf("waited %v", took)
				}
			})
		})
	}
}

func TestEach_BusyForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := ewstest.NewServer(&ewstest.Options{Intercept: func(ewstest.Request) error {
			return &ews.Error{Code: ews.ErrorServerBusy}
		}})
		for r := range imsync.Each(t.Context(), newClient(t, srv), mailboxes(1, rosterOf(team("A"))), nil) {
			if !errors.Is(r.Err, ews.ErrorServerBusy) {
				t.Error(r.Err)
			}
		}
		if n := len(srv.Requests()); n != 6 {
			t.Errorf("%d requests, want 6", n)
		}
	})
}

// TestEach_BusyButPerhapsDone: a proxy's page that asks to wait leaves open whether the write was done,
// so the list is read before it is sent again.
func TestEach_BusyButPerhapsDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := ewstest.NewServer(nil)
		srv.Fail("AddImGroup", &ews.HTTPError{StatusCode: 502, Header: map[string][]string{"Retry-After": {"60"}}})
		start := time.Now()
		for r := range imsync.Each(t.Context(), newClient(t, srv), mailboxes(1, rosterOf(team("A"))), nil) {
			if r.Err != nil {
				t.Error(r.Err)
			}
		}
		var ops []string
		for _, r := range srv.Requests() {
			ops = append(ops, r.Op)
		}
		want := []string{"GetImItemList", "AddImGroup", "GetImItemList", "AddImGroup", "GetImItemList"}
		if diff := cmp.Diff(want, ops); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if took := time.Since(start); took != time.Minute {
			t.Errorf("took %v, want the minute that was asked for", took)
		}
	})
}

// TestEach_EveryOperation waits for the server at each of the operations, and sends each once more.
func TestEach_EveryOperation(t *testing.T) {
	t.Parallel()
	lab := imsync.Telephone{Number: "1", SIPURI: "sip:1@contoso.com"}
	former := imsync.Group{Name: "B", FormerName: "A", Contacts: []imsync.Contact{{Address: "y@contoso.com"}}}
	first := imsync.Roster{
		Groups: []imsync.Group{
			team("A", "x@contoso.com"), team("C", "y@contoso.com"), {Name: "D", Telephones: []imsync.Telephone{lab}},
		},
		DistributionGroups: []imsync.DistributionGroup{{Address: "all@contoso.com"}},
	}
	second := rosterOf(former, imsync.Group{Name: "D", Telephones: []imsync.Telephone{lab}})
	synctest.Test(t, func(t *testing.T) {
		refused := map[string]bool{}
		srv := ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
			if refused[r.Op] {
				return nil
			}
			refused[r.Op] = true
			return &ews.Error{Code: ews.ErrorServerBusy}
		}})
		client := newClient(t, srv)
		start := time.Now()
		for _, roster := range []imsync.Roster{first, second} {
			for r := range imsync.Each(t.Context(), client, mailboxes(1, roster), prune) {
				if r.Err != nil {
					t.Error(r.Err)
				}
			}
			checkInStep(t, srv.List(account(0).String()), roster, true)
		}
		if took := time.Since(start); len(refused) != 10 || took != 10*30*time.Second {
			t.Errorf("%d operations, waited %v; want 10 and 30 s for each", len(refused), took)
		}
	})
}
