package ewstest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// maxRequest bounds the body of a request. IIS in front of Exchange takes 64 MB as a rule; nothing
// that a test sends comes near.
const maxRequest = 16 << 20

// ServeHTTP serves /EWS/Exchange.asmx, the root as the same, and the paths of Autodiscover; every other
// path is not found. A dropped or cut response ends the connection by [http.ErrAbortHandler], which a server does not log.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		return // the client went away in the middle of its request
	}
	resp := s.serve(r, body)
	if resp.lost != nil {
		abort()
	}
	h := w.Header()
	maps.Copy(h, resp.header)
	h.Set("Content-Length", strconv.Itoa(resp.size))
	w.WriteHeader(resp.status)
	_, err = w.Write(resp.body)
	if err != nil || !resp.cut() {
		return
	}
	if err := http.NewResponseController(w).Flush(); err != nil {
		return // without Flusher there is no connection to end early
	}
	abort()
}

// abort ends the connection without a word, as the documentation of http.Handler says.
func abort() {
	panic(http.ErrAbortHandler) //nolint:forbidigo // net/http's way to drop a connection, HTTP/2 included
}

// Start listens on a free port of the loopback interface and returns the endpoint,
// http://127.0.0.1:PORT/EWS/Exchange.asmx, and what ends it: stop closes every connection and may be
// called more than once. Several listeners share one server's mailboxes.
//
// Where no port can be had, Start panics, as httptest.NewServer does.
func (s *Server) Start() (endpoint string, stop func()) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		//nolint:forbidigo // a machine without loopback runs no test; an error would burden every caller
		panic(fmt.Sprintf("ewstest: no port on the loopback interface: %v", err))
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 30 * time.Second}
	var done sync.WaitGroup
	done.Go(func() { _ = server.Serve(listener) }) // always http.ErrServerClosed, by stop
	return "http://" + listener.Addr().String() + "/EWS/Exchange.asmx", func() {
		_ = server.Close() // the listener's error would say that it was closed already
		done.Wait()
	}
}
