package soap_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-ews/exchange/soap"
)

// dump renders what the package reads of a document, in a form in which only
// what a program can see makes a difference:
//
//	{namespace}name[{ns}attribute="value"]("text" {namespace}child())
func dump(src io.Reader, l soap.Limits) (string, *soap.Reader, error) {
	r := soap.NewReader(src, l)
	if ok, err := r.Next(); err != nil || !ok {
		return "", r, err
	}
	s, err := render(r.Tokens().Token)
	if err != nil {
		return "", r, err
	}
	if _, err := r.Next(); err != nil {
		return "", r, err
	}
	return s, r, nil
}

// dumpOracle is dump by encoding/xml.
func dumpOracle(src io.Reader) (string, error) {
	return render(xml.NewDecoder(src).Token)
}

func render(next func() (xml.Token, error)) (string, error) {
	var b, text strings.Builder
	for {
		token, err := next()
		if errors.Is(err, io.EOF) && token == nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		if _, ok := token.(xml.CharData); !ok && text.Len() > 0 {
			switch token.(type) {
			case xml.StartElement, xml.EndElement:
				if b.Len() > 0 && !strings.HasSuffix(b.String(), "(") {
					b.WriteByte(' ')
				}
				fmt.Fprintf(&b, "%q", text.String())
				text.Reset()
			}
		}
		switch token := token.(type) {
		case xml.CharData:
			if b.Len() > 0 {
				text.Write(token)
			}
		case xml.StartElement:
			if b.Len() > 0 && !strings.HasSuffix(b.String(), "(") {
				b.WriteByte(' ')
			}
			b.WriteString(expanded(token.Name))
			for _, a := range token.Attr {
				if a.Name.Space != "xmlns" && a.Name != (xml.Name{Local: "xmlns"}) {
					fmt.Fprintf(&b, "[%s=%q]", expanded(a.Name), a.Value)
				}
			}
			b.WriteByte('(')
		case xml.EndElement:
			b.WriteByte(')')
		}
	}
}

func expanded(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return "{" + n.Space + "}" + n.Local
}
