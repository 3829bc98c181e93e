package connect

import (
	"cmp"
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/go-ews/exchange/auth"
)

// The values of --client-signature.
const (
	ps256 = "ps256"
	rs256 = "rs256"
)

func (f *Flags) checkBearer() error {
	switch {
	case (f.TokenURL == "") != (f.ClientID == ""):
		return errors.New("--token-url and --client-id go together: where tokens are fetched, and for which application")
	case f.TokenURL == "" && (f.ClientCert != "" || f.ClientKey != ""):
		return errors.New("--client-cert and --client-key need --token-url and --client-id")
	case f.ClientKey != "" && f.ClientCert == "":
		return errors.New("--client-key needs --client-cert")
	case f.Signature != ps256 && f.Signature != rs256:
		return fmt.Errorf("--client-signature %q: want ps256 or rs256", f.Signature)
	case f.TokenURL != "" && f.PasswordFile != "":
		return errors.New("--password-file holds a token, so there is none to fetch from --token-url")
	case f.TokenURL == "":
		return nil
	}
	u, err := url.Parse(f.TokenURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && !IsLoopback(u.Hostname()) {
		return fmt.Errorf("--token-url %q: want an https:// URL", f.TokenURL)
	}
	return nil
}

// tokens returns the source of access tokens: a token endpoint, or the one token in secret. Client
// is for the token endpoint.
func (f *Flags) tokens(given secret, client *http.Client) (auth.TokenSource, error) {
	if f.TokenURL == "" {
		return givenToken(given), nil
	}
	config := clientcredentials.Config{
		ClientID: f.ClientID, TokenURL: f.TokenURL, Scopes: strings.Fields(f.Scopes),
	}
	if f.ClientCert == "" {
		var err error
		if config.ClientSecret, err = given(); err != nil {
			return nil, err
		}
		return &tokenSource{auth.ClientCredentials(config, nil), client}, nil
	}
	pair, err := f.certificate()
	if err != nil {
		return nil, err
	}
	key, _ := pair.PrivateKey.(crypto.Signer) // CertificateAssertion refuses a key that cannot sign
	assertion := auth.CertificateAssertion(key, pair.Leaf, f.ClientID, f.TokenURL)
	if f.Signature == rs256 {
		assertion = auth.CertificateAssertionRS256(key, pair.Leaf, f.ClientID, f.TokenURL)
	}
	return &tokenSource{auth.ClientCredentials(config, assertion), client}, nil
}

func (f *Flags) certificate() (tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(f.ClientCert, cmp.Or(f.ClientKey, f.ClientCert))
	if err != nil {
		return pair, fmt.Errorf("--client-cert %s: %w", f.ClientCert, err)
	}
	return pair, nil
}

// tokenSource fetches tokens with a client that trusts the authorities of --ca.
type tokenSource struct {
	auth.TokenSource

	client *http.Client
}

func (s *tokenSource) Token(ctx context.Context, claims string) (*oauth2.Token, error) {
	return s.TokenSource.Token(context.WithValue(ctx, oauth2.HTTPClient, s.client), claims)
}

// givenToken is a token that another program fetches and, in a file, renews.
type givenToken secret

func (t givenToken) Token(context.Context, string) (*oauth2.Token, error) {
	token, err := t()
	if err != nil {
		return nil, err
	}
	return &oauth2.Token{AccessToken: token}, nil
}
