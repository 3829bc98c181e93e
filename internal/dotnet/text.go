package dotnet

import (
	"math"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-ews/exchange/internal/xmlinput"
)

// longBlank is how much white space .NET reads before it takes it for text.
const longBlank = 4096

// wide returns the length of the character at off, which is not a plain one, or 0 if it is no XML
// character.
func (r *reader) wide(off int) int {
	c, size := utf8.DecodeRuneInString(r.text[off:])
	if !xmlinput.IsChar(c) {
		return 0
	}
	return size
}

// characters reads character data up to the next markup, as one node (XML 1.0, section 2.4).
//
// .NET reads such a node in two steps. It reads as far as its buffer reaches, at most to a
// reference that it cannot resolve on the spot, reports the node to the validator, and reads the
// rest when the validator wants the value. An element that must be empty is refused without the
// value, so there the stray text is reported before any fault after it.
func (r *reader) characters() bool {
	p := r.place(r.pos)
	first, from := r.pos, r.pos
	var value []byte
	blank := true
	for r.pos < len(r.text) && r.text[r.pos] != '<' {
		i := r.pos
		switch c := r.text[i]; {
		case classes[c]&classPlain != 0:
			blank = blank && c <= ' '
			r.pos++
		case c == '\t':
			r.pos++
		case c == '\n':
			r.pos = r.lineEnd(i)
		case c == '\r':
			value = append(append(value, r.text[from:i]...), '\n')
			r.pos = r.lineEnd(i)
			from = r.pos
		case c == ']':
			if strings.HasPrefix(r.text[i:], "]]>") {
				return r.fail(i, "']]>' is not allowed in character data.")
			}
			blank = false
			r.pos++
		case c == '&':
			value = append(value, r.text[from:i]...)
			n := len(value)
			if i > first && !blank && !r.inlineReference(i) && !r.validateStray(p) {
				return false
			}
			var ok bool
			if value, ok = r.reference(value); !ok {
				return false
			}
			from = r.pos
			blank = blank && value[n] <= ' '
		default:
			size := r.wide(i)
			if size == 0 {
				return r.failChar(i)
			}
			blank = false
			r.pos += size
		}
	}
	text := r.text[from:r.pos]
	if value != nil {
		text = string(append(value, text...))
	}
	return r.validateText(p, text, blank && len(text) < longBlank)
}

// inlineReference reports whether the ampersand begins a character, or a fault that .NET reports
// while it looks for the end of the text. All other faults it reports only when the value is
// wanted.
func (r *reader) inlineReference(off int) bool {
	rest := r.text[off+1:]
	if strings.HasPrefix(rest, "#") {
		digits := strings.TrimPrefix(rest[1:], "x")
		return strings.TrimLeft(digits, "0123456789abcdefABCDEF") != ""
	}
	_, size := named(rest)
	return size > 0
}

// named returns the character of the predefined entity that s begins with, and the length of its
// name with the semicolon.
func named(s string) (c byte, size int) {
	for _, e := range []struct {
		name string
		c    byte
	}{{"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}} {
		if strings.HasPrefix(s, e.name) {
			return e.c, len(e.name)
		}
	}
	return 0, 0
}

// reference reads the reference at the current place and appends its character. Without a document
// type only the five predefined entities exist (XML 1.0, section 4.6).
func (r *reader) reference(dst []byte) ([]byte, bool) {
	at := r.pos
	rest := r.text[at+1:]
	if rest == "" {
		return nil, r.fail(at, endOfFile)
	}
	if rest[0] == '#' {
		return r.numericReference(dst)
	}
	if c, size := named(rest); size > 0 {
		r.pos += 1 + size
		return append(dst, c), true
	}
	end := nameEnd(r.text, at+1)
	switch {
	case end == at+1, end == len(r.text), r.text[end] == ':':
		return nil, r.fail(at+1, "An error occurred while parsing EntityName.")
	case r.text[end] != ';':
		return nil, r.failToken(end, ";")
	}
	return nil, r.fail(at+1, "Reference to undeclared entity '%s'.", r.text[at+1:end])
}

// numericReference reads a reference by number, which must be that of an XML character (XML 1.0,
// section 4.1). Numbers have 31 bits. .NET's sentence for one that is cut off lacks a word.
func (r *reader) numericReference(dst []byte) ([]byte, bool) {
	at := r.pos
	base, digits, kind := 10, at+2, "decimal"
	if r.at(digits) == 'x' {
		base, digits, kind = 16, digits+1, "hexadecimal"
	}
	number, end := 0, digits
	for ; end < len(r.text); end++ {
		d := digit(r.text[end])
		if d >= base {
			break
		}
		if number > (math.MaxInt32-d)/base {
			return nil, r.fail(end, "Invalid value of a character entity reference.")
		}
		number = number*base + d
	}
	switch {
	case end == len(r.text):
		return nil, r.fail(at, endOfFileIn, "")
	case end == digits, r.text[end] != ';':
		return nil, r.fail(end, "Invalid syntax for a %s numeric entity reference.", kind)
	}
	c, ok := codePoint(number)
	if !ok {
		return nil, r.fail(digits, "%s, is an invalid character.", describe(c))
	}
	r.pos = end + 1
	return utf8.AppendRune(dst, c), true
}

// codePoint returns the character of a number, and whether a document may hold it. Beyond the last
// plane .NET goes on to split numbers into surrogate pairs of 16 bits, and reports an invalid first
// half.
func codePoint(number int) (c rune, ok bool) {
	if number <= utf8.MaxRune {
		return rune(number), xmlinput.IsChar(rune(number))
	}
	number -= 0x10000
	high, low := rune(uint16(0xD800+number>>10)), rune(0xDC00+number&0x3FF)
	if c = utf16.DecodeRune(high, low); c == utf8.RuneError {
		return high, false
	}
	return c, true
}

// digit returns the value of a hexadecimal digit, 16 for anything else.
func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return 16
}
