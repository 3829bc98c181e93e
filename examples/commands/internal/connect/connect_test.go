package connect_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/autodiscover"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/examples/commands/internal/cli"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
	"github.com/go-ews/exchange/imgroup"
)

// noRecords is a DNS without service records.
type noRecords struct{}

func (noRecords) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	return "", nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}

// noExchange is a web without Autodiscover.
type noExchange struct{}

func (noExchange) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusNotFound, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
}

// attempt is a command that reads the list of its server.
type attempt struct {
	env      map[string]string
	terminal string // typed at the prompt; "-": there is no terminal
	discover http.RoundTripper
}

// run returns the exit status and standard error.
func (a *attempt) run(t *testing.T, args ...string) (status int, stderr string) {
	t.Helper()
	var errs, out bytes.Buffer
	p := &cli.Process{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs}
	p.LookupEnv = func(name string) (string, bool) {
		value, ok := a.env[name]
		return value, ok
	}
	if a.terminal != "-" {
		p.ReadPassword = func(context.Context, string) (string, error) { return a.terminal, nil }
	}
	flags := &connect.Flags{}
	if a.discover != nil {
		flags.Discover = autodiscover.Options{Transport: a.discover, Resolver: noRecords{}}
	}
	cmd := &cobra.Command{Use: "test", RunE: func(cmd *cobra.Command, _ []string) error {
		if err := flags.Check(cmd.Flags()); err != nil {
			return err
		}
		server, err := flags.Server(cmd.Context(), p, ewstest.NewServer(nil))
		if err != nil {
			return err
		}
		client, err := ews.NewClient(server.Endpoint, &ews.Options{HTTPClient: &http.Client{Transport: server.Transport}})
		if err != nil {
			return err
		}
		_, err = client.GetImItemList(cmd.Context(), imgroup.ListQuery{})
		return err
	}}
	flags.Register(cmd.Flags())
	status = p.Run(t.Context(), cmd, args)
	return status, errs.String()
}

// paths are those of requests.
type paths struct {
	sync.Mutex

	all []string
}

func (p *paths) add(path string) {
	p.Lock()
	defer p.Unlock()
	p.all = append(p.all, path)
}

// take returns the paths and forgets them.
func (p *paths) take() []string {
	p.Lock()
	defer p.Unlock()
	all := p.all
	p.all = nil
	return all
}

// exchange is a server on loopback that counts its requests and lets tony in with the password or
// the token "right".
func exchange(t *testing.T, start func(http.Handler) *httptest.Server) (s *httptest.Server, requests *paths) {
	t.Helper()
	srv := ewstest.NewServer(nil)
	requests = &paths{}
	s = start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.add(r.URL.Path)
		if r.URL.Path == "/token" {
			w.Header().Set("Content-Type", "application/json")
			token := "wrong"
			if r.PostFormValue("client_secret") == "s3cret" && r.PostFormValue("scope") == "ews" {
				token = "right"
			}
			_, _ = w.Write([]byte(`{"access_token": "` + token + `", "token_type": "Bearer", "expires_in": 3600}`))
			return
		}
		_, password, _ := r.BasicAuth()
		if password != "right" && r.Header.Get("Authorization") != "Bearer right" {
			w.Header().Add("WWW-Authenticate", `Basic realm="mail"`)
			w.Header().Add("WWW-Authenticate", "Bearer")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		srv.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s, requests
}

func write(t *testing.T, text string) (name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSecret(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		attempt attempt
		file    string
		status  int
		want    string // of standard error
	}{
		"environment":          {attempt{env: map[string]string{"EWS_PASSWORD": "right"}, terminal: "-"}, "", 0, ""},
		"file":                 {attempt{terminal: "-"}, "right\r\n", 0, ""},
		"file of Notepad":      {attempt{terminal: "-"}, "\xEF\xBB\xBFright\r\n", 0, ""},
		"file, environment":    {attempt{env: map[string]string{"EWS_PASSWORD": "x"}, terminal: "-"}, "right", 0, ""},
		"prompt":               {attempt{terminal: "right"}, "", 0, ""},
		"nothing, no terminal": {attempt{terminal: "-"}, "", 2, "no password of tony: there is no terminal to ask at; it may come from $EWS_PASSWORD or --password-file"},
		"empty environment":    {attempt{env: map[string]string{"EWS_PASSWORD": ""}, terminal: "right"}, "", 2, "$EWS_PASSWORD is empty"},
		"empty, no terminal":   {attempt{env: map[string]string{"EWS_PASSWORD": ""}, terminal: "-"}, "", 2, "$EWS_PASSWORD is empty"},
		"empty file":           {attempt{terminal: "right"}, "\n", 2, " is empty"},
		"file of two lines":    {attempt{terminal: "right"}, "right\nwrong\n", 2, "has more than one line"},
		"empty at the prompt":  {attempt{terminal: ""}, "", 2, "the password of tony is empty"},
		"wrong":                {attempt{terminal: "other"}, "", 1, "the server refused the login"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, requests := exchange(t, httptest.NewServer)
			args := []string{"--endpoint", s.URL, "--user", "tony", "--auth", "basic"}
			if tc.file != "" {
				args = append(args, "--password-file", write(t, tc.file))
			}
			status, stderr := tc.attempt.run(t, args...)
			if status != tc.status || !strings.Contains(stderr, tc.want) || tc.want == "" && stderr != "" {
				t.Errorf("status %d: %s\nwant %d and %q", status, stderr, tc.status, tc.want)
			}
			if sent := requests.take(); (status == 2) != (len(sent) == 0) {
				t.Errorf("status %d after the requests %q", status, sent)
			}
		})
	}
}

