package connect_test

import (
	"context"
	"flag"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews/autodiscover"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
)

// noRecords is a DNS without service records.
type noRecords struct{}

func (noRecords) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	return "", nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}

func parse(t *testing.T, args ...string) *connect.Flags {
	t.Helper()
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	f := &connect.Flags{}
	f.Register(fs)
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestClient_Email finds an in-process Exchange that asks nobody to log in.
func TestClient_Email(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	f := parse(t, "-email", "tony@contoso.com", "-user", "tony")
	f.Discover = autodiscover.Options{Transport: srv, Resolver: noRecords{}}
	if _, err := f.Client(t.Context(), strings.NewReader("secret\n"), nil); err != nil {
		t.Errorf("Client: %v", err)
	}
	f.Discover.Transport = refusing{}
	_, err := f.Client(t.Context(), strings.NewReader("secret\n"), nil)
	if err == nil || !strings.Contains(err.Error(), "no endpoint found for tony@contoso.com") ||
		strings.Contains(err.Error(), "secret") {
		t.Errorf("Client where nothing is: %v", err)
	}
}

// refusing answers 404 to everything.
type refusing struct{}

func (refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusNotFound, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
}

func TestClient_BadFlags(t *testing.T) {
	t.Parallel()
	const endpoint = "https://mail.contoso.com/EWS/Exchange.asmx"
	tests := map[string]struct {
		args []string
		want string
	}{
		"both":           {[]string{"-endpoint", endpoint, "-email", "a@b.c", "-user", "u"}, "nothing to find by -email"},
		"nobody":         {[]string{"-email", "a@b.c"}, "-email needs -user"},
		"nobody there":   {[]string{"-endpoint", endpoint}, "-endpoint needs -user"},
		"no address":     {[]string{"-email", "b.c", "-user", "u"}, "email: not an address"},
		"no host":        {[]string{"-email", "a@b.c", "-user", "u", "-trust", "x,https://y.z"}, "Options.Hosts"},
		"kerberos":       {[]string{"-email", "a@b.c", "-auth", "kerberos"}, "examples/kerberos"},
		"unknown scheme": {[]string{"-email", "a@b.c", "-auth", "digest"}, `-auth "digest"`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := parse(t, tc.args...)
			f.Discover = autodiscover.Options{Transport: refusing{}, Resolver: noRecords{}}
			_, err := f.Client(t.Context(), strings.NewReader("secret\n"), nil)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Client: %v; want %q", err, tc.want)
			}
		})
	}
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	f := parse(t, "-email", "a@b.c", "-user", "u", "-auth", "basic", "-trust", "mail.hoster.example, online")
	login, err := f.Login(t.Context(), strings.NewReader("secret\n"))
	if err != nil {
		t.Fatal(err)
	}
	opts := f.Discovery(login)
	if want := "mail.hoster.example outlook.office365.com"; !strings.HasPrefix(strings.Join(opts.Hosts, " "), want) {
		t.Errorf("hosts %q", opts.Hosts)
	}
	c, err := opts.Client("https://mail.b.c")
	if err != nil {
		t.Fatal(err)
	}
	// The client of one origin sends nothing to another.
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://192.0.2.1/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(r)
	if err == nil {
		resp.Body.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "the credentials are for https://mail.b.c:443 only") {
		t.Errorf("Get: %v", err)
	}
}

func TestExplain_Search(t *testing.T) {
	t.Parallel()
	trust := func(host string) bool { return host == "autodiscover.contoso.com" }
	_, err := autodiscover.Find(t.Context(), "tony@contoso.com",
		&autodiscover.Options{Transport: refusing{}, Resolver: noRecords{}, Trust: trust})
	var out strings.Builder
	connect.Explain(&out, err)
	got := out.String()
	for _, want := range []string{
		"error: no endpoint found for tony@contoso.com\n",
		"\n  GET https://autodiscover.contoso.com/autodiscover/autodiscover.json/v1.0/tony@contoso.com: HTTP 404",
		"\nif contoso.com is where the mailbox is: -trust contoso.com\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
}
