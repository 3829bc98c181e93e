package oauthtest

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v3"
	"github.com/ory/fosite"
	"github.com/ory/fosite/compose"
	"github.com/ory/fosite/storage"
	"golang.org/x/crypto/bcrypt"
)

const (
	clientID = "svc-ews"
	secret   = "a secret of the application"
	scope    = "https://outlook.office365.com/.default"
)

// A server is an authorization server and, under /EWS, a resource that accepts its tokens.
type server struct {
	*httptest.Server

	provider fosite.OAuth2Provider
	store    *storage.MemoryStore

	mu      sync.Mutex
	forms   []url.Values  // of each request for a token
	claims  string        // what the resource wants to see in the last form, if anything
	held    chan struct{} // unless nil: requests for a token wait until it is closed
	dead    bool
	refused int // 401 responses of the resource
}

// newServer knows one application, by secret or by the certificate's key.
func newServer(t *testing.T, public crypto.PublicKey, algorithm, keyID string) *server {
	t.Helper()
	s := &server{store: storage.NewMemoryStore()}
	hashed, err := bcrypt.GenerateFromPassword([]byte(secret), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	client := &fosite.DefaultClient{
		ID: clientID, Secret: hashed, GrantTypes: []string{"client_credentials"}, Scopes: []string{scope},
	}
	s.store.Clients[clientID] = client
	if public != nil {
		s.store.Clients[clientID] = &fosite.DefaultOpenIDConnectClient{
			DefaultClient: client,
			JSONWebKeys: &jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
				{Key: public, KeyID: keyID, Algorithm: algorithm, Use: "sig"},
			}},
			TokenEndpointAuthMethod:           "private_key_jwt",
			TokenEndpointAuthSigningAlgorithm: algorithm,
		}
	}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.StartTLS()
	t.Cleanup(s.Close)
	global := make([]byte, 32)
	_, _ = rand.Read(global)
	config := &fosite.Config{
		GlobalSecret: global, AccessTokenLifespan: time.Hour, TokenURL: s.tokenURL(),
		ScopeStrategy: fosite.ExactScopeStrategy,
	}
	s.provider = compose.Compose(config, s.store, compose.NewOAuth2HMACStrategy(config),
		compose.OAuth2ClientCredentialsGrantFactory, compose.OAuth2TokenIntrospectionFactory,
		compose.OAuth2TokenRevocationFactory)
	return s
}

func (s *server) tokenURL() string { return s.URL + "/oauth2/v2.0/token" }

func (s *server) endpoint() string { return s.URL + "/EWS/Exchange.asmx" }

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/EWS/") {
		s.resource(w, r)
		return
	}
	s.token(w, r)
}

func (s *server) token(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	_ = r.ParseForm()
	s.mu.Lock()
	s.forms = append(s.forms, r.PostForm)
	held, dead := s.held, s.dead
	s.mu.Unlock()
	if dead {
		panic(http.ErrAbortHandler)
	}
	if held != nil {
		select {
		case <-held:
		case <-ctx.Done():
			return
		}
	}
	request, err := s.provider.NewAccessRequest(ctx, r, &fosite.DefaultSession{})
	if err != nil {
		s.provider.WriteAccessError(ctx, w, request, err)
		return
	}
	for _, scope := range request.GetRequestedScopes() {
		request.GrantScope(scope)
	}
	response, err := s.provider.NewAccessResponse(ctx, request)
	if err != nil {
		s.provider.WriteAccessError(ctx, w, request, err)
		return
	}
	s.provider.WriteAccessResponse(ctx, w, request, response)
}

func (s *server) resource(w http.ResponseWriter, r *http.Request) {
	token := fosite.AccessTokenFromRequest(r)
	_, _, err := s.provider.IntrospectToken(r.Context(), token, fosite.AccessToken, &fosite.DefaultSession{}, scope)
	s.mu.Lock()
	defer s.mu.Unlock()
	claimsMissing := s.claims != "" && s.forms[len(s.forms)-1].Get("claims") != s.claims
	if err == nil && !claimsMissing {
		_, _ = w.Write([]byte("welcome"))
		return
	}
	s.refused++
	challenge := `Bearer realm="", error="invalid_token", NTLM`
	if claimsMissing {
		challenge = `Bearer realm="", error="insufficient_claims", claims="` +
			base64.StdEncoding.EncodeToString([]byte(s.claims)) + `"`
	}
	w.Header().Set("WWW-Authenticate", challenge)
	w.Header().Set("X-Ms-Diagnostics", `2000008;reason="The token is not valid.";error_category="invalid_token"`)
	w.WriteHeader(http.StatusUnauthorized)
}

// revokeAll makes every token so far worthless.
func (s *server) revokeAll(ctx context.Context, t *testing.T) {
	t.Helper()
	for id := range s.store.AccessTokenRequestIDs {
		if err := s.store.RevokeAccessToken(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *server) set(change func(*server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *server) fetches() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.forms)
}

func thumbprint(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}
