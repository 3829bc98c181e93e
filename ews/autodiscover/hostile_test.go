package autodiscover_test

import (
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews/autodiscover"
)

// TestFind_Hostile has responses that must find no endpoint: no credentials leave the domain,
// nothing at all is sent to a host that is not trusted, and the error says what happened.
func TestFind_Hostile(t *testing.T) {
	t.Parallel()
	post := "POST " + poxDomain + ": "
	plainGet := "GET " + plain + ": "
	tests := map[string]struct {
		pages   map[string]page
		records []*net.SRV
		want    string // in the error's text
	}{
		"nothing there": {want: "SRV _autodiscover._tcp.contoso.com: no such record"},
		"HTML": {
			pages: map[string]page{poxDomain: text(200, "text/html", " <!doctype HTML><p>hi")},
			want:  post + "an HTML page",
		},
		"HTML with an XML declaration": {
			pages: map[string]page{poxDomain: text(200, "text/html", `<?xml version="1.0"?><!DOCTYPE html><html/>`)},
			want:  post + "an HTML page",
		},
		"HTML after a comment": {
			pages: map[string]page{poxDomain: text(200, "text/html", "<!-- x --><html>")},
			want:  post + "an HTML page",
		},
		"HTML of a log-in form": {
			pages: map[string]page{poxDomain: text(200, "text/html", `<html><input type="password">`)},
			want:  post + "a log-in form stands before Autodiscover",
		},
		"HTML of version 2": {
			pages: map[string]page{v2Domain: text(200, "text/html", "<HTML>")},
			want:  "an HTML page",
		},
		"HTTP 503": {pages: map[string]page{poxDomain: status(503)}, want: post + "HTTP 503: too busy"},
		"HTTP 456": {pages: map[string]page{poxDomain: status(456)}, want: post + "HTTP 456;"},
		"HTTP 403": {pages: map[string]page{poxDomain: status(403)}, want: post + "HTTP 403 twice"},
		"unknown address": {
			pages: map[string]page{poxDomain: refusal("500", "The email address can't be found.")},
			want:  `code "500" (The email address can't be found.); check the address`,
		},
		"no provider": {pages: map[string]page{poxDomain: login(refusal("601", ""))}, want: `code "601"`},
		"error of version 2": {
			pages: map[string]page{
				v2Domain: text(404, "application/json", `{"ErrorCode":"UserNotFound","ErrorMessage":"no\nsuch"}`),
			},
			want: `code "UserNotFound" (no such)`,
		},
		"other protocol": {
			pages: map[string]page{v2Domain: jsonPage(`{"Protocol":"REST","Url":"` + ewsURL + `"}`)},
			want:  "about the protocol REST",
		},
		"no JSON":          {pages: map[string]page{v2Domain: jsonPage(`{"Url":`)}, want: "no JSON"},
		"JSON of a number": {pages: map[string]page{v2Domain: jsonPage(`{"Url":7}`)}, want: "no JSON"},
		"no URL":           {pages: map[string]page{v2Domain: jsonPage(`{}`)}, want: "names no URL"},
		"no settings":      {pages: map[string]page{poxDomain: settings()}, want: "no EWS URL"},
		"empty": {
			pages: map[string]page{poxDomain: text(200, "text/xml", "")},
			want:  "empty, or ends",
		},
		"cut": {
			pages: map[string]page{poxDomain: text(200, "text/xml", "<Autodiscover><Response>")},
			want:  "ends in the middle",
		},
		"other document": {
			pages: map[string]page{poxDomain: text(200, "text/xml", "<rss/>")},
			want:  `its root is "rss"`,
		},
		"two roots": {
			pages: map[string]page{poxDomain: text(200, "text/xml", "<Autodiscover/><Autodiscover/>")},
			want:  "second root",
		},
		"crossed tags": {
			pages: map[string]page{poxDomain: text(200, "text/xml", "<Autodiscover><a></Autodiscover></a>")},
			want:  "without its start",
		},
		"DOCTYPE": {
			pages: map[string]page{poxDomain: text(200, "text/xml", `<!DOCTYPE a [<!ENTITY b "c">]><Autodiscover/>`)},
			want:  "DOCTYPE",
		},
		"deep": {
			pages: map[string]page{poxDomain: text(200, "text/xml", "<Autodiscover>"+strings.Repeat("<a>", 100))},
			want:  "nested too deeply",
		},
		"many protocols": {
			pages: map[string]page{poxDomain: settings(slices.Repeat([]string{"<Protocol/>"}, 100)...)},
			want:  "too many protocols",
		},
		"another encoding": {
			pages: map[string]page{
				poxDomain: text(200, "text/xml", `<?xml version="1.0" encoding="utf-7"?><Autodiscover/>`),
			},
			want: "no XML",
		},
		"larger than anything": {
			pages: map[string]page{poxDomain: text(200, "text/xml", "<Autodiscover>"+strings.Repeat(" ", 1<<20))},
			want:  "larger than 1048576 bytes",
		},
		"larger than anything, in gzip": {
			pages: map[string]page{
				poxDomain: packed("gzip", text(200, "text/xml", "<Autodiscover>"+strings.Repeat(" ", 1<<20))),
			},
			want: "larger than 1048576 bytes",
		},

		"endpoint elsewhere": {
			pages: map[string]page{v2Domain: named("https://evil.example/EWS")},
			want:  "leads to evil.example, which is not trusted",
		},
		"endpoint elsewhere by POX": {
			pages: map[string]page{poxDomain: login(settings(proto("EXPR", evilElement)))},
			want:  "leads to evil.example",
		},
		"endpoint without TLS": {
			pages: map[string]page{v2Domain: named("http://mail.contoso.com/EWS")},
			want:  "not https",
		},
		"endpoint with a query": {
			pages: map[string]page{v2Domain: named("https://mail.contoso.com/EWS?x")},
			want:  "a URL with a query",
		},
		"endpoint with a password": {
			pages: map[string]page{v2Domain: named("https://u:secret@mail.contoso.com/EWS")},
			want:  "user information",
		},
		"endpoint without host": {
			pages: map[string]page{v2Domain: named("/EWS/Exchange.asmx")},
			want:  "without host",
		},
		"endpoint of another kind": {
			pages: map[string]page{v2Domain: named("file://contoso.com/etc/passwd")},
			want:  "not https",
		},
		"long URL": {
			pages: map[string]page{v2Domain: named("https://contoso.com/" + strings.Repeat("x", 5000))},
			want:  "too long",
		},
		"no URL at all": {pages: map[string]page{v2Domain: named("::")}, want: "not a URL"},
		"host that ends alike": {
			pages: map[string]page{v2Domain: named("https://evilcontoso.com/EWS")},
			want:  "leads to evilcontoso.com",
		},
		"host that begins alike": {
			pages: map[string]page{v2Domain: named("https://contoso.com.evil.example/EWS")},
			want:  "leads to contoso.com.evil.example",
		},
		"host behind user information": {
			pages: map[string]page{v2Domain: named("https://contoso.com:443@evil.example/EWS")},
			want:  "user information",
		},
		"host in other letters": {
			pages: map[string]page{v2Domain: named("https://evil.example／.contoso.com/EWS")},
			want:  "not ASCII",
		},
		"address of a machine": {
			pages: map[string]page{v2Domain: named("https://192.0.2.1/EWS")},
			want:  "leads to 192.0.2.1",
		},
		"redirect elsewhere": {
			pages: map[string]page{poxDomain: redirect(evil)},
			want:  "POST " + evil + ": " + poxDomain + " leads to evil.example",
		},
		"redirect after the login": {
			pages: map[string]page{poxDomain: login(redirect(evil))},
			want:  "leads to evil.example",
		},
		"redirect without TLS": {
			pages: map[string]page{poxDomain: login(redirect("http://mail.contoso.com/x"))},
			want:  "not https",
		},
		"redirect without Location": {
			pages: map[string]page{poxDomain: status(302)},
			want:  "redirects to nothing",
		},
		"redirectUrl elsewhere": {
			pages: map[string]page{poxDomain: login(redirectURL(evil))},
			want:  "leads to evil.example",
		},
		"redirectUrl to nowhere": {
			pages: map[string]page{poxDomain: login(account("<Action>redirectUrl</Action>"))},
			want:  "lacks the URL",
		},
		"redirectAddr elsewhere": {
			pages: map[string]page{poxDomain: login(redirectAddr("tony@evil.example"))},
			want:  "leads to evil.example",
		},
		"redirectAddr without a domain": {
			pages: map[string]page{poxDomain: login(redirectAddr("tony"))},
			want:  "not an address",
		},
		"redirectAddr without address": {
			pages: map[string]page{poxDomain: login(account("<Action>redirectAddr</Action>"))},
			want:  "lacks the address",
		},
		"redirectAddr to the same": {
			pages: map[string]page{poxDomain: login(redirectAddr("Tony@Contoso.com"))},
			want:  "an address that was tried before",
		},
		"redirect over http elsewhere": {
			pages: map[string]page{plain: redirect(evil)},
			want:  "leads to evil.example",
		},
		"redirect over http to http": {
			pages: map[string]page{plain: redirect("http://mail.contoso.com/x")},
			want:  plainGet + "redirects to a URL that is not https",
		},
		"settings over http": {
			pages: map[string]page{plain: settings(proto("EXPR", ewsElement))},
			want:  plainGet + "HTTP 200, no redirect",
		},
		"login over http": {
			pages: map[string]page{plain: login(redirect(poxSub))},
			want:  plainGet + "HTTP 401, no redirect",
		},
		"service record elsewhere": {
			records: []*net.SRV{{Target: "evil.example.", Port: 443}},
			want:    "SRV _autodiscover._tcp.contoso.com leads to evil.example",
		},
		"service record of a machine": {
			records: []*net.SRV{{Target: "192.0.2.1", Port: 443}},
			want:    "no usable record",
		},
		"service record without a port": {
			records: []*net.SRV{{Target: "mx.contoso.com.", Port: 0}},
			want:    "no usable record",
		},
		"no service, says the record": {records: []*net.SRV{{Target: ".", Port: 0}}, want: "no usable record"},
		"redirect to itself": {
			pages: map[string]page{poxDomain: redirect("HTTPS://CONTOSO.COM:443/AutoDiscover/AutoDiscover.xml")},
			want:  "round in a circle",
		},
		"redirect to itself with login": {
			pages: map[string]page{poxDomain: login(redirect(poxDomain))},
			want:  "round in a circle",
		},
		"circle of version 2": {
			pages: map[string]page{
				v2Domain:                redirect("/a"),
				"https://contoso.com/a": redirect("/b"),
				"https://contoso.com/b": redirect("/a"),
			},
			want: "round in a circle",
		},
		"circle through http": {
			pages: map[string]page{plain: redirect(poxSub), poxSub: status(500)},
			want:  "round in a circle",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.pages == nil {
				tc.pages = map[string]page{}
			}
			tc.pages[evil] = login(settings(proto("EXPR", evilElement)))
			n := &internet{pages: tc.pages, records: tc.records}
			err := mustFail(t, n, n.options())
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("the error lacks %q:\n%v", tc.want, err)
			}
		})
	}
}

