package autodiscover

import (
	"net/url"
	"time"

	"github.com/go-ews/exchange/ews"
)

// Result is an EWS endpoint, with the description by its Autodiscover service.
type Result struct {
	// URL is the endpoint, for [ews.NewClient]: https, at a trusted host.
	URL string

	// Alternatives are the other endpoints that the same response named at trusted hosts, best
	// first: that for inside (EXCH) if URL is for outside (EXPR), and the other way round. Nil
	// without any.
	Alternatives []string

	// Address is the address that the endpoint is for. It differs from the one that was looked up
	// if a response redirected to it, as for a mailbox that moved to another organization.
	Address string

	// Source is the Autodiscover URL that named the endpoint, without its query.
	Source string

	// ServerVersion is the version of the mailbox's server: four numbers, no schema version. Zero
	// where the response lacks it, as in version 2.
	ServerVersion ews.ServerVersion

	// AuthPackage is the scheme that the response advises, such as "ntlm", "negotiate" or "basic";
	// "" without advice. The offer of the endpoint itself counts more.
	AuthPackage string

	// TTL is how long the response is valid, in whole hours; 0 if it does not say, or never
	// expires. Servers mostly say 1 hour. A [Cache] goes by its own ages.
	TTL time.Duration

	// Found is when the response arrived.
	Found time.Time

	// Steps are the steps of the search, in order; nil for a result of the cache.
	Steps []Step
}

// newResult returns what a response says about an endpoint.
func newResult(u *url.URL, e endpoint, a *response) *Result {
	return &Result{
		URL: u.String(), ServerVersion: a.version, AuthPackage: e.authPackage, TTL: e.ttl, Found: time.Now(),
	}
}
