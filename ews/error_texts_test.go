package ews_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

// errorTextOf returns the text of a call's error behind a server that always responds so.
func errorTextOf(t *testing.T, status int, body string, header ...string) string {
	t.Helper()
	_, err := connect(t, once(always(status, body, header...))).AddImGroup(t.Context(), "Sales")
	if err == nil {
		t.Fatal("no error")
	}
	return err.Error()
}

// inOrder reports whether the parts occur in the text, one after the other.
func inOrder(text string, parts ...string) bool {
	for _, p := range parts {
		_, rest, ok := strings.Cut(text, p)
		if !ok {
			return false
		}
		text = rest
	}
	return true
}

// TestHTTPError_ServerWords holds that the server's own words come first for any status, and that
// they replace the guess.
func TestHTTPError_ServerWords(t *testing.T) {
	t.Parallel()
	guesses := []string{
		"EWSEnabled", "check user, password", "nothing at this address", "Extended Protection", "too busy",
		"got no response from", "event log", "log-in form", "check the endpoint", "not followed",
	}
	for _, words := range []string{
		`x-ms-diagnostics: 2000008;reason="The token contains not enough scope to make this call.";error_category="invalid_grant"`,
		"X-CasErrorCode: UserNotFound",
		"X-Squid-Error: ERR_ACCESS_DENIED 0",
	} {
		for _, status := range []int{200, 302, 400, 401, 403, 404, 405, 413, 429, 440, 456, 500, 502, 503, 504} {
			t.Run(fmt.Sprint(status, words[:16]), func(t *testing.T) {
				t.Parallel()
				text := errorTextOf(t, status, "", words, "Location: /owa/auth/logon.aspx", "WWW-Authenticate: NTLM",
					"request-id: r-1")
				if !inOrder(text, "HTTP "+strconv.Itoa(status), "instead of a SOAP response: "+words, "["+endpoint+"]", "(request-id r-1)") {
					t.Error(text)
				}
				for _, guess := range guesses {
					if strings.Contains(text, guess) {
						t.Errorf("guesses at %q: %s", guess, text)
					}
				}
				if status == 401 && !inOrder(text, words, "offers NTLM") {
					t.Error(text)
				}
			})
		}
	}
}

// TestHTTPError_LoginForm holds that a log-in form before EWS is named, not taken for a wrong
// endpoint.
func TestHTTPError_LoginForm(t *testing.T) {
	t.Parallel()
	const html = "Content-Type: text/html"
	for _, tc := range []struct {
		name    string
		status  int
		body    string
		header  string
		product string
	}{
		{"F5", 302, "", "Location: /my.policy", "F5 BIG-IP"},
		{"OWA", 302, "", "Location: https://mail.example.org/owa/auth/logon.aspx?url=x&reason=0", "forms-based"},
		{"AD FS", 303, "", "Location: https://fs.example.org/adfs/ls/?wa=wsignin1.0&wct=secret", "AD FS"},
		{"TMG", 302, "", "Location: /CookieAuth.dll?GetLogon?curl=Z2F&reason=0", "TMG"},
		{"Entra", 302, "", "Location: https://login.microsoftonline.com/common/oauth2?client_id=secret", "Entra"},
		{"SiteMinder", 302, "", "Location: /siteminderagent/forms/login.fcc?TARGET=-SM-HTTP", "SiteMinder"},
		{"NetScaler", 302, "", "Location: /vpn/index.html", "NetScaler"},
		{"LogonPoint", 307, "", "Location: /logon/LogonPoint/tmindex.html", "NetScaler"},
		{"unknown product", 302, "", "Location: https://portal.example.org/Login.aspx", ""},
		{"page", 200, signInPage, html, ""},
		{"page with a password", 200, `<html><form><input type="password"></form>`, html, ""},
		{"page of F5", 200, `<html><script>location="/my.policy"</script>`, html, "F5 BIG-IP"},
		{"page with 401", 401, `<html><form action="/CookieAuth.dll?Logon">`, html, "TMG"},
		{"page with 403", 403, `<html><form action="/owa/auth.owa">`, html, "forms-based"},
		{"timeout of a form", 440, "", html, "forms-based"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			text := errorTextOf(t, tc.status, tc.body, tc.header)
			for _, part := range []string{
				"log-in form", tc.product, "stands before EWS", "must let EWS pass", "pre-authentication",
				"forms-based authentication", "User-Agent",
			} {
				if !strings.Contains(text, part) {
					t.Errorf("lacks %q: %s", part, text)
				}
			}
			for _, part := range []string{"check the endpoint", "secret", "reason=0", "EWSEnabled", "check user"} {
				if strings.Contains(text, part) {
					t.Errorf("has %q: %s", part, text)
				}
			}
		})
	}
}

