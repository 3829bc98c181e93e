package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"time"
)

const clientCertificateAdvice = "the server wants a client certificate, which calls to EWS do not have: in IIS, SSL Settings " +
	"of the EWS directory, Client certificates: Ignore (or the same on the load balancer)"

// wantsClientCertificate reports whether a server that accepted the handshake ended the connection for
// want of a certificate: over TLS 1.3 it does so afterwards, and IIS asks for it in a second handshake.
func wantsClientCertificate(err error) bool {
	return strings.Contains(err.Error(), "tls: certificate required") || strings.Contains(err.Error(), "tls: no renegotiation")
}

// handshakeAdvice says what to do about a TLS handshake that failed. Alerts have no types, so that
// their texts tell them apart.
func (d *doctor) handshakeAdvice(ctx context.Context, err error, address, host string) string {
	if unverified, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return d.certificateAdvice(unverified)
	}
	says := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(err.Error(), w) })
	}
	switch {
	case says("does not look like a TLS handshake"):
		return "the port speaks plain HTTP: give the https:// port in --endpoint, or http:// if this is a test server"
	case says("unrecognized name"):
		return "the server has no site of the name " + host + ": check the host of --endpoint, and the host names of the " +
			"bindings in IIS or on the load balancer"
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return "the server ended the handshake without a word: the https binding in IIS has no certificate " +
			"(netsh http show sslcert; Enable-ExchangeCertificate -Services IIS), it has TLS 1.2 switched off, or a firewall " +
			"in between forbids the name " + host
	}
	if version, suite := d.speaks(ctx, address, host); version != 0 {
		return oldProtocolAdvice(version, suite)
	}
	return "the server must have TLS 1.2 or later switched on (SchannelConfiguration, or on an old load balancer in between)"
}

// speaks returns the version of TLS and the cipher suite that the server takes from a client that
// accepts any; 0 if none, and behind a proxy, which no connection may bypass.
func (d *doctor) speaks(ctx context.Context, address, host string) (version, suite uint16) {
	if d.proxied {
		return 0, 0
	}
	conn, err := d.network.connect(ctx, address)
	if err != nil {
		return 0, 0
	}
	defer conn.Close()
	var suites []uint16
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		suites = append(suites, s.ID)
	}
	//nolint:gosec // it shows what an old server speaks; nothing is sent over it
	c := tls.Client(conn, &tls.Config{
		ServerName: host, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, CipherSuites: suites,
	})
	if c.HandshakeContext(ctx) != nil {
		return 0, 0
	}
	return c.ConnectionState().Version, c.ConnectionState().CipherSuite
}

func oldProtocolAdvice(version, suite uint16) string {
	if version < tls.VersionTLS12 {
		return "the server speaks " + tls.VersionName(version) + " at most: have TLS 1.2 switched on (SchannelConfiguration, " +
			"SSL Protocols TLS 1.2 Server Enabled 1; or on an old load balancer in between)"
	}
	return "the server takes old cipher suites only, such as " + tls.CipherSuiteName(suite) + ": have one with ECDHE and GCM " +
		"switched on (Enable-TlsCipherSuite TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, or the profile of the load balancer); " +
		"until then run with GODEBUG=tlsrsakex=1,tls3des=1"
}

// certificateAdvice says what to do about a certificate that is not accepted.
func (d *doctor) certificateAdvice(e *tls.CertificateVerificationError) string {
	var (
		name      x509.HostnameError
		unknown   x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		algorithm x509.InsecureAlgorithmError
	)
	switch {
	case errors.As(e, &name) && len(name.Certificate.DNSNames)+len(name.Certificate.IPAddresses) == 0:
		return "the certificate has its name in the common name alone, which programs no longer accept: have it issued anew " +
			"with the name as subject alternative name (New-ExchangeCertificate -GenerateRequest -DomainName)"
	case errors.As(e, &name):
		return "the certificate is for other names: use one of them in --endpoint, or have this one added " +
			"(New-ExchangeCertificate -GenerateRequest -DomainName)"
	case errors.As(e, &invalid) && invalid.Reason == x509.Expired:
		return d.datesAdvice(invalid.Cert, e.UnverifiedCertificates)
	case errors.As(e, &unknown):
		return authorityAdvice(e)
	case errors.As(e, &algorithm):
		return oldAlgorithmAdvice
	case errors.As(e, new(x509.SystemRootsError)):
		return "this machine has no certificates of authorities: install the package ca-certificates, or name them by --ca"
	}
	switch {
	case errors.As(e, &invalid) && invalid.Reason == x509.CANotAuthorizedForThisName:
		return "an authority of the chain may not issue certificates for this name (its name constraints): use a name that it may, " +
			"or have the certificate issued by another authority"
	case errors.As(e, &invalid) && invalid.Reason == x509.NotAuthorizedToSign:
		return "the certificate was issued by one that is no authority's: have it issued anew (basic constraints: CA)"
	}
	return "the certificate cannot be used for this: have it issued anew, for server authentication"
}

