package dotnet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// An encoding is how a document is written, and how far it could be read as that.
type encoding struct {
	kind   kind
	marked bool   // by a byte order mark
	raw    []byte // the document behind that

	broken bool   // the text ends where the bytes stop being characters
	stray  string // what is wrong there, if .NET takes it for a wrong character and not for a wrong encoding
	after  int    // how many characters behind the end of the text
}

// kind is a way to write characters as bytes.
type kind uint8

const (
	kindUTF8 kind = iota
	kindUTF16LE
	kindUTF16BE
	kindUTF32LE
	kindUTF32BE
	kindLatin1
	kindASCII
	kindAny16   // whichever of the two the document is in
	kindCurrent // whatever the document is in
)

// unit returns how many bytes the kind uses at least for a character.
func (k kind) unit() int {
	switch k {
	case kindUTF16LE, kindUTF16BE:
		return 2
	case kindUTF32LE, kindUTF32BE:
		return 4
	default:
		return 1
	}
}

// kindNamed returns the kind that a declaration names. The list is that of the class library alone;
// further code pages come with Windows and no client of Exchange uses them.
func kindNamed(name string) (kind, bool) {
	switch strings.ToLower(name) {
	case "utf-8", "unicode-1-1-utf-8", "unicode-2-0-utf-8", "x-unicode-1-1-utf-8", "x-unicode-2-0-utf-8":
		return kindUTF8, true
	case "utf-16", "ucs-2", "iso-10646-ucs-2":
		return kindAny16, true
	case "ucs-4":
		return kindCurrent, true
	case "utf-16le", "unicode":
		return kindUTF16LE, true
	case "utf-16be", "unicodefffe":
		return kindUTF16BE, true
	case "utf-32", "utf-32le":
		return kindUTF32LE, true
	case "utf-32be":
		return kindUTF32BE, true
	case "iso-8859-1", "iso_8859-1", "iso8859-1", "iso_8859-1:1987", "iso-ir-100", "latin1", "l1", "cp819", "ibm819",
		"csisolatin1", "utf-7":
		return kindLatin1, true
	case "us-ascii", "ascii", "us", "ansi_x3.4-1968", "ansi_x3.4-1986", "cp367", "ibm367", "csascii", "iso-ir-6",
		"iso646-us", "iso_646.irv:1991":
		return kindASCII, true
	}
	return 0, false
}

// decode turns a document into text. Without a byte order mark, the first tag tells how it is written.
func decode(doc []byte) (string, encoding) {
	e := encoding{raw: doc}
	for _, mark := range []struct {
		bytes string
		kind  kind
		skip  int
	}{
		{"\xFF\xFE\x00\x00", kindUTF32LE, 4},
		{"\x00\x00\xFE\xFF", kindUTF32BE, 4},
		{"\xEF\xBB\xBF", kindUTF8, 3},
		{"\xFF\xFE", kindUTF16LE, 2},
		{"\xFE\xFF", kindUTF16BE, 2},
		{"<\x00\x00\x00", kindUTF32LE, 0},
		{"\x00\x00\x00<", kindUTF32BE, 0},
		{"<\x00", kindUTF16LE, 0},
		{"\x00<", kindUTF16BE, 0},
	} {
		if bytes.HasPrefix(doc, []byte(mark.bytes)) {
			e.kind, e.marked, e.raw = mark.kind, mark.skip > 0, doc[mark.skip:]
			break
		}
	}
	if e.bytewise() {
		declaration, rest := cutDeclaration(e.raw)
		return latin1(declaration) + e.decode(rest), e
	}
	return e.decode(e.raw), e
}

// bytewise reports whether .NET takes the document for single bytes until it has read the name of its encoding.
func (e *encoding) bytewise() bool {
	return e.kind == kindUTF8 && !e.marked
}

