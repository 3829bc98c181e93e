package auth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/go-ews/exchange/auth"
)

// server responds to each request with its Authorization header, or refuses it.
func server(accepts string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := r.Header.Get("Authorization")
		if accepts != "" && got != accepts {
			w.Header().Set("WWW-Authenticate", `Basic realm="mail.example.com"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, got)
	}))
}

func get(c *http.Client, at string) (string, error) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, at, strings.NewReader("<Envelope/>"))
	if err != nil {
		return "", err
	}
	resp, err := c.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

func ExampleBasic() {
	s := server("")
	defer s.Close()
	tr, err := auth.Basic(nil, auth.Static("svc-ews@example.com", "secret"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tr.CloseIdleConnections()
	fmt.Println(get(tr.Client(), s.URL))
	// Output: Basic c3ZjLWV3c0BleGFtcGxlLmNvbTpzZWNyZXQ= <nil>
}

// A service on premises logs in with NTLM; tr.Client() goes into ews.Options.
func ExampleNTLM() {
	tr, err := auth.NTLM(nil, auth.Static(`CORP\svc-ews`, "secret"), &auth.Options{MaxConns: 32})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tr.CloseIdleConnections()
	fmt.Println(tr)
	// Output: auth.Transport(NTLM)
}

// A ready is a mechanism that has its token already. Package auth/kerberos has a real one.
type ready []byte

func (m ready) Start(context.Context, auth.Target) (auth.Handshake, error) { return m, nil }

func (m ready) Next(context.Context, []byte) (token []byte, done bool, err error) {
	return m, true, nil
}

// A mechanism with one token costs one request per call.
func ExampleNegotiate() {
	s := server("")
	defer s.Close()
	tr, err := auth.Negotiate(nil, ready("token"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tr.CloseIdleConnections()
	fmt.Println(get(tr.Client(), s.URL))
	// Output: Negotiate dG9rZW4= <nil>
}

// Any source of golang.org/x/oauth2 will do, such as that of a refresh token.
func ExampleBearer() {
	s := server("")
	defer s.Close()
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "abc"})
	tr, err := auth.Bearer(nil, auth.FromOAuth2(source), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tr.CloseIdleConnections()
	fmt.Println(get(tr.Client(), s.URL))
	// Output: Bearer abc <nil>
}

// A password that the server refuses is sent once, however often the program tries.
func ExampleError() {
	s := server("Basic something else")
	defer s.Close()
	tr, err := auth.Basic(nil, auth.Static("svc-ews@example.com", "old password"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tr.CloseIdleConnections()
	for range 2 {
		_, err = get(tr.Client(), s.URL)
		if e, ok := errors.AsType[*auth.Error](err); ok {
			fmt.Println(e.StatusCode, e.Offered, e.NotSent())
		}
	}
	// Output:
	// 401 [Basic] true
	// 0 [] true
}

// A service of Exchange Online fetches its tokens with a secret or, better, with a certificate:
// CertificateAssertion(key, cert, clientID, tokenURL) in place of nil, and no ClientSecret.
func ExampleClientCredentials() {
	login := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"access_token":"token-for-%s","expires_in":3600}`, url.PathEscape(r.FormValue("scope")))
	}))
	defer login.Close()
	s := server("")
	defer s.Close()
	source := auth.ClientCredentials(clientcredentials.Config{
		ClientID:     "11111111-2222-3333-4444-555555555555",
		ClientSecret: "secret",
		TokenURL:     login.URL + "/tenant/oauth2/v2.0/token",
		AuthStyle:    oauth2.AuthStyleInParams,
		Scopes:       []string{"ews"},
	}, nil)
	tr, err := auth.Bearer(nil, source, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tr.CloseIdleConnections()
	fmt.Println(get(tr.Client(), s.URL))
	// Output: Bearer token-for-ews <nil>
}

// A function is called at each login, so a rotated password takes effect.
func ExampleCredentials() {
	vault := func(_ context.Context, name string) (string, error) { return "the password of " + name, nil }
	var credentials auth.Credentials = func(ctx context.Context) (user, password string, err error) {
		password, err = vault(ctx, "svc-ews")
		return `CORP\svc-ews`, password, err
	}
	fmt.Printf("%+v\n", credentials)
	// Output: auth.Credentials(…)
}

// Origins keeps credentials at home from the first request on.
func ExampleOptions() {
	tr, err := auth.NTLM(nil, auth.Static(`CORP\svc-ews`, "secret"), &auth.Options{
		Origins:  []string{"https://mail.example.com"},
		MaxConns: 32,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = get(tr.Client(), "https://mail.example.org/EWS/Exchange.asmx")
	e, ok := errors.AsType[*auth.Error](err)
	fmt.Println(ok && e.NotSent())
	fmt.Println(errors.Unwrap(e))
	// Output:
	// true
	// the credentials are for https://mail.example.com:443 only
}
