package ews

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// excerptWidth is how many characters of a line an excerpt shows at most.
const excerptWidth = 160

// excerpt is the window of a request that a schema fault points at. It stands behind a pointer so
// that printing an error shows an address, never the request.
type excerpt struct {
	text  string
	caret int // characters before the caret
}

// Excerpt returns the line of the request that the violation is in, at most 160 characters of it,
// and under it a caret at the position; "" if the place is not known or lies outside of what was
// sent, because something on the way has edited the request. It quotes what was sent, so
// it is for the developer's eyes and not part of Error.
func (e *SchemaValidationError) Excerpt() string {
	if e.excerpt == nil {
		return ""
	}
	return e.excerpt.text + "\n" + strings.Repeat(" ", e.excerpt.caret) + "^"
}

// newExcerpt copies the window around a place, nil if the request has no such place. Positions count
// UTF-16 units from 1; the one that follows the last is the line's end.
func newExcerpt(request []byte, line, position int) *excerpt {
	if line <= 0 || position <= 0 {
		return nil
	}
	text, ok := lineOf(request, line)
	if !ok {
		return nil
	}
	if position > units(text)+1 {
		return nil
	}
	chars := []rune(string(clipLine(text, position)))
	caret := charAt(chars, position)
	first := max(0, min(caret-excerptWidth/2, len(chars)-excerptWidth))
	last := min(len(chars), first+excerptWidth)
	return &excerpt{text: printable(chars[first:last]), caret: caret - first}
}

// lineOf returns the n-th line of the request, from 1, without its line end. As in XML, a line feed,
// a carriage return and both together end a line; behind the last line end there is no line.
func lineOf(request []byte, n int) ([]byte, bool) {
	for ; n > 1; n-- {
		i := bytes.IndexAny(request, "\r\n")
		if i < 0 {
			return nil, false
		}
		if bytes.HasPrefix(request[i:], []byte("\r\n")) {
			i++
		}
		if request = request[i+1:]; len(request) == 0 {
			return nil, false
		}
	}
	if i := bytes.IndexAny(request, "\r\n"); i >= 0 {
		request = request[:i]
	}
	return request, true
}

// units counts the UTF-16 units of a line.
func units(line []byte) int {
	n := 0
	for _, r := range string(line) {
		n += utf16.RuneLen(r)
	}
	return n
}

// clipLine drops what lies far behind the position: a character has at least one byte per UTF-16
// unit, so a long line is not copied whole.
func clipLine(line []byte, position int) []byte {
	end := min(len(line), position*3+excerptWidth*utf8.UTFMax)
	for end < len(line) && !utf8.RuneStart(line[end]) {
		end++
	}
	return line[:end]
}

// charAt returns the index of the character that holds the UTF-16 unit at position, from 1.
func charAt(chars []rune, position int) int {
	unit := 1
	for i, r := range chars {
		if r >= 0x10000 {
			unit++
		}
		if unit >= position {
			return i
		}
		unit++
	}
	return len(chars)
}

// printable replaces what would move the caret, control and formatting characters, by blanks.
func printable(chars []rune) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, string(chars))
}
