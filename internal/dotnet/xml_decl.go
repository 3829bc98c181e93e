package dotnet

import (
	"slices"
	"strings"
)

const xmlDeclStart = "<?xml"

// The parts of an XML declaration, in their order.
const (
	declVersion = iota
	declEncoding
	declStandalone
	declDone
)

// readXMLDecl reads the XML declaration that the document begins with: version, then encoding and
// standalone, which may be missing (XML 1.0, section 2.8).
func (r *reader) readXMLDecl() bool {
	r.pos = len(xmlDeclStart)
	utf16 := false
	for next := declVersion; ; next++ {
		blank := r.skipBlanks()
		if r.at(r.pos) == '?' {
			return r.xmlDeclEnd(next) && (!utf16 ||
				r.failNowhere("There is no Unicode byte order mark. Cannot switch to Unicode."))
		}
		if !blank && next > declVersion {
			return r.failToken(r.pos, "?>")
		}
		end, ok := r.ncname(r.pos)
		if !ok {
			return false
		}
		switch name := r.text[r.pos:end]; {
		case name == "version" && next == declVersion:
		case name == "encoding" && next == declEncoding:
		case name == "standalone" && (next == declEncoding || next == declStandalone):
			next = declStandalone
		default:
			return r.fail(r.pos, badXMLDecl)
		}
		r.pos = end
		value, ok := r.xmlDeclValue(next)
		if !ok {
			return false
		}
		utf16 = utf16 || next == declEncoding && isNamed(utf16Names, value)
	}
}

// xmlDeclEnd reads the end of the declaration, from its question mark on.
func (r *reader) xmlDeclEnd(next int) bool {
	switch {
	case r.at(r.pos+1) == '>' && next > declVersion:
		r.pos += 2
		return true
	case r.at(r.pos+1) == '>':
		return r.fail(r.pos, badXMLDecl)
	case r.pos+1 == len(r.text):
		return r.fail(r.pos, endOfFile)
	}
	return r.failToken(r.pos, "'>'")
}

// xmlDeclValue reads the value of a part.
func (r *reader) xmlDeclValue(part int) (value string, ok bool) {
	quote, ok := r.equalsQuote()
	if !ok {
		return "", false
	}
	i := r.pos
	for i < len(r.text) && classes[r.text[i]]&(classValue|classNonASCII) != 0 {
		i++
	}
	switch {
	case i == len(r.text):
		return "", r.fail(r.pos, unclosedQuote)
	case r.text[i] != quote:
		return "", r.fail(r.pos, badXMLDecl)
	}
	value = r.text[r.pos:i]
	switch {
	case part == declVersion && value != "1.0":
		return "", r.fail(r.pos, "Version number '%s' is invalid.", value)
	case part == declEncoding && !isNamed(utf8Names, value) && !isNamed(utf16Names, value):
		return "", r.fail(r.pos, badEncodingName, value)
	case part == declStandalone && value != "yes" && value != "no":
		return "", r.fail(r.pos-1, badXMLDecl)
	}
	r.pos = i + 1
	return value, true
}

// utf8Names are the names of UTF-8, and one that stands for the encoding that the document is in.
var utf8Names = []string{
	"utf-8", "unicode-1-1-utf-8", "unicode-2-0-utf-8", "x-unicode-1-1-utf-8",
	"x-unicode-2-0-utf-8", "ucs-4",
}

// utf16Names are the names of UTF-16 in either order of bytes.
var utf16Names = []string{"utf-16", "ucs-2", "iso-10646-ucs-2"}

func isNamed(names []string, encoding string) bool {
	return slices.Contains(names, strings.ToLower(encoding))
}
