package ews

import (
	"fmt"
	"strings"

	"github.com/go-ews/exchange/internal/excerpt"
	"github.com/go-ews/exchange/soap"
)

// faultError returns the *Error or *SchemaValidationError for a fault.
func (x *call) faultError(f *soap.Fault, d *faultDetail) error {
	e := &Error{
		Op: x.op.Name, Code: d.code, Message: strings.TrimSpace(d.message), Details: d.values,
		Fault: f, Info: x.info,
	}
	if e.Code == "" {
		e.Code = codeOfFaultcode(f)
	}
	if e.Message == "" {
		e.Message = strings.TrimSpace(f.String)
	}
	if e.Code != ErrorSchemaValidation {
		return e
	}
	s := &SchemaValidationError{
		Line: d.line, Position: d.position, Violation: d.violationOf(e, f), Err: e,
	}
	// Some servers send 0 and 0, and have the place in a text only.
	for _, text := range [...]string{s.Violation, e.Message, f.String} {
		if s.Line > 0 && s.Position > 0 {
			break
		}
		if line, position := placeIn(text); line > 0 {
			s.Line, s.Position = line, position
		}
	}
	s.excerpt = excerpt.At(x.request, s.Line, s.Position)
	return s
}

// codeOfFaultcode returns the code in the faultcode, "" if there is none. Exchange sends it in the
// types namespace. Gateways that copy a fault lose the prefix, and a name without a prefix is in
// the default namespace, which may be the envelope's.
func codeOfFaultcode(f *soap.Fault) ResponseCode {
	code := ResponseCode(f.Code.Local)
	switch f.Code.Space {
	case soap.NamespaceTypes:
		return code
	case "", soap.NamespaceEnvelope:
		if isExchangeCode(code) {
			return code
		}
	}
	return ""
}

// bareMessage is the message of a schema fault that has the violation elsewhere.
const bareMessage = "The request failed schema validation."

// faultDetail is the content of a fault's detail, in any of the forms that servers use.
type faultDetail struct {
	code           ResponseCode
	message        string
	line, position int
	violation      string  // of MessageXml
	outer          string  // of the detail itself
	values         Details // of MessageXml, but for those above
}

// violationOf returns the violation: MessageXml's, else the detail's, else the message unless it is
// the bare one, else the faultstring.
func (d *faultDetail) violationOf(e *Error, f *soap.Fault) string {
	switch {
	case d.violation != "":
		return d.violation
	case d.outer != "":
		return d.outer
	case d.message != "" && e.Message != bareMessage:
		return e.Message
	}
	return strings.TrimSpace(f.String)
}

// read reads the detail that r stands on; the last of several details counts. Names are matched in
// any namespace: older servers put MessageXml into the errors namespace, newer ones into types.
func (d *faultDetail) read(r *soap.Reader) error {
	*d = faultDetail{}
	for name := range r.Children() {
		if name.Local != "MessageXml" {
			d.readChild(r, false)
			continue
		}
		for range r.Children() {
			d.readChild(r, true)
		}
	}
	return r.Err()
}

// readChild reads a child of detail, or of MessageXml inside it.
func (d *faultDetail) readChild(r *soap.Reader, inner bool) {
	local := r.Name().Local
	name, _ := r.Attr("", "Name")
	name = detailName(local, name)
	uri, _ := r.Attr("", "FieldURI")
	text := readTrimmed(r)
	switch {
	case local == "Line", local == "LineNumber":
		d.line = positive(text, d.line)
	case local == "Position", local == "LinePosition":
		d.position = positive(text, d.position)
	case local == "Violation" && inner:
		d.violation = text
	case local == "Violation":
		d.outer = text
	case inner:
		d.values.put(local, uri)
		d.values.put(name, text)
	case local == "ResponseCode":
		d.code = ResponseCode(text)
	case local == "Message":
		d.message = text
	}
}

// positive returns the number in text if it is above 0, else old.
func positive(text string, old int) int {
	if n := parseInt(text); n > 0 {
		return n
	}
	return old
}

// placeIn returns the last "Line 4, position 60." of a violation, 0 and 0 if there is none.
func placeIn(violation string) (line, position int) {
	lower := strings.ToLower(violation)
	i := strings.LastIndex(lower, "line ")
	_, err := fmt.Sscanf(lower[max(i, 0):], "line %d, position %d", &line, &position)
	if err != nil || line <= 0 || position <= 0 {
		return 0, 0
	}
	return line, position
}
