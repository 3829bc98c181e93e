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
	end := 1
	for end < len(b) && class[b[end]]&inName != 0 {
		end++
	}
	if end == len(b) || b[end] != '>' && class[b[end]]&inSpace == 0 {
		return r.longTag(nil, 1)
	}
	name, ok := r.names.name(b[1:end])
	switch {
	case !ok:
		return r.badName(1, b[1:end])
	case b[end] == '>' && end < r.limits.TagBytes:
		return r.open(name, len(r.bindings), end+1)
	case name.tag != nil && r.matches(b, name.tag):
		return r.openKnown(name, name.tag)
	}
	return r.longTag(name, end)
}

// longTag reads a start tag that has attributes, blanks, a slash, a name beyond ASCII, or that is
// not whole in the window yet. Its name ends at end, unless nil, which means that it is not read
// yet.
func (r *Reader) longTag(name *qname, end int) error {
	outer, replaced := len(r.bindings), r.replaced
	name, size, err := r.parseTag(r.unread(), name, end, outer)
	if err == nil && size == 0 {
		// The tag is not whole in the window: bring it in, and parse it from its start.
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
	raw := r.buf[r.pos : r.pos+size]
	if err := r.open(name, outer, size); err != nil {
		return err
	}
	if r.replaced == replaced {
		r.names.keepTag(name, raw, r.attrs, r.bindings[outer:])
	}
	return nil
}

// parseTag parses the start tag that b begins with (section 3.1: STag, EmptyElemTag), adds its
// declarations to the bindings, from outer on, and its attributes to the attributes, and returns
// its name and size, or size 0 if b ends within it. The name, unless nil, is already parsed and
// ends at end.
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

// bringTag brings the start tag into the window. It returns how much of it suffices to parse it or
// to find its error. It examines every byte once, however few arrive at a time, and reports no
// error itself, so that the error does not depend on the pieces in which the tag arrived.
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

// nameEnd returns the end of the name at b[i]: the next white space or delimiter, or len(b). It
// does not check the name.
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

// open moves behind a start tag of that size and puts its element on the stack. Only now are names
// resolved, since a declaration holds for the whole tag that it stands in.
func (r *Reader) open(name *qname, outer, size int) error {
	space, ok := r.resolve(name.prefix)
	if !ok {
		return r.undeclaredPrefix(name)
	}
	if err := r.resolveAttrs(); err != nil {
		return err
	}
	r.name = xml.Name{Space: space, Local: name.local}
	r.stack = append(r.stack, element{name: name, space: space, bindings: outer})
	r.empty = r.buf[r.pos+size-2] == '/'
	r.pos += size
	r.tagSize = size
	return nil
}

// leave closes the innermost element.
func (r *Reader) leave() {
	last := len(r.stack) - 1
	r.empty, r.mixed = false, r.stack[last].mixed
	r.bindings = r.bindings[:r.stack[last].bindings]
	r.stack = r.stack[:last]
}

// endTag reads the end tag at the reader's position and closes its element. Section 3, "Element
// Type Match", compares the names as written.
func (r *Reader) endTag() error {
	if r.copyDepth > 0 {
		if err := r.copyEnd(); err != nil {
			return err
		}
	}
	name := r.stack[len(r.stack)-1].name.full
	// Nearly every end tag is written without blanks and whole in the window. A list of 1,000
	// personas takes a seventh more time if each is searched for its end.
	if b, n := r.unread(), len(name)+2; len(b) > n && b[n] == '>' && string(b[2:n]) == name {
		r.pos += n + 1
		r.leave()
		return nil
	}
	size := 2
	for {
		b := r.unread()
		for size < len(b) && b[size] != '>' && b[size] != '<' {
			size++
		}
		if size-2-len(name) > r.limits.TagBytes { // blanks: the name is within the limit
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
