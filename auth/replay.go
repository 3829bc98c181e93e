package auth

import (
	"errors"
	"io"
	"net/http"
)

var errNoReplay = errors.New("the request must be sent once more, but its body cannot be read twice: " +
	"give it a body that http.NewRequest knows, or a GetBody function")

// A replay returns the body of a request: the first time as it is, later from GetBody. It does not
// wrap the body: net/http sends headers and body in one packet only for the reader types it knows.
type replay struct {
	request *http.Request
	used    bool
}

// next returns the body for one more attempt.
func (b *replay) next() (io.ReadCloser, error) {
	r := b.request
	if r.Body == nil || r.Body == http.NoBody {
		return r.Body, nil
	}
	if !b.used {
		b.used = true
		return r.Body, nil
	}
	if r.GetBody == nil {
		return nil, errNoReplay
	}
	return r.GetBody()
}

// close ends a body that was never handed out, as RoundTrip must.
func (b *replay) close() {
	if !b.used {
		closeBody(b.request)
	}
}

// drain reads the rest of a response, up to a limit of bytes, and reports whether the connection
// can be used again.
func drain(resp *http.Response) bool {
	n, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxDrain+1))
	closeErr := resp.Body.Close()
	return n <= maxDrain && err == nil && closeErr == nil
}

const maxDrain = 64 << 10
