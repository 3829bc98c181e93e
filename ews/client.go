package ews

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-ews/exchange/internal/loopback"
	"github.com/go-ews/exchange/internal/origin"
	"github.com/go-ews/exchange/internal/proxyerror"
	"github.com/go-ews/exchange/internal/throttle"
)

// defaultTimeout bounds one attempt if the caller supplies no http.Client. Exchange itself ends a
// request after a minute.
const defaultTimeout = 2 * time.Minute

// Options are the settings of a [Client]. They are copied: later changes have no effect.
type Options struct {
	// HTTPClient supplies the Transport that sends and authenticates the requests (package auth),
	// and the Timeout of one attempt. Its Jar is not used, since one mailbox's routing cookie would
	// misroute another's requests, nor its CheckRedirect, since redirects would carry requests and
	// credentials elsewhere. A nil Transport stands for a tuned clone of the default one, with 100
	// idle connections per host. nil: that transport, and a timeout of 2 minutes.
	HTTPClient *http.Client

	Header Header // of every request; see [Client.WithHeader] for others

	// UserAgent precedes the module's own. Administrators of Exchange allow and block applications
	// by it: use one value per application.
	UserAgent string

	// MaxResponseBytes bounds the body of a response, unpacked. 0: 32 MiB.
	MaxResponseBytes int64

	Retry RetryPolicy

	// Logger gets a record per call and per wait, and at debug level per attempt; never a body or
	// a credential. nil: silent.
	Logger *slog.Logger

	// AllowHTTP permits http:// to hosts other than this one.
	AllowHTTP bool
}

// Client calls the operations of one Exchange server. Create one with [NewClient] and share it: it
// is safe for concurrent use, and copies made with [Client.WithHeader] and [Client.Impersonate]
// share its connections and its throttle ([RetryPolicy]).
type Client struct {
	*core
	header           Header
	opening, closing []byte      // of the envelope, header included
	anchor           string      // value of X-AnchorMailbox, "" for none
	mailbox          string      // the impersonated one, as the throttle knows it
	bad              *InputError // why header cannot be sent
}

// core is what a client shares with its copies.
type core struct {
	transport http.RoundTripper
	timeout   time.Duration // of one attempt; 0 or less: none
	template  *http.Request
	url       string // of the endpoint, for texts
	userAgent string
	limit     int64
	retry     RetryPolicy
	throttle  throttle.Throttle
	log       *slog.Logger
}

// NewClient returns a client for the server at endpoint, such as
// "https://mail.contoso.com/EWS/Exchange.asmx". It does not contact the server. nil opts work.
//
// An endpoint without scheme or host, with user information, query or fragment, http:// beyond
// this host without AllowHTTP, and options that cannot be sent are an [*InputError].
func NewClient(endpoint string, opts *Options) (*Client, error) {
	if opts == nil {
		opts = &Options{}
	}
	u, bad := parseEndpoint(endpoint, opts.AllowHTTP)
	if bad == nil {
		bad = opts.check()
	}
	if bad != nil {
		return nil, bad
	}
	transport, timeout := sender(opts.HTTPClient)
	c := &core{
		transport: transport,
		timeout:   timeout,
		template:  newTemplate(u),
		url:       origin.Page(u),
		userAgent: strings.TrimSpace(opts.UserAgent + " " + moduleUserAgent()),
		limit:     opts.MaxResponseBytes,
		retry:     opts.Retry.withDefaults(),
		log:       opts.Logger,
	}
	client := (&Client{core: c}).WithHeader(opts.Header)
	if client.bad != nil {
		return nil, client.bad.of("NewClient")
	}
	return client, nil
}

// check returns an error for the first option that is out of range.
func (o *Options) check() *InputError {
	bad := func(field, reason string) *InputError {
		return &InputError{Op: "NewClient", Field: field, Reason: reason}
	}
	switch {
	case o.MaxResponseBytes < 0:
		return bad("MaxResponseBytes", "negative")
	case o.Retry.MaxAttempts < 0:
		return bad("Retry.MaxAttempts", "negative")
	case o.Retry.MaxWait < 0:
		return bad("Retry.MaxWait", "negative")
	case !isHeaderValue(o.UserAgent):
		return bad("UserAgent", "holds a control character")
	}
	return nil
}

