package pagehint_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-ews/exchange/internal/pagehint"
)

// TestPage_Blocked distinguishes the pages of firewalls and filters from others.
func TestPage_Blocked(t *testing.T) {
	t.Parallel()
	server := func(name string) http.Header { return http.Header{"Server": {name}} }
	for name, tc := range map[string]struct {
		page pagehint.Page
		want string // how the text begins; "": nothing was blocked
	}{
		"the server's name":      {pagehint.Page{StatusCode: 403, Header: server("AkamaiGHost"), Body: []byte("<h1>Access Denied</h1>")}, "Akamai blocked"},
		"a phrase across lines":  {pagehint.Page{StatusCode: 200, Body: []byte("The requested URL was\nrejected. Please\r\nconsult with your administrator.")}, "F5 BIG-IP blocked"},
		"a challenge":            {pagehint.Page{StatusCode: 503, Body: []byte("<title>Just a moment...</title><a>Cloudflare</a>")}, "Cloudflare blocked"},
		"an unknown product":     {pagehint.Page{StatusCode: 405, Body: []byte("<p>Your request has been blocked.</p>")}, "a firewall or filter on the way blocked"},
		"Azure":                  {pagehint.Page{StatusCode: 403, Header: server("Microsoft-Azure-Application-Gateway/v2"), Body: []byte("<html>")}, "Azure Application Gateway blocked"},
		"Exchange":               {pagehint.Page{StatusCode: 403, Header: http.Header{"X-Feserver": {"EX01"}}, Body: []byte("has been blocked")}, ""},
		"an empty 403":           {pagehint.Page{StatusCode: 403, Header: server("Sophos")}, ""},
		"a failure of a gateway": {pagehint.Page{StatusCode: 502, Header: server("Barracuda"), Body: []byte("<html>")}, ""},
		"a web site":             {pagehint.Page{StatusCode: 200, Body: []byte("<title>Welcome</title>")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := tc.page.Explain()
			if blocked := strings.Contains(got, " blocked the request: "); blocked != (tc.want != "") || !strings.HasPrefix(got, tc.want) {
				t.Errorf("%s; want %q", got, tc.want)
			}
		})
	}
}

// TestOfStatus holds that Cloudflare's statuses name the fault behind it.
func TestOfStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		503: "", 519: "", 520: "its response is not valid", 522: "connections time out", 526: "its certificate", 529: "", 530: "no address",
		511: "log in to the network", 531: "",
	} {
		if got := pagehint.OfStatus(status); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%d: %q, want %q", status, got, want)
		}
	}
}
