package auth

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Error says why a request was not answered: the credentials were refused, no connection came
// about, the request was for an origin that the credentials are not for, or the answer was lost.
// Its text is for people and may change; [Error.NotSent], [Error.StatusCode] and the other methods
// are for programs. What lies under it, a context's error for instance, is found by errors.Is.
type Error struct {
	scheme      string // Basic, NTLM, Negotiate, Bearer
	origin      string
	reason      string
	hint        string
	status      int
	offered     []string
	challenge   string
	diagnostics string
	notSent     bool
	err         error
}

// Error is one line without any secret.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("auth: " + e.scheme)
	if e.origin != "" {
		b.WriteString(" to " + e.origin)
	}
	b.WriteString(": " + e.reason)
	if e.err != nil {
		b.WriteString(": " + oneLine(describe(e.err)))
	}
	if e.status == http.StatusUnauthorized {
		if len(e.offered) == 0 {
			b.WriteString("; the server offers no scheme")
		} else {
			b.WriteString("; the server offers " + strings.Join(e.offered, ", "))
		}
	}
	if e.challenge != "" {
		b.WriteString("; WWW-Authenticate: " + e.challenge)
	}
	if e.diagnostics != "" {
		b.WriteString("; x-ms-diagnostics: " + e.diagnostics)
	}
	if e.hint != "" {
		b.WriteString("; check " + e.hint)
	}
	return b.String()
}

// Unwrap gives the error under this one, if there is one.
func (e *Error) Unwrap() error { return e.err }

// NotSent is true when certainly nothing of the request was acted upon: it was not sent at all, or
// the server answered 401 to it. A request that changes something may then be sent again. When it
// is false the server may have carried the request out.
func (e *Error) NotSent() bool { return e.notSent }

// StatusCode is the HTTP status that the server gave, mostly 401; 0 when it gave none.
func (e *Error) StatusCode() int { return e.status }

// Offered are the authentication schemes that the server named in its 401 answer, as it wrote
// them; nil without such an answer.
func (e *Error) Offered() []string { return slices.Clone(e.offered) }

// Challenge is the server's WWW-Authenticate header for the Bearer scheme, at most 1 KiB of it; ""
// for other schemes, whose headers say no more than [Error.Offered].
func (e *Error) Challenge() string { return e.challenge }

// Diagnostics is the x-ms-diagnostics header of the answer, at most 1 KiB of it: Exchange's own
// reason for refusing a token.
func (e *Error) Diagnostics() string { return e.diagnostics }

// Hint says in words what to check next; "" when nothing is known.
func (e *Error) Hint() string { return e.hint }

// Timeout makes [net/url.Error.Timeout] tell the truth about a wrapped deadline.
func (e *Error) Timeout() bool {
	var t interface{ Timeout() bool }
	return e.err != nil && errors.As(e.err, &t) && t.Timeout()
}

// LogValue groups the parts that a log can be searched by.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("scheme", e.scheme),
		slog.String("origin", e.origin),
		slog.Int("status", e.status),
		slog.Bool("not_sent", e.notSent),
		slog.String("msg", e.Error()),
	)
}

// answered fills in what a refusal says of itself.
func (e *Error) answered(resp *http.Response) *Error {
	e.status = resp.StatusCode
	e.diagnostics = quoted(resp.Header.Get("X-Ms-Diagnostics"))
	if resp.StatusCode != http.StatusUnauthorized {
		return e
	}
	for _, c := range parseChallenges(resp.Header.Values("Www-Authenticate")) {
		if !slices.Contains(e.offered, c.scheme) {
			e.offered = append(e.offered, c.scheme)
		}
		if strings.EqualFold(c.scheme, "Bearer") && e.challenge == "" {
			e.challenge = quoted(c.String())
		}
	}
	return e
}

const maxHeaderText = 1 << 10

// quoted makes a header of unknown origin fit for one line of text.
func quoted(s string) string {
	if len(s) > maxHeaderText {
		s = s[:maxHeaderText]
	}
	return oneLine(strings.ToValidUTF8(s, "\ufffd"))
}

func oneLine(s string) string {
	clean := func(r rune) rune {
		if !strconv.IsPrint(r) {
			return ' '
		}
		return r
	}
	return strings.Map(clean, s)
}
