package imsync_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
)

// This file calls Each as a caller might who has not read its documentation.

// count counts the results of each mailbox.
func count(results map[string]int, r imsync.Result) { results[strings.ToLower(r.Mailbox.String())]++ }

// wantOnce requires one result for each of n mailboxes.
func wantOnce(t *testing.T, results map[string]int, n int) {
	t.Helper()
	for i := range n {
		if got := results[account(i).String()]; got != 1 {
			t.Fatalf("%d results for %v", got, account(i))
		}
	}
	if len(results) != n {
		t.Errorf("results for %d mailboxes, want %d", len(results), n)
	}
}

// TestEach_Panics has the sequence and each function of the options panic: the loop does, and names the
// cause. No goroutine stays, or synctest fails.
func TestEach_Panics(t *testing.T) {
	t.Parallel()
	boom := func() { panic("boom") }
	for name, o := range map[string]imsync.Options{
		"sequence": {},
		"Load":     {Load: func(context.Context, ews.Account) (*imsync.Ownership, error) { boom(); return nil, nil }},
		"Save":     {Save: func(context.Context, *imsync.Ownership) error { boom(); return nil }},
		"Progress": {Progress: func(imsync.Event) { boom() }},
		"Backup":   {Backup: func(context.Context, *imsync.Backup) error { boom(); return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv := ewstest.NewServer(nil)
				srv.Seed(account(3).String(), ewstest.Group{Name: "Old"})
				o.Remove, o.MaxRemovals = imsync.RemoveAll, anyNumber
				rosters := func(yield func(ews.Account, imsync.Roster) bool) {
					for a, r := range mailboxes(50, rosterOf(team("A"))) {
						if name == "sequence" && a == account(20) {
							boom()
						}
						if !yield(a, r) {
							return
						}
					}
				}
				results := map[string]int{}
				defer func() {
					text, _ := recover().(string)
					if !strings.HasPrefix(text, "boom\n") || !strings.Contains(text, "each_stranger_test.go") {
						t.Errorf("panic %q; want boom with its stack", text)
					}
					for mailbox, n := range results {
						if n != 1 {
							t.Errorf("%d results for %s", n, mailbox)
						}
					}
				}()
				for r := range imsync.Each(t.Context(), newClient(t, srv), rosters, &o) {
					count(results, r)
				}
			})
		})
	}
}

// TestEach_Endless leaves a sequence that never ends, in which every mailbox comes again and again.
func TestEach_Endless(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rosters := func(yield func(ews.Account, imsync.Roster) bool) {
			for i := 0; yield(account(i%50), rosterOf(team("A"))); i++ {
			}
		}
		first, again := map[string]int{}, 0
		for r := range imsync.Each(t.Context(), newClient(t, ewstest.NewServer(nil)), rosters, nil) {
			var twice *imsync.RosterError
			switch {
			case r.Err == nil:
				count(first, r)
			case errors.As(r.Err, &twice):
				again++
			default:
				t.Error(r.Err)
			}
			if again > 100 && len(first) == 50 {
				break
			}
		}
		wantOnce(t, first, 50)
	})
}

// TestEach_Thousands has a slow reader of the results: neither goroutines nor drawn rosters pile up.
func TestEach_Thousands(t *testing.T) {
	t.Parallel()
	const n = 3000
	var drawn atomic.Int64
	rosters := func(yield func(ews.Account, imsync.Roster) bool) {
		for a, r := range mailboxes(n, rosterOf(team("A"))) {
			if drawn.Add(1); !yield(a, r) {
				return
			}
		}
	}
	results := map[string]int{}
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, ewstest.NewServer(nil))
		before, most := runtime.NumGoroutine(), 0
		for r := range imsync.Each(t.Context(), client, rosters, &imsync.Options{Parallel: 20}) {
			count(results, r)
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			if len(results)%500 == 0 {
				synctest.Wait() // the others run as far as they can
				most = max(most, runtime.NumGoroutine()-before)
				if ahead := drawn.Load() - int64(len(results)); ahead > 21 {
					t.Errorf("%d rosters drawn ahead", ahead)
				}
			}
		}
	})
	wantOnce(t, results, n)
}

// TestEach_CanceledInTheMiddle yields every mailbox that was started once, and its record has all that
// it was given.
func TestEach_CanceledInTheMiddle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		srv := ewstest.NewServer(&ewstest.Options{Intercept: func(ewstest.Request) error {
			time.Sleep(time.Second)
			return nil
		}})
		time.AfterFunc(9500*time.Millisecond, cancel)
		kept, results := map[string]*imsync.Ownership{}, map[string]int{}
		opts := &imsync.Options{Parallel: 1, Save: func(ctx context.Context, o *imsync.Ownership) error {
			kept[o.Mailbox()] = reread(t, o)
			return ctx.Err()
		}}
		client := newClient(t, srv)
		for r := range imsync.Each(ctx, client, mailboxes(100, rosterOf(team("A", "x@contoso.com"))), opts) {
			if count(results, r); r.Err != nil && !errors.Is(r.Err, context.Canceled) {
				t.Error(r.Err)
			}
		}
		wantOnce(t, results, 3) // of four requests each, the last one cut off
		for name, o := range kept {
			mailbox := client.Impersonate(ews.PrimarySMTP(name))
			opts := &imsync.Options{Remove: imsync.RemoveOwned, Owned: o, AllowEmpty: true, MaxRemovals: anyNumber}
			if _, err := imsync.Sync(t.Context(), mailbox, rosterOf(), opts); err != nil || len(srv.Groups(name)) > 0 {
				t.Errorf("%s: %v, groups %v left", name, err, srv.Groups(name))
			}
		}
	})
}

