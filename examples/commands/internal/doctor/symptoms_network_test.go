package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"testing"
)

// networkSymptoms are about names and connections.
func networkSymptoms(t *testing.T) []symptom {
	t.Helper()
	forServer, root := newCertificates(t)
	return []symptom{
		{"no such name", "ksainc/integration_ews#14", scene{network: network{lookup: noSuchHost}, endpoint: named("mail.contoso.test")}, "DNS", "DNS servers"},
		{"nothing listens", "ecederstrand/exchangelib#677", scene{tls: forServer, endpoint: func(string) string { return "https://127.0.0.1:1/EWS/Exchange.asmx" }, args: []string{"--ca", root}}, "TLS", "nothing listens on port 1"},
		{"IPv6 broken", "ecederstrand/exchangelib#410", scene{network: network{lookup: addresses("2001:db8::1"), dial: failing("connect: network is unreachable")}, endpoint: named("mail.contoso.test")}, "TLS", "IPv6 must work from here"},
		{"proxy asks for credentials", "OfficeDev/ews-managed-api#70", scene{tls: forServer, proxy: refusing(407, `Proxy-Authenticate: Basic realm="x"`), endpoint: named("mail.contoso.test"), args: []string{"--ca", root}}, "proxy", "check user and password in the proxy's URL"},
		{"proxy asks for credentials, http", "jprknight/Office365FiddlerExtension#25", scene{proxy: refusing(407, `Proxy-Authenticate: NTLM`)}, "proxy", "asks for credentials"},
		{"proxy does not know the server", "ecederstrand/exchangelib#330", scene{tls: forServer, proxy: refusing(503), endpoint: named("mail.contoso.test"), args: []string{"--ca", root}}, "proxy", "NO_PROXY"},
		{"proxy ends TLS", "gautamsi/ews-javascript-api#325", scene{tls: forServer, proxy: tunnel, endpoint: named("mail.contoso.test")}, "TLS", "--ca"},
		{"HTTP/2 reset", "mhewedy/ews#13", scene{tls: forServer, front: resetting(forServer, 13), args: []string{"--ca", root}}, "schemes", "GODEBUG=http2client=0"},
		{"HTTP/2 reset by a gateway", "caddyserver/caddy#2259", scene{tls: forServer, front: resetting(forServer, 1), args: []string{"--ca", root}}, "schemes", "breaks off HTTP/2"},
		{"DNS search suffix", "openshift/openshift-ansible#2163", scene{tls: forServer, args: []string{"--ca", root}, network: network{lookup: bySuffix("127.0.0.1"), dial: failing("i/o timeout")}, endpoint: named("mail.contoso.test")}, "DNS", "search suffixes"},
		{"name without a domain", "ksainc/integration_ews#36", scene{network: network{lookup: noSuchHost}, endpoint: named("mail")}, "DNS", "mail.contoso.com"},
		{"SSL offloading", "microsoft/CSS-Exchange#1151", scene{tls: forServer, args: []string{"--ca", root}, handler: page(403, "<h2>403.4 - Forbidden: SSL is required to view this resource.</h2>", "Content-Type: text/html")}, "schemes", "a gateway sends plain HTTP"},
		{"firewall", "ksainc/integration_ews#14", scene{network: network{lookup: addresses("192.0.2.1"), dial: failing("i/o timeout")}, endpoint: named("mail.contoso.test")}, "TLS", "firewall"},
	}
}

// foreign is the error of a certificate for www.contoso.com.
func foreign() error {
	return &tls.CertificateVerificationError{Err: x509.HostnameError{
		Certificate: &x509.Certificate{DNSNames: []string{"www.contoso.com"}}, Host: "contoso.com",
	}}
}

// discoverySymptoms are about Autodiscover.
func discoverySymptoms() []symptom {
	return []symptom{
		{"hoster's redirect", "gautamsi/ews-javascript-api#73", scene{discover: nowhere{}}, "Autodiscover", "--trust mail.hoster.example"},
		{"ActiveSync only", "mailcow/mailcow-dockerized#646", scene{discover: discovering(mobileSync)}, "Autodiscover", "No directory."},
		{"IMAP only", "mailcow/mailcow-dockerized#2653", scene{discover: discovering(imapOnly)}, "Autodiscover", "IMAP"},
		{"Autodiscover of a web site", "ecederstrand/exchangelib#334", scene{discover: discovering("<html><title>Welcome</title></html>")}, "Autodiscover", "publish autodiscover"},
		{"Autodiscover without TLS", "OfficeDev/ews-managed-api#26", scene{discover: nothingThere{}}, "Autodiscover", "publish autodiscover"},
		{"certificate for www", "ecederstrand/exchangelib#677", scene{discover: broken{foreign()}}, "Autodiscover", "_autodiscover._tcp.<domain>"},
		{"Autodiscover behind Cloudflare", "MicrosoftDocs/microsoft-365-docs#9530", scene{discover: responding(521)}, "Autodiscover", "DNS only"},
		{"Autodiscover of Exchange Online", "ecederstrand/exchangelib#337", scene{discover: redirecting("https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml")}, "Autodiscover", "--trust online"},
		{"domain without Autodiscover", "microsoft/mail2bug#68", scene{discover: broken{&net.DNSError{Err: "no such host", Name: "contoso.com", IsNotFound: true}}}, "Autodiscover", "DNS knows nothing"},
		{"Autodiscover through a proxy that is down", "OfficeDev/ews-managed-api#251", scene{discover: broken{&net.OpError{Op: "proxyconnect", Net: "tcp", Err: errors.New("connection refused")}}}, "Autodiscover", "HTTPS_PROXY"},
		{"internal address outside", "OfficeDev/ews-java-api#464", scene{discover: discovering(insideAndOutside), network: network{lookup: noSuchHost}}, "DNS", "also names https://ex01.contoso.com/EWS/Exchange.asmx"},
	}
}

// insideAndOutside names a server that only the company's DNS knows, and the published one.
const insideAndOutside = `<?xml version="1.0" encoding="utf-8"?><Autodiscover ` +
	`xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response ` +
	`xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"><Account><AccountType>email</AccountType>` +
	`<Action>settings</Action><Protocol><Type>EXCH</Type><EwsUrl>https://ex01.contoso.com/EWS/Exchange.asmx</EwsUrl></Protocol>` +
	`<Protocol><Type>EXPR</Type><EwsUrl>https://mail.contoso.com/EWS/Exchange.asmx</EwsUrl></Protocol></Account></Response></Autodiscover>`

// redirecting is an Autodiscover that leads elsewhere.
type redirecting string

func (to redirecting) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusFound, Header: http.Header{"Location": {string(to)}}, Body: http.NoBody, Request: r}, nil
}

// responding is an Autodiscover that has nothing but a status.
type responding int

func (status responding) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: int(status), Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}
