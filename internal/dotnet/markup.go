package dotnet

import "strings"

// comment reads a comment after its opening. It is not validated: an element that must be empty may
// hold comments.
func (r *reader) comment() bool {
	_, ok := r.upTo("-->", "Comment")
	return ok
}

// cdata reads a CDATA section after its opening. The validator counts it as text even if it is
// blank.
func (r *reader) cdata() bool {
	p := r.place(r.pos)
	text, ok := r.upTo("]]>", "CDATA")
	return ok && r.validateText(p, text, false)
}

// instruction reads a processing instruction after its opening. Its target is not "xml" in any case
// of letters (XML 1.0, section 2.6).
func (r *reader) instruction() bool {
	end, ok := r.ncname(r.pos)
	if !ok {
		return false
	}
	switch target := r.text[r.pos:end]; {
	case target == "xml":
		return r.fail(r.pos, "Unexpected XML declaration. The XML declaration must be the first "+
			"node in the document, and no white space characters are allowed to appear before it.")
	case strings.EqualFold(target, "xml"):
		return r.fail(r.pos, "'%s' is an invalid name for processing instructions.", target)
	}
	r.pos = end
	if !r.skipBlanks() && !strings.HasPrefix(r.text[end:], "?>") {
		return r.failNameChar(end)
	}
	_, ok = r.upTo("?>", "PI")
	return ok
}

// upTo reads to the end of a comment, section or instruction and returns its text, line ends as \n.
func (r *reader) upTo(stop, what string) (string, bool) {
	from := r.pos
	var value []byte
	if r.fewer(from, len(stop)) {
		return "", r.failStop(stop, what)
	}
	for r.pos < len(r.text) {
		i := r.pos
		switch c := r.text[i]; {
		case c == stop[0] && strings.HasPrefix(r.text[i:], stop):
			r.pos += len(stop)
			if value == nil {
				return r.text[from:i], true
			}
			return string(append(value, r.text[from:i]...)), true
		case c == '-' && stop == "-->" && r.at(i+1) == '-' && i+2 < len(r.text):
			return "", r.fail(i, "An XML comment cannot contain '--', "+
				"and '-' cannot be the last character.")
		case c == '\n':
			r.pos = r.lineEnd(i)
		case c == '\r' && i+1 == len(r.text):
			return "", r.failStop(stop, what)
		case c == '\r':
			value = append(append(value, r.text[from:i]...), '\n')
			r.pos = r.lineEnd(i)
			from = r.pos
		case c == '\t', c == '<', c == '&', c == ']', classes[c]&classPlain != 0:
			r.pos++
		default:
			size := r.wide(i)
			if size == 0 {
				return "", r.failChar(i)
			}
			r.pos += size
		}
	}
	for n := 0; n < 2 && r.pos > from && r.text[r.pos-1] == stop[0]; n++ {
		r.pos--
	}
	return "", r.failStop(stop, what)
}

// failStop records that the document ended before a comment, section or instruction did. The place
// is where .NET waits for more: before the last characters that could become the end, or before the
// first if there are fewer than the end has; for an instruction, the end of the document.
func (r *reader) failStop(stop, what string) bool {
	if stop == "?>" {
		r.pos = len(r.text)
	}
	return r.fail(r.pos, endOfFileIn, what)
}
