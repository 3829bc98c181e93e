package dotnet

import (
	"encoding/xml"
	"strings"
	"sync"
	"unicode/utf8"
)

// Classes of bytes: of ASCII characters, and classNonASCII for the rest.
const (
	classNameStart = 1 << iota // may begin a name that has no colon
	className                  // may follow in it
	classPlain                 // stands for itself in text: no markup, line end or control
	classBlank                 // white space
	classValue                 // stands for itself in an attribute value
	classNonASCII
)

// classes holds the classes of each byte.
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

// nameStart returns how many bytes the first character of s has if a name may begin with it, else
// 0.
func nameStart(s string) int { return nameChar(s, classNameStart) }

// nameRest returns how many bytes the first character of s has if it may continue a name, else 0.
func nameRest(s string) int { return nameChar(s, className) }

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
	c, size := utf8.DecodeRuneInString(s)
	if wideNameChar(c, class == className) {
		return size
	}
	return 0
}

// wideNameChars caches whether encoding/xml accepts a tag with a character beyond ASCII in its
// name.
var wideNameChars sync.Map

// wideNameChar reports whether a character beyond ASCII may begin a name, or continue one. .NET has
// the rules of XML 1.0 up to its fourth edition (appendix B), and encoding/xml has the same.
func wideNameChar(c rune, continues bool) bool {
	if c > 0xFFFF {
		return false // none of that edition
	}
	doc := "<" + string(c) + "/>"
	if continues {
		doc = "<a" + string(c) + "/>"
	}
	if ok, cached := wideNameChars.Load(doc); cached {
		return ok == true
	}
	_, err := xml.NewDecoder(strings.NewReader(doc)).RawToken()
	wideNameChars.Store(doc, err == nil)
	return err == nil
}

// nameEnd returns the offset after the name without a colon that begins at i, or i if none does.
func nameEnd(s string, i int) int {
	if n := nameStart(s[i:]); n > 0 {
		return skipNameChars(s, i+n)
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
