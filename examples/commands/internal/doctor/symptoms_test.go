package doctor

import (
	"bytes"
	"crypto/tls"
	"net/http"
	"slices"
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
	password string                                         // "": the right one
	kdc      *kdc                                           // the login is by Kerberos; nil: it is not
	tokens   http.HandlerFunc                               // of a token endpoint; nil: the password is the token
	front    func(t *testing.T, server string) (url string) // stands before the server; nil: nothing does
	proxy    func(server string) http.HandlerFunc           // of HTTPS_PROXY; nil: none is set
	network  network
	endpoint func(url string) string // nil: the server's
	discover http.RoundTripper       // of Autodiscover, which looks for tony@contoso.com; nil: it does not
}

var impersonating = []string{"--mailbox", "anna@contoso.com"}

// symptoms returns all of them.
func symptoms(t *testing.T) []symptom {
	t.Helper()
	return slices.Concat(
		schemeSymptoms(), loginSymptoms(), tokenSymptoms(), kerberosSymptoms(), ticketSymptoms(t), ntlmSymptoms(t),
		tlsSymptoms(t), chainSymptoms(t), protocolSymptoms(t),
		networkSymptoms(t), discoverySymptoms(),
		gatewaySymptoms(), exchangeSymptoms(),
		pageSymptoms(),
	)
}

// TestSymptoms holds the diagnosis of each.
func TestSymptoms(t *testing.T) {
	t.Parallel()
	all := symptoms(t)
	if len(all) < 40 {
		t.Errorf("%d symptoms, want 40", len(all))
	}
	known := readPage(t)
	t.Cleanup(func() { known.finish(t, all) })
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
			case first != nil && !strings.Contains(text.String(), s.says), first == nil && !strings.Contains(text.String(), s.says):
				t.Errorf("no %q in\n%s", s.says, text.String())
			case first != nil && !strings.HasPrefix(cause, "Most likely cause: "+s.check):
				t.Errorf("the cause: %s", cause)
			}
			known.check(t, s.name, &r)
		})
	}
}

// TestHealthy holds that nothing is found where nothing is wrong.
func TestHealthy(t *testing.T) {
	t.Parallel()
	forServer, root := newCertificates(t)
	authority := issue(t, nil, "Contoso Root", nil)
	optional := issue(t, authority, "mail", onLoopback).config(true)
	optional.ClientAuth = tls.RequestClientCert
	online := ews.ServerVersion{Major: 15, Minor: 2, MajorBuild: 2562, MinorBuild: 17}
	for name, s := range map[string]scene{
		"own mailbox":                 {},
		"impersonation":               {args: impersonating},
		"https":                       {tls: forServer, args: []string{"--ca", root}},
		"several schemes":             {handler: schemes(inUse(nil).ServeHTTP, "Negotiate", "NTLM", `Basic realm="x"`)},
		"in one line":                 {handler: schemes(inUse(nil).ServeHTTP, `basic realm="x"`)},
		"no mailbox, of another":      {exchange: reports("ErrorMissingEmailAddress", "user@exchange.test"), args: impersonating},
		"Subscription Edition":        {exchange: &ewstest.Options{ServerVersion: online}},
		"no version":                  {exchange: &ewstest.Options{Profile: ewstest.Profile{"never-used": false}}},
		"a list in use":               {handler: afterLogin(full(10, 100).ServeHTTP)},
		"through a proxy":             {tls: forServer, proxy: tunnel, endpoint: named("mail.contoso.test"), args: []string{"--ca", root}, network: network{lookup: noSuchHost}},
		"IPv6":                        {tls: forServer, front: atIPv6, args: []string{"--ca", root}},
		"NTLM":                        {handler: (&ntlm{server: "Microsoft-IIS/10.0"}).protects(inUse(nil)), args: []string{"--auth", "ntlm", "--user", `CORP\tony`}},
		"Extended Protection":         protectedBy(t, authority, issue(t, authority, "EXCH01", onLoopback), true, nil),
		"whole chain":                 {tls: issue(t, issue(t, authority, "Issuing", nil), "mail", onLoopback).config(true), args: []string{"--ca", authority.file(t)}},
		"client certificate optional": {tls: optional, args: []string{"--ca", authority.file(t)}},
		"per request":                 {handler: (&ntlm{server: "nginx"}).protects(inUse(nil)), front: balancing(true), args: []string{"--auth", "ntlm", "--user", `CORP\tony`, "--login-per-request"}},
		"Kerberos":                    inDomain(&kdc{}),
		"Kerberos, user@REALM":        inDomain(&kdc{}, "--user", "tony@"+realm),
		"a token":                     {handler: withToken(inUse(nil).ServeHTTP), args: []string{"--auth", "bearer"}},
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
