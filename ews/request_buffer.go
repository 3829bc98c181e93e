package ews

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
)

// requestBuffer is an encoded request, shared by the call, which quotes it in an excerpt, and by
// every body that net/http reads it through. It returns to the pool when the last of them is done:
// net/http may still be writing a body after the answer has been read.
type requestBuffer struct {
	bytes []byte
	refs  atomic.Int32
}

// maxPooled keeps one huge request from staying in memory for good.
const maxPooled = 64 << 10

var requestBuffers = sync.Pool{New: func() any { return new(requestBuffer) }}

// newRequestBuffer returns an empty buffer with one reference, the caller's.
func newRequestBuffer() *requestBuffer {
	b, ok := requestBuffers.Get().(*requestBuffer)
	if !ok {
		b = new(requestBuffer)
	}
	b.bytes = b.bytes[:0]
	b.refs.Store(1)
	return b
}

// release gives one reference back.
func (b *requestBuffer) release() {
	if b.refs.Add(-1) == 0 && cap(b.bytes) <= maxPooled {
		requestBuffers.Put(b)
	}
}

// body returns a reader over the request that holds a reference until it is closed.
func (b *requestBuffer) body() io.ReadCloser {
	b.refs.Add(1)
	body := &requestBody{buffer: b}
	body.Reset(b.bytes)
	return body
}

// getBody is http.Request.GetBody: a transport that has to answer a challenge sends the body once
// more. It is called before the call ends, so the buffer is still the call's.
func (b *requestBuffer) getBody() (io.ReadCloser, error) { return b.body(), nil }

type requestBody struct {
	bytes.Reader
	buffer *requestBuffer
	closed atomic.Bool
}

// Close releases the buffer; further calls do nothing.
func (b *requestBody) Close() error {
	if !b.closed.Swap(true) {
		b.buffer.release()
	}
	return nil
}
