package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

// An exchange is an in-process Exchange that refuses some tokens.
type exchange struct {
	*ewstest.Server

	mu      sync.Mutex
	refused map[string]string // tokens, with the challenge of each
	seen    []string          // the token of each request
}

func (x *exchange) RoundTrip(r *http.Request) (*http.Response, error) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	x.mu.Lock()
	x.seen = append(x.seen, token)
	challenge, refused := x.refused[token]
	x.mu.Unlock()
	if refused {
		return respond(r, http.StatusUnauthorized, http.Header{"Www-Authenticate": {challenge}}, ""), nil
	}
	return x.Server.RoundTrip(r)
}

// newExchange refuses the tokens.
func newExchange(challenge string, tokens ...string) *exchange {
	x := &exchange{Server: ewstest.NewServer(nil), refused: map[string]string{}}
	for _, token := range tokens {
		x.refused[token] = challenge
	}
	return x
}

// addGroup is the call of the example.
func addGroup(ctx context.Context, t *testing.T, e *entra, x *exchange, who identity) error {
	t.Helper()
	credential, err := who.credential(e.options())
	if err != nil {
		t.Fatal(err)
	}
	tr, err := auth.Bearer(x, &tokenSource{credential: credential, scope: scope}, nil)
	if err != nil {
		t.Fatal(err)
	}
	client, err := ews.NewClient(endpoint, &ews.Options{HTTPClient: tr.Client()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.AddImGroup(ctx, "Colleagues")
	return err
}

// application makes a certificate, and an entra that knows it.
func application(t *testing.T) (*entra, identity) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	for kind, der := range map[string][]byte{"CERTIFICATE": cert, "PRIVATE KEY": pkcs8} {
		if err := pem.Encode(&file, &pem.Block{Type: kind, Bytes: der}); err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(t.TempDir(), "app.pem")
	if err := os.WriteFile(name, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(cert)
	e := &entra{t: t, public: &key.PublicKey, thumb: base64.StdEncoding.EncodeToString(sum[:])}
	return e, identity{kind: "certificate", tenant: "tenant", client: "application", pem: name}
}

// managed is a managed identity, another one each time, since the SDK keeps their tokens for the process.
func managed() identity { return identity{kind: "managed", client: rand.Text()} }

func TestCertificate(t *testing.T) {
	t.Parallel()
	e, who := application(t)
	if err := addGroup(t.Context(), t, e, newExchange(""), who); err != nil || len(e.forms) != 1 {
		t.Errorf("%d fetches, %v", len(e.forms), err)
	}
}

func TestManagedIdentity(t *testing.T) {
	t.Parallel()
	e, who := &entra{t: t}, managed()
	if err := addGroup(t.Context(), t, e, newExchange(""), who); err != nil || len(e.forms) != 1 {
		t.Fatalf("%d fetches, %v", len(e.forms), err)
	}
	if got := e.forms[0].Get("client_id"); got != who.client {
		t.Errorf("identity %q", got)
	}
}

func TestWorkloadIdentity(t *testing.T) {
	t.Parallel()
	e := &entra{t: t}
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("federated"), 0o600); err != nil {
		t.Fatal(err)
	}
	credential, err := azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions: e.options(), TenantID: "tenant", ClientID: "application", TokenFilePath: file,
	})
	if err != nil {
		t.Fatal(err)
	}
	token, err := (&tokenSource{credential: credential, scope: scope}).Token(t.Context(), "")
	if err != nil || token.AccessToken != "token1" || time.Until(token.Expiry) < 23*time.Hour {
		t.Errorf("%v, %v", token, err)
	}
}

const wanted = `{"access_token":{"nbf":{"essential":true,"value":"1760000000"}}}`

func challenge() string {
	return `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", ` +
		`error="insufficient_claims", claims="` + base64.StdEncoding.EncodeToString([]byte(wanted)) + `"`
}

