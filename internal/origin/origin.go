// Package origin splits a URL: the origin, which decides where bytes go, and the part that may be
// shown.
package origin

import (
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Origin is a scheme, a host and a port, in lower case (RFC 6454). Two equal ones are the same
// place.
type Origin struct {
	Scheme, Host, Port string
}

// Of returns the origin of a URL. A port that is left out is that of the scheme.
func Of(u *url.URL) Origin {
	o := Origin{Scheme: strings.ToLower(u.Scheme), Host: strings.ToLower(u.Hostname()), Port: u.Port()}
	if o.Port == "" {
		o.Port = defaultPort(o.Scheme)
	}
	return o
}

func defaultPort(scheme string) string {
	switch scheme {
	case "https":
		return "443"
	case "http":
		return "80"
	}
	return ""
}

// String returns the origin with its port.
func (o Origin) String() string { return o.Scheme + "://" + o.Address() }

// Short returns the origin as browsers write it, without the port that belongs to the scheme.
func (o Origin) Short() string {
	if o.Port != defaultPort(o.Scheme) {
		return o.String()
	}
	host := o.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return o.Scheme + "://" + host
}

// Address returns host and port, to be dialed.
func (o Origin) Address() string { return net.JoinHostPort(o.Host, o.Port) }

// IsASCII reports whether a host can be a name in DNS or an address: a name of other letters has to
// be written in its ASCII form.
func IsASCII(host string) bool {
	return !strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// IsPort reports whether s is the number of a port, or "" for that of the scheme.
func IsPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return s == "" || err == nil && n > 0
}

// Page returns a URL without what may be secret: its user information, query and fragment.
func Page(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}
