package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// proxyOf starts the proxy in front of a server. Its URL has a password, which no output may have.
func (s *scene) proxyOf(t *testing.T, server string) func(*http.Request) (*url.URL, error) {
	t.Helper()
	if s.proxy == nil {
		return func(*http.Request) (*url.URL, error) { return nil, nil } //nolint:nilnil // as in net/http: no proxy
	}
	srv := httptest.NewServer(s.proxy(server))
	t.Cleanup(srv.Close)
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("proxy", "s3cret")
	return http.ProxyURL(u)
}

// tunnel is a proxy that leads to the server, for any address.
func tunnel(server string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		far, err := new(net.Dialer).DialContext(r.Context(), "tcp", server)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		near, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			_ = far.Close()
			return
		}
		_, _ = io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n")
		join(near, far)
	}
}

// refusing is a proxy that opens no connection.
func refusing(status int, header ...string) func(string) http.HandlerFunc {
	return func(string) http.HandlerFunc { return page(status, "", header...) }
}

// resetting is a server that resets each stream of HTTP/2 (RFC 9113 section 6.4).
func resetting(config *tls.Config, code byte) func(t *testing.T, _ string) string {
	return func(t *testing.T, _ string) string {
		t.Helper()
		config := config.Clone()
		config.NextProtos = []string{"h2"}
		l := tls.NewListener(ownPort(t), config)
		serve(t, l, func(conn net.Conn) { resetStreams(conn, code) })
		return "https://" + l.Addr().String()
	}
}

func resetStreams(conn net.Conn, code byte) {
	defer conn.Close()
	const headers, reset = 1, 3 // types of frames
	preface := make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	if _, err := io.ReadFull(conn, preface); err != nil {
		return
	}
	_, err := conn.Write([]byte{0, 0, 0, 4, 0, 0, 0, 0, 0}) // SETTINGS
	for err == nil {
		var head [9]byte
		if _, err = io.ReadFull(conn, head[:]); err != nil {
			return
		}
		size := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err = io.CopyN(io.Discard, conn, size); err == nil && head[3] == headers {
			_, err = conn.Write(slices.Concat([]byte{0, 0, 4, reset, 0}, head[5:9], []byte{0, 0, 0, code}))
		}
	}
}

func named(host string) func(string) string {
	return func(string) string { return "https://" + host + "/EWS/Exchange.asmx" }
}

func noSuchHost(_ context.Context, host string) ([]string, error) {
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func addresses(all ...string) func(context.Context, string) ([]string, error) {
	return func(context.Context, string) ([]string, error) { return all, nil }
}

// bySuffix is a machine whose DNS search suffix makes up names that do not exist.
func bySuffix(address string) func(context.Context, string) ([]string, error) {
	return func(ctx context.Context, host string) ([]string, error) {
		if strings.HasSuffix(host, ".") {
			return noSuchHost(ctx, host)
		}
		return []string{address}, nil
	}
}

func failing(text string) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) { return nil, errors.New(text) }
}

// thisMachine is a network that has this machine only.
func thisMachine(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("network is unreachable")}
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// atIPv6 leads to the server from an address of IPv6.
func atIPv6(t *testing.T, server string) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6: ", err)
	}
	scheme, address, _ := strings.Cut(server, "://")
	serve(t, l, func(near net.Conn) {
		far, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			_ = near.Close()
			return
		}
		join(near, far)
	})
	return scheme + "://" + l.Addr().String()
}

// serve handles connections until the end of the test. A handler closes its connection.
func serve(t *testing.T, l net.Listener, handle func(net.Conn)) {
	t.Helper()
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { handle(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		conns.Wait()
	})
}

// join copies between two connections until one of them ends, and closes both.
func join(near, far net.Conn) {
	var copies sync.WaitGroup
	for _, c := range [][2]net.Conn{{near, far}, {far, near}} {
		copies.Go(func() {
			_, _ = io.Copy(c[0], c[1])
			_ = c[0].Close()
			_ = c[1].Close()
		})
	}
	copies.Wait()
}

func toLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
}
