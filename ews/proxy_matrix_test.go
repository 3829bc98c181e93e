package ews_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/imgroup"
)

// The proxy matrix sends a write and a read through every front in the environment, in each of the
// troubles below, over HTTP/1.1 and HTTP/2. The head of ../../shared/peers/proxies.sh describes the
// proxies:
//
//	proxies.sh -- go test -parallel 64 -run TestPeer_Proxies ./ews
//
// The server behind the proxies is the Exchange of package ewstest. It listens at
// EWS_PROXY_BACKEND, counts requests and executions, and troubles the first request of each call.

// A trouble is the fate of the first request of a call.
type trouble string

const (
	none trouble = "none"
	dies trouble = "dies" // executed, then the connection ends without a response
	slow trouble = "slow" // executed, the response comes after the proxies' short timeout
	cuts trouble = "cuts" // executed, half of the response comes
	busy trouble = "busy" // not executed: ErrorServerBusy
)

// proxyAttempts bounds the attempts of a call. proxyWait is the longest wait between two of them:
// longer than the Retry-After of nginx here, shorter than that of Varnish.
const (
	proxyAttempts = 2
	proxyWait     = 2 * time.Second
)

// A proxyCall is a call of the matrix and its result.
type proxyCall struct {
	front   string
	op      string // write or read
	trouble trouble
	id      string // the first part of the request's path

	err      error
	attempts int
	requests int // at the backend
	http2    bool
}

func TestPeer_Proxies(t *testing.T) {
	t.Parallel()
	fronts := strings.Fields(os.Getenv("EWS_PROXY_FRONTS"))
	if len(fronts) == 0 {
		t.Skip("no proxies: set EWS_PROXY_FRONTS, as proxies.sh does")
	}
	backend := listenBehindProxies(t)
	transports := proxyTransports(t, append(fronts, "FORWARD", "TUNNEL_H2"))
	var (
		mu    sync.Mutex
		calls []*proxyCall
	)
	t.Run("fronts", func(t *testing.T) {
		for front, transport := range transports {
			t.Run(front, func(t *testing.T) {
				t.Parallel()
				for i, c := range matrixOf(front) {
					// In the first half each call has a new connection, in the second none has.
					if i < len(troubles)*2 {
						transport.CloseIdleConnections()
					}
					backend.call(t, transport, c)
					backend.check(t, c)
					mu.Lock()
					calls = append(calls, c)
					mu.Unlock()
				}
			})
		}
	})
	checkProxyLogs(t, calls)
	if !t.Failed() {
		t.Logf("%d calls through %d fronts: no write executed twice, requests on the wire = attempts",
			len(calls), len(transports))
	}
}

var troubles = []trouble{none, dies, slow, cuts, busy}

// matrixOf lists the calls of a front: everything twice.
func matrixOf(front string) []*proxyCall {
	var calls []*proxyCall
	for round := range 2 {
		for _, trouble := range troubles {
			for _, op := range []string{"write", "read"} {
				id := fmt.Sprintf("%s-%s-%s-%d", strings.ToLower(front), op, trouble, round)
				calls = append(calls, &proxyCall{front: front, op: op, trouble: trouble, id: id})
			}
		}
	}
	return calls
}

// passes reports whether the front lets every request through to the backend, and its SOAP faults
// through to the client.
func (c *proxyCall) passes() bool {
	for _, closed := range []string{"_444", "_DOWN", "_LIMIT_"} {
		if strings.Contains(c.front, closed) {
			return false
		}
	}
	return !strings.Contains(c.front, "503_ALL") || c.trouble != busy
}

// overHTTP2 reports whether the client and the front speak HTTP/2.
func (c *proxyCall) overHTTP2() bool { return strings.HasSuffix(c.front, "_H2") }

// proxyTransports returns a transport for each front. It connects to the front for any host of a
// URL.
func proxyTransports(t *testing.T, fronts []string) map[string]*http.Transport {
	t.Helper()
	pem, err := os.ReadFile(os.Getenv("EWS_PROXY_CA"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatal("EWS_PROXY_CA holds no certificate")
	}
	forward := must[*url.URL](t)(url.Parse(os.Getenv("EWS_PROXY_FORWARD")))
	transports := make(map[string]*http.Transport)
	for _, front := range fronts {
		transport := &http.Transport{
			ForceAttemptHTTP2: true,
			TLSClientConfig:   &tls.Config{RootCAs: roots},
		}
		if front == "FORWARD" || front == "TUNNEL_H2" {
			transport.Proxy = http.ProxyURL(forward)
		}
		t.Cleanup(transport.CloseIdleConnections)
		transports[front] = transport
	}
	return transports
}

// originOf returns where the front of that name is reached.
func originOf(front string) string {
	switch front {
	case "FORWARD": // by a proxy that is named in the transport
		return os.Getenv("EWS_PROXY_BACKEND")
	case "TUNNEL_H2":
		return os.Getenv("EWS_PROXY_NGINX_H2")
	}
	return os.Getenv("EWS_PROXY_" + front)
}

// proxyBackend is the server behind the proxies.
type proxyBackend struct {
	exchange, overloaded *ewstest.Server

	mu       sync.Mutex
	requests map[string]int // by the id of the call
	executed map[string]int
}

// mailboxHeader names the mailbox of a request to the fake.
const mailboxHeader = "X-Proxy-Matrix-Mailbox"

func listenBehindProxies(t *testing.T) *proxyBackend {
	t.Helper()
	b := &proxyBackend{requests: make(map[string]int), executed: make(map[string]int)}
	mailbox := func(r *http.Request) string { return r.Header.Get(mailboxHeader) }
	b.exchange = ewstest.NewServer(&ewstest.Options{User: mailbox})
	b.overloaded = ewstest.NewServer(&ewstest.Options{Intercept: func(ewstest.Request) error {
		return &ews.Error{Code: ews.ErrorServerBusy, Details: map[string]string{"BackOffMilliseconds": "20"}}
	}})
	address := strings.TrimPrefix(os.Getenv("EWS_PROXY_BACKEND"), "http://")
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: b, ReadHeaderTimeout: time.Minute, ErrorLog: quiet()}
	var done sync.WaitGroup
	done.Go(func() { _ = server.Serve(listener) }) // ends with the server
	t.Cleanup(func() {
		_ = server.Close() // the test is over
		done.Wait()
	})
	return b
}

