package auth

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// The process remembers refused passwords and the ways of load balancers by the server's host and
// port. So each server of a test has a port that no other had, although the system reuses the ports
// of closed servers.

var usedPorts sync.Map

// ownPort returns a listener on a loopback port that no other test had.
func ownPort(t *testing.T) net.Listener {
	t.Helper()
	for {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if _, used := usedPorts.LoadOrStore(l.Addr().String(), true); !used {
			return l
		}
		defer func() { _ = l.Close() }() // later, so that another port comes next
	}
}

// unstarted is httptest.NewUnstartedServer on an unused port.
func unstarted(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	_ = s.Listener.Close() // nothing has used it
	s.Listener = ownPort(t)
	t.Cleanup(s.Close)
	return s
}

// started is httptest.NewServer on an unused port.
func started(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	s := unstarted(t, h)
	s.Start()
	return s
}

var bubbles atomic.Int64

// ownURL returns a URL of localhost with a port that no other test names. It is for servers that are
// reached without a network, whose dialers do not look at the port.
func ownURL() string {
	return "http://localhost:" + strconv.FormatInt(10_000+bubbles.Add(1), 10) + "/"
}
