// Package httpbody reads bodies of HTTP responses without waiting for those that decide nothing: a
// page that stalls or drips must not hold up a call whose result is certain.
package httpbody

import (
	"context"
	"errors"
	"io"
	"time"
)

const (
	// drainSize bounds the reading of a body that is not needed, so that its connection can be used
	// again; beyond it a new connection is cheaper.
	drainSize = 64 << 10

	// patience is how long a call whose result is certain waits for the rest of a body.
	patience = 50 * time.Millisecond

	// morePatience is how long it waits for a body that may still change the result.
	morePatience = 10 * time.Second

	// maxEmptyReads is how often in a row a body may return nothing, as for bufio.
	maxEmptyReads = 100
)

// Body reads the body of one response as it comes over the wire. It waits for as long as that
// takes, until [Body.Hurry] says that the result of the call no longer depends on it.
type Body struct {
	from  io.ReadCloser
	fast  *impatient // from, read in a hurry; nil: not yet
	size  int64      // bytes read
	ended bool       // at the end, or with an error: nothing is left to read
	drop  bool       // close the connection without reading on
}

// Reset makes b read another body.
func (b *Body) Reset(from io.ReadCloser) { *b = Body{from: from} }

// Read reads the body. A body that returns neither bytes nor an error again and again ends with
// [io.ErrNoProgress].
func (b *Body) Read(p []byte) (n int, err error) {
	for range maxEmptyReads {
		if b.fast != nil {
			n, err = b.fast.Read(p)
		} else {
			n, err = b.from.Read(p)
		}
		if n > 0 || err != nil || len(p) == 0 {
			b.size += int64(n)
			b.ended = b.ended || err != nil
			return n, err
		}
	}
	b.ended = true
	return 0, io.ErrNoProgress
}

// Hurry makes reads fail from now on after a moment, and when the context ends.
func (b *Body) Hurry(ctx context.Context) {
	if b.fast == nil {
		b.fast = &impatient{
			body: b.from, ended: ctx.Done(), patience: patience,
			started: make(chan struct{}, 1), result: make(chan int, 1),
		}
	}
	b.fast.patience = min(b.fast.patience, patience)
}

// Relax extends the time of a body in a hurry: the result may depend on it after all.
func (b *Body) Relax() {
	if b.fast != nil {
		b.fast.patience = morePatience
	}
}

// Drop makes Finish close the connection.
func (b *Body) Drop() { b.drop = true }

// Finish reads the rest of a short body in a hurry, so that its connection can be used again, and
// closes it.
func (b *Body) Finish(ctx context.Context) {
	if !b.ended && !b.drop && b.size < drainSize && ctx.Err() == nil {
		b.Hurry(ctx)
		_, _ = io.CopyN(io.Discard, b, drainSize-b.size)
	}
	if b.fast != nil && b.fast.reading {
		go b.from.Close() // which may wait for the read that is under way
	} else {
		_ = b.from.Close()
	}
	b.Reset(nil)
}

// Discard finishes a body that is not needed.
func Discard(ctx context.Context, body io.ReadCloser) {
	b := Body{from: body}
	b.Finish(ctx)
}

// impatient reads a body in another goroutine and stops waiting for it.
type impatient struct {
	body     io.Reader
	ended    <-chan struct{} // of the context
	patience time.Duration   // that remains

	reading bool // a read is under way, which owns buffer and err
	started chan struct{}
	result  chan int
	buffer  [4 << 10]byte
	err     error
	unread  []byte // of buffer
}

var errStalled = errors.New("the response's body stalls")

func (i *impatient) Read(p []byte) (int, error) {
	switch {
	case len(i.unread) > 0:
		n := copy(p, i.unread)
		i.unread = i.unread[n:]
		return n, nil
	case i.reading:
		return 0, errStalled
	case i.err != nil:
		return 0, i.err
	}
	i.reading = true
	go func() {
		i.started <- struct{}{}
		n, err := i.body.Read(i.buffer[:])
		i.err = err
		i.result <- n
	}()
	n, ok := i.wait()
	if !ok {
		return 0, errStalled
	}
	i.reading = false
	i.unread = i.buffer[:n]
	if n == 0 {
		return 0, i.err
	}
	return i.Read(p)
}

// wait waits for the read that is under way. Its patience begins with the read itself, which on a
// busy machine may be a while after it was asked for.
func (i *impatient) wait() (n int, ok bool) {
	<-i.started
	begin := time.Now()
	timer := time.NewTimer(i.patience)
	defer timer.Stop()
	defer func() { i.patience -= time.Since(begin) }()
	select {
	case n = <-i.result:
		return n, true
	case <-timer.C:
	case <-i.ended:
	}
	select {
	case n = <-i.result:
		return n, true
	default:
		return 0, false
	}
}
