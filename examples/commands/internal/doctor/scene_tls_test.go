package doctor

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"sync"
	"testing"
	"time"
)

// An issued certificate has its key, and the certificates between it and its root.
type issued struct {
	*x509.Certificate

	key   crypto.Signer
	chain [][]byte
}

// issue makes a certificate; a nil authority signs itself. Edit may change it before it is signed.
func issue(t *testing.T, by *issued, name string, edit func(*x509.Certificate)) *issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return issueFor(t, by, key, name, edit)
}

func issueFor(t *testing.T, by *issued, key crypto.Signer, name string, edit func(*x509.Certificate)) *issued {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	if edit != nil {
		edit(template)
	}
	parent, signer, chain := template, key, [][]byte(nil)
	if by != nil {
		parent, signer = by.Certificate, by.key
		if by.AuthorityKeyId != nil { // not a root
			chain = append([][]byte{by.Raw}, by.chain...)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &issued{cert, key, chain}
}

// onLoopback is a server's certificate for loopback.
func onLoopback(c *x509.Certificate) {
	c.IsCA, c.KeyUsage = false, x509.KeyUsageDigitalSignature|x509.KeyUsageKeyEncipherment
	c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
}

// config serves the certificate, and those in between if whole is set.
func (c *issued) config(whole bool) *tls.Config {
	cert := tls.Certificate{Certificate: [][]byte{c.Raw}, PrivateKey: c.key}
	if whole {
		cert.Certificate = append(cert.Certificate, c.chain...)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10}
}

// file is for --ca.
func (c *issued) file(t *testing.T) string {
	t.Helper()
	name := t.TempDir() + "/ca.pem"
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// withRSA is a server that takes one cipher suite.
func withRSA(t *testing.T, root *issued, suite uint16) *tls.Config {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	config := issueFor(t, root, key, "mail", onLoopback).config(true)
	config.CipherSuites, config.MaxVersion = []uint16{suite}, tls.VersionTLS12
	return config
}

// accepting is a front that treats each connection so, whatever stands behind it.
func accepting(treat func(c net.Conn, server string)) func(*testing.T, string) string {
	return func(t *testing.T, server string) string {
		t.Helper()
		l := ownPort(t)
		serve(t, l, func(c net.Conn) { treat(c, server); _ = c.Close() })
		return "https://" + l.Addr().String()
	}
}

// hangingUp ends each handshake after the client's first message, with some last bytes.
func hangingUp(last ...byte) func(*testing.T, string) string {
	return accepting(func(c net.Conn, _ string) {
		_, _ = c.Read(make([]byte, 1<<14))
		_, _ = c.Write(last)
	})
}

// bridging ends TLS with its certificate and opens a new connection to the server for each of a
// client.
func bridging(config *tls.Config) func(*testing.T, string) string {
	return accepting(func(c net.Conn, server string) {
		front := tls.Server(c, config)
		//nolint:gosec,noctx // a server of this test, on loopback
		back, err := tls.Dial("tcp", server[len("https://"):], &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		var copying sync.WaitGroup
		copying.Go(func() { _, _ = io.Copy(front, back); _ = front.Close() })
		_, _ = io.Copy(back, front)
		_ = back.Close()
		copying.Wait()
	})
}
