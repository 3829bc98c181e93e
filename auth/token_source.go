package auth

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// A TokenSource fetches access tokens. It need not keep them: the [Transport] does, and asks only
// when it needs a new one. It asks from one goroutine at a time, with the values of the request's
// context and a limit of a minute.
//
// Claims is "" or the JSON that a server asked for in a claims challenge; the source passes it to
// the authorization server. After a 401 the source must give a token other than the refused one.
type TokenSource interface {
	Token(ctx context.Context, claims string) (*oauth2.Token, error)
}

// FromOAuth2 makes any x/oauth2 source fit, such as the one of a refresh token. It cannot pass
// claims or a context on. A source that keeps tokens, which most of x/oauth2's do, may hand a
// revoked one out again: then the request fails with an [*Error] and nothing loops, until the source
// gives another.
func FromOAuth2(s oauth2.TokenSource) TokenSource { return fromOAuth2{s} }

type fromOAuth2 struct{ source oauth2.TokenSource }

func (f fromOAuth2) Token(context.Context, string) (*oauth2.Token, error) {
	if f.source == nil {
		return nil, errors.New("the oauth2.TokenSource is nil")
	}
	return f.source.Token()
}

// Format shows nothing of the source, which may hold a refresh token.
func (fromOAuth2) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("auth.FromOAuth2(…)")) }

// ClientCredentials fetches tokens for the application itself (RFC 6749 section 4.4). Params adds
// parameters to each fetch, such as those of [CertificateAssertion] in place of a secret; nil adds
// none. For Exchange Online the scope is https://outlook.office365.com/.default.
//
// As everywhere in x/oauth2, the HTTP client is that of the context's [oauth2.HTTPClient] value, if
// there is one. It is copied, and the copy follows no redirect, which would carry the secret
// elsewhere. The token endpoint must be https or loopback.
func ClientCredentials(c clientcredentials.Config, params func(context.Context) (url.Values, error)) TokenSource {
	c.EndpointParams = maps.Clone(c.EndpointParams)
	s := &clientCredentials{config: c, params: params}
	s.client = &http.Client{Transport: private(nil)}
	return s
}

type clientCredentials struct {
	config clientcredentials.Config
	params func(context.Context) (url.Values, error)
	client *http.Client
}

func (s *clientCredentials) Token(ctx context.Context, claims string) (*oauth2.Token, error) {
	c := s.config
	if err := secureEndpoint(c.TokenURL); err != nil {
		return nil, err
	}
	values := url.Values{}
	maps.Copy(values, c.EndpointParams)
	if s.params != nil {
		more, err := s.params(ctx)
		if err != nil {
			return nil, err
		}
		maps.Copy(values, more)
	}
	if claims != "" {
		values.Set("claims", claims)
	}
	c.EndpointParams = values
	if c.AuthStyle == oauth2.AuthStyleAutoDetect && c.ClientSecret == "" {
		c.AuthStyle = oauth2.AuthStyleInParams // finding out would send the assertion twice
	}
	client := *s.client
	if theirs, ok := ctx.Value(oauth2.HTTPClient).(*http.Client); ok && theirs != nil {
		client = *theirs
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c.Token(context.WithValue(ctx, oauth2.HTTPClient, &client))
}

// Format shows nothing of the configuration, which holds the secret.
func (*clientCredentials) Format(f fmt.State, _ rune) {
	_, _ = f.Write([]byte("auth.ClientCredentials(…)"))
}

func secureEndpoint(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.User != nil {
		return errors.New("clientcredentials.Config.TokenURL is not a URL without user information")
	}
	at, err := originOf(u)
	if err != nil {
		return fmt.Errorf("clientcredentials.Config.TokenURL: %w", err)
	}
	if at.scheme != "https" && !loopback(at.host) {
		return fmt.Errorf("clientcredentials.Config.TokenURL: %s is not encrypted; use https", at)
	}
	return nil
}

// describe is an error's text, but for those of x/oauth2, whose text holds the whole answer.
func describe(err error) string {
	var r *oauth2.RetrieveError
	if !errors.As(err, &r) {
		return err.Error()
	}
	text := "the token endpoint refused"
	if r.Response != nil {
		text = fmt.Sprintf("the token endpoint answered %d", r.Response.StatusCode)
	}
	if r.ErrorCode != "" {
		text += ": " + quoted(r.ErrorCode)
	}
	if r.ErrorDescription != "" {
		text += ": " + quoted(r.ErrorDescription)
	}
	return text
}
