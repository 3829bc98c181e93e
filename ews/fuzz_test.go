package ews_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
)

// FuzzResponse has the client read any response. It never panics, returns a value or an error of
// the documented kinds, and the text of an error is one line.
func FuzzResponse(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.xml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if doc, err := os.ReadFile(file); err == nil && !strings.Contains(file, "golden") {
			f.Add(doc, http.StatusOK)
			f.Add(doc, http.StatusInternalServerError)
		}
	}
	f.Add([]byte(listOfAll(f)), http.StatusOK)
	f.Add([]byte(envelope(groupResponse)), http.StatusOK)
	f.Add([]byte(signInPage), http.StatusFound)
	f.Fuzz(func(t *testing.T, doc []byte, status int) {
		if status < 200 || status > 599 {
			return
		}
		// A client for each call: after a back-off, the same one would wait.
		client := func() *ews.Client { return connect(t, once(always(status, string(doc)))) }
		group, err := client().AddImGroup(t.Context(), "Sales")
		checkOutcome(t, group != nil, err)
		list, err := client().GetImItemList(t.Context(), imgroup.ListQuery{})
		checkOutcome(t, list != nil, err)
		checkOutcome(t, false, client().Call(t.Context(), getFolderOp, getInbox(), new(getFolderResponse)))
	})
}

func checkOutcome(t *testing.T, result bool, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var (
		e         *ews.Error
		schema    *ews.SchemaValidationError
		page      *ews.HTTPError
		transport *ews.TransportError
	)
	if !errors.As(err, &e) && !errors.As(err, &schema) && !errors.As(err, &page) && !errors.As(err, &transport) {
		t.Errorf("%T %v is of no documented kind", err, err)
	}
	if result {
		t.Errorf("a result with %v", err)
	}
	if text := err.Error(); strings.ContainsAny(text, "\n\r") || !strings.HasPrefix(text, "ews: ") {
		t.Errorf("text %q", text)
	}
	if page != nil && len(page.Body) > 1024 {
		t.Errorf("%d bytes of a page", len(page.Body))
	}
	if after, ok := ews.RetryAfter(err); ok && after < 0 {
		t.Errorf("retry after %v", after)
	}
	if schema != nil {
		checkExcerpt(t, schema.Excerpt())
	}
}

// FuzzExcerpt points at any place of any request.
func FuzzExcerpt(f *testing.F) {
	f.Add("<a>\U0001F600</a>\n", 4, 5)
	f.Add("<a>\r\n\r<b/>", 6, 1)
	f.Add(strings.Repeat("\u00e9", 500), 4, 400)
	f.Fuzz(func(t *testing.T, body string, line, position int) {
		fault := fmt.Sprintf(`<s:Fault><faultcode>t:ErrorSchemaValidation</faultcode>`+
			`<faultstring>x</faultstring><detail>`+
			`<t:MessageXml><t:LineNumber>%d</t:LineNumber><t:LinePosition>%d</t:LinePosition>`+
			`</t:MessageXml></detail></s:Fault>`,
			line, position)
		client := connect(t, once(soapResponse(http.StatusInternalServerError, fault)))
		err := client.Call(t.Context(), ews.Operation{Name: "X"}, rawRequest(body), new(plain))
		if _, refused := errors.AsType[*ews.InputError](err); refused && body == "" {
			return // there is nothing to send
		}
		var schema *ews.SchemaValidationError
		if !errors.As(err, &schema) {
			t.Fatalf("%T %v", err, err)
		}
		checkExcerpt(t, schema.Excerpt())
	})
}

// checkExcerpt holds that an excerpt is a line of 160 characters at most, and a caret under it.
func checkExcerpt(t *testing.T, excerpt string) {
	t.Helper()
	if excerpt == "" {
		return
	}
	line, caret, ok := strings.Cut(excerpt, "\n")
	n := utf8.RuneCountInString(line)
	if !ok || n > 160 || strings.TrimLeft(caret, " ") != "^" || len(caret) > n+1 {
		t.Errorf("%d characters, caret in column %d:\n%s", n, len(caret), excerpt)
	}
}
