package doctor

import (
	"net"
	"sync"
	"testing"
)

// usedPorts are those of all servers so far. The process remembers refused passwords and load
// balancers by host and port, so that no two scenes may have the same.
var usedPorts sync.Map

// ownPort returns a listener on a loopback port that no other scene had.
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