// Header returns the header that the client's requests carry.
func (c *Client) Header() Header { return c.header }

// WithHeader returns a copy of the client whose requests carry h. It is cheap and uses the same
// connections: create one per mailbox, or even per call. A bad header fails each call of the copy
// with an [*InputError].
func (c *Client) WithHeader(h Header) *Client {
	copied := &Client{core: c.core, header: h, mailbox: strings.ToLower(h.Impersonate.String())}
	copied.opening, copied.closing, copied.bad = h.encode()
	copied.anchor = h.anchor()
	return copied
}

// Impersonate returns a copy of the client that acts on behalf of a. The anchor mailbox follows
// the account unless the header names one.
//
// Account{} is bad input for each call of the copy, and for each client that is made from the
// copy's Header: a look-up that found no account must not end in the service account's own mailbox.
// In the Header it is PrimarySMTP(""). To act as the service account, set Header.Impersonate to
// Account{} and use [Client.WithHeader].
func (c *Client) Impersonate(a Account) *Client {
	if a.IsZero() {
		a = PrimarySMTP("")
	}
	h := c.header
	h.Impersonate = a
	return c.WithHeader(h)
}

// CloseIdleConnections closes connections that no request uses at the moment.
func (c *Client) CloseIdleConnections() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// parseEndpoint checks the endpoint. Reasons never quote it: it may hold a password.
func parseEndpoint(endpoint string, allowHTTP bool) (*url.URL, *InputError) {
	u, err := url.Parse(endpoint)
	reason := ""
	switch {
	case endpoint == "":
		reason = "empty: it looks like https://mail.contoso.com/EWS/Exchange.asmx"
	case err != nil:
		reason = "not a URL: it looks like https://mail.contoso.com/EWS/Exchange.asmx"
	case u.Scheme != "https" && u.Scheme != "http":
		reason = "the scheme must be https: it looks like https://mail.contoso.com/EWS/Exchange.asmx"
	case u.Hostname() == "":
		reason = "no host: it looks like https://mail.contoso.com/EWS/Exchange.asmx"
	case !origin.IsPort(u.Port()):
		reason = "no port has the number " + u.Port()
	case u.User != nil:
		reason = "holds user information: credentials belong to the http.Client's transport"
	case u.RawQuery != "" || u.ForceQuery:
		reason = "holds a query"
	case u.Fragment != "" || strings.Contains(endpoint, "#"):
		reason = "holds a fragment"
	case u.Scheme == "http" && !allowHTTP && !loopback.IsHost(u.Hostname()):
		reason = "http:// would send everything in clear: use https://, or allow http:// explicitly"
	}
	if reason != "" {
		return nil, &InputError{Op: "NewClient", Field: "endpoint", Reason: reason}
	}
	return u, nil
}

// sender returns the parts of hc that the client uses. Its Jar and CheckRedirect have no effect,
// because requests go to the transport itself.
func sender(hc *http.Client) (http.RoundTripper, time.Duration) {
	switch {
	case hc == nil:
		return tunedTransport(), defaultTimeout
	case hc.Transport == nil:
		return tunedTransport(), hc.Timeout
	}
	return hc.Transport, hc.Timeout
}

// tunedTransport clones the default transport with more idle connections. With the default of 2 per
// host, most calls of a busy service would need a new TLS connection.
func tunedTransport() http.RoundTripper {
	base, ok := http.DefaultTransport.(*http.Transport) //nolint:forbidigo // cloned, never changed
	if !ok {
		return http.DefaultTransport //nolint:forbidigo // replaced by the program: its choice
	}
	t := base.Clone()
	t.MaxIdleConns = 0 // bounded per host
	t.MaxIdleConnsPerHost = 100
	t.MaxResponseHeaderBytes = 1 << 20 // with net/http's 10 MiB a header might cost more than a body
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	t.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	proxyerror.Hook(t)
	return t
}

// moduleUserAgent returns the module's own User-Agent.
func moduleUserAgent() string {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == modulePath && strings.HasPrefix(m.Version, "v") {
				version = m.Version
			}
		}
	}
	return "go-ews-exchange/" + version + " (" + runtime.Version() + ")"
}

const modulePath = "github.com/go-ews/exchange"
