package ews_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews"
)

const signInPage = "<!DOCTYPE html>\r\n<html><head><title>Sign in</title></head><body>no</body></html>"

const fault12 = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="urn:a"><s:Body><s:Fault>` +
	`<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>a:ActionMismatch</s:Value></s:Subcode></s:Code>` +
	`<s:Reason><s:Text xml:lang="en">Cannot process the message.</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>`

// TestHTTPError holds what the error of a response that is not SOAP says: status, content type, the
// likely cause.
func TestHTTPError(t *testing.T) {
	t.Parallel()
	const html = "Content-Type: text/html; charset=utf-8"
	for _, tc := range []struct {
		name   string
		status int
		body   string
		header []string
		want   []string // parts of the text
	}{
		{
			"moved", 301, "",
			[]string{"Location: https://mail.contoso.com/owa/?token=x"},
			[]string{"301 Moved Permanently", "not followed", "https://mail.contoso.com/owa/;", "endpoint"},
		},
		{
			"found", 302, signInPage,
			[]string{html, "Location: /owa/auth/logon.aspx?url=x&reason=0"},
			[]string{"302 Found", "text/html", "/owa/auth/logon.aspx;"},
		},
		{
			"outage", 302, "",
			[]string{"Location: /ews/genericerrorpage.htm?aspxerrorpath=/ews/exchange.asmx"},
			[]string{"302", "outage", "try again later"},
		},
		{
			"outage, absolute", 302, "",
			[]string{"Location: https://MAIL.contoso.com/EWS/GenericErrorPage.htm"},
			[]string{"outage"},
		},
		{"redirect to nowhere", 307, "", nil, []string{"307", "empty body", "not followed"}},
		{
			"redirect that is no URL", 308, "",
			[]string{"Location: https://u:secret@h:port/"},
			[]string{"308", "not followed"},
		},
		{"bad request", 400, signInPage, []string{html}, []string{"400 Bad Request", "Extended Protection"}},
		{
			"no credentials", 401, "",
			[]string{
				`WWW-Authenticate: Negotiate`, `WWW-Authenticate: NTLM TlRMTVNTUAAC`,
				`WWW-Authenticate: Basic realm="mail"`,
			},
			[]string{
				"401 Unauthorized", "credentials", "offers Negotiate, NTLM, Basic;",
				"Extended Protection", "throttling",
			},
		},
		{
			"token refused", 401, "",
			[]string{
				`WWW-Authenticate: Bearer client_id="x"`,
				`x-ms-diagnostics: 2000003;reason="The token is expired."`,
			},
			[]string{"offers Bearer", `2000003;reason="The token is expired."`},
		},
		{"EWS switched off", 403, "", nil, []string{"403 Forbidden", "EWSEnabled", "EwsAllowedAppIDs"}},
		{"not found", 404, signInPage, []string{html}, []string{"404 Not Found", "/EWS/Exchange.asmx"}},
		{"method", 405, "", []string{"Allow: GET"}, []string{"405", "/EWS/Exchange.asmx"}},
		{
			"proxy wants credentials", 407, signInPage,
			[]string{html, "Proxy-Authenticate: Basic"},
			[]string{"407", "proxy asks for credentials"},
		},
		{
			"too large", 413, signInPage,
			[]string{html},
			[]string{"413 Request Entity Too Large", "Extended Protection", "larger than"},
		},
		{"media type", 415, "", nil, []string{"415", "not an EWS endpoint"}},
		{"too many", 429, "", []string{"Retry-After: 30"}, []string{"429 Too Many Requests", "asks to wait 30s"}},
		{"locked", 456, "", nil, []string{"HTTP 456 ", "account is locked"}},
		{
			"server error", 500, signInPage,
			[]string{html},
			[]string{"500 Internal Server Error", "text/html", "event log"},
		},
		{
			"runtime error as text", 500, "Server Error in '/EWS' Application.",
			[]string{"Content-Type: text/plain"},
			[]string{"500", "text/plain"},
		},
		{
			"SOAP 1.2 fault", 500, fault12,
			[]string{"Content-Type: application/soap+xml"},
			[]string{"500", "a SOAP 1.2 fault, ActionMismatch: Cannot process the message."},
		},
		{"bad gateway", 502, signInPage, []string{html}, []string{"502 Bad Gateway", "got no response from Exchange"}},
		{
			"unavailable", 503, "The service is unavailable.",
			[]string{html},
			[]string{"503 Service Unavailable", "too busy"},
		},
		{"gateway timeout", 504, "", nil, []string{"504 Gateway Timeout", "got no response"}},
		{"page", 200, "<!DOCTYPE html><html>", []string{html}, []string{"200 OK", "text/html", "proxy", "endpoint"}},
		{
			"page that claims to be XML", 200, signInPage,
			[]string{"Content-Type: text/xml"},
			[]string{"200 OK", "text/xml"},
		},
		{
			"XHTML", 200, `<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "x"><html/>`,
			[]string{html},
			[]string{"200"},
		},
		{"nothing", 200, "", nil, []string{"200 OK", "with an empty body"}},
		{"blanks", 200, " \r\n\t ", nil, []string{"200 OK"}},
		{
			"JSON", 200, `{"error":"x"}`,
			[]string{"Content-Type: application/json"},
			[]string{"200 OK", "application/json"},
		},
		{"no content", 204, "", nil, []string{"204 No Content", "with an empty body"}},
		{
			"WSDL", 200, `<?xml version="1.0"?><wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"/>`,
			[]string{"Content-Type: text/xml; charset=utf-8"},
			[]string{"200 OK", "text/xml"},
		},
		{
			"other XML", 500, `<error><message>Envelope</message></error>`,
			[]string{"Content-Type: text/xml"},
			[]string{"500"},
		},
		{
			"long content type", 200, "x",
			[]string{"Content-Type: " + strings.Repeat("y", 500)},
			[]string{strings.Repeat("y", 60) + "…"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := always(tc.status, tc.body, append(tc.header, "request-id: r-1")...)
			_, err := connect(t, once(w)).AddImGroup(t.Context(), "Sales")
			var got *ews.HTTPError
			if !errors.As(err, &got) {
				t.Fatalf("%T %v, want an *ews.HTTPError", err, err)
			}
			if got.Op != "AddImGroup" || got.StatusCode != tc.status || string(got.Body) != tc.body ||
				got.Header.Get("Request-Id") != "r-1" {
				t.Errorf("%#v, header %v, body %q", got, got.Header, got.Body)
			}
			if got.Info.StatusCode != tc.status || got.Info.RequestID != "r-1" || got.Info.Attempts != 1 {
				t.Errorf("info %+v", got.Info)
			}
			text := err.Error()
			for _, part := range append(tc.want, "ews: AddImGroup: HTTP ", "["+endpoint+"]", "(request-id r-1)") {
				if !strings.Contains(text, part) {
					t.Errorf("text lacks %q: %s", part, text)
				}
			}
			for _, part := range []string{"token=x", "reason=0", "secret", "TlRMTVNTUAAC", "Sign in", "\n"} {
				if strings.Contains(text, part) {
					t.Errorf("text has %q: %s", part, text)
				}
			}
		})
	}
}

