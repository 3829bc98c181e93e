package xmlinput_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-ews/exchange/internal/xmlinput"
)

func TestUTF8(t *testing.T) {
	t.Parallel()
	declared := func(encoding, text string) string {
		return `<?xml version="1.0" encoding="` + encoding + `"?><a>` + text + `</a>`
	}
	tests := map[string]struct{ doc, want string }{
		"no declaration":              {"<a>ü</a>", "<a>ü</a>"},
		"byte order mark":             {"\xEF\xBB\xBF<a/>", "<a/>"},
		"UTF-8":                       {declared("UTF-8", "ü"), declared("UTF-8", "ü")},
		"US-ASCII":                    {declared("us-ascii", "u"), declared("us-ascii", "u")},
		"Latin-1":                     {declared("ISO-8859-1", "\xfc"), declared("ISO-8859-1", "ü")},
		"windows-1252":                {declared("Windows-1252", "\xfc"), declared("Windows-1252", "ü")},
		"another that contains ASCII": {declared("koi8-r", "a\xfc"), declared("koi8-r", "a\uFFFD")},
		"UTF-16 that is UTF-8":        {declared("utf-16", "ü"), declared("utf-16", "ü")},
		"UTF-16 with a mark":          {"\xFF\xFE<\x00\xFC\x00", "<ü"},
		"UTF-16 with the other mark":  {"\xFE\xFF\x00<\x00\xFC", "<ü"},
		"UTF-16 without a mark":       {"<\x00?\x00", "<?"},
		"the other without a mark":    {"\x00<\x00?", "<?"},
		"half a unit of UTF-16":       {"<\x00?", "<\uFFFD"},
		"single quotes, version last": {`<?xml encoding = 'latin1' version='1.0'?><a>` + "\xfc", ""},
		"an attribute of that name":   {`<a encoding="utf-7">` + "\xfc</a>", `<a encoding="utf-7">` + "\xfc</a>"},
		"empty":                       {"", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := xmlinput.UTF8([]byte(tc.doc))
			if tc.want == "" && tc.doc != "" {
				tc.want = strings.ReplaceAll(tc.doc, "\xfc", "ü")
			}
			if err != nil || string(got) != tc.want {
				t.Errorf("UTF8(%q) = %q, %v; want %q", tc.doc, got, err, tc.want)
			}
		})
	}
	for _, doc := range []string{
		declared("utf-7", ""), declared("ISO-2022-JP", ""), declared("utf-32", ""),
		"\x00\x00\xFE\xFF\x00\x00\x00<", "\xFF\xFE\x00\x00<\x00\x00\x00",
	} {
		if got, err := xmlinput.UTF8([]byte(doc)); err == nil {
			t.Errorf("UTF8(%q) = %q, want an error", doc, got)
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]string{
		"<a>ü&#xFC;&amp;&lt;</a>":            "<a>ü&#xFC;&amp;&lt;</a>",
		"Ann&#x1A;&#26;&#x0;":                "Ann\uFFFD\uFFFD\uFFFD",
		"&#xD800;&#xFFFF;&#10;":              "\uFFFD\uFFFD&#10;",
		"a\x1Ab\x00\t\r\n":                   "a\uFFFDb\uFFFD\t\r\n",
		"bad \xFF byte\xC3":                  "bad \uFFFD byte\uFFFD",
		"<![CDATA[&#x1A;\x1A]]>&#x1A;":       "<![CDATA[&#x1A;\uFFFD]]>\uFFFD",
		"&#x110000;&#;&#x;&x;& &#x1A":        "&#x110000;&#;&#x;&x;& &#x1A",
		"&#" + strings.Repeat("0", 80) + ";": "&#" + strings.Repeat("0", 80) + ";",
		"":                                   "",
	} {
		if got := xmlinput.Clean([]byte(doc)); string(got) != want {
			t.Errorf("Clean(%q) = %q, want %q", doc, got, want)
		}
	}
}

// FuzzClean compares with encoding/xml: it never meets a character that XML forbids, and a document
// that it took before means the same afterwards.
func FuzzClean(f *testing.F) {
	for _, s := range []string{
		`<?xml version="1.0" encoding="us-ascii"?><a>Ann&#x1A;</a>`, "<a><![CDATA[&#1;]]>\x01</a>", "\xFF\xFE<\x00a\x00/\x00>\x00",
		`<a b="&#0;&#65;"/>`, "<!-- &#1; --><a/>", "<?x\x10000?>",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := xmlinput.UTF8(body)
		if err != nil {
			return
		}
		before, errBefore := texts(doc)
		clean := xmlinput.Clean(doc)
		if !utf8.Valid(clean) || len(clean) > 3*len(doc) {
			t.Fatalf("%q is cleaned to %q", doc, clean)
		}
		after, errAfter := texts(clean)
		if errBefore == nil && !invalidName(errAfter) && (errAfter != nil || before != after) {
			t.Errorf("%q: %q became %q, %v", doc, before, after, errAfter)
		}
		if errAfter != nil && strings.Contains(errAfter.Error(), "illegal character code") {
			t.Errorf("%q is cleaned to %q: %v", doc, clean, errAfter)
		}
		if again := xmlinput.Clean(clean); !bytes.Equal(again, clean) {
			t.Errorf("%q, cleaned twice: %q", clean, again)
		}
	})
}

// invalidName reports whether err refuses a name. encoding/xml takes a control character in the
// target of a processing instruction, but not the U+FFFD that replaces it.
func invalidName(err error) bool {
	return err != nil && strings.Contains(err.Error(), "invalid XML name")
}

// texts returns the character data of a document.
func texts(doc []byte) (string, error) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	var b strings.Builder
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		if text, ok := token.(xml.CharData); ok {
			b.Write(text)
		}
	}
}
