package doctor

import (
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
		{"firewall", "ksainc/integration_ews#14", scene{network: network{lookup: addresses("192.0.2.1"), dial: failing("i/o timeout")}, endpoint: named("mail.contoso.test")}, "TLS", "firewall"},
	}
}

// discoverySymptoms are about Autodiscover.
func discoverySymptoms() []symptom {
	return []symptom{
		{"hoster's redirect", "gautamsi/ews-javascript-api#73", scene{discover: nowhere{}}, "Autodiscover", "--trust mail.hoster.example"},
		{"ActiveSync only", "mailcow/mailcow-dockerized#646", scene{discover: discovering(mobileSync)}, "Autodiscover", "No directory."},
		{"IMAP only", "mailcow/mailcow-dockerized#2653", scene{discover: discovering(imapOnly)}, "Autodiscover", "IMAP"},
		{"Autodiscover of a web site", "ecederstrand/exchangelib#334", scene{discover: discovering("<html><title>Welcome</title></html>")}, "Autodiscover", "publish autodiscover"},
		{"Autodiscover without TLS", "OfficeDev/ews-managed-api#26", scene{discover: nothingThere{}}, "Autodiscover", "publish autodiscover"},
	}
}
