package soap

import "unicode/utf8"

// attr is an attribute that declares no namespace.
type attr struct {
	name  *qname
	space string
	value []byte // in the window or in Reader.unquoted: valid until the next move
}

// attributes reads the attributes in tag from i on. Namespace declarations go
// to the bindings, those of this element being the ones from outer on.
func (r *Reader) attributes(tag []byte, i, outer int) error {
	r.unquoted = r.unquoted[:0]
	for count := 1; ; count++ {
		start := i
		i = skipSpace(tag, i)
		switch {
		case i == len(tag):
			return nil
		case i == start:
			return r.syntax(i, "white space is missing before an attribute")
		case count > r.limits.Attrs:
			return r.fail(&LimitError{What: "attributes in one element", Limit: int64(r.limits.Attrs)})
		}
		end := nameEnd(tag, i)
		name, ok := r.names.name(tag[i:end])
		if !ok {
			return r.badName(i, tag[i:end])
		}
		at := i
		i = skipSpace(tag, end)
		if i == len(tag) || tag[i] != '=' {
			return r.syntax(i, "the attribute %s has no value", shown(name.full))
		}
		i = skipSpace(tag, i+1)
		if i == len(tag) || tag[i] != '"' && tag[i] != '\'' {
			return r.syntax(i, "the value of the attribute %s is not quoted", shown(name.full))
		}
		end = i + 1
		for end < len(tag) && tag[end] != tag[i] {
			end++
		}
		if end == len(tag) {
			return r.syntax(i, "the value of the attribute %s has no closing quote", shown(name.full))
		}
		value, err := r.attrValue(tag, i+1, end)
		if err != nil {
			return err
		}
		if err := r.attribute(name, value, at, outer); err != nil {
			return err
		}
		i = end + 1
	}
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && class[b[i]]&inSpace != 0 {
		i++
	}
	return i
}

// attribute takes one attribute, which stands at offset at of the tag.
func (r *Reader) attribute(name *qname, value []byte, at, outer int) error {
	switch {
	case name.full == "xmlns":
		return r.declare("", value, at, outer)
	case name.prefix == "xmlns":
		return r.declare(name.local, value, at, outer)
	default:
		r.attrs = append(r.attrs, attr{name: name, value: value})
		return nil
	}
}

// resolveAttrs puts in the namespaces of the attributes. Two of one expanded name are
// an error, whatever their prefixes ("Namespaces in XML 1.0", section 6.3).
func (r *Reader) resolveAttrs() error {
	for i := range r.attrs {
		a := &r.attrs[i]
		if a.name.prefix != "" {
			var ok bool
			if a.space, ok = r.resolve(a.name.prefix); !ok {
				return r.undeclared(a.name)
			}
		}
		for j := range i {
			if b := &r.attrs[j]; a.name.local == b.name.local && a.space == b.space {
				return r.syntax(0, "duplicate attribute %s", shown(a.name.full))
			}
		}
	}
	return nil
}

// attrValue decodes the value at tag[i:end]. White space in it becomes blanks,
// CRLF one of them (sections 2.11 and 3.3.3); references stay what they name.
func (r *Reader) attrValue(tag []byte, i, end int) ([]byte, error) {
	from := i
	for i < end && class[tag[i]]&inAttr != 0 {
		i++
	}
	if i == end {
		return tag[from:end:end], nil
	}
	first := len(r.unquoted)
	r.unquoted = append(r.unquoted, tag[from:i]...)
	for i < end {
		switch c := tag[i]; {
		case class[c]&inAttr != 0:
			r.unquoted = append(r.unquoted, c)
			i++
		case c == '&':
			char, size, err := r.attrReference(tag[:end], i)
			if err != nil {
				return nil, err
			}
			r.unquoted = utf8.AppendRune(r.unquoted, char)
			i += size
		case class[c]&inSpace != 0:
			if c == '\r' && i+1 < end && tag[i+1] == '\n' {
				i++
			}
			r.unquoted = append(r.unquoted, ' ')
			i++
		default:
			char, size := utf8.DecodeRune(tag[i:end])
			if char == utf8.RuneError && size == 1 {
				return nil, r.syntax(i, "invalid UTF-8 in the value of an attribute")
			}
			if !isChar(char) {
				char = utf8.RuneError
				r.replaced++
			}
			r.unquoted = utf8.AppendRune(r.unquoted, char)
			i += size
		}
	}
	value := r.unquoted[first:]
	return value[:len(value):len(value)], nil
}
