package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"
)

// tlsSymptoms are about certificates and versions of TLS.
func tlsSymptoms(t *testing.T) []symptom {
	t.Helper()
	forServer, root := newCertificates(t)
	return []symptom{
		{"http to an https port", "nmarus/node-ews#26", scene{tls: forServer, endpoint: func(u string) string { return "http" + strings.TrimPrefix(u, "https") }}, "schemes", "https"},
		{"https to an http port", "ecederstrand/exchangelib#677", scene{endpoint: func(u string) string { return "https" + strings.TrimPrefix(u, "http") }}, "TLS", "plain HTTP"},
		{"private authority", "ecederstrand/exchangelib#674", scene{tls: forServer}, "TLS", "--ca"},
		{"certificate expired", "WinRb/autodiscover#3", scene{tls: forServer, args: []string{"--ca", root}, network: network{now: inTenYears}}, "TLS", "renew the certificate"},
		{"certificate for another name", "OfficeDev/ews-java-api#351", scene{tls: forServer, args: []string{"--ca", root}, endpoint: func(u string) string {
			return strings.Replace(u, "127.0.0.1", "localhost.localdomain", 1)
		}, network: network{lookup: addresses("127.0.0.1"), dial: toLoopback}}, "TLS", "other names"},
		{"certificate ends soon", "win-acme/win-acme#1088", scene{tls: forServer, args: []string{"--ca", root}, network: network{now: beforeItsEnd}}, "", "renew it"},
		{"TLS 1.1 at most", "otris/ews-cpp#160", scene{tls: &tls.Config{Certificates: forServer.Certificates, MaxVersion: tls.VersionTLS11}, args: []string{"--ca", root}}, "TLS", "TLS 1.2"},
	}
}

// chainSymptoms are about the authorities between a certificate and the trusted ones.
func chainSymptoms(t *testing.T) []symptom {
	t.Helper()
	root := issue(t, nil, "Contoso Root", nil)
	renewed := issue(t, nil, "Contoso Root", nil)
	between := issue(t, root, "Contoso Issuing", nil)
	ended := issue(t, root, "Contoso Issuing 2020", func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().AddDate(-6, 0, 0), time.Now().AddDate(-1, 0, 0)
	})
	limited := issue(t, root, "Contoso Partners", func(c *x509.Certificate) {
		c.PermittedDNSDomainsCritical, c.PermittedIPRanges = true, []*net.IPNet{{IP: net.IPv4(10, 0, 0, 0), Mask: net.CIDRMask(8, 32)}}
	})
	published := func(c *x509.Certificate) {
		onLoopback(c)
		c.IssuingCertificateURL = []string{"http://pki.contoso.test/issuing.crt"}
	}
	trusted := []string{"--ca", root.file(t)}
	yesterday := func() time.Time { return time.Now().AddDate(0, 0, -1) }
	return []symptom{
		{"intermediate missing", "nmarus/node-ews#15", scene{tls: issue(t, between, "mail", onLoopback).config(false), args: trusted}, "TLS", `"Contoso Issuing" is not known here`},
		{"intermediate missing, its URL known", "golang/go#28276", scene{tls: issue(t, between, "mail", published).config(false), args: trusted}, "TLS", "import http://pki.contoso.test/issuing.crt"},
		{"intermediate ended", "acmesh-official/acme.sh#3723", scene{tls: issue(t, ended, "mail", onLoopback).config(true), args: trusted}, "TLS", `"Contoso Issuing 2020"`},
		{"private authority with its chain", "nmarus/node-ews#23", scene{tls: issue(t, between, "mail", onLoopback).config(true)}, "TLS", "--ca"},
		{"TLS inspection", "ecederstrand/exchangelib#912", scene{tls: issue(t, issue(t, issue(t, nil, "Inspection Root", nil), "Inspection", nil), "mail", onLoopback).config(true), args: trusted}, "TLS", `"Inspection Root"`},
		{"authority renewed", "pia-foss/manual-connections#155", scene{tls: issue(t, renewed, "mail", onLoopback).config(true), args: trusted}, "TLS", "with another key"},
		{"self-signed", "gautamsi/ews-javascript-api#202", scene{tls: issue(t, nil, "EXCH01", onLoopback).config(true)}, "TLS", "Enable-ExchangeCertificate"},
		{"name in the common name alone", "johanbrandhorst/certify#122", scene{tls: issue(t, root, "mail.contoso.test", func(c *x509.Certificate) { onLoopback(c); c.IPAddresses = nil }).config(true), args: trusted}, "TLS", "subject alternative name"},
		{"signed with SHA-1", "fatedier/frp#2957", scene{tls: issue(t, root, "mail", func(c *x509.Certificate) { onLoopback(c); c.SignatureAlgorithm = x509.ECDSAWithSHA1 }).config(true), args: trusted}, "TLS", "with SHA-256"},
		{"for clients only", "ssllabs/ssllabs-scan#761", scene{tls: issue(t, root, "mail", func(c *x509.Certificate) {
			onLoopback(c)
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}).config(true), args: trusted}, "TLS", "for server authentication"},
		{"authority of other names", "chris2511/xca#239", scene{tls: issue(t, limited, "mail", onLoopback).config(true), args: trusted}, "TLS", "name constraints"},
		{"clock before the certificate", "rancher/os#2424", scene{tls: issue(t, root, "mail", onLoopback).config(true), args: trusted, network: network{now: yesterday}}, "TLS", "set the clock"},
	}
}

// protocolSymptoms are about handshakes.
func protocolSymptoms(t *testing.T) []symptom {
	t.Helper()
	root := issue(t, nil, "Contoso Root", nil)
	trusted := []string{"--ca", root.file(t)}
	server := func(edit func(*tls.Config)) scene {
		config := issue(t, root, "mail", onLoopback).config(true)
		edit(config)
		return scene{tls: config, args: trusted}
	}
	return []symptom{
		{"TLS 1.0 only", "ecederstrand/exchangelib#155", server(func(c *tls.Config) { c.MaxVersion = tls.VersionTLS10 }), "TLS", "TLS 1.0 at most"},
		{"RSA key exchange only", "golang/go#66512", scene{tls: withRSA(t, root, tls.TLS_RSA_WITH_AES_256_GCM_SHA384), args: trusted}, "TLS", "tlsrsakex=1"},
		{"3DES only", "foxcpp/maddy#789", scene{tls: withRSA(t, root, tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA), args: trusted}, "TLS", "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"},
		{"client certificate wanted over TLS 1.2", "ecederstrand/exchangelib#664", server(func(c *tls.Config) { c.ClientAuth, c.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12 }), "TLS", "Client certificates: Ignore"},
		{"client certificate wanted over TLS 1.3", "Garethp/php-ews#219", server(func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }), "schemes", "Client certificates: Ignore"},
		{"no certificate bound", "microsoft/IIS.Administration#284", scene{front: hangingUp()}, "TLS", "netsh http show sslcert"},
		{"name unknown to the load balancer", "psf/requests#3699", scene{front: hangingUp(0x15, 3, 3, 0, 2, 2, 112)}, "TLS", "has no site of the name"},
	}
}
