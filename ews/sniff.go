package ews

import "bytes"

// answerKind is what the beginning of an answer says it is.
type answerKind uint8

const (
	undecided answerKind = iota // more bytes are needed
	isSOAP                      // an envelope, or close enough for the SOAP reader to judge
	notSOAP
)

// exchangeBegins is how every answer of Exchange itself begins, as it is written.
var exchangeBegins = []byte(`<?xml version="1.0" encoding="utf-8"?><s:Envelope `)

// kindOf looks for the root element: <Envelope> of any prefix is SOAP. An answer in UTF-16 and one
// with a DOCTYPE other than HTML's are left to the SOAP reader, which says what is wrong with
// them; so is an XML document that ends before its root element.
func kindOf(head []byte, ended bool) answerKind {
	if bytes.HasPrefix(head, exchangeBegins) {
		return isSOAP
	}
	s := bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF"))
	if bytes.HasPrefix(s, []byte("\xFE\xFF")) || bytes.HasPrefix(s, []byte("\xFF\xFE")) {
		return isSOAP
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

// kindOfRoot judges what follows the prolog.
func kindOfRoot(s []byte, sawProlog, ended bool) answerKind {
	const doctype = "<!DOCTYPE"
	switch {
	case len(s) == 0 || len(s) < len(doctype) && bytes.HasPrefix([]byte(doctype), s):
		return unlessEnded(sawProlog, ended)
	case len(s) >= len(doctype) && bytes.EqualFold(s[:len(doctype)], []byte(doctype)):
		rest := bytes.TrimLeft(s[len(doctype):], " \t\r\n")
		if !sawProlog || len(rest) >= 4 && bytes.EqualFold(rest[:4], []byte("html")) {
			return notSOAP
		}
		return isSOAP
	case s[0] != '<':
		return notSOAP
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
		return isSOAP
	}
	return notSOAP
}

// unlessEnded waits for more, or decides about an answer that ends in its prolog.
func unlessEnded(sawProlog, ended bool) answerKind {
	switch {
	case !ended:
		return undecided
	case sawProlog:
		return isSOAP
	}
	return notSOAP
}
