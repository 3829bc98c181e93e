package doctor

import (
	"bytes"
	"crypto/tls"
	"net/http"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

// symptom is something that people met, and what doctor must say of it.
type symptom struct {
	name   string
	thread string // of a report in public: repository and number, or a page
	scene  scene
	check  string // that failed first; "": none did
	says   string // words of its finding, its remedy or the closing sentence
}

// scene is how a symptom is reproduced on loopback.
type scene struct {
	handler  http.HandlerFunc // of the server; nil: a healthy Exchange
	exchange *ewstest.Options // of the Exchange behind the login
	tls      *tls.Config      // nil: http
	args     []string
	password string // "": the right one
	network  network
	endpoint func(url string) string // nil: the server's
	discover http.RoundTripper       // of Autodiscover, which looks for tony@contoso.com; nil: it does not
}

var impersonating = []string{"--mailbox", "anna@contoso.com"}

// symptoms returns all of them.
func symptoms(t *testing.T) []symptom {
	t.Helper()
	forServer, root := newCertificates(t)
	return []symptom{
		// Schemes.
		{"only Negotiate, Kerberos not wanted", "Garethp/php-ews#197", scene{handler: offering("Negotiate"), args: []string{"--auth", "basic"}}, "schemes", "kerberos"},
		{"only Basic", "ecederstrand/exchangelib#1297", scene{handler: offering(`Basic realm="x"`), args: []string{"--auth", "ntlm"}}, "schemes", "--auth: basic"},
		{"only Bearer", "ItsClemi/ews-managed-api#34", scene{handler: offering("Bearer"), args: []string{"--auth", "ntlm"}}, "schemes", "--auth: bearer"},
		{"no Kerberos", "mguessan/davmail#333", scene{handler: offering("NTLM", "Basic"), args: []string{"--auth", "kerberos"}}, "schemes", "providers of the EWS directory"},
		{"no scheme at all", "OfficeDev/ews-java-api#564", scene{handler: page(401, "")}, "schemes", "offers no scheme"},
		{"anonymous access", "KrissN/akonadi-ews#3", scene{handler: ewstest.NewServer(nil).ServeHTTP}, "", "anonymous access"},

		// What stands before Exchange.
		{"wrong path", "mhewedy/ews#4", scene{handler: page(404, "<html><title>404 - File or directory not found.</title></html>")}, "schemes", "/EWS/Exchange.asmx"},
		{"address of OWA", "nmarus/node-ews#26", scene{handler: page(200, owaForm, "Content-Type: text/html")}, "schemes", "log-in"},
		{"OWA's form before EWS", "gautamsi/ews-javascript-api#259", scene{handler: page(302, "", "Location: https://mail.contoso.com/owa/auth/logon.aspx?url=x")}, "schemes", "log-in form"},
		{"publisher's form before EWS", "otris/ews-cpp#160", scene{handler: page(302, "", "Location: /my.policy", "Server: BigIP")}, "schemes", "log-in form"},
		{"captive portal", "ksainc/integration_ews#14", scene{handler: page(302, "", "Location: http://portal.hotel.example/login?orig=x")}, "schemes", "portal.hotel.example"},
		{"error page of the front end", "ecederstrand/exchangelib#863", scene{handler: page(302, "", "Location: /owa/auth/errorFE.aspx?httpCode=500")}, "schemes", "no server for the mailbox"},
		{"body too large", "MicrosoftDocs/office-developer-exchange-docs#311", scene{handler: page(413, "")}, "schemes", "413"},
		{"header too large", "learn.microsoft.com/troubleshoot: http-bad-request-response-kerberos", scene{handler: afterLogin(page(400, "<h2>Bad Request - Request Too Long</h2>", "Content-Type: text/html"))}, "login", "400"},
		{"header fields too large", "kc.mcafee.com: KB60332", scene{handler: afterLogin(page(431, ""))}, "login", "MaxFieldLength"},
		{"456 of an account", "David-Barrett-MS/PowerShell-EWS-Scripts#62", scene{handler: afterLogin(page(456, ""))}, "login", "456"},
		{"application pool stopped", "OfficeDev/ews-managed-api#171", scene{handler: page(503, "<html><body><h2>Service Unavailable</h2></body></html>", "Server: Microsoft-HTTPAPI/2.0")}, "schemes", "503"},
		{"gateway without a backend", "ecederstrand/exchangelib#1196", scene{handler: page(503, "<h1>Error 503 Backend fetch failed</h1>", "Retry-After: 5", "Via: 1.1 varnish")}, "schemes", "503"},
		{"bad gateway", "OfficeDev/ews-managed-api#171", scene{handler: page(502, "<center>nginx</center>", "Server: nginx")}, "schemes", "502"},
		{"server hangs up", "ecederstrand/exchangelib#1237", scene{handler: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }}, "schemes", "closed without a response"},

		// The way.
		{"no such name", "ksainc/integration_ews#14", scene{network: network{lookup: noSuchHost}, endpoint: named("mail.contoso.test")}, "DNS", "DNS servers"},
		{"nothing listens", "ecederstrand/exchangelib#677", scene{tls: forServer, endpoint: func(string) string { return "https://127.0.0.1:1/EWS/Exchange.asmx" }, args: []string{"--ca", root}}, "TLS", "nothing listens on port 1"},
		{"IPv6 broken", "ecederstrand/exchangelib#410", scene{network: network{lookup: addresses("2001:db8::1"), dial: failing("connect: network is unreachable")}, endpoint: named("mail.contoso.test")}, "TLS", "IPv6 must work from here"},
		{"firewall", "ksainc/integration_ews#14", scene{network: network{lookup: addresses("192.0.2.1"), dial: failing("i/o timeout")}, endpoint: named("mail.contoso.test")}, "TLS", "firewall"},
		{"http to an https port", "nmarus/node-ews#26", scene{tls: forServer, endpoint: func(u string) string { return "http" + strings.TrimPrefix(u, "https") }}, "schemes", "https"},
		{"https to an http port", "ecederstrand/exchangelib#677", scene{endpoint: func(u string) string { return "https" + strings.TrimPrefix(u, "http") }}, "TLS", "plain HTTP"},
		{"private authority", "ecederstrand/exchangelib#674", scene{tls: forServer}, "TLS", "--ca"},
		{"certificate expired", "WinRb/autodiscover#3", scene{tls: forServer, args: []string{"--ca", root}, network: network{now: inTenYears}}, "TLS", "renew the certificate"},
		{"certificate for another name", "OfficeDev/ews-java-api#351", scene{tls: forServer, args: []string{"--ca", root}, endpoint: func(u string) string {
			return strings.Replace(u, "127.0.0.1", "localhost.localdomain", 1)
		}, network: network{lookup: addresses("127.0.0.1"), dial: toLoopback}}, "TLS", "other names"},
		{"certificate ends soon", "win-acme/win-acme#1088", scene{tls: forServer, args: []string{"--ca", root}, network: network{now: beforeItsEnd}}, "", "renew it"},
		{"TLS 1.1 at most", "otris/ews-cpp#160", scene{tls: &tls.Config{Certificates: forServer.Certificates, MaxVersion: tls.VersionTLS11}, args: []string{"--ca", root}}, "TLS", "TLS 1.2"},

		// Autodiscover.
		{"hoster's redirect", "gautamsi/ews-javascript-api#73", scene{discover: nowhere{}}, "Autodiscover", "--trust mail.hoster.example"},
		{"ActiveSync only", "mailcow/mailcow-dockerized#646", scene{discover: discovering(mobileSync)}, "Autodiscover", "No directory."},
		{"IMAP only", "mailcow/mailcow-dockerized#2653", scene{discover: discovering(imapOnly)}, "Autodiscover", "IMAP"},
		{"Autodiscover of a web site", "ecederstrand/exchangelib#334", scene{discover: discovering("<html><title>Welcome</title></html>")}, "Autodiscover", "publish autodiscover"},
		{"Autodiscover without TLS", "OfficeDev/ews-managed-api#26", scene{discover: nothingThere{}}, "Autodiscover", "publish autodiscover"},

		// The login.
		{"wrong password", "nmarus/node-ews#26", scene{password: "other"}, "login", "check user, password"},
		{"user without its domain", "mhewedy/ews#4", scene{handler: login(`CORP\tony`, "s3cret", ewstest.NewServer(nil).ServeHTTP)}, "login", "check user, password"},
		{"EWS switched off", "MicrosoftDocs/office-developer-exchange-docs#407", scene{handler: afterLogin(page(403, ""))}, "login", "403"},
		{"blocked by user agent", "microsoftgraph/microsoft-graph-docs#19788", scene{exchange: reports(ews.ErrorAccessDenied, "")}, "IM list", "EwsAllowList"},
		{"token of too little scope", "ecederstrand/exchangelib#1321", bearer(403, `X-Ms-Diagnostics: 2000008;reason="The token contains not enough scope to make this call.";error_category="invalid_grant"`), "login", "not enough scope"},
		{"wrong audience", "AzureAD/microsoft-authentication-library-for-objc#518", bearer(401, "WWW-Authenticate: Bearer", `X-Ms-Diagnostics: 2000003;reason="The audience claim value is invalid.";error_category="invalid_resource"`), "login", "--scope"},
		{"token without permissions", "otris/ews-cpp#148", bearer(401, "WWW-Authenticate: Bearer", `X-Ms-Diagnostics: 2000008;reason="The token contains no permissions, or permissions can not be understood.";error_category="invalid_grant"`), "login", "no permissions"},
		{"token expired", "OfficeDev/ews-managed-api#229", bearer(401, `WWW-Authenticate: Bearer error="invalid_token"`, `X-Ms-Diagnostics: 2000001;reason="The token is expired.";error_category="token_expired"`), "login", "token is expired"},
		{"claims challenge", "AzureAD/microsoft-authentication-library-for-objc#518", bearer(401, `WWW-Authenticate: Bearer error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="`), "login", "insufficient_claims"},
		{"user unknown to the front end", "jasonjoh/node-tutorial#2", scene{handler: afterLogin(page(403, "", "X-CasErrorCode: UserNotFound"))}, "login", "UserNotFound"},

		// Exchange.
		{"impersonation denied", "OfficeDev/ews-managed-api#223", scene{exchange: reports(ews.ErrorImpersonateUserDenied, "anna@contoso.com"), args: impersonating}, "impersonation", "ApplicationImpersonation"},
		{"impersonated address unknown", "ecederstrand/exchangelib#552", scene{exchange: reports(ews.ErrorNonExistentMailbox, "anna@contoso.com"), args: impersonating}, "impersonation", "Get-Mailbox"},
		{"service account without a mailbox", "microsoft/CSS-Exchange#1573", scene{exchange: reports("ErrorMissingEmailAddress", "")}, "IM list", "--mailbox"},
		{"version newer than the server", "gautamsi/ews-javascript-api#441", scene{exchange: reports(ews.ErrorInvalidServerVersion, "")}, "IM list", "--server-version"},
		{"server before 2013", "mhewedy/ews#12", scene{exchange: reports(ews.ErrorIncorrectSchemaVersion, "")}, "IM list", "before Exchange 2013"},
		{"throttled", "OfficeDev/ews-managed-api#293", scene{exchange: reports(ews.ErrorServerBusy, "")}, "IM list", "Get-ThrottlingPolicyAssociation"},
		{"too many connections", "mustang-im/mustang#122", scene{exchange: reports(ews.ErrorExceededConnectionCount, "")}, "IM list", "--max-conns"},
		{"mailbox is moved", "David-Barrett-MS/PowerShell-EWS-Scripts#68", scene{exchange: reports(ews.ErrorMailboxMoveInProgress, "")}, "IM list", "Get-MoveRequest"},
		{"database not mounted", "OfficeDev/ews-managed-api#171", scene{exchange: reports(ews.ErrorMailboxStoreUnavailable, "")}, "IM list", "Get-MailboxDatabaseCopyStatus"},
		{"Exchange 2016", "microsoft/CSS-Exchange#1640", scene{exchange: &ewstest.Options{ServerVersion: ews.ServerVersion{Major: 15, Minor: 1, MajorBuild: 2507}}}, "", "its support has ended"},
		{"never used", "learn.microsoft.com/skypeforbusiness: deploy-unified-contact-store", scene{handler: afterLogin(ewstest.NewServer(nil).ServeHTTP)}, "", "UcsAllowed"},
		{"taken back from the store", "learn.microsoft.com/skypeforbusiness: deploy-unified-contact-store", scene{handler: afterLogin(takenBack())}, "", "taken back"},
		{"full of groups", "learn.microsoft.com/skypeforbusiness: deploy-unified-contact-store", scene{handler: afterLogin(full(64, 0).ServeHTTP)}, "", "64 groups that Exchange allows"},
		{"full of contacts", "learn.microsoft.com/openspecs: MS-OXWSCOS 3.1.4.4", scene{handler: afterLogin(full(1, 1000).ServeHTTP)}, "", "allows 1000 contacts"},
	}
}

