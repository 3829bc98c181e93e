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
				settle, err := l.enter(t.Context(), "user", "password")
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
					settle(unsettled) // the connection was lost: nothing was learned
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

func TestLockout_RefusedForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLockout()
		settle, err := l.enter(t.Context(), "user", "wrong")
		if err != nil {
			t.Fatal(err)
		}
		waiting := make(chan error)
		go func() {
			_, err := l.enter(t.Context(), "user", "wrong")
			waiting <- err
		}()
		synctest.Wait()
		settle(rejected)
		if err := <-waiting; !errors.Is(err, errRefused) {
			t.Errorf("the one that waited: %v", err)
		}
		time.Sleep(1000 * time.Hour)
		if _, err := l.enter(t.Context(), "user", "wrong"); !errors.Is(err, errRefused) {
			t.Errorf("a thousand hours later: %v", err)
		}
		if _, err := l.enter(t.Context(), "user", "right"); err != nil {
			t.Errorf("another password: %v", err)
		}
	})
}

// TestLockout_HeldAfterItWorked: a domain controller out of reach must not end a service for good.
func TestLockout_HeldAfterItWorked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLockout()
		login := func(o outcome) error {
			settle, err := l.enter(t.Context(), "user", "password")
			if err == nil {
				settle(o)
			}
			return err
		}
		if err := login(accepted); err != nil {
			t.Fatal(err)
		}
		hold := time.Minute
		for range 8 {
			if err := login(rejected); err != nil {
				t.Fatal(err)
			}
			time.Sleep(hold - time.Second)
			if err := login(accepted); !errors.Is(err, errRefused) {
				t.Errorf("before %v were over: %v", hold, err)
			}
			time.Sleep(time.Second)
			hold = min(2*hold, 30*time.Minute)
		}
		if err := login(accepted); err != nil {
			t.Errorf("after the hold: %v", err)
		}
	})
}

func TestLockout_WaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	l := newLockout()
	settle, err := l.enter(t.Context(), "user", "password")
	if err != nil {
		t.Fatal(err)
	}
	defer settle(accepted)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.enter(ctx, "user", "password"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestLockout_RemembersABoundedNumber(t *testing.T) {
	t.Parallel()
	l := newLockout()
	for i := range 10 * maxPairs {
		settle, err := l.enter(t.Context(), "user", string(rune('a'+i)))
		if err != nil {
			t.Fatal(err)
		}
		settle(accepted)
	}
	if len(l.pairs) > maxPairs {
		t.Errorf("%d pairs are kept", len(l.pairs))
	}
}
