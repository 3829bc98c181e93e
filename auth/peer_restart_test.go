//go:build unix

package auth

import (
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-ews/exchange/internal/restart"
)

// TestPeer_Restart restarts Apache under load, gracefully and not. Calls may fail, but never with a
// refused login, and each failure says whether the call may be repeated.
func TestPeer_Restart(t *testing.T) { //nolint:paralleltest // it disturbs the server of all others
	p := findPeer(t)
	tr, err := NTLM(p.base(t), alice(), &Options{MaxConns: 16})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.CloseIdleConnections()
	var mu sync.Mutex
	done, lost, unsent := 0, 0, 0
	worker := func() {
		got, err := try(t.Context(), tr, p.https+"/EWS/restart", "hello")
		var e *Error
		mu.Lock()
		defer mu.Unlock()
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
	}
	pidFile := os.Getenv("EWS_AUTH_DIR") + "/run/httpd.pid"
	if err := restart.Apache(pidFile, slices.Repeat([]func(){worker}, 32)...); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d done, %d not sent, %d lost", done, unsent, lost)
	if got := post(t, tr, p.https+"/EWS/restart", "hello"); !strings.Contains(got, "alice") {
		t.Errorf("afterwards: %s", got)
	}
}
