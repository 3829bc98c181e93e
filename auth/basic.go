package auth

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/go-ews/exchange/internal/httpbody"
)

const schemeBasic = "Basic"

// Basic sends user and password with each request (RFC 7617, in UTF-8), so anyone who can read the
// connection learns them. Exchange on premises accepts it where an administrator has switched it
// on; Exchange Online does not. A nil base stands for a private clone of the default transport; an
// *http.Transport is cloned; another RoundTripper is used as it is.
//
// A password that the server refused is not sent again for some time, as with [NTLM].
func Basic(base http.RoundTripper, c Credentials, opts *Options) (*Transport, error) {
	if c == nil {
		return nil, &InputError{Op: schemeBasic, Field: "Credentials", Reason: "nil"}
	}
	set, err := opts.check(schemeBasic)
	if err != nil {
		return nil, err
	}
	b := &basic{base: privateTripper(base), credentials: c, lockout: sharedLockout, log: set.log}
	return &Transport{scheme: schemeBasic, set: set, sender: b}, nil
}

type basic struct {
	base        http.RoundTripper
	credentials Credentials
	lockout     *lockout
	log         *slog.Logger
}

func (b *basic) send(r *http.Request, at origin) (*http.Response, error) {
	fail := func(reason string, err error) *Error {
		return &Error{Scheme: schemeBasic, Origin: at.String(), reason: reason, Err: err}
	}
	user, password, err := b.credentials.ask(r.Context())
	if err == nil {
		err = basicForm(user, password)
	}
	if err != nil {
		closeBody(r)
		return nil, fail("nothing was sent", err)
	}
	settle, err := b.lockout.enter(r.Context(), scopeOf(schemeBasic, at, r), user, password)
	if err != nil {
		closeBody(r)
		return nil, fail("nothing was sent", err)
	}
	r2 := r.WithContext(r.Context())
	r2.Header = r.Header.Clone()
	if r2.Header == nil {
		r2.Header = http.Header{}
	}
	r2.SetBasicAuth(user, password)
	resp, err := b.base.RoundTrip(r2)
	if err != nil {
		settle(unsettled)
		return nil, err
	}
	if resp.StatusCode != http.StatusUnauthorized {
		settle(outcomeOf(resp, nil))
		resp.Request = r
		return resp, nil
	}
	settle(rejected)
	httpbody.Discard(r.Context(), resp.Body)
	b.log.WarnContext(r.Context(), "login refused",
		slog.String("scheme", schemeBasic), slog.String("origin", at.String()))
	e := fail("the server refused the login", nil).withResponse(resp)
	e.Hint = "user, password and the account's state, and whether Basic is switched on for this virtual directory"
	return nil, e
}

func (b *basic) closeIdle() { closeIdle(b.base) }

// basicForm refuses what RFC 7617 section 2 cannot carry.
func basicForm(user, password string) error {
	control := func(ch rune) bool { return ch < ' ' || ch == 0x7f }
	switch {
	case strings.Contains(user, ":"):
		return errors.New("the user name holds a colon, which Basic cannot carry")
	case strings.ContainsFunc(user, control), strings.ContainsFunc(password, control):
		return errors.New("the user name or the password holds a control character, which Basic cannot carry")
	}
	return nil
}

func closeIdle(base http.RoundTripper) {
	if c, ok := base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
