package ewstest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/autodiscover"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/imgroup"
)

// only lets requests pass to some of the server's paths and hosts; the others are not found.
type only struct {
	srv  *ewstest.Server
	pass func(*http.Request) bool
}

func (o only) RoundTrip(r *http.Request) (*http.Response, error) {
	if !o.pass(r) {
		r = r.Clone(r.Context())
		r.URL.Path, r.URL.RawPath = "/nowhere", ""
	}
	return o.srv.RoundTrip(r)
}

// noRecords is a DNS without service records.
type noRecords struct{}

func (noRecords) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	return "", nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}

// TestAutodiscover_Forms has the three forms found by the client that people use.
func TestAutodiscover_Forms(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pass     func(*http.Request) bool
		url      string
		version2 bool
	}{
		"version 2": {
			pass:     func(*http.Request) bool { return true },
			url:      "https://contoso.com/EWS/Exchange.asmx",
			version2: true,
		},
		"POX": {
			pass: func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, ".xml") && r.URL.Scheme == "https" },
			url:  "https://contoso.com/EWS/Exchange.asmx",
		},
		"the redirect over http": {
			pass: func(r *http.Request) bool { return r.URL.Scheme == "http" || r.URL.Host == "mail.contoso.com" },
			url:  "https://mail.contoso.com/EWS/Exchange.asmx",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := ewstest.NewServer(nil)
			var transport http.RoundTripper = only{srv, tc.pass}
			if name == "the redirect over http" {
				transport = moved{transport}
			}
			found, err := autodiscover.Find(t.Context(), "O'Neil+x@contoso.com",
				&autodiscover.Options{Transport: transport, Resolver: noRecords{}})
			if err != nil {
				t.Fatal(err)
			}
			want := ews.ServerVersion{Major: 15, Minor: 2, MajorBuild: 2562}
			if tc.version2 {
				want = ews.ServerVersion{}
			}
			if found.URL != tc.url || found.ServerVersion != want {
				t.Errorf("found %s, version %+v", found.URL, found.ServerVersion)
			}
			client, err := ews.NewClient(found.URL, &ews.Options{HTTPClient: srv.Client()})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.GetImItemList(t.Context(), imgroup.ListQuery{}); err != nil {
				t.Errorf("at the endpoint: %v", err)
			}
			if n := len(srv.Requests()); n != 1 {
				t.Errorf("%d requests are remembered, want the call's alone", n)
			}
		})
	}
}

// moved sends the redirect over http to another host.
type moved struct{ base http.RoundTripper }

func (m moved) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "http" {
		r = r.Clone(r.Context())
		r.Host, r.URL.Host = "mail.contoso.com", "mail.contoso.com"
	}
	return m.base.RoundTrip(r)
}

func TestAutodiscover_UnknownMailbox(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(&ewstest.Options{Mailboxes: []string{"Anna@contoso.com"}})
	opts := &autodiscover.Options{Transport: srv, Resolver: noRecords{}}
	if _, err := autodiscover.Find(t.Context(), "anna@Contoso.com", opts); err != nil {
		t.Errorf("a mailbox that exists: %v", err)
	}
	_, err := autodiscover.Find(t.Context(), "tony@contoso.com", opts)
	if _, ok := errors.AsType[*autodiscover.ServerError](err); !ok {
		t.Fatalf("Find: %v", err)
	}
	for _, want := range []string{`"UserNotFound"`, `"500"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %s: %v", want, err)
		}
	}
}

// TestAutodiscover_Raw holds responses that no client of ours asks for, over a real connection.
func TestAutodiscover_Raw(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(ewstest.NewServer(nil))
	t.Cleanup(plain.Close)
	secure := httptest.NewTLSServer(ewstest.NewServer(nil))
	t.Cleanup(secure.Close)
	const request = `<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">` +
		`<Request><EMailAddress>a@b.c</EMailAddress><AcceptableResponseSchema>` +
		`http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a` +
		`</AcceptableResponseSchema></Request></Autodiscover>`
	const pox, v2 = "/AutoDiscover/AutoDiscover.xml", "/autodiscover/autodiscover.json"
	tests := map[string]struct {
		srv                *httptest.Server
		method, path, body string
		want               int
		has                string // in the Location or the body
	}{
		"a browser over http": {plain, "GET", pox, "", 302, "https://127.0.0.1:"},
		"a browser":           {secure, "GET", pox, "", 200, "<ErrorCode>600</ErrorCode>"},
		"POX over http":       {plain, "POST", pox, request, 200, "/EWS/Exchange.asmx</EwsUrl>"},
		"POX":                 {secure, "POST", pox, request, 200, "<ServerVersion>73C28A02</ServerVersion>"},
		"another provider": {
			secure,
			"POST",
			pox,
			strings.ReplaceAll(request, "outlook/resp", "mobilesync/resp"),
			200,
			"<ErrorCode>601</ErrorCode>",
		},
		"no XML":              {secure, "POST", pox, "{", 200, "<ErrorCode>600</ErrorCode>"},
		"other method of POX": {secure, "PUT", pox, request, 405, ""},
		"the address in the query": {
			secure,
			"GET",
			v2 + "?Email=a%40b.c&Protocol=ews",
			"",
			200,
			`"Url":"https://127.0.0.1:`,
		},
		"POX by version 2": {
			secure,
			"GET",
			v2 + "/v1.0/a@b.c?Protocol=AutodiscoverV1",
			"",
			200,
			"/autodiscover/autodiscover.xml",
		},
		"another protocol": {secure, "GET", v2 + "/v1.0/a@b.c?Protocol=REST", "", 400, "InvalidProtocol"},
		"nobody":           {secure, "GET", v2 + "?Protocol=EWS", "", 404, "UserNotFound"},
		"other method":     {secure, "POST", v2 + "/v1.0/a@b.c?Protocol=EWS", "", 405, ""},
		"elsewhere":        {secure, "GET", "/autodiscover/autodiscover.svc", "", 404, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := *tc.srv.Client()
			c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			r, err := http.NewRequestWithContext(t.Context(), tc.method, tc.srv.URL+tc.path, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := c.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, resp.StatusCode); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			if got := resp.Header.Get("Location") + string(body); !strings.Contains(got, tc.has) {
				t.Errorf("response lacks %q: %s", tc.has, got)
			}
		})
	}
}
