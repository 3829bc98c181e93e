package soap

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// A CharError says that a string cannot be sent, because XML 1.0 has no way to
// carry one of its characters (section 2.2 of the recommendation), not even as
// a reference: most controls, U+FFFE and U+FFFF, and bytes that are not UTF-8.
// U+FFFD itself can be carried.
type CharError struct {
	Char  rune // the character; utf8.RuneError: the bytes are not UTF-8 at all
	Index int  // where it begins, in bytes from the start of the string
}

// Error names the character by its code point.
func (e *CharError) Error() string {
	if e.Char == utf8.RuneError {
		return fmt.Sprintf("soap: invalid UTF-8 at byte %d", e.Index)
	}
	return fmt.Sprintf("soap: XML 1.0 cannot carry the character %U at byte %d", e.Char, e.Index)
}

// A SyntaxError says that a document is not XML 1.0 with namespaces in UTF-8,
// uses what SOAP forbids (a document type declaration), or is no SOAP 1.1
// envelope. A document that ends too early unwraps to [io.ErrUnexpectedEOF], so
// that a cut answer can be told from a malformed one.
type SyntaxError struct {
	Line   int // from 1; LF, CRLF and CR each end a line
	Column int // from 1, in characters (code points), tabs counting as one
	Msg    string

	cut bool
}

// Error gives the place and what is wrong there. It may quote a name of the
// document, cut to 60 bytes, or the one byte that is wrong, but never its text.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("soap: at line %d, column %d: %s", e.Line, e.Column, e.Msg)
}

// Unwrap returns [io.ErrUnexpectedEOF] for a document that was cut, else nil.
func (e *SyntaxError) Unwrap() error {
	if e.cut {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// A LimitError says that a document exceeds one of the [Limits], or the fixed
// bound of 256 namespace declarations in scope; it may well be fine otherwise.
type LimitError struct {
	What  string // what there was too much of, in words
	Limit int64  // the most that is taken
}

// Error names the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("soap: the document has more than %d %s", e.Limit, e.What)
}

// shown is a name as error messages show it: quoted, and short whatever was sent.
func shown[S string | []byte](name S) string {
	const most = 60
	if len(name) > most {
		return fmt.Sprintf("%q…", string(name[:most]))
	}
	return fmt.Sprintf("%q", string(name))
}

var errReadTooFar = errors.New("soap: a child was read beyond the end of its element")
