package ews_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/go-ews/exchange/ews"
)

const clientRequestID = "client-request-id"

// Every attempt has a new id: a UUID of version 4 (RFC 9562, section 5.4), which begins as all of
// the process do.
func TestRequestID_Form(t *testing.T) {
	t.Parallel()
	w := soapResponse(http.StatusOK, groupResponse)
	client, other := connect(t, once(w)), connect(t, once(w))
	for range 100 {
		for _, c := range []*ews.Client{client, other} {
			if err := addGroup(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
	}
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	ids, beginnings := map[string]bool{}, map[string]bool{}
	for _, r := range w.requests() {
		id := r.header.Get(clientRequestID)
		if !form.MatchString(id) {
			t.Fatalf("%q is no UUID of version 4", id)
		}
		ids[id], beginnings[id[:18]] = true, true
	}
	if len(ids) != 200 || len(beginnings) != 1 {
		t.Errorf("%d ids with %d beginnings", len(ids), len(beginnings))
	}
}

// A response that echoes the id of another attempt of this process belongs to another request. An
// id that something on the way made up, or none, says nothing.
func TestRequestID_Echo(t *testing.T) {
	t.Parallel()
	var earlier string
	w := &wire{respond: func(_ int, r *http.Request) (*http.Response, error) {
		earlier = r.Header.Get(clientRequestID)
		return response(http.StatusOK, envelope(groupResponse)), nil
	}}
	if err := addGroup(t.Context(), connect(t, once(w))); err != nil {
		t.Fatal(err)
	}
	type ids = []string
	for name, tt := range map[string]struct {
		echo    func(own string) ids
		refused bool
	}{
		"none":                {func(string) ids { return nil }, false},
		"empty":               {func(string) ids { return ids{""} }, false},
		"its own":             {func(own string) ids { return ids{own} }, false},
		"its own, capitals":   {func(own string) ids { return ids{strings.ToUpper(own)} }, false},
		"made up on the way":  {func(string) ids { return ids{"b7a3c1f0-5d2e-4c7b-9f00-1234567890ab"} }, false},
		"of another form":     {func(own string) ids { return ids{own[:18] + "x"} }, false},
		"another's and own":   {func(own string) ids { return ids{earlier, own} }, false},
		"another's":           {func(string) ids { return ids{earlier} }, true},
		"another's, capitals": {func(string) ids { return ids{strings.ToUpper(earlier)} }, true},
	} {
		for status, kind := range map[int]string{200: "", 401: "HTTPError", 429: "HTTPError"} {
			t.Run(fmt.Sprintf("%s/%d", name, status), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					echo := func(r *http.Request) (*http.Response, error) {
						res, err := done(r)
						if err == nil && status != http.StatusOK {
							res, err = responding(status, "")(r)
						}
						if err == nil {
							res.Header["Client-Request-Id"] = tt.echo(r.Header.Get(clientRequestID))
						}
						return res, err
					}
					opts := func() *ews.Options { return &ews.Options{Retry: ews.RetryPolicy{MaxAttempts: 1}} }
					write := addGroup(t.Context(), script(echo).client(t, opts()))
					reader := script(echo)
					read := getItemList(t.Context(), reader.client(t, nil))
					switch {
					case !tt.refused && (kindOfError(write) != kind):
						t.Errorf("%v", write)
					case tt.refused && (kindOfError(write) != "TransportError" || !errors.Is(write, ews.ErrOutcomeUnknown)):
						t.Errorf("write: %v", write)
					case tt.refused && (kindOfError(read) != "TransportError" || len(reader.seen()) != 1):
						t.Errorf("read, sent %d times: %v", len(reader.seen()), read)
					}
				})
			})
		}
	}
}

