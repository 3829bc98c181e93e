package soap

import "unicode/utf8"

// AppendText appends s to dst as character data and returns the extended slice.
//
// Any XML parser returns exactly s: markup characters are escaped; a carriage return is written as
// a reference, since a parser turns it into a line feed otherwise; ">" is always escaped, so that
// consecutive pieces cannot form "]]>".
//
// For a string that XML 1.0 cannot carry, invalid UTF-8 included, AppendText returns dst unchanged
// and a [*CharError].
func AppendText(dst []byte, s string) ([]byte, error) {
	return escape(dst, s, &textEscapes)
}

// AppendAttr is like [AppendText] for the value of an attribute without its quotes, which may be
// double or single. Tabs, line feeds and carriage returns are written as references, since a parser
// turns them into blanks otherwise.
func AppendAttr(dst []byte, s string) ([]byte, error) {
	return escape(dst, s, &attrEscapes)
}

// The tables of escape: the replacement of each ASCII character, "" for the character itself, "!"
// for one that XML 1.0 cannot carry.
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

// escape appends s, and copies stretches that need no escaping in one piece.
func escape[S string | []byte](dst []byte, s S, table *[utf8.RuneSelf]string) ([]byte, error) {
	before, done := len(dst), 0
	for i := 0; ; {
		for i < len(s) && class[s[i]]&inAttr != 0 && s[i] != '>' {
			i++
		}
		if i == len(s) {
			return append(dst, s[done:]...), nil
		}
		c := s[i]
		if c >= utf8.RuneSelf {
			// A conversion of at most four bytes stays on the stack.
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