// decode turns bytes into text, up to where they are none. Only UTF-8 is strict: half pairs of UTF-16 are left
// for the reader to complain of, everything else has a substitute.
func (e *encoding) decode(doc []byte) string {
	e.broken = false
	switch e.kind {
	case kindUTF16LE:
		return e.decode16(doc, binary.LittleEndian)
	case kindUTF16BE:
		return e.decode16(doc, binary.BigEndian)
	case kindUTF32LE:
		return e.decode32(doc, binary.LittleEndian)
	case kindUTF32BE:
		return e.decode32(doc, binary.BigEndian)
	case kindLatin1:
		return latin1(doc)
	case kindASCII:
		return ascii(doc)
	default:
		good := validPrefix(doc)
		e.broken = utf8.FullRune(doc[good:]) // a character that is cut off at the end is not missed
		return e.upToWide(string(doc[:good]))
	}
}

// upToWide cuts a text that breaks off before a character beyond the basic plane. When .NET meets bytes that
// are no characters it goes over what it has read with them again, one character at a time, and fails where
// one makes two.
func (e *encoding) upToWide(text string) string {
	if !e.broken {
		return text
	}
	const buffer = 4096
	from := len(text) - len(text)%buffer
	for i, c := range text[from:] {
		if c > 0xFFFF {
			return text[:from+i]
		}
	}
	return text
}

// decode16 takes two bytes for a unit; an odd byte at the end is not missed.
func (e *encoding) decode16(doc []byte, order binary.ByteOrder) string {
	text := make([]byte, 0, len(doc))
	for ; len(doc) >= 2; doc = doc[2:] {
		c := rune(order.Uint16(doc))
		if utf16.IsSurrogate(c) {
			next := rune(0)
			if len(doc) >= 4 {
				next = rune(order.Uint16(doc[2:]))
			}
			pair := utf16.DecodeRune(c, next)
			if pair == utf8.RuneError {
				e.halfPair(c, next)
				break
			}
			c = pair
			doc = doc[2:]
		}
		text = utf8.AppendRune(text, c)
	}
	return string(text)
}

// halfPair notes the half of a surrogate pair. .NET complains of what follows a first half.
func (e *encoding) halfPair(c, next rune) {
	e.broken = true
	if c < 0xDC00 && next != 0 {
		c, e.after = next, 1
	}
	e.stray = fmt.Sprintf("%s, is an invalid character.", describe(c))
}

// decode32 takes four bytes for a character.
func (e *encoding) decode32(doc []byte, order binary.ByteOrder) string {
	text := make([]byte, 0, len(doc)/2)
	for ; len(doc) >= 4; doc = doc[4:] {
		c := order.Uint32(doc)
		text = utf8.AppendRune(text, rune(min(c, utf8.MaxRune+1))) // what is no character becomes U+FFFD
	}
	return string(text)
}

// cutDeclaration splits off an XML declaration that has something else than ASCII in it.
func cutDeclaration(doc []byte) (declaration, rest []byte) {
	const opening = "<?xml"
	if !bytes.HasPrefix(doc, []byte(opening)) || len(doc) == len(opening) ||
		nameRest(string(rune(doc[len(opening)]))) > 0 {
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

// latin1 takes each byte for the character of that number.
func latin1(doc []byte) string {
	text := make([]byte, 0, len(doc))
	for _, b := range doc {
		text = utf8.AppendRune(text, rune(b))
	}
	return string(text)
}

// ascii takes bytes beyond ASCII for question marks.
func ascii(doc []byte) string {
	text := bytes.Clone(doc)
	for i, b := range text {
		if b >= utf8.RuneSelf {
			text[i] = '?'
		}
	}
	return string(text)
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

// switchTo reads on in the encoding that the declaration names, from its end on, even if that makes no sense of
// the rest. Only a document in single bytes that claims to be UTF-16 is refused for it.
func (r *reader) switchTo(k kind) bool {
	e := &r.encoding
	switch {
	case k == kindCurrent, k == e.kind, k == kindAny16 && e.kind.unit() > 1:
		return true
	case k == kindAny16:
		return r.failNowhere("There is no Unicode byte order mark. Cannot switch to Unicode.")
	}
	rest := e.raw[min(r.pos*e.kind.unit(), len(e.raw)):] // a declaration that was accepted is ASCII
	e.kind = k
	r.text = r.text[:r.pos] + e.decode(rest)
	return true
}
