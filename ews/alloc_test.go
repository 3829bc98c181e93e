package ews_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
)

// parrot listens on loopback and responds to every request on a connection with the same bytes,
// after it has called hold. It allocates nothing per request, so all counted allocations are the
// client's.
func parrot(t testing.TB, response string, hold func()) (endpoint string, connections *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // ends with the test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	connections = new(atomic.Int64)
	whole := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\n"+
		"request-id: 5d3c1a2b-0000-4000-8000-000000000000\r\nContent-Length: %d\r\n\r\n%s", len(response), response)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			go repeat(conn, []byte(whole), hold)
		}
	}()
	return "http://" + listener.Addr().String() + "/EWS/Exchange.asmx", connections
}

// repeat responds to requests, each of which ends in </soap:Envelope>, with a group of another id
// each time.
func repeat(conn net.Conn, response []byte, hold func()) {
	defer conn.Close()
	id := bytes.Index(response, []byte(` Id="`)) + 40
	end := []byte("</soap:Envelope>")
	buffer := make([]byte, 64<<10)
	n := 0
	for {
		k, err := conn.Read(buffer[n:])
		if err != nil {
			return
		}
		if n += k; bytes.HasSuffix(buffer[:n], end) {
			n = 0
			hold()
			response[id]++
			if response[id] > 'Z' || response[id] < 'A' {
				response[id] = 'A'
			}
			if _, err := conn.Write(response); err != nil {
				return
			}
		}
	}
}

// cost returns allocations and bytes of one run.
func cost(t testing.TB, runs int, f func()) (allocations, size float64) {
	t.Helper()
	for range 50 {
		f() // fill pools, open the connection
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range runs {
		f()
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / float64(runs),
		float64(after.TotalAlloc-before.TotalAlloc) / float64(runs)
}

// floorTransport is the transport that a careful user of net/http would make.
func floorTransport() *http.Transport {
	return &http.Transport{MaxIdleConnsPerHost: 100}
}

// TestCall_Cost bounds the cost of a whole call beyond a bare POST of ready-made bytes.
//
//nolint:paralleltest // counts allocations
func TestCall_Cost(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates too")
	}
	endpoint, _ := parrot(t, fixture(t, "responses", "add_im_group.xml"), func() {})
	request := []byte(fixture(t, "AddImGroup", "default.golden.xml"))
	bare := &http.Client{Transport: floorTransport()}
	post := func() {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, bytes.NewReader(request))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "text/xml; charset=utf-8")
		res, err := bare.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
	}
	client, err := ews.NewClient(endpoint, &ews.Options{HTTPClient: &http.Client{Transport: floorTransport()}})
	if err != nil {
		t.Fatal(err)
	}
	call := func() {
		if _, err := client.AddImGroup(t.Context(), "Sales"); err != nil {
			t.Fatal(err)
		}
	}
	// The best of up to 50 rounds: on a busy machine pools lose more of what they hold.
	floorAllocs, floorBytes, allocs, size := math.Inf(1), math.Inf(1), math.Inf(1), math.Inf(1)
	for range 50 {
		n, b := cost(t, 500, post)
		floorAllocs, floorBytes = min(floorAllocs, n), min(floorBytes, b)
		n, b = cost(t, 500, call)
		allocs, size = min(allocs, n), min(size, b)
		if allocs-floorAllocs < 3.5 && size-floorBytes <= 700 {
			break
		}
	}
	t.Logf("a call over a bare POST: %+.1f allocations, %+.0f bytes", allocs-floorAllocs, size-floorBytes)
	if allocs-floorAllocs >= 3.5 || size-floorBytes > 700 {
		t.Error("want at most +3 allocations and +700 bytes")
	}
}

// TestList_Cost holds what decoding a list of 1,000 contacts allocates, in bytes of the document.
//
//nolint:paralleltest // counts allocations
func TestList_Cost(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates too")
	}
	list := envelope(replaceOnce(emptyListResponse, "<m:ImItemList/>",
		"<m:ImItemList>"+fullList(t, 64, 1000)+"</m:ImItemList>"))
	w := &wire{}
	w.respond = func(int, *http.Request) (*http.Response, error) {
		w.sent = nil
		return response(http.StatusOK, list), nil
	}
	client := connect(t, once(w))
	_, size := cost(t, 20, func() {
		if _, err := client.GetImItemList(t.Context(), imgroup.ListQuery{}); err != nil {
			t.Fatal(err)
		}
	})
	ratio := size / float64(len(list))
	t.Logf("a list of %d bytes: %.2f bytes allocated for each", len(list), ratio)
	if ratio > 1.2 {
		t.Error("want at most 1.2")
	}
}

// TestConnections_Warm holds that 64 workers which have their connections open no further ones.
//
//nolint:paralleltest // counts connections under load
func TestConnections_Warm(t *testing.T) {
	const workers = 64
	var asked atomic.Int64
	all := make(chan struct{})
	endpoint, connections := parrot(t, fixture(t, "responses", "add_im_group.xml"), func() {
		if asked.Add(1) == workers {
			close(all)
		}
		<-all
	})
	client, err := ews.NewClient(endpoint, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	round := func(calls int) {
		var wg sync.WaitGroup
		barrier := make(chan struct{})
		for i := range workers {
			wg.Go(func() {
				<-barrier
				own := client.Impersonate(ews.SMTP(fmt.Sprintf("user%d@contoso.com", i)))
				for range calls {
					if _, err := own.AddImGroup(t.Context(), "Sales"); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		close(barrier)
		wg.Wait()
	}
	round(1) // the server responds when all 64 have asked
	if got := connections.Load(); got != workers {
		t.Fatalf("%d connections for %d workers", got, workers)
	}
	// On a busy machine, net/http sometimes drops a connection whose response came before the
	// request was known to be written.
	var opened int64
	for range 5 {
		before := connections.Load()
		round(20)
		if opened = connections.Load() - before; opened == 0 {
			return
		}
	}
	t.Errorf("%d new connections for %d workers that have theirs", opened, workers)
}
