package soap

import (
	"encoding/xml"
	"errors"
	"io"
)

// A Reader reads an XML document element by element, straight from the source
// and in bounded memory, and checks all of it: see the package comment for what
// it refuses. The first error is kept, and every later call returns it.
//
// A reader moves forward only. It starts before the root element. [Reader.Children] is a loop over
// the children of an element; [Reader.Next] is one step of it.
//
// A Reader is not safe for concurrent use.
type Reader struct {
	window
	limits Limits

	started  bool      // the XML declaration is behind
	rooted   bool      // the root element was met
	empty    bool      // the start tag last reached was <a/>: its end tag comes next, without bytes
	cdata    bool      // inside a CDATA section
	replaced int       // forbidden characters
	stack    []element // open elements
	bindings []binding // namespace declarations in scope, innermost last
	attrs    []attr    // of the start tag last reached; none after a move
	name     xml.Name  // of the start tag last reached
	last     *tag      // the same as written
	tagSize  int       // of that start tag, which ends where the reader stands until it moves
	values   values    // short texts lately met
	names    names     // names and namespaces met
	tiny     [4]byte   // a decoded character
	text     []byte    // text in pieces
	unquoted []byte    // attribute values that had to be decoded

	copyDepth int    // of the element whose content is being copied; 0: none
	copied    []byte // so far
}

// element is an open element.
type element struct {
	name     *qname
	space    string
	bindings int // how many bindings there were before it
}

// NewReader returns a reader for the document that src delivers. Zero limits
// are the defaults, see [Limits].
func NewReader(src io.Reader, l Limits) *Reader {
	r := new(Reader)
	r.Reset(src, l)
	return r
}

// Reset makes the reader read another document. It keeps its buffers, unless
// they have become large, and the names it knows, so that a pool of
// readers saves their allocation. A nil src drops the reference to the last one.
func (r *Reader) Reset(src io.Reader, l Limits) {
	l = l.withDefaults()
	odd := r.names.odd || max(cap(r.buf), cap(r.unquoted)) > keepSize // attributes refer to these two
	r.names.reset()
	r.window = window{
		src: src, buf: keep(r.buf), limit: l.Bytes, at: place{line: 1, column: 1},
	}
	r.buf = r.buf[:cap(r.buf)]
	r.limits = l
	r.started, r.rooted, r.empty, r.cdata, r.replaced = false, false, false, false, 0
	r.stack, r.bindings, r.attrs = emptied(r.stack, odd), emptied(r.bindings, odd), emptied(r.attrs, odd)
	r.name, r.last = xml.Name{}, &r.names.first
	r.text, r.unquoted, r.copied, r.copyDepth = keep(r.text), keep(r.unquoted), keep(r.copied), 0
}

// keep returns b without its content, or nothing if it has become large.
func keep(b []byte) []byte {
	if cap(b) > keepSize {
		return nil
	}
	return b[:0]
}

// emptied returns s for new content. After odd content it lets go of what that
// referred to: names and namespaces can be as long as a tag.
func emptied[T element | binding | attr](s []T, odd bool) []T {
	if s == nil {
		return make([]T, 0, 16) // enough for what Exchange sends
	}
	if odd {
		clear(s[:cap(s)])
	}
	return s[:0]
}

// Peek returns the beginning of the document without reading it: at least n
// bytes, or fewer and why there are no more, which is io.EOF at the end of the
// document. It is for finding out what the document is before anything else is
// called, which ends the life of what it returned.
func (r *Reader) Peek(n int) ([]byte, error) {
	if r.need(n) {
		return r.unread(), nil
	}
	if r.err != nil {
		return r.unread(), r.err
	}
	return r.unread(), io.EOF
}

// Next moves to the start tag of the next child of the element that was
// entered last, and returns true; the reader then stands on that child. Having
// read the end tag of the entered element instead, it returns false.
//
// The child is read by exactly one of: [Reader.Text], [Reader.Skip],
// [Reader.Tokens] up to io.EOF, or calls of Next until one returns false, the
// first of which enters it. At the level of the document, the one child is the
// root, and false means that nothing but white space, comments and processing
// instructions follows it.
//
// Character data between the children is checked and skipped.
func (r *Reader) Next() (bool, error) {
	r.attrs = r.attrs[:0]
	switch {
	case r.err != nil:
		return false, r.err
	case len(r.stack) == 0:
		return r.root()
	case r.empty:
		r.leave() // <a/> was <a></a>
		return false, nil
	}
	if err := r.toTag(); err != nil {
		return false, err
	}
	if r.buf[r.pos+1] == '/' {
		return false, r.endTag()
	}
	if err := r.startTag(); err != nil {
		return false, err
	}
	return true, nil
}

