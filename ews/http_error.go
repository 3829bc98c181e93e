package ews

import (
	"net/http"
	"net/url"
	"strings"
)

// statusAccountLocked is what Exchange Online answers for a locked account.
const statusAccountLocked = 456

// hint says what the answer probably means and what to check.
func (e *HTTPError) hint() string {
	switch s := e.StatusCode; {
	case s/100 == 3:
		return e.redirectHint()
	case s == http.StatusUnauthorized:
		return e.unauthorizedHint()
	case s == http.StatusForbidden:
		return "refused before EWS: in Exchange Online check EWSEnabled and EwsAllowedAppIDs " +
			"(EWS is off there unless allow-listed), on-premises the mailbox's EWS access policy and " +
			"client access rules, and any proxy on the way"
	case s == http.StatusNotFound, s == http.StatusMethodNotAllowed, s == http.StatusGone:
		return "nothing at this address: check the endpoint, which as a rule ends in /EWS/Exchange.asmx"
	case s == http.StatusRequestEntityTooLarge, s == http.StatusBadRequest:
		return "right after authentication this means Extended Protection: a proxy or load balancer that " +
			"ends TLS with another certificate, or a client without channel binding; else a request that " +
			"is too large for the front end or was damaged on the way"
	case s == http.StatusUnsupportedMediaType:
		return "not an EWS endpoint, or something on the way edits requests"
	case s == http.StatusProxyAuthRequired:
		return "an HTTP proxy asks for credentials"
	case s == http.StatusTooManyRequests, s == http.StatusServiceUnavailable:
		return "too busy, or the application pool is down; RetryAfter tells for how long if the server said so"
	case s == statusAccountLocked:
		return "the account is locked or must sign in interactively first"
	case s == http.StatusBadGateway, s == http.StatusGatewayTimeout:
		return "a gateway or load balancer got no answer from Exchange"
	case s >= 500:
		return "the web server failed before or beside EWS; its event log tells more"
	}
	return "a log-in page, a proxy, or another application? Check the endpoint, which as a rule ends in " +
		"/EWS/Exchange.asmx"
}

func (e *HTTPError) redirectHint() string {
	location := e.Header.Get("Location")
	if isErrorPage(location) {
		return "Exchange redirects to its error page: an outage of the server behind; try again later"
	}
	hint := "redirects are not followed, since they would carry the request elsewhere"
	// A query may hold tokens, and user information a password.
	if u, err := url.Parse(location); err == nil && location != "" {
		target := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
		hint += "; this one leads to " + clip(oneLine(target.String()), 200)
	}
	return hint + "; check the endpoint, which as a rule ends in /EWS/Exchange.asmx"
}

func (e *HTTPError) unauthorizedHint() string {
	hint := "the credentials were refused or none were sent: check user, password and scheme"
	if schemes := offeredSchemes(e.Header); schemes != "" {
		hint += " (offered: " + schemes + ")"
	}
	hint += "; Extended Protection also answers so if TLS ends before Exchange or no channel binding is " +
		"sent, and so does throttling"
	if d := e.Header.Get("X-Ms-Diagnostics"); d != "" {
		hint += "; x-ms-diagnostics: " + clip(oneLine(d), 200)
	}
	return hint
}

// offeredSchemes lists the first word of each WWW-Authenticate header.
func offeredSchemes(h http.Header) string {
	var names []string
	for _, challenge := range h.Values("Www-Authenticate") {
		if words := strings.Fields(challenge); len(words) > 0 {
			names = append(names, clip(oneLine(words[0]), 20))
		}
	}
	return clip(strings.Join(names, ", "), 100)
}
