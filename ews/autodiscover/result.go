package autodiscover

import (
	"time"

	"github.com/go-ews/exchange/ews"
)

// Result is an endpoint, and what was said about it.
type Result struct {
	// URL is the endpoint, for [ews.NewClient]: https, at a host that is trusted.
	URL string

	// Address is the address that the endpoint is for. It is another than was asked for where an
	// answer redirected to it, as for a mailbox that moved to another organization.
	Address string

	// Source is the Autodiscover URL that named the endpoint, without its query.
	Source string

	// ServerVersion is what the answer tells of the mailbox's server: four numbers, no schema
	// version. Zero where it tells nothing; version 2 never does.
	ServerVersion ews.ServerVersion

	// AuthPackage is the scheme that the answer advises, such as "ntlm", "negotiate" or "basic"; ""
	// where it advises none. What the endpoint itself offers counts more.
	AuthPackage string

	// TTL is how long the answer says that it holds, in whole hours; 0: it says nothing, or that
	// there is no need to ask again. Servers mostly say 1 hour. A [Cache] goes by its own ages.
	TTL time.Duration

	// Found is when the answer came.
	Found time.Time

	// Steps is what was done, in order; nil for a result out of the cache.
	Steps []Step
}
