package auth

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEndPointBinding(t *testing.T) {
	t.Parallel()
	raw := []byte("certificate")
	s256, s384, s512 := sha256.Sum256(raw), sha512.Sum384(raw), sha512.Sum512(raw)
	for _, c := range []struct {
		algorithm x509.SignatureAlgorithm
		want      []byte
	}{
		{x509.MD5WithRSA, s256[:]},
		{x509.SHA1WithRSA, s256[:]},
		{x509.ECDSAWithSHA1, s256[:]},
		{x509.SHA256WithRSA, s256[:]},
		{x509.SHA256WithRSAPSS, s256[:]},
		{x509.ECDSAWithSHA256, s256[:]},
		{x509.SHA384WithRSA, s384[:]},
		{x509.ECDSAWithSHA384, s384[:]},
		{x509.SHA384WithRSAPSS, s384[:]},
		{x509.SHA512WithRSA, s512[:]},
		{x509.ECDSAWithSHA512, s512[:]},
		{x509.SHA512WithRSAPSS, s512[:]},
		{x509.PureEd25519, nil},
		{x509.UnknownSignatureAlgorithm, nil},
	} {
		t.Run(c.algorithm.String(), func(t *testing.T) {
			t.Parallel()
			state := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{Raw: raw, SignatureAlgorithm: c.algorithm}}}
			want := c.want
			if want != nil {
				want = append([]byte("tls-server-end-point:"), want...)
			}
			if diff := cmp.Diff(want, endPointBinding(state)); diff != "" {
				t.Errorf("binding (-want +got):\n%s", diff)
			}
		})
	}
	if got := endPointBinding(nil); got != nil {
		t.Errorf("without TLS: % x", got)
	}
	if got := endPointBinding(&tls.ConnectionState{}); got != nil {
		t.Errorf("without a certificate: % x", got)
	}
}

// bindTo makes an acceptor check bindings to a certificate.
func bindTo(a *acceptor, cert *x509.Certificate, require bool) {
	a.binding = endPointBinding(&tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}})
	a.require = require
}

func TestNTLM_ExtendedProtection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		require bool
		foreign bool // the server expects the binding of another certificate, as behind a bridge
		binding ChannelBinding
		want    string
	}{
		{"allow", false, false, ChannelBindingAuto, "done"},
		{"allow, no binding sent", false, false, ChannelBindingOff, "done"},
		{"allow, behind a bridge", false, true, ChannelBindingAuto, "refused"},
		{"allow, behind a bridge, no binding sent", false, true, ChannelBindingOff, "done"},
		{"require", true, false, ChannelBindingAuto, "done"},
		{"require, no binding sent", true, false, ChannelBindingOff, "refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cert := selfSigned(t)
			a := newAcceptor(t, true, func(a *acceptor) { a.TLS = &tls.Config{Certificates: []tls.Certificate{cert}} })
			expected := a.Certificate()
			if c.foreign {
				leaf, err := x509.ParseCertificate(selfSigned(t).Certificate[0])
				if err != nil {
					t.Fatal(err)
				}
				expected = leaf
			}
			bindTo(a, expected, c.require)
			base := a.base()
			base.TLSClientConfig.ServerName = "localhost"
			tr, err := NTLM(base, Static(`EXCH\alice`, "Al1ce-pass word"), &Options{ChannelBinding: c.binding})
			if err != nil {
				t.Fatal(err)
			}
			defer tr.CloseIdleConnections()
			text, err := try(t.Context(), tr, a.URL, "hello")
			if c.want == "done" {
				if err != nil || text != `EXCH\alice 5` {
					t.Errorf("%q, %v", text, err)
				}
				return
			}
			var e *Error
			if !errors.As(err, &e) || e.StatusCode != 401 || !strings.Contains(e.Hint, "channel binding") {
				t.Errorf("error %v, want a 401 that names channel binding", err)
			}
		})
	}
}
