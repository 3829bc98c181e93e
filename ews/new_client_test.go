package ews_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
)

// inputError returns the *ews.InputError in err's chain, which must be there.
func inputError(t testing.TB, err error) *ews.InputError {
	t.Helper()
	var input *ews.InputError
	if !errors.As(err, &input) {
		t.Fatalf("%T %v, want an *ews.InputError", err, err)
	}
	return input
}

func TestNewClient_Endpoint(t *testing.T) {
	t.Parallel()
	const password = "hunter2canary"
	for _, tc := range []struct {
		name, endpoint string
		allow          bool
		reason         string // "": accepted
	}{
		{"https", "https://mail.contoso.com/EWS/Exchange.asmx", false, ""},
		{"port and other path", "https://mail.contoso.com:8443/proxy/EWS/Exchange.asmx", false, ""},
		{"scheme in capitals", "HTTPS://MAIL.CONTOSO.COM/EWS/Exchange.asmx", false, ""},
		{"IPv6", "https://[2001:db8::1]/EWS/Exchange.asmx", false, ""},
		{"loopback name", "http://localhost:8080/EWS/Exchange.asmx", false, ""},
		{"loopback", "http://127.0.0.1:8080/EWS/Exchange.asmx", false, ""},
		{"other loopback", "http://127.8.9.1/EWS/Exchange.asmx", false, ""},
		{"IPv6 loopback", "http://[::1]:8080/EWS/Exchange.asmx", false, ""},
		{"clear text allowed", "http://mail.contoso.com/EWS/Exchange.asmx", true, ""},
		{"clear text", "http://mail.contoso.com/EWS/Exchange.asmx", false, "allow http"},
		{"almost loopback", "http://localhost.contoso.com/EWS/Exchange.asmx", false, "allow http"},
		{"address that begins like loopback", "http://127.0.0.1.nip.io/x", false, "allow http"},
		{"any address", "http://0.0.0.0/EWS/Exchange.asmx", false, "allow http"},
		{"empty", "", false, "empty"},
		{"no scheme", "mail.contoso.com/EWS/Exchange.asmx", false, "scheme"},
		{"host and port alone", "mail.contoso.com:443", false, "scheme"},
		{"no host", "https:///EWS/Exchange.asmx", false, "no host"},
		{"port alone", "https://:443/EWS/Exchange.asmx", false, "no host"},
		{"opaque", "https:mail.contoso.com", false, "no host"},
		{"other scheme", "ftp://mail.contoso.com/EWS/Exchange.asmx", true, "scheme"},
		{"file", "file:///etc/passwd", false, "scheme"},
		{"user", "https://user:" + password + "@mail.contoso.com/EWS/Exchange.asmx", false, "user information"},
		{"user without password", "https://" + password + "@mail.contoso.com/EWS", false, "user information"},
		{"query", "https://mail.contoso.com/EWS/Exchange.asmx?k=" + password, false, "query"},
		{"empty query", "https://mail.contoso.com/EWS/Exchange.asmx?", false, "query"},
		{"fragment", "https://mail.contoso.com/EWS/Exchange.asmx#" + password, false, "fragment"},
		{"empty fragment", "https://mail.contoso.com/EWS/Exchange.asmx#", false, "fragment"},
		{"no URL", "https://u:" + password + "@mail.contoso.com:port/\x7f", false, "not a URL"},
		{"bad escape", "https://u:" + password + "%zz@mail.contoso.com/", false, "not a URL"},
		{"line feed", "https://mail.contoso.com/\n" + password, false, "not a URL"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			client, err := ews.NewClient(tc.endpoint, &ews.Options{AllowHTTP: tc.allow})
			if tc.reason == "" {
				if client == nil || err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			if client != nil {
				t.Error("a client with the error")
			}
			input := inputError(t, err)
			if input.Op != "NewClient" || input.Field != "endpoint" || !strings.Contains(input.Reason, tc.reason) {
				t.Errorf("%#v, want field endpoint and a reason with %q", input, tc.reason)
			}
			if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, password) {
				t.Errorf("the password is in %s", text)
			}
		})
	}
}

func TestNewClient_Options(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		opts  ews.Options
		field string
	}{
		{"response size", ews.Options{MaxResponseBytes: -1}, "MaxResponseBytes"},
		{"attempts", ews.Options{Retry: ews.RetryPolicy{MaxAttempts: -1}}, "Retry.MaxAttempts"},
		{"wait", ews.Options{Retry: ews.RetryPolicy{MaxWait: -time.Second}}, "Retry.MaxWait"},
		{"user agent", ews.Options{UserAgent: "sync/1.0\r\nX-Evil: 1"}, "UserAgent"},
		{"header", ews.Options{Header: ews.Header{MailboxCulture: "German"}}, ""},
		{"bad header", ews.Options{Header: ews.Header{MailboxCulture: "de_DE"}}, "Header.MailboxCulture"},
		{"bad account", ews.Options{Header: ews.Header{Impersonate: ews.UPN("")}}, "Header.Impersonate"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			client, err := ews.NewClient(endpoint, &tc.opts)
			if tc.field == "" {
				if client == nil || err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			if input := inputError(t, err); client != nil || input.Op != "NewClient" || input.Field != tc.field {
				t.Errorf("client %v, %#v, want field %q", client, input, tc.field)
			}
		})
	}
}

