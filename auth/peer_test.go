package auth

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"testing"
)

// The peer tests run against ../shared/peers/auth-server.sh, whose variables they read:
//
//	auth-server.sh --epa -- go test -run Peer ./auth

// A peer is the server that the environment names.
type peer struct{ http, https, h2, epa, log string }

func findPeer(t *testing.T) peer {
	t.Helper()
	if os.Getenv("EWS_AUTH_HTTP") == "" {
		t.Skip("no authenticating server: run under auth-server.sh --epa -- (its variables EWS_AUTH_…)")
	}
	return peer{
		http: os.Getenv("EWS_AUTH_HTTP"), https: os.Getenv("EWS_AUTH_HTTPS"), h2: os.Getenv("EWS_AUTH_H2"),
		epa: os.Getenv("EWS_AUTH_EPA"), log: os.Getenv("EWS_AUTH_ACCESS_LOG"),
	}
}

// peerBase trusts the server's certificate and asks for HTTP/2 where that is possible.
func peerBase(t *testing.T) *http.Transport {
	t.Helper()
	pem, err := os.ReadFile(os.Getenv("EWS_AUTH_CA"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in EWS_AUTH_CA")
	}
	return &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: pool},
		ForceAttemptHTTP2: true,
	}
}
