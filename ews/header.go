package ews

import (
	"cmp"
	"fmt"
	"regexp"

	"github.com/go-ews/exchange/internal/oneline"
	"github.com/go-ews/exchange/soap"
)

// NoAnchor as a Header's AnchorMailbox leaves X-AnchorMailbox out even with impersonation.
const NoAnchor = "-"

// Header holds the headers of a client's requests: the SOAP headers RequestServerVersion,
// MailboxCulture and ExchangeImpersonation, and the HTTP header X-AnchorMailbox. The zero value
// asks for Exchange2013, without impersonation.
type Header struct {
	// RequestServerVersion is the schema version asked for. "": Exchange2013, the first one with
	// IM lists. [OmitVersion]: no header. A value outside the schema's list is refused.
	RequestServerVersion Version

	// MailboxCulture is the language of the server's texts, an RFC 3066 tag such as "de-DE". "":
	// no header. A tag of another form is refused; the server refuses a language that it does not
	// have (ErrorUnsupportedCulture).
	MailboxCulture string

	// Impersonate is the account on whose behalf requests are made, for which Exchange requires the
	// management role ApplicationImpersonation. The zero value: no impersonation.
	Impersonate Account

	// AnchorMailbox is sent as X-AnchorMailbox, by which a front end finds the right server. "":
	// the impersonated SMTP address, if there is one. [NoAnchor]: no header. Microsoft recommends
	// it with impersonation, and requires it with OAuth application permissions.
	AnchorMailbox string
}

// check returns an error for the first field that cannot be sent.
func (h *Header) check() *InputError {
	if v := h.RequestServerVersion; v != "" && v != OmitVersion && !v.inSchema() {
		return &InputError{
			Field:  "Header.RequestServerVersion",
			Reason: fmt.Sprintf("%q is not in the schema's list; see the Version constants", oneline.Clip(string(v), 40)),
		}
	}
	if c := h.MailboxCulture; c != "" && !languageTag.MatchString(c) {
		return &InputError{
			Field:  "Header.MailboxCulture",
			Reason: fmt.Sprintf("%q is not an RFC 3066 tag such as en-US", oneline.Clip(c, 40)),
		}
	}
	if h.Impersonate != (Account{}) {
		if problem := h.Impersonate.problem(); problem != "" {
			return &InputError{Field: "Header.Impersonate", Reason: problem}
		}
	}
	if !isHeaderValue(h.AnchorMailbox) {
		return &InputError{Field: "Header.AnchorMailbox", Reason: "holds a control character"}
	}
	return nil
}

// anchor returns the value of X-AnchorMailbox, "" for none.
func (h *Header) anchor() string {
	switch h.AnchorMailbox {
	case "":
		return h.Impersonate.smtpAddress()
	case NoAnchor:
		return ""
	}
	return h.AnchorMailbox
}

// encode returns the parts of every request before and after the body's child.
func (h *Header) encode() (opening, closing []byte, bad *InputError) {
	if bad := h.check(); bad != nil {
		return nil, nil, bad
	}
	header := h.append
	if h.isEmpty() {
		header = nil
	}
	size := 0
	whole, err := soap.AppendEnvelope(nil, header, func(dst []byte) ([]byte, error) {
		size = len(dst)
		return dst, nil
	})
	if err != nil {
		return nil, nil, &InputError{Field: "Header.Impersonate", Reason: err.Error()}
	}
	return whole[:size:size], whole[size:], nil
}

// isEmpty reports whether soap:Header has no content.
func (h *Header) isEmpty() bool {
	return h.RequestServerVersion == OmitVersion && h.MailboxCulture == "" && h.Impersonate.IsZero()
}

// append appends the content of soap:Header in the order of Microsoft's own client: version,
// culture, impersonation.
func (h *Header) append(dst []byte) ([]byte, error) {
	if v := h.version(); v != OmitVersion {
		dst = append(dst, `<t:RequestServerVersion Version="`...)
		dst = append(dst, v...)
		dst = append(dst, "\"/>\n"...)
	}
	if h.MailboxCulture != "" {
		dst = append(dst, "<t:MailboxCulture>"...)
		dst = append(dst, h.MailboxCulture...)
		dst = append(dst, "</t:MailboxCulture>\n"...)
	}
	if h.Impersonate.IsZero() {
		return dst, nil
	}
	dst = append(dst, "<t:ExchangeImpersonation>\n<t:ConnectingSID>\n"...)
	dst, err := h.Impersonate.append(dst)
	return append(dst, "</t:ConnectingSID>\n</t:ExchangeImpersonation>\n"...), err
}

// version returns the schema version that requests ask for, or OmitVersion.
func (h *Header) version() Version { return cmp.Or(h.RequestServerVersion, Exchange2013) }

// languageTag is the form of RFC 3066, section 2.1, which is also that of xs:language.
var languageTag = regexp.MustCompile(`^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$`)

// isHeaderValue reports whether net/http will send s as the value of a header.
func isHeaderValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
