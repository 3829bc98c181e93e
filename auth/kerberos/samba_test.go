package kerberos

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/internal/tally"
)

// The Samba tests run against ../shared/peers/samba-ad.sh, whose variables they read:
//
//	samba-ad.sh -- go test -run Samba ./auth/kerberos

func sambaEndpoint(t *testing.T) string {
	t.Helper()
	if os.Getenv("EWS_AD_HTTPS") == "" {
		t.Skip("no Active Directory: run under samba-ad.sh -- (its variables EWS_AD_…)")
	}
	return os.Getenv("EWS_AD_HTTPS")
}

func sambaOptions() *Options { return &Options{ConfigFile: os.Getenv("EWS_AD_KRB5_CONFIG")} }

func sambaBase(t *testing.T) *http.Transport {
	t.Helper()
	pem, err := os.ReadFile(os.Getenv("EWS_AD_CA"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
}

// sambaCall posts once and returns the response's text.
func sambaCall(t *testing.T, m *Mechanism, path string) (string, error) {
	t.Helper()
	tr, err := auth.Negotiate(sambaBase(t), m, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, sambaEndpoint(t)+path, strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := tr.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

func TestSamba_Names(t *testing.T) {
	t.Parallel()
	sambaEndpoint(t)
	for _, c := range []struct{ name, user, password, want string }{
		{"plain", "alice", "ALICE", "alice"},
		{"realm", "alice@CORP.TEST", "ALICE", "alice"},
		{"realm in lower case", "alice@corp.test", "ALICE", "alice"},
		{"case", "ALICE@corp.test", "ALICE", "ALICE"},
		{"NetBIOS domain", `CORP\alice`, "ALICE", "alice"},
		{"domain of the DNS", `corp.test\alice`, "ALICE", "alice"},
		{"UPN of another suffix", os.Getenv("EWS_AD_UPN_CAROL"), "CAROL", "carol"},
		{"non-ASCII password", "mona", "MONA", "mona"},
		{"900 groups", "max", "MAX", "max"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, err := Password(auth.Static(c.user, os.Getenv("EWS_AD_PASS_"+c.password)), sambaOptions())
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{"/EWS/names", "/krb5/EWS/names"} {
				if got, err := sambaCall(t, m, path); !strings.Contains(got, "<User>"+c.want+"@CORP.TEST</User>") {
					t.Errorf("%s: %q, %v", path, got, err)
				}
			}
		})
	}
}

// TestSamba_Identities: two users call on one base transport, and each response names its own.
func TestSamba_Identities(t *testing.T) {
	t.Parallel()
	sambaEndpoint(t)
	base := sambaBase(t)
	for _, prefix := range []string{"", "/krb5"} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			t.Parallel()
			path := prefix + "/EWS/" + rand.Text()
			var c tally.Count
			var wg sync.WaitGroup
			for _, user := range []string{"alice", "bob"} {
				m, err := Password(auth.Static(user, os.Getenv("EWS_AD_PASS_"+strings.ToUpper(user))), sambaOptions())
				if err != nil {
					t.Fatal(err)
				}
				tr, err := auth.Negotiate(base, m, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer tr.CloseIdleConnections()
				for range 8 {
					wg.Go(func() {
						for range 25 {
							if got, err := post(t.Context(), tr, sambaEndpoint(t)+path); !c.Add(user+"@CORP.TEST", got, err) {
								t.Errorf("%s: %s, %v", user, got, err)
							}
						}
					})
				}
			}
			wg.Wait()
			requests, _ := logged(t, "EWS_AD_ACCESS_LOG", path, 400)
			t.Log(c.Line("Samba"+prefix, "Kerberos", requests))
			if requests != 400 {
				t.Errorf("%d requests for 400 calls", requests)
			}
		})
	}
}

// TestSamba_Aliases: the KDC resolves other names of a client, and of a service.
func TestSamba_Aliases(t *testing.T) {
	t.Parallel()
	sambaEndpoint(t)
	opts := sambaOptions()
	opts.ConfigFile = changedConfig(t, opts.ConfigFile, "canonicalize = true")
	for user, want := range map[string]string{
		"ALICE": "alice", os.Getenv("EWS_AD_UPN_CAROL"): "carol", `CORP\MONA`: "mona",
	} {
		m, err := Password(auth.Static(user, os.Getenv("EWS_AD_PASS_"+strings.ToUpper(want))), opts)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := sambaCall(t, m, "/EWS/aliases"); !strings.Contains(got, "<User>"+want+"@CORP.TEST</User>") {
			t.Errorf("%s: %q, %v", user, got, err)
		}
		// The domain controller's account has HOST/dc1.corp.test, of which HTTP is an alias.
		if tkt, err := m.ticket(t.Context(), "HTTP/dc1.corp.test"); err != nil || tkt.message.SName.NameString[0] != "HTTP" {
			t.Errorf("an alias of a service: %v, %v", tkt, err)
		}
	}
}

// changedConfig is a krb5.conf with further lines in [libdefaults].
func changedConfig(t *testing.T, path, lines string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(t.TempDir(), "krb5.conf")
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), "[libdefaults]", "[libdefaults]\n"+lines, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return changed
}

