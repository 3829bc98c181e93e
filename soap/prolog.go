package soap

import "bytes"

// nextRoot is Next at the level of the document: it returns true for the root element, then false
// at the end of the document.
func (r *Reader) nextRoot() (bool, error) {
	if !r.started {
		r.started = true
		if err := r.prolog(); err != nil {
			return false, err
		}
	}
	found, err := r.toRootTag()
	switch {
	case err != nil:
		return false, err
	case !found && !r.rooted:
		return false, r.cut("the prolog: there is no root element")
	case !found:
		return false, nil
	case r.rooted:
		return false, r.syntax(0, "a second root element, or an end tag behind the root")
	}
	r.rooted = true
	if err := r.startTag(); err != nil {
		return false, err
	}
	return true, nil
}

// toRootTag moves to the next tag outside of the root element, and returns false at the end of the
// document. Section 2.1 permits white space, comments and processing instructions there, and one
// root element.
func (r *Reader) toRootTag() (bool, error) {
	for {
		b := r.unread()
		r.pos += skipSpace(b, 0)
		if r.pos == r.end {
			if r.more() {
				continue
			}
			return false, r.err
		}
		if c := r.buf[r.pos]; c != '<' {
			return false, r.textOutside(c)
		}
		if tag, err := r.skipMarkup(); tag || err != nil {
			return tag, err
		}
		if r.cdata {
			return false, r.syntax(0, "a CDATA section outside of the root element")
		}
	}
}

// textOutside returns the error for text outside of the root element. It quotes the first byte
// alone.
func (r *Reader) textOutside(first byte) error {
	if r.rooted {
		return r.syntax(0, "text behind the root element, beginning with %q", first)
	}
	return r.syntax(0, "this is not XML: it begins with %q instead of <", first)
}

// prolog reads a byte order mark and the XML declaration, both optional. A document without them is
// in UTF-8 (section 4.3.3). Appendix F recognizes UTF-16 and UTF-32 by their first bytes.
func (r *Reader) prolog() error {
	r.need(4)
	if r.err != nil {
		return r.err
	}
	switch b := r.unread(); {
	case bytes.HasPrefix(b, []byte("\xEF\xBB\xBF")):
		r.pos += 3
		r.at.column-- // the mark is not a character of the document
	case bytes.HasPrefix(b, []byte("\xFE\xFF")), bytes.HasPrefix(b, []byte("\xFF\xFE")),
		bytes.HasPrefix(b, []byte("<\x00")), bytes.HasPrefix(b, []byte("\x00<")),
		bytes.HasPrefix(b, []byte("\x00\x00")):
		return r.syntax(0, "the document is in UTF-16 or UTF-32; only UTF-8 is read")
	}
	const open = "<?xml"
	if !r.need(len(open)+1) || string(r.buf[r.pos:r.pos+len(open)]) != open ||
		class[r.buf[r.pos+len(open)]]&inSpace == 0 {
		return r.err
	}
	return r.readXMLDecl(len(open))
}

// readXMLDecl reads the XML declaration (section 2.8), whose first size bytes are "<?xml". Version,
// encoding and standalone stand in this order; only the version is required.
func (r *Reader) readXMLDecl(size int) error {
	// The declaration of nearly every server; parsing it takes a fourteenth of decoding a fault.
	const usual = `<?xml version="1.0" encoding="utf-8"?>`
	if bytes.HasPrefix(r.unread(), []byte(usual)) && len(usual) <= r.limits.TagBytes {
		r.pos += len(usual)
		return nil
	}
	end := -1
	for {
		b := r.unread()
		if end = bytes.Index(b, []byte("?>")); end < 0 && len(b) >= r.limits.TagBytes ||
			end+2 > r.limits.TagBytes {
			return r.tagLimit()
		}
		if end >= 0 {
			break
		}
		if !r.more() {
			return r.cut("the XML declaration")
		}
	}
	rest := r.buf[r.pos+size : r.pos+end]
	for i, want := range [...]string{"version", "encoding", "standalone"} {
		name, value, after, ok := pseudoAttr(rest)
		if !ok {
			return r.syntax(0, "a malformed XML declaration")
		}
		if string(name) != want {
			if i == 0 {
				return r.syntax(0, "the XML declaration has no version")
			}
			continue
		}
		if err := r.checkXMLDecl(want, value); err != nil {
			return err
		}
		rest = after
	}
	if skipSpace(rest, 0) < len(rest) {
		return r.syntax(0, "a malformed XML declaration")
	}
	r.pos += end + 2
	return nil
}

// checkXMLDecl checks one value of the XML declaration. XML 1.1 is refused: it has other characters
// and line ends, and SOAP 1.1 is not defined for it.
func (r *Reader) checkXMLDecl(name string, value []byte) error {
	switch {
	case name == "version" && string(value) != "1.0":
		return r.syntax(0, "XML version %s; only 1.0 is read", shown(value))
	case name == "encoding" && !bytes.EqualFold(value, []byte("utf-8")):
		return r.syntax(0, "the document declares the encoding %s; only UTF-8 is read", shown(value))
	case name == "standalone" && string(value) != "yes" && string(value) != "no":
		return r.syntax(0, "standalone is neither yes nor no in the XML declaration")
	default:
		return nil
	}
}

// pseudoAttr splits the first name="value" off b. It returns an empty name for white space alone,
// and false for anything else.
func pseudoAttr(b []byte) (name, value, rest []byte, ok bool) {
	trimmed := b[skipSpace(b, 0):]
	if len(trimmed) == 0 {
		return nil, nil, nil, true
	}
	name, rest, ok = bytes.Cut(trimmed, []byte{'='})
	name = bytes.TrimRight(name, " \t\r\n")
	rest = rest[skipSpace(rest, 0):]
	if !ok || len(trimmed) == len(b) || len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
		return nil, nil, nil, false
	}
	value, rest, ok = bytes.Cut(rest[1:], rest[:1])
	return name, value, rest, ok
}
