package ews_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-ews/exchange/ews"
)

const backOff = 20 * time.Second

// mailboxBusy asks for the back-off, as Exchange does for one mailbox.
func mailboxBusy() step {
	return faulted(500, "ErrorServerBusy", "BackOffMilliseconds", fmt.Sprint(backOff.Milliseconds()))
}

// once is a client that makes one attempt per call and waits for others' back-offs.
func (s *scripted) once(t testing.TB) *ews.Client {
	t.Helper()
	return s.client(t, &ews.Options{Retry: ews.RetryPolicy{MaxAttempts: 1, MaxWait: time.Minute}})
}

// wait returns how long a call of the client is held back.
func wait(t *testing.T, client *ews.Client) time.Duration {
	t.Helper()
	start := time.Now()
	if err := getItemList(t.Context(), client); err != nil {
		t.Error(err)
	}
	return time.Since(start)
}

func as(client *ews.Client, mailbox string) *ews.Client {
	return client.Impersonate(ews.PrimarySMTP(mailbox))
}

// A back-off of one mailbox holds the calls for that mailbox by all copies of the client.
func TestThrottle_Mailbox(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		next func(*ews.Client) *ews.Client
		want time.Duration
	}{
		"another mailbox":     {func(c *ews.Client) *ews.Client { return as(c, "b@contoso.com") }, 0},
		"the service account": {func(c *ews.Client) *ews.Client { return c }, 0},
		"the same mailbox":    {func(c *ews.Client) *ews.Client { return as(c, "a@contoso.com") }, backOff},
		"in other letters":    {func(c *ews.Client) *ews.Client { return as(c, "A@Contoso.com") }, backOff},
		"by another element":  {func(c *ews.Client) *ews.Client { return c.Impersonate(ews.SMTP("a@contoso.com")) }, backOff},
		"with another header": {func(c *ews.Client) *ews.Client {
			return c.WithHeader(ews.Header{MailboxCulture: "de-DE", Impersonate: ews.UPN("a@contoso.com")})
		}, backOff},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := script(mailboxBusy(), done).once(t)
				if err := addGroup(t.Context(), as(client, "a@contoso.com")); !errors.Is(err, ews.ErrorServerBusy) {
					t.Fatal(err)
				}
				if got := wait(t, tt.next(client)); got != tt.want {
					t.Errorf("waited %v, want %v", got, tt.want)
				}
				if got := wait(t, tt.next(client)); got != 0 {
					t.Errorf("waited %v after the back-off was over", got)
				}
			})
		})
	}
}

// A back-off that is not about one mailbox holds every copy of the client, and no other client.
func TestThrottle_All(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]step{
		"429":                          responding(429, "", "Retry-After", "20"),
		"503":                          responding(503, htmlPage, "Retry-After", "20"),
		"503 with a fault":             withHeader(faulted(503, ""), "Retry-After", "20"),
		"ErrorExceededConnectionCount": withHeader(erring("ErrorExceededConnectionCount"), "Retry-After", "20"),
		"a gateway's page":             responding(502, htmlPage, "Retry-After", "20"),
		"a token endpoint":             claiming(&claim{notSent: true, after: backOff}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := script(first, done)
				client := server.once(t)
				if err := getItemList(t.Context(), as(client, "a@contoso.com")); err == nil {
					t.Fatal("no error")
				}
				if got := wait(t, server.once(t)); got != 0 {
					t.Errorf("another client waited %v", got)
				}
				if got := wait(t, as(client, "b@contoso.com")); got != backOff {
					t.Errorf("another mailbox waited %v, want %v", got, backOff)
				}
			})
		})
	}
}

// A permanent failure holds no call, also with a Retry-After.
func TestThrottle_PermanentFailure(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]step{
		"redirect": responding(302, "", "Location", "https://elsewhere.test/", "Retry-After", "20"),
		"403":      responding(403, htmlPage, "Retry-After", "20"),
		"fault":    withHeader(faulted(500, "ErrorAccessDenied"), "Retry-After", "20"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := script(first, done).once(t)
				if _, told := ews.RetryAfter(addGroup(t.Context(), client)); !told {
					t.Error("RetryAfter does not tell the time")
				}
				if got := wait(t, client); got != 0 {
					t.Errorf("waited %v", got)
				}
			})
		})
	}
}

