package soap

import (
	"unicode/utf8"

	"github.com/go-ews/exchange/internal/xmlinput"
)

// maxReference is the length of the longest reference that is read, leading zeros included. XML
// sets no bound; without one, the rest of a large text would be searched for the semicolon of an
// ampersand.
const maxReference = 64

// decodeReference decodes the reference at the reader's position in character data.
func (r *Reader) decodeReference() ([]byte, error) {
	for {
		size, err := r.referenceSize(r.unread(), 0)
		if err != nil {
			return nil, err
		}
		if size == 0 {
			if !r.more() {
				return nil, r.cut("a reference")
			}
			continue
		}
		char, err := r.resolveReference(r.buf[r.pos+1:r.pos+size-1], 0)
		if err != nil {
			return nil, err
		}
		r.pos += size
		return utf8.AppendRune(r.tiny[:0], char), nil
	}
}

// referenceSize returns the length of the reference at b[at], from "&" to ";", or 0 if b ends
// within it.
func (r *Reader) referenceSize(b []byte, at int) (int, error) {
	for i := at + 1; i < len(b) && i-at < maxReference; i++ {
		c := b[i]
		if c == ';' {
			return i - at + 1, nil
		}
		if c < utf8.RuneSelf && class[c]&inName == 0 && (c != '#' || i > at+1) {
			return 0, r.syntax(at, "& begins no reference: it must be written as &amp;")
		}
	}
	if len(b)-at >= maxReference {
		return 0, r.syntax(at, "a reference of more than %d bytes, or & that should be &amp;",
			maxReference)
	}
	return 0, nil
}

// resolveReference returns the character that a reference stands for, given its name and its offset
// for errors: one of the five predefined entities (section 4.6) or a character reference (section
// 4.1). Exchange sends references to characters that XML 1.0 forbids, such as &#xB;, where a
// mailbox item holds them: they become U+FFFD and are counted, so that one display name does not
// make the whole list unreadable. A number beyond Unicode is an error.
func (r *Reader) resolveReference(name []byte, at int) (rune, error) {
	switch string(name) {
	case "amp":
		return '&', nil
	case "lt":
		return '<', nil
	case "gt":
		return '>', nil
	case "quot":
		return '"', nil
	case "apos":
		return '\'', nil
	}
	if len(name) == 0 || name[0] != '#' {
		return 0, r.syntax(at, "undeclared entity %s", shown(name))
	}
	char, ok := xmlinput.CharNumber(name[1:])
	switch {
	case !ok:
		return 0, r.syntax(at, "the reference %s names no character", shown(name))
	case !isChar(char):
		r.replaced++
		return utf8.RuneError, nil
	default:
		return char, nil
	}
}
