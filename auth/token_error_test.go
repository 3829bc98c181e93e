package auth_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
)

// A tokenEndpoint sends the same response to each request and counts them.
type tokenEndpoint struct {
	status   int
	header   http.Header
	body     string
	requests atomic.Int32
}

func (e *tokenEndpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	e.requests.Add(1)
	_, _ = io.Copy(io.Discard, r.Body)
	_ = r.Body.Close()
	if r.GetBody != nil {
		return nil, errors.New("net/http could repeat this request by itself")
	}
	return &http.Response{
		StatusCode: e.status, Header: e.header.Clone(), Body: io.NopCloser(strings.NewReader(e.body)), Request: r,
	}, nil
}

// source asks the endpoint for tokens, with the AuthStyle that people leave at zero.
func (e *tokenEndpoint) source() auth.TokenSource {
	return viaClient{auth.ClientCredentials(clientcredentials.Config{
		ClientID: "id", ClientSecret: "s3cret", TokenURL: "https://login.example/token",
	}, nil), &http.Client{Transport: e}}
}

// viaClient is a source with an HTTP client in its context.
type viaClient struct {
	source auth.TokenSource
	client *http.Client
}

func (s viaClient) Token(ctx context.Context, claims string) (*oauth2.Token, error) {
	return s.source.Token(context.WithValue(ctx, oauth2.HTTPClient, s.client), claims)
}

func header(contentType string, more ...string) http.Header {
	h := http.Header{"Content-Type": {contentType}}
	for i := 0; i < len(more); i += 2 {
		h.Set(more[i], more[i+1])
	}
	return h
}

// packed returns the text in gzip.
func packed(text string) string {
	var b strings.Builder
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	return b.String()
}

const wrongSecret = `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client\nsecret provided."}`

const wrongSecretText = "HTTP %d: invalid_client: AADSTS7000215: Invalid client secret provided."

