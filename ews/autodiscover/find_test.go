package autodiscover_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/autodiscover"
)

func TestFind(t *testing.T) {
	t.Parallel()
	expr := settings(proto("EXPR", ewsElement))
	tests := map[string]struct {
		pages   map[string]page
		records []*net.SRV
		hosts   []string
		want    string // URL; "": ewsURL
		source  string
		origins []string // where credentials were asked for
	}{
		"version 2 at the domain":    {pages: map[string]page{v2Domain: named(ewsURL)}, source: v2Domain},
		"version 2 at the subdomain": {pages: map[string]page{v2Sub: named(ewsURL)}, source: v2Sub},
		"the domain goes first": {
			pages:  map[string]page{v2Domain: named(ewsURL), v2Sub: named("https://b.contoso.com/EWS")},
			source: v2Domain,
		},
		"with a web site at the domain": {
			pages:  map[string]page{v2Domain: text(200, "text/html", "<!DOCTYPE html><html>"), v2Sub: named(ewsURL)},
			source: v2Sub,
		},
		"lower case, byte order mark": {
			pages:  map[string]page{v2Sub: jsonPage("\uFEFF" + `{"protocol":"Ews","url":"` + ewsURL + `"}`)},
			source: v2Sub,
		},
		"version 2 redirects": {
			pages: map[string]page{
				v2Domain: redirect("https://www.contoso.com/autodiscover/autodiscover.json?Email=tony%40contoso.com&Protocol=EWS"),
				"https://www.contoso.com/autodiscover/autodiscover.json": redirect("/v2?x=1"),
				"https://www.contoso.com/v2":                             named(ewsURL),
			},
			source: "https://www.contoso.com/v2",
		},
		"POX without credentials": {pages: map[string]page{poxDomain: expr}, source: poxDomain},
		"POX at the domain": {
			pages: map[string]page{poxDomain: login(expr)}, source: poxDomain,
			origins: []string{"https://contoso.com"},
		},
		"POX at the subdomain": {
			pages: map[string]page{poxDomain: status(500), poxSub: login(expr)}, source: poxSub,
			origins: []string{"https://autodiscover.contoso.com"},
		},
		"one host refuses the credentials": {
			pages: map[string]page{poxDomain: rejecting, poxSub: login(expr)}, source: poxSub,
			origins: []string{"https://contoso.com", "https://autodiscover.contoso.com"},
		},
		"version 2 asks for credentials": {
			pages: map[string]page{v2Sub: rejecting, poxSub: login(expr)}, source: poxSub,
			origins: []string{"https://autodiscover.contoso.com"},
		},
		"redirect before the login": {
			pages: map[string]page{
				poxDomain:                         redirect("https://mail.contoso.com:8443/x"),
				"https://mail.contoso.com:8443/x": login(expr),
			},
			source:  "https://mail.contoso.com:8443/x",
			origins: []string{"https://mail.contoso.com:8443"},
		},
		"redirect after the login": {
			pages: map[string]page{
				poxDomain: login(redirect("https://mail.contoso.com/x")), "https://mail.contoso.com/x": login(expr),
			},
			source:  "https://mail.contoso.com/x",
			origins: []string{"https://contoso.com", "https://mail.contoso.com"},
		},
		"redirectUrl": {
			pages: map[string]page{
				poxDomain:                    login(redirectURL(" https://mail.contoso.com/x\n")),
				"https://mail.contoso.com/x": login(expr),
			},
			source:  "https://mail.contoso.com/x",
			origins: []string{"https://contoso.com", "https://mail.contoso.com"},
		},
		"redirectAddr": {
			pages: map[string]page{
				poxSub: login(redirectAddr("tony@eu.contoso.com")),
				"https://eu.contoso.com/autodiscover/autodiscover.json/v1.0/tony@eu.contoso.com": named(ewsURL),
			},
			source:  "https://eu.contoso.com/autodiscover/autodiscover.json/v1.0/tony@eu.contoso.com",
			origins: []string{"https://autodiscover.contoso.com"},
		},
		"redirect over http": {
			pages: map[string]page{
				plain: redirect("https://mail.contoso.com/autodiscover/autodiscover.xml"),
				"https://mail.contoso.com/autodiscover/autodiscover.xml": login(expr),
			},
			source:  "https://mail.contoso.com/autodiscover/autodiscover.xml",
			origins: []string{"https://mail.contoso.com"},
		},
		"service record": {
			pages: map[string]page{"https://mx.contoso.com/autodiscover/autodiscover.xml": login(expr)},
			records: []*net.SRV{
				{Target: ".", Port: 443},
				{Target: "gone.contoso.com.", Port: 443},
				{Target: "MX.contoso.com.", Port: 443},
			},
			source:  "https://mx.contoso.com/autodiscover/autodiscover.xml",
			origins: []string{"https://mx.contoso.com"},
		},
		"service record with a port": {
			pages:   map[string]page{"https://mx.contoso.com:8443/autodiscover/autodiscover.xml": expr},
			records: []*net.SRV{{Target: "mx.contoso.com.", Port: 8443}},
			source:  "https://mx.contoso.com:8443/autodiscover/autodiscover.xml",
		},
		"service record of a hoster": {
			pages: map[string]page{
				"https://mail.hoster.example/autodiscover/autodiscover.xml": login(settings(proto("EXPR", ewsAt("https://x.mail.hoster.example/EWS")))),
			},
			records: []*net.SRV{{Target: "mail.hoster.example.", Port: 443}},
			hosts:   []string{"MAIL.hoster.example", "*.mail.hoster.example"},
			want:    "https://x.mail.hoster.example/EWS",
			source:  "https://mail.hoster.example/autodiscover/autodiscover.xml",
			origins: []string{"https://mail.hoster.example"},
		},
		"a mailbox that moved to the cloud": {
			pages: map[string]page{
				v2Sub:  redirect("https://outlook.office365.com/autodiscover/autodiscover.json/v1.0/tony@contoso.com?Protocol=EWS"),
				poxSub: login(redirectAddr("tony@contoso.mail.onmicrosoft.com")),
				"http://autodiscover.contoso.mail.onmicrosoft.com/autodiscover/autodiscover.xml": redirect("https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml"),
				"https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml":               login(redirect("https://autodiscover-s.outlook.com:443/Autodiscover/tony/autodiscover.xml")),
				"https://autodiscover-s.outlook.com:443/autodiscover/tony/autodiscover.xml": login(settings(proto("EXPR",
					ewsAt("https://outlook.office365.com/EWS/Exchange.asmx")))),
			},
			hosts:   autodiscover.ExchangeOnline(),
			want:    "https://outlook.office365.com/EWS/Exchange.asmx",
			source:  "https://autodiscover-s.outlook.com:443/Autodiscover/tony/autodiscover.xml",
			origins: []string{"https://autodiscover.contoso.com", "https://autodiscover-s.outlook.com"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := &internet{pages: tc.pages, records: tc.records}
			opts := n.options()
			opts.Hosts = tc.hosts
			found := mustFind(t, n, opts)
			if tc.want == "" {
				tc.want = ewsURL
			}
			if found.URL != tc.want || found.Source != tc.source {
				t.Errorf("found %s by %s\nwant  %s by %s", found.URL, found.Source, tc.want, tc.source)
			}
			_, origins := n.log()
			if diff := cmp.Diff(tc.origins, origins); diff != "" {
				t.Errorf("credentials were asked for (-want +got):\n%s", diff)
			}
			if last := found.Steps[len(found.Steps)-1]; len(found.Steps) == 0 || time.Since(found.Found) > time.Minute {
				t.Errorf("found at %v after %v", found.Found, last)
			}
		})
	}
}

