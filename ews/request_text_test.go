package ews_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/soap"
)

// TestRequest_TextComesBack reads accepted strings again with encoding/xml.
func TestRequest_TextComesBack(t *testing.T) {
	t.Parallel()
	for _, want := range []string{
		awkward, " ", "\t", "\r", "\n", "\r\n", "]]>", "<![CDATA[x]]>", "&#13;", "&lt;", "\ufffd", "\ufeff",
		"\u0085\u2028", "\U0010FFFD", "e\u0301", "a\u00a0b", strings.Repeat("<&>\"'\r", 5000),
	} {
		name := want[:min(len(want), 12)]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := requestOf(t, ews.Header{}, operation{call: addImGroup(want)})
			if got := textOf(t, body, "DisplayName"); got != want {
				t.Errorf("an XML parser reads %q, want %q", got, want)
			}
			body = requestOf(t, ews.Header{}, operation{call: func(ctx ctx, c *ews.Client) error {
				return c.RemoveImGroup(ctx, imgroup.GroupID(itemID(want)))
			}})
			if got := attributeOf(t, body, "GroupId", "Id"); got != want {
				t.Errorf("an XML parser reads the attribute %q, want %q", got, want)
			}
		})
	}
}

// TestRequest_LinesAreShort holds that a line feed stands between elements, so that the place in a
// schema fault leads to something that a person can read.
func TestRequest_LinesAreShort(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		body := requestOf(t, headers()["all"], op)
		for line := range strings.Lines(body) {
			if n := len(line); n > 250 {
				t.Errorf("%s: a line of %d bytes: %s", op.name, n, line)
			}
			if strings.Count(line, "</") > 1 {
				t.Errorf("%s: two elements in one line: %s", op.name, line)
			}
		}
	}
}

// textOf returns the text of the first element of that name.
func textOf(t testing.TB, doc, local string) string {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(doc))
	for {
		token, err := dec.Token()
		if err != nil {
			t.Fatalf("%s: %v", local, err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == local {
			var text string
			if err := dec.DecodeElement(&text, &start); err != nil {
				t.Fatal(err)
			}
			return text
		}
	}
}

// attributeOf returns an attribute of the first element of that name in the messages namespace.
func attributeOf(t testing.TB, doc, local, name string) string {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(doc))
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			t.Fatalf("no %s in %s", local, doc)
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name != (xml.Name{Space: soap.NamespaceMessages, Local: local}) {
			continue
		}
		for _, a := range start.Attr {
			if a.Name.Local == name {
				return a.Value
			}
		}
	}
}

// TestRequest_GetBody holds that a transport which must respond to a challenge gets the same bytes
// again.
func TestRequest_GetBody(t *testing.T) {
	t.Parallel()
	var again []byte
	w := &wire{respond: func(_ int, r *http.Request) (*http.Response, error) {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		defer body.Close()
		again, err = io.ReadAll(body)
		return response(http.StatusOK, envelope(groupResponse)), err
	}}
	if _, err := connect(t, once(w)).AddImGroup(t.Context(), "Sales"); err != nil {
		t.Fatal(err)
	}
	if first := w.requests()[0].body; string(again) != first {
		t.Errorf("the second body is\n%s", again)
	}
}
