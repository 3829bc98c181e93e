package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// A roundTripper is a fake network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// reply reads and closes the request's body, as a transport does, and returns a response.
func reply(r *http.Request, status int, header http.Header, body string) *http.Response {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		StatusCode: status, Status: fmt.Sprint(status), Header: header, Request: r,
		Body: io.NopCloser(strings.NewReader(body)),
	}
}

// schemes makes one transport of each scheme that does not speak to a network.
func schemes(t *testing.T, base roundTripper, o *Options) map[string]*Transport {
	t.Helper()
	secret := Static(`EXCH\alice`, "s3cret")
	basic, err1 := Basic(base, secret, o)
	ntlm, err2 := NTLM(nil, secret, o)
	negotiate, err3 := Negotiate(nil, &fakeMechanism{}, o)
	bearer, err4 := Bearer(base, FromOAuth2(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "s3cret"})), o)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	return map[string]*Transport{"Basic": basic, "NTLM": ntlm, "Negotiate": negotiate, "Bearer": bearer}
}

// TestTransport_Refuses checks where credentials must not go, for each scheme.
func TestTransport_Refuses(t *testing.T) {
	t.Parallel()
	home := []string{"https://mail.example.com"}
	for _, c := range []struct {
		name    string
		origins []string
		url     string
		from    *http.Response
		want    string
	}{
		{"another host", home, "https://mail.example.org/EWS/Exchange.asmx", nil, "for https://mail.example.com:443 only"},
		{"another port", home, "https://mail.example.com:444/", nil, "for https://mail.example.com:443 only"},
		{"another scheme", home, "http://mail.example.com/", nil, "not encrypted"},
		{"http", nil, "http://mail.example.com/", nil, "allow http://"},
		{"a redirect", home, "https://mail.example.com/", &http.Response{}, "redirect"},
		{"no host", nil, "https:///x", nil, "scheme and a host"},
		{"another protocol", nil, "ftp://mail.example.com/", nil, `scheme "ftp"`},
		{"a name that is not ASCII", nil, "https://m%C3%BCller.example/", nil, "xn--"},
	} {
		base := roundTripper(func(*http.Request) (*http.Response, error) {
			t.Error("something was sent")
			return nil, errors.New("no")
		})
		for scheme, tr := range schemes(t, base, &Options{Origins: c.origins}) {
			t.Run(c.name+"/"+scheme, func(t *testing.T) {
				t.Parallel()
				body := &watchedBody{Reader: strings.NewReader("hello")}
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url, body)
				if err != nil {
					t.Fatal(err)
				}
				r.Response = c.from
				_, err = tr.RoundTrip(r) //nolint:bodyclose // there is none
				var e *Error
				if !errors.As(err, &e) || !e.NotSent() || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v, want %q", err, c.want)
				}
				if !body.closed {
					t.Error("the request's body was not closed")
				}
			})
		}
	}
}

type watchedBody struct {
	io.Reader

	closed bool
}

func (b *watchedBody) Close() error { b.closed = true; return nil }

func TestTransport_FirstOriginIsTheOne(t *testing.T) {
	t.Parallel()
	sent := 0
	tr, err := Basic(roundTripper(func(r *http.Request) (*http.Response, error) {
		sent++
		return reply(r, 200, nil, "ok"), nil
	}), Static("user", "password"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []string{
		"https://A.example/x", "https://a.example:443/y", "https://b.example/x", "https://a.example:8443/",
	} {
		_, _ = try(t.Context(), tr, u, "")
	}
	if sent != 2 {
		t.Errorf("%d requests were sent, want the 2 to the first origin", sent)
	}
}

func TestTransport_ClientFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the redirect was followed, with %q", r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	tr, err := Basic(nil, Static("user", "password"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, client := range map[string]*http.Client{"its own": tr.Client(), "the user's": {Transport: tr}} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(r)
		if err == nil {
			_ = resp.Body.Close()
		}
		if name == "its own" && (err != nil || resp.StatusCode != http.StatusTemporaryRedirect) {
			t.Errorf("its own client: %v", err)
		}
		if name == "the user's" && err == nil {
			t.Error("the user's client got a response")
		}
	}
	tr.CloseIdleConnections()
}

