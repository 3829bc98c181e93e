package imsync

import (
	"strconv"
	"strings"
	"unicode"
)

// quote puts a name of the server's or the roster's in quotation marks, on one line and harmless
// to terminals.
func quote(s string) string {
	const most = 120
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}

// plain is quote only where the text would be misread without.
func plain(s string) string {
	if s == "" || s != strings.TrimSpace(s) || len(s) > 120 || strings.ContainsRune(s, '"') ||
		strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return quote(s)
	}
	return s
}