func TestBearer(t *testing.T) {
	t.Parallel()
	s, requests := exchange(t, httptest.NewServer)
	a := attempt{env: map[string]string{"EWS_PASSWORD": "right"}, terminal: "-"}
	if status, stderr := a.run(t, "--endpoint", s.URL, "--auth", "bearer"); status != 0 {
		t.Errorf("a token: status %d: %s", status, stderr)
	}
	client := []string{
		"--endpoint", s.URL, "--auth", "bearer", "--token-url", s.URL + "/token", "--client-id", "app", "--scope", "ews",
	}
	status, stderr := a.run(t, client...)
	if status != 2 || !strings.Contains(stderr, "it may come from $EWS_CLIENT_SECRET") {
		t.Errorf("no secret: status %d: %s", status, stderr)
	}
	requests.take()
	a.env["EWS_CLIENT_SECRET"] = "s3cret"
	if status, stderr := a.run(t, client...); status != 0 {
		t.Errorf("a secret: status %d: %s", status, stderr)
	}
	if diff := cmp.Diff([]string{"/token", "/"}, requests.take()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestClientSignature shows what the assertion of a certificate is signed with.
func TestClientSignature(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))+
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})))
	heads := &paths{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head, _, _ := strings.Cut(r.PostFormValue("client_assertion"), ".")
		text, _ := base64.RawURLEncoding.DecodeString(head)
		heads.add(string(text))
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error": "invalid_client"}`))
	}))
	t.Cleanup(s.Close)
	for _, c := range []struct{ flag, want string }{{"", `"alg":"PS256"`}, {"--client-signature=rs256", `"alg":"RS256"`}} {
		args := strings.Fields("--auth bearer --client-id app --endpoint " + s.URL + " --token-url " + s.URL + " " + c.flag)
		status, stderr := (&attempt{}).run(t, append(args, "--client-cert", file)...)
		if got := strings.Join(heads.take(), " "); status != 1 || strings.Count(got, "alg") != 1 || !strings.Contains(got, c.want) {
			t.Errorf("%s: status %d, %s, want %s: %s", c.flag, status, got, c.want, stderr)
		}
	}
}