// mustFail is Find in a case where it must find nothing, reveal nothing and send no credentials.
func mustFail(t *testing.T, n *internet, opts *autodiscover.Options) *autodiscover.Error {
	t.Helper()
	found, err := autodiscover.Find(t.Context(), email, opts)
	var failed *autodiscover.Error
	if !errors.As(err, &failed) || found != nil {
		t.Fatalf("Find: %v, %v", found, err)
	}
	if len(failed.Steps) == 0 || strings.ContainsAny(err.Error(), "\n\r") {
		t.Errorf("%d steps, text %q", len(failed.Steps), err)
	}
	for _, s := range failed.Steps {
		if s.Action == "" || s.Target == "" || s.Outcome == "" {
			t.Errorf("a step says too little: %+v", s)
		}
	}
	if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "?") {
		t.Errorf("the error tells too much: %v", err)
	}
	requests, origins := n.log()
	for _, r := range requests {
		if strings.Contains(r, "evil.example") {
			t.Errorf("sent to a host that is not trusted: %s", r)
		}
		if strings.Contains(r, " http:") && (!strings.HasPrefix(r, "GET ") || strings.HasSuffix(r, "+login")) {
			t.Errorf("sent over http: %s", r)
		}
	}
	for _, o := range origins {
		if !strings.HasPrefix(o, "https://") || o != "https://contoso.com" && !strings.HasSuffix(o, ".contoso.com") {
			t.Errorf("credentials were asked for %s", o)
		}
	}
	return failed
}