// TestEach_SaveBlocks has Save wait for the end of its context, which comes after that of the loop.
func TestEach_SaveBlocks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		opts := &imsync.Options{Save: func(ctx context.Context, _ *imsync.Ownership) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		start, results := time.Now(), map[string]int{}
		srv := ewstest.NewServer(nil)
		for r := range imsync.Each(ctx, newClient(t, srv), mailboxes(100, rosterOf(team("A"))), opts) {
			if count(results, r); !errors.Is(r.Err, context.Canceled) {
				t.Errorf("%v; want the error of Save", r.Err)
			}
		}
		wantOnce(t, results, 10)
		if took := time.Since(start); took != 90*time.Second || len(writes(srv)) > 0 {
			t.Errorf("ended after %v, wrote %v; want 90 s and nothing", took, writes(srv))
		}
	})
}

func TestEach_SaveFails(t *testing.T) {
	t.Parallel()
	errFull := errors.New("the disk is full")
	srv, results := ewstest.NewServer(nil), map[string]int{}
	opts := &imsync.Options{Save: func(_ context.Context, o *imsync.Ownership) error {
		if o.Mailbox() == account(3).String() {
			return errFull
		}
		return nil
	}}
	for r := range imsync.Each(t.Context(), newClient(t, srv), mailboxes(10, rosterOf(team("A"))), opts) {
		count(results, r)
		if full := r.Mailbox == account(3); errors.Is(r.Err, errFull) != full || full != (len(srv.Groups(r.Mailbox.String())) == 0) {
			t.Errorf("%v: %v, groups %v", r.Mailbox, r.Err, srv.Groups(r.Mailbox.String()))
		}
	}
	wantOnce(t, results, 10)
}

// TestEach_RecordOfAnotherMailbox refuses it before anything is sent. An address in other case is the
// same mailbox.
func TestEach_RecordOfAnotherMailbox(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	opts := &imsync.Options{Load: func(_ context.Context, a ews.Account) (*imsync.Ownership, error) {
		if a == account(1) {
			return imsync.NewOwnership(account(2).String()), nil
		}
		return imsync.NewOwnership(strings.ToUpper(a.String())), nil
	}}
	for r := range imsync.Each(t.Context(), newClient(t, srv), mailboxes(3, rosterOf(team("A"))), opts) {
		want := ""
		if r.Mailbox == account(1) {
			want = `imsync: mailbox "user1@contoso.com": the ownership record is that of mailbox "user2@contoso.com": ` +
				"has the mailbox another address by now, or are records mixed up?"
		}
		if got := fmt.Sprint(r.Err); (want != "" || r.Err != nil) && got != want || (len(srv.Groups(r.Mailbox.String())) == 0) != (want != "") {
			t.Errorf("%v: %v, groups %v", r.Mailbox, r.Err, srv.Groups(r.Mailbox.String()))
		}
		if want == "" && r.Owned.Mailbox() != r.Mailbox.String() {
			t.Errorf("the record is that of %s", r.Owned.Mailbox())
		}
	}
}

// TestEach_MailboxVanishes removes a mailbox between the read and the write, and after the first write.
func TestEach_MailboxVanishes(t *testing.T) {
	t.Parallel()
	var requests [10]atomic.Int32
	srv := ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
		for i := range requests {
			if r.Mailbox == account(i).String() && requests[i].Add(1) > int32(i) && i < 4 {
				return ews.ErrorNonExistentMailbox
			}
		}
		return nil
	}})
	results := map[string]int{}
	for r := range imsync.Each(t.Context(), newClient(t, srv), mailboxes(10, rosterOf(team("A", "x@contoso.com"))), nil) {
		count(results, r)
		gone := r.Mailbox == account(0) || r.Mailbox == account(1) || r.Mailbox == account(2) || r.Mailbox == account(3)
		if errors.Is(r.Err, ews.ErrorNonExistentMailbox) != gone || !gone && r.Err != nil {
			t.Errorf("%v: %v", r.Mailbox, r.Err)
		}
	}
	wantOnce(t, results, 10)
	for i := range 4 {
		if n := requests[i].Load(); n > int32(i)+3 {
			t.Errorf("%v: %d requests, want three at most after it vanished", account(i), n)
		}
	}
}
