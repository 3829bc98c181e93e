package ews

import (
	"io"
	"net/http"
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
	return &requestBody{unread: b.bytes, buffer: b}
}

// requestBody has a lock because net/http closes the body of an aborted HTTP/2 stream while it may
// still be reading it: what is read must not be the next call's request.
type requestBody struct {
	mu     sync.Mutex
	unread []byte
	buffer *requestBuffer // nil: closed
}

// Read fails after Close.
func (b *requestBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.buffer == nil:
		return 0, http.ErrBodyReadAfterClose
	case len(b.unread) == 0:
		return 0, io.EOF
	}
	n := copy(p, b.unread)
	b.unread = b.unread[n:]
	return n, nil
}

// Close releases the buffer; further calls do nothing.
func (b *requestBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.buffer != nil {
		b.buffer.release()
		b.buffer, b.unread = nil, nil
	}
	return nil
}
