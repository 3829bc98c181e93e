// Package jsoninput prepares a server's JSON for encoding/json, which is stricter than the servers.
package jsoninput

import (
	"bytes"
	"unicode/utf8"

	"github.com/go-ews/exchange/internal/xmlinput"
)

// Clean returns a document in UTF-8, without a byte order mark, white space around it or a NUL
// after it. UTF-16 is read if it has its mark.
//
// JSON forbids control characters inside of strings (RFC 8259 section 7), where servers put the
// lines of a message and what a directory holds: those of ASCII white space become blanks, which
// mean the same between values, and all others U+FFFD.
func Clean(doc []byte) []byte {
	if converted, err := xmlinput.UTF8(doc); err == nil {
		doc = converted
	}
	doc = bytes.TrimRight(doc, "\x00 \t\r\n")
	out := make([]byte, 0, len(doc)+len(doc)/8)
	for _, c := range doc {
		switch {
		case c == '\t', c == '\r', c == '\n':
			out = append(out, ' ')
		case c < ' ':
			out = utf8.AppendRune(out, utf8.RuneError)
		default:
			out = append(out, c)
		}
	}
	return bytes.TrimLeft(out, " ")
}