func TestNewClient_Nil(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]*ews.Options{"nil": nil, "zero": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/xml")
				_, _ = w.Write([]byte(envelope(groupResponse)))
			}))
			defer server.Close()
			client, err := ews.NewClient(server.URL+"/EWS/Exchange.asmx", opts)
			if err != nil {
				t.Fatal(err)
			}
			defer client.CloseIdleConnections()
			if group, err := client.AddImGroup(t.Context(), "Sales"); err != nil || group.DisplayName != "Sales" {
				t.Errorf("%v, %v", group, err)
			}
		})
	}
}

// TestNewClient_Copied changes the options after the client was made.
func TestNewClient_Copied(t *testing.T) {
	t.Parallel()
	w := soapResponse(http.StatusOK, groupResponse)
	opts := once(w)
	opts.UserAgent = "sync/1.0"
	client := connect(t, opts)
	opts.UserAgent = "other/2.0"
	opts.Header.MailboxCulture = "de-DE"
	opts.HTTPClient.Transport = http.NewFileTransport(http.Dir("."))
	if _, err := client.AddImGroup(t.Context(), "Sales"); err != nil {
		t.Fatal(err)
	}
	got := w.requests()[0]
	if strings.Contains(got.body, "de-DE") || !strings.HasPrefix(got.header.Get("User-Agent"),
		"sync/1.0 go-ews-exchange/") {
		t.Errorf("sent with changed options: %v\n%s", got.header, got.body)
	}
}

// TestNewClient_CallersHTTPClient holds that cookies are not kept, redirects not followed, and the
// caller's client not changed.
func TestNewClient_CallersHTTPClient(t *testing.T) {
	t.Parallel()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	followed := 0
	theirs := &http.Client{
		Jar: jar, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { followed++; return nil },
	}
	w := always(http.StatusTemporaryRedirect, "", "Location: https://mail.contoso.com/elsewhere",
		"Set-Cookie: X-BackEndCookie=canary; Path=/")
	theirs.Transport = w
	before := *theirs
	client := connect(t, &ews.Options{HTTPClient: theirs, Retry: ews.RetryPolicy{MaxAttempts: 1}})
	for range 2 {
		_, err = client.AddImGroup(t.Context(), "Sales")
		var page *ews.HTTPError
		if !errors.As(err, &page) || page.StatusCode != http.StatusTemporaryRedirect {
			t.Fatalf("%T %v, want an *ews.HTTPError", err, err)
		}
	}
	if n := len(w.requests()); n != 2 || followed != 0 {
		t.Errorf("%d requests for two calls, CheckRedirect asked %d times", n, followed)
	}
	for _, r := range w.requests() {
		if c := r.header.Get("Cookie"); c != "" {
			t.Errorf("the cookie %q was sent", c)
		}
	}
	u := &url.URL{Scheme: "https", Host: "mail.contoso.com", Path: "/EWS/Exchange.asmx"}
	if got := jar.Cookies(u); len(got) > 0 {
		t.Errorf("the caller's jar holds %v", got)
	}
	if theirs.Jar != before.Jar || theirs.CheckRedirect == nil || theirs.Timeout != before.Timeout ||
		theirs.Transport != w {
		t.Error("the caller's client was changed")
	}
}

// TestNewClient_JarIsNotRead holds that cookies which the caller's jar has already are not sent.
func TestNewClient_JarIsNotRead(t *testing.T) {
	t.Parallel()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(u, []*http.Cookie{{Name: "X-BackEndCookie", Value: "other-mailbox", Path: "/"}})
	w := soapResponse(http.StatusOK, groupResponse)
	opts := once(w)
	opts.HTTPClient.Jar = jar
	if _, err := connect(t, opts).AddImGroup(t.Context(), "Sales"); err != nil {
		t.Fatal(err)
	}
	if got := w.requests()[0].header["Cookie"]; got != nil {
		t.Errorf("sent the cookies %q", got)
	}
}

// TestNewClient_Request holds the method, URL and headers of every request.
func TestNewClient_Request(t *testing.T) {
	t.Parallel()
	w := soapResponse(http.StatusOK, groupResponse)
	opts := once(w)
	opts.UserAgent = "sync/1.0"
	if _, err := connect(t, opts).AddImGroup(t.Context(), "Sales"); err != nil {
		t.Fatal(err)
	}
	got := w.requests()[0]
	if got.method != http.MethodPost || got.url != endpoint {
		t.Errorf("%s %s", got.method, got.url)
	}
	agent, clientID := got.header.Get("User-Agent"), got.header.Get("client-request-id")
	if !strings.HasPrefix(agent, "sync/1.0 go-ews-exchange/") || strings.Contains(agent, "\n") {
		t.Errorf("User-Agent %q", agent)
	}
	if !isUUID(clientID) {
		t.Errorf("client-request-id %q is no UUID", clientID)
	}
	want := http.Header{
		"Content-Type":             {"text/xml; charset=utf-8"},
		"Accept":                   {"text/xml"},
		"Soapaction":               {`"http://schemas.microsoft.com/exchange/services/2006/messages/AddImGroup"`},
		"User-Agent":               {agent},
		"Client-Request-Id":        {clientID},
		"Return-Client-Request-Id": {"true"},
	}
	if diff := cmp.Diff(want, got.header); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
}

func isUUID(s string) bool {
	for i, c := range s {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if !strings.ContainsRune("0123456789abcdef", c) {
			return false
		}
	}
	return len(s) == 36 && s[14] == '4' && strings.ContainsRune("89ab", rune(s[19]))
}
