package soap

import (
	"bytes"
	"encoding/xml"
)

// startTag reads the start tag at the reader's position and opens its element.
func (r *Reader) startTag() error {
	err := r.readStartTag()
	if r.copyDepth > 0 && err == nil {
		return r.copyStart()
	}
	return err
}

// readStartTag is startTag without the copy.
func (r *Reader) readStartTag() error {
	r.attrs = r.attrs[:0]
	if len(r.stack) == r.limits.Depth {
		return r.fail(&LimitError{What: "levels of elements", Limit: int64(r.limits.Depth)})
	}
	b := r.unread()
	if t := r.last.next; t != nil && r.repeats(b, t) {
		return r.take(t)
	}
	end := 1
	for end < len(b) && class[b[end]]&inName != 0 {
		end++
	}
	if end == len(b) || b[end] != '>' && class[b[end]]&inSpace == 0 {
		return r.longTag(nil, 1)
	}
	name, ok := r.names.name(b[1:end])
	if !ok {
		return r.badName(1, b[1:end])
	}
	for _, t := range name.known {
		if r.repeats(b, t) {
			return r.take(t)
		}
	}
	if b[end] == '>' {
		return r.shortTag(name)
	}
	return r.longTag(name, end)
}

// shortTag reads a start tag that holds a name and nothing else.
func (r *Reader) shortTag(name *qname) error {
	size := len(name.full) + 2
	if size > r.limits.TagBytes {
		return r.tagLimit()
	}
	if err := r.open(r.names.keepShort(name), len(r.bindings)); err != nil {
		return err
	}
	r.pos += size
	r.tagSize = size
	return nil
}

// longTag reads a start tag that has attributes, blanks, a slash, a name
// beyond ASCII, or that is not whole in the window yet. A name that is known
// already ends at end.
func (r *Reader) longTag(name *qname, end int) error {
	outer, replaced := len(r.bindings), r.replaced
	name, size, err := r.parseTag(r.unread(), name, end, outer)
	if err == nil && size == 0 {
		// The tag goes on behind the window: bring it in, and begin anew.
		if size, err = r.bringTag(); err != nil {
			return err
		}
		r.attrs, r.bindings, r.replaced = r.attrs[:0], r.bindings[:outer], replaced
		name, size, err = r.parseTag(r.buf[r.pos:r.pos+size], nil, 1, outer)
	}
	switch {
	case err != nil:
		return err
	case size == 0:
		return r.cut("a start tag")
	case size > r.limits.TagBytes:
		return r.tagLimit()
	}
	if err := r.open(&name.other, outer); err != nil {
		return err
	}
	if err := r.resolveAttrs(); err != nil {
		return err
	}
	raw := r.buf[r.pos : r.pos+size]
	if r.replaced == replaced {
		r.names.keepLong(name, raw, r.attrs, r.bindings[outer:])
	}
	r.empty = raw[size-2] == '/'
	r.pos += size
	r.tagSize = size
	return nil
}

// parseTag reads the start tag at the start of b and returns its size, 0 if it
// is not whole (sections 3.1: STag, EmptyElemTag). The bindings from outer on
// and the attributes are then those of the tag. Its name, unless nil, ends at end.
func (r *Reader) parseTag(b []byte, name *qname, end, outer int) (*qname, int, error) {
	if name == nil {
		if end = nameEnd(b, end); end == len(b) {
			return nil, 0, nil
		}
		var ok bool
		if name, ok = r.names.name(b[1:end]); !ok {
			return nil, 0, r.badName(1, b[1:end])
		}
	}
	r.unquoted = r.unquoted[:0]
	for i, count := end, 0; ; count++ {
		space := i
		i = skipSpace(b, i)
		switch {
		case i == len(b):
			return nil, 0, nil
		case b[i] == '>':
			return name, i + 1, nil
		case b[i] == '/' && i+1 == len(b):
			return nil, 0, nil
		case b[i] == '/' && b[i+1] == '>':
			return name, i + 2, nil
		case b[i] == '<':
			return nil, 0, r.syntax(i, "< inside a tag")
		case i == space:
			return nil, 0, r.syntax(i, "white space is missing before an attribute")
		case count == r.limits.Attrs:
			return nil, 0, r.attrLimit()
		}
		next, err := r.parseAttr(b, i, outer)
		if err != nil || next == 0 {
			return nil, 0, err
		}
		i = next
	}
}

