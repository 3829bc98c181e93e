// Package mailaddress checks the minimal form of an e-mail address or a user principal name. The
// server decides about everything else.
package mailaddress

import "strings"

// Split returns the parts before and after the last @. It reports false if either is empty, or if
// the address holds a blank or a control character.
func Split(s string) (local, domain string, ok bool) {
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return "", "", false
	}
	return s[:at], s[at+1:], true
}
