package soap_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/soap"
)

func TestAppend(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, text, attr string }{
		{"nothing", "", "", ""},
		{"plain", "Forschung, Köln 名 😀", "Forschung, Köln 名 😀", "Forschung, Köln 名 😀"},
		{"blanks outside", "  a b  ", "  a b  ", "  a b  "},
		{"markup", `<b>&"'`, `&lt;b&gt;&amp;"'`, "&lt;b&gt;&amp;&quot;&apos;"},
		{"end of CDATA", "a]]>b", "a]]&gt;b", "a]]&gt;b"},
		{"line ends", "a\nb\r\nc\rd", "a\nb&#xD;\nc&#xD;d", "a&#xA;b&#xD;&#xA;c&#xD;d"},
		{"tab", "a\tb", "a\tb", "a&#x9;b"},
		{"looks escaped", "&amp;#13;", "&amp;amp;#13;", "&amp;amp;#13;"},
		{"replacement character", "\uFFFD", "\uFFFD", "\uFFFD"},
		{"control characters that are allowed", "\u007F\u0085", "\u007F\u0085", "\u007F\u0085"},
		{"ends of the planes", "\uD7FF\uE000\U0010FFFF", "\uD7FF\uE000\U0010FFFF", "\uD7FF\uE000\U0010FFFF"},
		{
			"special in every place of eight", "<1234567<123456<12345<1234<123<12<1<",
			"&lt;1234567&lt;123456&lt;12345&lt;1234&lt;123&lt;12&lt;1&lt;",
			"&lt;1234567&lt;123456&lt;12345&lt;1234&lt;123&lt;12&lt;1&lt;",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text, err := soap.AppendText([]byte("before "), tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff("before "+tt.text, string(text)); d != "" {
				t.Errorf("AppendText (-want +got):\n%s", d)
			}
			attr, err := soap.AppendAttr(nil, tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.attr, string(attr)); d != "" {
				t.Errorf("AppendAttr (-want +got):\n%s", d)
			}
			if problem := comesBack(tt.in); problem != "" {
				t.Error(problem)
			}
		})
	}
}

func TestAppend_Refused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     soap.CharError
		message  string
	}{
		{
			"vertical tab", "abc\v",
			soap.CharError{Char: '\v', Index: 3},
			"soap: XML 1.0 cannot carry the character U+000B at byte 3",
		},
		{
			"null", "\x00",
			soap.CharError{Char: 0, Index: 0},
			"soap: XML 1.0 cannot carry the character U+0000 at byte 0",
		},
		{
			"index in bytes", "öö\x1F",
			soap.CharError{Char: 0x1F, Index: 4},
			"soap: XML 1.0 cannot carry the character U+001F at byte 4",
		},
		{
			"not a character", "12345678\uFFFE",
			soap.CharError{Char: 0xFFFE, Index: 8},
			"soap: XML 1.0 cannot carry the character U+FFFE at byte 8",
		},
		{
			"invalid UTF-8", "caf\xE9",
			soap.CharError{Char: utf8.RuneError, Index: 3},
			"soap: invalid UTF-8 at byte 3",
		},
		{
			"cut character", "&caf\xC3",
			soap.CharError{Char: utf8.RuneError, Index: 4},
			"soap: invalid UTF-8 at byte 4",
		},
		{
			"surrogate", "\xED\xA0\x80",
			soap.CharError{Char: utf8.RuneError, Index: 0},
			"soap: invalid UTF-8 at byte 0",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, appendTo := range []func([]byte, string) ([]byte, error){soap.AppendText, soap.AppendAttr} {
				dst, err := appendTo([]byte("<a>"), tt.in)
				var char *soap.CharError
				if !errors.As(err, &char) || *char != tt.want || err.Error() != tt.message {
					t.Errorf("got %v, want %s", err, tt.message)
				}
				if string(dst) != "<a>" {
					t.Errorf("the slice came back as %q", dst)
				}
			}
		})
	}
}

// comesBack says what happens to s on its way through a document and a reader, this package's or
// encoding/xml's, "" if nothing does.
func comesBack(s string) string {
	doc, err := soap.AppendText([]byte("<a>"), s)
	if err != nil {
		return err.Error()
	}
	for _, quote := range []string{`"`, `'`} {
		doc = append(doc, "<b c="+quote...)
		if doc, err = soap.AppendAttr(doc, s); err != nil {
			return err.Error()
		}
		doc = append(doc, quote+"/>"...)
	}
	doc = append(doc, "</a>"...)

	var v struct {
		Text string `xml:",chardata"`
		B    []struct {
			C string `xml:"c,attr"`
		} `xml:"b"`
	}
	if err := xml.Unmarshal(doc, &v); err != nil {
		return err.Error()
	}
	if v.Text != s || v.B[0].C != s || v.B[1].C != s {
		return fmt.Sprintf("encoding/xml: %q became %q", s, v)
	}

	r := soap.NewReader(strings.NewReader(string(doc)), soap.Limits{})
	text, attrs, err := readBack(r)
	if err != nil {
		return err.Error()
	}
	if text != s || attrs[0] != s || attrs[1] != s {
		return fmt.Sprintf("Reader: %q became %q, %q", s, text, attrs)
	}
	return ""
}

// readBack reads <a>text<b c=""/><b c=""/></a>.
func readBack(r *soap.Reader) (text string, attrs []string, err error) {
	if _, err := r.Next(); err != nil {
		return "", nil, err
	}
	tokens := r.Tokens()
	for {
		token, err := tokens.Token()
		if errors.Is(err, io.EOF) {
			_, err = r.Next()
			return text, attrs, err
		}
		if err != nil {
			return "", nil, err
		}
		switch token := token.(type) {
		case xml.CharData:
			text += string(token)
		case xml.StartElement:
			for _, a := range token.Attr {
				attrs = append(attrs, a.Value)
			}
		}
	}
}
