package dotnet

import (
	"encoding/xml"
	"slices"
	"strings"
)

// An attribute of the start tag that is being read.
type attribute struct {
	name          string // as written
	prefix, local string
	space, value  string
	place         place // of the name
	valuePlace    place // of the value, inside the quotes
}

// expanded returns the name with its namespace.
func (a attribute) expanded() xml.Name { return xml.Name{Space: a.space, Local: a.local} }

// isNamespace reports whether the attribute binds a namespace.
func (a attribute) isNamespace() bool { return a.prefix == "xmlns" || a.name == "xmlns" }

// attributes reads a tag from the blank after its name to its end. An attribute needs white space
// before it (XML 1.0, section 3.1).
func (r *reader) attributes() (empty, ok bool) {
	for {
		line := r.line
		blank := r.skipTagBlanks()
		at := r.pos
		switch {
		case at == len(r.text), r.text[at] == '/' && at+1 == len(r.text):
			// .NET goes back to the old line, but keeps where the last one began.
			r.line = line
			return false, r.failUnclosed()
		case r.text[at] == '>':
			r.pos++
			return false, true
		case r.text[at] == '/' && r.text[at+1] == '>':
			r.pos += 2
			return true, true
		case r.text[at] == '/':
			return false, r.failToken(at+1, ">")
		case nameStart(r.text[at:]) == 0:
			return false, r.failNameStart(at)
		case !blank:
			return false, r.fail(at, "'%s' is an unexpected token. Expecting white space.",
				r.token(at))
		}
		if !r.attribute() {
			return false, false
		}
	}
}

// skipTagBlanks is skipBlanks, except that a carriage return at the very end ends no line.
func (r *reader) skipTagBlanks() bool {
	blank := r.skipBlanks()
	if last := len(r.text) - 1; blank && r.pos > last && r.text[last] == '\r' {
		r.lineStart = strings.LastIndexAny(r.text[:last], "\r\n") + 1
	}
	return blank
}

// attribute reads one attribute. A fault in a namespace attribute or in xml:space is reported
// before the attributes that follow.
func (r *reader) attribute() bool {
	a := attribute{place: r.place(r.pos)}
	end, colon, ok := r.qname(r.pos)
	if !ok {
		return false
	}
	a.name = r.text[r.pos:end]
	a.local = a.name
	if colon >= 0 {
		a.prefix, a.local = r.text[r.pos:colon], r.text[colon+1:end]
	}
	r.pos = end
	quote, ok := r.equalsQuote()
	if !ok {
		return false
	}
	a.valuePlace = r.place(r.pos)
	if a.value, ok = r.attributeValue(quote); !ok {
		return false
	}
	r.attrs = append(r.attrs, a)
	switch {
	case a.name == "xmlns":
		return r.bindNamespace(a, "")
	case a.prefix == "xmlns":
		return r.bindNamespace(a, a.local)
	case a.name == "xml:space":
		if word := strings.TrimFunc(a.value, isBlank); word != "preserve" && word != "default" {
			return r.failAt(a.place, "'%s' is an invalid xml:space value.", a.value)
		}
	}
	return true
}

// equalsQuote reads the equals sign and the opening quote.
func (r *reader) equalsQuote() (quote byte, ok bool) {
	if r.skipBlanks(); r.at(r.pos) != '=' {
		return 0, r.failToken(r.pos, "=")
	}
	r.pos++
	if r.skipBlanks(); r.at(r.pos) != '"' && r.at(r.pos) != '\'' {
		return 0, r.failToken(r.pos, "\"", "'")
	}
	r.pos++
	return r.text[r.pos-1], true
}