// TestHTTPError_PlainHTTP holds that a port which wants https is recognized by its server's words.
func TestHTTPError_PlainHTTP(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]struct {
		status int
		body   string
	}{
		"Go":     {400, "Client sent an HTTP request to an HTTPS server.\n"},
		"nginx":  {400, "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>"},
		"Apache": {400, "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />\n Instead use the HTTPS scheme"},
		"IIS":    {403, "<h2>403.4 - Forbidden: SSL is required to view this resource.</h2>"},
		"Tomcat": {400, "Bad Request\r\nThis combination of host and port requires TLS.\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for endpoint, want := range map[string]string{
				"http://mail.contoso.com:443/EWS/Exchange.asmx": "use https:// in the endpoint",
				"https://mail.contoso.com/EWS/Exchange.asmx":    "a gateway sends plain HTTP",
			} {
				opts := once(always(page.status, page.body))
				opts.AllowHTTP = true
				client, err := ews.NewClient(endpoint, opts)
				if err != nil {
					t.Fatal(err)
				}
				_, err = client.AddImGroup(t.Context(), "Sales")
				if text := err.Error(); !strings.Contains(text, want) || strings.Contains(text, "Extended Protection") {
					t.Error(text)
				}
			}
		})
	}
}

// TestHTTPError_ToHTTPS holds that a redirect from http to https is recognized.
func TestHTTPError_ToHTTPS(t *testing.T) {
	t.Parallel()
	opts := once(always(http.StatusMovedPermanently, "", "Location: "+endpoint))
	opts.AllowHTTP = true
	client, err := ews.NewClient(strings.Replace(endpoint, "https", "http", 1), opts)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = client.AddImGroup(t.Context(), "Sales"); !strings.Contains(err.Error(), "use https:// in the endpoint") {
		t.Error(err)
	}
}

// TestHTTPError_Proxy holds that a proxy which asks for credentials is named, and asked once.
func TestHTTPError_Proxy(t *testing.T) {
	t.Parallel()
	asked := 0
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++ // one request after the other
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer proxy.Close()
	u, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("u", "secret")
	transport := &http.Transport{Proxy: http.ProxyURL(u)}
	defer transport.CloseIdleConnections()
	client, err := ews.NewClient("http://mail.contoso.com/EWS/Exchange.asmx", &ews.Options{
		HTTPClient: &http.Client{Transport: transport}, AllowHTTP: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.AddImGroup(t.Context(), "Sales")
	if text := err.Error(); !inOrder(text, "HTTP 407", "proxy "+u.Host+" asks for credentials") || strings.Contains(text, "secret") || asked != 1 {
		t.Errorf("asked %d times: %s", asked, text)
	}
}

// TestHTTPError_TooLarge distinguishes a gateway's limit from Extended Protection.
func TestHTTPError_TooLarge(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, body string
		header     []string
		want       string
		protection bool
	}{
		{"nginx", "", []string{"Server: nginx/1.24.0"}, "nginx (client_max_body_size)", false},
		{"nginx's page alone", "<html><center>nginx</center>", nil, "nginx (client_max_body_size)", false},
		{"Apache", "", []string{"Server: Apache/2.4.57 (Debian)"}, "Apache (LimitRequestBody)", false},
		{"Squid", "", []string{"Server: squid/5.7"}, "Squid", false},
		{"F5", "", []string{"Server: BigIP"}, "F5 BIG-IP", false},
		{"Azure", "", []string{"Server: Microsoft-Azure-Application-Gateway/v2"}, "Azure Application Gateway", false},
		{"IIS", "", []string{"Server: Microsoft-IIS/10.0"}, "right after authentication", true},
		{"http.sys", "", []string{"Server: Microsoft-HTTPAPI/2.0"}, "right after authentication", true},
		{"Exchange behind nginx", "", []string{"Server: nginx", "X-FEServer: EX01"}, "right after authentication", true},
		{"unknown", "", nil, "larger than", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			text := errorTextOf(t, http.StatusRequestEntityTooLarge, tc.body, tc.header...)
			if !strings.Contains(text, tc.want) || strings.Contains(text, "Extended Protection") != tc.protection {
				t.Error(text)
			}
		})
	}
}

// TestError_Inner holds that the text names the inner error.
func TestError_Inner(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		details map[string]string
		want    string
	}{
		{nil, "ews: Op: ErrorInternalServerError: Failed."},
		{map[string]string{"InnerErrorResponseCode": "ErrorServerBusy", "InnerErrorMessageText": "Busy\nnow."}, "ews: Op: ErrorInternalServerError: Failed. (inner error: ErrorServerBusy: Busy now.)"},
		{map[string]string{"InnerErrorResponseCode": "ErrorServerBusy"}, "ews: Op: ErrorInternalServerError: Failed. (inner error: ErrorServerBusy)"},
		{map[string]string{"InnerErrorMessageText": "Busy."}, "ews: Op: ErrorInternalServerError: Failed. (inner error: Busy.)"},
	} {
		e := &ews.Error{Op: "Op", Code: ews.ErrorInternalServerError, Message: "Failed.", Details: tc.details}
		if got := e.Error(); got != tc.want {
			t.Errorf("%s, want %s", got, tc.want)
		}
	}
}

