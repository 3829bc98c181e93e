package autodiscover

import (
	"strings"
	"testing"
)

// checkResponse holds the properties of every response that a parser accepts: it has content,
// within bounds, and its endpoints are either refused or in the form that a client takes.
func checkResponse(t *testing.T, body []byte, a *response, err error) {
	t.Helper()
	if err != nil {
		if text := err.Error(); len(text) > 600 || strings.ContainsAny(text, "\r\n\x00") {
			t.Errorf("error %q", text)
		}
		return
	}
	if a == nil || len(a.endpoints) == 0 && a.url == "" && a.address == "" {
		t.Fatalf("%q: a response that says nothing", body)
	}
	if len(a.endpoints) > maxProtocols {
		t.Errorf("%d endpoints", len(a.endpoints))
	}
	for _, e := range a.endpoints {
		u, bad := e.usable()
		if bad != "" {
			continue
		}
		if u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
			e.ttl < 0 || len(e.authPackage) > 50 {
			t.Errorf("%q: endpoint %q, %+v", body, u, e)
		}
		if again, bad := (endpoint{url: u.String()}).usable(); bad != "" || again.String() != u.String() {
			t.Errorf("%q is not stable: %q %s", u, again, bad)
		}
	}
}

func FuzzVersion2(f *testing.F) {
	for _, s := range []string{
		`{"Protocol":"EWS","Url":"https://mail.contoso.com/EWS/Exchange.asmx"}`,
		`{"ErrorCode":"UserNotFound","ErrorMessage":"The given user is not found"}`,
		"\xEF\xBB\xBF{\"Url\":\"https://[::1]:444/EWS/WSSecurity/x\"}", `<html>`, `[]`, `null`, `{"Url":"https://a/%2f"}`,
		`{"error":{"code":"X","message":{"value":"y"}}}`, `{"Error":"x"}`, `{"Message":1}`, "{\"ErrorCode\":\"\x1a\"}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := parseVersion2(body)
		checkResponse(t, body, a, err)
	})
}

func FuzzPOX(f *testing.F) {
	for _, s := range []string{
		`<?xml version="1.0"?><Autodiscover xmlns="a"><Response xmlns="b"><Account><Action>settings</Action>` +
			`<Protocol><Type>EXPR</Type><EwsUrl>https://mail.contoso.com/EWS/Exchange.asmx</EwsUrl><TTL>1</TTL>` +
			`<AuthPackage>Ntlm</AuthPackage><ServerVersion>73C18880</ServerVersion></Protocol></Account></Response></Autodiscover>`,
		`<Autodiscover><Response><Account><Action>redirectAddr</Action><RedirectAddr>a@b.c</RedirectAddr></Account></Response></Autodiscover>`,
		`<Autodiscover><Response><Account><Action>redirectUrl</Action><RedirectUrl>https://a/</RedirectUrl></Account></Response></Autodiscover>`,
		`<Autodiscover><Response><Error><ErrorCode>600</ErrorCode><Message>Invalid Request</Message></Error></Response></Autodiscover>`,
		`<Autodiscover><Response><Account><Protocol Type="EXCH"><ASUrl>https://a/wssecurity</ASUrl></Protocol></Account></Response></Autodiscover>`,
		`<!DOCTYPE a><a/>`, `<!DOCTYPE html><html/>`, "<\x00A\x00", `<?xml version="1.0" encoding="us-ascii"?><Autodiscover>&#x1A;</Autodiscover>`,
		`<Autodiscover><Response><Action><Error><Status>2</Status><Message>No directory.</Message></Error></Action></Response></Autodiscover>`,
		`<Autodiscover><Response><Account><Protocol><Type>IMAP</Type></Protocol></Account></Response></Autodiscover>`, `<Autodiscover/>`, `<Autodiscover/><!-- x -->`, `<a:Autodiscover/>`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := parsePOX(body)
		checkResponse(t, body, a, err)
	})
}

// FuzzAddress holds that an accepted address has a domain that can be trusted, and that nothing in
// it reaches the URL of version 2 but as one element of the path.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"tony@contoso.com", "a/../b?c#d@e.f", "a@b", "ü@x.y", "a@1.2.3.4", "%2f@a.b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, bad := parseAddress(s)
		if bad != "" {
			return
		}
		u := version2URL(a.domain, a)
		again, bad := parseTarget(nil, u.String())
		if bad != "" {
			t.Fatalf("%q gives %q: %s", s, u, bad)
		}
		if hostOf(again) != a.domain || again.RawQuery != "Protocol=EWS" ||
			again.Path != "/autodiscover/autodiscover.json/v1.0/"+s || strings.Count(again.EscapedPath(), "/") != 4 {
			t.Errorf("%q gives %q", s, again)
		}
	})
}