// TestSymptoms holds the diagnosis of each.
func TestSymptoms(t *testing.T) {
	t.Parallel()
	all := symptoms(t)
	if len(all) < 40 {
		t.Errorf("%d symptoms, want 40", len(all))
	}
	names := map[string]bool{}
	for _, s := range all {
		if names[s.name] || s.thread == "" {
			t.Errorf("%s is there twice, or has no thread", s.name)
		}
		names[s.name] = true
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			r, cause, status := s.scene.run(t)
			var text bytes.Buffer
			r.write(&text)
			first := r.first(failed)
			switch {
			case s.check == "" && (first != nil || status != 0):
				t.Errorf("a false alarm:\n%s", text.String())
			case s.check != "" && (first == nil || first.Check != s.check || status != 1):
				t.Errorf("want %s to fail first:\n%s", s.check, text.String())
			case first != nil && !strings.Contains(first.Text+first.Remedy+strings.Join(first.Steps, " "), s.says), first == nil && !strings.Contains(text.String(), s.says):
				t.Errorf("no %q in\n%s", s.says, text.String())
			case first != nil && !strings.HasPrefix(cause, "Most likely cause: "+s.check):
				t.Errorf("the cause: %s", cause)
			}
		})
	}
}

// TestHealthy holds that nothing is found where nothing is wrong.
func TestHealthy(t *testing.T) {
	t.Parallel()
	forServer, root := newCertificates(t)
	online := ews.ServerVersion{Major: 15, Minor: 2, MajorBuild: 2562, MinorBuild: 17}
	for name, s := range map[string]scene{
		"own mailbox":            {},
		"impersonation":          {args: impersonating},
		"https":                  {tls: forServer, args: []string{"--ca", root}},
		"several schemes":        {handler: schemes(inUse(nil).ServeHTTP, "Negotiate", "NTLM", `Basic realm="x"`)},
		"in one line":            {handler: schemes(inUse(nil).ServeHTTP, `basic realm="x"`)},
		"no mailbox, of another": {exchange: reports("ErrorMissingEmailAddress", "user@exchange.test"), args: impersonating},
		"Subscription Edition":   {exchange: &ewstest.Options{ServerVersion: online}},
		"no version":             {exchange: &ewstest.Options{Profile: ewstest.Profile{"never-used": false}}},
		"a list in use":          {handler: afterLogin(full(10, 100).ServeHTTP)},
		"through a proxy":        {network: network{lookup: noSuchHost, dial: failing("i/o timeout")}},
		"a token":                {handler: withToken(inUse(nil).ServeHTTP), args: []string{"--auth", "bearer"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, cause, status := s.run(t)
			var text bytes.Buffer
			r.write(&text)
			warned := r.first(warned)
			plain := s.tls == nil && warned != nil && warned.Check == "TLS" // http on loopback
			if status != 0 || r.first(failed) != nil || warned != nil && !plain {
				t.Errorf("%s:\n%s", cause, text.String())
			}
		})
	}
}
