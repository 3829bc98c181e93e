package autodiscover_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/autodiscover"
)

// TestFind_Hostile has answers that must lead nowhere: nothing is found, no credentials leave the
// domain, nothing at all is sent to a host that nobody trusts, and the error says what happened.
func TestFind_Hostile(t *testing.T) {
	t.Parallel()
	post := "POST " + poxDomain + ": "
	plainGet := "GET " + plain + ": "
	tests := map[string]struct {
		pages   map[string]page
		records []*net.SRV
		want    string // in the error's text
	}{
		"nothing there":      {want: "SRV _autodiscover._tcp.contoso.com: no such record"},
		"HTML":               {pages: map[string]page{poxDomain: text(200, "text/html", " <!doctype HTML><p>hi")}, want: post + "an HTML page"},
		"HTML of version 2":  {pages: map[string]page{v2Domain: text(200, "text/html", "<HTML>")}, want: "an HTML page"},
		"HTTP 503":           {pages: map[string]page{poxDomain: status(503)}, want: post + "HTTP 503: too busy"},
		"HTTP 456":           {pages: map[string]page{poxDomain: status(456)}, want: post + "HTTP 456;"},
		"HTTP 403":           {pages: map[string]page{poxDomain: status(403)}, want: post + "HTTP 403 twice"},
		"unknown address":    {pages: map[string]page{poxDomain: refusal("500", "The email address can't be found.")}, want: `code "500" (The email address can't be found.); check the address`},
		"no provider":        {pages: map[string]page{poxDomain: login(refusal("601", ""))}, want: `code "601"`},
		"error of version 2": {pages: map[string]page{v2Domain: text(404, "application/json", `{"ErrorCode":"UserNotFound","ErrorMessage":"no\nsuch"}`)}, want: `code "UserNotFound" (no such)`},
		"other protocol":     {pages: map[string]page{v2Domain: jsonPage(`{"Protocol":"REST","Url":"` + ewsURL + `"}`)}, want: "about the protocol REST"},
		"no JSON":            {pages: map[string]page{v2Domain: jsonPage(`{"Url":`)}, want: "no JSON"},
		"JSON of a number":   {pages: map[string]page{v2Domain: jsonPage(`{"Url":7}`)}, want: "no JSON"},
		"no URL":             {pages: map[string]page{v2Domain: jsonPage(`{}`)}, want: "names no URL"},
		"no settings":        {pages: map[string]page{poxDomain: settings()}, want: "no EWS URL"},
		"empty":              {pages: map[string]page{poxDomain: text(200, "text/xml", "")}, want: "empty, or ends"},
		"cut":                {pages: map[string]page{poxDomain: text(200, "text/xml", "<Autodiscover><Response>")}, want: "ends in the middle"},
		"other document":     {pages: map[string]page{poxDomain: text(200, "text/xml", "<rss/>")}, want: `its root is "rss"`},
		"two roots":          {pages: map[string]page{poxDomain: text(200, "text/xml", "<Autodiscover/><Autodiscover/>")}, want: "second root"},
		"crossed tags":       {pages: map[string]page{poxDomain: text(200, "text/xml", "<Autodiscover><a></Autodiscover></a>")}, want: "without its start"},
		"DOCTYPE":            {pages: map[string]page{poxDomain: text(200, "text/xml", `<!DOCTYPE a [<!ENTITY b "c">]><Autodiscover/>`)}, want: "DOCTYPE"},
		"deep":               {pages: map[string]page{poxDomain: text(200, "text/xml", "<Autodiscover>"+strings.Repeat("<a>", 100))}, want: "nested too deeply"},
		"many protocols":     {pages: map[string]page{poxDomain: settings(slices.Repeat([]string{"<Protocol/>"}, 100)...)}, want: "too many protocols"},
		"another encoding":   {pages: map[string]page{poxDomain: text(200, "text/xml", `<?xml version="1.0" encoding="utf-7"?><Autodiscover/>`)}, want: "no XML"},
		"larger than anything": {
			pages: map[string]page{poxDomain: text(200, "text/xml", "<Autodiscover>"+strings.Repeat(" ", 1<<20))},
			want:  "larger than 1048576 bytes",
		},

		"endpoint elsewhere":            {pages: map[string]page{v2Domain: named("https://evil.example/EWS")}, want: "leads to evil.example, which is not trusted"},
		"endpoint elsewhere by POX":     {pages: map[string]page{poxDomain: login(settings(proto("EXPR", evilElement)))}, want: "leads to evil.example"},
		"endpoint without TLS":          {pages: map[string]page{v2Domain: named("http://mail.contoso.com/EWS")}, want: "not https"},
		"endpoint with a query":         {pages: map[string]page{v2Domain: named("https://mail.contoso.com/EWS?x")}, want: "a URL with a query"},
		"endpoint with a password":      {pages: map[string]page{v2Domain: named("https://u:secret@mail.contoso.com/EWS")}, want: "user information"},
		"endpoint without host":         {pages: map[string]page{v2Domain: named("/EWS/Exchange.asmx")}, want: "without host"},
		"endpoint of another kind":      {pages: map[string]page{v2Domain: named("file://contoso.com/etc/passwd")}, want: "not https"},
		"long URL":                      {pages: map[string]page{v2Domain: named("https://contoso.com/" + strings.Repeat("x", 5000))}, want: "too long"},
		"no URL at all":                 {pages: map[string]page{v2Domain: named("::")}, want: "not a URL"},
		"host that ends alike":          {pages: map[string]page{v2Domain: named("https://evilcontoso.com/EWS")}, want: "leads to evilcontoso.com"},
		"host that begins alike":        {pages: map[string]page{v2Domain: named("https://contoso.com.evil.example/EWS")}, want: "leads to contoso.com.evil.example"},
		"host behind user information":  {pages: map[string]page{v2Domain: named("https://contoso.com:443@evil.example/EWS")}, want: "user information"},
		"host in other letters":         {pages: map[string]page{v2Domain: named("https://evil.example／.contoso.com/EWS")}, want: "not ASCII"},
		"address of a machine":          {pages: map[string]page{v2Domain: named("https://192.0.2.1/EWS")}, want: "leads to 192.0.2.1"},
		"redirect elsewhere":            {pages: map[string]page{poxDomain: redirect(evil)}, want: "POST " + evil + ": " + poxDomain + " leads to evil.example"},
		"redirect after the login":      {pages: map[string]page{poxDomain: login(redirect(evil))}, want: "leads to evil.example"},
		"redirect without TLS":          {pages: map[string]page{poxDomain: login(redirect("http://mail.contoso.com/x"))}, want: "not https"},
		"redirect without Location":     {pages: map[string]page{poxDomain: status(302)}, want: "redirects to nothing"},
		"redirectUrl elsewhere":         {pages: map[string]page{poxDomain: login(account("<Action>redirectUrl</Action><RedirectUrl>" + evil + "</RedirectUrl>"))}, want: "leads to evil.example"},
		"redirectUrl to nowhere":        {pages: map[string]page{poxDomain: login(account("<Action>redirectUrl</Action>"))}, want: "lacks the URL"},
		"redirectAddr elsewhere":        {pages: map[string]page{poxDomain: login(account("<Action>redirectAddr</Action><RedirectAddr>tony@evil.example</RedirectAddr>"))}, want: "leads to evil.example"},
		"redirectAddr to nobody":        {pages: map[string]page{poxDomain: login(account("<Action>redirectAddr</Action><RedirectAddr>tony</RedirectAddr>"))}, want: "not an address"},
		"redirectAddr without address":  {pages: map[string]page{poxDomain: login(account("<Action>redirectAddr</Action>"))}, want: "lacks the address"},
		"redirectAddr to the same":      {pages: map[string]page{poxDomain: login(account("<Action>redirectAddr</Action><RedirectAddr>Tony@Contoso.com</RedirectAddr>"))}, want: "an address that was tried before"},
		"redirect over http elsewhere":  {pages: map[string]page{plain: redirect(evil)}, want: "leads to evil.example"},
		"redirect over http to http":    {pages: map[string]page{plain: redirect("http://mail.contoso.com/x")}, want: plainGet + "redirects to a URL that is not https"},
		"settings over http":            {pages: map[string]page{plain: settings(proto("EXPR", ewsElement))}, want: plainGet + "HTTP 200, no redirect"},
		"login over http":               {pages: map[string]page{plain: login(redirect(poxSub))}, want: plainGet + "HTTP 401, no redirect"},
		"service record elsewhere":      {records: []*net.SRV{{Target: "evil.example.", Port: 443}}, want: "SRV _autodiscover._tcp.contoso.com leads to evil.example"},
		"service record of a machine":   {records: []*net.SRV{{Target: "192.0.2.1", Port: 443}}, want: "no usable record"},
		"service record without a port": {records: []*net.SRV{{Target: "mx.contoso.com.", Port: 0}}, want: "no usable record"},
		"no service, says the record":   {records: []*net.SRV{{Target: ".", Port: 0}}, want: "no usable record"},
		"redirect to itself":            {pages: map[string]page{poxDomain: redirect("HTTPS://CONTOSO.COM:443/AutoDiscover/AutoDiscover.xml")}, want: "round in a circle"},
		"redirect to itself with login": {pages: map[string]page{poxDomain: login(redirect(poxDomain))}, want: "round in a circle"},
		"circle of version 2":           {pages: map[string]page{v2Domain: redirect("/a"), "https://contoso.com/a": redirect("/b"), "https://contoso.com/b": redirect("/a")}, want: "round in a circle"},
		"circle through http":           {pages: map[string]page{plain: redirect(poxSub), poxSub: status(500)}, want: "round in a circle"},
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

// mustFail is Find where it must not find, nor tell or send what it should not.
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
			t.Errorf("sent to a host that nobody trusts: %s", r)
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

// TestFind_ManyRedirects holds that the eleventh redirect is not followed, whatever its kind.
func TestFind_ManyRedirects(t *testing.T) {
	t.Parallel()
	to := func(i int) string { return fmt.Sprintf("https://contoso.com/%d", i) }
	tests := map[string]func(redirects int) map[string]page{
		"of HTTP": func(redirects int) map[string]page {
			pages := map[string]page{poxDomain: login(redirect(to(1)))}
			for i := 1; i < redirects; i++ {
				pages[to(i)] = login(redirect(to(i + 1)))
			}
			pages[to(redirects)] = settings(proto("EXPR", ewsElement))
			return pages
		},
		"of the address": func(redirects int) map[string]page {
			pages := map[string]page{poxDomain: account("<Action>redirectAddr</Action><RedirectAddr>tony@1.contoso.com</RedirectAddr>")}
			for i := 1; i <= redirects; i++ {
				at := fmt.Sprintf("https://%d.contoso.com/autodiscover/autodiscover.xml", i)
				pages[at] = account(fmt.Sprintf("<Action>redirectAddr</Action><RedirectAddr>tony@%d.contoso.com</RedirectAddr>", i+1))
				if i == redirects {
					pages[at] = settings(proto("EXPR", ewsElement))
				}
			}
			return pages
		},
	}
	for name, pages := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := &internet{pages: pages(10)}
			if found := mustFind(t, n, n.options()); found.URL != ewsURL {
				t.Errorf("found %s", found.URL)
			}
			n = &internet{pages: pages(11)}
			if err := mustFail(t, n, n.options()); !strings.Contains(err.Error(), "more than 10 redirects") &&
				!strings.Contains(err.Error(), "after too many") {
				t.Errorf("eleven: %v", err)
			}
		})
	}
}