// toTag moves to the next start or end tag in the content of the entered element.
func (r *Reader) toTag() error {
	for {
		if b := r.unread(); len(b) > 1 && b[0] == '<' && class[b[1]]&inTag != 0 && !r.cdata {
			return nil
		}
		if piece, err := r.nextText(); piece == nil {
			return err
		}
	}
}

// Name returns the name of the start tag last reached. Space is the namespace
// itself, never a prefix, and "" if there is none. Asking costs nothing: the
// strings are shared by all elements of that name.
func (r *Reader) Name() xml.Name { return r.name }

// Attr returns the value of an attribute of the start tag that the reader
// stands on, and whether there is one. Attributes without a prefix have no
// namespace: space is "", whatever xmlns says ("Namespaces in XML 1.0", section
// 6.2). Declarations of namespaces are no attributes here. After the next move
// there are none at all, so ask before Text or Skip.
func (r *Reader) Attr(space, local string) (string, bool) {
	for i := range r.attrs {
		if a := &r.attrs[i]; a.name.local == local && a.space == space {
			return r.textOf(a), true
		}
	}
	return "", false
}

// Text returns all the text directly inside the element that the reader stands
// on, and moves behind its end tag. Child elements are skipped, as for a
// string field in encoding/xml; comments and processing instructions do not
// divide the text; line ends are line feeds (XML 1.0, section 2.11); blanks
// round it are kept. More than Limits.TextBytes is a [*LimitError].
func (r *Reader) Text() (string, error) {
	if err := r.mustStand("Text"); err != nil {
		return "", err
	}
	if r.empty {
		r.leave()
		return "", nil
	}
	// Nearly every text is short, plain and whole in the window.
	b := r.unread()
	if n := plain(b); n <= r.limits.TextBytes && r.copyDepth == 0 && r.endsAt(b[n:]) {
		r.pos += n
		s := r.values.get(b[:n])
		r.closeTag()
		return s, nil
	}
	s, err := r.toEndTag()
	if err != nil {
		return "", err
	}
	return s, r.endTag()
}

// toEndTag reads the text of the element entered up to its end tag.
func (r *Reader) toEndTag() (string, error) {
	r.text = r.text[:0]
	for {
		piece, err := r.nextText()
		switch {
		case err != nil:
			return "", err
		case len(r.text)+len(piece) > r.limits.TextBytes:
			return "", r.fail(&LimitError{What: "bytes of text in one element", Limit: int64(r.limits.TextBytes)})
		case piece == nil && r.buf[r.pos+1] == '/':
			return r.values.get(r.text), nil
		case piece == nil:
			if err := r.skipChild(); err != nil {
				return "", err
			}
		case len(r.text) == 0 && r.endsAt(r.unread()):
			return r.values.get(piece), nil
		default:
			r.text = append(r.text, piece...)
		}
	}
}

// skipChild skips the element whose start tag comes next.
func (r *Reader) skipChild() error {
	if err := r.startTag(); err != nil {
		return err
	}
	return r.leaveTo(len(r.stack) - 1)
}

// Skip moves behind the end tag of the element that the reader stands on.
// What it skips is checked like the rest, so that a response which is broken
// in a part that nobody reads is still known to be broken.
func (r *Reader) Skip() error {
	if err := r.mustStand("Skip"); err != nil {
		return err
	}
	return r.leaveTo(len(r.stack) - 1)
}

// leaveTo reads on until no more than depth elements are open. Fewer are an error: whoever should
// have read a child has read on behind its end tag.
func (r *Reader) leaveTo(depth int) error {
	for len(r.stack) > depth {
		if _, err := r.Next(); err != nil {
			return err
		}
	}
	if len(r.stack) < depth {
		return r.fail(errReadTooFar)
	}
	return nil
}

// mustStand guards a method that needs a start tag, and ends the life of its attributes.
func (r *Reader) mustStand(method string) error {
	r.attrs = r.attrs[:0]
	if r.err == nil && len(r.stack) == 0 {
		r.err = errors.New("soap: " + method + " was called outside of the root element: call Next first")
	}
	return r.err
}

// Replaced returns how many characters that XML 1.0 forbids have been replaced
// by U+FFFD so far, references to them included, wherever they stood: Exchange
// lets them through (as &#xB;) from whatever client stored them.
func (r *Reader) Replaced() int { return r.replaced }

// Offset returns how many bytes of the document have been read and checked: it
// is where the reader stands. The source may have been read further.
func (r *Reader) Offset() int64 { return r.base + int64(r.pos) }
