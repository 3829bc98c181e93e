package autodiscover_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// recorded is a page of testdata/cases: whole HTTP responses, shaped like those of real servers.
func recorded(t *testing.T, name string) page {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "cases", name+".http"))
	if err != nil {
		t.Fatal(err)
	}
	return func(r *http.Request) *http.Response {
		resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(data)), r)
		if err != nil {
			t.Error(err)
		}
		return resp
	}
}

// TestFind_RecordedErrors holds what an administrator reads of responses that name no endpoint.
func TestFind_RecordedErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		at   string // URL
		file string
		want []string
		not  string
	}{
		"ActiveSync alone": {
			poxDomain, "mobilesync-error",
			[]string{"ActiveSync status 2", "(No directory.)", "form for telephones"},
			"EWS virtual directory",
		},
		"IMAP alone": {
			poxDomain, "imap-only",
			[]string{"a mail server that is not Exchange", "IMAP, SMTP"},
			"Set-WebServicesVirtualDirectory",
		},
		"version 2, error in an object": {
			v2Domain, "v2-nested-error",
			[]string{`the code "InvalidProtocol" (no such protocol)`},
			"HTTP 400",
		},
		"reason of the back end": {
			poxDomain, "403-x-ms-diagnostics",
			[]string{"HTTP 403: x-ms-diagnostics: 2000008;reason=", "not enough scope"},
			"firewall",
		},
		"reason of the front end": {
			poxDomain, "403-x-caserrorcode",
			[]string{"HTTP 403: X-CasErrorCode: UserNotFound"},
			"firewall",
		},
		"form of a publisher": {
			v2Domain, "302-f5-form",
			[]string{"a log-in form of F5 BIG-IP APM at https://contoso.com/my.policy stands before Autodiscover"},
			"names as",
		},
		"form of Outlook on the web": {
			poxDomain, "302-owa-form", []string{"a log-in form", "https://mail.example.org/owa/auth/logon.aspx"}, "not trusted",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := &internet{pages: map[string]page{tc.at: recorded(t, tc.file)}}
			text := mustFail(t, n, n.options()).Error()
			for _, want := range tc.want {
				if !strings.Contains(text, want) {
					t.Errorf("the text lacks %q: %s", want, text)
				}
			}
			if strings.Contains(text, tc.not) {
				t.Errorf("the text has %q: %s", tc.not, text)
			}
		})
	}
}

// TestFind_ForgivingReading has responses that XML forbids, and encodings other than UTF-8.
func TestFind_ForgivingReading(t *testing.T) {
	t.Parallel()
	const there = "https://mail.example.org/EWS/Exchange.asmx"
	document := func(encoding, name string) string {
		return `<?xml version="1.0" encoding="` + encoding + `"?><Autodiscover><Response><User><DisplayName>` + name +
			`</DisplayName></User><Account><Protocol><Type>EXPR</Type><EwsUrl>` + there +
			`</EwsUrl></Protocol></Account></Response></Autodiscover>`
	}
	xmlPage := func(body string) page { return text(http.StatusOK, "text/xml", body) }
	tests := map[string]page{
		"us-ascii":                         recorded(t, "us-ascii"),
		"reference to a control character": recorded(t, "forbidden-character"),
		"control character":                xmlPage(document("utf-8", "Ann\x1a\x00")),
		"reference to half a character":    xmlPage(document("utf-8", "&#xD83D;&#55357;")),
		"no UTF-8":                         xmlPage(document("utf-8", "J\xfcrgen")),
		"Latin-1":                          xmlPage(document("ISO-8859-1", "J\xfcrgen")),
		"windows-1252":                     xmlPage(document("windows-1252", "\x93J\xfcrgen\x94")),
		"an encoding of elsewhere":         xmlPage(document("Shift_JIS", "\x83\x8f")),
		"UTF-16 that is none":              xmlPage(document("utf-16", "Jürgen")),
		"UTF-16 with a mark":               xmlPage(inUTF16("\uFEFF" + document("utf-16", "Jürgen"))),
		"UTF-16 without a mark":            xmlPage(inUTF16(document("utf-16", "Jürgen"))),
		"byte order mark":                  xmlPage("\uFEFF" + document("utf-8", "Jürgen")),
		"gzip":                             packed("gzip", xmlPage(document("utf-8", "Jürgen"))),
		"gzip by its other name":           packed("X-Gzip", xmlPage(document("utf-8", "Jürgen"))),
	}
	for name, response := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := &internet{pages: map[string]page{poxDomain: response}}
			opts := n.options()
			opts.Hosts = []string{"mail.example.org"}
			if found := mustFind(t, n, opts); found.URL != there {
				t.Errorf("found %s", found.URL)
			}
		})
	}
}

// packed is a page in gzip, as a gateway sends it to a transport that did not ask for it.
func packed(label string, p page) page {
	return func(r *http.Request) *http.Response {
		resp := p(r)
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.Copy(z, resp.Body)
		_ = z.Close()
		resp.Body = io.NopCloser(&b)
		resp.Header.Set("Content-Encoding", label)
		return resp
	}
}

func inUTF16(s string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		b = append(b, byte(unit), byte(unit>>8))
	}
	return string(b)
}

// TestFind_ForgivingJSON has JSON with characters that it forbids, and in other encodings.
func TestFind_ForgivingJSON(t *testing.T) {
	t.Parallel()
	document := func(message string) string {
		return `{"Protocol":"EWS","Message":"` + message + `","Url":"` + ewsURL + `"}`
	}
	for name, body := range map[string]string{
		"lines":              document("one\r\ntwo\tthree"),
		"control characters": document("a\x1a\x00\x7f"),
		"NUL after it":       document("") + "\r\n\x00",
		"no UTF-8":           document("J\xfcrgen"),
		"byte order mark":    "\uFEFF" + document("Jürgen"),
		"UTF-16":             inUTF16("\uFEFF" + document("Jürgen")),
	} {
		n := &internet{pages: map[string]page{v2Domain: jsonPage(body)}}
		if found := mustFind(t, n, n.options()); found.URL != ewsURL || found.Source != v2Domain {
			t.Errorf("%s: found %s by %s", name, found.URL, found.Source)
		}
	}
}

