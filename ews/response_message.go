package ews

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/go-ews/exchange/internal/oneline"
	"github.com/go-ews/exchange/soap"
)

// ResponseMessage is what every response element of EWS begins with, the schema's
// ResponseMessageType. Embed it in a response of your own: it brings Err, and encoding/xml fills
// it.
type ResponseMessage struct {
	Class   string       `xml:"ResponseClass,attr"` // "Success", "Warning" or "Error"
	Text    string       `xml:"http://schemas.microsoft.com/exchange/services/2006/messages MessageText"`
	Code    ResponseCode `xml:"http://schemas.microsoft.com/exchange/services/2006/messages ResponseCode"`
	Details Details      `xml:"http://schemas.microsoft.com/exchange/services/2006/messages MessageXml"`
}

// Err returns an *[Error] if the message says that the operation failed: its class is Error, or
// unknown with a code that is no success. A Warning is no failure.
func (m *ResponseMessage) Err() error {
	switch m.Class {
	case "Success", "Warning":
		return nil
	case "Error":
	default:
		if m.Code == "" || m.Code == NoError {
			return &badAnswer{"the answer has neither ResponseClass nor ResponseCode that say how it went"}
		}
	}
	return &Error{Code: m.Code, Message: strings.TrimSpace(m.Text), Details: m.Details}
}

// Details are the values of a MessageXml by their names: those of Value elements by their Name
// attribute, of any other element by its own name. Of values with the same name the first is kept.
type Details map[string]string

// UnmarshalXML reads the element's children whatever their name space, because servers differ.
func (d *Details) UnmarshalXML(dec *xml.Decoder, _ xml.StartElement) error {
	var open []string // names of the elements inside MessageXml that stand open
	var text strings.Builder
	for {
		token, err := dec.Token()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return io.ErrUnexpectedEOF
			}
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			open = append(open, detailName(t.Name.Local, attrOf(t.Attr, "Name")))
			d.put(t.Name.Local, attrOf(t.Attr, "FieldURI"))
			text.Reset()
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			if len(open) == 0 {
				return nil
			}
			d.put(open[len(open)-1], strings.TrimSpace(text.String()))
			open = open[:len(open)-1]
			text.Reset()
		}
	}
}

// detailName returns the key of a value: what its Name attribute says, else its element's name.
func detailName(element, name string) string {
	if element == "Value" && name != "" {
		return name
	}
	return element
}

func attrOf(attrs []xml.Attr, local string) string {
	for _, a := range attrs {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// put stores a value that is not empty under a name that is new. The number of details is bounded
// so that no answer can make an error large.
func (d *Details) put(name, value string) {
	const most = 64
	if value == "" || len(*d) >= most {
		return
	}
	if *d == nil {
		*d = make(Details)
	}
	if _, ok := (*d)[name]; !ok {
		(*d)[name] = value
	}
}

// read reads a MessageXml in the fast path.
func (d *Details) read(r *soap.Reader) error {
	for {
		ok, err := r.Next()
		if !ok {
			return err
		}
		local := r.Name().Local
		name, _ := r.Attr("", "Name")
		name = detailName(local, name)
		uri, _ := r.Attr("", "FieldURI")
		d.put(local, uri)
		text, err := r.Text()
		if err != nil {
			return err
		}
		d.put(name, strings.TrimSpace(text))
	}
}

// payload is a response of this family: a ResponseMessage and at most one further element.
type payload interface {
	message() *ResponseMessage
	readPayload(r *soap.Reader) error // called on elements that ResponseMessageType does not have
}

// readResponse reads a response element of this family: m:<op>Response itself, since there is no
// ResponseMessages wrapper.
func readResponse(r *soap.Reader, op string, p payload) error {
	name := r.Name()
	if local, ok := strings.CutSuffix(name.Local, "Response"); !ok || local != op || name.Space != soap.NamespaceMessages {
		return &badAnswer{"the answer holds " + oneline.Clip(name.Local, 80) + " instead of " + op + "Response"}
	}
	m := p.message()
	m.Class, _ = r.Attr("", "ResponseClass")
	for {
		ok, err := r.Next()
		if !ok {
			return err
		}
		name = r.Name()
		switch {
		case name.Space != soap.NamespaceMessages:
			err = r.Skip()
		case name.Local == "ResponseCode":
			var text string
			text, err = r.Text()
			m.Code = ResponseCode(strings.TrimSpace(text))
		case name.Local == "MessageText":
			m.Text, err = r.Text()
		case name.Local == "MessageXml":
			err = m.Details.read(r)
		default:
			err = p.readPayload(r)
		}
		if err != nil {
			return err
		}
	}
}

// plainResponse is the answer of the operations that return nothing.
type plainResponse struct {
	ResponseMessage
	op string
}

func (p *plainResponse) message() *ResponseMessage        { return &p.ResponseMessage }
func (p *plainResponse) readPayload(r *soap.Reader) error { return r.Skip() }
func (p *plainResponse) ReadBody(r *soap.Reader) error    { return readResponse(r, p.op, p) }
func (p *plainResponse) reset()                           { *p = plainResponse{op: p.op} }

// errMissing is the error of a success without its payload.
func errMissing(element string) error {
	return &badAnswer{"the answer says Success but holds no " + element}
}

// errTwice is the error of a payload that occurs twice.
func errTwice(element string) error {
	return &badAnswer{"the answer holds " + element + " twice"}
}
