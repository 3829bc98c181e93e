package pagehint_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-ews/exchange/internal/pagehint"
)

const (
	begin12 = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="urn:a"><s:Body><s:Fault>` +
		`<s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>a:InternalServiceFault</s:Value></s:Subcode></s:Code>`
	fault12 = begin12 + `<s:Reason><s:Text xml:lang="en">The server &#x1B; was` + "\n" + `unable to process the request.</s:Text>` +
		`<s:Text xml:lang="de">token</s:Text></s:Reason><s:Detail><Text>token</Text></s:Detail></s:Fault></s:Body></s:Envelope>`
)

func TestPage_Explain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		page pagehint.Page
		want string // a part
	}{
		{"words first", pagehint.Page{
			StatusCode: 403, Header: http.Header{"X-Caserrorcode": {"UserNotFound"}},
		}, "X-CasErrorCode: UserNotFound"},
		{
			"a fault of SOAP 1.2",
			pagehint.Page{StatusCode: 500, Body: []byte(fault12)},
			"a SOAP 1.2 fault, InternalServiceFault: The server \ufffd was unable to process the request.",
		},
		{
			"its beginning",
			pagehint.Page{StatusCode: 500, Body: []byte(begin12)},
			"a SOAP 1.2 fault: InternalServiceFault",
		},
		{"less of it", pagehint.Page{StatusCode: 500, Body: []byte(fault12[:100])}, "the web server failed before EWS"},
		{
			"its detail",
			pagehint.Page{StatusCode: 500, Body: []byte(fault12[:88] + "<s:Detail><Text>token</Text>")},
			"the web server failed before EWS",
		},
		{"the front end's error page", pagehint.Page{
			StatusCode: 302, Header: http.Header{"Location": {"/owa/auth/errorFE.aspx?httpCode=500"}},
		}, "it leads to /owa/auth/errorFE.aspx; Exchange's front end redirects to its error page"},
		{"a header that is too large", pagehint.Page{StatusCode: 431}, "a header is too large, such as the Kerberos ticket"},
		{"a redirect", pagehint.Page{
			StatusCode: 302, Header: http.Header{"Location": {"https://u:p@elsewhere.test/a?token=x"}},
		}, "it leads to https://elsewhere.test/a; "},
		{"the error page", pagehint.Page{
			StatusCode: 302, Header: http.Header{"Location": {"/EWS/GenericErrorPage.htm"}},
		}, "an outage of the server behind"},
		{"the error page, relative", pagehint.Page{
			StatusCode: 302, Header: http.Header{"Location": {"GenericErrorPage.htm?aspxerrorpath=/ews/exchange.asmx"}},
		}, "an outage of the server behind"},
		{"a log-in form that leads back to the error page", pagehint.Page{
			StatusCode: 302, Header: http.Header{"Location": {"https://idp.test/login?ReturnUrl=/ews/genericerrorpage.htm"}},
		}, "a log-in form"},
		{"too slow", pagehint.Page{StatusCode: 408}, "the request came too slowly"},
		{"an encoding", pagehint.Page{
			StatusCode: 200, Header: http.Header{"Content-Encoding": {"br\u202e"}}, Body: []byte("\x1b\x2f"),
		}, "the body is in the encoding br\ufffd, which was not asked for"},
		{"an encoding that was asked for", pagehint.Page{
			StatusCode: 200, Header: http.Header{"Content-Encoding": {"x-gzip"}}, Body: []byte("<html>"),
		}, "a proxy or another application"},
		{"a login form", pagehint.Page{StatusCode: 440}, "a log-in form"},
		{"plain HTTP", pagehint.Page{
			StatusCode: 400, Body: []byte("Client sent an HTTP request to an HTTPS server."), URL: "http://a.test",
		}, "use https:// in the endpoint"},
		{"a gateway's limit", pagehint.Page{
			StatusCode: 413, Header: http.Header{"Server": {"nginx"}},
		}, "limit of nginx"},
		{"a proxy", pagehint.Page{StatusCode: 407, Proxy: "proxy.test:3128"}, "the HTTP proxy proxy.test:3128"},
		{"no such path", pagehint.Page{StatusCode: 404}, "check the endpoint"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.page.Explain(); !strings.Contains(got, tt.want) || strings.Contains(got, "token") {
				t.Errorf("%q lacks %q", got, tt.want)
			}
		})
	}
}