// TestTokenEndpoint_Explained: the text has the code and description of the endpoint, never a body.
func TestTokenEndpoint_Explained(t *testing.T) {
	t.Parallel()
	const html = "<!DOCTYPE html><html><title>body-text</title></html>"
	for _, c := range []struct {
		name      string
		status    int
		header    http.Header
		body      string
		want      string
		permanent bool
	}{
		{"OAuth", 401, header("application/json; charset=utf-8"), wrongSecret, fmt.Sprintf(wrongSecretText, 401), true},
		{"JSON as text/plain", 400, header("text/plain; charset=utf-8"), wrongSecret, fmt.Sprintf(wrongSecretText, 400), true},
		{"JSON as text/html", 400, header("text/html"), "\ufeff \r\n" + wrongSecret, fmt.Sprintf(wrongSecretText, 400), true},
		{"JSON without a type", 400, http.Header{}, wrongSecret, fmt.Sprintf(wrongSecretText, 400), true},
		{
			"a form as text/plain", 400, header("text/plain"), "error=unauthorized_client&error_description=not+for+you",
			"HTTP 400: unauthorized_client: not for you", true,
		},
		{"an error with status 200", 200, header("application/json"), `{"error":"invalid_scope"}`, "HTTP 200: invalid_scope", true},
		{"invalid_grant", 400, header("application/json"), `{"error":"invalid_grant"}`, "HTTP 400: invalid_grant", true},
		{
			"an error that is an object", 403, header("application/json"),
			`{"error":{"code":"Forbidden","message":"not from here"}}`, "HTTP 403: Forbidden: not from here", false,
		},
		{
			"a description of another type", 401, header("application/json"),
			`{"error_description":{"body-text":1},"error":"invalid_client","access_token":7}`, "HTTP 401: invalid_client", true,
		},
		{
			"hostile", 400, header("application/json"), `{"error":"invalid_grant","error_description":"a\u202eb\u009bc\u001b[2Jd"}`,
			"invalid_grant: a\ufffdb\ufffdc\ufffd[2Jd", true,
		},
		{
			"an error with a number", 401, header("application/json"),
			`{"error":{"code":401,"message":"Invalid client","status":"UNAUTHENTICATED"}}`, "HTTP 401: Invalid client", false,
		},
		{
			"a list of errors", 400, header("application/json"), `{"error":[7],"error_description":"not for you"}`,
			"HTTP 400: not for you", false,
		},
		{"a description alone", 400, header("application/json"), `{"error_description":"not for you"}`, "HTTP 400: not for you", false},
		{
			"packed", 401, header("application/json", "Content-Encoding", "x-gzip"), packed(wrongSecret), fmt.Sprintf(wrongSecretText, 401),
			true,
		},
		{"not packed", 401, header("application/json", "Content-Encoding", "gzip"), "body-text", "HTTP 401 with an empty body", false},
		{
			"lines that JSON forbids", 401, header("application/json"),
			"{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: Invalid client\r\nsecret\x1aprovided.\"}\x00",
			"invalid_client: AADSTS7000215: Invalid client secret\ufffdprovided.", true,
		},
		{"a list", 400, header("application/json"), `[{"error":"body-text"}]`, "of application/json instead of a token", false},
		{"transient", 503, header("application/json"), `{"error":"temporarily_unavailable"}`, "HTTP 503: temporarily_unavailable", false},
		{"HTML", 200, header("text/html"), html, "HTTP 200 with an HTML page instead of a token; check the token URL", false},
		{"HTML as JSON", 502, header("application/json"), html, "HTTP 502 with an HTML page", false},
		{"plain text", 503, header("text/plain"), "body-text", "HTTP 503 with 9 bytes of text/plain instead of a token", false},
		{"plain text that is no form", 200, header("text/plain"), "100% body-text;", "of text/plain", false},
		{"a redirect", 302, header("text/html", "Location", "https://body-text.example/"), "", "a redirect, which is not followed", false},
		{"nothing", 200, header("application/json"), "", "HTTP 200 with an empty body", false},
		{"JSON of something else", 200, header("application/json"), `{"body-text":1}`, "neither a token nor an OAuth error", false},
		{"broken JSON", 200, header("application/json"), `{"access_token":"body-text"`, "neither a token nor an OAuth error", false},
		{"too many", 429, header("text/html"), html, "HTTP 429: too many requests", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			endpoint := &tokenEndpoint{status: c.status, header: c.header, body: c.body}
			err := call(t, endpoint.source())
			e, ok := errors.AsType[*auth.Error](err)
			if !ok || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "body-text") ||
				strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "\n") {
				t.Fatalf("error %v\nwant  %q", err, c.want)
			}
			if e.Permanent() != c.permanent || !e.NotSent() {
				t.Errorf("permanent %v, not sent %v: %v", e.Permanent(), e.NotSent(), err)
			}
			if _, ok := errors.AsType[*oauth2.RetrieveError](err); !ok {
				t.Error("the *oauth2.RetrieveError is out of reach")
			}
			if n := endpoint.requests.Load(); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
}

// call makes one request with a token of the source.
func call(t *testing.T, source auth.TokenSource) error {
	t.Helper()
	tr, err := auth.Bearer(unreached{t}, source, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://mail.example/EWS/Exchange.asmx", strings.NewReader("x"))
	resp, err := tr.RoundTrip(r)
	if err == nil {
		_ = resp.Body.Close()
		t.Fatal("no error")
	}
	return err
}

// unreached is a server that no request may reach.
type unreached struct{ t *testing.T }

func (u unreached) RoundTrip(*http.Request) (*http.Response, error) {
	u.t.Error("a request without a token")
	return nil, errors.New("unreached")
}

// TestTokenEndpoint_FinalForAll: one request for any number of calls, and no retry.
func TestTokenEndpoint_FinalForAll(t *testing.T) {
	t.Parallel()
	endpoint := &tokenEndpoint{status: 401, header: header("application/json"), body: wrongSecret}
	client := ewsClient(t, endpoint.source())
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			_, err := client.AddImGroup(t.Context(), "Friends")
			if err == nil || !strings.Contains(err.Error(), "AADSTS7000215") || errors.Is(err, ews.ErrOutcomeUnknown) {
				t.Errorf("error %v", err)
			}
			if _, err := client.GetImItemList(t.Context(), imgroup.ListQuery{}); err == nil {
				t.Error("a list without a token")
			}
		})
	}
	wg.Wait()
	if n := endpoint.requests.Load(); n != 1 {
		t.Errorf("%d requests for tokens, want 1", n)
	}
}