// ServeHTTP serves a request for /ID/EWS/Exchange.asmx.
func (b *proxyBackend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	r.URL.Path = "/" + path
	r.Header.Set(mailboxHeader, id+"@example.com")
	b.mu.Lock()
	b.requests[id]++
	first := b.requests[id] == 1
	b.mu.Unlock()
	does := func(trouble trouble) bool { return first && strings.Contains(id, "-"+string(trouble)+"-") }
	if does(busy) {
		b.overloaded.ServeHTTP(w, r)
		return
	}
	response := httptest.NewRecorder()
	b.exchange.ServeHTTP(response, r)
	b.mu.Lock()
	b.executed[id]++
	b.mu.Unlock()
	body := response.Body.Bytes()
	switch {
	case does(dies):
		panic(http.ErrAbortHandler)
	case does(slow):
		waitBeyondTimeout(r.Context())
	case does(cuts):
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		body = body[:len(body)/2]
	}
	w.Header().Set("Content-Type", response.Header().Get("Content-Type"))
	w.WriteHeader(response.Code)
	_, _ = w.Write(body) // the proxy may have timed out
}

// waitBeyondTimeout waits until a proxy with the short timeout has timed out, no longer than for
// three of them: a proxy with a longer one gets its response then.
func waitBeyondTimeout(ctx context.Context) {
	short, err := strconv.Atoi(os.Getenv("EWS_PROXY_TIMEOUT"))
	if err != nil {
		short = 1
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Duration(short)*time.Second)
	defer cancel()
	<-ctx.Done()
}

// call sends the call through its front.
func (b *proxyBackend) call(t *testing.T, transport *http.Transport, c *proxyCall) {
	t.Helper()
	protocol := &protocolNoter{base: transport}
	client := must[*ews.Client](t)(ews.NewClient(originOf(c.front)+"/"+c.id+"/EWS/Exchange.asmx", &ews.Options{
		HTTPClient: &http.Client{Transport: protocol, Timeout: 30 * time.Second},
		Retry:      ews.RetryPolicy{MaxAttempts: proxyAttempts, MaxWait: proxyWait},
	}))
	var info ews.ResponseInfo
	ctx := ews.WithResponseInfo(t.Context(), &info)
	if c.op == "write" {
		_, c.err = client.AddImGroup(ctx, "Sales")
	} else {
		_, c.err = client.GetImItemList(ctx, imgroup.ListQuery{})
	}
	c.attempts, c.http2 = info.Attempts, protocol.http2
}

// protocolNoter notes whether a response came over HTTP/2.
type protocolNoter struct {
	base  http.RoundTripper
	http2 bool
}

func (n *protocolNoter) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := n.base.RoundTrip(r)
	if err == nil {
		n.http2 = res.ProtoMajor == 2
	}
	return res, err
}

// check holds a call against what the backend counted.
func (b *proxyBackend) check(t *testing.T, c *proxyCall) {
	t.Helper()
	b.mu.Lock()
	c.requests = b.requests[c.id]
	executed := b.executed[c.id]
	b.mu.Unlock()
	bad := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s: %s\n%d attempts, %d requests at the backend, %d executed, error: %v",
			c.id, fmt.Sprintf(format, args...), c.attempts, c.requests, executed, c.err)
	}
	unknown := errors.Is(c.err, ews.ErrOutcomeUnknown)
	switch {
	case c.op == "write" && executed > 1:
		bad("a write was executed twice")
	case c.op == "write" && executed == 1 && c.err != nil && !unknown:
		bad("the error does not say that the outcome is unknown")
	case c.op == "write" && executed == 0 && c.err == nil:
		bad("success of a write that was not executed")
	case c.op == "read" && unknown:
		bad("a read has no outcome that matters")
	case c.attempts < 1 || c.attempts > proxyAttempts:
		bad("%d attempts, want 1 to %d", c.attempts, proxyAttempts)
	case c.passes() && c.requests != c.attempts, c.requests > c.attempts:
		bad("requests differ from attempts")
	case c.err != nil && kindOfError(c.err) == "":
		bad("an error without a type: %T", c.err)
	case c.err == nil && c.http2 != c.overHTTP2():
		bad("HTTP/2 is %t", c.http2)
	}
	if c.mustSucceed() && c.err != nil {
		bad("the call failed")
	}
}

// mustSucceed reports whether the trouble is one that the call survives: none, one that says that
// nothing was done, or any trouble of a read, unless the front asks for a longer wait.
func (c *proxyCall) mustSucceed() bool {
	if !c.passes() {
		return false
	}
	if after, ok := ews.RetryAfter(c.err); ok && after > proxyWait {
		return false
	}
	return c.trouble == none || c.trouble == busy || c.op == "read"
}
