package transcript_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews/transcript"
)

// TestRecord_Prefix holds that the prefix of a fault's code is scrubbed, and as in the elements.
func TestRecord_Prefix(t *testing.T) {
	t.Parallel()
	const fault = `<s:Fault xmlns:anna="http://schemas.microsoft.com/exchange/services/2006/types"><faultcode> anna:ErrorServerBusy</faultcode>` +
		`<faultcode xmlns:a="x">a:ErrorTimeoutExpired</faultcode><faultcode>bert:carla</faultcode><anna:Message/></s:Fault>`
	text := exchange(t, nil, "<a/>", fault, func(*http.Request, *http.Response) {})
	for _, name := range []string{"anna", "bert", "carla"} {
		if strings.Contains(text, name) {
			t.Errorf("the transcript holds %s:\n%s", name, text)
		}
	}
	_, after, _ := strings.Cut(text, "<s:Fault xmlns:")
	prefix, _, _ := strings.Cut(after, "=")
	for _, kept := range []string{"<faultcode> " + prefix + ":ErrorServerBusy<", ">a:ErrorTimeoutExpired<", "<" + prefix + ":Message/>"} {
		if !strings.Contains(text, kept) {
			t.Errorf("the transcript lacks %s:\n%s", kept, text)
		}
	}
}

// TestRecord_Location holds that the paths of Exchange stay readable in a redirect, and nothing else.
func TestRecord_Location(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{
		"/owa/auth/logon.aspx?url=https%3a%2f%2fews.contoso.com%2fowa": "/owa/auth/logon.aspx?",
		"https://exchange.contoso.com/owa/anna":                        "/owa/",
		"//owa.contoso.com/ews/":                                       "/ews/",
		"https://owa.auth.contoso.com":                                 "https://",
		"anna?//owa.contoso.com/ews":                                   "?//",
	} {
		text := exchange(t, nil, "<a/>", "", func(_ *http.Request, resp *http.Response) {
			if resp != nil {
				resp.Header.Set("Location", location)
			}
		})
		_, after, _ := strings.Cut(text, "Location: ")
		got, _, _ := strings.Cut(after, "\n")
		if len(got) != len(location) || !strings.Contains(got, want) {
			t.Errorf("%s became %s, without %s", location, got, want)
		}
		for _, secret := range []string{"contoso", "anna", "exchange", "ews.", "owa."} {
			if strings.Contains(got, secret) {
				t.Errorf("%s became %s, with %s", location, got, secret)
			}
		}
	}
}

// TestRecord_OtherCharsets holds that a body is refused in which ASCII letters are parts of others.
func TestRecord_OtherCharsets(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		contentType, body string
		refused           bool
	}{
		{"text/xml", "h\x00u\x00n\x00t\x00e\x00r\x00", true},
		{"text/xml; charset=utf-16", "<a/>", true},
		{"text/html; CHARSET = 'ISO-2022-JP'", "\x1b$B;3ED\x1b(B", true},
		{"text/html; charset=utf-8; charset=utf-7", "+AGgAdQ-", true},
		{"text/xml; charset=utf-16", "", false},
		{"text/html; charset=ISO-8859-1", "<p>Not found</p>", false},
		{"text/html; charset=\"windows-1252\"", "<p>Not found</p>", false},
		{"text/xml; charset=UTF8", "<a/>", false},
	} {
		var file bytes.Buffer
		recorder := transcript.Record(roundTripper(func(*http.Request) (*http.Response, error) {
			h := http.Header{"Content-Type": {tc.contentType}}
			return &http.Response{StatusCode: 200, Header: h, Body: io.NopCloser(strings.NewReader(tc.body))}, nil
		}), &file, nil)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://x/", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := recorder.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		if err = errors.Join(err, resp.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if got := recorder.Err() != nil; got != tc.refused {
			t.Errorf("%s, %q: refused %v (%v), want %v", tc.contentType, tc.body, got, recorder.Err(), tc.refused)
		}
	}
}
