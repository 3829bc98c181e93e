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
)

// maxAnswer bounds a body, unpacked. The largest real ones list hundreds of mailboxes in 100 KB.
const maxAnswer = 1 << 20

// form is one of the two forms of the protocol, with its request for an address.
type form struct {
	name        string
	method      string
	body        []byte
	contentType string
	accept      string
	canHandle   string
	login       bool // credentials may be asked for
	of          address
	read        func(body []byte) (*answer, error)
}

// reply is an HTTP answer, read to its end.
type reply struct {
	status   int
	location string
	body     []byte
}

// send sends one request within the time of a step. A redirect is an answer like any other.
func (f *finder) send(ctx context.Context, c *http.Client, u *url.URL, as *form) (*reply, error) {
	step, cancel := context.WithTimeout(ctx, f.opts.StepTimeout)
	defer cancel()
	got, err := roundTrip(step, c, u, as)
	switch {
	case err == nil:
		return got, nil
	case ctx.Err() != nil:
		return nil, contextError(ctx)
	case step.Err() != nil:
		return nil, &timeoutError{after: f.opts.StepTimeout}
	}
	// What net/http puts around it repeats the URL, whose query is nobody's business.
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return nil, err
}

// roundTrip sends the request and reads the answer to its end, so that the connection can be used again
// and nobody has to wait for the rest later.
func roundTrip(ctx context.Context, c *http.Client, u *url.URL, as *form) (*reply, error) {
	r, err := http.NewRequestWithContext(ctx, as.method, u.String(), bytes.NewReader(as.body))
	if err != nil {
		return nil, errors.New("the URL cannot be asked")
	}
	r.Header.Set("User-Agent", "go-ews-exchange-autodiscover")
	r.Header.Set("Accept", as.accept)
	if as.contentType != "" {
		r.Header.Set("Content-Type", as.contentType)
	}
	if as.canHandle != "" {
		r.Header.Set("X-ClientCanHandle", as.canHandle)
	}
	resp, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("the answer (HTTP %d) broke off: %w", resp.StatusCode, err)
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("the answer (HTTP %d) is larger than %d bytes", resp.StatusCode, maxAnswer)
	}
	return &reply{status: resp.StatusCode, location: resp.Header.Get("Location"), body: body}, nil
}

// hardened copies a client so that it neither keeps cookies nor follows redirects: a host that is
// redirected to has to pass the gate first, and net/http would make a GET of a POST.
func hardened(c *http.Client) *http.Client {
	copied := *c
	copied.Jar = nil
	copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &copied
}

// privateTransport is for requests without credentials, where the caller gave none. It is not a clone
// of the default transport, which a program may have told to ignore certificates.
func privateTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// isRedirect reports whether the Location of an answer is to be followed. 300 and 304 are none.
func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// statusError says what a status without an answer of the protocol means.
func statusError(status int) error {
	text := strings.ToLower(http.StatusText(status))
	switch {
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed || status == http.StatusGone:
		return fmt.Errorf("HTTP %d: this form of Autodiscover is not there", status)
	case status == http.StatusForbidden:
		return fmt.Errorf("HTTP %d twice; a firewall or an access rule may be in between", status)
	case status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests:
		return fmt.Errorf("HTTP %d: too busy, or its application pool is down; try again later", status)
	case text == "":
		return fmt.Errorf("HTTP %d", status)
	}
	return fmt.Errorf("HTTP %d (%s)", status, text)
}
