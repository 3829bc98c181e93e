package ewstest

import (
	"context"
	"net"
	"net/http/httptrace"
)

// trace calls the hooks of httptrace that tell how far a request came. The zero value calls none.
type trace struct{ hooks httptrace.ClientTrace }

func traceOf(ctx context.Context) trace {
	if t := httptrace.ContextClientTrace(ctx); t != nil {
		return trace{*t}
	}
	return trace{}
}

func (t trace) getConn(hostPort string) {
	if t.hooks.GetConn != nil {
		t.hooks.GetConn(hostPort)
	}
}

// sent tells that a connection was had and the request went over it. There is no connection, but a
// hook may want to look at one.
func (t trace) sent() {
	if t.hooks.GotConn != nil {
		conn, _ := net.Pipe()
		t.hooks.GotConn(httptrace.GotConnInfo{Conn: conn, Reused: true, WasIdle: true})
	}
	if t.hooks.WroteHeaders != nil {
		t.hooks.WroteHeaders()
	}
	if t.hooks.WroteRequest != nil {
		t.hooks.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

func (t trace) firstByte() {
	if t.hooks.GotFirstResponseByte != nil {
		t.hooks.GotFirstResponseByte()
	}
}
