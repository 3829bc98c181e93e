package auth

import (
	"io"
	"net"
	"sync"
	"testing"
)

// A verdict decides how a relay treats a request.
type verdict int

const (
	pass       verdict = iota
	dropBefore         // the server never sees it
	dropAfter          // the server carries it out, the response is lost
	hold               // the connection stays silent until the client closes it
	passOnce           // the server closes right after the response
)

// A relay passes TCP connections on and interferes with the n-th request of a connection, counted
// from 1, as decide says. Requests of the tests are small, so each is one read.
type relay struct {
	listener net.Listener
	target   string
	decide   func(conn, request int) verdict
	conns    sync.WaitGroup
}

func newRelay(t *testing.T, target string, decide func(conn, request int) verdict) *relay {
	t.Helper()
	l := ownPort(t)
	r := &relay{listener: l, target: target, decide: decide}
	r.conns.Go(r.serve)
	t.Cleanup(func() {
		_ = l.Close()
		r.conns.Wait()
	})
	return r
}

func (r *relay) url() string { return "http://" + r.listener.Addr().String() }

func (r *relay) serve() {
	for n := 1; ; n++ {
		c, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.conns.Go(func() { r.pass(n, c) })
	}
}

func (r *relay) pass(n int, client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", r.target) //nolint:noctx // a peer on loopback
	if err != nil {
		return
	}
	var back sync.WaitGroup
	defer back.Wait()
	defer func() { _ = server.Close() }()
	var mu sync.Mutex
	mute, closing := false, false
	back.Go(func() {
		defer func() { _ = client.Close() }()
		buf := make([]byte, 1<<16)
		for {
			size, err := server.Read(buf)
			mu.Lock()
			muted, last := mute, closing
			mu.Unlock()
			if err != nil || muted {
				return
			}
			if _, err := client.Write(buf[:size]); err != nil || last {
				return
			}
		}
	})
	buf := make([]byte, 1<<16)
	for request := 1; ; request++ {
		size, err := client.Read(buf)
		if err != nil {
			return
		}
		switch v := r.decide(n, request); v {
		case dropBefore:
			return
		case hold:
			_, _ = io.Copy(io.Discard, client) // ends when the client does
			return
		case dropAfter, passOnce:
			mu.Lock()
			mute, closing = v == dropAfter, v == passOnce
			mu.Unlock()
		}
		if _, err := server.Write(buf[:size]); err != nil {
			return
		}
	}
}