// attributeValue reads to the closing quote. White space in a value counts as blanks, one for each
// character and one for a line end; a reference to such a character is the character (XML 1.0,
// section 3.3.3).
func (r *reader) attributeValue(quote byte) (string, bool) {
	from := r.pos
	var value []byte
	for {
		i := r.pos
		for i < len(r.text) && classes[r.text[i]]&classValue != 0 {
			i++
		}
		if i == len(r.text) {
			return "", r.fail(i, unclosedQuote)
		}
		r.pos = i
		switch c := r.text[i]; {
		case c == quote:
			r.pos++
			if value == nil {
				return r.text[from:i], true
			}
			return string(append(value, r.text[from:i]...)), true
		case c == '"' || c == '\'' || c == '>':
			r.pos++
		case c == '<':
			return "", r.fail(i, "'<', hexadecimal value 0x3C, is an invalid attribute character.")
		case c == '&':
			value = append(value, r.text[from:i]...)
			var ok bool
			if value, ok = r.reference(value); !ok {
				return "", false
			}
			from = r.pos
		case classes[c]&classBlank != 0:
			value = append(append(value, r.text[from:i]...), ' ')
			if r.pos++; c != '\t' {
				r.pos = r.lineEnd(i)
			}
			from = r.pos
		default:
			size := r.wide(i)
			if size == 0 {
				return "", r.failChar(i)
			}
			r.pos += size
		}
	}
}

// A binding is a prefix and its namespace.
type binding struct {
	prefix, space string
}

// bindNamespace binds a prefix to the namespace in the attribute's value. A prefix cannot be
// unbound, and the two reserved namespaces go with the two reserved prefixes, of which only xml may
// be bound (Namespaces in XML 1.0, section 3). .NET places three of the five faults at the value,
// the first of them at its quote.
func (r *reader) bindNamespace(a attribute, prefix string) bool {
	reserved := a.value == xmlSpace && prefix != "xml"
	switch {
	case a.value == "" && prefix != "":
		p := a.valuePlace
		p.off--
		return r.failAt(p, "Invalid namespace declaration.")
	case a.value == xmlnsSpace && prefix == "xmlns":
		return r.failAt(a.valuePlace, "Prefix \"xmlns\" is reserved for use by XML.")
	case a.value == xmlnsSpace, reserved:
		return r.failAt(a.valuePlace, "Prefix '%s' cannot be mapped to namespace name "+
			"reserved for \"xml\" or \"xmlns\".", prefix)
	case prefix == "xml" && a.value != xmlSpace:
		return r.failAt(a.place, "Prefix \"xml\" is reserved for use by XML "+
			"and can be mapped only to namespace name "+
			"\"http://www.w3.org/XML/1998/namespace\".")
	case prefix == "xmlns":
		return r.failAt(a.place, "Prefix \"xmlns\" is reserved for use by XML.")
	}
	r.bindings = append(r.bindings, binding{prefix, a.value})
	return true
}

// lookUp returns the namespace of a prefix; of "", the default namespace, which attributes do not
// have.
func (r *reader) lookUp(prefix string) (space string, ok bool) {
	for _, b := range slices.Backward(r.bindings) {
		if b.prefix == prefix {
			return b.space, true
		}
	}
	switch prefix {
	case "":
		return "", true
	case "xml":
		return xmlSpace, true
	case "xmlns":
		return xmlnsSpace, true
	}
	return "", false
}

// resolve is lookUp for a prefix at p.
func (r *reader) resolve(prefix string, p place) (string, bool) {
	space, ok := r.lookUp(prefix)
	if !ok {
		return "", r.failAt(p, "'%s' is an undeclared prefix.", prefix)
	}
	return space, true
}

// resolveAttributes sets the namespaces of the attributes and looks for duplicates.
func (r *reader) resolveAttributes() bool {
	for i := range r.attrs {
		a := &r.attrs[i]
		switch {
		case a.isNamespace():
			a.space = xmlnsSpace
		case a.prefix != "":
			space, ok := r.resolve(a.prefix, a.place)
			if !ok {
				return false
			}
			a.space = space
		}
	}
	return r.checkDuplicates()
}

// checkDuplicates looks for two attributes of one expanded name (Namespaces in XML 1.0, section
// 6.3). .NET compares in pairs and blames the second of the first pair: of the earliest first
// halves, the earliest second.
func (r *reader) checkDuplicates() bool {
	if len(r.attrs) < 2 {
		return true
	}
	type pair struct{ first, second int }
	seen := make(map[xml.Name]int, len(r.attrs))
	found := pair{first: len(r.attrs)}
	for i, a := range r.attrs {
		first, ok := seen[a.expanded()]
		switch {
		case !ok:
			seen[a.expanded()] = i
		case first < found.first:
			found = pair{first, i}
		}
	}
	if found.second == 0 {
		return true
	}
	a := r.attrs[found.second]
	return r.failAt(a.place, "'%s' is a duplicate attribute name.", a.name)
}
