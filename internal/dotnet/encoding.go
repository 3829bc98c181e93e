package dotnet

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// An encoding is what is known of how a document was written.
type encoding struct {
	broken   bool   // the text ends where its bytes stop being characters
	utf16    bool   // two bytes a character
	declared string // the name in the declaration, in lower case
}

// decode turns a document into text.
func decode(doc []byte) (string, encoding) {
	switch {
	case bytes.HasPrefix(doc, []byte("\xEF\xBB\xBF")):
		doc = doc[3:]
	case bytes.HasPrefix(doc, []byte("\xFF\xFE")):
		return decode16(doc[2:], binary.LittleEndian)
	case bytes.HasPrefix(doc, []byte("\xFE\xFF")):
		return decode16(doc[2:], binary.BigEndian)
	case bytes.HasPrefix(doc, []byte("<\x00")):
		return decode16(doc, binary.LittleEndian)
	case bytes.HasPrefix(doc, []byte("\x00<")):
		return decode16(doc, binary.BigEndian)
	}
	declaration, rest := cutDeclaration(doc)
	good := validPrefix(rest)
	return latin1(declaration) + string(rest[:good]), encoding{broken: good < len(rest)}
}

// cutDeclaration splits off an XML declaration that has something else than ASCII in it. .NET takes a
// document for single bytes until it has read the name of its encoding.
func cutDeclaration(doc []byte) (declaration, rest []byte) {
	if !bytes.HasPrefix(doc, []byte("<?xml")) {
		return nil, doc
	}
	end := bytes.Index(doc, []byte("?>"))
	if end < 0 {
		end = len(doc)
	}
	for _, b := range doc[:end] {
		if b >= utf8.RuneSelf {
			return doc[:end], doc[end:]
		}
	}
	return nil, doc
}

func latin1(doc []byte) string {
	runes := make([]rune, len(doc))
	for i, b := range doc {
		runes[i] = rune(b)
	}
	return string(runes)
}

// validPrefix returns how many bytes are UTF-8.
func validPrefix(doc []byte) int {
	if utf8.Valid(doc) {
		return len(doc)
	}
	good := 0
	for {
		r, size := utf8.DecodeRune(doc[good:])
		if r == utf8.RuneError && size == 1 {
			return good
		}
		good += size
	}
}

func decode16(doc []byte, order binary.ByteOrder) (string, encoding) {
	units := make([]uint16, len(doc)/2)
	for i := range units {
		units[i] = order.Uint16(doc[2*i:])
	}
	return string(utf16.Decode(units)), encoding{utf16: true}
}

// name takes in the name of the encoding in the declaration and reports whether there is such an encoding.
func (e *encoding) name(name string) bool {
	e.declared = strings.ToLower(name)
	switch e.declared {
	case "utf-8", "utf-16", "us-ascii", "iso-8859-1":
		return true
	}
	return false
}

// fits reports whether the document can be in the encoding that it declares.
func (e *encoding) fits(r *reader) bool {
	if e.declared == "utf-16" && !e.utf16 {
		return r.failNowhere("There is no Unicode byte order mark. Cannot switch to Unicode.")
	}
	return true
}