func TestOptions_Refuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"negative number", Options{MaxConns: -1}, "NTLM: Options.MaxConns: -1"},
		{"negative time", Options{IdleTimeout: -1}, "IdleTimeout"},
		{"unknown binding", Options{ChannelBinding: 7}, "Options.ChannelBinding: 7"},
		{"origin with a path", Options{Origins: []string{"https://a.example/EWS/Exchange.asmx"}}, "Origins[0]"},
		{"origin with a password", Options{Origins: []string{"https://u:s3cret@a.example"}}, "Origins[0]"},
		{"origin that is a name", Options{Origins: []string{"https://ok.example", "a.example"}}, "Origins[1]"},
		{"origin over http", Options{Origins: []string{"http://a.example"}}, "not encrypted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := NTLM(nil, Static("u", "p"), &c.o)
			if _, ok := errors.AsType[*InputError](err); !ok || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	for name, err := range map[string]error{
		"Basic":     second(Basic(nil, nil, nil)),
		"NTLM":      second(NTLM(nil, nil, nil)),
		"Negotiate": second(Negotiate(nil, nil, nil)),
		"Bearer":    second(Bearer(nil, nil, nil)),
	} {
		if err == nil {
			t.Errorf("%s takes nil credentials", name)
		}
	}
}

func second(_ *Transport, err error) error { return err }

// TestNothingShowsSecrets prints every exported type with every verb and encoder.
func TestNothingShowsSecrets(t *testing.T) {
	t.Parallel()
	config := clientcredentials.Config{ClientID: "id", ClientSecret: "s3cret", TokenURL: "https://login.example/token"}
	things := map[string]any{
		"Credentials":       Static("user", "s3cret"),
		"ClientCredentials": ClientCredentials(config, nil),
		"FromOAuth2":        FromOAuth2(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "s3cret"})),
	}
	for scheme, tr := range schemes(t, func(r *http.Request) (*http.Response, error) {
		return reply(r, 200, nil, "ok"), nil
	}, nil) {
		if scheme == "Basic" || scheme == "Bearer" { // fills the caches
			if got := post(t, tr, "https://a.example/", "hello"); got != "ok" {
				t.Errorf("%s: %s", scheme, got)
			}
		}
		things[scheme] = tr
		things["a client of "+scheme] = &struct{ Client *http.Client }{tr.Client()}
	}
	for name, thing := range things {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
			text := fmt.Sprintf(verb, thing)
			if strings.Contains(text, "s3cret") || strings.Contains(text, "733363726574") {
				t.Errorf("%s under %s: %s", name, verb, text)
			}
		}
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "thing", thing)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "thing", thing)
		encoded, _ := json.Marshal(thing)
		if text := log.String() + string(encoded); strings.Contains(text, "s3cret") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestErrorsAndLogsShowNoSecrets(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	a := newAcceptor(t, false, nil)
	good, err := NTLM(a.base(), Static(`EXCH\alice`, "Al1ce-pass word"), &Options{Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	defer good.CloseIdleConnections()
	post(t, good, a.URL, "the-body")
	bad, err := NTLM(a.base(), Static(`EXCH\alice`, "s3cret"), &Options{Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	_, failure := try(t.Context(), bad, a.URL, "the-body")
	if failure == nil {
		t.Fatal("a wrong password was accepted")
	}
	logger.Info("failed", "err", failure)
	text := log.String() + fmt.Sprintf("%v %+v %#v", failure, failure, failure)
	for _, secret := range []string{"s3cret", "Al1ce", "the-body", "TlRMTVNTUAAD"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in:\n%s", secret, text)
		}
	}
	if !strings.Contains(log.String(), "logged in") || !strings.Contains(log.String(), "login refused") {
		t.Errorf("log:\n%s", log.String())
	}
}

func TestNTLM_UnderFIPS(t *testing.T) {
	t.Parallel()
	if os.Getenv("AUTH_TEST_FIPS") != "" {
		_, err := NTLM(nil, Static("user", "password"), nil)
		fmt.Println("NTLM says:", err)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNTLM_UnderFIPS$", "-test.v")
	cmd.Env = append(os.Environ(), "AUTH_TEST_FIPS=1", "GODEBUG=fips140=only")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "NTLM says: auth: NTLM: needs MD4 and MD5") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestError_Timeout(t *testing.T) {
	t.Parallel()
	if e := (&Error{Err: fmt.Errorf("x: %w", context.DeadlineExceeded)}); !e.Timeout() {
		t.Error("a wrapped deadline is no timeout")
	}
	if e := (&Error{Err: errors.New("x")}); e.Timeout() {
		t.Error("any error is a timeout")
	}
}
