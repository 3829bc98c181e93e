package autodiscover

import (
	"net/url"
	"strings"

	"github.com/go-ews/exchange/internal/origin"
)

// hostOf returns the host of a URL in the form in which hosts are compared.
func hostOf(u *url.URL) string {
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}

// maxURL is more than servers take.
const maxURL = 2048

// parseTarget parses a URL that a response names, relative to the one that was requested. The
// reason for refusing it does not repeat it: it may hold a password.
func parseTarget(base *url.URL, text string) (u *url.URL, bad string) {
	text = strings.TrimSpace(text)
	u, err := url.Parse(text)
	if err == nil && base != nil {
		u = base.ResolveReference(u)
	}
	switch {
	case text == "":
		return nil, "nothing"
	case len(text) > maxURL:
		return nil, "a URL that is too long"
	case err != nil:
		return nil, "something that is not a URL"
	case u.User != nil:
		return nil, "a URL with user information"
	case hostOf(u) == "":
		return nil, "a URL without host"
	case !origin.IsASCII(u.Host):
		return nil, "a host name that is not ASCII"
	case !origin.IsPort(u.Port()):
		return nil, "a URL with a port outside of 1 to 65535"
	case u.Scheme != "https":
		return nil, "a URL that is not https, which is never followed"
	}
	u.Fragment, u.RawFragment = "", ""
	return u, ""
}

// identity returns a text that is the same for two URLs of the same place: paths and hosts are
// compared without case, as IIS does, and the port of https may be left out. The query is part of
// it: version 2 carries the address there in one of its forms.
func identity(u *url.URL) string {
	o := origin.Of(u)
	o.Host = hostOf(u)
	return o.String() + strings.ToLower(u.EscapedPath()) + "?" + u.RawQuery
}

// originOf returns the origin of a URL as browsers write it, without the port of https.
func originOf(u *url.URL) string {
	o := origin.Of(u)
	o.Host = hostOf(u)
	return o.Short()
}
