package textfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// JSONError is an error in a JSON text, with its place.
type JSONError struct {
	Offset       int // in bytes
	Line, Column int // from 1; the column counts bytes
	Reason       string

	Repeated bool // an object has two values of one name, and it is unknown which one counts
}

func (e *JSONError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// DecodeJSON reads data, one JSON value, into v. A name that v does not have is an error, and so
// are a name that stands twice in an object and text after the value. Every error of the text is a
// [*JSONError].
func DecodeJSON(data []byte, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(v); err != nil {
		offset, reason := place(data, err)
		return newJSONError(data, offset, reason)
	}
	end := int(decoder.InputOffset())
	if rest := bytes.TrimLeft(data[end:], " \t\r\n"); len(rest) > 0 {
		return newJSONError(data, len(data)-len(rest), "something follows the JSON value")
	}
	if bad := badName(data, reflect.TypeOf(v)); bad != nil {
		return bad
	}
	return nil
}

// newJSONError returns the error for the byte at the offset in data.
func newJSONError(data []byte, offset int, reason string) *JSONError {
	offset = min(max(offset, 0), len(data))
	before := data[:offset]
	line := bytes.Count(before, []byte("\n"))
	return &JSONError{
		Offset: offset, Line: line + 1, Column: len(before) - bytes.LastIndexByte(before, '\n'), Reason: reason,
	}
}

// place returns the offset of an error of package json, and its reason in words for people.
func place(data []byte, err error) (offset int, reason string) {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return len(bytes.TrimRight(data, " \t\r\n")), "the JSON ends too early"
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return int(syntax.Offset) - 1, syntax.Error() // the offset counts the byte at fault
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		reason = fmt.Sprintf("a JSON %s cannot stand here", wrong.Value)
		if wrong.Field != "" {
			reason = fmt.Sprintf("%s: %s", wrong.Field, reason)
		}
		return int(wrong.Offset) - 1, reason
	}
	return 0, strings.TrimPrefix(err.Error(), "json: ")
}