// TestAuthorities has a server whose certificate only --ca vouches for, and a token endpoint there.
func TestAuthorities(t *testing.T) {
	t.Parallel()
	s, _ := exchange(t, httptest.NewTLSServer)
	ca := write(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	a := attempt{env: map[string]string{"EWS_PASSWORD": "right", "EWS_CLIENT_SECRET": "s3cret"}}
	for _, args := range [][]string{
		{"--auth", "basic", "--user", "tony"},
		{"--auth", "bearer", "--token-url", s.URL + "/token", "--client-id", "app", "--scope", "ews"},
	} {
		args = append(args, "--endpoint", s.URL)
		if status, stderr := a.run(t, args...); status != 1 || !strings.Contains(stderr, "x509") || !strings.Contains(stderr, "--ca FILE") {
			t.Errorf("%q: status %d: %s", args, status, stderr)
		}
		if status, stderr := a.run(t, append(args, "--ca", ca)...); status != 0 {
			t.Errorf("%q with --ca: status %d: %s", args, status, stderr)
		}
	}
	status, stderr := a.run(t, "--endpoint", s.URL, "--user", "tony", "--ca", write(t, "no PEM"))
	if status != 2 || !strings.Contains(stderr, "holds no certificate in PEM form") {
		t.Errorf("no PEM: status %d: %s", status, stderr)
	}
}

// TestEmail finds an in-process Exchange, or nothing.
func TestEmail(t *testing.T) {
	t.Parallel()
	a := attempt{env: map[string]string{"EWS_PASSWORD": "secret"}, discover: noExchange{}}
	status, stderr := a.run(t, "--email", "tony@contoso.com", "--user", "tony")
	for _, want := range []string{
		"error: no endpoint found for tony@contoso.com\n",
		"\n  GET https://autodiscover.contoso.com/autodiscover/autodiscover.json/v1.0/tony@contoso.com: HTTP 404",
	} {
		if status != 1 || !strings.Contains(stderr, want) || strings.Contains(stderr, "secret") {
			t.Errorf("status %d, lacks %q:\n%s", status, want, stderr)
		}
	}
	p := &cli.Process{LookupEnv: func(string) (string, bool) { return "secret", true }}
	flags := &connect.Flags{Email: "tony@contoso.com", User: "tony", Auth: connect.NTLM}
	flags.Discover = autodiscover.Options{Transport: ewstest.NewServer(nil), Resolver: noRecords{}}
	server, err := flags.Server(t.Context(), p, nil)
	if err != nil || server.Endpoint != "https://contoso.com/EWS/Exchange.asmx" {
		t.Errorf("Server: %+v, %v", server, err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	const endpoint = "--endpoint https://mail.contoso.com/EWS/Exchange.asmx "
	for args, want := range map[string]string{
		"--user u":                          "--user needs a server: name it by --endpoint or --email",
		"--auth ntlm":                       "--auth needs a server",
		"--allow-http":                      "--allow-http needs a server",
		endpoint + "--email a@b.c --user u": "nothing to find by --email",
		"--email a@b.c":                     "--auth ntlm needs --user",
		endpoint:                            "--auth ntlm needs --user",
		"--email b.c --user u":              "--email: not an address",
		"--email a@b.c --user u --trust x,https://y.z":                                       "--trust: ",
		endpoint + "--auth digest":                                                           `--auth "digest": want ntlm, kerberos`,
		endpoint + "--auth windows --user u":                                                 "--auth windows excludes --user",
		endpoint + "--auth windows --keytab k":                                               "--keytab goes with --auth kerberos, not with --auth windows",
		endpoint + "--auth bearer --client-signature rs512":                                  `--client-signature "rs512": want ps256 or rs256`,
		endpoint + "--auth none":                                                             "--auth none is for an Exchange on loopback",
		endpoint + "--user u --keytab k":                                                     "--keytab goes with --auth kerberos, not with --auth ntlm",
		endpoint + "--auth kerberos --keytab k":                                              "--keytab needs --user",
		endpoint + "--auth kerberos --ccache c --user u":                                     "--ccache excludes --user",
		endpoint + "--auth kerberos --user u --keytab absent":                                "keytab absent",
		endpoint + "--auth bearer --spn HTTP/x":                                              "--spn goes with --auth kerberos",
		endpoint + "--auth bearer --client-id x":                                             "--token-url and --client-id go together",
		endpoint + "--auth bearer --client-cert x":                                           "need --token-url and --client-id",
		endpoint + "--auth bearer --client-id x --token-url x":                               `--token-url "x": want an https:// URL`,
		endpoint + "--auth bearer --login-per-request":                                       "--login-per-request goes with --auth ntlm or kerberos or windows",
		endpoint + "--user u --channel-binding never":                                        "--channel-binding \"never\": want auto or off",
		endpoint + "--user u --ca absent":                                                    "--ca: open absent",
		endpoint + "--user u --password-file absent":                                         "--password-file: open absent",
		"--endpoint http://mail.contoso.com/ --user u":                                       "--allow-http",
		endpoint + "--auth bearer --client-id x --token-url https://x/ --client-cert absent": "--client-cert absent: ",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			a := attempt{env: map[string]string{"EWS_PASSWORD": "secret"}, discover: noExchange{}}
			status, stderr := a.run(t, strings.Fields(args)...)
			if status != 2 || !strings.Contains(stderr, want) || strings.Contains(stderr, "secret") {
				t.Errorf("status %d, want 2 and %q:\n%s", status, want, stderr)
			}
		})
	}
}

// TestDiscovery shows that the credentials for one origin go to no other.
func TestDiscovery(t *testing.T) {
	t.Parallel()
	p := &cli.Process{LookupEnv: func(string) (string, bool) { return "secret", true }}
	f := &connect.Flags{Email: "a@b.c", User: "u", Auth: connect.Basic, Trust: "mail.hoster.example, online"}
	login, err := f.Login(t.Context(), p)
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
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://192.0.2.1/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(r)
	if err == nil {
		resp.Body.Close()
	}
	if _, ok := errors.AsType[*auth.Error](err); !ok || !strings.Contains(err.Error(), "https://mail.b.c:443 only") {
		t.Errorf("Get: %v", err)
	}
}
