package pagehint_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-ews/exchange/internal/pagehint"
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
		{"a redirect", pagehint.Page{
			StatusCode: 302, Header: http.Header{"Location": {"https://u:p@elsewhere.test/a?token=x"}},
		}, "it leads to https://elsewhere.test/a; "},
		{"the error page", pagehint.Page{
			StatusCode: 302, Header: http.Header{"Location": {"/EWS/GenericErrorPage.htm"}},
		}, "an outage of the server behind"},
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
