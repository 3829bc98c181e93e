package auth

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestPeer_ExtendedProtection(t *testing.T) {
	t.Parallel()
	p := findPeer(t)
	if p.epa == "" {
		t.Skip("no endpoint that checks channel bindings: run under auth-server.sh --epa")
	}
	for _, c := range []struct {
		mode    string
		binding ChannelBinding
		want    string
	}{
		{"none", ChannelBindingAuto, "unbound"},
		{"none", ChannelBindingOff, "unbound"},
		{"allow", ChannelBindingAuto, "bound"},
		{"allow", ChannelBindingOff, "unbound"},
		{"require", ChannelBindingAuto, "bound"},
		{"require", ChannelBindingOff, "refused"},
		{"require-once", ChannelBindingAuto, "bound"},
	} {
		t.Run(fmt.Sprintf("%s/%d", c.mode, c.binding), func(t *testing.T) {
			t.Parallel()
			tr, err := NTLM(p.base(t), alice(), &Options{ChannelBinding: c.binding})
			if err != nil {
				t.Fatal(err)
			}
			defer tr.CloseIdleConnections()
			for range 3 {
				if got := bindingSeen(t, tr, p.epa+"/epa-"+c.mode+"/x"); got != c.want {
					t.Errorf("%s, want %s", got, c.want)
				}
			}
		})
	}
}

// bindingSeen returns how the server judged the channel binding: bound, unbound or refused.
func bindingSeen(t *testing.T, tr http.RoundTripper, url string) string {
	t.Helper()
	text, err := try(t.Context(), tr, url, "hello")
	var e *Error
	switch {
	case errors.As(err, &e) && e.NotSent():
		if !strings.Contains(err.Error(), "Extended Protection") && !strings.Contains(err.Error(), "locked out") {
			t.Errorf("the error does not name Extended Protection: %v", err)
		}
		return "refused"
	case err != nil:
		return err.Error()
	case strings.Contains(text, "<ChannelBinding>bound<"):
		return "bound"
	case strings.Contains(text, "<ChannelBinding>unbound<"):
		return "unbound"
	}
	return text
}

func TestPeer_ResumedSession(t *testing.T) {
	t.Parallel()
	p := findPeer(t)
	base := p.base(t)
	base.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	tr, err := NTLM(base, alice(), nil)
	if err != nil {
		t.Fatal(err)
	}
	resumed := 0
	for range 3 {
		body := strings.NewReader("hello")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.epa+"/epa-require/x", body)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := tr.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if resp.TLS.DidResume {
			resumed++
		}
		var text bytes.Buffer
		_, _ = text.ReadFrom(resp.Body)
		_ = resp.Body.Close()
		if !strings.Contains(text.String(), "<ChannelBinding>bound<") {
			t.Errorf("response %s", text.String())
		}
		tr.CloseIdleConnections()
	}
	if resumed == 0 {
		t.Error("no TLS session was resumed")
	}
}

// TestPeer_Bridge has a TLS bridge in between, with the server's certificate and with another one.
func TestPeer_Bridge(t *testing.T) {
	t.Parallel()
	p := findPeer(t)
	dir := os.Getenv("EWS_AUTH_DIR") + "/conf/"
	same, err := tls.LoadX509KeyPair(dir+"tls.pem", dir+"tls.key")
	if err != nil {
		t.Fatal(err)
	}
	other := selfSigned(t)
	for _, c := range []struct {
		name, mode string
		cert       tls.Certificate
		binding    ChannelBinding
		want       string
	}{
		{"same certificate", "require", same, ChannelBindingAuto, "bound"},
		{"other certificate", "require", other, ChannelBindingAuto, "refused"},
		{"other certificate, allow", "allow", other, ChannelBindingAuto, "refused"},
		{"other certificate, allow, off", "allow", other, ChannelBindingOff, "unbound"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			base := p.base(t)
			leaf, err := x509.ParseCertificate(c.cert.Certificate[0])
			if err != nil {
				t.Fatal(err)
			}
			at := bridge(t, c.cert, p.epa, base.TLSClientConfig.Clone())
			base.TLSClientConfig.RootCAs.AddCert(leaf)
			tr, err := NTLM(base, alice(), &Options{ChannelBinding: c.binding})
			if err != nil {
				t.Fatal(err)
			}
			defer tr.CloseIdleConnections()
			if got := bindingSeen(t, tr, at+"/epa-"+c.mode+"/x"); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}
