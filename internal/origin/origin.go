// Package origin says where a URL leads: the part of it that decides where bytes go, and the part
// that may be shown.
package origin

import "net/url"

// Page returns a URL without what may be secret: its user information, query and fragment.
func Page(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}
