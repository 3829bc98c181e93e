package doctor

import (
	"crypto/tls"
	"strings"
	"testing"
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
