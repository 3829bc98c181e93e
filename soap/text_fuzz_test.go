package soap_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-ews/exchange/soap"
)

// textSeeds are documents with text that looks like markup, and the reverse.
var textSeeds = []string{
	`<a>plain</a>`,
	`<a>x<b>y</b>z<c/> <b>w</b></a>`,
	`<a><![CDATA[]</a>]]></a>`,
	`<a>&lt;<![CDATA[</a>]]></a>`,
	`<a><a><![CDATA[]</a>]]></a>`,
	`<a><b><![CDATA[]</b>]]></b><b>]</b></a>`,
	"<a>\r<![CDATA[</a>]]>\r\n</a>",
	`<a><!--</a>-->x<?p </a>?>y</a>`,
	`<a>é<![CDATA[é]]>é</a >`,
	`<a><a>x</a>]<a/></a>`,
	`<a>&#xB;</a>`,
	`<a><b>x</b><b>`,
	`<p:a xmlns:p="u">x<a>y</a></p:a>`,
}

// FuzzTextTokens reads each element of a document by Text, whole and byte by byte. The text must be
// the character data that Tokens returns directly inside that element, and the document must be
// taken or refused alike.
func FuzzTextTokens(f *testing.F) {
	for _, doc := range textSeeds {
		f.Add([]byte(doc))
	}
	f.Add(fixture(f, "unusual_but_valid.xml"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		const mostElements = 64 // the work grows with their square
		want, wantErr := textsByTokens(doc)
		for i := range want[:min(len(want), mostElements)] {
			for _, src := range []io.Reader{bytes.NewReader(doc), iotest.OneByteReader(bytes.NewReader(doc))} {
				got, err := textByText(src, i)
				if !sameError(err, wantErr) || err == nil && got != want[i] {
					t.Errorf("element %d: Text returns %q, %v; Tokens returns %q, %v", i, got, err, want[i], wantErr)
				}
			}
		}
	})
}

// textsByTokens returns the character data directly inside each element, in the order of their
// start tags, and the error that ends the document.
func textsByTokens(doc []byte) (texts []string, err error) {
	r := soap.NewReader(bytes.NewReader(doc), soap.Limits{})
	if _, err := r.Next(); err != nil {
		return nil, err
	}
	tokens := r.Tokens()
	var open []int
	for {
		token, err := tokens.Token()
		switch {
		case errors.Is(err, io.EOF):
			_, err = r.Next()
			return texts, err
		case err != nil:
			return texts, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			open = append(open, len(texts))
			texts = append(texts, "")
		case xml.CharData:
			texts[open[len(open)-1]] += string(token)
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
}

// textByText returns the text of the element whose start tag is number i, by Text, and the error
// that ends the document. The elements before it are entered, those after it too.
func textByText(src io.Reader, i int) (text string, err error) {
	r := soap.NewReader(src, soap.Limits{})
	var enter func() error
	enter = func() error {
		for {
			ok, err := r.Next()
			if err != nil || !ok {
				return err
			}
			i--
			if i == -1 {
				text, err = r.Text()
			} else {
				err = enter()
			}
			if err != nil {
				return err
			}
		}
	}
	return text, enter()
}

// TestText_CDATA holds that an end tag inside a CDATA section is text, also where it follows a
// decoded character.
func TestText_CDATA(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ doc, want string }{
		{`<a><![CDATA[]</a>]]></a>`, "]</a>"},
		{`<a>&amp;<![CDATA[</a>]]>x</a>`, "&</a>x"},
		{"<a><![CDATA[\r</a>]]></a>", "\n</a>"},
		{"<a><![CDATA[\v</a>]]></a>", "\uFFFD</a>"},
	} {
		r := soap.NewReader(strings.NewReader(tt.doc), soap.Limits{})
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		got, err := r.Text()
		if err == nil {
			_, err = r.Next()
		}
		if got != tt.want || err != nil {
			t.Errorf("%q: Text returns %q, %v; want %q", tt.doc, got, err, tt.want)
		}
	}
	for _, read := range []func(*soap.Reader) error{ways["text"], ways["skip"], ways["next"], ways["tokens"]} {
		if err := readRoot([]byte(`<a><a><![CDATA[]</a>]]></a>`), read); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("an element without its end tag: %v", err)
		}
	}
}