// Without a time from the server, the others wait for as long as a retry would.
func TestThrottle_TimeNotTold(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]step{
		"429": responding(429, ""), "503": responding(503, ""), "too many connections": erring("ErrorExceededConnectionCount"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := script(first, done).once(t)
				_ = addGroup(t.Context(), client)
				if got := wait(t, as(client, "b@contoso.com")); got < time.Second/2 || got > time.Second {
					t.Errorf("waited %v, want half a second to one", got)
				}
			})
		})
	}
}

// Back-offs of several mailboxes in a row share a cause.
func TestThrottle_MailboxesInARow(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		mailboxes string // in their order; a capital one gets a result, - loses the connection
		held      bool
	}{
		"two":                          {"ab", false},
		"three":                        {"abc", true},
		"the same again":               {"aaaab", false},
		"three with one of them again": {"abac", true},
		"interrupted":                  {"abXc", false},
		"a lost connection":            {"ab-c", true},
		"interrupted, and three again": {"abXcde", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var steps []step
				for _, mailbox := range tt.mailboxes {
					steps = append(steps, mailboxBusy())
					switch {
					case mailbox == '-':
						steps[len(steps)-1] = dropped
					case mailbox < 'a':
						steps[len(steps)-1] = done
					}
				}
				client := script(append(steps, done)...).once(t)
				for _, mailbox := range tt.mailboxes {
					_ = addGroup(t.Context(), as(client, string(mailbox)+"@contoso.com"))
				}
				held := wait(t, as(client, "other@contoso.com")) == backOff
				if held != tt.held {
					t.Errorf("another mailbox is held: %t, want %t", held, tt.held)
				}
			})
		})
	}
}

// A call that would have to wait too long for another's back-off is not sent, and says how long.
func TestThrottle_NotSent(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		maxWait, deadline time.Duration
	}{
		"longer than MaxWait": {19 * time.Second, time.Hour},
		"past the deadline":   {time.Minute, 20 * time.Second},
	} {
		for call, do := range map[string]func(context.Context, *ews.Client) error{"write": addGroup, "read": getItemList} {
			t.Run(name+"/"+call, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					server := script(mailboxBusy(), done)
					client := server.client(t, &ews.Options{Retry: ews.RetryPolicy{MaxAttempts: 1, MaxWait: tt.maxWait}})
					client = as(client, "a@contoso.com")
					_ = addGroup(t.Context(), client)
					ctx, cancel := context.WithTimeout(t.Context(), tt.deadline)
					defer cancel()
					var info ews.ResponseInfo
					start := time.Now()
					err := do(ews.WithResponseInfo(ctx, &info), client)
					checkTyped(t, err)
					after, _ := ews.RetryAfter(err)
					var held interface{ NotSent() bool }
					if !errors.As(err, &held) || !held.NotSent() || after != backOff || errors.Is(err, ews.ErrOutcomeUnknown) {
						t.Errorf("%v, RetryAfter %v, want an error that is NotSent, and %v", err, after, backOff)
					}
					if kindOfError(err) != "TransportError" || info.Attempts != 0 || len(server.seen()) != 1 {
						t.Errorf("%T, %d attempts, %d requests", err, info.Attempts, len(server.seen()))
					}
					if took := time.Since(start); took != 0 {
						t.Errorf("took %v", took)
					}
					time.Sleep(backOff / 2)
					if after, _ := ews.RetryAfter(do(ctx, client)); after != 0 && after != backOff/2 {
						t.Errorf("RetryAfter %v, want the rest of the time", after)
					}
				})
			})
		}
	}
}

