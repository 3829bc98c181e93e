package doctor

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/autodiscover"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
)

// examine runs the command with a password in its environment.
func examine(ctx context.Context, password string, args ...string) (status int, stdout, stderr string) {
	return (&doctor{}).examined(ctx, password, args...)
}

func (d *doctor) examined(ctx context.Context, password string, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	d.process = &cli.Process{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs}
	d.process.LookupEnv = func(name string) (string, bool) {
		return password, name == "EWS_PASSWORD" || name == "EWS_CLIENT_SECRET"
	}
	if d.flags == nil {
		d.flags = &connect.Flags{}
	}
	d.call = &connect.CallFlags{}
	cmd := d.command()
	d.flags.Register(cmd.Flags())
	d.call.Register(cmd.Flags())
	status = d.process.Run(ctx, cmd, args)
	return status, out.String(), errs.String()
}

// wantLines checks that the output has a line that begins with each, blanks aside, in that order.
func wantLines(t *testing.T, output string, want ...string) {
	t.Helper()
	rest := want
	for line := range strings.Lines(output) {
		if len(rest) > 0 && strings.HasPrefix(strings.Join(strings.Fields(line), " "), rest[0]) {
			rest = rest[1:]
		}
	}
	if len(rest) > 0 {
		t.Errorf("no line %q, or not in that order:\n%s", rest[0], output)
	}
	if strings.Contains(output, "s3cret") {
		t.Errorf("the password is in the output:\n%s", output)
	}
}

func TestRun_InProcess(t *testing.T) {
	t.Parallel()
	status, stdout, stderr := examine(t.Context(), "")
	if status != 0 || !strings.HasPrefix(stderr, "no --endpoint or --email: an in-process Exchange is used") {
		t.Fatalf("status %d: %s", status, stderr)
	}
	wantLines(t, stdout, "GET https://exchange.test/", "ok Autodiscover found https://exchange.test/EWS/Exchange.asmx",
		"- DNS", "- TLS", "ok schemes", "ok login", "- Extended Protection", "ok impersonation of user@exchange.test",
		"ok version 15.2.2562.17", "ok IM list of user@exchange.test: 3 groups, 0 contacts")
}

func TestRun_Usage(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"argument":     {"tony@contoso.com"},
		"unknown flag": {"--color", "red"},
		"bad endpoint": {"--endpoint", "mail.contoso.com", "--user", "u"},
		"no user":      {"--email", "tony@contoso.com"},
		"bad address":  {"--email", "nobody", "--user", "u"},
		"foreign name": {"--endpoint", "https://exch\u00e4nge.test/EWS/Exchange.asmx", "--user", "u"},
		"no such port": {"--endpoint", "https://mail.contoso.test:99999/", "--user", "u"},
		"bad scheme":   {"--email", "tony@contoso.com", "--user", "u", "--auth", "x"},
	}
	for name, args := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := examine(t.Context(), "s3cret", args...)
			if status != 2 || stdout != "" || stderr == "" || strings.Contains(stderr, "s3cret") {
				t.Errorf("status %d, stdout %q, stderr %q; want 2 and a reason", status, stdout, stderr)
			}
		})
	}
	if status, help, _ := examine(t.Context(), "", "-h"); status != 0 || !strings.Contains(help, "--unbound") {
		t.Errorf("help: status %d: %s", status, help)
	}
}

