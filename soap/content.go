package soap

import (
	"bytes"
	"unicode/utf8"
)

// nextText returns the next piece of character data in the innermost open element, decoded and
// never empty. It returns nil when a start or end tag follows, two bytes of which are then in the
// window. The piece is valid until the next move.
//
// A piece ends where something has to be decoded, so that most texts are one piece and are taken
// from the window as they are. A decoded character is a piece by itself.
func (r *Reader) nextText() ([]byte, error) {
	piece, err := r.decodeText()
	if r.copyDepth > 0 && piece != nil {
		if err := r.copyText(piece); err != nil {
			return nil, err
		}
	}
	return piece, err
}

// decodeText is nextText without the copy.
func (r *Reader) decodeText() ([]byte, error) {
	for {
		if r.cdata {
			if piece, err := r.nextCDATA(); piece != nil || err != nil {
				return piece, err
			}
			continue
		}
		b := r.unread()
		if n := plain(b); n > 0 {
			r.pos += n
			return b[:n], nil
		}
		if len(b) == 0 {
			if !r.more() {
				return nil, r.cut("the element " + r.innermost())
			}
			continue
		}
		switch b[0] {
		case '<':
			if tag, err := r.skipMarkup(); tag || err != nil {
				return nil, err
			}
		case '&':
			return r.decodeReference()
		case ']':
			return r.decodeBracket()
		default:
			return r.decodeChar()
		}
	}
}

// decodeChar decodes a character that plain and plainRaw do not pass and that is not markup: a
// carriage return, a forbidden character, one that is not UTF-8 or not whole in the window.
func (r *Reader) decodeChar() ([]byte, error) {
	if c := r.buf[r.pos]; c == '\r' {
		// Section 2.11: "translating both the two-character sequence #xD #xA and any #xD that is
		// not followed by #xA to a single #xA character".
		if r.need(2) && r.buf[r.pos+1] == '\n' {
			r.pos++
		}
		if r.err != nil {
			return nil, r.err
		}
		r.pos++
		return append(r.tiny[:0], '\n'), nil
	}
	for !utf8.FullRune(r.unread()) {
		if !r.more() {
			return nil, r.cut("a character")
		}
	}
	char, size := utf8.DecodeRune(r.unread())
	if char == utf8.RuneError && size == 1 {
		return nil, r.syntax(0, "invalid UTF-8")
	}
	if !isChar(char) {
		char = utf8.RuneError
		r.replaced++
	}
	r.pos += size
	return utf8.AppendRune(r.tiny[:0], char), nil
}

// decodeBracket decodes a "]". Section 2.4 requires "]]>" to be written as "]]&gt;" in character
// data; encoding/xml refuses it too.
func (r *Reader) decodeBracket() ([]byte, error) {
	if r.need(3) && string(r.buf[r.pos:r.pos+3]) == "]]>" {
		return nil, r.syntax(0, "]]> outside of a CDATA section")
	}
	if r.err != nil {
		return nil, r.err
	}
	r.pos++
	return append(r.tiny[:0], ']'), nil
}

// skipMarkup skips a comment or a processing instruction, or enters a CDATA section. It returns
// true for a tag, which it leaves unread.
func (r *Reader) skipMarkup() (tag bool, err error) {
	if !r.need(2) {
		return false, r.cut("markup")
	}
	switch r.buf[r.pos+1] {
	case '?':
		return false, r.skipInstruction()
	case '!':
		if !r.need(3) {
			return false, r.cut("markup")
		}
		if r.buf[r.pos+2] == '[' {
			return false, r.openSection()
		}
		return false, r.skipDecl()
	default:
		return true, nil
	}
}

// openSection enters a CDATA section (section 2.7), whose content is text like any other.
func (r *Reader) openSection() error {
	const open = "<![CDATA["
	if !r.need(len(open)) && bytes.HasPrefix([]byte(open), r.unread()) {
		return r.cut("markup")
	}
	if !bytes.HasPrefix(r.unread(), []byte(open)) {
		return r.syntax(0, "<! begins neither a comment nor a CDATA section")
	}
	r.pos += len(open)
	r.cdata = true
	return nil
}

// nextCDATA returns the next piece of a CDATA section, or nil at its end, which it reads.
func (r *Reader) nextCDATA() ([]byte, error) {
	piece, err := r.nextRaw(']', "a CDATA section")
	if piece != nil || err != nil {
		return piece, err
	}
	if !r.need(3) {
		return nil, r.cut("a CDATA section")
	}
	if string(r.buf[r.pos:r.pos+3]) == "]]>" {
		r.pos += 3
		r.cdata = false
		return nil, nil
	}
	r.pos++
	return append(r.tiny[:0], ']'), nil
}

// nextRaw returns the next piece of text that holds no markup and ends before stop, or nil if stop
// comes next. An error says where the document ends.
func (r *Reader) nextRaw(stop byte, where string) ([]byte, error) {
	for {
		b := r.unread()
		if n := plainRaw(b, stop); n > 0 {
			r.pos += n
			return b[:n], nil
		}
		switch {
		case len(b) == 0:
			if !r.more() {
				return nil, r.cut(where)
			}
		case b[0] == stop:
			return nil, nil
		default:
			return r.decodeChar()
		}
	}
}

// innermost returns the name of the innermost open element, for messages.
func (r *Reader) innermost() string {
	return shown(r.stack[len(r.stack)-1].name.full)
}
