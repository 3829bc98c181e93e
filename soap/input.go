package soap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
)

const (
	firstWindow, windowSize = 4 << 10, 16 << 10
	// Reset drops buffers that exceed this, so that one large document does not make every reader
	// of a pool hold its size.
	keepSize = 64 << 10
)

// window is the part of the document in memory: buf[pos:end] is unread. The bytes before pos stay
// in place until the next call of more.
type window struct {
	src      io.Reader
	buf      []byte
	pos, end int
	base     int64 // offset of buf[0] in the document
	at       place // of buf[0]
	limit    int64 // most bytes of the document
	srcErr   error // of the last Read of src, io.EOF included
	err      error // sticky: the first error of any kind
}

// more reads at least one further byte, or returns false at the end of the document or with err
// set. The unread part may move.
func (w *window) more() bool {
	if w.err != nil {
		return false
	}
	if w.end == len(w.buf) || w.pos == w.end && w.end > len(w.buf)/2 {
		w.slide() // not earlier: a short document needs no slide
	}
	room := w.buf[w.end:]
	if left := w.limit - w.base - int64(w.end); left < int64(len(room)) {
		room = room[:left+1] // one byte beyond the limit proves that it is exceeded
	}
	if w.src == nil {
		w.srcErr = io.EOF
	}
	for range 100 {
		if w.srcErr != nil {
			return w.ended()
		}
		n, err := w.src.Read(room)
		if n < 0 || n > len(room) {
			w.err = errors.New("soap: the reader of the document returned an impossible count")
			return false
		}
		w.end += n
		w.srcErr = err
		if w.base+int64(w.end) > w.limit {
			w.err = &LimitError{What: "bytes", Limit: w.limit}
			return false
		}
		if n > 0 {
			return true
		}
	}
	w.srcErr = io.ErrNoProgress
	return w.ended()
}

// slide moves the unread part to the front. It doubles the buffer while that is small, and when the
// unread part fills it: that is a start tag, which TagBytes bounds.
func (w *window) slide() {
	if w.pos > 0 {
		w.at = w.at.after(w.buf[:w.pos])
		w.base += int64(w.pos)
		w.end = copy(w.buf, w.buf[w.pos:w.end])
		w.pos = 0
	}
	if w.end == len(w.buf) || len(w.buf) < windowSize {
		larger := make([]byte, max(firstWindow, 2*len(w.buf)))
		copy(larger, w.buf[:w.end])
		w.buf = larger
	}
}

// ended wraps an error of the source. The end of the document is not an error.
func (w *window) ended() bool {
	if w.srcErr != io.EOF { //nolint:errorlint // io.Reader: the end is io.EOF itself, never wrapped
		at := w.placeOf(w.end)
		w.err = fmt.Errorf("soap: reading the document at line %d, column %d: %w",
			at.line, at.column, w.srcErr)
	}
	return false
}

// need makes n unread bytes available, or returns false if the document has fewer.
func (w *window) need(n int) bool {
	for w.end-w.pos < n {
		if !w.more() {
			return false
		}
	}
	return true
}

// unread returns the unread part of the window, valid until the next call of more.
func (w *window) unread() []byte { return w.buf[w.pos:w.end] }

func (w *window) placeOf(i int) place { return w.at.after(w.buf[:i]) }

// fail makes every further call return err, or an earlier error.
func (w *window) fail(err error) error {
	if w.err == nil {
		w.err = err
	}
	return w.err
}

// syntax fails with a SyntaxError at skip bytes from the next unread one; skip may be negative.
func (w *window) syntax(skip int, format string, args ...any) error {
	if w.err != nil {
		return w.err
	}
	at := w.placeOf(min(w.pos+skip, w.end))
	return w.fail(&SyntaxError{Line: at.line, Column: at.column, Msg: fmt.Sprintf(format, args...)})
}

// cut fails because the document ends inside where, or with the error of the source.
func (w *window) cut(where string) error {
	if w.err != nil {
		return w.err
	}
	at := w.placeOf(w.end)
	return w.fail(&SyntaxError{
		Line: at.line, Column: at.column, Msg: "the document ends inside " + where, cut: true,
	})
}

// place is the position of a byte in the document, both numbers from 1. It is computed when the
// window slides and for an error, not while reading.
type place struct {
	line, column int
	cr           bool // the byte before it is a carriage return
}

// after returns the place of the byte after b, given the place of its first.
func (p place) after(b []byte) place {
	if len(b) == 0 {
		return p
	}
	lines, last := bytes.Count(b, []byte{'\n'}), -1
	if lines > 0 {
		last = bytes.LastIndexByte(b, '\n')
	}
	if p.cr && b[0] == '\n' {
		lines-- // the second half of a CRLF: the line has ended already
	}
	if returns := bytes.Count(b, []byte{'\r'}); returns > 0 {
		lines += returns - bytes.Count(b, []byte("\r\n"))
		last = max(last, bytes.LastIndexByte(b, '\r'))
	}
	p.line += lines
	if last >= 0 {
		p.column = 1
	}
	p.column += characters(b[last+1:])
	p.cr = b[len(b)-1] == '\r'
	return p
}

// characters returns the number of bytes of b that do not continue a character. It examines eight
// bytes at a time, since every byte of a document is counted: byte by byte, a list of 1,000
// personas takes a fifth more time.
func characters(b []byte) int {
	n := len(b)
	for ; len(b) >= 8; b = b[8:] {
		if x := binary.LittleEndian.Uint64(b); x&tops != 0 {
			n -= bits.OnesCount64(x >> 7 & (^x >> 6) & ones) // bytes of the form 10xxxxxx
		}
	}
	for _, c := range b {
		if c&0xC0 == 0x80 {
			n--
		}
	}
	return n
}