// exchange is a server on loopback that asks for one password.
func exchange(t *testing.T, opts *ewstest.Options) string {
	t.Helper()
	srv := ewstest.NewServer(opts)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != "tony" || password != "s3cret" {
			w.Header().Add("WWW-Authenticate", `Basic realm="mail"`)
			w.Header().Add("WWW-Authenticate", "Negotiate")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		srv.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/EWS/Exchange.asmx"
}

func TestRun_Endpoint(t *testing.T) {
	t.Parallel()
	denied := func(r ewstest.Request) error {
		if r.Mailbox == "anna@contoso.com" {
			return &ews.Error{Code: ews.ErrorImpersonateUserDenied}
		}
		return nil
	}
	noMailbox := func(r ewstest.Request) error {
		if r.Mailbox == "" || r.Mailbox == "user@exchange.test" {
			return &ews.Error{Code: ews.ErrorNonExistentMailbox}
		}
		return nil
	}
	tests := map[string]struct {
		server   *ewstest.Options
		args     []string
		password string
		status   int
		want     []string
	}{
		"all is well": {
			password: "s3cret", args: []string{"--mailbox", "anna@contoso.com"},
			want: []string{
				"- Autodiscover", "- DNS 127.0.0.1 is an address already", "WARN TLS the endpoint is http://",
				"ok schemes offered: Basic, Negotiate", "ok login as tony", "- Extended Protection",
				"ok impersonation of anna@contoso.com", "ok version", "WARN IM list of anna@contoso.com: 3 groups, 0 contacts, never used",
			},
		},
		"the account has no mailbox": {
			server:   &ewstest.Options{Intercept: noMailbox},
			password: "s3cret", args: []string{"--mailbox", "anna@contoso.com"},
			want: []string{"ok login as tony", "ok impersonation", "WARN IM list"},
		},
		"its own mailbox": {
			password: "s3cret",
			want:     []string{"ok login", "- impersonation", "WARN IM list of the account's own mailbox: 3 groups, 0 contacts, never used"},
		},
		"wrong password": {
			password: "other", status: 1,
			want: []string{"ok schemes", "FAIL login"},
		},
		"scheme that is not offered": {
			password: "s3cret", args: []string{"--auth", "ntlm"}, status: 1,
			want: []string{"ok schemes offered: Basic, Negotiate; NTLM travels inside Negotiate", "FAIL login"},
		},
		"no impersonation": {
			server:   &ewstest.Options{Intercept: denied},
			password: "s3cret", args: []string{"--mailbox", "anna@contoso.com"}, status: 1,
			want: []string{"ok login", "FAIL impersonation ews: GetImItemList: ErrorImpersonateUserDenied"},
		},
		"no such mailbox": {
			server:   &ewstest.Options{Mailbox: "svc@contoso.com", Mailboxes: []string{"tony@contoso.com"}},
			password: "s3cret", args: []string{"--mailbox", "anna@contoso.com"}, status: 1,
			want: []string{"ok login", "FAIL impersonation"},
		},
		"old server": {
			server:   &ewstest.Options{ServerVersion: ews.ServerVersion{Major: 15, Minor: 1, MajorBuild: 2507}},
			password: "s3cret",
			want:     []string{"WARN version 15.1.2507.0, Exchange 2016 -> its support has ended"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"--endpoint", exchange(t, tc.server), "--user", "tony", "--auth", "basic"}, tc.args...)
			status, stdout, stderr := examine(t.Context(), tc.password, args...)
			if status != tc.status {
				t.Errorf("status %d, want %d: %s", status, tc.status, stderr)
			}
			wantLines(t, stdout, tc.want...)
		})
	}
}

// TestRun_NotExchange has endpoints with something else behind them.
func TestRun_NotExchange(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"a web site": {
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
			"FAIL schemes ews: GetImItemList: HTTP 404",
		},
		"a server without a scheme": {
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
			"FAIL schemes the server asks for a login but offers no scheme",
		},
		"nobody has to log in": {ewstest.NewServer(nil).ServeHTTP, "WARN schemes the endpoint answers without a login"},
		"a server that hangs up": {
			func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			"FAIL schemes",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(tc.handler)
			t.Cleanup(s.Close)
			_, stdout, _ := examine(t.Context(), "s3cret",
				"--endpoint", s.URL, "--user", "tony", "--auth", "basic")
			wantLines(t, stdout, tc.want)
		})
	}
}

