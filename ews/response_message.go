package ews

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/go-ews/exchange/internal/oneline"
	"github.com/go-ews/exchange/soap"
)

// ResponseMessage is the common beginning of every response element of EWS, the schema's
// ResponseMessageType. Embed it in a response type: it supplies Err, and encoding/xml fills it in.
type ResponseMessage struct {
	Class   string       `xml:"ResponseClass,attr"` // "Success", "Warning" or "Error"
	Text    string       `xml:"http://schemas.microsoft.com/exchange/services/2006/messages MessageText"`
	Code    ResponseCode `xml:"http://schemas.microsoft.com/exchange/services/2006/messages ResponseCode"`
	Details Details      `xml:"http://schemas.microsoft.com/exchange/services/2006/messages MessageXml"`
}

// Err returns an *[Error] if the message says that the operation failed: its class is Error, or
// unknown with a code that is no success. A Warning is no failure. A Success with the code of an
// error contradicts itself: its error says so, and has no ResponseCode in its chain.
func (m *ResponseMessage) Err() error {
	code := ResponseCode(strings.TrimSpace(string(m.Code)))
	switch m.Class {
	case "Success":
		if !isExchangeCode(code) {
			return nil
		}
		return &badResponse{oneline.Clip("the response says Success, but its code is "+string(code)+": "+m.Text, maxQuoted)}
	case "Warning":
		return nil
	case "Error":
	default:
		if code == "" || code == NoError {
			return &badResponse{"the response has neither ResponseClass nor ResponseCode that say how it went"}
		}
	}
	return &Error{Code: code, Message: strings.TrimSpace(m.Text), Details: m.Details}
}

// Details are the values of a MessageXml by their names: those of Value elements by their Name
// attribute, of any other element by its own name. Of values with the same name the first is kept.
type Details map[string]string

// UnmarshalXML reads the element's children in any namespace, because servers differ.
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
// so that no response can make an error large.
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
func (d *Details) read(r *soap.Reader) {
	for name := range r.Children() {
		label, _ := r.Attr("", "Name")
		uri, _ := r.Attr("", "FieldURI")
		d.put(name.Local, uri)
		d.put(detailName(name.Local, label), readTrimmed(r))
	}
}
