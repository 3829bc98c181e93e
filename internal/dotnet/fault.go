package dotnet

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Sentences of the reader that stand in more than one place.
const (
	badRoot       = "Data at the root level is invalid."
	badXMLDecl    = "Syntax for an XML declaration is invalid."
	endOfFile     = "Unexpected end of file has occurred."
	endOfFileIn   = "Unexpected end of file while parsing %s has occurred."
	unclosedQuote = "There is an unclosed literal string."
)

// A place is a line, the offset at which that line begins, an offset, and how many UTF-16 units the
// place is after that. Its position is counted only when a message needs it.
type place struct {
	line, start, off, extra int
}

// position counts the UTF-16 units from the beginning of the line, from 1.
func (r *reader) position(p place) int { return 1 + units(r.text[p.start:p.off]) + p.extra }

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

// fail records a fault of syntax at an offset of the current line; the text repeats the place. It
// returns false, for the caller to return.
func (r *reader) fail(off int, format string, args ...any) bool {
	return r.failAt(r.place(off), format, args...)
}

// failAt is fail for any place.
func (r *reader) failAt(p place, format string, args ...any) bool {
	if r.violation == nil {
		position := r.position(p)
		text := fmt.Sprintf(format+" Line %d, position %d.", append(args, p.line, position)...)
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

// invalid records a fault against the schemas. Its text does not repeat the place.
func (r *reader) invalid(p place, format string, args ...any) bool {
	if r.violation == nil {
		r.violation = &Violation{p.line, r.position(p), fmt.Sprintf(format, args...)}
	}
	return false
}

// failChar records that the character at off is no XML character.
func (r *reader) failChar(off int) bool {
	return r.fail(off, "%s, is an invalid character.", describe(r.char(off)))
}

func (r *reader) char(off int) rune {
	c, _ := utf8.DecodeRuneInString(r.text[off:])
	return c
}

// failNameChar records that the character at off cannot be inside a name.
func (r *reader) failNameChar(off int) bool {
	return r.fail(off, "The %s, cannot be included in a name.", describeNamed(r.char(off)))
}

// failNameStart records that no name can begin with the character at off.
func (r *reader) failNameStart(off int) bool {
	return r.fail(off, "Name cannot begin with the %s.", describeNamed(r.char(off)))
}

// failToken records that another token was expected at off: one, or one of two.
func (r *reader) failToken(off int, expected ...string) bool {
	r.pos = off
	if off >= len(r.text) {
		return r.fail(off, endOfFile)
	}
	return r.fail(off, "'%s' is an unexpected token. The expected token is '%s'.",
		r.token(off), strings.Join(expected, "' or '"))
}

// token returns the token at off: a run of name characters or a single character.
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

// describe returns a character and its number as the sentences have them.
func describe(c rune) string { return describeAs("", c) }

// describeNamed is describe for the sentences about names.
func describeNamed(c rune) string { return describeAs(" character", c) }

func describeAs(kind string, c rune) string {
	shown := c
	if c == 0 {
		shown = '.' // NUL would end a string on its way through native code
	}
	return fmt.Sprintf("'%c'%s, hexadecimal value 0x%02X", shown, kind, c)
}
