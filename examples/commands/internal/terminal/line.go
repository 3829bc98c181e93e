// Package terminal makes what a server says fit for a terminal.
package terminal

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns s on one line. What could move the cursor, hide text or turn its direction becomes
// U+FFFD, as in the errors of the module.
func Line(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, s)
}
