package main

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// An entra is Microsoft Entra and the token endpoint of managed identities, in process.
type entra struct {
	t      *testing.T
	public *rsa.PublicKey // of the application's certificate
	thumb  string         // its SHA-256
	always string         // the token of each response; "": token1, token2 and so on
	status int            // of a refusal; 0: none
	header http.Header    // of a refusal
	body   string         // of a refusal

	mu    sync.Mutex
	forms []url.Values // of each request for a token
}

// options send azidentity's requests here.
func (e *entra) options() azcore.ClientOptions {
	options := clientOptions()
	options.Transport = e
	return options
}

// Do implements policy.Transporter.
func (e *entra) Do(r *http.Request) (*http.Response, error) {
	const base = "https://login.microsoftonline.com/"
	switch {
	case strings.Contains(r.URL.Path, "/discovery/instance"):
		return respond(r, http.StatusOK, nil, `{"tenant_discovery_endpoint": "`+base+`tenant/v2.0/.well-known/openid-configuration", `+
			`"metadata": [{"preferred_network": "login.microsoftonline.com", "preferred_cache": "login.windows.net", `+
			`"aliases": ["login.microsoftonline.com", "login.windows.net"]}]}`), nil
	case strings.HasSuffix(r.URL.Path, "/openid-configuration"):
		return respond(r, http.StatusOK, nil, `{"issuer": "`+base+`tenant/v2.0", "authorization_endpoint": "`+base+
			`tenant/authorize", "token_endpoint": "`+base+`tenant/oauth2/v2.0/token"}`), nil
	}
	form := r.URL.Query()
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		if posted, err := url.ParseQuery(string(body)); err == nil && len(posted) > 0 {
			form = posted
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.forms = append(e.forms, form)
	if e.status != 0 {
		return respond(r, e.status, e.header, e.body), nil
	}
	e.check(r, form)
	token := e.always
	if token == "" {
		token = fmt.Sprintf("token%d", len(e.forms))
	}
	return respond(r, http.StatusOK, nil, `{"access_token": "`+token+`", "token_type": "Bearer", "expires_in": 86399}`), nil
}

// check verifies how the program identifies itself.
func (e *entra) check(r *http.Request, form url.Values) {
	if r.URL.Hostname() == "169.254.169.254" {
		if r.Header.Get("Metadata") != "true" || form.Get("resource") != "https://outlook.office365.com" {
			e.t.Errorf("managed identity: %s %v", r.URL, r.Header)
		}
		return
	}
	if form.Get("scope") != scope+" openid offline_access profile" && form.Get("scope") != scope {
		e.t.Errorf("scope %q", form.Get("scope"))
	}
	assertion := form.Get("client_assertion")
	if e.public == nil {
		if assertion != "federated" {
			e.t.Errorf("assertion %q, want the pod's token", assertion)
		}
		return
	}
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		e.t.Errorf("assertion %q", assertion)
		return
	}
	var head struct {
		Alg  string `json:"alg"`
		Hash string `json:"x5t#S256"`
	}
	if err := json.Unmarshal(decode(parts[0]), &head); err != nil || head.Alg != "PS256" || head.Hash != e.thumb { // MSAL writes it in base64 with padding
		e.t.Errorf("assertion's header %s, %v", decode(parts[0]), err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPSS(e.public, crypto.SHA256, sum[:], decode(parts[2]), nil); err != nil {
		e.t.Errorf("assertion: %v", err)
	}
}

// claims returns those of each request for a token.
func (e *entra) claims() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []string
	for _, form := range e.forms {
		all = append(all, form.Get("claims"))
	}
	return all
}

func decode(segment string) []byte {
	data, _ := base64.RawURLEncoding.DecodeString(segment)
	return data
}

func respond(r *http.Request, status int, header http.Header, body string) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json")
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Header: header,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
}