func TestFind_Settings(t *testing.T) {
	t.Parallel()
	url := func(host string) string { return "<EwsUrl>https://" + host + ".contoso.com/EWS/Exchange.asmx</EwsUrl>" }
	tests := map[string]struct {
		response page
		want     autodiscover.Result
	}{
		"for outside goes first": {
			settings(
				proto("EXCH", url("cas")+"<ServerVersion>73C18880</ServerVersion><AuthPackage>Ntlm</AuthPackage><TTL>1</TTL>"),
				proto("EXPR", url("mail")+"<AuthPackage>Negotiate</AuthPackage><TTL>12</TTL>"),
			),
			autodiscover.Result{
				URL: "https://mail.contoso.com/EWS/Exchange.asmx", AuthPackage: "negotiate", TTL: 12 * time.Hour,
				Alternatives:  []string{"https://cas.contoso.com/EWS/Exchange.asmx"},
				ServerVersion: ews.ServerVersion{Major: 15, Minor: 1, MajorBuild: 2176},
			},
		},
		"EXPR without a URL": {
			settings(proto("EXPR", "<Server>mail.contoso.com</Server>"), proto("EXCH", url("cas"))),
			autodiscover.Result{URL: "https://cas.contoso.com/EWS/Exchange.asmx"},
		},
		"EXHTTP for inside and for outside": {
			settings(proto("EXCH", url("cas")), proto("EXHTTP", url("inside")), proto("EXHTTP", url("outside")+"<AuthPackage>Basic</AuthPackage>")),
			autodiscover.Result{
				URL: "https://outside.contoso.com/EWS/Exchange.asmx", AuthPackage: "basic",
				Alternatives: []string{
					"https://inside.contoso.com/EWS/Exchange.asmx", "https://cas.contoso.com/EWS/Exchange.asmx",
				},
			},
		},
		"for inside goes second, each once, none without trust": {
			settings(
				proto("EXCH", url("MAIL")), proto("EXPR", url("mail")), proto("EXHTTP", evilElement),
				proto("EXHTTP", ewsAt("http://cas.contoso.com/EWS")), proto("EXHTTP", url("cas")),
			),
			autodiscover.Result{
				URL:          "https://mail.contoso.com/EWS/Exchange.asmx",
				Alternatives: []string{"https://cas.contoso.com/EWS/Exchange.asmx"},
			},
		},
		"for browsers alone": {
			settings(proto("WEB", `<Internal><Protocol><Type>EXCH</Type><ASUrl>https://cas.contoso.com/EWS/Exchange.asmx</ASUrl></Protocol></Internal>`+
				`<External><Protocol><Type>EXPR</Type><ASUrl>https://mail.contoso.com/EWS/Exchange.asmx</ASUrl></Protocol></External>`)),
			autodiscover.Result{
				URL:          "https://mail.contoso.com/EWS/Exchange.asmx",
				Alternatives: []string{"https://cas.contoso.com/EWS/Exchange.asmx"},
			},
		},
		"an untrusted one with a trusted one": {
			settings(proto("EXPR", evilElement), proto("EXCH", url("cas"))),
			autodiscover.Result{URL: "https://cas.contoso.com/EWS/Exchange.asmx"},
		},
		"one without TLS, one with": {
			settings(proto("EXPR", ewsAt("http://mail.contoso.com/EWS/Exchange.asmx")), proto("EXCH", url("cas"))),
			autodiscover.Result{URL: "https://cas.contoso.com/EWS/Exchange.asmx"},
		},
		"ports out of range": {
			settings(
				proto("EXPR", ewsAt("https://mail.contoso.com:99999/EWS/Exchange.asmx")),
				proto("EXHTTP", ewsAt("https://mail.contoso.com:0/EWS/Exchange.asmx")), proto("EXCH", url("cas")),
			),
			autodiscover.Result{URL: "https://cas.contoso.com/EWS/Exchange.asmx"},
		},
		"Exchange 2007": {
			settings(proto("EXCH", "<ASUrl>https://mail.contoso.com/ews/exchange.asmx</ASUrl><ServerVersion>72008287</ServerVersion>")),
			autodiscover.Result{
				URL:           "https://mail.contoso.com/ews/exchange.asmx",
				ServerVersion: ews.ServerVersion{Major: 8, MajorBuild: 647},
			},
		},
		"other protocols and other clients": {
			settings(
				proto("WEB", "<Internal><OWAUrl>x</OWAUrl><Protocol><Type>EXCH</Type>"+evilElement+"</Protocol></Internal>"),
				`<Protocol Type="mapiHttp" Version="1"><MailStore><InternalUrl>https://x/</InternalUrl></MailStore></Protocol>`,
				proto("EXHTTP", url("mail")+"<TTL>many</TTL><ServerVersion>x</ServerVersion>"),
			),
			autodiscover.Result{URL: "https://mail.contoso.com/EWS/Exchange.asmx"},
		},
		"for clients with a token": {
			settings(proto("EXPR", ewsAt("https://mail.contoso.com/EWS/Exchange.asmx/WSSecurity/SymmetricKey"))),
			autodiscover.Result{URL: "https://mail.contoso.com/EWS/Exchange.asmx"},
		},
		"no action, no namespace, entities": {
			text(200, "text/xml", "<Autodiscover><Response><Account><Protocol Type='EXPR'><EwsUrl>\n https://mail.contoso.com/E&#87;S </EwsUrl></Protocol></Account></Response></Autodiscover>"),
			autodiscover.Result{URL: "https://mail.contoso.com/EWS"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := &internet{pages: map[string]page{poxDomain: tc.response}}
			got := mustFind(t, n, n.options())
			got.Steps, got.Found = nil, time.Time{}
			tc.want.Address, tc.want.Source = email, poxDomain
			if diff := cmp.Diff(tc.want, *got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if _, err := ews.NewClient(got.URL, nil); err != nil {
				t.Errorf("the URL is no endpoint: %v", err)
			}
		})
	}
}

// TestFind_Request holds the URLs and bodies of the requests.
func TestFind_Request(t *testing.T) {
	t.Parallel()
	const odd = `o'neil/?#&<x>%2f@contoso.com`
	n := &internet{}
	var path, query, body string
	n.pages = map[string]page{
		"https://contoso.com/autodiscover/autodiscover.json/v1.0/" + strings.ToLower(odd): func(r *http.Request) *http.Response {
			path, query = r.URL.EscapedPath(), r.URL.RawQuery
			return status(404)(r)
		},
		poxDomain: func(r *http.Request) *http.Response {
			b, _ := io.ReadAll(r.Body)
			body = string(b)
			return settings(proto("EXPR", ewsElement))(r)
		},
	}
	if _, err := autodiscover.Find(t.Context(), odd, n.options()); err != nil {
		t.Fatal(err)
	}
	if want := "<EMailAddress>o&#39;neil/?#&amp;&lt;x&gt;%2f@contoso.com</EMailAddress>"; !strings.Contains(body, want) {
		t.Errorf("POX sent %s\nwithout %s", body, want)
	}
	if want := "/autodiscover/autodiscover.json/v1.0/o%27neil%2F%3F%23&%3Cx%3E%252f@contoso.com"; path != want || query != "Protocol=EWS" {
		t.Errorf("version 2 asked for %s?%s\nwant %s?Protocol=EWS", path, query, want)
	}
}

func TestFind_Forbidden(t *testing.T) {
	t.Parallel()
	first := true
	n := &internet{pages: map[string]page{poxDomain: func(r *http.Request) *http.Response {
		if first {
			first = false
			return status(http.StatusForbidden)(r)
		}
		return settings(proto("EXPR", ewsElement))(r)
	}}}
	if found := mustFind(t, n, n.options()); found.URL != ewsURL {
		t.Errorf("found %s", found.URL)
	}
}

// TestFind_Redirect holds the argument of the callback, and that it is called once per host.
func TestFind_Redirect(t *testing.T) {
	t.Parallel()
	const there = "https://mail.hoster.example/autodiscover/autodiscover.xml"
	n := &internet{pages: map[string]page{
		v2Domain:  redirect("https://Mail.hoster.example/v2?token=secret"),
		poxDomain: redirect(there),
		there:     login(settings(proto("EXPR", ewsAt("https://mail.hoster.example/EWS")))),
	}}
	var asked []autodiscover.Redirect
	opts := n.options()
	opts.Redirect = func(_ context.Context, r autodiscover.Redirect) bool {
		asked = append(asked, r)
		return r.Host == "mail.hoster.example"
	}
	found := mustFind(t, n, opts)
	if found.URL != "https://mail.hoster.example/EWS" {
		t.Errorf("found %s", found.URL)
	}
	want := []autodiscover.Redirect{{From: v2Domain, Host: "mail.hoster.example"}}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("questions (-want +got):\n%s", diff)
	}
	if _, origins := n.log(); !slices.Equal(origins, []string{"https://mail.hoster.example"}) {
		t.Errorf("credentials were asked for %q", origins)
	}
}

