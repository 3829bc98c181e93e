package dotnet

import (
	"strings"
	"unicode/utf8"
)

// badEncodingName is the sentence for every encoding but UTF-8. .NET reads some others, which no
// client of Exchange sends.
const badEncodingName = "System does not support '%s' encoding."

// decode takes in a request, which must be in UTF-8. A character that is cut off at the end is left
// out, as by .NET.
func (r *reader) decode(request []byte) bool {
	doc := string(request)
	for _, begins := range []struct{ bytes, encoding string }{
		{"\xFF\xFE\x00\x00", "utf-32"},
		{"\x00\x00\xFE\xFF", "utf-32"},
		{"<\x00\x00\x00", "utf-32"},
		{"\x00\x00\x00<", "utf-32"},
		{"\xFF\xFE", "utf-16"},
		{"\xFE\xFF", "utf-16"},
		{"<\x00", "utf-16"},
		{"\x00<", "utf-16"},
	} {
		if strings.HasPrefix(doc, begins.bytes) {
			return r.failNowhere(strings.Replace(badEncodingName, "%s", begins.encoding, 1))
		}
	}
	doc, marked := strings.CutPrefix(doc, "\uFEFF")
	good := validPrefix(doc)
	r.text = doc[:good]
	if utf8.FullRuneInString(doc[good:]) {
		return r.failEncoding()
	}
	r.findXMLDecl(marked)
	return true
}

// validPrefix returns how many bytes are UTF-8.
func validPrefix(doc string) int {
	if utf8.ValidString(doc) {
		return len(doc)
	}
	for i, c := range doc {
		if c == utf8.RuneError && !strings.HasPrefix(doc[i:], "\uFFFD") {
			return i
		}
	}
	return len(doc)
}

// failEncoding records that the request is not UTF-8 behind the text that it begins with.
func (r *reader) failEncoding() bool {
	for r.pos < len(r.text) {
		if c := r.text[r.pos]; c == '\n' || c == '\r' {
			r.pos = r.lineEnd(r.pos)
		} else {
			r.pos++
		}
	}
	return r.fail(r.pos, "Invalid character in the given encoding.")
}

// findXMLDecl notes whether the request begins with an XML declaration. Without a byte order mark
// .NET takes that for single bytes, as it does not have the name of the encoding yet.
func (r *reader) findXMLDecl(marked bool) {
	rest, ok := strings.CutPrefix(r.text, xmlDeclStart)
	if !ok || rest == "" || rest[0] == ':' {
		return
	}
	next := rest
	if !marked {
		next = latin1(rest[:1])
	}
	if nameRest(next) > 0 {
		return
	}
	r.xmlDecl = true
	if end := strings.Index(rest, "?>"); !marked {
		if end < 0 {
			end = len(rest)
		}
		r.text = xmlDeclStart + latin1(rest[:end]) + rest[end:]
	}
}

// latin1 takes each byte for the character of that number.
func latin1(s string) string {
	text := make([]byte, 0, len(s))
	for i := range len(s) {
		text = utf8.AppendRune(text, rune(s[i]))
	}
	return string(text)
}
