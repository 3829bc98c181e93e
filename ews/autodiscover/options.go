package autodiscover

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-ews/exchange/ews"
)

// defaultStepTimeout is long enough for an application pool that has to wake up first.
const defaultStepTimeout = 10 * time.Second

// Options adjust [Find]. Nil and the zero value work for servers that respond without credentials,
// as Exchange 2016 and later do for version 2 of the protocol.
type Options struct {
	// URL is an Autodiscover service to ask first: of POX, such as
	// "https://autodiscover.contoso.com/autodiscover/autodiscover.xml", or of version 2, such as
	// "https://autodiscover.contoso.com/autodiscover/autodiscover.json". Its host is trusted. "":
	// none.
	URL string

	// Client returns the HTTP client that logs in at an origin such as
	// "https://autodiscover.contoso.com". It is called for https origins of trusted hosts only, and
	// only if one asked for credentials. The client is copied, without its Jar and never following
	// redirects; the caller closes its connections. A nil client means that there are no
	// credentials for that origin, as a nil Client does for all of them.
	Client func(origin string) (*http.Client, error)

	// Hosts are trusted in addition to the domain of the address and the hosts beneath it:
	// "mail.hoster.example" is one host, "*.hoster.example" all beneath it. [ExchangeOnline]
	// returns those of Microsoft's cloud.
	Hosts []string

	// Trust decides instead of the address's domain and Hosts, if it is set. It gets names in lower
	// case, without a port, from several goroutines at once.
	Trust func(host string) bool

	// Redirect decides about each host that is not trusted, before anything is sent to it or a
	// result names it, once per host and call of Find. An admitted host may be sent credentials.
	// Redirect should end with the context. Nil: none is admitted.
	Redirect func(ctx context.Context, r Redirect) bool

	// Cache keeps results: for a week, looked up again after a day, or earlier through [Report].
	// Nil: no cache; [NewMemoryCache] makes one.
	Cache Cache

	// Resolver looks up DNS service records. Nil: [net.DefaultResolver].
	Resolver Resolver

	// Transport sends the requests without credentials: through a proxy or with a private
	// authority, which the transports of Client then need as well, or to keep connections while
	// many mailboxes are looked up. One that ignores certificates is refused. Nil: a private one
	// that closes its connections when Find returns.
	Transport http.RoundTripper

	// StepTimeout bounds each single request or look-up, its body included. 0: 10 seconds. The
	// context bounds the whole.
	StepTimeout time.Duration

	// Logger gets a debug record for each step and one for the result: host, status and time, but
	// no address and nothing of a response. Nil: silent.
	Logger *slog.Logger
}

// Redirect is the argument of [Options.Redirect]: a host that is not trusted, and the trusted
// source that names it.
type Redirect struct {
	From string // the source: a URL without its query, a DNS record, "the address" or "the cache"
	Host string // in lower case, without a port
}

// Resolver looks up the DNS service record of a domain. [*net.Resolver] is one.
type Resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, addrs []*net.SRV, err error)
}

// ExchangeOnline returns the hosts of Microsoft's cloud for [Options.Hosts]: those of the worldwide
// service, and the tenants' own names as hybrid organizations use them. National clouds have
// others.
func ExchangeOnline() []string {
	return []string{"outlook.office365.com", "autodiscover-s.outlook.com", "*.mail.onmicrosoft.com"}
}

// checked returns a copy of the options with the defaults filled in.
func (o *Options) checked() (*Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	var bad string
	if c.Hosts, bad = checkHosts(c.Hosts); bad != "" {
		return nil, badInput("Options.Hosts", bad)
	}
	if c.StepTimeout < 0 {
		return nil, badInput("Options.StepTimeout", "negative")
	}
	c.StepTimeout = cmp.Or(c.StepTimeout, defaultStepTimeout)
	if ignoresCertificates(c.Transport) {
		return nil, badInput("Options.Transport", "ignores certificates, so that any host could respond; "+
			"put a private authority into its RootCAs instead")
	}
	if c.Resolver == nil {
		c.Resolver = net.DefaultResolver
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &c, nil
}

// checkHosts returns a copy of the hosts in the form in which they are compared, or says in words
// why one cannot be trusted.
func checkHosts(hosts []string) (checked []string, bad string) {
	for _, h := range hosts {
		h = strings.ToLower(strings.TrimSuffix(h, "."))
		if bad := checkDomain(strings.TrimPrefix(h, "*.")); bad != "" {
			return nil, bad
		}
		checked = append(checked, h)
	}
	return checked, ""
}

// transport returns the transport of requests without credentials, and what closes it afterwards.
func (o *Options) transport() (rt http.RoundTripper, release func()) {
	if o.Transport != nil {
		return o.Transport, func() {}
	}
	private := privateTransport()
	return private, private.CloseIdleConnections
}

func ignoresCertificates(rt http.RoundTripper) bool {
	t, ok := rt.(*http.Transport)
	return ok && t != nil && t.TLSClientConfig != nil && t.TLSClientConfig.InsecureSkipVerify
}

// parseService parses Options.URL; nil if it is empty.
func parseService(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no service to ask first is no error
	}
	u, bad := parseTarget(nil, text)
	switch {
	case bad != "":
		return nil, badInput("Options.URL", bad)
	case u.RawQuery != "" || u.ForceQuery:
		return nil, badInput("Options.URL", "a URL with a query")
	case !isVersion2(u) && !strings.HasSuffix(strings.ToLower(u.Path), ".xml"):
		return nil, badInput("Options.URL", "not the URL of an Autodiscover service: "+
			"want one that ends in autodiscover.xml or autodiscover.json")
	}
	return u, nil
}

// isVersion2 reports whether the URL of a service is for version 2 of the protocol.
func isVersion2(service *url.URL) bool {
	return strings.HasSuffix(strings.ToLower(service.Path), ".json")
}

func badInput(field, reason string) error {
	return &ews.InputError{Op: "autodiscover.Find", Field: field, Reason: reason}
}
