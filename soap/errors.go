package soap

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// A CharError reports a string that XML 1.0 cannot carry because of one of its characters (section
// 2.2), not even with a reference: most controls, U+FFFE, U+FFFF, and bytes that are not UTF-8.
// U+FFFD can be carried.
type CharError struct {
	Char  rune // the character, or utf8.RuneError for bytes that are not UTF-8
	Index int  // of its first byte in the string
}

// Error names the character by its code point, and its index.
func (e *CharError) Error() string {
	if e.Char == utf8.RuneError {
		return fmt.Sprintf("soap: invalid UTF-8 at byte %d", e.Index)
	}
	return fmt.Sprintf("soap: XML 1.0 cannot carry the character %U at byte %d", e.Char, e.Index)
}

// A SyntaxError reports a document that is not XML 1.0 with namespaces in UTF-8, that has a
// document type declaration, which SOAP forbids, or that is not a SOAP 1.1 envelope. For a document
// that ends too early it unwraps to [io.ErrUnexpectedEOF], which distinguishes a truncated response
// from a malformed one.
type SyntaxError struct {
	Line   int // from 1; LF, CRLF and CR each end a line
	Column int // from 1, in characters (code points), tabs counting as one
	Msg    string

	cut bool
}

// Error returns the place and the reason. It may quote a name of the document, clipped to 60 bytes,
// or the one byte that is wrong, but never its text.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("soap: at line %d, column %d: %s", e.Line, e.Column, e.Msg)
}

// Unwrap returns [io.ErrUnexpectedEOF] for a document that ends too early, else nil.
func (e *SyntaxError) Unwrap() error {
	if e.cut {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// A LimitError reports a document that exceeds one of the [Limits], or the fixed bound of 256
// namespace declarations in scope.
type LimitError struct {
	What  string // what exceeds the limit, such as "bytes in one start tag"
	Limit int64
}

// Error names the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("soap: the document has more than %d %s", e.Limit, e.What)
}

// shown returns a name as error messages show it: quoted and clipped.
func shown[S string | []byte](name S) string {
	const most = 60
	if len(name) > most {
		return fmt.Sprintf("%q…", string(name[:most]))
	}
	return fmt.Sprintf("%q", string(name))
}

var errReadTooFar = errors.New("soap: a child was read beyond the end of its element")
