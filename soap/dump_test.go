package soap_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/go-ews/exchange/soap"
)

// dump renders what the package reads of a document, in a form in which only what a program can see
// makes a difference:
//
//	{namespace}name[{ns}attribute="value"]("text" {namespace}child())
func dump(src io.Reader, l soap.Limits) (string, *soap.Reader, error) {
	r := soap.NewReader(src, l)
	s, err := dumpBy(r)
	return s, r, err
}

// dumpBy is dump by a reader that may have read other documents before.
func dumpBy(r *soap.Reader) (string, error) {
	if ok, err := r.Next(); err != nil || !ok {
		return "", err
	}
	s, err := render(r.Tokens().Token)
	if err != nil {
		return "", err
	}
	if _, err := r.Next(); err != nil {
		return "", err
	}
	return s, nil
}

// dumpOracle is dump by encoding/xml.
func dumpOracle(src io.Reader) (string, error) {
	return render(xml.NewDecoder(src).Token)
}

// differsFromOracle compares dump with dumpOracle, "" if they agree or if encoding/xml refuses the
// document. White space in attributes counts as blanks: encoding/xml leaves it as it stands,
// against section 3.3.3.
func differsFromOracle(doc []byte) string {
	r := soap.NewReader(bytes.NewReader(doc), soap.Limits{})
	if _, err := r.Next(); err != nil {
		return ""
	}
	got, err := render(blanksInAttrs(r.Tokens().Token))
	if err != nil {
		return ""
	}
	want, err := render(blanksInAttrs(xml.NewDecoder(bytes.NewReader(doc)).Token))
	if err != nil || got == want {
		return ""
	}
	return fmt.Sprintf("got\n%s\nencoding/xml:\n%s", got, want)
}

func blanksInAttrs(next func() (xml.Token, error)) func() (xml.Token, error) {
	blanks := strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")
	return func() (xml.Token, error) {
		token, err := next()
		switch t := token.(type) {
		case xml.StartElement:
			t.Name.Space = blanks.Replace(t.Name.Space) // it was an attribute's value
			for i := range t.Attr {
				t.Attr[i].Name.Space = blanks.Replace(t.Attr[i].Name.Space)
				t.Attr[i].Value = blanks.Replace(t.Attr[i].Value)
			}
			return t, err
		case xml.EndElement:
			t.Name.Space = blanks.Replace(t.Name.Space)
			return t, err
		}
		return token, err
	}
}

func render(next func() (xml.Token, error)) (string, error) {
	var b, text strings.Builder
	separate := func() {
		if b.Len() > 0 && !strings.HasSuffix(b.String(), "(") {
			b.WriteByte(' ')
		}
	}
	flush := func() {
		if text.Len() > 0 {
			separate()
			fmt.Fprintf(&b, "%q", text.String())
			text.Reset()
		}
	}
	for {
		token, err := next()
		if err == io.EOF { //nolint:errorlint // a TokenReader's end is io.EOF itself
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.CharData:
			if b.Len() > 0 {
				text.Write(token)
			}
		case xml.StartElement:
			flush()
			separate()
			renderStart(&b, token)
		case xml.EndElement:
			flush()
			b.WriteByte(')')
		}
	}
}

func renderStart(b *strings.Builder, start xml.StartElement) {
	b.WriteString(expanded(start.Name))
	for _, a := range start.Attr {
		if a.Name.Space != "xmlns" && a.Name != (xml.Name{Local: "xmlns"}) {
			fmt.Fprintf(b, "[%s=%q]", expanded(a.Name), a.Value)
		}
	}
	b.WriteByte('(')
}

func expanded(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return "{" + n.Space + "}" + n.Local
}