// TestHTTPError_Body holds that the first 1,024 bytes of a page are kept, and no more are in
// memory.
func TestHTTPError_Body(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 1023, 1024, 1025, 100_000} {
		body := strings.Repeat("x", n)
		_, err := connect(t, once(always(http.StatusBadGateway, body))).AddImGroup(t.Context(), "Sales")
		var got *ews.HTTPError
		if !errors.As(err, &got) {
			t.Fatalf("%d bytes: %T %v", n, err, err)
		}
		if want := body[:min(n, 1024)]; string(got.Body) != want || cap(got.Body) > 4096 {
			t.Errorf("of %d bytes, %d were kept in %d", n, len(got.Body), cap(got.Body))
		}
	}
}

// TestHTTPError_BodyKept holds that a later call does not write into what an error holds.
func TestHTTPError_BodyKept(t *testing.T) {
	t.Parallel()
	client := connect(t, once(&wire{respond: func(n int, _ *http.Request) (*http.Response, error) {
		return response(http.StatusBadGateway, strings.Repeat(string(rune('a'+n)), 100)), nil
	}}))
	var kept *ews.HTTPError
	if _, err := client.AddImGroup(t.Context(), "Sales"); !errors.As(err, &kept) {
		t.Fatal(err)
	}
	for range 10 {
		_, _ = client.AddImGroup(t.Context(), "Sales")
	}
	if want := strings.Repeat("b", 100); string(kept.Body) != want {
		t.Errorf("the body became %q", kept.Body)
	}
}

// TestHTTPError_Unauthorized holds that 401 is one even with an envelope in the body: the log-in is
// what failed.
func TestHTTPError_Unauthorized(t *testing.T) {
	t.Parallel()
	w := always(http.StatusUnauthorized, envelope(groupResponse), "Content-Type: text/xml")
	_, err := connect(t, once(w)).AddImGroup(t.Context(), "Sales")
	var got *ews.HTTPError
	if !errors.As(err, &got) || got.StatusCode != http.StatusUnauthorized {
		t.Errorf("%T %v", err, err)
	}
}
