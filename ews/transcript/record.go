package transcript

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-ews/exchange/internal/netfault"
)

// Options are the settings of a [Recorder].
type Options struct {
	// Keep has words that stay, as they are written here: the names that a program made itself.
	Keep []string

	// MaxBytes is the largest body that is recorded. 0: 8 MiB.
	MaxBytes int64

	// Key decides about the replacements: transcripts with the same key can be compared. It is as
	// secret as what they replace. Nil: a random one.
	Key []byte
}

// Recorder is an [http.RoundTripper] that writes what passes to a transcript. It is safe for
// concurrent use, if its base is.
type Recorder struct {
	base     http.RoundTripper
	words    *scrubber
	kept     map[string]bool
	maxBytes int64

	mu    sync.Mutex
	w     io.Writer
	calls int
	err   error
}

// Record returns a RoundTripper that sends requests with base and writes each to w together with its
// response, without the names in it, when the response's body was read to its end or closed. Nil is
// [http.DefaultTransport]; nil options work.
//
// What passes is not changed, and no failure of the recording reaches the caller: see
// [Recorder.Err].
func Record(base http.RoundTripper, w io.Writer, opts *Options) *Recorder {
	if opts == nil {
		opts = &Options{}
	}
	if base == nil {
		base = http.DefaultTransport //nolint:forbidigo // the caller's choice, and never changed
	}
	key := bytes.Clone(opts.Key)
	if key == nil {
		key = make([]byte, 32)
		_, _ = rand.Read(key) // never fails
	}
	r := &Recorder{
		base: base, words: newScrubber(key), kept: map[string]bool{}, w: w, maxBytes: cmp.Or(opts.MaxBytes, 8<<20),
	}
	for _, word := range opts.Keep {
		r.kept[word] = true
	}
	_, r.err = io.WriteString(w, title+"\n")
	return r
}

func (r *Recorder) keep(word string) bool { return r.kept[word] }

// Err returns the first reason why something is missing from the transcript: a *[RefusedError], or
// an error of the writer.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// RefusedError is the error of a request or response that cannot be scrubbed. It is not recorded.
type RefusedError struct {
	Call   int // the number that the call would have had
	Reason string
}

// Error returns one line.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("transcript: call %d is not recorded: %s", e.Call, e.Reason)
}

// CloseIdleConnections closes those of the base.
func (r *Recorder) CloseIdleConnections() {
	if c, ok := r.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// RoundTrip sends a request with the base.
func (r *Recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	c := &call{recorder: r, request: req, sent: &kept{most: r.maxBytes}}
	if req.Body != nil && req.Body != http.NoBody {
		copied := *req
		copied.Body = &tee{ReadCloser: req.Body, kept: c.sent}
		req = &copied
	}
	resp, err := r.base.RoundTrip(req)
	if err != nil {
		c.write(nil, netfault.Kind(err))
		return resp, err
	}
	received := &kept{most: r.maxBytes}
	end := func(failure string) { c.write(&response{resp, received}, failure) }
	if resp.Body == nil || resp.Body == http.NoBody {
		end("")
		return resp, nil
	}
	resp.Body = &tee{ReadCloser: resp.Body, kept: received, end: end}
	return resp, nil
}

// kept is the beginning of a body.
type kept struct {
	mu   sync.Mutex // net/http may read a request's body after the response came
	most int64
	b    []byte
	over bool
}

func (k *kept) add(p []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.over = k.over || int64(len(k.b)+len(p)) > k.most; !k.over {
		k.b = append(k.b, p...)
	}
}

// text returns the body, or the reason why it cannot be scrubbed.
func (k *kept) text(h http.Header) (string, string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch packed := h.Get("Content-Encoding"); {
	case k.over:
		return "", fmt.Sprintf("its body has more than %d bytes", k.most)
	case packed != "" && !strings.EqualFold(packed, "identity") && len(k.b) > 0:
		return "", "its body is packed"
	case !utf8.Valid(k.b) || bytes.IndexByte(k.b, 0) >= 0 || !extendsASCII(strings.Join(h.Values("Content-Type"), ";")) && len(k.b) > 0:
		return "", "its body is not UTF-8"
	}
	return string(k.b), ""
}

var (
	charset = regexp.MustCompile(`(?i)charset\s*=\s*["']?\s*([^"';\s]*)`)
	ascii   = regexp.MustCompile(`^(?i)(utf-?8|us-ascii|ascii|iso-8859-[0-9]+|windows-125[0-9])?$`)
)

// extendsASCII reports whether bytes below 0x80 are ASCII in a body of that type. In UTF-16 or ISO
// 2022 they are parts of other letters, which stay readable when each byte is scrubbed as a letter.
func extendsASCII(contentType string) bool {
	for _, m := range charset.FindAllStringSubmatch(contentType, -1) {
		if !ascii.MatchString(m[1]) {
			return false
		}
	}
	return true
}

// tee keeps the bytes that are read of a body, and reports its end once.
type tee struct {
	io.ReadCloser

	kept *kept
	once sync.Once
	end  func(failure string) // nil: no callback
}

// Read reads the body.
func (t *tee) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	t.kept.add(p[:n])
	switch {
	case errors.Is(err, io.EOF):
		t.ended("")
	case err != nil:
		t.ended(cmp.Or(netfault.Kind(err), "lost"))
	}
	return n, err
}

