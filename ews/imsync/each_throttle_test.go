package imsync_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
)

// TestEach_Throttled: after one response that is not about a mailbox nothing arrives for any of them
// until the time is over, and nothing fails.
func TestEach_Throttled(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err         error
		least, most time.Duration
	}{
		"429":         {&ews.HTTPError{StatusCode: 429, Header: http.Header{"Retry-After": {"90"}}}, 90 * time.Second, 90 * time.Second},
		"503":         {unavailable(), 5 * time.Second, 5 * time.Second},
		"connections": {&ews.Error{Code: ews.ErrorExceededConnectionCount}, time.Second / 2, time.Second},
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
				for r := range imsync.Each(t.Context(), patientClient(t, srv), mailboxes(20, rosterOf(team("A"))), nil) {
					if r.Err != nil {
						t.Error(r.Err)
					}
				}
				// The lists are read at 0 s, the groups added at 1 s, where the refusal comes.
				var first time.Duration
				for _, at := range times {
					if after := at - time.Second; after > 0 && (first == 0 || after < first) {
						first = after
					}
				}
				if first < tc.least || first > tc.most {
					t.Errorf("the first request came after %v, want %v to %v", first, tc.least, tc.most)
				}
			})
		})
	}
}

// TestEach_OneMailboxBusy: the back-off of one mailbox holds up no other.
func TestEach_OneMailboxBusy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := ewstest.NewServer(nil)
		srv.Fail("AddImGroup", &ews.Error{
			Code: ews.ErrorServerBusy, Details: map[string]string{"BackOffMilliseconds": "90000"},
		})
		start := time.Now()
		waited := map[time.Duration]int{}
		for r := range imsync.Each(t.Context(), patientClient(t, srv), mailboxes(20, rosterOf(team("A"))), nil) {
			if r.Err != nil {
				t.Error(r.Err)
			}
			waited[time.Since(start)]++
		}
		if diff := cmp.Diff(map[time.Duration]int{0: 19, 90 * time.Second: 1}, waited); diff != "" {
			t.Errorf("mailboxes by the time that they took (-want +got):\n%s", diff)
		}
	})
}

// TestEach_LongBackOff: a wait that the client's policy does not allow is the mailbox's result.
func TestEach_LongBackOff(t *testing.T) {
	t.Parallel()
	busy := &ews.Error{Code: ews.ErrorServerBusy, Details: map[string]string{"BackOffMilliseconds": "600000"}}
	for name, deadline := range map[string]time.Duration{
		"longer than MaxWait": time.Hour, "past the deadline": time.Minute,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), deadline)
				defer cancel()
				srv := ewstest.NewServer(nil)
				srv.Fail("GetImItemList", busy)
				start := time.Now()
				for r := range imsync.Each(ctx, patientClient(t, srv), mailboxes(1, rosterOf(team("A"))), nil) {
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

// TestEach_BusyButPerhapsDone: a proxy's page that asks to wait leaves open whether the write was done,
// so the list is read before it is sent again.
func TestEach_BusyButPerhapsDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := ewstest.NewServer(nil)
		srv.Fail("AddImGroup", &ews.HTTPError{StatusCode: 502, Header: map[string][]string{"Retry-After": {"60"}}})
		start := time.Now()
		for r := range imsync.Each(t.Context(), patientClient(t, srv), mailboxes(1, rosterOf(team("A"))), nil) {
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
			return &ews.Error{Code: ews.ErrorServerBusy, Details: map[string]string{"BackOffMilliseconds": "30000"}}
		}})
		client := patientClient(t, srv)
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
