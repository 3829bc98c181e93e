package soap

import (
	"math/bits"
	"unicode/utf8"
)

// AppendText appends s to dst as the text of an element and returns the
// extended slice.
//
// Whatever is accepted comes back exactly from any XML parser: markup
// characters are escaped, a carriage return is written as a reference because
// a parser would turn it into a line feed, and ">" is always escaped so that
// pieces appended one after the other cannot make up "]]>".
//
// A string that XML 1.0 cannot carry, invalid UTF-8 included, is a
// [*CharError]; dst then comes back as it was.
func AppendText(dst []byte, s string) ([]byte, error) {
	return escape(dst, s, &textEscapes)
}

// AppendAttr is [AppendText] for the value of an attribute, without the
// quotes, which may be double or single ones. Tabs, line feeds and carriage
// returns are written as references, since a parser would turn them into blanks.
func AppendAttr(dst []byte, s string) ([]byte, error) {
	return escape(dst, s, &attrEscapes)
}

// What stands for a byte below 0x80: "" for itself, "!" for nothing, since
// XML 1.0 cannot carry it.
var (
	textEscapes = escapes(map[byte]string{'\t': "", '\n': ""})
	attrEscapes = escapes(map[byte]string{'\t': "&#x9;", '\n': "&#xA;", '"': "&quot;", '\'': "&apos;"})
)

func escapes(more map[byte]string) (t [utf8.RuneSelf]string) {
	for c := range 0x20 {
		t[c] = "!"
	}
	t['\r'], t['&'], t['<'], t['>'] = "&#xD;", "&amp;", "&lt;", "&gt;"
	for c, s := range more {
		t[c] = s
	}
	return t
}

// escape appends s, byte runs that need nothing in one piece.
func escape[S string | []byte](dst []byte, s S, table *[utf8.RuneSelf]string) ([]byte, error) {
	before, done := len(dst), 0
	for i := 0; ; {
		i = skipPlain(s, i)
		if i == len(s) {
			return append(dst, s[done:]...), nil
		}
		c := s[i]
		if c >= utf8.RuneSelf {
			// At most four bytes are looked at: the conversion stays on the stack.
			char, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if char == utf8.RuneError && size == 1 || !isChar(char) {
				return dst[:before], &CharError{Char: char, Index: i}
			}
			i += size
			continue
		}
		switch reference := table[c]; reference {
		case "":
		case "!":
			return dst[:before], &CharError{Char: rune(c), Index: i}
		default:
			dst = append(dst, s[done:i]...)
			dst = append(dst, reference...)
			done = i + 1
		}
		i++
	}
}

// skipPlain returns where at or behind i the next byte may stand that escape has to look at.
func skipPlain[S string | []byte](s S, i int) int {
	for ; len(s)-i >= 8; i += 8 {
		x := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		m := unusual(x) | equal(x, '<') | equal(x, '>') | equal(x, '&') | equal(x, '"') | equal(x, '\'')
		if m &= tops; m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	return i
}