// Close closes the body. The transcript lacks the part that was not read.
func (t *tee) Close() error {
	err := t.ReadCloser.Close()
	t.ended("")
	return err
}

func (t *tee) ended(failure string) {
	if t.end != nil {
		t.once.Do(func() { t.end(failure) })
	}
}

// call is a request that was sent.
type call struct {
	recorder *Recorder
	request  *http.Request
	sent     *kept
}

// response is a response as far as it was read.
type response struct {
	*http.Response

	kept *kept
}

// write scrubs a call and writes it. failure is the kind of failure that came in place of a
// response, or in the middle of one.
func (c *call) write(got *response, failure string) {
	r := c.recorder
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	e, reason, err := c.entry(got, failure)
	if err == nil && reason != "" {
		err = &RefusedError{Call: r.calls, Reason: reason}
	}
	if err == nil {
		_, err = r.w.Write(e.appendTo(nil, r.calls))
	}
	r.err = cmp.Or(r.err, err)
}

// entry returns the scrubbed call, or why there is none.
func (c *call) entry(got *response, failure string) (e entry, reason string, err error) {
	r := c.recorder
	body, reason := c.sent.text(c.request.Header)
	if reason != "" {
		return e, "of the request, " + reason, nil
	}
	e.method = c.request.Method
	if !names[e.method] && !methods[e.method] {
		return e, "its method is unknown", nil
	}
	u := c.request.URL
	if e.url, err = r.scrubURL(u.Scheme + "://" + u.Host + u.RequestURI()); err != nil {
		return e, "", err
	}
	if e.request, err = r.message(c.request.Header, body); err != nil {
		return e, "", err
	}
	e.failure = failure
	if got == nil {
		e.failure = cmp.Or(failure, "lost")
		return e, "", nil
	}
	if body, reason = got.kept.text(got.Header); reason != "" {
		return e, "of the response, " + reason, nil
	}
	e.status = got.StatusCode
	e.response, err = r.message(got.Header, body)
	return e, "", err
}

var methods = setOf("GET POST HEAD OPTIONS PUT DELETE")

// message scrubs the header and the body of a request or response.
func (r *Recorder) message(h http.Header, body string) (m message, err error) {
	if m.header, err = r.scrubHeader(h); err != nil {
		return m, err
	}
	d := &document{scrubber: r.words, keep: r.keep}
	m.body, err = d.scrub(body)
	return m, err
}
