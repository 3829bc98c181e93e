package soap_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/soap"
)

func TestReader_Tokens(t *testing.T) {
	t.Parallel()
	const doc = `<r xmlns:p="u"><p:a xmlns="v" p:b="1" c="2">x<!-- --><d/>&lt;<?p?></p:a><e/></r>`
	r := soap.NewReader(strings.NewReader(doc), soap.Limits{})
	for range 2 {
		if ok, err := r.Next(); !ok {
			t.Fatal(err)
		}
	}
	var got []xml.Token
	tokens := r.Tokens()
	for {
		token, err := tokens.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, xml.CopyToken(token))
	}
	want := []xml.Token{
		xml.StartElement{Name: xml.Name{Space: "u", Local: "a"}, Attr: []xml.Attr{
			{Name: xml.Name{Space: "u", Local: "b"}, Value: "1"}, {Name: xml.Name{Local: "c"}, Value: "2"},
		}},
		xml.CharData("x"),
		xml.StartElement{Name: xml.Name{Space: "v", Local: "d"}, Attr: []xml.Attr{}},
		xml.EndElement{Name: xml.Name{Space: "v", Local: "d"}},
		xml.CharData("<"),
		xml.EndElement{Name: xml.Name{Space: "u", Local: "a"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if token, err := tokens.Token(); token != nil || !errors.Is(err, io.EOF) {
		t.Errorf("behind the end: %v, %v", token, err)
	}
	if ok, err := r.Next(); !ok || r.Name().Local != "e" {
		t.Errorf("the sibling: %t, %v", ok, err)
	}
}

// encoding/xml decodes the same structs from the document and from this package's tokens.
func TestReader_TokensDecode(t *testing.T) {
	t.Parallel()
	doc := listDocument(3, 20)
	var want, got imListEnvelope
	if err := xml.Unmarshal(doc, &want); err != nil {
		t.Fatal(err)
	}
	r := soap.NewReader(bytes.NewReader(doc), soap.Limits{})
	if ok, err := r.Next(); !ok {
		t.Fatal(err)
	}
	if err := xml.NewTokenDecoder(r.Tokens()).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("Tokens (-want +got):\n%s", d)
	}
	list, err := readList(soap.NewReader(bytes.NewReader(doc), soap.Limits{}))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(imList{want.Groups, want.Personas}, list); d != "" || len(list.Groups) != 3 || len(list.Personas) != 20 {
		t.Errorf("Next (-want +got):\n%s", d)
	}
}

// What breaks inside the tokens breaks the decoder, as the reader's own error.
func TestReader_TokensErrors(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]any{
		"<a><b>":                       new(*soap.SyntaxError),
		"<a><b></a>":                   new(*soap.SyntaxError),
		"<a>&nbsp;</a>":                new(*soap.SyntaxError),
		strings.Repeat("<a>", 100):     new(*soap.LimitError),
		"<a " + manyAttributes(150):    new(*soap.LimitError),
		"<a><b c='1' c='2'></b></a>":   new(*soap.SyntaxError),
		"<a>" + "]]>" + "</a>":         new(*soap.SyntaxError),
		"<a><b><c></c></b><d></a>":     new(*soap.SyntaxError),
		"<a><![CDATA[ ]] > </a>":       new(*soap.SyntaxError),
		"<a><!DOCTYPE b></a>":          new(*soap.SyntaxError),
		"<a>\xff</a>":                  new(*soap.SyntaxError),
		"<a><p:b/></a>":                new(*soap.SyntaxError),
		"<a><!-- -- --></a>":           new(*soap.SyntaxError),
		"<a></a b>":                    new(*soap.SyntaxError),
		"<a><?xml version='1.0'?></a>": new(*soap.SyntaxError),
	} {
		r := soap.NewReader(strings.NewReader(doc), soap.Limits{})
		_, err := r.Next()
		if err == nil {
			err = xml.NewTokenDecoder(r.Tokens()).Decode(new(struct{}))
		}
		if !errors.As(err, want) {
			t.Errorf("%.40s: got %v", doc, err)
		}
	}
}