// TestRun_Email finds the server, or says where it looked.
func TestRun_Email(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	find := func(t *testing.T, transport http.RoundTripper, args ...string) (status int, stdout string) {
		t.Helper()
		d := &doctor{flags: &connect.Flags{}, network: network{lookup: func(context.Context, string) ([]string, error) {
			return nil, errors.New("no network in a test")
		}}}
		d.flags.Discover = autodiscover.Options{Transport: transport, Resolver: noRecords{}}
		status, stdout, _ = d.examined(t.Context(), "s3cret", append(args, "--user", "u")...)
		return status, stdout
	}
	status, stdout := find(t, srv, "--email", "tony@contoso.com")
	wantLines(t, stdout, "GET https://contoso.com/autodiscover/autodiscover.json/v1.0/tony@contoso.com: names",
		"ok Autodiscover found https://contoso.com/EWS/Exchange.asmx", "FAIL DNS no network in a test")
	if status != 1 {
		t.Errorf("status %d", status)
	}

	_, stdout = find(t, srv, "--email", "tony@contoso.com", "--endpoint", "https://other.contoso.com/EWS/Exchange.asmx")
	wantLines(t, stdout,
		"WARN Autodiscover found https://contoso.com/EWS/Exchange.asmx -> that is not what --endpoint says",
		"FAIL DNS")

	nothing := ewstest.NewServer(&ewstest.Options{Mailboxes: []string{"anna@contoso.com"}})
	_, stdout = find(t, nothing, "--email", "tony@contoso.com")
	wantLines(t, stdout,
		"POST https://contoso.com/autodiscover/autodiscover.xml: the server refuses with the code \"500\"",
		"SRV _autodiscover._tcp.contoso.com: no such record",
		"FAIL Autodiscover no endpoint found for tony@contoso.com -> publish")

	_, stdout = find(t, nowhere{}, "--email", "tony@contoso.com")
	wantLines(t, stdout,
		"FAIL Autodiscover no endpoint found for tony@contoso.com -> if the mailbox is at mail.hoster.example, add --trust")
}

// TestRun_Email_Refused holds that credentials which Autodiscover refuses are named as the cause, and
// not DNS or a proxy.
func TestRun_Email_Refused(t *testing.T) {
	t.Parallel()
	password := rand.Text() // the process remembers a refused one
	d := &doctor{flags: &connect.Flags{}}
	d.flags.Discover = autodiscover.Options{Transport: responding(401), Resolver: noRecords{}}
	d.flags.Discover.Client = func(string) (*http.Client, error) {
		transport, err := auth.Basic(responding(401), auth.Static("tony", password), nil)
		return &http.Client{Transport: transport}, err
	}
	status, stdout, stderr := d.examined(t.Context(), password, "--email", "tony@contoso.com", "--user", "tony")
	if status != 1 {
		t.Errorf("status %d: %s", status, stderr)
	}
	wantLines(t, stdout, "POST with credentials https://contoso.com/",
		"FAIL Autodiscover no endpoint found for tony@contoso.com -> Autodiscover refused the login: check the credentials")
	login := autodiscover.Step{
		Target: "https://contoso.com/", Elapsed: 1, Err: &auth.Error{Scheme: "Bearer", Err: errors.New("no token")},
	}
	if got := adviceFor(&autodiscover.Error{Steps: []autodiscover.Step{login}}); strings.Contains(got, "HTTPS_PROXY") {
		t.Errorf("a login that could not begin is called a fault of the proxy: %s", got)
	}
}

// nowhere redirects to a hoster.
type nowhere struct{}

func (nowhere) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusFound, Body: http.NoBody, Request: r,
		Header: http.Header{"Location": {"https://mail.hoster.example/x"}},
	}, nil
}

func TestRun_Interrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	status, _, stderr := examine(ctx, "s3cret", "--endpoint", "https://127.0.0.1:1/", "--user", "u")
	if status == 0 || !strings.Contains(stderr, "interrupted") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

// TestSuggest holds that another endpoint is a whole remedy, and adds to one.
func TestSuggest(t *testing.T) {
	t.Parallel()
	for remedy, want := range map[string]string{"": "give it by --endpoint", "check x": "give it by --endpoint; check x"} {
		var d doctor
		d.fail("schemes", "HTTP 404", remedy)
		d.suggest([]string{"https://ex01.contoso.com/EWS/Exchange.asmx"})
		if got := d.findings[0].Remedy; !strings.HasSuffix(got, want) {
			t.Errorf("%q: %q", remedy, got)
		}
	}
}
