package auth

import (
	"context"
	"net/http"
)

// Negotiate logs in with the tokens of a mechanism, Kerberos from package auth/kerberos above all.
// A nil base stands for a private clone of the default transport; another one is cloned.
//
// A mechanism whose first token is its last, as with Kerberos, costs one request per call: the token
// goes out with the request. A server that says "Persistent-Auth: true" keeps the login for the
// connection, and further requests on it go without a token. As with [NTLM], connections are the
// Transport's own and carry one request at a time.
func Negotiate(base *http.Transport, m Mechanism, opts *Options) (*Transport, error) {
	if m == nil {
		return nil, &InputError{Op: schemeNegotiate, Field: "Mechanism", Reason: "nil"}
	}
	return newBound(schemeNegotiate, base, m, opts)
}

// A Mechanism makes the tokens of [Negotiate]. Packages auth/kerberos and auth/sspi have one. It
// must be safe for concurrent use.
type Mechanism interface {
	// Start begins the login of one connection, or of one request where the server keeps no
	// login. It must not send anything to the target.
	Start(ctx context.Context, t Target) (Handshake, error)
}

// A Target names the server that a token is for.
type Target struct {
	// Host is the name in the URL, without port and in lower case. It is not looked up in the DNS.
	Host string

	// ChannelBinding is the application data of the tls-server-end-point binding, prefix
	// included, as RFC 5929 and RFC 5056 write it; nil when there is none to send. A mechanism
	// that knows the MD5 of a gss_channel_bindings_struct makes it from this.
	ChannelBinding []byte

	// scope separates remembered refusals: one for lack of a channel binding says nothing about a
	// login with it.
	scope string
}

// A Handshake is one login. It is used by one goroutine.
type Handshake interface {
	// Next returns the token to send. The first challenge is nil, later ones come from the
	// server. With done set, the token goes out together with the request itself; before that,
	// tokens travel on requests without a body.
	//
	// After done, Next is called once more with the token that the server sent with its response;
	// this call verifies mutual authentication. A challenge that is empty but not nil means that
	// the server sent none. The token that this call returns is not used; an error makes the
	// request fail. If the server refused the token, Next gets the token of the refusal, and its
	// error explains the refusal to the user; if it has a method Hint() string, that is what to
	// check, and becomes [Error].Hint.
	Next(ctx context.Context, challenge []byte) (token []byte, done bool, err error)
}

// A settler is a Handshake that learns how its login ended.
type settler interface {
	settle(o outcome)
	account() string
}
