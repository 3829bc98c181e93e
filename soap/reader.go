package soap

import (
	"encoding/xml"
	"errors"
	"io"
	"iter"
)

// A Reader reads an XML document element by element, straight from the source and in bounded
// memory, and checks all of it; the package comment lists what it refuses. After an error every
// method returns that error.
//
// A reader moves forward only, from before the root element. [Reader.Children] iterates over the
// children of an element; [Reader.Next] is a single step.
//
// A Reader is not safe for concurrent use.
type Reader struct {
	window
	limits Limits

	started  bool      // the prolog has been read
	rooted   bool      // the root element has begun
	empty    bool      // the last start tag was <a/>: its end tag comes next, without bytes
	cdata    bool      // inside a CDATA section
	mixed    bool      // see Mixed
	replaced int       // forbidden characters so far
	stack    []element // open elements
	bindings []binding // namespace declarations in scope, innermost last
	attrs    []attr    // of the last start tag; none after a move
	name     xml.Name  // of the last start tag
	tagSize  int       // of the last start tag, which ends at pos until the reader moves
	values   values    // short texts met recently
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
	bindings int  // how many bindings there were before it
	mixed    bool // text stood between its children
}

// NewReader returns a reader for the document that src delivers. Zero limits are the defaults, see
// [Limits].
func NewReader(src io.Reader, l Limits) *Reader {
	r := new(Reader)
	r.Reset(src, l)
	return r
}

// Reset makes the reader read another document. It keeps its buffers, unless they have become
// large, and the names it has met, so that readers are worth pooling. A nil src releases the last
// source.
func (r *Reader) Reset(src io.Reader, l Limits) {
	l = l.withDefaults()
	// Attributes refer to these two buffers.
	forget := r.names.overflow || max(cap(r.buf), cap(r.unquoted)) > keepSize
	r.names.reset()
	r.window = window{
		src: src, buf: keep(r.buf), limit: l.Bytes, at: place{line: 1, column: 1},
	}
	r.buf = r.buf[:cap(r.buf)]
	r.limits = l
	r.started, r.rooted, r.empty, r.cdata, r.mixed, r.replaced = false, false, false, false, false, 0
	r.stack = emptied(r.stack, forget)
	r.bindings = emptied(r.bindings, forget)
	r.attrs = emptied(r.attrs, forget)
	r.name = xml.Name{}
	r.text, r.unquoted, r.copied, r.copyDepth = keep(r.text), keep(r.unquoted), keep(r.copied), 0
}

// keep returns b without its content, or nil if it has become large.
func keep(b []byte) []byte {
	if cap(b) > keepSize {
		return nil
	}
	return b[:0]
}

// emptied returns s without its content. If forget is set, it releases what that refers to: a name
// that is not kept can be as long as a tag.
func emptied[T element | binding | attr](s []T, forget bool) []T {
	if s == nil {
		return make([]T, 0, 16) // enough for what Exchange sends
	}
	if forget {
		clear(s[:cap(s)])
	}
	return s[:0]
}

// Peek returns the unread part of the document's beginning: at least n bytes, or fewer and an
// error, which is io.EOF at the end of the document. Call it first, to find out what kind of
// document this is. The bytes are valid until the next call.
func (r *Reader) Peek(n int) ([]byte, error) {
	if r.need(n) {
		return r.unread(), nil
	}
	if r.err != nil {
		return r.unread(), r.err
	}
	return r.unread(), io.EOF
}