// TestFind_LockOut holds that a wrong password is given to two hosts at most, and once to each.
func TestFind_LockOut(t *testing.T) {
	t.Parallel()
	const mail, mx = "https://mail.contoso.com/x", "https://mx.contoso.com/autodiscover/autodiscover.xml"
	n := &internet{
		pages: map[string]page{
			poxDomain: rejecting, poxSub: rejecting, plain: redirect(mail), mail: rejecting, mx: rejecting,
		},
		records: []*net.SRV{{Target: "mx.contoso.com.", Port: 443}},
	}
	err := mustFail(t, n, n.options())
	requests, _ := n.log()
	logins := slices.DeleteFunc(requests, func(r string) bool { return !strings.HasSuffix(r, "+login") })
	want := []string{"POST " + poxDomain + " +login", "POST " + poxSub + " +login"}
	if diff := cmp.Diff(want, logins); diff != "" {
		t.Errorf("logins (-want +got):\n%s", diff)
	}
	if !strings.Contains(err.Error(), "2 hosts refused the credentials") {
		t.Errorf("the error does not say so: %v", err)
	}
}

func TestFind_Client(t *testing.T) {
	t.Parallel()
	errVault := errors.New("vault is sealed")
	refused := &statusError{401}
	tests := map[string]struct {
		client func(string) (*http.Client, error)
		want   string
		is     error
	}{
		"none":          {nil, "there are none (Options.Client)", nil},
		"nil":           {func(string) (*http.Client, error) { return nil, nil }, "there are none for it", nil},
		"error":         {func(string) (*http.Client, error) { return nil, errVault }, "no client for https://contoso.com: vault", errVault},
		"refuses":       {failing(refused), "the credentials were refused", refused},
		"fails":         {failing(errVault), "vault is sealed", errVault},
		"keeps cookies": {func(string) (*http.Client, error) { return &http.Client{Jar: noJar{t}, Transport: rejecting401{}}, nil }, "were refused", nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := &internet{pages: map[string]page{poxDomain: rejecting}}
			opts := n.options()
			opts.Client = tc.client
			err := mustFail(t, n, opts)
			if !strings.Contains(err.Error(), tc.want) || tc.is != nil && !errors.Is(err, tc.is) {
				t.Errorf("the error lacks %q, or %v in it:\n%v", tc.want, tc.is, err)
			}
		})
	}
}