// TestSamba_LargeTicket: the ticket of a user in 900 groups does not pass the limits of many servers for
// headers. Their refusals are explained by its size; a small ticket passes.
func TestSamba_LargeTicket(t *testing.T) {
	t.Parallel()
	sambaEndpoint(t)
	for name, start := range map[string]func(*testing.T) (string, int){
		"Apache, 8 KiB": smallApache, "Go, 8 KiB": smallGo,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, status := start(t)
			for _, user := range []string{"alice", "max"} {
				m, err := Password(auth.Static(user, os.Getenv("EWS_AD_PASS_"+strings.ToUpper(user))), sambaOptions())
				if err != nil {
					t.Fatal(err)
				}
				tr, err := auth.Negotiate(nil, m, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer tr.CloseIdleConnections()
				_, err = post(t.Context(), tr, at)
				e, ok := errors.AsType[*auth.Error](err)
				explained := ok && e.StatusCode == status && e.NotSent() && e.Permanent() &&
					strings.Contains(err.Error(), "which holds a login of ") && strings.Contains(err.Error(), "check in how many groups")
				if explained != (user == "max") {
					t.Errorf("%s: %v", user, err)
				}
			}
		})
	}
}

// smallGo is a server whose limit for headers is 8 KiB. net/http adds 4 KiB to what it is set to.
func smallGo(t *testing.T) (string, int) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.MaxHeaderBytes = 4 << 10
	s.Start()
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1), http.StatusRequestHeaderFieldsTooLarge
}

// smallApache is an Apache with its default limit.
func smallApache(t *testing.T) (string, int) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	dir := t.TempDir()
	conf := filepath.Join(dir, "httpd.conf")
	text := "ServerRoot " + dir + "\nServerName localhost\nListen " + address + "\nPidFile " + dir + "/pid\nErrorLog " + dir + "/log\n" +
		"Mutex file:" + dir + "\nUser www-data\nGroup www-data\nDocumentRoot " + dir + "\n"
	for _, module := range []string{"mpm_event", "authz_core"} {
		text += "LoadModule " + module + "_module /usr/lib/apache2/modules/mod_" + module + ".so\n"
	}
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/usr/sbin/apache2", "-f", conf, "-D", "FOREGROUND")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the test's context has ended by then
	awaitPort(t, address)
	_, port, _ := net.SplitHostPort(address)
	return "http://localhost:" + port + "/", http.StatusBadRequest
}

// awaitPort waits until a server that was started listens.
func awaitPort(t *testing.T, address string) {
	t.Helper()
	for range 500 {
		c, err := net.Dial("tcp", address) //nolint:noctx // loopback
		if err == nil {
			_ = c.Close()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("nothing listens at %s", address)
}

// TestSamba_RC4 logs in with the key that gokrb5 gets wrong.
func TestSamba_RC4(t *testing.T) {
	t.Parallel()
	sambaEndpoint(t)
	for _, etypes := range []string{"rc4-hmac", "aes256-cts-hmac-sha1-96 rc4-hmac"} {
		path := changedConfig(t, os.Getenv("EWS_AD_KRB5_CONFIG"), "allow_weak_crypto = true\n"+
			"default_tkt_enctypes = "+etypes+"\ndefault_tgs_enctypes = aes256-cts-hmac-sha1-96 rc4-hmac")
		for _, user := range []string{"mona", "alice"} {
			m, err := Password(auth.Static(user, os.Getenv("EWS_AD_PASS_"+strings.ToUpper(user))), &Options{ConfigFile: path})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := sambaCall(t, m, "/EWS/rc4"); !strings.Contains(got, "<User>"+user+"@CORP.TEST</User>") {
				t.Errorf("%s with %s: %q, %v", user, etypes, got, err)
			}
		}
	}
}

// TestSamba_SharedProtection tries a wrong password with 20 mechanisms where three lock the account.
func TestSamba_SharedProtection(t *testing.T) {
	t.Parallel()
	sambaEndpoint(t)
	sambaTool(t, "domain", "passwordsettings", "set", "--account-lockout-threshold=3")
	var wg sync.WaitGroup
	for range 20 {
		m, err := Password(auth.Static("svc-im", "wrong"), sambaOptions())
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			if _, err := sambaCall(t, m, "/EWS/shared"); err == nil || !strings.Contains(err.Error(), "the password or the key is wrong") {
				t.Errorf("error %v", err)
			}
		})
	}
	wg.Wait()
	m, err := Password(auth.Static("svc-im", os.Getenv("EWS_AD_PASS_SVC_IM")), sambaOptions())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := sambaCall(t, m, "/EWS/shared"); !strings.Contains(got, "<User>svc-im@CORP.TEST</User>") {
		t.Errorf("the right password: %q, %v", got, err)
	}
}