// TestFind_Version2Errors holds the code and the message of each form that an error has.
func TestFind_Version2Errors(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"ErrorCode":"UserNotFound","ErrorMessage":"no such user"}`:               `code "UserNotFound" (no such user)`,
		`{"error":{"code":"X","message":"y"}}`:                                     `code "X" (y)`,
		`{"Error":{"Code":404,"Message":{"lang":"en","value":"y"}}}`:               `code "404" (y)`,
		`{"error":"invalid_request"}`:                                              `refuses (invalid_request)`,
		"{\"ErrorCode\":\"X\",\"ErrorMessage\":\"one\r\ntwo\"}":                    `code "X" (one two)`,
		`{"error":{"code":"X","message":["y"]}}`:                                   `code "X"`,
		`{"error":null,"ErrorCode":"X"}`:                                           `code "X"`,
		`{"Message":"An error has occurred."}`:                                     `refuses (An error has occurred.)`,
		"{\"ErrorCode\":\"X\",\"ErrorMessage\":\"a\x1ab\u202e\\u0085c\"}":          "code \"X\" (a\uFFFDb\uFFFD c)",
		`{"ErrorCode":"ProtocolNotSupported","Url":"` + ewsURL + `","Protocol":1}`: `code "ProtocolNotSupported"`,
	} {
		n := &internet{pages: map[string]page{v2Domain: text(http.StatusBadRequest, "application/json", body)}}
		if text := mustFail(t, n, n.options()).Error(); !strings.Contains(text, want) {
			t.Errorf("%s\nlacks %s: %s", body, want, text)
		}
	}
}

// TestFind_StatusCounts has bodies that cannot be read: the status line says enough.
func TestFind_StatusCounts(t *testing.T) {
	t.Parallel()
	unreadable := func(p page) page {
		return func(r *http.Request) *http.Response {
			resp := p(r)
			resp.Body = io.NopCloser(&cut{})
			return resp
		}
	}
	notPacked := func(p page) page {
		return func(r *http.Request) *http.Response {
			resp := p(r)
			resp.Header.Set("Content-Encoding", "gzip")
			return resp
		}
	}
	n := &internet{pages: map[string]page{
		v2Domain:  notPacked(status(http.StatusTooManyRequests)),
		v2Sub:     notPacked(named(ewsURL)),
		poxDomain: unreadable(status(http.StatusServiceUnavailable)),
		poxSub:    unreadable(login(settings(proto("EXPR", ewsElement)))),
	}}
	text := mustFail(t, n, n.options()).Error()
	for _, want := range []string{
		"GET " + v2Domain + ": HTTP 429: too busy", "GET " + v2Sub + ": the response (HTTP 200) broke off: gzip: invalid header",
		"POST " + poxDomain + ": HTTP 503: too busy", "POST " + poxSub + ": asks for credentials",
		"POST with credentials " + poxSub + ": the response (HTTP 200) broke off",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q: %s", want, text)
		}
	}
	n = &internet{pages: map[string]page{
		poxDomain:                    unreadable(redirect("https://mail.contoso.com/x")),
		"https://mail.contoso.com/x": settings(proto("EXPR", ewsElement)),
	}}
	if found := mustFind(t, n, n.options()); found.URL != ewsURL {
		t.Errorf("found %s", found.URL)
	}
}

// TestFind_KnownService asks the service that the caller knows before all others.
func TestFind_KnownService(t *testing.T) {
	t.Parallel()
	const service, serviceV2 = "https://ad.hoster.example/AutoDiscover/AutoDiscover.xml", "https://ad.hoster.example/autodiscover/autodiscover.json"
	at := strings.ToLower(service)
	expr := settings(proto("EXPR", ewsAt("https://ad.hoster.example/EWS/Exchange.asmx")))
	tests := map[string]struct {
		url      string
		pages    map[string]page
		source   string
		requests int // with and without credentials; 0: any number
	}{
		"POX":                  {service, map[string]page{at: expr, v2Domain: named(ewsURL)}, service, 1},
		"POX with credentials": {service, map[string]page{at: login(expr), v2Domain: named(ewsURL)}, service, 2},
		"version 2": {
			serviceV2,
			map[string]page{serviceV2 + "/v1.0/" + email: named("https://ad.hoster.example/EWS/Exchange.asmx")},
			serviceV2 + "/v1.0/" + email, 1,
		},
		"redirects to another address": {
			service,
			map[string]page{
				at: redirectAddr("tony@eu.contoso.com"),
				"https://eu.contoso.com/autodiscover/autodiscover.json/v1.0/tony@eu.contoso.com": named(ewsURL),
			},
			"https://eu.contoso.com/autodiscover/autodiscover.json/v1.0/tony@eu.contoso.com", 0,
		},
		"does not respond":    {service, map[string]page{v2Domain: named(ewsURL)}, v2Domain, 0},
		"is one of the usual": {poxDomain, map[string]page{poxDomain: status(500), poxSub: settings(proto("EXPR", ewsElement))}, poxSub, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := &internet{pages: tc.pages}
			opts := n.options()
			opts.URL = tc.url
			found := mustFind(t, n, opts)
			requests, _ := n.log()
			if found.Source != tc.source || tc.requests > 0 && len(requests) != tc.requests {
				t.Errorf("found by %s after %q", found.Source, requests)
			}
		})
	}
}
