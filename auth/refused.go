package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-ews/exchange/internal/oneline"
)

// largeToken is a size that every server takes: IIS and Apache allow headers of 16 and 8 KiB.
const largeToken = 4 << 10

// tooLarge explains the refusal of a header that a large token made long. It returns nil for other
// responses.
func (b *bound) tooLarge(k *call, resp *http.Response, token []byte) error {
	refused := resp.StatusCode == http.StatusBadRequest || resp.StatusCode == http.StatusRequestHeaderFieldsTooLarge
	if !refused || len(token) < largeToken {
		return nil
	}
	e := b.fail(k.at, fmt.Sprintf("the server refused the request's header, which holds a login of %d bytes",
		base64.StdEncoding.EncodedLen(len(token))), nil).withResponse(resp)
	e.Hint = "in how many groups the account is, which makes its ticket large, and the server's limits for headers: " +
		"MaxFieldLength and MaxRequestBytes of http.sys, or those of a proxy in between"
	return e
}

// refused returns the error of a 401 to the last token.
func (b *bound) refused(ctx context.Context, k *call, x Handshake, resp *http.Response) *Error {
	e := b.fail(k.at, "the server refused the login", nil).withResponse(resp)
	b.set.log.WarnContext(ctx, "login refused", slog.String("origin", k.at.String()))
	if b.misrouted(ctx, k, resp) {
		e.misrouted = true
		e.reason = "the server refused the login as it refuses one whose challenge went over another connection"
		e.Hint = hintAffinity
		return e
	}
	e.Hint = "user, password and the account's state"
	if h, ok := x.(*ntlmHandshake); ok && h.domain != "" {
		e.Hint = fmt.Sprintf("user (the server is in the domain %s), password and the account's state", oneline.Clip(h.domain, 64))
	}
	if b.scheme == schemeNegotiate {
		if e.Hint = b.causeOf(ctx, e, k, x, resp); e.Hint != "" {
			return e
		}
		e.Hint = "the account's state, the clocks, and whether the server's account has the service name HTTP/" + k.at.Host
	}
	switch {
	case k.c.tls == nil:
		e.Hint += "; a server that requires Extended Protection accepts no login over http"
	case !b.set.bind:
		e.Hint += "; Extended Protection: a server that requires it refuses logins while channel binding is switched off"
	default:
		e.Hint += "; Extended Protection: a TLS bridge with another certificate in between makes the channel binding " +
			"wrong, which only the same certificate on both sides or switching channel binding off can mend"
	}
	return e
}

const hintNotOffered = "which scheme the virtual directory has switched on, and whether the URL is right"

// causeOf returns what to check where the refusal of a token shows its cause: by the schemes that the
// server offers, by the server's token, or by its clock. Otherwise it returns "".
func (b *bound) causeOf(ctx context.Context, e *Error, k *call, x Handshake, resp *http.Response) string {
	found, offered := findChallenge(parseChallenges(resp.Header.Values("Www-Authenticate")), k.header)
	if !offered {
		e.reason = "the server does not offer " + b.scheme + ", and nothing of the request was done"
		return hintNotOffered
	}
	if err := b.verify(ctx, x, found); found.token != "" {
		e.Err = err
		if explained, ok := errors.AsType[interface {
			error
			Hint() string
		}](err); ok && explained.Hint() != "" {
			return explained.Hint()
		}
	}
	return clockHint(resp, time.Now())
}

// maxSkew is how far clocks may differ, as Kerberos has it by default (RFC 4120 section 1.6).
const maxSkew = 5 * time.Minute

// clockHint compares the server's clock with this machine's, which now shows.
func clockHint(resp *http.Response, now time.Time) string {
	theirs, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil || theirs.Sub(now).Abs() <= maxSkew {
		return ""
	}
	return fmt.Sprintf("the clocks: the server's shows %s UTC, this machine's %s UTC, and Kerberos allows a difference of %v",
		theirs.UTC().Format(time.DateTime), now.UTC().Format(time.DateTime), maxSkew)
}

// outcomeOf judges a password by the response to it. Errors of servers in between judge nothing.
func outcomeOf(resp *http.Response, err error) outcome {
	var e *Error
	switch {
	case errors.As(err, &e) && e.misrouted:
		return misrouted
	case errors.As(err, &e) && e.StatusCode == http.StatusUnauthorized:
		return rejected
	case err != nil:
		return unsettled
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode > http.StatusInternalServerError:
		return unsettled
	default:
		return accepted
	}
}
