package doctor

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/examples/commands/internal/connect"
)

// page responds with a status, header lines "Name: value", and a body.
func page(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for _, line := range header {
			name, value, _ := strings.Cut(line, ": ")
			w.Header().Add(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// afterLogin is an Exchange that asks for Basic, and then responds so.
func afterLogin(next http.HandlerFunc) http.HandlerFunc { return login("tony", "s3cret", next) }

func login(user, password string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if u, p, ok := r.BasicAuth(); !ok || u != user || p != password {
			w.Header().Add("WWW-Authenticate", `Basic realm="mail"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next(w, r)
	}
}

// offering asks for a login by these schemes and takes none.
func offering(challenges ...string) http.HandlerFunc {
	header := make([]string, len(challenges))
	for i, c := range challenges {
		header[i] = "WWW-Authenticate: " + c
	}
	return page(http.StatusUnauthorized, "", header...)
}

// bearer asks for a token, and refuses the one that it gets.
func bearer(status int, header ...string) scene {
	return scene{
		handler: func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "" {
				offering(`Bearer client_id="x"`)(w, r)
				return
			}
			page(status, "", header...)(w, r)
		},
		args: []string{"--auth", "bearer"},
	}
}

// reports is an Exchange that reports an error in place of the list; of one mailbox, or of all.
func reports(code ews.ResponseCode, mailbox string) *ewstest.Options {
	return &ewstest.Options{Intercept: func(r ewstest.Request) error {
		if mailbox == "" || r.Mailbox == mailbox {
			return &ews.Error{Code: code, Details: map[string]string{"BackOffMilliseconds": "120000"}}
		}
		return nil
	}}
}

const owaForm = `<!DOCTYPE html><html><head><title>Outlook</title></head><body><form action="/owa/auth.owa"><input name="username">` +
	`<input name="password" type="password"></form></body></html>`

const mobileSync = `<?xml version="1.0" encoding="utf-8"?><Autodiscover ` +
	`xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response ` +
	`xmlns="http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"><Action><Error><Status>2</Status>` +
	`<Message>No directory.</Message></Error></Action></Response></Autodiscover>`

const imapOnly = `<?xml version="1.0" encoding="utf-8"?><Autodiscover ` +
	`xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response ` +
	`xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"><Account><AccountType>email</AccountType>` +
	`<Action>settings</Action><Protocol><Type>IMAP</Type><Server>mail.contoso.com</Server></Protocol></Account></Response></Autodiscover>`

// discovering responds to POX so, and knows no other form of Autodiscover.
type discovering string

func (d discovering) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := http.StatusNotFound, ""
	if r.Method == http.MethodPost {
		status, body = http.StatusOK, string(d)
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

// broken is an Autodiscover to which no request gets through.
type broken struct{ err error }

func (b broken) RoundTrip(*http.Request) (*http.Response, error) {
	time.Sleep(time.Nanosecond)
	return nil, b.err
}

// nothingThere refuses every connection.
type nothingThere struct{}

func (nothingThere) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
}

// full returns an Exchange whose list is.
func full(groups, contacts int) *ewstest.Server {
	s := ewstest.NewServer(nil)
	seed := make([]ewstest.Group, groups)
	for i := range seed {
		seed[i].Name = "group " + string(rune('A'+i))
	}
	for i := range contacts {
		seed[0].Members = append(seed[0].Members, ewstest.Contact{Address: "u" + big.NewInt(int64(i)).String() + "@contoso.com"})
	}
	s.Seed("", seed...)
	return s
}

// inUse returns an Exchange whose two mailboxes have a group.
func inUse(opts *ewstest.Options) *ewstest.Server {
	s := ewstest.NewServer(opts)
	for _, mailbox := range []string{"", "anna@contoso.com"} {
		s.Seed(mailbox, ewstest.Group{Name: "Friends"})
	}
	return s
}

// takenBack is an Exchange that shows no list of a mailbox whose folders hold contacts.
func takenBack() http.HandlerFunc {
	s := inUse(nil)
	s.Seed("", ewstest.Group{Name: "Friends", Members: []ewstest.Contact{{Address: "otto@contoso.com"}}})
	s.Handle("GetImItemList", func(ewstest.Request) (string, error) {
		return `<m:GetImItemListResponse ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:ImItemList><t:Groups/>` +
			`<t:Personas/></m:ImItemList></m:GetImItemListResponse>`, nil
	})
	return s.ServeHTTP
}

// run examines a scene and returns the report. No password is refused twice, unless a flag asks for
// that.
func (s *scene) run(t *testing.T) (r report, cause string, status int) {
	t.Helper()
	handler := s.handler
	if handler == nil {
		handler = afterLogin(inUse(s.exchange).ServeHTTP)
	}
	var refused atomic.Int64
	srv := httptest.NewUnstartedServer(countingRefusals(handler, &refused))
	_ = srv.Listener.Close() // nothing has used it
	srv.Listener = ownPort(t)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	if s.tls != nil {
		srv.TLS = s.tls.Clone()
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	base := srv.URL
	if s.front != nil {
		base = s.front(t, srv.URL)
	}
	args := s.arguments(t, base+"/EWS/Exchange.asmx")
	d := &doctor{flags: &connect.Flags{}, network: s.network}
	if d.network.dial == nil {
		d.network.dial = thisMachine
	}
	d.flags.Dial = d.network.dial
	d.flags.Discover.Transport, d.flags.Discover.Resolver = s.discover, noRecords{}
	d.flags.Proxy = s.proxyOf(t, srv.Listener.Addr().String())
	status, stdout, stderr := d.examined(t.Context(), cmp.Or(s.password, "s3cret"), args...)
	var out struct {
		OK       bool
		Cause    string
		Findings []Finding
	}
	if err := json.Unmarshal([]byte(stdout), &out); err != nil {
		t.Fatalf("status %d: %v: %s %s", status, err, stdout, stderr)
	}
	if strings.Contains(stdout, "s3cret") || out.OK != (status == 0) {
		t.Errorf("status %d, or a secret in %s", status, stdout)
	}
	if n := refused.Load(); n > 1 && !slices.Contains(args, "--unbound") {
		t.Errorf("%d logins were refused, so that the account may be locked", n)
	}
	if s.kdc != nil && s.kdc.login != 0 && s.kdc.passwords.Load() > 1 {
		t.Errorf("the domain refused %d logins", s.kdc.passwords.Load())
	}
	return report{findings: out.Findings}, out.Cause, status
}

// arguments are those of the scene, with a login that suits it.
func (s *scene) arguments(t *testing.T, endpoint string) []string {
	t.Helper()
	if s.endpoint != nil {
		endpoint = s.endpoint(endpoint)
	}
	args := []string{"--json", "--endpoint", endpoint}
	if s.discover != nil {
		args = []string{"--json", "--email", "tony@contoso.com"}
	}
	auth := "basic"
	if i := slices.Index(s.args, "--auth"); i >= 0 {
		auth = s.args[i+1]
	} else {
		if s.kdc != nil {
			auth = "kerberos"
			args = append(args, "--krb5-conf", s.kdc.start(t))
		}
		args = append(args, "--auth", auth)
	}
	if s.tokens != nil {
		endpoint := httptest.NewServer(s.tokens)
		t.Cleanup(endpoint.Close)
		args = append(args, "--token-url", endpoint.URL+"/contoso/oauth2/v2.0/token", "--client-id", "imlist")
	}
	if auth != "bearer" && !slices.Contains(s.args, "--user") && !slices.Contains(s.args, "--ccache") {
		args = append(args, "--user", "tony")
	}
	return append(args, s.args...)
}

// countingRefusals counts the 401s to requests that carry a password, or a proof of one.
func countingRefusals(next http.Handler, refused *atomic.Int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		other := strings.HasPrefix(token, ntlmPrefix) && !strings.HasPrefix(token, ntlmPrefix+"AAD") // not the third message
		if scheme == "" || scheme == "Bearer" || other {
			next.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(&refusalCounter{w, refused}, r)
	})
}

// ntlmPrefix begins NTLM's messages in base64.
const ntlmPrefix = "TlRMTVNTUA"

type refusalCounter struct {
	http.ResponseWriter

	refused *atomic.Int64
}

func (c *refusalCounter) WriteHeader(status int) {
	if status == http.StatusUnauthorized {
		c.refused.Add(1)
	}
	c.ResponseWriter.WriteHeader(status)
}

func schemes(next http.HandlerFunc, challenges ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, _, ok := r.BasicAuth(); ok {
			next(w, r)
			return
		}
		offering(challenges...)(w, r)
	}
}

// dated is a server whose clock is ahead.
func dated(ahead time.Duration, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		next(w, r)
	}
}

func withToken(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer s3cret" {
			next(w, r)
			return
		}
		offering("Bearer")(w, r)
	}
}

// The certificates of a test are good for a year.
func inTenYears() time.Time   { return time.Now().AddDate(10, 0, 0) }
func beforeItsEnd() time.Time { return time.Now().AddDate(1, 0, -3) }

// newCertificates returns a server's certificate for 127.0.0.1, and the file of its authority.
func newCertificates(t *testing.T) (*tls.Config, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, DNSNames: []string{"mail.contoso.test"},
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := t.TempDir() + "/ca.pem"
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS10}, file
}
