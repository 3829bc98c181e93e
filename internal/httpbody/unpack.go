package httpbody

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
)

// Unpack returns the body of a response with that header, unpacked if it is in gzip. net/http
// itself unpacks what it asked for; a proxy may pack unasked, and a RoundTripper may ask and not
// unpack. The reader's size is not bounded.
func Unpack(h http.Header, body io.Reader) (io.Reader, error) {
	switch strings.ToLower(h.Get("Content-Encoding")) {
	case "gzip", "x-gzip": // equivalent (RFC 9110 section 8.4.1.3)
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		return z, nil
	}
	return body, nil
}

// ReadAll reads the body as [Unpack] returns it, no more than limit bytes.
func ReadAll(h http.Header, body io.Reader, limit int64) ([]byte, error) {
	unpacked, err := Unpack(h, body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(unpacked, limit))
}
