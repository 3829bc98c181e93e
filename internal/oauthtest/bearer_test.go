package oauthtest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/go-ews/exchange/auth"
)

// transport makes a bearer transport that trusts the server.
func transport(t *testing.T, s *server, config clientcredentials.Config,
	params func(context.Context) (url.Values, error),
) *auth.Transport {
	t.Helper()
	config.ClientID, config.TokenURL, config.Scopes = clientID, s.tokenURL(), []string{scope}
	tr, err := auth.Bearer(s.Client().Transport, auth.ClientCredentials(config, params), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func bySecret(t *testing.T, s *server) *auth.Transport {
	t.Helper()
	return transport(t, s, clientcredentials.Config{ClientSecret: secret}, nil)
}

func post(ctx context.Context, s *server, tr http.RoundTripper) (string, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, s.Client())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint(), strings.NewReader("<Envelope/>"))
	if err != nil {
		return "", err
	}
	resp, err := tr.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

func mustWelcome(t *testing.T, s *server, tr http.RoundTripper) {
	t.Helper()
	if text, err := post(t.Context(), s, tr); text != "welcome" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil, "", "")
	tr := bySecret(t, s)
	for range 5 {
		mustWelcome(t, s, tr)
	}
	if n := s.fetches(); n != 1 {
		t.Errorf("%d fetches for 5 calls, want 1", n)
	}
}

func TestWrongSecret(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil, "", "")
	tr := transport(t, s, clientcredentials.Config{ClientSecret: "wr0ng", AuthStyle: oauth2.AuthStyleInHeader}, nil)
	_, err := post(t.Context(), s, tr)
	var e *auth.Error
	if !errors.As(err, &e) || !e.NotSent() || !strings.Contains(err.Error(), "invalid_client") ||
		strings.Contains(err.Error(), "wr0ng") {
		t.Errorf("error %v", err)
	}
}

// TestCertificate fetches twice; the server refuses an assertion that it has seen.
func TestCertificate(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		algorithm string
		key       crypto.Signer
		assertion func(crypto.Signer, *x509.Certificate, string, string) func(context.Context) (url.Values, error)
	}{
		{"PS256", rsaKey, auth.CertificateAssertion},
		{"RS256", rsaKey, auth.CertificateAssertionRS256},
		{"ES256", ecKey, auth.CertificateAssertion},
	} {
		t.Run(c.algorithm, func(t *testing.T) {
			t.Parallel()
			cert := certificate(t, c.key)
			s := newServer(t, c.key.Public(), c.algorithm, thumbprint(cert.Raw))
			tr := transport(t, s, clientcredentials.Config{}, c.assertion(c.key, cert, clientID, s.tokenURL()))
			mustWelcome(t, s, tr)
			s.revokeAll(t.Context(), t)
			mustWelcome(t, s, tr)
			if n := s.fetches(); n != 2 {
				t.Errorf("%d fetches, want 2", n)
			}
			if s.forms[0].Get("client_assertion") == s.forms[1].Get("client_assertion") {
				t.Error("the same assertion twice")
			}
		})
	}
}

func certificate(t *testing.T, key crypto.Signer) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// TestRevoked takes the token away under 64 goroutines.
func TestRevoked(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil, "", "")
	tr := bySecret(t, s)
	mustWelcome(t, s, tr)
	s.revokeAll(t.Context(), t)
	held := make(chan struct{})
	s.set(func(s *server) { s.held = held })
	time.AfterFunc(200*time.Millisecond, func() { close(held) }) // so that most of them meet the refusal
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range 3 {
				mustWelcome(t, s, tr)
			}
		})
	}
	wg.Wait()
	if n := s.fetches(); n != 2 {
		t.Errorf("%d fetches, want the first and one more", n)
	}
	if s.refused == 0 {
		t.Error("no call met the revoked token")
	}
}

func TestClaimsChallenge(t *testing.T) {
	t.Parallel()
	const claims = `{"access_token":{"nbf":{"essential":true,"value":"1702682181"}}}`
	s := newServer(t, nil, "", "")
	tr := bySecret(t, s)
	mustWelcome(t, s, tr)
	s.set(func(s *server) { s.claims = claims })
	mustWelcome(t, s, tr)
	var got []string
	for _, form := range s.forms {
		got = append(got, form.Get("claims"))
	}
	if diff := cmp.Diff([]string{"", claims}, got); diff != "" {
		t.Errorf("claims of the fetches (-want +got):\n%s", diff)
	}
}

// TestRefusedForGood reports what the resource says after the second token.
func TestRefusedForGood(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil, "", "")
	tr, err := auth.Bearer(s.Client().Transport, foreign{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = post(t.Context(), s, tr)
	var e *auth.Error
	if !errors.As(err, &e) || e.StatusCode != 401 || !e.NotSent() {
		t.Fatalf("error %v", err)
	}
	if diff := cmp.Diff([]string{"Bearer", "NTLM"}, e.Offered); diff != "" {
		t.Errorf("offered (-want +got):\n%s", diff)
	}
	if !strings.Contains(e.Diagnostics(), "2000008") || !strings.Contains(e.Challenge(), "invalid_token") {
		t.Errorf("diagnostics %q, challenge %q", e.Diagnostics(), e.Challenge())
	}
	if s.refused != 2 {
		t.Errorf("%d requests, want 2", s.refused)
	}
}

// A foreign source has tokens of another server.
type foreign struct{}

func (foreign) Token(context.Context, string) (*oauth2.Token, error) {
	return &oauth2.Token{AccessToken: rand.Text()}, nil
}

func TestSlowTokenEndpoint(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil, "", "")
	s.held = make(chan struct{})
	tr := bySecret(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err := post(ctx, s, tr)
	var e *auth.Error
	if !errors.As(err, &e) || !e.NotSent() || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want a deadline and nothing sent", err)
	}
	close(s.held)
	mustWelcome(t, s, tr) // the fetch went on
	if n := s.fetches(); n != 1 {
		t.Errorf("%d fetches, want 1", n)
	}
}

func TestDeadTokenEndpoint(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil, "", "")
	s.dead = true
	tr := bySecret(t, s)
	_, err := post(t.Context(), s, tr)
	var e *auth.Error
	if !errors.As(err, &e) || !e.NotSent() || e.StatusCode != 0 {
		t.Errorf("error %v, want nothing sent", err)
	}
	s.set(func(s *server) { s.dead = false })
	mustWelcome(t, s, tr)
}
