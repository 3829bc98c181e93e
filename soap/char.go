package soap

import (
	"unicode"

	"github.com/go-ews/exchange/internal/xmlinput"
)

// Classes of ASCII characters. A byte from 0x80 on has no class: it is part of a longer character,
// which is decoded.
const (
	inText  = 1 << iota // stands for itself in character data
	inAttr              // stands for itself in an attribute value, in double or single quotes
	inRaw               // stands for itself in CDATA, a comment or a processing instruction
	inName              // may occur in a name, the colon included
	inStart             // may begin a name
	inSpace             // white space
	inTag               // may follow the < of a tag
)

// class is the table of byte classes. It is never written to.
var class = byteClasses()

// byteClasses returns the table, after the productions of XML 1.0, sections 2.2 to 2.4.
func byteClasses() (t [256]uint8) {
	for c := range 0x80 {
		switch {
		case c == '\t' || c == '\n':
			t[c] = inText | inRaw | inSpace
		case c == '\r':
			t[c] = inSpace
		case c >= 0x20:
			t[c] = inText | inAttr | inRaw
		}
		if isASCIILetter(c) || c == '_' || c == ':' {
			t[c] |= inName | inStart | inTag
		}
		if '0' <= c && c <= '9' || c == '-' || c == '.' {
			t[c] |= inName
		}
	}
	t[' '] |= inSpace
	t['/'] |= inTag
	for _, c := range []byte{'<', '&'} {
		t[c] &^= inText | inAttr
	}
	t['"'] &^= inAttr
	t['\''] &^= inAttr
	t[']'] &^= inText // "]]>" must not occur in character data
	return t
}

func isASCIILetter(c int) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// isChar reports whether XML 1.0 can carry c (section 2.2, Char).
func isChar(c rune) bool { return xmlinput.IsChar(c) }

// isNameStart reports whether c may begin a name (section 2.3, NameStartChar). This is the fifth
// edition of XML 1.0, which permits more names than the fourth, which encoding/xml follows.
func isNameStart(c rune) bool {
	if c < 0x80 {
		return c >= 0 && class[c]&inStart != 0
	}
	return unicode.Is(nameStart, c)
}

// isNameChar reports whether c may occur in a name (section 2.3, NameChar).
func isNameChar(c rune) bool {
	if c < 0x80 {
		return c >= 0 && class[c]&inName != 0
	}
	return c == 0xB7 || 0x300 <= c && c <= 0x36F || c == 0x203F || c == 0x2040 || isNameStart(c)
}

// nameStart holds the characters of NameStartChar beyond ASCII.
var nameStart = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0xC0, Hi: 0xD6, Stride: 1},
		{Lo: 0xD8, Hi: 0xF6, Stride: 1},
		{Lo: 0xF8, Hi: 0x2FF, Stride: 1},
		{Lo: 0x370, Hi: 0x37D, Stride: 1},
		{Lo: 0x37F, Hi: 0x1FFF, Stride: 1},
		{Lo: 0x200C, Hi: 0x200D, Stride: 1},
		{Lo: 0x2070, Hi: 0x218F, Stride: 1},
		{Lo: 0x2C00, Hi: 0x2FEF, Stride: 1},
		{Lo: 0x3001, Hi: 0xD7FF, Stride: 1},
		{Lo: 0xF900, Hi: 0xFDCF, Stride: 1},
		{Lo: 0xFDF0, Hi: 0xFFFD, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x10000, Hi: 0xEFFFF, Stride: 1},
	},
}
