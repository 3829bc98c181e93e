package pagehint

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"

	"github.com/go-ews/exchange/internal/oneline"
	"github.com/go-ews/exchange/internal/sniff"
	"github.com/go-ews/exchange/internal/xmlinput"
)

// maxWords bounds the part of a fault that is repeated.
const maxWords = 400

// faultWords returns the code and the reason of a SOAP 1.2 fault (SOAP 1.2 part 1, section 5.4), as
// far as the beginning of its document holds them; "" if there is none.
func faultWords(body []byte) string {
	if !bytes.Contains(body, []byte(sniff.NamespaceEnvelope12)) {
		return ""
	}
	doc, err := xmlinput.UTF8(body)
	if err != nil {
		return ""
	}
	d := xml.NewDecoder(bytes.NewReader(xmlinput.Clean(doc)))
	d.CharsetReader = func(_ string, utf8 io.Reader) (io.Reader, error) { return utf8, nil }
	var f fault
	for {
		token, err := d.RawToken()
		if err != nil {
			return f.String()
		}
		f.take(token)
	}
}

// fault collects the texts of a SOAP 1.2 fault.
type fault struct {
	inDetail     bool // inside the detail, which each server writes in its own form
	text         strings.Builder
	code, reason string
}

func (f *fault) take(token xml.Token) {
	switch t := token.(type) {
	case xml.StartElement:
		f.inDetail = f.inDetail || t.Name.Local == "Detail"
		f.text.Reset()
	case xml.CharData:
		f.text.Write(t)
	case xml.EndElement:
		f.close(t.Name.Local)
		f.text.Reset()
	}
}

// close takes the text of an element that ends. A subcode says more than its code, and reasons in
// several languages begin with the server's own.
func (f *fault) close(element string) {
	text := oneline.Clip(f.text.String(), maxWords)
	switch {
	case f.inDetail || text == "":
	case element == "Value":
		f.code = text[strings.LastIndexByte(text, ':')+1:]
	case element == "Text" && f.reason == "":
		f.reason = text
	}
}

func (f *fault) String() string {
	switch {
	case f.reason != "" && f.code != "":
		return "a SOAP 1.2 fault, " + f.code + ": " + f.reason
	case f.reason != "" || f.code != "":
		return "a SOAP 1.2 fault: " + f.reason + f.code
	}
	return ""
}
