package soap

import (
	"slices"
	"unicode/utf8"
)

// attr is an attribute that declares no namespace.
type attr struct {
	name  *qname
	space string
	value []byte // in the window or in Reader.unquoted; valid until the next move
	text  string // instead, in a known tag
}

// textOf returns the value of an attribute as a string.
func (r *Reader) textOf(a *attr) string {
	if a.text != "" {
		return a.text
	}
	return r.values.get(a.value)
}

// parseAttr parses the attribute at b[start] and returns its end, or 0 if b ends within it. It adds
// a namespace declaration to the bindings, those of this element being the ones from outer on.
//
// The value is in quotes, single or double, and without "<" (sections 2.3 and 3.1). White space may
// surround the equals sign (Eq).
func (r *Reader) parseAttr(b []byte, start, outer int) (int, error) {
	end := nameEnd(b, start)
	i := skipSpace(b, end)
	if i == len(b) {
		return 0, nil
	}
	name, ok := r.names.name(b[start:end])
	if !ok {
		return 0, r.badName(start, b[start:end])
	}
	if b[i] != '=' {
		return 0, r.syntax(i, "the attribute %s has no value", shown(name.full))
	}
	if i = skipSpace(b, i+1); i == len(b) {
		return 0, nil
	}
	quote := b[i]
	if quote != '"' && quote != '\'' {
		return 0, r.syntax(i, "the value of the attribute %s is not quoted", shown(name.full))
	}
	i++
	size := plainAttr(b[i:])
	value := b[i : i+size : i+size]
	if i += size; i == len(b) {
		return 0, nil
	}
	if b[i] != quote {
		var err error
		if value, i, err = r.decodeAttr(value, b, i, quote); err != nil || i == len(b) {
			return 0, err
		}
	}
	return i + 1, r.addAttr(name, value, start, outer)
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && class[b[i]]&inSpace != 0 {
		i++
	}
	return i
}

// addAttr adds the attribute at offset at of the tag to the attributes or to the bindings.
func (r *Reader) addAttr(name *qname, value []byte, at, outer int) error {
	switch {
	case name.full == "xmlns":
		return r.bindNamespace("", value, at, outer)
	case name.prefix == "xmlns":
		return r.bindNamespace(name.local, value, at, outer)
	default:
		r.attrs = append(r.attrs, attr{name: name, value: value})
		return nil
	}
}

// resolveAttrs resolves the prefixes of the attributes. Two attributes with the same expanded name
// are an error, also with different prefixes ("Namespaces in XML 1.0", section 6.3).
func (r *Reader) resolveAttrs() error {
	for i := range r.attrs {
		a := &r.attrs[i]
		if a.name.prefix != "" {
			var ok bool
			if a.space, ok = r.resolve(a.name.prefix); !ok {
				return r.undeclaredPrefix(a.name)
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

// decodeAttr decodes a value that starts with begun and continues at b[i]. It returns the index of
// its closing quote, or len(b) if b ends within the value. White space becomes blanks, CRLF a
// single one (sections 2.11 and 3.3.3), but not where a reference stands for it.
func (r *Reader) decodeAttr(begun, b []byte, i int, quote byte) ([]byte, int, error) {
	first := len(r.unquoted)
	r.unquoted = append(r.unquoted, begun...)
	for i < len(b) && b[i] != quote {
		switch c := b[i]; {
		case class[c]&inAttr != 0 || c == '"' || c == '\'':
			r.unquoted = append(r.unquoted, c)
			i++
		case c == '<':
			return nil, 0, r.syntax(i, "< in the value of an attribute, or its closing quote is missing")
		case c == '\r' && i+1 == len(b):
			return nil, len(b), nil
		case class[c]&inSpace != 0:
			if c == '\r' && b[i+1] == '\n' {
				i++
			}
			r.unquoted = append(r.unquoted, ' ')
			i++
		default:
			char, size, err := r.attrChar(b, i)
			if err != nil {
				return nil, 0, err
			}
			if size == 0 {
				return nil, len(b), nil
			}
			r.unquoted = utf8.AppendRune(r.unquoted, char)
			i += size
		}
	}
	return slices.Clip(r.unquoted[first:]), i, nil
}

// attrChar decodes the reference or the character beyond ASCII at b[i]. It returns size 0 if b ends
// within it.
func (r *Reader) attrChar(b []byte, i int) (char rune, size int, err error) {
	if b[i] == '&' {
		size, err = r.referenceSize(b, i)
		if err != nil || size == 0 {
			return 0, 0, err
		}
		char, err = r.resolveReference(b[i+1:i+size-1], i)
		return char, size, err
	}
	if !utf8.FullRune(b[i:]) {
		return 0, 0, nil
	}
	char, size = utf8.DecodeRune(b[i:])
	if char == utf8.RuneError && size == 1 {
		return 0, 0, r.syntax(i, "invalid UTF-8 in the value of an attribute")
	}
	if !isChar(char) {
		r.replaced++
		char = utf8.RuneError
	}
	return char, size, nil
}
