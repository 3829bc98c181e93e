package jsoninput_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/go-ews/exchange/internal/jsoninput"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]string{
		"":                                       "",
		"\x00\r\n":                               "",
		"{\"a\":\"b\"}":                          `{"a":"b"}`,
		" \r\n{\t\"a\" :\n\"b\"}\n":              `{ "a" : "b"}`,
		"\uFEFF \r\n{}\x00\x00":                  "{}",
		"{\"a\":\"one\r\ntwo\tthree\"}":          `{"a":"one  two three"}`,
		"{\"a\":\"\x1a\x00\x7f\"}":               "{\"a\":\"\uFFFD\uFFFD\x7f\"}",
		"{\"a\":\"&#x1A; \xfc\"}":                "{\"a\":\"&#x1A; \xfc\"}",
		"\xFF\xFE{\x00}\x00":                     "{}",
		"\xFE\xFF\x00{\x00\"\x00\xFC\x00\"\x00}": "{\"ü\"}",
		"\xFF\xFE\x00\x00{\x00\x00\x00":          "\xFF\xFE\uFFFD\uFFFD{",
	} {
		if got := jsoninput.Clean([]byte(doc)); string(got) != want {
			t.Errorf("Clean(%q) = %q, want %q", doc, got, want)
		}
	}
}

// FuzzClean: a document that encoding/json takes means the same afterwards.
func FuzzClean(f *testing.F) {
	for _, seed := range []string{`{"a":"b"}`, " [1,\n2]\t", `"ü\n"`, "\xFF\xFE{\x00}\x00", "\x00<a>", "{}\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		clean := jsoninput.Clean(doc)
		if len(clean) > 3*len(doc) {
			t.Errorf("%q became %q", doc, clean)
		}
		var before, after bytes.Buffer
		if json.Compact(&before, doc) != nil {
			return
		}
		if err := json.Compact(&after, clean); err != nil || !bytes.Equal(before.Bytes(), after.Bytes()) {
			t.Errorf("%q became %q: %v", doc, clean, err)
		}
	})
}
