// Package xmlinput prepares a server's XML for strict readers: it knows the characters of XML 1.0,
// and converts a document to the form that a strict reader accepts.
package xmlinput

import (
	"unicode"
	"unicode/utf8"
)

// IsChar reports whether XML 1.0 can carry c (section 2.2, Char). Surrogates, U+FFFE and U+FFFF are
// out; so are all controls of ASCII but three, while DEL and the controls from U+0080 to U+009F are
// in.
func IsChar(c rune) bool {
	switch {
	case c < 0x20:
		return c == '\t' || c == '\n' || c == '\r'
	case c <= 0xD7FF:
		return true
	default:
		return 0xE000 <= c && c <= 0xFFFD || 0x10000 <= c && c <= unicode.MaxRune
	}
}

// CharNumber parses the number of a character reference (section 4.1), the part between "&#" and
// ";": decimal, or hexadecimal after an "x", which must be a small one. It returns false for a
// number beyond Unicode.
func CharNumber(b []byte) (rune, bool) {
	base := rune(10)
	if len(b) > 0 && b[0] == 'x' {
		base, b = 16, b[1:]
	}
	var n rune
	for _, c := range b {
		digit := rune(99)
		switch {
		case '0' <= c && c <= '9':
			digit = rune(c - '0')
		case 'a' <= c && c <= 'f':
			digit = rune(c-'a') + 10
		case 'A' <= c && c <= 'F':
			digit = rune(c-'A') + 10
		}
		if digit >= base {
			return 0, false
		}
		if n = n*base + digit; n > utf8.MaxRune {
			return 0, false
		}
	}
	return n, len(b) > 0
}
