// Package excerpt shows a place of a document, as servers name it: by line and position.
package excerpt

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// width is how many characters of a line an excerpt shows at most.
const width = 160

// Excerpt is the window of a document around a place.
type Excerpt struct {
	text  string
	caret int // characters before the caret
}

// String returns the window, one line, and under it a caret at the place.
func (e *Excerpt) String() string { return e.text + "\n" + strings.Repeat(" ", e.caret) + "^" }

// At copies the window around a place, nil if the document has no such place. Positions count
// UTF-16 units from 1; the one that follows the last is the line's end.
func At(document []byte, line, position int) *Excerpt {
	if line <= 0 || position <= 0 {
		return nil
	}
	text, ok := lineOf(document, line)
	if !ok {
		return nil
	}
	if position > units(text)+1 {
		return nil
	}
	chars := []rune(string(clipLine(text, position)))
	caret := charAt(chars, position)
	first := max(0, min(caret-width/2, len(chars)-width))
	last := min(len(chars), first+width)
	return &Excerpt{text: printable(chars[first:last]), caret: caret - first}
}

// lineOf returns the n-th line of the document, from 1, without its line end. As in XML, a line
// feed, a carriage return and both together end a line; behind the last line end there is no line.
func lineOf(document []byte, n int) ([]byte, bool) {
	for ; n > 1; n-- {
		i := bytes.IndexAny(document, "\r\n")
		if i < 0 {
			return nil, false
		}
		if bytes.HasPrefix(document[i:], []byte("\r\n")) {
			i++
		}
		if document = document[i+1:]; len(document) == 0 {
			return nil, false
		}
	}
	if i := bytes.IndexAny(document, "\r\n"); i >= 0 {
		document = document[:i]
	}
	return document, true
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
	end := min(len(line), position*3+width*utf8.UTFMax)
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

// printable replaces characters that would move the caret, controls and formatting, by blanks.
func printable(chars []rune) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, string(chars))
}