// A retry is held as well. The error is that of its last attempt, with the longer of the times.
func TestThrottle_RetryNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := script(
			func(r *http.Request) (*http.Response, error) {
				time.Sleep(5 * time.Second)
				return responding(429, "", "Retry-After", "60")(r)
			},
			responding(429, "", "Retry-After", "10"), done)
		client := server.client(t, nil)
		var other sync.WaitGroup
		other.Go(func() { _ = getItemList(t.Context(), client) })
		time.Sleep(time.Second)
		err := addGroup(t.Context(), client)
		other.Wait()
		after, _ := ews.RetryAfter(err)
		if kindOfError(err) != "HTTPError" || after != 54*time.Second || errors.Is(err, ews.ErrOutcomeUnknown) {
			t.Errorf("%v, RetryAfter %v, want an HTTPError and 54 s", err, after)
		}
		if n := len(server.seen()); n != 2 {
			t.Errorf("%d requests, want 2", n)
		}
		checkTyped(t, err)
	})
}

// However often a hold is extended, a call waits no longer than MaxWait for it.
func TestThrottle_HoldExtended(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := script(
			func(r *http.Request) (*http.Response, error) {
				time.Sleep(10 * time.Second)
				return responding(429, "", "Retry-After", "25")(r)
			},
			responding(429, "", "Retry-After", "20"), done)
		client := server.client(t, &ews.Options{Retry: ews.RetryPolicy{MaxAttempts: 1}})
		var other sync.WaitGroup
		other.Go(func() { _ = getItemList(t.Context(), client) })
		time.Sleep(time.Second)
		_ = addGroup(t.Context(), client)
		start := time.Now()
		after, _ := ews.RetryAfter(addGroup(t.Context(), client))
		if took := time.Since(start); took != 20*time.Second || after != 14*time.Second {
			t.Errorf("took %v, RetryAfter %v, want 20 s and 14 s", took, after)
		}
		other.Wait()
	})
}

func TestThrottle_CanceledWhileHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := script(responding(429, "", "Retry-After", "20"), done)
		client := server.once(t)
		_ = addGroup(t.Context(), client)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		err := addGroup(ctx, client)
		if !errors.Is(err, context.Canceled) || errors.Is(err, ews.ErrOutcomeUnknown) || len(server.seen()) != 1 {
			t.Errorf("%v, %d requests", err, len(server.seen()))
		}
		checkTyped(t, err)
	})
}

// However the calls of many mailboxes mix, none is sent during the back-off, and all are done.
func TestThrottle_ManyCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		steps := make([]step, 100)
		for i := range steps {
			steps[i] = afterASecond(done)
		}
		steps[30] = afterASecond(responding(429, "", "Retry-After", "20"))
		server := script(steps...)
		client := server.client(t, nil)
		start := time.Now()
		var workers sync.WaitGroup
		for n := range 10 {
			workers.Go(func() {
				for i := range 10 {
					if err := addGroup(t.Context(), as(client, fmt.Sprintf("m%d-%d@contoso.com", n, i))); err != nil {
						t.Error(err)
					}
				}
			})
		}
		workers.Wait()
		said := 4 * time.Second // the 31st request is one of the fourth ten, each of which takes a second
		for _, a := range server.seen() {
			if at := a.at.Sub(start); at > said && at < said+backOff {
				t.Errorf("a request after %v", at)
			}
		}
		if n := len(server.seen()); n != 101 {
			t.Errorf("%d requests, want 100 and the one that was retried", n)
		}
	})
}

// afterASecond is a server that takes its time.
func afterASecond(s step) step {
	return func(r *http.Request) (*http.Response, error) {
		time.Sleep(time.Second)
		return s(r)
	}
}

// A Retry-After of a day may be a gateway's mistake: the call's own error has it, and other calls
// are held for an hour.
func TestThrottle_HoldIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := script(responding(503, "", "Retry-After", "99999999"), done).once(t)
		first, _ := ews.RetryAfter(addGroup(t.Context(), client))
		second, _ := ews.RetryAfter(addGroup(t.Context(), client))
		if first != 24*time.Hour || second != time.Hour {
			t.Errorf("RetryAfter %v, then %v", first, second)
		}
		time.Sleep(time.Hour)
		if got := wait(t, client); got != 0 {
			t.Errorf("waited %v", got)
		}
	})
}
