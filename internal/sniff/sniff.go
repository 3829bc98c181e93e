// Package sniff separates SOAP from everything else by the beginning of a document.
package sniff

import "bytes"

// Kind is the kind of a document, as its beginning shows it.
type Kind uint8

// The kinds.
const (
	Undecided Kind = iota // more bytes are needed
	SOAP                  // an envelope, or close enough for the SOAP reader to judge
	SOAP12                // an envelope of SOAP 1.2, which no SOAP 1.1 reader takes
	Other                 // a page, or nothing
)

// envelopeStart is the beginning of every response of Exchange itself.
var envelopeStart = []byte(`<?xml version="1.0" encoding="utf-8"?>` +
	`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"`)

// NamespaceEnvelope12 is the namespace of an envelope of SOAP 1.2.
const NamespaceEnvelope12 = "http://www.w3.org/2003/05/soap-envelope"

// Of returns the kind of a document that begins so; ended says that there is no more of it. It
// looks for the root element: <Envelope> of any prefix is SOAP. A document in UTF-16 and one with a
// DOCTYPE other than HTML's are left to the SOAP reader, which has an error for them; so is an XML
// document that ends before its root element.
func Of(head []byte, ended bool) Kind {
	if bytes.HasPrefix(head, envelopeStart) {
		return SOAP
	}
	s := bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF"))
	if bytes.HasPrefix(s, []byte("\xFE\xFF")) || bytes.HasPrefix(s, []byte("\xFF\xFE")) {
		return SOAP
	}
	sawProlog := false
	for {
		s = bytes.TrimLeft(s, " \t\r\n")
		var end string
		switch {
		case bytes.HasPrefix(s, []byte("<?")):
			end, sawProlog = "?>", true
		case bytes.HasPrefix(s, []byte("<!--")):
			end = "-->"
		default:
			return kindOfRoot(s, sawProlog, ended)
		}
		i := bytes.Index(s, []byte(end))
		if i < 0 {
			return unlessEnded(sawProlog, ended)
		}
		s = s[i+len(end):]
	}
}

// kindOfRoot judges the text after the prolog.
func kindOfRoot(s []byte, sawProlog, ended bool) Kind {
	const doctype = "<!DOCTYPE"
	switch {
	case len(s) == 0 || len(s) < len(doctype) && bytes.HasPrefix([]byte(doctype), s):
		return unlessEnded(sawProlog, ended)
	case len(s) >= len(doctype) && bytes.EqualFold(s[:len(doctype)], []byte(doctype)):
		rest := bytes.TrimLeft(s[len(doctype):], " \t\r\n")
		if !sawProlog || len(rest) >= 4 && bytes.EqualFold(rest[:4], []byte("html")) {
			return Other
		}
		return SOAP
	case s[0] != '<':
		return Other
	}
	name := s[1:]
	i := bytes.IndexAny(name, " \t\r\n/>")
	if i < 0 {
		return unlessEnded(sawProlog, ended)
	}
	name = name[:i]
	if colon := bytes.IndexByte(name, ':'); colon >= 0 {
		name = name[colon+1:]
	}
	if string(name) == "Envelope" {
		return kindOfEnvelope(s, ended)
	}
	return Other
}

// kindOfEnvelope looks at the namespaces in the start tag of an envelope.
func kindOfEnvelope(s []byte, ended bool) Kind {
	tag, _, whole := bytes.Cut(s, []byte(">"))
	switch {
	case !whole && !ended:
		return Undecided
	case bytes.Contains(tag, []byte(NamespaceEnvelope12)):
		return SOAP12
	}
	return SOAP
}

// unlessEnded waits for more, or decides about a document that ends in its prolog.
func unlessEnded(sawProlog, ended bool) Kind {
	switch {
	case !ended:
		return Undecided
	case sawProlog:
		return SOAP
	}
	return Other
}