// statusError is what a transport that logs in makes of an answer.
type statusError struct{ code int }

func (e *statusError) Error() string   { return "no" }
func (e *statusError) StatusCode() int { return e.code }

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func failing(err error) func(string) (*http.Client, error) {
	return func(string) (*http.Client, error) {
		return &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, err })}, nil
	}
}

type rejecting401 struct{}

func (rejecting401) RoundTrip(r *http.Request) (*http.Response, error) { return rejecting(r), nil }

// TestFind_Certificate holds that a certificate for another name ends the step, for requests with
// and without credentials alike, and that the host is not asked again.
func TestFind_Certificate(t *testing.T) {
	t.Parallel()
	reached := make(chan string, 100)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		reached <- r.URL.Path
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes
	srv.StartTLS()
	t.Cleanup(srv.Close)
	transport := srv.Client().Transport.(*http.Transport).Clone() //nolint:errcheck // of httptest
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if strings.HasSuffix(addr, ":80") {
			return nil, errors.New("nobody there")
		}
		return new(net.Dialer).DialContext(ctx, network, srv.Listener.Addr().String())
	}
	t.Cleanup(transport.CloseIdleConnections)
	opts := (&internet{}).options()
	opts.Transport = transport
	_, err := autodiscover.Find(t.Context(), email, opts)
	if err == nil || !strings.Contains(err.Error(), "certificate") || len(reached) > 0 {
		t.Errorf("reached %d times: %v", len(reached), err)
	}
	if !strings.Contains(err.Error(), "there was no connection to this host before") {
		t.Errorf("the host was asked again: %v", err)
	}
}