const oldAlgorithmAdvice = "the certificate, or one of its authorities, is signed with SHA-1 or MD5: have it issued anew, with " +
	"SHA-256 (certutil -setreg ca\\csp\\CNGHashAlgorithm SHA256 on an authority of Active Directory Certificate Services)"

// datesAdvice says what to do about a certificate of the chain that is not valid now.
func (d *doctor) datesAdvice(bad *x509.Certificate, chain []*x509.Certificate) string {
	now := d.network.time()
	clock := "this machine's clock shows " + now.UTC().Format(time.DateTime) + " UTC"
	const setClock = "(w32tm /query /status, chronyc tracking)"
	switch {
	case now.Before(bad.NotBefore):
		return "the certificate begins on " + bad.NotBefore.UTC().Format(time.DateTime) + " UTC, and " + clock +
			": set the clock " + setClock
	case len(chain) > 0 && !bad.Equal(chain[0]):
		return "the server sends an intermediate certificate that has ended, " + nameOf(bad) + ": replace it on the server by its " +
			"authority's present one (certlm.msc, Intermediate Certification Authorities); " + clock
	}
	return "renew the certificate (Get-ExchangeCertificate; New-ExchangeCertificate or Import-ExchangeCertificate, then " +
		"Enable-ExchangeCertificate -Services IIS), and check this machine's clock " + setClock + "; " + clock
}

// authorityAdvice says what to do about a chain that leads to no known authority. The certificates
// that the server sent tell a private authority from one that is missing in between.
func authorityAdvice(e *tls.CertificateVerificationError) string {
	const trust = "name its certificate by --ca, or install it in the system's store"
	chain := e.UnverifiedCertificates
	if len(chain) == 0 {
		return "the authority is not known here: " + trust
	}
	first, last := chain[0], chain[len(chain)-1]
	issuer := fmt.Sprintf("%q", issuerOf(last))
	switch {
	case strings.Contains(e.Error(), "insecure algorithm"): // the text of crypto/x509, which exports no field
		return oldAlgorithmAdvice
	case strings.Contains(e.Error(), "candidate authority"): // its text as well
		return "an authority of the name " + issuer + " is known here, but with another key or out of date, as after a renewal: " +
			"have --ca or the system's store hold the one that is in use"
	case len(chain) == 1 && selfSigned(first):
		return "the certificate is self-signed, as Exchange makes it when it is installed: have one of an authority enabled " +
			"(Get-ExchangeCertificate, Enable-ExchangeCertificate -Services IIS), or name this one by --ca"
	case len(chain) > 1 || selfSigned(last):
		return "the server's chain leads to " + issuer + ", an authority that is not known here (a private one, or that of a firewall " +
			"that inspects TLS): " + trust
	case len(first.IssuingCertificateURL) > 0 && strings.HasPrefix(first.IssuingCertificateURL[0], "http"):
		return "the server sends its own certificate alone, and that of the authority " + issuer + " is missing in between: have the " +
			"server send it (import " + first.IssuingCertificateURL[0] + " into Intermediate Certification Authorities there, " +
			"certutil -addstore CA FILE); if the authority is a private root, " + trust
	}
	return "the authority " + issuer + " is not known here: " + trust + "; if it is an intermediate one, have the server send its certificate " +
		"(certutil -addstore CA FILE there)"
}

func selfSigned(c *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, c.RawSubject) }

// nameOf is the name of an authority.
func nameOf(c *x509.Certificate) string {
	if c.Subject.CommonName != "" {
		return fmt.Sprintf("%q", c.Subject.CommonName)
	}
	return c.Subject.String()
}