// Next moves to the start tag of the next child of the innermost open element and returns true; the
// reader then stands on that child. At the end tag of the open element, which it reads, Next
// returns false.
//
// A child is read by exactly one of: [Reader.Text], [Reader.Skip], [Reader.Tokens] up to io.EOF, a
// loop over [Reader.Children], or calls of Next until one returns false. At the level of the
// document the root is the one child, and false means that only white space, comments and
// processing instructions follow it.
//
// Next checks and skips character data between the children.
func (r *Reader) Next() (bool, error) {
	r.attrs = r.attrs[:0]
	switch {
	case r.err != nil:
		return false, r.err
	case len(r.stack) == 0:
		return r.nextRoot()
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

// Children returns an iterator over the names of the children of the element that the reader stands
// on, or, before the root element, over that of the root. The reader stands on the child while the
// loop body runs. What the body does not read of the child is skipped and checked.
//
// The loop ends at the end of the element or at an error, which [Reader.Err] returns afterwards.
// The body may therefore ignore the errors that its calls of the reader return:
//
//	for name := range r.Children() {
//		switch name.Local {
//		case "DisplayName":
//			g.DisplayName, _ = r.Text()
//		case "Members":
//			g.readMembers(r) // a loop like this one
//		}
//	}
//	return r.Err()
//
// After a break the reader stands where the body left it; an enclosing loop skips the rest. The
// iterator can be used once.
func (r *Reader) Children() iter.Seq[xml.Name] {
	return func(yield func(xml.Name) bool) { r.eachChild(yield) }
}

func (r *Reader) eachChild(yield func(xml.Name) bool) {
	depth := len(r.stack)
	for {
		ok, err := r.Next()
		if !ok || err != nil || !yield(r.name) || r.leaveTo(depth) != nil {
			return
		}
	}
}

// Mixed reports whether text other than white space stood between the children of the element that
// [Reader.Children] or [Reader.Next] read last, up to its end tag. Where the schema has elements
// alone, such text means that something else responded, or that an error message took the place of
// the children.
func (r *Reader) Mixed() bool { return r.mixed }

// Err returns the first error of the reader, or nil. The end of an element or of the document is
// not an error.
func (r *Reader) Err() error { return r.err }

// toTag moves to the next start or end tag in the content of the innermost open element.
func (r *Reader) toTag() error {
	for {
		if b := r.unread(); len(b) > 1 && b[0] == '<' && class[b[1]]&inTag != 0 && !r.cdata {
			return nil
		}
		piece, err := r.nextText()
		if piece == nil {
			return err
		}
		if skipSpace(piece, 0) < len(piece) {
			r.stack[len(r.stack)-1].mixed = true
		}
	}
}

// Name returns the name of the last start tag. Space is the namespace itself, not a prefix, and ""
// if there is none.
func (r *Reader) Name() xml.Name { return r.name }

// Attr returns the value of an attribute of the start tag that the reader stands on, and whether
// there is one. An attribute without a prefix has no namespace, even where a default namespace is
// declared: space is "" ("Namespaces in XML 1.0", section 6.2). Namespace declarations are not
// attributes. After the next move there are no attributes, so call Attr before Text or Skip.
func (r *Reader) Attr(space, local string) (string, bool) {
	for i := range r.attrs {
		if a := &r.attrs[i]; a.name.local == local && a.space == space {
			return r.textOf(a), true
		}
	}
	return "", false
}

// Text returns the character data directly inside the element that the reader stands on, and moves
// past its end tag. It skips child elements, as encoding/xml does for a string field; comments and
// processing instructions do not divide the text; line ends become line feeds (XML 1.0, section
// 2.11); surrounding blanks are kept. More than Limits.TextBytes is a [*LimitError].
func (r *Reader) Text() (string, error) {
	if err := r.mustStand("Text"); err != nil {
		return "", err
	}
	if r.empty {
		r.leave()
		return "", nil
	}
	s, err := r.toEndTag()
	if err != nil {
		return "", err
	}
	return s, r.endTag()
}

// toEndTag reads the text of the innermost open element up to its end tag, which it leaves unread.
func (r *Reader) toEndTag() (string, error) {
	r.text = r.text[:0]
	for {
		piece, err := r.nextText()
		switch {
		case err != nil:
			return "", err
		case len(r.text)+len(piece) > r.limits.TextBytes:
			limit := int64(r.limits.TextBytes)
			return "", r.fail(&LimitError{What: "bytes of text in one element", Limit: limit})
		case piece == nil && r.buf[r.pos+1] == '/':
			return r.values.get(r.text), nil
		case piece == nil:
			if err := r.skipChild(); err != nil {
				return "", err
			}
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

// Skip moves past the end tag of the element that the reader stands on. It checks what it skips
// like everything else.
func (r *Reader) Skip() error {
	if err := r.mustStand("Skip"); err != nil {
		return err
	}
	return r.leaveTo(len(r.stack) - 1)
}

// leaveTo reads on until depth elements are open. Fewer are an error: the reader of a child has
// read past its end tag.
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

// mustStand fails unless the reader stands on an element, whose attributes it drops.
func (r *Reader) mustStand(method string) error {
	r.attrs = r.attrs[:0]
	if r.err == nil && len(r.stack) == 0 {
		r.err = errors.New("soap: " + method + " was called outside of the root element: call Next first")
	}
	return r.err
}

// Replaced returns the number of characters so far that XML 1.0 forbids and that were replaced by
// U+FFFD, references to them included. Exchange passes them on, such as &#xB;, from the client that
// stored them.
func (r *Reader) Replaced() int { return r.replaced }

// Offset returns the number of bytes of the document that were read and checked. The source may
// have been read further.
func (r *Reader) Offset() int64 { return r.base + int64(r.pos) }

// Limits bound what a [Reader] accepts from a peer that may be broken or hostile. Zero or less
// means the default. A document that exceeds a limit is a [*LimitError].
//
// Memory does not grow with the document: a reader holds at most one start tag, one text and the
// names in use. A text that is skipped, or read as tokens, is not held, and only Bytes bounds it.
type Limits struct {
	Bytes     int64 // of the whole document; default 32 MiB
	Depth     int   // nested elements; default 64
	Attrs     int   // attributes of one element, namespace declarations included; default 128
	TagBytes  int   // of one start tag, its attributes included; default 64 KiB
	TextBytes int   // of the text that Text returns, and of a fault's detail; default 1 MiB
}

// withDefaults fills in the defaults, which suit Exchange: it nests some 15 levels deep, and a list
// of 1,000 contacts takes about 3 MB.
func (l Limits) withDefaults() Limits {
	return Limits{
		Bytes:     orDefault(l.Bytes, 32<<20),
		Depth:     orDefault(l.Depth, 64),
		Attrs:     orDefault(l.Attrs, 128),
		TagBytes:  orDefault(l.TagBytes, 64<<10),
		TextBytes: orDefault(l.TextBytes, 1<<20),
	}
}

func orDefault[N int | int64](n, standard N) N {
	if n <= 0 {
		return standard
	}
	return n
}
