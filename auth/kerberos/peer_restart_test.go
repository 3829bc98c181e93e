//go:build unix

package kerberos

import (
	"errors"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/internal/restart"
)

// outcomes counts the results of calls as one user.
type outcomes struct {
	mu                 sync.Mutex
	done, lost, unsent int
}

// call posts once. A response must name the user.
func (c *outcomes) call(t *testing.T, tr *auth.Transport, at, user string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at, strings.NewReader("hello"))
	if err != nil {
		t.Error(err)
		return
	}
	var text []byte
	resp, err := tr.RoundTrip(r)
	if err == nil {
		text, err = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var e *auth.Error
	switch {
	case err == nil && strings.Contains(string(text), "<User>"+user+"@"):
		c.done++
	case err == nil:
		t.Errorf("the response to %s is %s", user, text)
	case errors.As(err, &e) && e.StatusCode != 0:
		t.Errorf("%s: %v", user, err)
	case errors.As(err, &e) && e.NotSent():
		c.unsent++
	default:
		c.lost++
	}
}

// TestPeer_Restart restarts Apache under the load of two users, gracefully and not. Calls may fail,
// but never with a refused login or as the other user, and nothing is left behind.
func TestPeer_Restart(t *testing.T) { //nolint:paralleltest // it disturbs the server of all others
	needPeer(t)
	before := runtime.NumGoroutine()
	var c outcomes
	var all []*auth.Transport
	var workers []func()
	for user, password := range map[string]string{"alice": "EWS_AUTH_PASS", "bob": "EWS_AUTH_PASS2"} {
		tr, err := auth.Negotiate(peerBase(t), peerPassword(t, user, os.Getenv(password)), nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, tr)
		for i := range 16 {
			at := os.Getenv("EWS_AUTH_HTTPS") + []string{"/EWS/restart", "/krb5/EWS/restart"}[i%2]
			workers = append(workers, func() { c.call(t, tr, at, user) })
		}
	}
	if err := restart.Apache(os.Getenv("EWS_AUTH_DIR")+"/run/httpd.pid", workers...); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d done, %d not sent, %d lost", c.done, c.unsent, c.lost)
	if c.done == 0 {
		t.Error("no call succeeded")
	}
	for _, tr := range all {
		tr.CloseIdleConnections()
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

// TestPeer_LoginPerRequest: a token with each request, also where the server takes one per connection.
func TestPeer_LoginPerRequest(t *testing.T) {
	t.Parallel()
	needPeer(t)
	tr, err := auth.Negotiate(peerBase(t), peerAlice(t), &auth.Options{LoginPerRequest: true})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.CloseIdleConnections()
	var c outcomes
	var wg sync.WaitGroup
	for i := range 8 {
		at := os.Getenv("EWS_AUTH_HTTPS") + []string{"/EWS/each", "/krb5/EWS/each"}[i%2]
		wg.Go(func() {
			for range 10 {
				c.call(t, tr, at, "alice")
			}
		})
	}
	wg.Wait()
	if c.done != 80 {
		t.Errorf("%d of 80 calls succeeded, %d not sent, %d lost", c.done, c.unsent, c.lost)
	}
}
