package transcript_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-ews/exchange/ews/transcript"
)

// FuzzRecord holds that places and well-formedness stay, and that a secret does not.
func FuzzRecord(f *testing.F) {
	for _, s := range []string{
		`<a b="%s">%s</a>`, `<!-- %s --><![CDATA[%s]]>`, `<?pi %s?>`, `<m:%s/>`, `<a &#38; '%s`, "%s", `<t:Value Name="LineNumber">%s</t:Value>`,
		`<faultcode>a:Error%s</faultcode>`, "<a>\xef\xbb\xbf%s\u00a0é日𝔸</a>", `<p>Line %s</p>`, `<a b='%s`, `</%s>`, `<!DOCTYPE %s>`, "\x00",
	} {
		f.Add(s)
	}
	const secret = "zqjxvzqkwvx"
	f.Fuzz(func(t *testing.T, form string) {
		document := strings.ReplaceAll(form, "%s", secret)
		if !utf8.ValidString(document) || len(document) > 1<<16 {
			return
		}
		text, err := record(t, &transcript.Options{Key: []byte("k")}, "", document, func(*http.Request, *http.Response) {})
		if err != nil {
			return // refused: nothing is written
		}
		body := text[len(text)-1-len(document) : len(text)-1]
		if shape(body) != shape(document) {
			t.Errorf("%q became %q", document, body)
		}
		if strings.Contains(strings.ToLower(form), secret) {
			return
		}
		if strings.Contains(strings.ToLower(body), secret) && strings.Contains(document, " "+secret) {
			t.Errorf("%q is not scrubbed: %q", document, body)
		}
		if before, after := parses(document), parses(body); before == nil && after != nil {
			t.Errorf("%q became %q: %v", document, body, after)
		}
	})
}

func parses(document string) error {
	d := xml.NewDecoder(strings.NewReader(document))
	for {
		if _, err := d.Token(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}
