package sspi

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/go-ews/exchange/auth"
)

// The peer tests log in as the account of the process at ../../../shared/peers/auth-server.sh. They need
// Windows, or Wine with the ticket of that server's alice, as .ci/sspi-wine has it.

func peer(t *testing.T) *auth.Transport {
	t.Helper()
	if os.Getenv("EWS_AUTH_HTTPS") == "" || runtime.GOOS != "windows" {
		t.Skip("no authenticating server, or not Windows: run .ci/sspi-wine, which sets EWS_AUTH_…")
	}
	m, err := CurrentAccount(nil)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(os.Getenv("EWS_AUTH_CA"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in EWS_AUTH_CA")
	}
	tr, err := auth.Negotiate(&http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// TestPeer_Calls has 8 workers log in with each request, and with each connection.
func TestPeer_Calls(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"/krb5", ""} {
		tr := peer(t)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 25 {
					text, err := post(t.Context(), tr, os.Getenv("EWS_AUTH_HTTPS")+prefix+"/EWS/Exchange.asmx")
					if !strings.Contains(text, "<User>alice@EXCH.TEST</User>") {
						t.Errorf("%s: %s, %v", prefix, text, err)
						return
					}
				}
			})
		}
		wg.Wait()
	}
}

// TestPeer_Bound logs in where Extended Protection refuses a wrong binding. Wine sends none, so the
// binding itself is untested.
func TestPeer_Bound(t *testing.T) {
	t.Parallel()
	tr := peer(t)
	if _, err := post(t.Context(), tr, os.Getenv("EWS_AUTH_EPA")+"/epa-allow/EWS/Exchange.asmx"); err != nil {
		t.Error(err)
	}
}

// TestPeer_WrongService holds the error for a service that the domain does not know.
func TestPeer_WrongService(t *testing.T) {
	t.Parallel()
	peer(t)
	m, err := CurrentAccount(&Options{ServicePrincipal: "HTTP/absent.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	x, err := m.Start(t.Context(), auth.Target{Host: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = x.Next(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "HTTP/absent.example.com") {
		t.Errorf("error %v", err)
	}
	t.Log(err)
}
