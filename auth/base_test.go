package auth

import (
	"crypto/tls"
	"net/http"
	"slices"
	"testing"
)

// TestOneProtocol_LeavesBaseAlone guards the caller's transport: a cloned tls.Config shares its
// slices with the original, so that editing them in place changes both.
func TestOneProtocol_LeavesBaseAlone(t *testing.T) {
	t.Parallel()
	protos := []string{"h2", "http/1.1", "other"}
	base := &http.Transport{TLSClientConfig: &tls.Config{NextProtos: protos, MinVersion: tls.VersionTLS12}}
	if _, err := NTLM(base, Static("user", "password"), nil); err != nil {
		t.Fatal(err)
	}
	if want := []string{"h2", "http/1.1", "other"}; !slices.Equal(protos, want) {
		t.Errorf("the base transport's protocols are now %q, want %q", protos, want)
	}
}
