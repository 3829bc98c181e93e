package auth

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-ews/exchange/internal/netfault"
	"github.com/go-ews/exchange/internal/oneline"
	"github.com/go-ews/exchange/internal/serverwords"
)

// Error is the failure of a login, or of a request that a [Transport] could not complete. Its text
// is for people and may change; the fields and methods are for programs, and a test may fill in the
// fields itself. The cause, a context's error for instance, is found by errors.Is and errors.As.
type Error struct {
	Scheme string // Basic, NTLM, Negotiate or Bearer
	Origin string // scheme, host and port of the server; "" if the request names none

	// StatusCode is the server's HTTP status, mostly 401; 0 without a response.
	StatusCode int

	// Offered are the schemes that a 401 names, as the server wrote them.
	Offered []string

	// Sent reports that the request went out and that the server may have carried it out. It is
	// false if nothing was sent, and for a 401, which says that nothing was done.
	Sent bool

	// Hint says what to check next; "" if nothing is known.
	Hint string

	// Err is the cause; nil if the server's response says it all.
	Err error

	reason      string
	misrouted   bool   // connections in between caused the refusal
	inBetween   bool   // the same, or they caused a failure before the password was sent
	words       string // the server's own, which outrank the hint in the text
	challenge   string
	diagnostics string
}

// Error returns one line without any secret: what failed, the server's own words, the cause, the
// schemes that the server offers. The hint follows only where the server said nothing.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("auth: " + e.Scheme)
	if e.Origin != "" {
		b.WriteString(" to " + e.Origin)
	}
	b.WriteString(": " + e.summary())
	if e.words != "" {
		b.WriteString("; " + e.words)
	}
	if e.Err != nil {
		b.WriteString(": " + oneline.Text(e.Err.Error()))
		if advice := netfault.Advice(e.Err, e.host()); advice != "" {
			b.WriteString("; " + advice)
		}
	}
	if e.challenge != "" {
		b.WriteString("; WWW-Authenticate: " + e.challenge)
	}
	if e.StatusCode == http.StatusUnauthorized {
		b.WriteString("; the server offers " + cmp.Or(oneline.Clip(strings.Join(e.Offered, ", "), 200), "no scheme"))
	}
	if e.Hint != "" && e.words == "" {
		b.WriteString("; check " + e.Hint)
	}
	return b.String()
}

// host returns the host of the origin.
func (e *Error) host() string {
	if u, err := url.Parse(e.Origin); err == nil && u.Host != "" {
		return u.Hostname()
	}
	return "the server"
}

// summary is the first clause of the text, for errors that a test made too.
func (e *Error) summary() string {
	switch {
	case e.reason != "":
		return e.reason
	case e.StatusCode == http.StatusUnauthorized:
		return "the server refused the login"
	case e.StatusCode != 0:
		return "the server returned HTTP " + strconv.Itoa(e.StatusCode)
	case e.Sent:
		return "the request was sent, but no response came"
	default:
		return "nothing was sent"
	}
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// NotSent reports whether the server certainly did not act on the request, so that even a write may
// be sent again. Package ews looks for a method of this name.
func (e *Error) NotSent() bool { return !e.Sent }

// Permanent reports whether the same request would fail again until the user changes the
// credentials, the account or the application's registration: the server refused the login, or a
// token endpoint refused the application. Such an error is not worth a retry, and with passwords a
// retry could lock the account. Package ews looks for a method of this name.
func (e *Error) Permanent() bool {
	switch e.StatusCode {
	case http.StatusUnauthorized, http.StatusBadRequest, http.StatusRequestHeaderFieldsTooLarge:
		return true
	}
	var p interface{ Permanent() bool }
	return e.Err != nil && errors.As(e.Err, &p) && p.Permanent()
}

// InBetween reports whether a load balancer or proxy broke or mixed up the connections of the login,
// as the package documentation says under Load balancers. The credentials are not to blame.
func (e *Error) InBetween() bool {
	held, ok := errors.AsType[*heldLogin](e.Err)
	return e.misrouted || e.inBetween || ok && held.reason == misrouted
}

// RetryAfter returns how long to wait before the next attempt, at most a day, as a token endpoint
// asked for or as the protection of the account demands. It reports false if there is no such time.
// Package ews looks for a method of this name.
func (e *Error) RetryAfter() (time.Duration, bool) {
	var r interface{ RetryAfter() (time.Duration, bool) }
	if e.Err == nil || !errors.As(e.Err, &r) {
		return 0, false
	}
	return r.RetryAfter()
}

// HTTPStatus returns StatusCode, for packages that do not import this one.
func (e *Error) HTTPStatus() int { return e.StatusCode }

// Challenge returns the WWW-Authenticate header of a Bearer server, at most 1 KiB of it; "" for other
// schemes, whose headers say no more than Offered.
func (e *Error) Challenge() string { return e.challenge }

// Diagnostics returns the response's x-ms-diagnostics header, at most 1 KiB of it: Exchange's own
// reason for refusing a token.
func (e *Error) Diagnostics() string { return e.diagnostics }

// Timeout reports whether the cause is a timeout, which [net/url.Error.Timeout] asks for.
func (e *Error) Timeout() bool {
	var t interface{ Timeout() bool }
	return e.Err != nil && errors.As(e.Err, &t) && t.Timeout()
}

// LogValue groups the attributes to search a log by.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("scheme", e.Scheme),
		slog.String("origin", e.Origin),
		slog.Int("status", e.StatusCode),
		slog.Bool("not_sent", !e.Sent),
		slog.String("msg", e.Error()),
	)
}

// withResponse fills in the status and the headers of a refusal.
func (e *Error) withResponse(resp *http.Response) *Error {
	e.StatusCode = resp.StatusCode
	e.diagnostics = quoted(resp.Header.Get("X-Ms-Diagnostics"))
	e.words = serverwords.Of(resp.Header)
	if resp.StatusCode != http.StatusUnauthorized {
		return e
	}
	for _, c := range parseChallenges(resp.Header.Values("Www-Authenticate")) {
		if !slices.Contains(e.Offered, c.scheme) {
			e.Offered = append(e.Offered, c.scheme)
		}
		if strings.EqualFold(c.scheme, schemeBearer) && e.challenge == "" {
			e.challenge = quoted(c.String())
		}
	}
	return e
}

// InputError reports invalid options or credentials. The constructors return it; nothing was sent.
// Its text never holds a credential.
type InputError struct {
	Op     string // NTLM, Negotiate, Basic, Bearer
	Field  string // the field at fault: "Options.MaxConns", "Credentials"
	Reason string
}

// Error returns one line: constructor, field and reason.
func (e *InputError) Error() string {
	text := "auth: "
	if e.Op != "" {
		text += e.Op + ": "
	}
	if e.Field != "" {
		text += e.Field + ": "
	}
	return text + e.Reason
}

const maxHeaderText = 1 << 10

// quoted makes a header of unknown origin fit for one line of text.
func quoted(s string) string { return oneline.Clip(s, maxHeaderText) }
