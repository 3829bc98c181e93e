package kerberos

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/go-ews/exchange/auth"
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

// sambaCall posts once and returns the response's text.
func sambaCall(t *testing.T, m *Mechanism, path string) (string, error) {
	t.Helper()
	pem, err := os.ReadFile(os.Getenv("EWS_AD_CA"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	tr, err := auth.Negotiate(&http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}, m, nil)
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

func TestSamba_Refusals(t *testing.T) {
	t.Parallel()
	sambaEndpoint(t)
	for _, c := range []struct{ name, user, password, want string }{
		{"wrong password", "bob", "wrong", "the password or the key is wrong"},
		{"disabled", "dave", os.Getenv("EWS_AD_PASS_DAVE"), "the account is disabled"},
		{"must change", "erin", os.Getenv("EWS_AD_PASS_ERIN"), "must change"},
		{"unknown", "nobody-here", "x", "there is no such user"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, err := Password(auth.Static(c.user, c.password), sambaOptions())
			if err != nil {
				t.Fatal(err)
			}
			_, err = sambaCall(t, m, "/EWS/refusals")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	t.Run("unknown service", func(t *testing.T) {
		t.Parallel()
		opts := sambaOptions()
		opts.ServicePrincipal = "HTTP/other.corp.test"
		m, err := Password(auth.Static("alice", os.Getenv("EWS_AD_PASS_ALICE")), opts)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sambaCall(t, m, "/EWS/refusals"); err == nil || !strings.Contains(err.Error(), "setspn") {
			t.Errorf("error %v", err)
		}
	})
}

// TestSamba_RC4 logs in with the key that gokrb5 gets wrong.
func TestSamba_RC4(t *testing.T) {
	t.Parallel()
	sambaEndpoint(t)
	text, err := os.ReadFile(os.Getenv("EWS_AD_KRB5_CONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	for _, etypes := range []string{"rc4-hmac", "aes256-cts-hmac-sha1-96 rc4-hmac"} {
		conf := strings.Replace(string(text), "[libdefaults]", "[libdefaults]\n  allow_weak_crypto = true\n"+
			"  default_tkt_enctypes = "+etypes+"\n  default_tgs_enctypes = aes256-cts-hmac-sha1-96 rc4-hmac\n", 1)
		path := t.TempDir() + "/krb5.conf"
		if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
			t.Fatal(err)
		}
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
	policy := exec.CommandContext(t.Context(), "samba-tool", "domain", "passwordsettings", "set", "--account-lockout-threshold=3")
	if out, err := policy.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
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
