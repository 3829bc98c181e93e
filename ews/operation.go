package ews

import (
	"context"
	"strings"

	"github.com/go-ews/exchange/internal/oneline"
	"github.com/go-ews/exchange/soap"
)

// operation is a call of this family: what it sends, and the m:<Name>Response that comes back, a
// ResponseMessage with at most one further element, the payload.
type operation[T any] struct {
	ResponseMessage
	name    string
	content func(body) body // of the request
	payload payload[T]

	value   T
	present bool
	lack    error // what the payload lacks
}

// payload is the element of a response that holds what an operation returns.
type payload[T any] struct {
	element string // in the messages namespace
	// read reads the element. It returns what a success must hold and this one lacks; errors of the
	// document stay in the reader.
	read func(*soap.Reader, *T) error
}

// do performs an operation that returns nothing.
func (c *Client) do(ctx context.Context, name string, content func(body) body) error {
	_, err := perform(ctx, c, Operation{Name: name}, payload[struct{}]{}, content)
	return err
}

// perform performs an operation that returns a T.
func perform[T any](
	ctx context.Context, c *Client, op Operation, p payload[T], content func(body) body,
) (*T, error) {
	o := &operation[T]{name: op.Name, content: content, payload: p}
	if err := c.Call(ctx, op, o, o); err != nil {
		return nil, err
	}
	return &o.value, nil
}

// AppendBody writes m:<name>.
func (o *operation[T]) AppendBody(dst []byte) ([]byte, error) {
	b := o.content(body{dst: dst}.open(o.name)).end(o.name)
	return b.dst, b.err
}

// ReadBody reads m:<name>Response itself: this family has no ResponseMessages wrapper.
func (o *operation[T]) ReadBody(r *soap.Reader) error {
	name := r.Name()
	if op, ok := strings.CutSuffix(name.Local, "Response"); !ok || op != o.name {
		return &badResponse{"the response holds " + oneline.Clip(name.Local, 80) + " instead of " + o.name + "Response"}
	}
	if name.Space != soap.NamespaceMessages {
		return &badResponse{"the response holds " + o.name + "Response in the namespace " +
			oneline.Quote(name.Space, 80) + " instead of " + soap.NamespaceMessages}
	}
	o.Class, _ = r.Attr("", "ResponseClass")
	for name := range r.Children() {
		switch {
		case name.Space != soap.NamespaceMessages:
		case name.Local == "ResponseCode":
			o.Code = ResponseCode(readTrimmed(r))
		case name.Local == "MessageText":
			o.Text = readText(r)
		case name.Local == "MessageXml":
			o.Details.read(r)
		case name.Local == o.payload.element && o.present:
			return &badResponse{"the response holds m:" + name.Local + " twice"}
		case name.Local == o.payload.element:
			o.present, o.lack = true, o.payload.read(r, &o.value)
		}
	}
	return r.Err()
}

// Err returns the server's error, or the error of a success without its payload, which is of no use
// to the caller.
func (o *operation[T]) Err() error {
	if err := o.ResponseMessage.Err(); err != nil {
		return err
	}
	if o.payload.element != "" && !o.present {
		return errMissing("m:" + o.payload.element)
	}
	return o.lack
}

func (o *operation[T]) reset() {
	*o = operation[T]{name: o.name, content: o.content, payload: o.payload}
}

// badResponse is the error of a well-formed response with the wrong content.
type badResponse struct{ reason string }

func (e *badResponse) Error() string { return e.reason }

// errMissing is the error of a success that lacks an element.
func errMissing(element string) error {
	return &badResponse{"the response says Success but holds no " + element}
}
