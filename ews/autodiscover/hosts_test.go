package autodiscover_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-ews/exchange/ews/autodiscover"
)

// page responds to one request.
type page func(*http.Request) *http.Response

// internet is all there is in a test: responses by URL without query, and records in DNS. It is a
// RoundTripper, so that nothing of it needs a socket, and works in a synctest bubble. A host
// without a page has no name.
type internet struct {
	pages   map[string]page // "https://contoso.com/autodiscover/autodiscover.xml", paths in lower case
	others  page            // of every URL that has no page; nil: as said above
	records []*net.SRV

	active atomic.Int32 // requests that go on

	mu       sync.Mutex
	requests []string // "POST https://… +login"
	origins  []string // that Options.Client was asked for
}

func (n *internet) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, context.Cause(r.Context())
	}
	n.active.Add(1)
	defer n.active.Add(-1)
	line := r.Method + " " + r.URL.Scheme + "://" + r.URL.Host + r.URL.EscapedPath()
	if r.Header.Get("Authorization") != "" {
		line += " +login"
	}
	n.mu.Lock()
	n.requests = append(n.requests, line)
	n.mu.Unlock()
	at := strings.ToLower(r.URL.Scheme + "://" + r.URL.Host)
	respond, ok := n.pages[at+strings.ToLower(r.URL.Path)]
	if !ok && n.others != nil {
		respond, ok = n.others, true
	}
	if !ok {
		for known := range n.pages {
			if strings.HasPrefix(known, at+"/") {
				return status(http.StatusNotFound)(r), nil
			}
		}
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{
			Err: "no such host", Name: r.URL.Hostname(), IsNotFound: true,
		}}
	}
	resp := respond(r)
	if resp == nil { // never
		<-r.Context().Done()
		time.Sleep(time.Millisecond) // a connection takes a moment to close
		return nil, context.Cause(r.Context())
	}
	return resp, nil
}

func (n *internet) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	cname := "_" + service + "._" + proto + "." + name + "."
	if cname != "_autodiscover._tcp.contoso.com." || n.records == nil {
		return "", nil, &net.DNSError{Err: "no such host", Name: cname, IsNotFound: true}
	}
	return cname, n.records, nil
}

// client logs in at an origin.
func (n *internet) client(origin string) (*http.Client, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.origins = append(n.origins, origin)
	return &http.Client{Transport: withLogin{n}}, nil
}

type withLogin struct{ base http.RoundTripper }

func (l withLogin) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.SetBasicAuth("tony", "secret")
	return l.base.RoundTrip(r)
}

// options are those of most tests.
func (n *internet) options() *autodiscover.Options {
	return &autodiscover.Options{Transport: n, Resolver: n, Client: n.client}
}

// log returns the requests that came, and where credentials were asked for.
func (n *internet) log() (requests, origins []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.requests...), append([]string(nil), n.origins...)
}

// sawLogin returns the requests with credentials that went to a host.
func (n *internet) sawLogin(host string) []string {
	requests, _ := n.log()
	var seen []string
	for _, r := range requests {
		if strings.HasSuffix(r, "+login") && strings.Contains(r, "://"+host+"/") {
			seen = append(seen, r)
		}
	}
	return seen
}

func text(code int, contentType, body string) page {
	return func(r *http.Request) *http.Response {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
		resp := w.Result()
		resp.Request = r
		return resp
	}
}

func status(code int) page { return text(code, "text/html", "<html>an error page</html>") }

func redirect(to string) page {
	return func(r *http.Request) *http.Response {
		resp := status(http.StatusFound)(r)
		resp.Header.Set("Location", to)
		return resp
	}
}

func jsonPage(body string) page { return text(http.StatusOK, "application/json; charset=utf-8", body) }

func named(endpoint string) page { return jsonPage(`{"Protocol":"EWS","Url":"` + endpoint + `"}`) }

func never(*http.Request) *http.Response { return nil }

// login responds 401 without the right credentials.
func login(p page) page {
	return func(r *http.Request) *http.Response {
		if user, password, ok := r.BasicAuth(); ok && user == "tony" && password == "secret" {
			return p(r)
		}
		resp := status(http.StatusUnauthorized)(r)
		resp.Header.Set("WWW-Authenticate", `Basic realm="mail"`)
		return resp
	}
}

// rejecting responds 401 to all credentials.
func rejecting(r *http.Request) *http.Response { return status(http.StatusUnauthorized)(r) }

// account is a response of POX with that content of its Account element.
func account(content string) page {
	return text(http.StatusOK, "text/xml", `<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">
  <Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a">
    <User><DisplayName>Tony</DisplayName></User>
    <Account><AccountType>email</AccountType>`+content+`</Account>
  </Response>
</Autodiscover>`)
}

// redirectAddr is a response of POX that names another address, redirectURL one that names another
// place.
func redirectAddr(to string) page {
	return account("<Action>redirectAddr</Action><RedirectAddr>" + to + "</RedirectAddr>")
}

func redirectURL(to string) page {
	return account("<Action>redirectUrl</Action><RedirectUrl>" + to + "</RedirectUrl>")
}

func ewsAt(endpoint string) string { return "<EwsUrl>" + endpoint + "</EwsUrl>" }

// settings is a response of POX with those protocols.
func settings(protocols ...string) page {
	return account("<Action>settings</Action>" + strings.Join(protocols, ""))
}

func proto(kind, elements string) string {
	return "<Protocol><Type>" + kind + "</Type>" + elements + "</Protocol>"
}

// refusal is an error of POX.
func refusal(code, message string) page {
	return text(http.StatusOK, "text/xml", `<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">
  <Response><Error Time="12:00:00.0000000" Id="1"><ErrorCode>`+code+`</ErrorCode>
    <Message>`+message+`</Message><DebugData/></Error></Response>
</Autodiscover>`)
}

// Where the pages are.
const (
	email       = "tony@contoso.com"
	v2Domain    = "https://contoso.com/autodiscover/autodiscover.json/v1.0/tony@contoso.com"
	v2Sub       = "https://autodiscover.contoso.com/autodiscover/autodiscover.json/v1.0/tony@contoso.com"
	poxDomain   = "https://contoso.com/autodiscover/autodiscover.xml"
	poxSub      = "https://autodiscover.contoso.com/autodiscover/autodiscover.xml"
	plain       = "http://autodiscover.contoso.com/autodiscover/autodiscover.xml"
	ewsURL      = "https://mail.contoso.com/EWS/Exchange.asmx"
	evil        = "https://evil.example/autodiscover/autodiscover.xml"
	ewsElement  = "<EwsUrl>" + ewsURL + "</EwsUrl>"
	evilElement = "<EwsUrl>https://evil.example/EWS/Exchange.asmx</EwsUrl>"
)

// mustFind is Find where it has to work.
func mustFind(t *testing.T, n *internet, opts *autodiscover.Options) *autodiscover.Result {
	t.Helper()
	found, err := autodiscover.Find(t.Context(), email, opts)
	if err != nil {
		t.Fatalf("Find: %v", err)
	}
	if seen := n.sawLogin("evil.example"); len(seen) > 0 {
		t.Errorf("credentials went astray: %q", seen)
	}
	return found
}