// TestErrors_Where holds that every error of a call has URL and mailbox, and that its text has the
// URL without what may be secret.
func TestErrors_Where(t *testing.T) {
	t.Parallel()
	broken := &wire{respond: func(int, *http.Request) (*http.Response, error) { return nil, errKept }}
	for name, w := range map[string]*wire{
		"page":      always(404, ""),
		"fault":     always(500, fixture(t, "faults", "message_xml.xml")),
		"error":     soapResponse(200, `<m:AddImGroupResponse ResponseClass="Error"><m:ResponseCode>ErrorAccessDenied</m:ResponseCode></m:AddImGroupResponse>`),
		"malformed": soapResponse(200, "<x>"),
		"network":   broken,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var info ews.ResponseInfo
			client := connect(t, once(w)).Impersonate(ews.PrimarySMTP("tony@contoso.com"))
			_, err := client.AddImGroup(ews.WithResponseInfo(t.Context(), &info), "Sales")
			got := infoOf(err)
			if got == nil || got.URL != endpoint || got.Mailbox != "tony@contoso.com" || info.Mailbox != got.Mailbox {
				t.Errorf("%+v of %v", got, err)
			}
			if !strings.Contains(err.Error(), endpoint) {
				t.Error(err)
			}
		})
	}
}

// TestErrors_OneLine holds that nothing which a server sends can break a line, move a cursor or
// hide text, wherever it puts it.
func TestErrors_OneLine(t *testing.T) {
	t.Parallel()
	const hostile = "a\u202eb\u2066c\u009b31md\u0085e\u200ff"
	inXML := hostile + "&#x1B;g\r\nh"
	inHeader := hostile + "\x1bg"
	for name, w := range map[string]*wire{
		"message": soapResponse(200, `<m:AddImGroupResponse ResponseClass="Error"><m:MessageText>`+inXML+
			`</m:MessageText><m:ResponseCode>`+inXML+`</m:ResponseCode></m:AddImGroupResponse>`),
		"inner": soapResponse(200, `<m:AddImGroupResponse ResponseClass="Error"><m:MessageXml><t:Value Name="InnerErrorMessageText">`+
			inXML+`</t:Value></m:MessageXml><m:ResponseCode>ErrorX</m:ResponseCode></m:AddImGroupResponse>`),
		"faultstring": soapResponse(500, `<s:Fault><faultcode>s:Server</faultcode><faultstring>`+inXML+`</faultstring></s:Fault>`),
		"violation": soapResponse(500, `<s:Fault><faultcode>s:Client</faultcode><faultstring>`+inXML+
			`</faultstring><detail><e:ResponseCode xmlns:e="x">ErrorSchemaValidation</e:ResponseCode></detail></s:Fault>`),
		"other response": soapResponse(200, `<m:X`+strings.Repeat("y", 300)+`/>`),
		"content type":   always(200, "x", "Content-Type: "+inHeader),
		"diagnostics":    always(403, "", "x-ms-diagnostics: "+inHeader, "request-id: "+inHeader),
		"location":       always(302, "", "Location: https://h.test/"+hostile),
		"scheme":         always(401, "", "WWW-Authenticate: "+inHeader),
		"via":            always(407, "", "Via: "+inHeader),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := connect(t, once(w)).AddImGroup(t.Context(), "Sales")
			var schema *ews.SchemaValidationError
			if name == "violation" && !errors.As(err, &schema) {
				t.Errorf("%T", err)
			}
			text := err.Error()
			for cause := err; cause != nil; cause = errors.Unwrap(cause) {
				text += cause.Error()
			}
			if said, ok := errors.AsType[*ews.Error](err); ok && said.Fault != nil {
				text += said.Fault.Error()
			}
			for _, r := range text {
				if r < ' ' || r >= 0x7f && r < 0xa0 || strings.ContainsRune("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c", r) {
					t.Errorf("%U in %q", r, err)
				}
			}
		})
	}
}

// TestError_SchemaVersion holds that the text names the version that was sent where a server may
// have refused it, and nowhere else.
func TestError_SchemaVersion(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		version ews.Version
		code    ews.ResponseCode
		want    string
	}{
		{"", ews.ErrorIncorrectSchemaVersion, "(asked for schema version Exchange2013)"},
		{ews.V2018_01_08, ews.ErrorInvalidRequest, "(asked for schema version V2018_01_08)"},
		{ews.Exchange2016, ews.ErrorInvalidServerVersion, "(asked for schema version Exchange2016)"},
		{ews.OmitVersion, ews.ErrorIncorrectSchemaVersion, "(asked for no schema version)"},
		{ews.Exchange2016, ews.ErrorAccessDenied, ""},
	} {
		server := ewstest.NewServer(nil)
		server.Fail("", tc.code)
		client := connect(t, &ews.Options{
			HTTPClient: server.Client(), Header: ews.Header{RequestServerVersion: tc.version},
		})
		_, err := client.AddImGroup(t.Context(), "Sales")
		if err == nil || !strings.Contains(err.Error(), tc.want) || tc.want == "" && strings.Contains(err.Error(), "schema version") {
			t.Errorf("%q, %s: %v", tc.version, tc.code, err)
		}
	}
	if made := (&ews.Error{Code: ews.ErrorInvalidRequest}).Error(); strings.Contains(made, "asked for") {
		t.Errorf("an error that a test makes: %s", made)
	}
}
