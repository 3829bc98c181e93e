package auth

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"golang.org/x/oauth2"

	"github.com/go-ews/exchange/internal/httpbody"
	"github.com/go-ews/exchange/internal/oneline"
)

const schemeBearer = "Bearer"

// Bearer puts an OAuth 2.0 access token on each request (RFC 6750). It is the one scheme of Exchange
// Online, and that of Exchange on premises with hybrid modern authentication or AD FS. A nil base
// stands for a private clone of the default transport; an *http.Transport is cloned; another
// RoundTripper is used as it is.
//
// The token is kept, and renewed 5 minutes before it expires, or after half of its life if that is
// short. One fetch serves all requests that wait for it. While the old token is still valid, a slow
// or dead token endpoint delays a call by two seconds at most. When the server returns 401, the
// token is dropped, fetched once more with the claims that the server asked for, and the request
// repeated once; that needs a body that can be read again, which [http.NewRequest] sees to.
func Bearer(base http.RoundTripper, s TokenSource, opts *Options) (*Transport, error) {
	if s == nil {
		return nil, &InputError{Op: schemeBearer, Field: "TokenSource", Reason: "nil"}
	}
	set, err := opts.check(schemeBearer)
	if err != nil {
		return nil, err
	}
	b := &bearer{base: privateTripper(base), tokens: &tokenCache{source: s, log: set.log}, log: set.log}
	return &Transport{scheme: schemeBearer, set: set, sender: b}, nil
}

type bearer struct {
	base   http.RoundTripper
	tokens *tokenCache
	log    *slog.Logger
}

func (b *bearer) send(r *http.Request, at origin) (*http.Response, error) {
	body := &replay{request: r}
	defer body.close()
	token, err := b.tokens.get(r.Context())
	if err != nil {
		return nil, b.fail(at, "no token, so nothing was sent", err)
	}
	resp, err := b.deliver(r, body, at, token)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	claims := claimsOf(parseChallenges(resp.Header.Values("Www-Authenticate")))
	first := b.fail(at, "the server refused the token"+asksFor(claims), nil).withResponse(resp)
	httpbody.Discard(r.Context(), resp.Body)
	b.log.WarnContext(r.Context(), "token refused",
		slog.String("origin", at.String()), slog.Bool("claims", claims != ""))

	token, err = b.tokens.replace(r.Context(), token, claims)
	if err != nil {
		first.Err = fmt.Errorf("and there is no other one: %w", err)
		return nil, first
	}
	resp, err = b.deliver(r, body, at, token)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	httpbody.Discard(r.Context(), resp.Body)
	claims = claimsOf(parseChallenges(resp.Header.Values("Www-Authenticate")))
	second := b.fail(at, "the server refused the token, and a new one as well"+asksFor(claims), nil).withResponse(resp)
	second.Hint = "the token's audience and permissions, that EWS is allowed for this application, " +
		"and the impersonated mailbox"
	if claims != "" {
		second.Hint = "the Conditional Access policies for this application and the sign-in logs of Microsoft Entra"
	}
	return nil, second
}

// asksFor is the part of an error's text about a claims challenge; "" if there was none.
func asksFor(claims string) string {
	if claims == "" {
		return ""
	}
	return " (it asks for the claims " + oneline.Clip(claims, 300) + ")"
}

func (b *bearer) deliver(r *http.Request, body *replay, at origin, token *oauth2.Token) (*http.Response, error) {
	rc, err := body.next()
	if err != nil {
		return nil, b.fail(at, "the server refused the token, and the request cannot be repeated; it was not acted on", err)
	}
	r2 := r.WithContext(r.Context())
	r2.Header = r.Header.Clone()
	if r2.Header == nil {
		r2.Header = http.Header{}
	}
	r2.Body = rc
	r2.Header.Set("Authorization", "Bearer "+token.AccessToken)
	resp, err := b.base.RoundTrip(r2)
	if err != nil {
		return nil, err
	}
	resp.Request = r
	return resp, nil
}

func (b *bearer) fail(at origin, reason string, err error) *Error {
	return &Error{Scheme: schemeBearer, Origin: at.String(), reason: reason, Err: err}
}

func (b *bearer) closeIdle() { closeIdle(b.base) }

// maxClaims bounds the claims that a server can make us send to the token endpoint.
const maxClaims = 16 << 10

// claimsOf decodes the claims challenge of continuous access evaluation: JSON in base64 with or
// without padding, in either alphabet, in a challenge that says error="insufficient_claims"
// (https://learn.microsoft.com/en-us/entra/identity-platform/claims-challenge).
func claimsOf(list []challenge) string {
	for _, c := range list {
		if !strings.EqualFold(c.scheme, schemeBearer) {
			continue
		}
		text := strings.TrimRight(c.param("claims"), "=")
		if text == "" || len(text) > maxClaims {
			continue
		}
		text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
		if data, err := base64.RawStdEncoding.DecodeString(text); err == nil {
			return string(data)
		}
	}
	return ""
}