// TestFind_Trust holds that Trust decides alone.
func TestFind_Trust(t *testing.T) {
	t.Parallel()
	n := &internet{pages: map[string]page{
		v2Domain: named(ewsURL),
		v2Sub:    named("https://mail.hoster.example/EWS"),
	}}
	opts := n.options()
	opts.Trust = func(host string) bool {
		return host == "autodiscover.contoso.com" || host == "mail.hoster.example"
	}
	if found := mustFind(t, n, opts); found.URL != "https://mail.hoster.example/EWS" {
		t.Errorf("found %s", found.URL)
	}
	requests, _ := n.log()
	if slices.ContainsFunc(requests, func(r string) bool { return strings.Contains(r, "//contoso.com/") }) {
		t.Errorf("a host without trust was asked: %q", requests)
	}
}

// TestFind_Headers holds which headers the requests have, and which they must not have.
func TestFind_Headers(t *testing.T) {
	t.Parallel()
	var got http.Header
	n := &internet{pages: map[string]page{
		poxDomain: func(r *http.Request) *http.Response {
			got = r.Header.Clone()
			return settings(proto("EXPR", ewsElement))(r)
		},
	}}
	mustFind(t, n, n.options())
	want := http.Header{
		"Accept":            {"text/xml"},
		"Content-Type":      {"text/xml; charset=utf-8"},
		"User-Agent":        {"go-ews-exchange-autodiscover"},
		"X-Clientcanhandle": {"ExHttpInfo"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("header of POX (-want +got):\n%s", diff)
	}
}
