package ews

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-ews/exchange/internal/proxyerror"
	"github.com/go-ews/exchange/internal/sendonce"
)

// sending is one HTTP request, with everything that it needs on the heap in one allocation.
type sending struct {
	guard  sendonce.Guard
	url    url.URL
	values headerValues
}

// roundTrip sends the request. A response comes with a body.
func (s *sending) roundTrip(transport http.RoundTripper, r *http.Request) (*http.Response, error) {
	res, err := transport.RoundTrip(r)
	switch {
	case err != nil && s.guard.NotSent():
		return nil, cause(proxyerror.Explain(transport, r, err))
	case err != nil:
		return nil, cause(err)
	case res == nil:
		return nil, errors.New("the http.RoundTripper returned neither a response nor an error")
	case res.Body == nil:
		res.Body = http.NoBody
	}
	return res, nil
}

// cause strips an outermost *url.Error, whose text repeats the URL, and net/http's quotation of a
// response.
func cause(err error) error {
	if u, ok := err.(*url.Error); ok { //nolint:errorlint // a deeper one belongs to another request
		err = u.Err
	}
	var record tls.RecordHeaderError
	if errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/" {
		err = fmt.Errorf("%w: nothing speaks TLS on this port", http.ErrSchemeMismatch)
	}
	return quiet(err)
}

// quiet returns the error without what net/http quotes of a response.
func quiet(err error) error {
	if text, ok := unquoted(err.Error()); ok {
		return &quietError{text, err}
	}
	return err
}

// unquoted drops what net/http quotes of a server that it cannot understand, such as
// malformed MIME header line: "Set-Cookie…": it may hold anything.
func unquoted(text string) (string, bool) {
	for _, phrase := range [...]string{"transport connection broken: ", "malformed ", "GOAWAY"} {
		i := strings.Index(text, phrase)
		if i < 0 {
			continue
		}
		if quote := strings.IndexByte(text[i:], '"'); quote >= 0 {
			return strings.TrimRight(text[:i+quote], ":= "), true
		}
	}
	return text, false
}

// quietError is an error with another text.
type quietError struct {
	text string
	err  error
}

func (e *quietError) Error() string { return e.text }
func (e *quietError) Unwrap() error { return e.err }
