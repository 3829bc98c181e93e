package imsync

import (
	"strings"

	"github.com/go-ews/exchange/internal/oneline"
)

// maxQuoted is how many characters of a name a text shows.
const maxQuoted = 120

// quote returns a name of the server's or the roster's in quotation marks, on one line and harmless
// to terminals.
func quote(s string) string { return oneline.Quote(s, maxQuoted) }

// plain returns s, or quote of it where s could be misread.
func plain(s string) string {
	if s == "" || len(s) > maxQuoted || oneline.Text(s) != s || strings.ContainsRune(s, '"') ||
		strings.ContainsRune(s, '\uFFFD') {
		return quote(s)
	}
	return s
}
