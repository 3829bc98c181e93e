package auth

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// A wireCount counts the bytes written below TLS. They decide whether a request may be sent again:
// not if any of it left the machine.
type wireCount struct {
	bytes  atomic.Int64
	active atomic.Bool // false: a dialer for TLS made the connection, and nothing is counted
}

// mark returns the number of bytes written so far.
func (w *wireCount) mark() int64 { return w.bytes.Load() }

// untouched reports whether certainly nothing was written since the mark.
func (w *wireCount) untouched(mark int64) bool { return w.active.Load() && w.bytes.Load() == mark }

type wireCountKey struct{}

func withWireCount(ctx context.Context, w *wireCount) context.Context {
	return context.WithValue(ctx, wireCountKey{}, w)
}

type countedConn struct {
	net.Conn

	count   *wireCount
	closing atomic.Bool
}

func (c *countedConn) Write(p []byte) (int, error) {
	if c.closing.Load() {
		return c.Conn.Write(p)
	}
	// Counted beforehand: the response may be there before this goroutine runs again.
	c.count.bytes.Add(int64(len(p)))
	n, err := c.Conn.Write(p)
	if n == 0 && err != nil {
		c.count.bytes.Add(-int64(len(p)))
	}
	return n, err
}

// SetWriteDeadline is called by [crypto/tls.Conn.Close] alone, before the close_notify alert. A
// server that closes an idle connection makes that alert go out just when a request begins;
// counted as part of the request, it would look as if the request had been sent.
func (c *countedConn) SetWriteDeadline(t time.Time) error {
	c.closing.Store(true)
	return c.Conn.SetWriteDeadline(t)
}

// countWrites wraps the dialer. A dialer for TLS is left alone, since its *tls.Conn must stay
// visible to net/http; its connections count as touched always.
func countWrites(t *http.Transport) {
	dial := t.DialContext
	if old := t.Dial; dial == nil && old != nil { //nolint:staticcheck // deprecated, yet honoured by net/http
		dial = func(_ context.Context, network, address string) (net.Conn, error) { return old(network, address) }
	}
	if dial == nil {
		dial = (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	}
	t.Dial = nil //nolint:staticcheck // replaced by DialContext
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		count, ok := ctx.Value(wireCountKey{}).(*wireCount)
		if err != nil || !ok {
			return c, err
		}
		count.active.Store(true)
		return &countedConn{Conn: c, count: count}, nil
	}
}
