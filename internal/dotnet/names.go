package dotnet

import (
	"unicode"
	"unicode/utf8"

	"github.com/go-ews/exchange/internal/xmlinput"
)

// What a byte may be; the classes of ASCII, and nonASCII for the rest.
const (
	classNameStart = 1 << iota // may begin a name that has no colon
	className                  // may follow in it
	classPlain                 // stands for itself in text: no markup, no line end, nothing forbidden
	classBlank                 // white space
	classValue                 // stands for itself in an attribute value
	classNonASCII
)

// classes holds the class of each byte.
var classes = func() (table [256]uint8) {
	for c := range table {
		b := byte(c)
		switch {
		case b >= utf8.RuneSelf:
			table[c] = classNonASCII
		case 'a' <= b|0x20 && b|0x20 <= 'z', b == '_':
			table[c] = classNameStart | className | classPlain | classValue
		case '0' <= b && b <= '9', b == '-', b == '.':
			table[c] = className | classPlain | classValue
		case b == ' ':
			table[c] = classBlank | classPlain | classValue
		case b == '\t', b == '\n', b == '\r':
			table[c] = classBlank
		case b == '<', b == '&':
		case b == ']':
			table[c] = classValue
		case b == '"', b == '\'', b == '>':
			table[c] = classPlain
		case b > ' ':
			table[c] = classPlain | classValue
		}
	}
	return table
}()

// nameStart returns how many bytes the first character of s has if a name may begin with it, else 0.
func nameStart(s string) int {
	return nameChar(s, classNameStart)
}

// nameRest returns how many bytes the first character of s has if it may continue a name, else 0.
func nameRest(s string) int {
	return nameChar(s, className)
}

func nameChar(s string, class uint8) int {
	if s == "" {
		return 0
	}
	switch c := classes[s[0]]; {
	case c&class != 0:
		return 1
	case c != classNonASCII:
		return 0
	}
	r, size := utf8.DecodeRuneInString(s)
	if unicode.Is(nameStartTable, r) || class == className && unicode.Is(nameRestTable, r) {
		return size
	}
	return 0
}

// nameEnd returns the offset after the name without a colon that begins at i, or i if none does.
func nameEnd(s string, i int) int {
	n := nameStart(s[i:])
	for n > 0 {
		i += n
		n = nameRest(s[i:])
	}
	return i
}

// skipNameChars returns the offset of the first character from i on that cannot be inside a name.
func skipNameChars(s string, i int) int {
	for n := nameRest(s[i:]); n > 0; n = nameRest(s[i:]) {
		i += n
	}
	return i
}

// forbidden reports whether XML 1.0 has no place for r.
func forbidden(r rune) bool { return !xmlinput.IsChar(r) }