// bringTag brings the start tag into the window, and returns how much of it is
// enough to read it or to find out what is wrong with it. It looks at every
// byte once, however few arrive at a time, and judges nothing: an error is
// the same whether the tag was whole in the window or came in pieces.
func (r *Reader) bringTag() (int, error) {
	var quote byte
	values := 0
	for i := 1; ; {
		b := r.unread()
		for ; i < len(b); i++ {
			c := b[i]
			switch {
			case c == '<':
				return i + 1, nil
			case quote == 0 && c == '>' && i < r.limits.TagBytes:
				return i + 1, nil
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			case quote != 0 && c == quote:
				quote = 0
				if values++; values > r.limits.Attrs {
					return i + 1, nil
				}
			}
		}
		if i > r.limits.TagBytes {
			return 0, r.tagLimit()
		}
		if !r.more() {
			return i, r.err
		}
	}
}

func (r *Reader) tagLimit() error {
	return r.fail(&LimitError{What: "bytes in one start tag", Limit: int64(r.limits.TagBytes)})
}

func (r *Reader) attrLimit() error {
	return r.fail(&LimitError{What: "attributes in one element", Limit: int64(r.limits.Attrs)})
}

// nameEnd returns where the name that begins at b[i] ends: at white space or
// at a delimiter, or with b. Whether it is a name is for names.name to say.
func nameEnd(b []byte, i int) int {
	for i < len(b) {
		switch c := b[i]; {
		case class[c]&inSpace != 0, c == '=', c == '/', c == '"', c == '\'', c == '>', c == '<':
			return i
		}
		i++
	}
	return i
}

func (r *Reader) badName(skip int, name []byte) error {
	if len(name) == 0 {
		return r.syntax(skip, "a name is missing")
	}
	return r.syntax(skip, "%s is not a qualified name", shown(name))
}

// open resolves the name of a start tag, which it may do only now, since a
// declaration holds for the whole tag that it stands in, and puts the element on the stack.
func (r *Reader) open(t *tag, outer int) error {
	name := t.name
	space, ok := r.resolve(name.prefix)
	if !ok {
		return r.undeclared(name)
	}
	r.name = xml.Name{Space: space, Local: name.local}
	if name.kept { // else each would keep the next one alive
		r.last.next = t
	}
	r.last = t
	r.stack = append(r.stack, element{name: name, space: space, bindings: outer})
	return nil
}

// leave closes the innermost element.
func (r *Reader) leave() {
	last := len(r.stack) - 1
	r.empty = false
	r.bindings = r.bindings[:r.stack[last].bindings]
	r.stack = r.stack[:last]
}

// endsAt reports whether b, which is unread, begins with the right end tag, written as it mostly is.
// Inside a CDATA section there are no tags.
func (r *Reader) endsAt(b []byte) bool {
	name := r.stack[len(r.stack)-1].name.full
	n := len(name) + 2
	return !r.cdata && len(b) > n && b[n] == '>' && b[1] == '/' && b[0] == '<' && string(b[2:n]) == name
}

// closeTag reads the end tag that endsAt has seen.
func (r *Reader) closeTag() {
	r.pos += len(r.stack[len(r.stack)-1].name.full) + len("</>")
	r.leave()
}

// endTag reads the end tag at the reader's position and closes its element.
// The names are compared as written: section 3, "Element Type Match".
func (r *Reader) endTag() error {
	if r.copyDepth > 0 {
		if err := r.copyEnd(); err != nil {
			return err
		}
	}
	if r.endsAt(r.unread()) {
		r.closeTag()
		return nil
	}
	name := r.stack[len(r.stack)-1].name.full
	size := 2
	for {
		b := r.unread()
		for size < len(b) && b[size] != '>' && b[size] != '<' {
			size++
		}
		if size-2-len(name) > r.limits.TagBytes { // blanks; the name was within the limit
			return r.fail(&LimitError{What: "bytes in one end tag", Limit: int64(r.limits.TagBytes)})
		}
		if size < len(b) {
			break
		}
		if !r.more() {
			return r.cut("an end tag")
		}
	}
	b := r.unread()
	found := bytes.TrimRight(b[2:size], " \t\r\n")
	if b[size] == '<' || string(found) != name {
		return r.syntax(0, "the end tag of %s where that of %s is due", shown(found), shown(name))
	}
	r.pos += size + 1
	r.leave()
	return nil
}
