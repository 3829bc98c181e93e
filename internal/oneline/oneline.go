// Package oneline makes text of unknown origin fit for an error message or a log record: one line
// that cannot move a terminal's cursor, hide a part of itself or pass for another line.
package oneline

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text returns s on one line. Runs of white space become one blank. Anything not printable becomes
// U+FFFD: control characters (C1 included), bidirectional and other invisible formatting marks,
// unassigned characters, bytes that are not UTF-8.
func Text(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.Map(func(r rune) rune {
		if r == ' ' || strconv.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, s)
}

// Clip is Text of at most n bytes; where it cuts, an ellipsis follows.
func Clip(s string, n int) string {
	// Text may triple the bytes or drop nearly all of them, so a little more than n is read; a huge
	// text is not worth reading whole.
	const slack = 16
	cut := len(s) > slack*n
	if cut {
		s = s[:slack*n]
	}
	s = Text(s)
	if len(s) > n {
		s, cut = s[:n], true
		for !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
	}
	if cut {
		s += "…"
	}
	return s
}

// Quote returns the first n characters of s in quotation marks, as strconv.Quote writes them: what
// Text would replace is readable as an escape sequence.
func Quote(s string, n int) string {
	chars := 0
	for i := range s {
		if chars == n {
			s = s[:i] + "…"
			break
		}
		chars++
	}
	return strconv.Quote(s)
}
