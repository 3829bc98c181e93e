package kerberos

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/internal/relay"
)

// TestPeer_Relay breaks the first connection to the server. The error of that call says whether it
// may be repeated; no call is refused, or carried out as another user.
func TestPeer_Relay(t *testing.T) {
	t.Parallel()
	needPeer(t)
	at, err := url.Parse(os.Getenv("EWS_AUTH_HTTP"))
	if err != nil {
		t.Fatal(err)
	}
	for name, plan := range map[string]relay.Plan{
		"request cut":       relay.CutRequest(300, relay.End),
		"request reset":     relay.CutRequest(300, relay.Reset),
		"half open":         relay.CutRequest(300, relay.Stall),
		"no response":       relay.CutResponse(0, relay.End),
		"response reset":    relay.CutResponse(0, relay.Reset),
		"response stalls":   relay.CutResponse(0, relay.Stall),
		"response cut":      relay.CutResponse(100, relay.End),
		"whole and unhurt":  {},
		"connection refuse": relay.CutRequest(0, relay.Reset),
	} {
		for _, path := range []string{"/EWS/relay", "/krb5/EWS/relay"} {
			t.Run(name+path, func(t *testing.T) {
				t.Parallel()
				r, err := relay.Listen("127.0.0.1:"+at.Port(), func(connection int) relay.Plan {
					if connection == 0 {
						return plan
					}
					return relay.Plan{}
				})
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				opts := peerOptions()
				opts.ServicePrincipal = os.Getenv("EWS_AUTH_SPN")
				m, err := Password(auth.Static("alice", os.Getenv("EWS_AUTH_PASS")), opts)
				if err != nil {
					t.Fatal(err)
				}
				tr, err := auth.Negotiate(nil, m, &auth.Options{MaxConns: 1})
				if err != nil {
					t.Fatal(err)
				}
				defer tr.CloseIdleConnections()
				broken := plan != relay.Plan{}
				for call := range 3 {
					ctx, cancel := t.Context(), context.CancelFunc(func() {})
					if call == 0 && (strings.Contains(name, "stalls") || name == "half open") {
						ctx, cancel = context.WithTimeout(ctx, 500*time.Millisecond)
					}
					text, err := post(ctx, tr, "http://"+r.Addr()+path)
					cancel()
					e, known := errors.AsType[*auth.Error](err)
					switch {
					case err == nil && strings.Contains(text, "<User>alice@EXCH.TEST</User>") && (call > 0 || !broken || name == "connection refuse"):
					case call == 0 && broken && known && e.StatusCode == 0:
					case call == 0 && name == "response cut" && err != nil:
					default:
						t.Errorf("call %d: %s, %v", call, text, err)
					}
				}
			})
		}
	}
}

// TestPeer_Bridge has a TLS bridge in between, with the server's certificate and with another one.
func TestPeer_Bridge(t *testing.T) {
	t.Parallel()
	needPeer(t)
	dir := os.Getenv("EWS_AUTH_DIR") + "/conf/"
	same, err := tls.LoadX509KeyPair(dir+"tls.pem", dir+"tls.key")
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(os.Getenv("EWS_AUTH_EPA"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, mode string
		cert       []tls.Certificate // nil: another one
		binding    auth.ChannelBinding
		want       string
	}{
		{"same certificate", "require-once", []tls.Certificate{same}, auth.ChannelBindingAuto, "<ChannelBinding>bound<"},
		{"other certificate", "require-once", nil, auth.ChannelBindingAuto, "Extended Protection"},
		{"other certificate, allow", "allow-once", nil, auth.ChannelBindingAuto, "Extended Protection"},
		{"other certificate, allow, off", "allow-once", nil, auth.ChannelBindingOff, "<ChannelBinding>unbound<"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			base := peerBase(t)
			proxy := httputil.NewSingleHostReverseProxy(target)
			proxy.Transport = peerBase(t)
			s := httptest.NewUnstartedServer(proxy)
			if c.cert != nil {
				s.TLS = &tls.Config{Certificates: c.cert}
			}
			s.StartTLS()
			defer s.Close()
			leaf, err := x509.ParseCertificate(s.TLS.Certificates[0].Certificate[0])
			if err != nil {
				t.Fatal(err)
			}
			base.TLSClientConfig.RootCAs.AddCert(leaf)
			opts := peerOptions()
			opts.ServicePrincipal = os.Getenv("EWS_AUTH_SPN")
			m, err := Password(auth.Static("alice", os.Getenv("EWS_AUTH_PASS")), opts)
			if err != nil {
				t.Fatal(err)
			}
			tr, err := auth.Negotiate(base, m, &auth.Options{ChannelBinding: c.binding})
			if err != nil {
				t.Fatal(err)
			}
			defer tr.CloseIdleConnections()
			at := s.URL
			if c.cert != nil { // it is for localhost
				at = strings.Replace(at, "127.0.0.1", "localhost", 1)
			}
			text, err := post(t.Context(), tr, at+"/epa-"+c.mode+"/x")
			if err != nil {
				text = err.Error()
			}
			if !strings.Contains(text, c.want) {
				t.Errorf("%s, want %s", text, c.want)
			}
		})
	}
}
