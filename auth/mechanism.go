package auth

import "context"

// A Mechanism makes the tokens of [Negotiate]. Package auth/kerberos has one. It must be safe for
// concurrent use.
type Mechanism interface {
	// Start begins the login of one connection, or of one request where the server keeps no
	// login. It must not send anything to the target.
	Start(ctx context.Context, t Target) (Handshake, error)
}

// A Target is what a token is for.
type Target struct {
	// Host is the name in the URL, without port and in lower case. It is not looked up in the DNS.
	Host string

	// ChannelBinding is the application data of the tls-server-end-point binding, prefix
	// included, as RFC 5929 and RFC 5056 write it; nil when there is none to send. A mechanism
	// that knows the MD5 of a gss_channel_bindings_struct makes it from this.
	ChannelBinding []byte

	// scope is what passwords are protected for: a login that is refused for lack of a binding says
	// nothing about one with it.
	scope string
}

// A Handshake is one login. It is used by one goroutine.
type Handshake interface {
	// Next returns the token to send. The first challenge is nil, later ones come from the
	// server. With done set, the token goes out together with the request itself; before that,
	// tokens travel on requests without a body.
	//
	// After done, Next is called once more with what the server sent back together with its
	// response, which is where mutual authentication is verified: a challenge that is empty but not
	// nil means that there was nothing. The token that this call returns is not used; an error makes
	// the request fail. When the server refused the token, Next gets what came with the refusal,
	// and its error tells the user why.
	Next(ctx context.Context, challenge []byte) (token []byte, done bool, err error)
}

// A settler is a Handshake that wants to know how its login ended.
type settler interface {
	settle(o outcome)
	account() string
}
