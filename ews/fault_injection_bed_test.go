package ews_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/internal/relay"
)

// bed is where faults are injected: a client, a relay, and behind it an Exchange whose responses
// a front end may spoil.
type bed struct {
	client   *ews.Client
	exchange *ewstest.Server
	relay    *relay.Relay

	done   chan struct{} // closed when Exchange has executed a request
	finish sync.Once

	mu    sync.Mutex
	spoil []front // of the next requests, one each; then none
	plans []relay.Plan
}

// front responds to a request in the place of Exchange, or after it: execute executes the request
// and returns the response that the client would have got.
type front func(w http.ResponseWriter, execute func() *httptest.ResponseRecorder)

// newBed starts a bed whose first connections go by the plans. It is not for tests that run in
// parallel with others: what it leaves behind is looked for in the whole process.
func newBed(t *testing.T, spoil []front, plans ...relay.Plan) *bed {
	t.Helper()
	b := &bed{exchange: ewstest.NewServer(nil), spoil: spoil, plans: plans, done: make(chan struct{})}
	server := httptest.NewServer(b)
	r, err := relay.Listen(server.Listener.Addr().String(), b.plan)
	if err != nil {
		t.Fatal(err)
	}
	b.relay = r
	transport := &http.Transport{MaxResponseHeaderBytes: 256 << 10}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		r.Close()
		server.CloseClientConnections()
		server.Close()
	})
	b.client = clientOver(t, "http://"+r.Addr(), transport)
	return b
}

// clientOver makes a client that waits for next to nothing between attempts.
func clientOver(t *testing.T, origin string, transport http.RoundTripper) *ews.Client {
	t.Helper()
	client, err := ews.NewClient(origin+"/EWS/Exchange.asmx", &ews.Options{
		HTTPClient: &http.Client{Transport: transport}, MaxResponseBytes: 1 << 20,
		Retry: ews.RetryPolicy{MaxWait: time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func (b *bed) plan(int) relay.Plan {
	b.mu.Lock()
	defer b.mu.Unlock()
	return shift(&b.plans)
}

// shift takes the first entry, the zero value if there is none.
func shift[T any](list *[]T) (first T) {
	if len(*list) > 0 {
		first, *list = (*list)[0], (*list)[1:]
	}
	return first
}

func (b *bed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	spoil := shift(&b.spoil)
	b.mu.Unlock()
	if spoil == nil {
		b.exchange.ServeHTTP(w, r)
		b.finish.Do(func() { close(b.done) })
		return
	}
	spoil(w, func() *httptest.ResponseRecorder {
		recorder := httptest.NewRecorder()
		b.exchange.ServeHTTP(recorder, r)
		return recorder
	})
}

// expiring returns a context whose deadline passes when Exchange has executed a request, so that no
// test depends on how fast that is.
func (b *bed) expiring(ctx context.Context) context.Context { return expiringContext{ctx, b.done} }

type expiringContext struct {
	context.Context
	done <-chan struct{}
}

func (c expiringContext) Done() <-chan struct{} { return c.done }

func (c expiringContext) Err() error {
	select {
	case <-c.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// executed counts the requests of an operation that reached Exchange.
func (b *bed) executed(op string) int {
	n := 0
	for _, r := range b.exchange.Requests() {
		if r.Op == op {
			n++
		}
	}
	return n
}

// leavings compares what the process has open now with what it has later. Nothing else may run.
type leavings struct{ goroutines, descriptors int }

func openNow(t *testing.T) leavings {
	t.Helper()
	closedPort(t) // the first use of the network opens descriptors for good
	l := leavings{goroutines: pprof.Lookup("goroutine").Count()}
	if runtime.GOOS == "linux" { // elsewhere, and under Wine, something else may have that name
		if entries, err := os.ReadDir("/proc/self/fd"); err == nil {
			l.descriptors = len(entries)
		}
	}
	return l
}

// check waits for what ends by itself, and fails if there is more than before. The limit is for
// what never ends: a busy machine takes its time.
func (l leavings) check(t *testing.T) {
	t.Helper()
	var now leavings
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); runtime.Gosched() {
		if now = openNow(t); now.goroutines <= l.goroutines && now.descriptors <= l.descriptors {
			return
		}
	}
	var stacks strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1) // to memory
	t.Errorf("left behind: %d goroutines, %d descriptors\n%s",
		now.goroutines-l.goroutines, now.descriptors-l.descriptors, stacks.String())
}

// wanted is what must come of a call that met a fault.
type wanted struct {
	kind     string // of the error, "" for success
	unknown  bool   // ErrOutcomeUnknown
	executed int    // requests that reached Exchange
}

func (b *bed) write(ctx context.Context) (wanted, error) {
	_, err := b.client.AddImGroup(ctx, "Sales")
	return wanted{kindOfError(err), errors.Is(err, ews.ErrOutcomeUnknown), b.executed("AddImGroup")}, err
}

func (b *bed) read(ctx context.Context) (wanted, error) {
	_, err := b.client.GetImItemList(ctx, imgroup.ListQuery{})
	return wanted{kindOfError(err), errors.Is(err, ews.ErrOutcomeUnknown), b.executed("GetImItemList")}, err
}

// closedPort returns an address at which nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return fmt.Sprint(listener.Addr())
}

// quiet discards the log of net/http's server, which has a line for every failed handshake.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