func ewsClient(t *testing.T, source auth.TokenSource) *ews.Client {
	t.Helper()
	tr, err := auth.Bearer(unreached{t}, source, nil)
	if err != nil {
		t.Fatal(err)
	}
	client, err := ews.NewClient("https://mail.example/EWS/Exchange.asmx", &ews.Options{
		HTTPClient: tr.Client(), Retry: ews.RetryPolicy{MaxAttempts: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// TestTokenEndpoint_FinalEnds: the application's registration may be mended while the program runs.
func TestTokenEndpoint_FinalEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		endpoint := &tokenEndpoint{status: 401, header: header("application/json"), body: wrongSecret}
		source := endpoint.source()
		tr, err := auth.Bearer(unreached{t}, source, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, pause := range []time.Duration{0, 59 * time.Second, time.Second} {
			time.Sleep(pause)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://mail.example/", http.NoBody)
			if _, err := tr.RoundTrip(r); err == nil { //nolint:bodyclose // there is none
				t.Error("no error")
			}
			if n, want := endpoint.requests.Load(), int32(1+i/2); n != want {
				t.Errorf("%d requests after %v more, want %d", n, pause, want)
			}
		}
	})
}

// TestTokenEndpoint_RetryAfter: no request before the time that the endpoint asks for.
func TestTokenEndpoint_RetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		endpoint := &tokenEndpoint{
			status: 429, header: header("application/json", "Retry-After", "120"), body: `{"error":"temporarily_unavailable"}`,
		}
		client := ewsClient(t, endpoint.source())
		for _, c := range []struct {
			pause, left time.Duration
			requests    int32
		}{{0, 2 * time.Minute, 1}, {20 * time.Second, 100 * time.Second, 1}, {100 * time.Second, 2 * time.Minute, 2}} {
			time.Sleep(c.pause)
			began := time.Now()
			_, err := client.AddImGroup(t.Context(), "Friends")
			if left, ok := ews.RetryAfter(err); !ok || left != c.left || time.Since(began) != 0 {
				t.Errorf("wait %v, %v after %v, want %v at once: %v", left, ok, time.Since(began), c.left, err)
			}
			if n := endpoint.requests.Load(); n != c.requests {
				t.Errorf("%d requests, want %d", n, c.requests)
			}
		}
	})
}

// TestTokenEndpoint_Unreached: the text has the URL without what may be secret in it, and the cause.
func TestTokenEndpoint_Unreached(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection refused")
	err := call(t, viaClient{auth.ClientCredentials(clientcredentials.Config{
		ClientID: "id", ClientSecret: "s3cret", TokenURL: "https://login.example/token?key=s3cret",
	}, nil), &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		_ = r.Body.Close()
		return nil, broken
	})}})
	if text := err.Error(); !errors.Is(err, broken) || strings.Contains(text, "s3cret") ||
		!strings.Contains(text, "the token endpoint https://login.example/token was not reached: connection refused") {
		t.Error(text)
	}
}

// TestTokenEndpoint_Stalls: a refusal counts although its page never ends.
func TestTokenEndpoint_Stalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		page, w := io.Pipe()
		defer func() { _ = w.Close() }()
		stalling := roundTripper(func(r *http.Request) (*http.Response, error) {
			_ = r.Body.Close()
			return &http.Response{
				StatusCode: 429, Header: header("text/html", "Retry-After", "120"), Body: page, Request: r,
			}, nil
		})
		client := ewsClient(t, viaClient{auth.ClientCredentials(clientcredentials.Config{
			ClientID: "id", ClientSecret: "s3cret", TokenURL: "https://login.example/token",
		}, nil), &http.Client{Transport: stalling}})
		began := time.Now()
		_, err := client.AddImGroup(t.Context(), "Friends")
		if left, ok := ews.RetryAfter(err); !ok || time.Since(began) > 200*time.Millisecond {
			t.Errorf("wait %v, %t, after %v: %v", left, ok, time.Since(began), err)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
