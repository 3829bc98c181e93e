package auth

import "net/http"

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
