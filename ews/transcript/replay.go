package transcript

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// Player is an [http.RoundTripper] that plays a transcript. It is safe for concurrent use.
type Player struct {
	mu      sync.Mutex
	entries []entry
	played  []bool
	left    int
}

// Replay reads a transcript. The Player responds to each request with what the transcript has for
// the first request of that method and SOAPAction that was not played yet: the bytes of the response
// as they stand there, without a network and without waiting. What the request says besides is not
// compared, because names differ.
func Replay(r io.Reader) (*Player, error) {
	entries, err := newScanner(r).entries()
	if err != nil {
		return nil, err
	}
	return &Player{entries: entries, played: make([]bool, len(entries)), left: len(entries)}, nil
}

// ErrNotRecorded is the error of a request that the transcript does not have, or not that often.
var ErrNotRecorded = errors.New("not in the transcript")

// Failure is the error of a request that was recorded with a failure, or of the body of a response
// that was cut. Its text is the kind: dns, refused, tls, reset, timeout, ….
type Failure string

// Error returns the kind.
func (f Failure) Error() string { return "recorded failure: " + string(f) }

// Left returns how many requests of the transcript were not played.
func (p *Player) Left() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.left
}

// RoundTrip responds to a request.
func (p *Player) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	e := p.take(r.Method, r.Header.Get("SOAPAction"))
	switch {
	case e == nil:
		return nil, fmt.Errorf("transcript: %s %s: %w", r.Method, r.Header.Get("SOAPAction"), ErrNotRecorded)
	case e.status == 0:
		return nil, Failure(e.failure)
	}
	resp := &http.Response{
		StatusCode: e.status, Status: fmt.Sprint(e.status, " ", http.StatusText(e.status)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, ContentLength: int64(len(e.response.body)), Request: r,
	}
	for _, line := range e.response.header {
		name, value, _ := strings.Cut(line, ": ")
		resp.Header.Add(name, value)
	}
	body := io.Reader(bytes.NewReader(e.response.body))
	if e.failure != "" {
		body = io.MultiReader(body, failing{Failure(e.failure)})
		resp.ContentLength = -1
	}
	resp.Body = io.NopCloser(body)
	return resp, nil
}

// take returns the next entry of a method and an action, nil if there is none.
func (p *Player) take(method, action string) *entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.entries {
		if e := &p.entries[i]; !p.played[i] && e.method == method && e.action() == action {
			p.played[i] = true
			p.left--
			return e
		}
	}
	return nil
}

// action returns the SOAPAction of the recorded request.
func (e *entry) action() string {
	for _, line := range e.request.header {
		if name, value, _ := strings.Cut(line, ": "); strings.EqualFold(name, "Soapaction") {
			return value
		}
	}
	return ""
}

// failing is the end of a body that was cut.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
