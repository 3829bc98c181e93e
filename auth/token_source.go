package auth

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/oauth2"
)

// A TokenSource fetches access tokens. It need not cache them: the [Transport] does, and calls
// Token only when it needs a new one. It calls from one goroutine at a time, with the values of the
// request's context and a limit of a minute.
//
// Claims is "" or the JSON that a server asked for in a claims challenge; the source passes it to
// the authorization server, as the parameter claims, or as Claims of the Azure SDK's
// TokenRequestOptions. After a 401 the source must return a token other than the refused one.
//
// An error with a method Permanent() bool that returns true, and an *oauth2.RetrieveError with one
// of the codes invalid_client, unauthorized_client, invalid_scope or invalid_grant, is final: all
// waiting callers get it, ews does not retry, and the next call of Token follows after a minute at
// the earliest. An error with a method RetryAfter() (time.Duration, bool), and an
// *oauth2.RetrieveError whose response has a Retry-After, delays the next call of Token for that
// time.
type TokenSource interface {
	Token(ctx context.Context, claims string) (*oauth2.Token, error)
}

// FromOAuth2 adapts any x/oauth2 source, such as one with a refresh token. It cannot pass on claims
// or a context. A source that keeps tokens, as most of x/oauth2's do, may return a revoked one
// again: the request then fails with an [*Error], without a loop, until the source returns another.
// Set AuthStyle in the configuration of such a source: x/oauth2 detects it by sending each failed
// request again.
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