func TestFind_Input(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		email string
		opts  autodiscover.Options
		field string
	}{
		"empty":            {"", autodiscover.Options{}, "email"},
		"no at sign":       {"contoso.com", autodiscover.Options{}, "email"},
		"nobody":           {"@contoso.com", autodiscover.Options{}, "email"},
		"two at signs":     {"a@b@contoso.com", autodiscover.Options{}, "email"},
		"no domain":        {"tony@", autodiscover.Options{}, "email"},
		"top-level domain": {"tony@com", autodiscover.Options{}, "email"},
		"empty label":      {"tony@contoso..com", autodiscover.Options{}, "email"},
		"with a path":      {"tony@contoso.com/x", autodiscover.Options{}, "email"},
		"with a port":      {"tony@contoso.com:443", autodiscover.Options{}, "email"},
		"with a blank":     {"to ny@contoso.com", autodiscover.Options{}, "email"},
		"with a line feed": {"tony@contoso.com\n", autodiscover.Options{}, "email"},
		"with a name":      {"Tony <tony@contoso.com>", autodiscover.Options{}, "email"},
		"not ASCII":        {"tony@bücher.example", autodiscover.Options{}, "email"},
		"not UTF-8":        {"t\xffny@contoso.com", autodiscover.Options{}, "email"},
		"machine":          {"tony@192.0.2.1", autodiscover.Options{}, "email"},
		"long":             {strings.Repeat("a", 300) + "@contoso.com", autodiscover.Options{}, "email"},
		"trust in a URL":   {email, autodiscover.Options{Hosts: []string{"https://mail.contoso.com"}}, "Options.Hosts"},
		"trust in all":     {email, autodiscover.Options{Hosts: []string{"*.com"}}, "Options.Hosts"},
		"negative time":    {email, autodiscover.Options{StepTimeout: -1}, "Options.StepTimeout"},
		"no certificates":  {email, autodiscover.Options{Transport: insecure()}, "Options.Transport"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := &internet{}
			if tc.opts.Transport == nil {
				tc.opts.Transport = n
			}
			tc.opts.Resolver = n
			_, err := autodiscover.Find(t.Context(), tc.email, &tc.opts)
			var bad *ews.InputError
			if !errors.As(err, &bad) || bad.Field != tc.field {
				t.Errorf("Find: %v", err)
			}
			if requests, _ := n.log(); len(requests) > 0 {
				t.Errorf("sent all the same: %q", requests)
			}
		})
	}
}
