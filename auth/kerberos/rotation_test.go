package kerberos

import (
	"context"
	"crypto/rand"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"

	"github.com/go-ews/exchange/auth"
)

// A passwordCount counts the messages to KDCs that carry a password.
type passwordCount struct{ n atomic.Int64 }

func (c *passwordCount) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	return countedConn{conn, c}, err
}

type countedConn struct {
	net.Conn

	count *passwordCount
}

func (c countedConn) Write(message []byte) (int, error) {
	var login messages.ASReq
	if len(message) > 4 && login.Unmarshal(message[4:]) == nil && login.PAData.Contains(patype.PA_ENC_TIMESTAMP) {
		c.count.n.Add(1)
	}
	return c.Conn.Write(message)
}

// end lets all tickets be over.
func (m *Mechanism) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.tickets {
		t.renew, t.ends = time.Time{}, time.Time{}
	}
}

// TestSamba_Rotation changes a password while 16 workers call. Tickets outlast it; when they end, the
// old password is refused once, not for each worker, and a credentials function that returns the new
// one makes all calls succeed.
func TestSamba_Rotation(t *testing.T) {
	t.Parallel()
	sambaEndpoint(t)
	name, old, next := "rota"+strings.ToLower(rand.Text()[:8]), "Old-1"+rand.Text(), "New-1"+rand.Text()
	sambaTool(t, "user", "create", name, old)
	var vault atomic.Value
	vault.Store(old)
	m, err := Password(func(context.Context) (string, string, error) {
		word, _ := vault.Load().(string)
		return name, word, nil
	}, sambaOptions())
	if err != nil {
		t.Fatal(err)
	}
	var sent passwordCount
	m.dial = sent.dial
	tr, err := auth.Negotiate(sambaBase(t), m, &auth.Options{MaxConns: 16})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.CloseIdleConnections()
	round := func(name, want string, passwords int64) {
		t.Helper()
		sent.n.Store(0)
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				for range 5 {
					text, err := post(t.Context(), tr, sambaEndpoint(t)+"/krb5/EWS/rotation")
					if err != nil {
						text = err.Error()
					}
					if !strings.Contains(text, want) {
						t.Errorf("%s: %s, want %s", name, text, want)
					}
				}
			})
		}
		wg.Wait()
		if n := sent.n.Load(); n != passwords {
			t.Errorf("%s: %d passwords sent, want %d", name, n, passwords)
		}
	}
	user := "<User>" + name + "@CORP.TEST</User>"
	round("before", user, 1)
	sambaTool(t, "user", "setpassword", name, "--newpassword="+next)
	round("with tickets", user, 0)
	m.end()
	round("with the old password", "the password or the key is wrong", 1)
	vault.Store(next)
	round("with the new password", user, 1)
}
