//go:build unix

package auth

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestPeer_Restart restarts Apache under load, gracefully and not. Calls may fail, but never with a
// refused login, and each failure says whether the call may be repeated.
func TestPeer_Restart(t *testing.T) { //nolint:paralleltest // it disturbs the server of all others
	p := findPeer(t)
	text, err := os.ReadFile(os.Getenv("EWS_AUTH_DIR") + "/run/httpd.pid")
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NTLM(p.base(t), alice(), &Options{MaxConns: 16})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.CloseIdleConnections()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	done, lost, unsent := 0, 0, 0
	for range 32 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got, err := try(t.Context(), tr, p.https+"/EWS/restart", "hello")
				var e *Error
				mu.Lock()
				switch {
				case err == nil && strings.Contains(got, `<User>EXCH\alice</User>`):
					done++
				case errors.As(err, &e) && e.NotSent() && !strings.Contains(err.Error(), "refused"):
					unsent++
				case errors.As(err, &e) && e.StatusCode == 0:
					lost++
				default:
					t.Errorf("response %q, error %v", got, err)
				}
				mu.Unlock()
			}
		})
	}
	for _, sig := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGHUP, syscall.SIGHUP} {
		time.Sleep(300 * time.Millisecond)
		if err := syscall.Kill(pid, sig); err != nil {
			t.Error(err)
		}
		time.Sleep(300 * time.Millisecond)
	}
	close(stop)
	wg.Wait()
	t.Logf("%d done, %d not sent, %d lost", done, unsent, lost)
	if got := post(t, tr, p.https+"/EWS/restart", "hello"); !strings.Contains(got, "alice") {
		t.Errorf("afterwards: %s", got)
	}
}
