package ews

import (
	"errors"
	"strconv"

	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/soap"
)

// The parts that requests of this family are made of. Each checks what it writes and reports an
// *InputError; Call fills in the operation.

// appendString writes <m:element>value</m:element>. An empty value is refused: the schema's
// NonEmptyStringType has it so.
func appendString(dst []byte, element, field, value string) ([]byte, error) {
	if value == "" {
		return dst, &InputError{Field: field, Reason: "empty"}
	}
	dst = append(dst, "<m:"...)
	dst = append(dst, element...)
	dst = append(dst, '>')
	dst, err := soap.AppendText(dst, value)
	if err != nil {
		return dst, &InputError{Field: field, Reason: inputReason(err)}
	}
	dst = append(dst, "</m:"...)
	dst = append(dst, element...)
	return append(dst, ">\n"...), nil
}

// itemID is an id of any kind.
type itemID interface {
	imgroup.ItemID | imgroup.GroupID | imgroup.ContactID
}

// appendID writes an ItemIdType as <prefix:element Id="…" ChangeKey="…"/>. The schema permits an
// empty Id, and no server makes sense of one.
func appendID[T itemID](dst []byte, element, field string, of T) ([]byte, error) {
	id := imgroup.ItemID(of)
	if id.ID == "" {
		return dst, &InputError{Field: field, Reason: "empty id"}
	}
	dst = append(dst, '<')
	dst = append(dst, element...)
	dst, err := appendAttr(dst, "Id", id.ID)
	if err == nil && id.ChangeKey != "" {
		dst, err = appendAttr(dst, "ChangeKey", id.ChangeKey)
	}
	if err != nil {
		return dst, &InputError{Field: field, Reason: inputReason(err)}
	}
	return append(dst, "/>\n"...), nil
}

// appendOptionalID is appendID, but leaves a zero id out.
func appendOptionalID(dst []byte, element, field string, id imgroup.GroupID) ([]byte, error) {
	if id.IsZero() {
		return dst, nil
	}
	return appendID(dst, element, field, id)
}

func appendAttr(dst []byte, name, value string) ([]byte, error) {
	dst = append(dst, ' ')
	dst = append(dst, name...)
	dst = append(dst, `="`...)
	dst, err := soap.AppendAttr(dst, value)
	return append(dst, '"'), err
}

// appendStart and appendEnd write the tags of an element in the messages namespace.
func appendStart(dst []byte, element string) []byte {
	dst = append(dst, "<m:"...)
	dst = append(dst, element...)
	return append(dst, ">\n"...)
}

func appendEnd(dst []byte, element string) []byte {
	dst = append(dst, "</m:"...)
	dst = append(dst, element...)
	return append(dst, ">\n"...)
}

// indexed adds the index of a list's element to the field of an input error.
func indexed(err error, i int) error {
	if input, ok := errors.AsType[*InputError](err); ok {
		return &InputError{Op: input.Op, Field: input.Field + "[" + strconv.Itoa(i) + "]", Reason: input.Reason}
	}
	return err
}