// TestClaimsChallenge: the claims reach Entra, with the capability to pass them on, and the request is
// sent once more.
func TestClaimsChallenge(t *testing.T) {
	t.Parallel()
	e, who := application(t)
	x := newExchange(challenge(), "token1")
	if err := addGroup(t.Context(), t, e, x, who); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(x.seen, " "); got != "token1 token2" {
		t.Errorf("Exchange saw %s", got)
	}
	claims := e.claims()
	if len(claims) != 2 || strings.Contains(claims[0], "nbf") || !strings.Contains(claims[1], `"1760000000"`) ||
		!strings.Contains(claims[0], "CP1") || !strings.Contains(claims[1], "CP1") {
		t.Errorf("claims %q", claims)
	}
}

// TestClaimsChallenge_Again: a server that asks again gets no third request, and the error names
// the claims.
func TestClaimsChallenge_Again(t *testing.T) {
	t.Parallel()
	e, who := application(t)
	x := newExchange(challenge(), "token1", "token2")
	err := addGroup(t.Context(), t, e, x, who)
	refused, ok := errors.AsType[*auth.Error](err)
	if !ok || !refused.NotSent() || !refused.Permanent() || !strings.Contains(err.Error(), wanted) {
		t.Errorf("error %v", err)
	}
	if got := strings.Join(x.seen, " "); got != "token1 token2" || len(e.forms) != 2 {
		t.Errorf("%d fetches, Exchange saw %s", len(e.forms), got)
	}
}

// TestRevoked: a refusal that asks for no claims passes by the cache of azidentity all the same.
func TestRevoked(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"certificate", "managed"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			e, who := application(t)
			if kind == "managed" {
				who = managed()
			}
			x := newExchange(`Bearer error="invalid_token"`, "token1")
			if err := addGroup(t.Context(), t, e, x, who); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(x.seen, " "); got != "token1 token2" || len(e.forms) != 2 {
				t.Errorf("%d fetches, Exchange saw %s", len(e.forms), got)
			}
		})
	}
}

// TestRevoked_SameToken has an endpoint that returns the same token again.
func TestRevoked_SameToken(t *testing.T) {
	t.Parallel()
	e := &entra{t: t, always: "token1"}
	x := newExchange(`Bearer error="invalid_token"`, "token1")
	err := addGroup(t.Context(), t, e, x, managed())
	if err == nil || !strings.Contains(err.Error(), "returned the refused token again") || len(x.seen) != 1 {
		t.Errorf("%d requests, error %v", len(x.seen), err)
	}
}

// TestRefusal: a refusal by Entra is not retried, and its error reads like any other.
func TestRefusal(t *testing.T) {
	t.Parallel()
	e, who := application(t)
	e.status = http.StatusUnauthorized
	e.body = `{"error": "invalid_client", "error_description": "AADSTS700027: The certificate is not registered."}`
	x := newExchange("")
	err := addGroup(t.Context(), t, e, x, who)
	refused, ok := errors.AsType[*auth.Error](err)
	if !ok || !refused.NotSent() || !refused.Permanent() || len(e.forms) != 1 || len(x.seen) != 0 ||
		!strings.Contains(err.Error(), "HTTP 401: invalid_client: AADSTS700027: The certificate is not registered.") {
		t.Errorf("%d fetches, error %v", len(e.forms), err)
	}
}

func TestThrottled(t *testing.T) {
	t.Parallel()
	e, who := application(t)
	e.status, e.header = http.StatusTooManyRequests, http.Header{"Retry-After": {"120"}}
	err := addGroup(t.Context(), t, e, newExchange(""), who)
	if wait, ok := ews.RetryAfter(err); !ok || wait.Round(time.Minute) != 2*time.Minute || len(e.forms) != 1 {
		t.Errorf("%d fetches, retry after %v, error %v", len(e.forms), wait, err)
	}
}

func TestIdentity_Refuses(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who  identity
		want string
	}{
		{identity{kind: "password"}, `-identity "password": want managed, workload or certificate`},
		{identity{kind: "certificate", pem: "absent"}, "-pem: open absent"},
		{identity{kind: "certificate", pem: empty}, "-pem " + empty},
	} {
		if _, err := c.who.credential(clientOptions()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.who, err, c.want)
		}
	}
}
