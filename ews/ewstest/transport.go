package ewstest

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/go-ews/exchange/internal/inprocess"
)

// maxRequest bounds the body of a request. IIS in front of Exchange accepts 64 MB as a rule.
const maxRequest = 16 << 20

// ServeHTTP serves /EWS/Exchange.asmx, the root as the same, and the paths of Autodiscover; every
// other path is not found. A dropped or cut response ends the connection by [http.ErrAbortHandler],
// which a server does not log.
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
	if resp.failure != nil {
		abort()
	}
	h := w.Header()
	maps.Copy(h, resp.header)
	h.Set("Content-Length", strconv.Itoa(resp.size))
	w.WriteHeader(resp.status)
	if _, err = w.Write(resp.body); err != nil || len(resp.body) == resp.size {
		return
	}
	if err := http.NewResponseController(w).Flush(); err == nil { // else there is no connection to end
		abort()
	}
}

// abort ends the connection without a word, as the documentation of http.Handler says.
func abort() {
	panic(http.ErrAbortHandler) //nolint:forbidigo // net/http's way to drop a connection, HTTP/2 included
}

// Start listens on a free port of the loopback interface and returns the endpoint,
// http://127.0.0.1:PORT/EWS/Exchange.asmx, and stop, which closes every connection and may be called
// more than once. Several listeners share one server's mailboxes.
//
// Where no port can be had, Start panics, as httptest.NewServer does.
func (s *Server) Start() (endpoint string, stop func()) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		misuse("no port on the loopback interface: %v", err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 30 * time.Second}
	var done sync.WaitGroup
	done.Go(func() { _ = server.Serve(listener) }) // always http.ErrServerClosed, by stop
	return "http://" + listener.Addr().String() + endpointPath, func() {
		_ = server.Close() // the listener may be closed already
		done.Wait()
	}
}

// RoundTrip responds to a request without any network, in the caller's goroutine. It behaves as an
// *http.Transport would: it closes the request's body, ends with the request's context, and calls
// the hooks of [net/http/httptrace]. A dropped connection is [io.EOF], a response that is cut ends in
// [io.ErrUnexpectedEOF]. The request itself is neither changed nor kept.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	return inprocess.RoundTrip(r, maxRequest, func(r *http.Request, body []byte) inprocess.Response {
		resp := s.serve(r, body)
		return inprocess.Response{
			Status: resp.status, Header: resp.header, Body: resp.body, Size: resp.size,
			Err: resp.failure, Executed: resp.executed,
		}
	})
}
