package dotnet

import (
	"fmt"
	"unicode/utf8"
)

// Sentences of the reader that stand in more than one place.
const (
	badRoot        = "Data at the root level is invalid."
	badDeclaration = "Syntax for an XML declaration is invalid."
	endOfFile      = "Unexpected end of file has occurred."
	endOfFileIn    = "Unexpected end of file while parsing %s has occurred."
	unclosedQuote  = "There is an unclosed literal string."
	badEncoding    = "Invalid character in the given encoding."
)

// A place is where something stands: a line, the offset at which that line begins, the offset itself, how many
// UTF-16 units it is off that. Its position is only counted when a message needs it.
type place struct {
	line, start, off, extra int
}

// position counts the UTF-16 units from the beginning of the line, from 1.
func (r *reader) position(p place) int {
	return 1 + units(r.text[p.start:p.off]) + p.extra
}

// units counts the UTF-16 units of s.
func units(s string) int {
	n := 0
	for _, c := range s {
		n++
		if c > 0xFFFF {
			n++
		}
	}
	return n
}

// place returns the place of an offset in the current line.
func (r *reader) place(off int) place {
	return place{line: r.line, start: r.lineStart, off: off}
}

// fail records what the reader found wrong at an offset of the current line. Its sentences
// repeat the place. It returns false, for the caller to hand on.
func (r *reader) fail(off int, format string, args ...any) bool {
	return r.failAt(r.place(off), format, args...)
}

// failAt is fail for any place.
func (r *reader) failAt(p place, format string, args ...any) bool {
	if r.violation == nil {
		position := r.position(p)
		text := fmt.Sprintf(format, args...) + fmt.Sprintf(" Line %d, position %d.", p.line, position)
		r.violation = &Violation{p.line, position, text}
	}
	return false
}

// failNowhere records a violation without a place.
func (r *reader) failNowhere(text string) bool {
	if r.violation == nil {
		r.violation = &Violation{Text: text}
	}
	return false
}

// invalid records what the schemas found wrong. Its sentences do not repeat the place.
func (r *reader) invalid(p place, format string, args ...any) bool {
	if r.violation == nil {
		r.violation = &Violation{p.line, r.position(p), fmt.Sprintf(format, args...)}
	}
	return false
}

// failEnd records that the document ended too early, or that its bytes stopped being characters.
func (r *reader) failEnd(off int, format string, args ...any) bool {
	if r.encoding.broken {
		return r.failEncoding()
	}
	return r.fail(off, format, args...)
}

// failEncoding records that the document's bytes stop being characters, where the text ends.
func (r *reader) failEncoding() bool {
	p := r.place(len(r.text))
	p.extra = r.encoding.after
	if r.encoding.stray != "" {
		return r.failAt(p, "%s", r.encoding.stray)
	}
	return r.failAt(p, badEncoding)
}

// failChar records that the character at off has no business in any document.
func (r *reader) failChar(off int) bool {
	c, _ := utf8.DecodeRuneInString(r.text[off:])
	return r.fail(off, "%s, is an invalid character.", describe(c))
}

// failNameChar records that the character at off cannot be inside a name.
func (r *reader) failNameChar(off int) bool {
	c, _ := utf8.DecodeRuneInString(r.text[off:])
	return r.fail(off, "The %s, cannot be included in a name.", describeNamed(c))
}

// failNameStart records that no name can begin with the character at off.
func (r *reader) failNameStart(off int) bool {
	c, _ := utf8.DecodeRuneInString(r.text[off:])
	return r.fail(off, "Name cannot begin with the %s.", describeNamed(c))
}

// failToken records that something else was expected at off: one token, or one of two.
func (r *reader) failToken(off int, expected ...string) bool {
	r.pos = off
	if off >= len(r.text) {
		return r.failEnd(off, endOfFile)
	}
	if len(expected) == 2 {
		return r.fail(off, "'%s' is an unexpected token. The expected token is '%s' or '%s'.",
			r.token(off), expected[0], expected[1])
	}
	return r.fail(off, "'%s' is an unexpected token. The expected token is '%s'.", r.token(off), expected[0])
}

// token returns what stands at off: a run of name characters or a single character.
func (r *reader) token(off int) string {
	if end := skipNameChars(r.text, off); end > off {
		return r.text[off:end]
	}
	c, size := utf8.DecodeRuneInString(r.text[off:])
	if c > 0xFFFF { // .NET cuts the pair in two
		return string(utf8.RuneError)
	}
	return r.text[off : off+size]
}

// describe words a character and its number. NUL would end a string on its way through native code.
func describe(c rune) string {
	return fmt.Sprintf("'%s', hexadecimal value 0x%02X", printed(c), c)
}

// describeNamed is describe as the sentences about names have it.
func describeNamed(c rune) string {
	return fmt.Sprintf("'%s' character, hexadecimal value 0x%02X", printed(c), c)
}

// printed is how a message shows a character, forbidden ones included.
func printed(c rune) string {
	if c == 0 {
		return "."
	}
	return string(c)
}
