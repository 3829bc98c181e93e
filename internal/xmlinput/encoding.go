package xmlinput

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// declaredEncoding finds the encoding in an XML declaration (section 2.8).
var declaredEncoding = regexp.MustCompile(
	`^<\?xml(?:[ \t\r\n][^>]{0,200}?)?[ \t\r\n]encoding[ \t\r\n]*=[ \t\r\n]*["']([A-Za-z0-9._:-]{1,40})["']`)

// UTF8 returns an XML document in UTF-8, without a byte order mark. The encoding is UTF-16 if the
// first bytes say so (appendix F), else the declared one:
//
//   - UTF-8, also where the declaration says UTF-16: .NET's StringWriter always declares that
//   - Latin-1, US-ASCII and windows-1252, all read as Latin-1
//   - any other encoding that contains ASCII: its other bytes become U+FFFD
//
// Encodings in which ASCII bytes may mean something else are an error, and so is UTF-32.
func UTF8(doc []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(doc, []byte("\xEF\xBB\xBF")):
		return doc[3:], nil
	case bytes.HasPrefix(doc, []byte("\x00\x00")), bytes.HasPrefix(doc, []byte("\xFF\xFE\x00\x00")):
		return nil, errors.New("the document is in UTF-32")
	case bytes.HasPrefix(doc, []byte("\xFF\xFE")):
		return fromUTF16(doc[2:], binary.LittleEndian), nil
	case bytes.HasPrefix(doc, []byte("\xFE\xFF")):
		return fromUTF16(doc[2:], binary.BigEndian), nil
	case bytes.HasPrefix(doc, []byte("<\x00")):
		return fromUTF16(doc, binary.LittleEndian), nil
	case bytes.HasPrefix(doc, []byte("\x00<")):
		return fromUTF16(doc, binary.BigEndian), nil
	}
	declared := declaredEncoding.FindSubmatch(doc)
	if declared == nil {
		return doc, nil
	}
	return fromDeclared(doc, strings.ToLower(string(declared[1])))
}

// fromDeclared converts a document whose declaration can be read as ASCII.
func fromDeclared(doc []byte, name string) ([]byte, error) {
	switch name {
	case "utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "unicode":
		return doc, nil
	case "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252":
		return mapHigh(doc, func(c byte) rune { return rune(c) }), nil
	}
	for _, prefix := range [...]string{"utf-", "ucs-", "iso-10646", "iso-2022", "hz-", "ebcdic", "ibm", "cp037"} {
		if strings.HasPrefix(name, prefix) {
			return nil, fmt.Errorf("the document declares the encoding %s, which is not supported", name)
		}
	}
	return mapHigh(doc, func(byte) rune { return utf8.RuneError }), nil
}

// mapHigh replaces the bytes beyond ASCII.
func mapHigh(doc []byte, char func(byte) rune) []byte {
	out := make([]byte, 0, len(doc)+len(doc)/8)
	for _, c := range doc {
		if c < utf8.RuneSelf {
			out = append(out, c)
		} else {
			out = utf8.AppendRune(out, char(c))
		}
	}
	return out
}

// fromUTF16 converts UTF-16. A surrogate without its other half and half a unit at the end become
// U+FFFD.
func fromUTF16(doc []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, 0, len(doc)/2+1)
	for ; len(doc) >= 2; doc = doc[2:] {
		units = append(units, order.Uint16(doc))
	}
	if len(doc) > 0 {
		units = append(units, utf8.RuneError)
	}
	return []byte(string(utf16.Decode(units)))
}
