package netfault

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"strings"

	"github.com/go-ews/exchange/internal/oneline"
)

// adviceTLS returns why the TLS handshake failed, and how to make it succeed.
func adviceTLS(err error, host string) string {
	if isX509(err) || as[*tls.CertificateVerificationError](err) {
		return adviceCertificate(err, host)
	}
	switch {
	case errors.Is(err, http.ErrSchemeMismatch), as[tls.RecordHeaderError](err):
		return host + " does not speak TLS on this port: check port and scheme"
	case contains(err, "protocol version", "unsupported protocol", "no supported versions"):
		return host + " and this program have no version of TLS in common: switch TLS 1.2 on there"
	case contains(err, "handshake failure", "no cipher suite", "insufficient security"):
		return host + " found nothing in common in the TLS handshake: check its cipher suites, " +
			"and whether it wants a client certificate"
	case contains(err, "certificate required", "bad certificate", "unknown certificate"):
		return host + " wants a client certificate, or does not accept the one that was sent"
	case contains(err, "unrecognized name"):
		return "the server does not serve the name " + host + ": check the host name"
	}
	return "the TLS handshake with " + host + " failed: check for something on the way that ends TLS"
}

func adviceCertificate(err error, host string) string {
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return "the certificate does not name " + host + namesOf(e.Certificate) +
			": use a name that it has, or give the server one with this name"
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return "the certificate of " + host + dates(e.Cert) +
			": renew it, and check the clock of this machine"
	}
	switch {
	case contains(err, "insecure algorithm"): // also as the reason in an UnknownAuthorityError
		return "the certificate of " + host + ", or that of an authority of it, is signed with an algorithm that is no longer safe: renew it"
	case as[x509.UnknownAuthorityError](err):
		return "the certificate of " + host + " comes from an authority that this machine does not know: " +
			"install the authority's certificate, or the missing intermediate one on the server; " +
			"a firewall that inspects TLS has its own authority"
	case as[x509.SystemRootsError](err):
		return "this machine has no certificates of authorities (the package ca-certificates): " +
			"that of " + host + " cannot be verified"
	}
	return "the certificate of " + host + " may not be used for this: check its usages and constraints, " +
		"and those of its authority"
}

// namesOf lists the names in a certificate.
func namesOf(c *x509.Certificate) string {
	const most = 5
	if c == nil || len(c.DNSNames) == 0 {
		return ""
	}
	names := c.DNSNames[:min(len(c.DNSNames), most)]
	text := " (but " + oneline.Clip(strings.Join(names, ", "), 200)
	if len(c.DNSNames) > most {
		text += ", …"
	}
	return text + ")"
}

// dates says from when to when a certificate is valid.
func dates(c *x509.Certificate) string {
	if c == nil {
		return " has expired"
	}
	const day = "2006-01-02"
	return " is valid from " + c.NotBefore.UTC().Format(day) + " to " + c.NotAfter.UTC().Format(day) + " only"
}
