package auth

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLockout_OneTryUntilProven(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLockout()
		running, most, tries := 0, 0, 0
		var mu sync.Mutex
		for range 20 {
			go func() {
				settle, err := l.enter(t.Context(), "server", "user", "password")
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				running++
				tries++
				most = max(most, running)
				first := tries <= 3
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				running--
				mu.Unlock()
				if first {
					settle(unsettled) // the connection was lost: the password was not judged
					return
				}
				settle(accepted)
			}()
		}
		time.Sleep(3500 * time.Millisecond)
		mu.Lock()
		if most != 1 {
			t.Errorf("%d logins at a time before one was accepted, want 1", most)
		}
		mu.Unlock()
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if most < 10 {
			t.Errorf("at most %d logins at a time after one was accepted", most)
		}
	})
}

// TestLockout_Schedule holds for a pair that never worked and for one that did.
func TestLockout_Schedule(t *testing.T) {
	t.Parallel()
	for name, worked := range map[string]bool{"never worked": false, "worked before": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := newLockout()
				login := func(o outcome) error {
					settle, err := l.enter(t.Context(), "server", "user", "password")
					if err == nil {
						settle(o)
					}
					return err
				}
				if worked && login(accepted) != nil {
					t.Fatal("not admitted")
				}
				hold := time.Minute
				for range 8 {
					if err := login(rejected); err != nil {
						t.Fatal(err)
					}
					time.Sleep(hold - time.Second)
					held, ok := errors.AsType[*heldLogin](login(accepted))
					if !ok {
						t.Fatalf("admitted before %v were over", hold)
					}
					if left, ok := held.RetryAfter(); !ok || left != time.Second || !held.Permanent() {
						t.Errorf("%v are left, want a second", left)
					}
					time.Sleep(time.Second)
					hold = min(2*hold, 30*time.Minute)
				}
				if err := login(accepted); err != nil {
					t.Errorf("after the hold: %v", err)
				}
				if err := login(rejected); err != nil {
					t.Errorf("after it worked: %v", err)
				}
				time.Sleep(time.Minute)
				if err := login(accepted); err != nil {
					t.Errorf("the schedule did not begin anew: %v", err)
				}
			})
		})
	}
}

func TestLockout_OthersAreFree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLockout()
		settle, err := l.enter(t.Context(), "server", `CORP\user`, "wrong")
		if err != nil {
			t.Fatal(err)
		}
		waiting := make(chan error)
		go func() {
			_, err := l.enter(t.Context(), "server", `corp\USER`, "wrong")
			waiting <- err
		}()
		synctest.Wait()
		settle(rejected)
		if _, ok := errors.AsType[*heldLogin](<-waiting); !ok {
			t.Errorf("the one that waited: %v", err)
		}
		for _, c := range [][3]string{
			{"server", `CORP\user`, "right"}, {"server", `CORP\second`, "wrong"}, {"other", `CORP\user`, "wrong"},
		} {
			if _, err := l.enter(t.Context(), c[0], c[1], c[2]); err != nil {
				t.Errorf("%v: %v", c, err)
			}
		}
	})
}

func TestLockout_WaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	l := newLockout()
	settle, err := l.enter(t.Context(), "server", "user", "password")
	if err != nil {
		t.Fatal(err)
	}
	defer settle(accepted)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.enter(ctx, "server", "user", "password"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestLockout_RemembersABoundedNumber(t *testing.T) {
	t.Parallel()
	l := newLockout()
	for i := range 10 * maxPairs {
		settle, err := l.enter(t.Context(), "server", "user", string(rune('a'+i)))
		if err != nil {
			t.Fatal(err)
		}
		settle(accepted)
	}
	if len(l.pairs) > maxPairs {
		t.Errorf("%d pairs are kept", len(l.pairs))
	}
}

// TestLockout_SharedByTransports: however many Transports, a wrong password is sent once.
func TestLockout_SharedByTransports(t *testing.T) {
	t.Parallel()
	a := newAcceptor(t, false, nil)
	manyTransports(t, func() (*Transport, error) {
		return NTLM(a.base(), Static(`EXCH\alice`, "wrong"), nil)
	}, a.URL)
	if n := a.count("authenticate"); n != 1 {
		t.Errorf("%d logins, want 1", n)
	}
	if got := post(t, mustNTLM(t, a, nil), a.URL, "hello"); got != `EXCH\alice 5` {
		t.Errorf("the right password: %s", got)
	}
}

// manyTransports posts with 20 Transports at once, each of which must fail with nothing sent.
func manyTransports(t *testing.T, transport func() (*Transport, error), url string) {
	t.Helper()
	var wg sync.WaitGroup
	for range 20 {
		tr, err := transport()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(tr.CloseIdleConnections)
		for range 3 {
			wg.Go(func() {
				_, err := try(t.Context(), tr, url, "hello")
				e, ok := errors.AsType[*Error](err)
				if !ok || !e.NotSent() || !e.Permanent() {
					t.Errorf("error %v, want a permanent one with nothing sent", err)
				}
			})
		}
	}
	wg.Wait()
}

// TestLockout_ChangedPassword: when a pair that worked logs in on many connections some time later, one
// login finds out whether it still works.
func TestLockout_ChangedPassword(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLockout()
		settle, err := l.enter(t.Context(), "server", "user", "password")
		if err != nil {
			t.Fatal(err)
		}
		settle(accepted)
		time.Sleep(trusted)
		var mu sync.Mutex
		tries, held := 0, 0
		for range 16 {
			go func() {
				settle, err := l.enter(t.Context(), "server", "user", "password")
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					held++
					return
				}
				tries++
				go func() {
					time.Sleep(time.Second)
					settle(rejected)
				}()
			}()
		}
		time.Sleep(time.Minute - time.Second)
		mu.Lock()
		defer mu.Unlock()
		if tries != 1 || held != 15 {
			t.Errorf("%d logins with the old password and %d held, want 1 and 15", tries, held)
		}
	})
}
