package main

import (
	"regexp"
	"strings"
)

// Parts of an error that differ from mailbox to mailbox: quoted text, addresses, ids, numbers and times.
// Codes and words remain.
var differing = regexp.MustCompile(`"[^"]*"|[^\s"'<>(),;:]+@[^\s"'<>(),;:]+|\b[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}\b|\d+([.:]\d+)*(ms|µs|s|m|h)?`)

// statusCode is a number that tells errors apart.
var statusCode = regexp.MustCompile(`\b(HTTP|status)( code)? [1-5]\d\d\b|\b[1-5]\d\d [A-Z][a-z]+`)

// cause returns what is the same in the errors of several mailboxes, to group them by.
func cause(mailbox, text string) string {
	if mailbox != "" {
		text = strings.ReplaceAll(text, mailbox, "…")
	}
	codes := strings.Join(statusCode.FindAllString(text, -1), " ")
	return codes + "\n" + differing.ReplaceAllString(text, "…")
}
