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
	// Reset drops buffers that grew beyond this, for one odd document shall not
	// make every reader in a pool hold its size forever.
	keepSize = 64 << 10
)

// window is the part of the document in memory: buf[pos:end] is unread. What
// lies before pos stays in place until the next call of more.
type window struct {
	src      io.Reader
	buf      []byte
	pos, end int
	base     int64 // offset of buf[0] in the document
	at       place // of buf[0]
	limit    int64 // most bytes of the document
	srcErr   error // what src said together with its last bytes, io.EOF included
	err      error // sticky: the first error of any kind
}

// more reads on, so that at least one unread byte is added, and false if that cannot
// be: at the end of the document, or with err set. The unread part may move.
func (w *window) more() bool {
	if w.err != nil {
		return false
	}
	if w.end == len(w.buf) || w.pos == w.end && w.end > len(w.buf)/2 {
		w.slide() // not sooner: a short document needs no slide at all
	}
	room := w.buf[w.end:]
	if left := w.limit - w.base - int64(w.end); left < int64(len(room)) {
		room = room[:left+1] // one more than allowed tells whether there is more
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

// slide moves the unread part to the front. It doubles a buffer that is small
// yet or that is full of the unread part: only a start tag is kept so long, and TagBytes bounds it.
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

// ended turns an error of the source into ours; the end of the document is none.
func (w *window) ended() bool {
	if w.srcErr != io.EOF { //nolint:errorlint // io.Reader: the end is io.EOF itself, never wrapped
		at := w.placeOf(w.end)
		w.err = fmt.Errorf("soap: reading the document at line %d, column %d: %w", at.line, at.column, w.srcErr)
	}
	return false
}

// need makes n unread bytes available, and false if there are fewer.
func (w *window) need(n int) bool {
	for w.end-w.pos < n {
		if !w.more() {
			return false
		}
	}
	return true
}

// unread is the unread part of the window, valid until the next call of more.
func (w *window) unread() []byte { return w.buf[w.pos:w.end] }

func (w *window) placeOf(i int) place { return w.at.after(w.buf[:i]) }

// fail makes err the answer to every further call.
func (w *window) fail(err error) error {
	if w.err == nil {
		w.err = err
	}
	return w.err
}

// syntax fails at the next unread byte plus skip, which may be negative for what has just been read.
func (w *window) syntax(skip int, format string, args ...any) error {
	if w.err != nil {
		return w.err
	}
	at := w.placeOf(min(w.pos+skip, w.end))
	return w.fail(&SyntaxError{Line: at.line, Column: at.column, Msg: fmt.Sprintf(format, args...)})
}

// cut fails because the document ended where it must not. An error of the
// source is the better reason if there is one.
func (w *window) cut(where string) error {
	if w.err != nil {
		return w.err
	}
	at := w.placeOf(w.end)
	return w.fail(&SyntaxError{
		Line: at.line, Column: at.column, Msg: "the document ends inside " + where, cut: true,
	})
}

// place is where a byte stands in the document, both from 1. It is worked out
// when a part of the window is given up or an error needs it, not on the way.
type place struct {
	line, column int
	cr           bool // the byte before it is a carriage return
}

// after returns the place of what follows b.
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

// characters counts those bytes that do not continue a character, in big
// steps where all is ASCII: a response is mostly one long line.
func characters(b []byte) int {
	n := len(b)
	for len(b) >= 32 {
		a, c := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		d, e := binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:])
		if (a|c|d|e)&tops != 0 {
			n -= continuing(a) + continuing(c) + continuing(d) + continuing(e)
		}
		b = b[32:]
	}
	for _, c := range b {
		if c&0xC0 == 0x80 {
			n--
		}
	}
	return n
}

func continuing(x uint64) int { return bits.OnesCount64(x >> 7 & (^x >> 6) & ones) }
