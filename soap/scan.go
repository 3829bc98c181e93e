package soap

import "unicode/utf8"

// plain returns the number of bytes at the start of b that stand for themselves in character data.
func plain(b []byte) int {
	i := 0
	for i < len(b) {
		switch c := b[i]; {
		case class[c]&inText != 0:
			i++
		case c >= utf8.RuneSelf:
			size := wholeChar(b[i:])
			if size == 0 {
				return i
			}
			i += size
		case c == ']' && i+1 < len(b) && b[i+1] != ']':
			i++
		default:
			return i
		}
	}
	return i
}

// plainAttr returns the number of ASCII characters at the start of b that stand for themselves in
// an attribute value in either kind of quotes.
func plainAttr(b []byte) int {
	i := 0
	for i < len(b) && class[b[i]]&inAttr != 0 {
		i++
	}
	return i
}

// plainRaw is plain for text without markup that ends before stop.
func plainRaw(b []byte, stop byte) int {
	i := 0
	for i < len(b) {
		c := b[i]
		switch {
		case c == stop:
			return i
		case class[c]&inRaw != 0:
			i++
		case c >= utf8.RuneSelf:
			size := wholeChar(b[i:])
			if size == 0 {
				return i
			}
			i += size
		default:
			return i
		}
	}
	return i
}

// wholeChar returns the size of the character at the start of b, or 0 if that is forbidden, not
// whole or not UTF-8.
func wholeChar(b []byte) int {
	char, size := utf8.DecodeRune(b)
	if size == 1 || !isChar(char) {
		return 0
	}
	return size
}
