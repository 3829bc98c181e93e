package xmlinput

import (
	"bytes"
	"unicode/utf8"
)

// maxReference is the length of the longest reference that Clean looks at, leading zeros included.
const maxReference = 64

// sections hold no references: what begins each, and what ends it.
var sections = [...]struct{ start, end []byte }{
	{[]byte("<![CDATA["), []byte("]]>")},
	{[]byte("<!--"), []byte("-->")},
	{[]byte("<?"), []byte("?>")},
}

// Clean returns doc, which is in UTF-8, with U+FFFD for each character that XML 1.0 forbids, each
// reference to one and each invalid byte. Servers send them as &#x1A;, where a directory holds
// them.
func Clean(doc []byte) []byte {
	out := make([]byte, 0, len(doc)+len(doc)/8)
	var sectionEnd []byte // nil outside of a section
	for i := 0; i < len(doc); {
		rest := doc[i:]
		char, size := utf8.DecodeRune(rest)
		switch {
		case sectionEnd != nil && bytes.HasPrefix(rest, sectionEnd):
			out, size = append(out, sectionEnd...), len(sectionEnd)
			i, sectionEnd = i+size, nil
			continue
		case sectionEnd == nil && char == '<':
			if start, end := sectionAt(rest); end != nil {
				out, sectionEnd = append(out, start...), end
				i += len(start)
				continue
			}
		case sectionEnd == nil && char == '&':
			if length := forbiddenReference(rest); length > 0 {
				char, size = utf8.RuneError, length
			}
		case !IsChar(char):
			char = utf8.RuneError
		}
		out = utf8.AppendRune(out, char)
		i += size
	}
	return out
}

// sectionAt returns the markup round the section that b begins with; nil if it begins with none.
func sectionAt(b []byte) (start, end []byte) {
	for _, s := range sections {
		if bytes.HasPrefix(b, s.start) {
			return s.start, s.end
		}
	}
	return nil, nil
}

// forbiddenReference returns the length of the reference that b begins with if it names a character
// that XML 1.0 forbids, else 0.
func forbiddenReference(b []byte) int {
	end := bytes.IndexByte(b[:min(len(b), maxReference)], ';')
	if end < 3 || b[1] != '#' {
		return 0
	}
	if char, ok := CharNumber(b[2:end]); !ok || IsChar(char) {
		return 0
	}
	return end + 1
}
