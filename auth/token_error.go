package auth

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"time"

	"golang.org/x/oauth2"

	"github.com/go-ews/exchange/internal/retryafter"
)

// A tokenError is a refusal by a token endpoint. Its text has the server's code and description, but
// not the body, which x/oauth2's text would show.
type tokenError struct {
	text  string
	final bool
	after time.Duration
	wait  bool // the server said how long to wait
	err   error
}

func (e *tokenError) Error() string                     { return e.text }
func (e *tokenError) Unwrap() error                     { return e.err }
func (e *tokenError) Permanent() bool                   { return e.final }
func (e *tokenError) RetryAfter() (time.Duration, bool) { return e.after, e.wait }

// finalCodes are the refusals that only a person can mend (RFC 6749 section 5.2, and additions of
// Microsoft Entra and AD FS).
var finalCodes = []string{
	"invalid_client", "unauthorized_client", "invalid_scope", "invalid_grant",
	"invalid_request", "unsupported_grant_type", "unsupported_response_type",
	"invalid_resource", "invalid_target", "access_denied", "consent_required", "interaction_required",
}

// explainFetch shortens and classifies the error of a token endpoint. Other errors stay as they
// are.
func explainFetch(err error) error {
	r, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return err
	}
	e := &tokenError{text: "the token endpoint refused", err: err}
	code, description := r.ErrorCode, r.ErrorDescription
	if r.Response != nil {
		e.text = fmt.Sprintf("the token endpoint returned HTTP %d", r.Response.StatusCode)
		e.after, e.wait = retryafter.Header(r.Response.Header)
	}
	if code == "" && r.Response != nil {
		doc := parseTokenDocument(r.Response.Header.Get("Content-Type"), r.Body)
		code, description = doc.Code, cmp.Or(doc.Description, description)
	}
	if code == "" && description == "" && r.Response != nil {
		e.text += notOAuth(r.Response, r.Body)
		return e
	}
	for _, part := range []string{code, description} {
		if part != "" {
			e.text += ": " + quoted(part)
		}
	}
	e.final = slices.Contains(finalCodes, code)
	return e
}

// notOAuth explains a response that is neither a token nor an error of OAuth.
func notOAuth(resp *http.Response, body []byte) string {
	const check = "; check the token URL, and whether a proxy or a log-in page responds in its place"
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	start := bytes.ToLower(bytes.TrimSpace(body[:min(len(body), 256)]))
	switch {
	case resp.StatusCode/100 == 3:
		return ", a redirect, which is not followed because it would carry the secret elsewhere" + check
	case resp.StatusCode == http.StatusTooManyRequests:
		return ": too many requests"
	case kind == "text/html" || bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html")):
		return " with an HTML page instead of a token" + check
	case bytes.HasPrefix(start, []byte("{")):
		return " with JSON that holds neither a token nor an OAuth error" + check
	case len(start) == 0:
		return " with an empty body" + check
	default:
		return fmt.Sprintf(" with %d bytes of %s instead of a token", len(body), cmp.Or(quoted(kind), "an unnamed type")) + check
	}
}

// A heldError is a failure that is returned for a while without another request.
type heldError struct {
	err    error
	claims string // the claims of the failed fetch
	until  time.Time
	wait   bool // the server said how long to wait
}

func (e *heldError) Error() string {
	return e.err.Error() + "; not asked again before " + e.until.UTC().Format(time.TimeOnly) + " UTC"
}
func (e *heldError) Unwrap() error { return e.err }

// applies reports whether the failure holds for a fetch that begins now. A request to wait holds
// for all fetches; a refusal may be due to the claims.
func (e *heldError) applies(claims string) bool {
	return e != nil && (e.wait || e.claims == claims) && time.Now().Before(e.until)
}

// RetryAfter returns the rest of the wait.
func (e *heldError) RetryAfter() (time.Duration, bool) {
	return max(time.Until(e.until), 0), e.wait
}

// finalHold is how long a final refusal holds at least before the next request to the token
// endpoint, whose administrator may have mended it.
const finalHold = time.Minute

// holdFailure returns the error for the calls after a failed fetch; nil if they may fetch at once.
func holdFailure(err error, claims string) *heldError {
	var hold time.Duration
	held := &heldError{err: err, claims: claims}
	var asked interface{ RetryAfter() (time.Duration, bool) }
	if errors.As(err, &asked) {
		if after, ok := asked.RetryAfter(); ok && after > 0 {
			hold, held.wait = after, true
		}
	}
	var final interface{ Permanent() bool }
	if errors.As(err, &final) && final.Permanent() {
		hold = max(hold, finalHold)
	}
	if hold == 0 {
		return nil
	}
	held.until = time.Now().Add(hold)
	return held
}
