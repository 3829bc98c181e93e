package dotnet

import (
	"encoding/xml"
	"strings"
)

// qname finds the end of the name at from and its colon, -1 if it has none (QName of Namespaces in
// XML, section 4). A name at the very end of a document is never complete, and a last character
// that begins none counts as the end, too.
func (r *reader) qname(from int) (end, colon int, ok bool) {
	colon = -1
	for i := from; ; {
		end = nameEnd(r.text, i)
		switch {
		case end == i && r.fewer(end, 2):
			return 0, 0, r.fail(end, endOfFileIn, "Name")
		case end == i:
			return 0, 0, r.failNameStart(end)
		case end == len(r.text):
			return 0, 0, r.fail(end, endOfFileIn, "Name")
		case r.text[end] != ':':
			return end, colon, true
		case colon >= 0:
			return 0, 0, r.failNameChar(end)
		}
		colon = end
		i = end + 1
	}
}

// ncname finds the end of the name at from, which must have no colon: the target of an instruction,
// or an attribute of the XML declaration.
func (r *reader) ncname(from int) (end int, ok bool) {
	end = nameEnd(r.text, from)
	if end > from && r.at(end) == ':' {
		return 0, r.failNameChar(end)
	}
	end, _, ok = r.qname(from)
	return end, ok
}

// startTag reads a start tag from its name on. Prefixes are looked up when the whole tag is read,
// the element's first; then .NET looks for duplicate attributes, and only then at the schemas.
func (r *reader) startTag() bool {
	p := r.place(r.pos)
	end, colon, ok := r.qname(r.pos)
	if !ok {
		return false
	}
	name := r.text[r.pos:end]
	prefix, local := "", name
	if colon >= 0 {
		prefix, local = r.text[r.pos:colon], r.text[colon+1:end]
	}
	f := frame{name: name, place: p, bindings: len(r.bindings)}
	empty, ok := r.tagRest(end)
	if !ok {
		return false
	}
	space, ok := r.resolve(prefix, p)
	if !ok || !r.resolveAttributes() {
		return false
	}
	f.element = &Element{Name: xml.Name{Space: space, Local: local}, Attrs: r.plainAttributes()}
	return r.open(f, empty)
}

// tagRest reads what follows the name of a start tag, and reports whether the tag is an empty
// element's.
func (r *reader) tagRest(end int) (empty, ok bool) {
	r.attrs = r.attrs[:0]
	switch c := r.text[end]; {
	case classes[c]&classBlank != 0:
		r.pos = end
		return r.attributes()
	case c == '>':
		r.pos = end + 1
		return false, true
	case c != '/':
		return false, r.failNameChar(end)
	case end+1 == len(r.text):
		return false, r.failSlash(end)
	case r.text[end+1] != '>':
		return false, r.failToken(end, ">")
	}
	r.pos = end + 2
	return true, true
}

// failSlash records that the document ended after the slash of an empty element. .NET moves what it
// has read to the front of its buffer, then counts from where the slash was before.
func (r *reader) failSlash(off int) bool {
	p := r.place(off)
	p.extra = units(r.text[:off])
	return r.failAt(p, endOfFileIn, ">")
}

// open puts an element on the stack and validates its start.
func (r *reader) open(f frame, empty bool) bool {
	if len(r.stack) == maxDepth {
		return r.failAt(f.place, tooDeep)
	}
	if len(r.stack) > 0 {
		parent := r.top().element
		parent.Children = append(parent.Children, f.element)
	} else {
		r.root = f.element
	}
	if !r.validateStart(&f) {
		return false
	}
	r.stack = append(r.stack, f)
	if empty {
		return r.closeElement(f.place)
	}
	return true
}

// endTag reads an end tag from its name on. The name must be spelled as in the start tag, prefix
// included.
func (r *reader) endTag() bool {
	f := r.top()
	p := r.place(r.pos)
	if !strings.HasPrefix(r.text[r.pos:], f.name) {
		return r.failMismatch(f)
	}
	i := r.pos + len(f.name)
	if nameRest(r.text[i:]) > 0 || r.at(i) == ':' {
		return r.failMismatch(f)
	}
	from := r.pos
	r.pos = i
	r.skipBlanks()
	switch r.at(r.pos) {
	case '>':
		r.pos++
		return r.closeElement(p)
	case 0:
		if r.pos == len(r.text) {
			r.pos = from
			return r.failUnclosed()
		}
	}
	return r.failToken(r.pos, ">")
}

// failMismatch records that the end tag here is not that of the innermost element.
func (r *reader) failMismatch(f *frame) bool {
	end, _, ok := r.qname(r.pos)
	if !ok {
		return false
	}
	return r.fail(r.pos, "The '%s' start tag on line %d position %d does not match "+
		"the end tag of '%s'.", f.name, f.place.line, r.position(f.place), r.text[r.pos:end])
}

// plainAttributes returns the attributes of the tag that bind no namespace.
func (r *reader) plainAttributes() (attrs []xml.Attr) {
	for _, a := range r.attrs {
		if !a.isNamespace() {
			attrs = append(attrs, xml.Attr{Name: a.expanded(), Value: a.value})
		}
	}
	return attrs
}
