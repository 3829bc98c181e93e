package ews

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/go-ews/exchange/internal/oneline"
	"github.com/go-ews/exchange/internal/pagehint"
	"github.com/go-ews/exchange/internal/retryafter"
)

// HTTPError is a response that is not SOAP: a proxy's page, a refused login, a redirect, an empty
// body. Its text has the status, the server's own words if it said any, as in a fault of SOAP 1.2,
// else what the status probably means; never the body.
type HTTPError struct {
	Op         string
	StatusCode int
	Header     http.Header  // of the response; may hold cookies: do not log it
	Body       []byte       // at most the first 1024 bytes; may hold personal data: do not log it
	Info       ResponseInfo // of the response

	proxy string // that responded 407; "" if unknown
}

// Error returns one line: the status, the server's explanation or the probable meaning, and what to
// check.
func (e *HTTPError) Error() string {
	var b strings.Builder
	writeOp(&b, e.Op)
	fmt.Fprintf(&b, "HTTP %d", e.StatusCode)
	if text := http.StatusText(e.StatusCode); text != "" {
		b.WriteString(" " + text)
	}
	if ct := e.Header.Get("Content-Type"); ct != "" {
		b.WriteString(" (" + oneline.Clip(ct, 60) + ")")
	} else if len(e.Body) == 0 {
		b.WriteString(" with an empty body")
	}
	b.WriteString(" instead of a SOAP response: " + e.page().Explain())
	if after, ok := retryafter.Header(e.Header); ok {
		b.WriteString("; the server asks to wait " + after.String())
	}
	writeWhere(&b, &e.Info)
	return b.String()
}

func (e *HTTPError) page() pagehint.Page {
	return pagehint.Page{
		StatusCode: e.StatusCode, Header: e.Header, Body: e.Body, URL: e.Info.URL, Proxy: e.proxy,
	}
}

// String keeps header and body out of prints of a value, which does not implement error.
func (e HTTPError) String() string { return e.Error() }

// GoString keeps header and body out of %#v.
func (e HTTPError) GoString() string {
	return fmt.Sprintf("&ews.HTTPError{Op:%q, StatusCode:%d}", e.Op, e.StatusCode)
}

// LogValue logs operation, status and request id.
func (e *HTTPError) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("op", e.Op),
		slog.Int("status", e.StatusCode),
		slog.String("request_id", loggedID(&e.Info)))
}
