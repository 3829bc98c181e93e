package ewstest

import (
	"context"
	"net"
	"net/http"
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
	inprocess.Serve(w, r, maxRequest, s.serve)
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
	return inprocess.RoundTrip(r, maxRequest, s.serve)
}
