package auth

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
)

// connectProxy opens any tunnel. With a certificate it speaks TLS itself.
func connectProxy(t *testing.T, cert *tls.Certificate) string {
	t.Helper()
	l := ownPort(t)
	scheme := "http"
	if cert != nil {
		scheme = "https"
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{*cert}})
	}
	var wg sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { tunnel(c) })
		}
	})
	return scheme + "://" + l.Addr().String()
}

func tunnel(front net.Conn) {
	defer func() { _ = front.Close() }()
	r, err := http.ReadRequest(bufio.NewReader(front))
	if err != nil || r.Method != http.MethodConnect {
		return
	}
	back, err := net.Dial("tcp", r.Host) //nolint:noctx // a peer on loopback
	if err != nil {
		return
	}
	_, _ = io.WriteString(front, "HTTP/1.1 200 OK\r\n\r\n")
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = io.Copy(front, back)
		_ = front.Close()
	})
	_, _ = io.Copy(back, front)
	_ = back.Close()
	wg.Wait()
}

// TestNTLM_BindingThroughAProxy: the binding is to the server's certificate, also when the proxy in
// between has another.
func TestNTLM_BindingThroughAProxy(t *testing.T) {
	t.Parallel()
	proxyCert := selfSigned(t)
	leaf, err := x509.ParseCertificate(proxyCert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, cert := range map[string]*tls.Certificate{"plain proxy": nil, "proxy with TLS": &proxyCert} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAcceptor(t, true, nil)
			bindTo(a, a.Certificate(), true)
			at, err := url.Parse(connectProxy(t, cert))
			if err != nil {
				t.Fatal(err)
			}
			if cert != nil {
				at.Host = "localhost:" + at.Port()
			}
			base := a.base()
			base.TLSClientConfig.RootCAs.AddCert(leaf)
			base.Proxy = http.ProxyURL(at)
			tr := mustNTLM(t, a, nil)
			for range 2 {
				if got := post(t, tr, a.URL, "hello"); got != `EXCH\alice 5` {
					t.Errorf("response %s", got)
				}
			}
		})
	}
}
