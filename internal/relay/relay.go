// Package relay forwards TCP connections and breaks them on purpose, to the byte. It is for tests.
package relay

import (
	"context"
	"io"
	"net"
	"sync"
)

// A Plan is the place and the way in which a connection breaks. The zero value forwards everything.
type Plan struct {
	part part
	n    int64
	how  How
}

type part uint8

const (
	nothing part = iota
	request
	response
)

// How is the way in which a connection breaks.
type How uint8

// The ways to break a connection.
const (
	End   How = iota // as if the peer had closed it: the forwarded bytes arrive
	Reset            // as if the peer had crashed: forwarded bytes may not arrive
	Stall            // no more bytes, and the connection stays open until the client closes it
)

// CutRequest forwards n bytes of the client's to the server, and breaks the connection. With n = 0
// the server is not contacted, and a Reset may come before the client's connect returns.
func CutRequest(n int, how How) Plan { return Plan{request, int64(n), how} }

// CutResponse forwards all of the client's bytes, and n bytes of the server's. It breaks the
// connection when the next byte comes, so the server has begun to respond even with n = 0.
func CutResponse(n int, how How) Plan { return Plan{response, int64(n), how} }

// Relay listens on loopback. Listen creates one.
type Relay struct {
	listener *net.TCPListener
	target   string
	choose   func(connection int) Plan

	mu     sync.Mutex
	open   map[*net.TCPConn]bool
	closed bool
	done   sync.WaitGroup
}

// Listen starts a relay to the TCP address target. It asks choose for the plan of each connection,
// counted from 0; nil: it forwards everything.
func Listen(target string, choose func(connection int) Plan) (*Relay, error) {
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	if choose == nil {
		choose = func(int) Plan { return Plan{} }
	}
	r := &Relay{listener: listener, target: target, choose: choose, open: make(map[*net.TCPConn]bool)}
	r.done.Go(r.accept)
	return r, nil
}

// Addr returns the address to connect to.
func (r *Relay) Addr() string { return r.listener.Addr().String() }

// Close ends every connection and returns when all of the relay's goroutines have ended.
func (r *Relay) Close() {
	r.listener.Close()
	r.mu.Lock()
	r.closed = true
	for conn := range r.open {
		conn.Close()
	}
	r.mu.Unlock()
	r.done.Wait()
}

func (r *Relay) accept() {
	for n := 0; ; n++ {
		client, err := r.listener.AcceptTCP()
		if err != nil {
			return // closed
		}
		plan := r.choose(n)
		if r.keep(client) {
			r.done.Go(func() { r.serve(client, plan) })
		}
	}
}

// keep registers a connection for Close. It reports false, and closes the connection, after Close.
func (r *Relay) keep(conn *net.TCPConn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		conn.Close()
		return false
	}
	r.open[conn] = true
	return true
}

func (r *Relay) drop(conn *net.TCPConn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, conn)
	conn.Close()
}

// serve forwards one connection to its end.
func (r *Relay) serve(client *net.TCPConn, plan Plan) {
	defer r.drop(client)
	if plan.part == request && plan.n == 0 {
		r.breakOff(client, plan.how)
		return
	}
	conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", r.target)
	if err != nil {
		return
	}
	server, ok := conn.(*net.TCPConn)
	if !ok || !r.keep(server) {
		return
	}
	defer r.drop(server)
	var up sync.WaitGroup
	up.Go(func() {
		if r.pass(server, client, plan, request) {
			r.breakOff(client, plan.how)
			server.Close() // the response's direction ends too
		}
		server.CloseWrite()
	})
	if r.pass(client, server, plan, response) {
		r.breakOff(client, plan.how)
		server.Close()
	}
	if plan.part != request {
		client.CloseWrite()
	}
	up.Wait()
}

// pass forwards one direction, and reports whether the plan breaks the connection there.
func (r *Relay) pass(to, from *net.TCPConn, plan Plan, direction part) bool {
	// Between two sockets io.Copy would splice through pipes, which the runtime keeps open for
	// later: a test that counts descriptors would find them.
	out := struct{ io.Writer }{to}
	if plan.part != direction {
		_, _ = io.Copy(out, from) // either end may close at any time
		return false
	}
	if _, err := io.CopyN(out, from, plan.n); err != nil || direction == request {
		return err == nil
	}
	_, err := io.ReadFull(from, make([]byte, 1))
	return err == nil
}

// breakOff breaks the client's connection and returns when that is done.
func (r *Relay) breakOff(client *net.TCPConn, how How) {
	switch how {
	case Reset:
		client.SetLinger(0)
		client.Close()
		return
	case End:
		client.CloseWrite()
	case Stall:
	}
	_, _ = io.Copy(io.Discard, client) // until the client closes it, or Close does
}
