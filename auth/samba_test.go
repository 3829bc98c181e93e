package auth

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/go-ews/exchange/internal/tally"
)

// The Samba tests run against ../shared/peers/samba-ad.sh, whose variables they read:
//
//	samba-ad.sh --small -- go test -run Samba ./auth

// A samba is the domain that the environment names.
type samba struct{ http, https string }

func findSamba(t *testing.T) samba {
	t.Helper()
	if os.Getenv("EWS_AD_NTLM_HTTP") == "" {
		t.Skip("no Active Directory: run under samba-ad.sh -- (its variables EWS_AD_…)")
	}
	return samba{http: os.Getenv("EWS_AD_NTLM_HTTP"), https: os.Getenv("EWS_AD_NTLM_HTTPS")}
}

func (samba) base(t *testing.T) *http.Transport {
	t.Helper()
	pem, err := os.ReadFile(os.Getenv("EWS_AD_CA"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in EWS_AD_CA")
	}
	base := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(base.CloseIdleConnections)
	return base
}

// login returns the credentials of a user of the domain, as CORP\user.
func (samba) login(name string) Credentials {
	name = strings.ToUpper(name)
	return Static(`CORP\`+os.Getenv("EWS_AD_USER_"+name), os.Getenv("EWS_AD_PASS_"+name))
}

// path is an address that the log can be searched for.
func (samba) path(prefix string) string { return prefix + "/EWS/" + rand.Text() }

func TestSamba_Messages(t *testing.T) {
	t.Parallel()
	s := findSamba(t)
	for name, opts := range map[string]*Options{
		"complete": {AllowHTTP: true}, "without MIC": {AllowHTTP: true, NTLMWithoutMIC: true},
	} {
		for _, at := range []string{s.http, s.https, s.https + "/sam", s.https + "/once", s.https + "/negotiate"} {
			for _, user := range []string{"alice", "mona"} {
				t.Run(name+" "+at+" "+user, func(t *testing.T) {
					t.Parallel()
					tr, err := NTLM(s.base(t), s.login(user), opts)
					if err != nil {
						t.Fatal(err)
					}
					defer tr.CloseIdleConnections()
					for range 2 {
						if got := post(t, tr, at+s.path(""), "hello"); !strings.Contains(got, `<User>CORP\`+user+`</User>`) {
							t.Errorf("response %s", got)
						}
					}
				})
			}
		}
	}
}

// TestSamba_Identities: two users call on one base transport, and each response names its own.
func TestSamba_Identities(t *testing.T) {
	t.Parallel()
	s := findSamba(t)
	base := s.base(t)
	for name, opts := range map[string]*Options{"": nil, "/once": {LoginPerRequest: true}, "/negotiate": nil} {
		t.Run("prefix "+name, func(t *testing.T) {
			t.Parallel()
			path := s.path(name)
			var c tally.Count
			var wg sync.WaitGroup
			for _, user := range []string{"alice", "bob"} {
				tr, err := NTLM(base, s.login(user), opts)
				if err != nil {
					t.Fatal(err)
				}
				defer tr.CloseIdleConnections()
				for range 4 {
					wg.Go(func() {
						for range 5 {
							if got, err := try(t.Context(), tr, s.https+path, "hello"); !c.Add(`CORP\`+user, got, err) {
								t.Errorf("%s: %s, %v", user, got, err)
							}
						}
					})
				}
			}
			wg.Wait()
			t.Log(c.Line("Samba"+name, "NTLM", len(s.lines(t, path))))
		})
	}
}

// TestSamba_Integrity: Samba does not require an integrity code, yet refuses one that is wrong.
func TestSamba_Integrity(t *testing.T) {
	t.Parallel()
	s := findSamba(t)
	for name, at := range map[string]int{"MIC": micOffset, "version": authenticateFixed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := flipping{&ntlm{credentials: s.login("bob"), lockout: newLockout()}, at}
			tr, err := newBound(schemeNTLM, s.base(t), m, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tr.CloseIdleConnections()
			if got := post(t, tr, s.https+s.path("/sam"), "hello"); !strings.Contains(got, "refused the login") {
				t.Errorf("response %s", got)
			}
		})
	}
}

// lines returns the log's lines for a path.
func (samba) lines(t *testing.T, path string) []string {
	t.Helper()
	log, err := os.ReadFile(os.Getenv("EWS_AD_ACCESS_LOG"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, " url="+path+" ") {
			found = append(found, line)
		}
	}
	return found
}

func TestSamba_WrongPasswordIsSentOnce(t *testing.T) {
	t.Parallel()
	s := findSamba(t)
	path := s.path("")
	manyTransports(t, func() (*Transport, error) {
		return NTLM(s.base(t), Static(`CORP\bob`, "wrong"), nil)
	}, s.https+path)
	n := 0
	for _, line := range s.lines(t, path) {
		n += strings.Count(line, "step=ntlm3")
	}
	if n != 1 {
		t.Errorf("%d logins, want 1", n)
	}
}
