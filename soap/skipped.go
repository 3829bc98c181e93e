package soap

import "bytes"

// skipDecl skips markup that begins with "<!" and is not a CDATA section: a comment. It refuses
// everything else. SOAP 1.1, section 3: "A SOAP message MUST NOT contain a Document Type
// Declaration." One could declare entities that expand to gigabytes or to local files.
func (r *Reader) skipDecl() error {
	const comment, doctype = "<!--", "<!DOCTYPE"
	if r.need(len(comment)) && string(r.buf[r.pos:r.pos+len(comment)]) == comment {
		return r.skipComment()
	}
	r.need(len(doctype))
	b := r.unread()
	switch {
	case bytes.HasPrefix(b, []byte(doctype)):
		return r.syntax(0, "a document type declaration is not allowed in SOAP (SOAP 1.1, section 3)")
	case len(b) < len(doctype) &&
		(bytes.HasPrefix([]byte(doctype), b) || bytes.HasPrefix([]byte(comment), b)):
		return r.cut("markup")
	default:
		return r.syntax(0, "<! begins neither a comment nor a CDATA section")
	}
}

// skipComment skips a comment. Section 2.5: "For compatibility, the string "--" (double-hyphen)
// MUST NOT occur within comments", so "--->" does not end one.
func (r *Reader) skipComment() error {
	const where = "a comment"
	r.pos += len("<!--")
	for {
		piece, err := r.nextRaw('-', where)
		switch {
		case err != nil:
			return err
		case piece != nil:
			continue
		case !r.need(3):
			return r.cut(where)
		case r.buf[r.pos+1] != '-':
			r.pos++
		case r.buf[r.pos+2] != '>':
			return r.syntax(0, "-- inside a comment")
		default:
			r.pos += 3
			return nil
		}
	}
}

// skipInstruction skips a processing instruction (section 2.6). The XML declaration has the same
// form, but is permitted at the very start only.
func (r *Reader) skipInstruction() error {
	const where = "a processing instruction"
	if err := r.skipTarget(where); err != nil {
		return err
	}
	for {
		piece, err := r.nextRaw('?', where)
		switch {
		case err != nil:
			return err
		case piece != nil:
			continue
		case !r.need(2):
			return r.cut(where)
		case r.buf[r.pos+1] == '>':
			r.pos += 2
			return nil
		default:
			r.pos++
		}
	}
}

// skipTarget skips the name of a processing instruction. Section 2.6 reserves "xml" in any case of
// letters, and "Namespaces in XML 1.0", section 7, forbids colons.
func (r *Reader) skipTarget(where string) error {
	end := 2
	for {
		b := r.unread()
		for end < len(b) && class[b[end]]&inSpace == 0 && b[end] != '?' {
			end++
		}
		if end < len(b) {
			break
		}
		if end > r.limits.TagBytes {
			return r.tagLimit()
		}
		if !r.more() {
			return r.cut(where)
		}
	}
	name := r.buf[r.pos+2 : r.pos+end]
	switch {
	case !isNCName(name):
		return r.badName(2, name)
	case bytes.EqualFold(name, []byte("xml")):
		return r.syntax(0, "an XML declaration that is not at the very start of the document")
	}
	if r.buf[r.pos+end] == '?' {
		if !r.need(end + 2) {
			return r.cut(where)
		}
		if r.buf[r.pos+end+1] != '>' {
			return r.syntax(end, "white space is missing behind the name of a processing instruction")
		}
	}
	r.pos += end
	return nil
}