// A server that responds twice to each request: no call takes the response of another.
func TestRequestID_ServerRespondsTwice(t *testing.T) {
	t.Parallel()
	endpoint, _ := serveRaw(t, func(request string, _ int) string {
		_, id, _ := strings.Cut(request, "Client-Request-Id: ")
		id, _, _ = strings.Cut(id, "\r\n")
		_, name, _ := strings.Cut(request, "<m:DisplayName>")
		name, _, _ = strings.Cut(name, "<")
		body := enveloped(strings.Replace(scriptGroup, "Sales", name, 1))
		one := fmt.Sprintf("HTTP/1.1 200 OK\r\nclient-request-id: %s\r\nContent-Type: text/xml\r\n"+
			"Content-Length: %d\r\n\r\n%s", id, len(body), body)
		return one + one
	})
	client, err := ews.NewClient(endpoint, &ews.Options{Retry: ews.RetryPolicy{MaxAttempts: 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	var workers sync.WaitGroup
	for worker := range 8 {
		workers.Go(func() {
			for n := range 50 {
				name := fmt.Sprintf("Group %d of %d", n, worker)
				group, err := client.AddImGroup(t.Context(), name)
				if err == nil && group.DisplayName != name {
					t.Errorf("%s got the response for %s", name, group.DisplayName)
				}
				if err != nil && !errors.Is(err, ews.ErrOutcomeUnknown) {
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
}

// A connection on which another request's response came is not used again: all later responses on it
// would be those of others too.
func TestRequestID_ConnectionIsDropped(t *testing.T) {
	t.Parallel()
	var earlier atomic.Value
	endpoint, connections := serveRaw(t, func(request string, n int) string {
		_, id, _ := strings.Cut(request, "Client-Request-Id: ")
		id, _, _ = strings.Cut(id, "\r\n")
		if n == 0 {
			earlier.Store(id)
		}
		body := enveloped(scriptGroup)
		return fmt.Sprintf("HTTP/1.1 200 OK\r\nclient-request-id: %s\r\nContent-Length: %d\r\n\r\n%s", earlier.Load(), len(body), body)
	})
	client, err := ews.NewClient(endpoint, &ews.Options{Retry: ews.RetryPolicy{MaxAttempts: 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	for n, refused := range []bool{false, true, false, true} {
		if err := addGroup(t.Context(), client); (err != nil) != refused {
			t.Errorf("call %d: %v", n, err)
		}
	}
	if got := connections.Load(); got != 2 {
		t.Errorf("%d connections, want one for each two calls", got)
	}
}

// serveRaw listens on loopback and responds to the n-th request on a connection with what respond
// returns.
func serveRaw(t *testing.T, respond func(request string, n int) string) (endpoint string, connections *atomic.Int64) {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	connections = new(atomic.Int64)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			go serveConn(conn, respond)
		}
	}()
	return "http://" + listener.Addr().String() + "/EWS/Exchange.asmx", connections
}

func serveConn(conn net.Conn, respond func(request string, n int) string) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for n := 0; ; n++ {
		var request strings.Builder
		for !strings.HasSuffix(request.String(), "</soap:Envelope>") {
			b, err := in.ReadByte()
			if err != nil {
				return
			}
			request.WriteByte(b)
		}
		if _, err := io.WriteString(conn, respond(request.String(), n)); err != nil {
			return
		}
	}
}

// A RoundTripper that edits the request in place harms only its own request.
func TestRequest_EditedInPlace(t *testing.T) {
	t.Parallel()
	w := soapResponse(http.StatusOK, groupResponse)
	client := connect(t, once(roundTripper(func(r *http.Request) (*http.Response, error) {
		r.Header.Add("Accept", "application/soap+xml")
		res, err := w.RoundTrip(r)
		r.URL.Scheme, r.URL.Host, r.URL.Path, r.URL.RawQuery = "ftp", "elsewhere.test", "/", "x=y"
		r.Host, r.Method = "elsewhere.test", http.MethodGet
		for _, values := range r.Header {
			values[0] = "edited"
		}
		clear(r.Header)
		return res, err
	}))).Impersonate(ews.SMTP("anna@contoso.com"))
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for range 10 {
				if err := addGroup(t.Context(), client); err != nil {
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
	for _, r := range w.requests() {
		if r.url != endpoint || r.method != http.MethodPost || len(r.header) != 7 ||
			r.header.Get("Return-Client-Request-Id") != "true" || strings.Contains(fmt.Sprint(r.header), "edited") {
			t.Fatalf("%s %s %v", r.method, r.url, r.header)
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
