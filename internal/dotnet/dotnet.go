// Package dotnet says of a SOAP request to Exchange what .NET's XmlReader and XmlSchemaSet say of it.
//
// Exchange reads requests with these two classes and passes on their wording: the ErrorSchemaValidation fault
// carries the line, the position and the sentence of the first problem in document order. Syntax and
// schema are therefore checked in one pass here too, and every message is spelled as .NET spells it.
//
// The scope is the SOAP 1.1 envelope, the request headers and the thirteen operations on the
// instant-messaging list.
//
// # Places
//
// Lines and positions count from 1, and a position counts UTF-16 code units: a character beyond the basic plane
// is two. A line ends after a line feed, a carriage return, or both together. The place of a start tag and of
// an attribute is where its name begins, that of an end tag where the name behind "</" begins, that of text
// its first character, that of a CDATA section the first character inside. A byte order mark has no place.
//
// # How it was found out
//
// Sentences, places and the order in which problems are seen are .NET's behaviour, established by asking it about some
// hundred thousand damaged requests; TestCheck_AgainstDotNet asks again. Where a comment says that .NET does
// something odd, the oddity is part of what callers see.
package dotnet

import (
	"encoding/xml"
	"strings"
)

// Namespaces of a request.
const (
	soapSpace     = "http://schemas.xmlsoap.org/soap/envelope/"
	typesSpace    = "http://schemas.microsoft.com/exchange/services/2006/types"
	messagesSpace = "http://schemas.microsoft.com/exchange/services/2006/messages"
	schemaSpace   = "http://www.w3.org/2001/XMLSchema"
	xsiSpace      = "http://www.w3.org/2001/XMLSchema-instance"
	xmlSpace      = "http://www.w3.org/XML/1998/namespace"
	xmlnsSpace    = "http://www.w3.org/2000/xmlns/"
)

// Violation is the first thing that .NET objects to.
type Violation struct {
	// Line and Position are both 0 where .NET names no place: an empty document, a DOCTYPE, a wrong encoding name.
	Line, Position int
	// Text is .NET's sentence. It may hold characters that XML cannot carry; whoever writes it escapes them.
	Text string
}

// Element is an element of an accepted request. Comments and processing instructions are left out, references
// and CDATA sections are resolved.
type Element struct {
	Name     xml.Name
	Attrs    []xml.Attr // without namespace declarations; in document order
	Text     string     // the character data directly inside, concatenated, white space kept, line ends as \n
	Children []*Element
}

// Child returns the first child of that name, or nil. It may be asked of a nil element.
func (e *Element) Child(space, local string) *Element {
	if e == nil {
		return nil
	}
	for _, c := range e.Children {
		if c.Name.Local == local && c.Name.Space == space {
			return c
		}
	}
	return nil
}

// Attr returns the value of the attribute without a namespace, and whether there is one.
func (e *Element) Attr(local string) (string, bool) {
	if e == nil {
		return "", false
	}
	for _, a := range e.Attrs {
		if a.Name.Local == local && a.Name.Space == "" {
			return a.Value, true
		}
	}
	return "", false
}

// Check reads a request and returns its root element, or the first violation.
//
// Accept names elements of the SOAP body that are taken without looking at their content, the operations of
// a user's own; nil accepts none. An operation of Microsoft's that is not one of the thirteen is taken without
// looking too, so ask [Known]; one that no schema declares is a violation.
//
// Check takes UTF-8, UTF-16 and UTF-32, Latin-1 and ASCII, as the byte order mark and the XML declaration say. It
// needs memory in proportion to the request and refuses elements nested more than 256 deep, which .NET's
// reader does not by itself.
//
// The root is an Envelope with one child in its Body, unless it is an element that the schemas do not
// declare at all: of that .NET has nothing to say, so the caller has to look at its name.
func Check(request []byte, accept func(op xml.Name) bool) (*Element, *Violation) {
	r := check(request, accept, false)
	if r.violation != nil {
		return nil, r.violation
	}
	return r.root, nil
}

// CheckService is [Check] as recorded servers do it, which is not .NET's verdict by Microsoft's schemas alone.
// The service knows the attributes of SOAP 1.1: mustUnderstand="0" on a header and encodingStyle on the envelope
// get past it; they stand in the Attrs of their elements. It reads RequestServerVersion before it validates: the
// value is the caller's to judge. With a violation comes the root with the elements before it, nil if there is
// none.
func CheckService(request []byte, accept func(op xml.Name) bool) (*Element, *Violation) {
	r := check(request, accept, true)
	return r.root, r.violation
}

func check(request []byte, accept func(op xml.Name) bool, service bool) *reader {
	text, encoding := decode(request)
	r := &reader{
		text: text, encoding: encoding, line: 1, accept: accept, service: service,
		stack: make([]frame, 0, 8), bindings: make([]binding, 0, 8), attrs: make([]attribute, 0, 8),
	}
	r.run()
	return r
}

// Known reports whether op is one of the thirteen operations that [Check] knows in full.
func Known(op string) bool {
	return operation(op) != nil
}

// Declared reports whether Microsoft's schema declares op as an element of a SOAP body. Exchange answers a
// request for any other name with "is not declared".
func Declared(op string) bool {
	return strings.Contains(declaredMessages, " "+op+" ")
}
