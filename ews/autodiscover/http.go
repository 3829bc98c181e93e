package autodiscover

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-ews/exchange/internal/contextcause"
	"github.com/go-ews/exchange/internal/httpbody"
	"github.com/go-ews/exchange/internal/pagehint"
	"github.com/go-ews/exchange/internal/proxyerror"
	"github.com/go-ews/exchange/internal/serverwords"
)

// maxResponse bounds a body, unpacked. The largest real ones list hundreds of mailboxes in 100 KB.
const maxResponse = 1 << 20

// form is one of the two forms of the protocol, with its request for an address.
type form struct {
	name        string
	method      string
	body        []byte
	contentType string
	accept      string
	canHandle   string
	login       bool // the server may ask for credentials
	of          address
	parse       func(body []byte) (*response, error)
}

// httpResponse is an HTTP response, read to its end.
type httpResponse struct {
	status   int
	location string
	says     string // the server's own reason for the status, from its headers
	body     []byte
	bodyErr  error // why the body is missing; the status counts all the same
}

// send sends one request within the time of a step and returns the response, redirects included.
func (f *finder) send(ctx context.Context, c *http.Client, u *url.URL, as *form) (*httpResponse, error) {
	step, cancel := f.stepContext(ctx)
	defer cancel()
	got, err := roundTrip(step, c, u, as, c != f.anonymous)
	if err != nil {
		return nil, stepError(ctx, step, err)
	}
	if got.bodyErr != nil && ctx.Err() != nil {
		return nil, contextcause.Of(ctx)
	}
	return got, nil
}

// stepContext returns a context that ends with the time of a step.
func (f *finder) stepContext(ctx context.Context) (context.Context, context.CancelFunc) {
	after := f.opts.StepTimeout
	return context.WithTimeoutCause(ctx, after, &timeoutError{after})
}

// stepError returns the error of a request or look-up that ran with the context of a step. The end
// of the caller's context, or of the step's time, comes before err, which is its consequence.
func stepError(ctx, step context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return contextcause.Of(ctx)
	case step.Err() != nil:
		return context.Cause(step)
	}
	return err
}

// roundTrip sends the request and reads the response.
func roundTrip(ctx context.Context, c *http.Client, u *url.URL, as *form, login bool) (*httpResponse, error) {
	ctx, sent := limitRepeats(ctx, login)
	defer sent.cancel(nil)
	r, err := newRequest(ctx, u, as)
	if err != nil {
		return nil, err
	}
	if !login {
		r.GetBody = nil // net/http then says why it would repeat the request; a login needs the body again
	}
	resp, err := c.Do(r) //nolint:bodyclose // readResponse closes it
	if err != nil {
		return nil, requestError(c, r, sent, err)
	}
	return readResponse(ctx, resp, as), nil
}

// requestError returns the reason why a request had no response.
func requestError(c *http.Client, r *http.Request, sent *repeats, err error) error {
	if cause := context.Cause(r.Context()); errors.Is(cause, errReset) {
		return cause
	}
	// What net/http puts around it repeats the URL, whose query may hold something secret.
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if sent.connected() {
		return resetReason(err)
	}
	return proxyerror.Explain(c.Transport, r, err)
}

// readResponse reads and closes a response. It waits for the body where that can matter: not for
// the page that comes with a redirect or with a challenge.
func readResponse(ctx context.Context, resp *http.Response, as *form) *httpResponse {
	var body httpbody.Body
	body.Reset(resp.Body)
	defer body.Finish(ctx)
	got := &httpResponse{
		status: resp.StatusCode, location: resp.Header.Get("Location"), says: serverwords.Of(resp.Header),
	}
	if as.parse == nil || isRedirect(got.status) || got.status == http.StatusUnauthorized {
		return got
	}
	if got.status/100 != 2 {
		body.Hurry(ctx) // the status alone is the server's error, with or without its page
	}
	got.body, got.bodyErr = readBody(ctx, resp, &body)
	return got
}

func newRequest(ctx context.Context, u *url.URL, as *form) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, as.method, u.String(), bytes.NewReader(as.body))
	if err != nil {
		return nil, errors.New("the URL cannot be requested")
	}
	r.Header.Set("User-Agent", "go-ews-exchange-autodiscover")
	r.Header.Set("Accept", as.accept)
	if as.contentType != "" {
		r.Header.Set("Content-Type", as.contentType)
	}
	if as.canHandle != "" {
		r.Header.Set("X-ClientCanHandle", as.canHandle)
	}
	return r, nil
}

// readBody reads a body to its end, so that the connection can be used again.
func readBody(ctx context.Context, resp *http.Response, raw io.Reader) ([]byte, error) {
	status := resp.StatusCode
	body, err := httpbody.ReadAll(resp.Header, raw, maxResponse+1)
	switch {
	case ctx.Err() != nil && err != nil:
		return nil, fmt.Errorf("the response (HTTP %d) stalled: %w", status, context.Cause(ctx))
	case err != nil:
		return nil, fmt.Errorf("the response (HTTP %d) broke off: %w", status, err)
	case len(body) > maxResponse:
		return nil, fmt.Errorf("the response (HTTP %d) is larger than %d bytes", status, maxResponse)
	}
	return body, nil
}

// hardened copies a client so that it neither keeps cookies nor follows redirects: a host that is
// redirected to must be trusted first, and net/http would make a GET of a POST.
func hardened(c *http.Client) *http.Client {
	copied := *c
	copied.Jar = nil
	copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &copied
}

// privateTransport is for requests without credentials, if the caller supplies no Transport. It is
// not a clone of the default transport, which a program may have set to ignore certificates.
func privateTransport() *http.Transport {
	t := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: 64 << 10,
	}
	proxyerror.Hook(t)
	return t
}

// isRedirect reports whether the Location of a response is to be followed, which 300 and 304 do not
// ask for.
func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// statusError explains a status that came without a response of the protocol. The server's own
// explanation comes first.
func statusError(got *httpResponse) error {
	text := fmt.Sprintf("HTTP %d", got.status)
	words := strings.ToLower(http.StatusText(got.status))
	switch status := got.status; {
	case got.says != "":
		text += ": " + got.says
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed || status == http.StatusGone:
		text += ": this form of Autodiscover is not there"
	case status == http.StatusForbidden:
		text += " twice; a firewall or an access rule may be in between"
	case status == http.StatusProxyAuthRequired:
		text += ": a proxy in between asks for credentials; check the proxy's settings"
	case status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests:
		text += ": too busy, or its application pool is down; try again later"
	case pagehint.OfStatus(status) != "":
		text += ": " + pagehint.OfStatus(status)
	case words != "":
		text += " (" + words + ")"
	}
	return errors.New(text)
}
