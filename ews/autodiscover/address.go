package autodiscover

import (
	"net"
	"strings"
	"unicode/utf8"

	"github.com/go-ews/exchange/internal/mailaddress"
	"github.com/go-ews/exchange/internal/oneline"
)

// maxAddress is the length of a path in SMTP (RFC 5321 section 4.5.3.1.3), and maxDomain that of a
// domain name.
const (
	maxAddress = 254
	maxDomain  = 253
)

// address is an e-mail address that passed the checks.
type address struct{ text, domain string }

// parseAddress splits an address, or returns in words why it cannot.
func parseAddress(s string) (a address, bad string) {
	local, domain, ok := mailaddress.Split(s)
	switch {
	case s == "":
		return a, "empty: want the mailbox's address, such as tony@contoso.com"
	case len(s) > maxAddress:
		return a, "longer than an address can be"
	case !utf8.ValidString(s):
		return a, "not valid UTF-8"
	case !ok || strings.Contains(local, "@"):
		return a, "not an address: want the form tony@contoso.com, without blanks"
	case oneline.Text(s) != s: // a response may name it, and texts show it
		return a, "not an address: it holds a character that cannot be printed"
	}
	a = address{text: s, domain: strings.ToLower(domain)}
	return a, checkDomain(a.domain)
}

// checkDomain returns in words why d, in lower case, cannot be a domain with trusted hosts.
func checkDomain(d string) string {
	switch {
	case net.ParseIP(d) != nil:
		return "the domain is an IP address, which has no Autodiscover"
	case len(d) > maxDomain:
		return "the domain is longer than a name can be"
	case strings.ContainsFunc(d, func(r rune) bool { return r >= utf8.RuneSelf }):
		return "the domain is not ASCII: write it in the form xn--…"
	case !strings.Contains(d, "."):
		return "the domain has no dot, and everything beneath it would be trusted"
	}
	for label := range strings.SplitSeq(d, ".") {
		invalid := func(r rune) bool {
			return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
		}
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, invalid) {
			return "the domain is no host name"
		}
	}
	return ""
}
