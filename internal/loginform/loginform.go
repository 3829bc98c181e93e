// Package loginform recognizes the log-in forms that publishers and identity providers put in front
// of a web service: a program sees them as a redirect, or as an HTML page with the status 200.
package loginform

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
)

// product is a product with the marks of its log-in addresses, in lower case.
type product struct {
	name  string
	marks []string
}

// byHost are identity providers, identified by the end of the host name.
var byHost = []product{
	{"Microsoft Entra ID", []string{
		"login.microsoftonline.com", "login.microsoftonline.us", "login.microsoftonline.de",
		"login.partner.microsoftonline.cn", "login.chinacloudapi.cn", "login.microsoft.com",
		"login.windows.net", "sts.windows.net", "login.live.com", "b2clogin.com", "ciamlogin.com",
	}},
	{"Okta", []string{"okta.com", "oktapreview.com", "okta-emea.com"}},
	{"Google", []string{"accounts.google.com"}},
	{"Ping Identity", []string{"pingone.com", "pingone.eu", "pingidentity.com"}},
	{"OneLogin", []string{"onelogin.com"}},
	{"Duo", []string{"duosecurity.com"}},
	{"Cloudflare Access", []string{"cloudflareaccess.com"}},
}

// byPath are products, identified by a part of the path or query. The first match counts.
var byPath = []product{
	{"F5 BIG-IP APM", []string{"/my.policy", "/my.logon.php", "/my.logout.php", "/vdesk/"}},
	{"ISA Server or Forefront TMG", []string{"/cookieauth.dll"}},
	{"Forefront UAG", []string{"/internalsite/login", "/internalsite/validate"}},
	{"AD FS", []string{"/adfs/"}},
	{"Exchange's forms-based authentication", []string{
		"/owa/auth/logon", "/owa/auth.owa", "/owa/logon", "/ecp/auth/logon", "/exchweb/bin/auth/",
		"/auth/logon.aspx", "/owa/auth/timezone",
	}},
	{"Citrix NetScaler", []string{
		"/vpn/index.html", "/vpn/tmindex.html", "/logon/logonpoint", "/nf/auth/", "/cgi/login", "/cgi/tm",
	}},
	{"SiteMinder", []string{"/siteminderagent/", ".fcc", "smauthreason=", "-sm-http"}},
	{"Kemp LoadMaster", []string{"/lm_auth_proxy"}},
	{"Ivanti or Pulse Connect Secure", []string{"/dana-na/"}},
	{"Cisco", []string{"/+cscoe+/"}},
	{"FortiGate", []string{"/remote/login", "/fgtauth"}},
	{"Palo Alto", []string{"/php/uid.php", "/global-protect/login"}},
	{"IBM Security Verify Access", []string{"/pkmslogin", "/isam/sps/"}},
	{"Oracle Access Manager", []string{"/oam/server/"}},
	{"PingFederate", []string{"/as/authorization.oauth2", "/idp/sso.saml", "/idp/startsso"}},
	{"Keycloak", []string{"/protocol/openid-connect/auth"}},
	{"authentik", []string{"/outpost.goauthentik.io/"}},
	{"Shibboleth", []string{"/idp/profile/", "/shibboleth.sso/"}},
	{"an identity provider", []string{"samlrequest=", "wa=wsignin1.0", "response_type=code", "response_type=id_token"}},
}

// words are parts of a path, or the first label of a host name, that identify a log-in form of an
// unknown product.
var words = []string{
	"login", "logon", "signin", "signon", "sso", "saml", "saml2", "idp", "auth", "authenticate",
	"authenticator", "authorize", "oauth", "oauth2", "wsfed", "authn", "loginform", "logonform",
	"userlogin", "ssologin", "weblogin", "securelogin", "anmeldung", "adfs", "sts", "accounts",
}

// hyphens joins words that some products write in two.
var hyphens = strings.NewReplacer(
	"log-in", "login", "log_in", "login", "log-on", "logon", "sign-in", "signin", "sign_in", "signin",
	"sign-on", "signon",
)

// At reports whether the Location of a redirect leads to a log-in form, and names the product;
// "" if that is unknown.
func At(location string) (name string, ok bool) {
	u, err := url.Parse(location)
	if err != nil {
		return known(byPath, strings.ToLower(location))
	}
	host := strings.ToLower(u.Hostname())
	for _, p := range byHost {
		for _, domain := range p.marks {
			if host == domain || strings.HasSuffix(host, "."+domain) {
				return p.name, true
			}
		}
	}
	path := strings.ToLower(u.Path)
	if name, ok := known(byPath, path+"?"+strings.ToLower(u.RawQuery)); ok {
		return name, true
	}
	if strings.HasPrefix(path[strings.LastIndexByte(path, '/')+1:], "error") {
		return "", false // /owa/auth/errorfe.aspx and its like
	}
	label, _, _ := strings.Cut(host, ".")
	return "", isWord(hyphens.Replace(label)) || hasWord(hyphens.Replace(path))
}

func isWord(s string) bool { return slices.Contains(words, s) }

// hasWord reports whether one of the words stands alone in a text in lower case.
func hasWord(text string) bool {
	parts := strings.FieldsFunc(text, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return slices.ContainsFunc(parts, isWord)
}

func known(products []product, text string) (string, bool) {
	for _, p := range products {
		for _, mark := range p.marks {
			if strings.Contains(text, mark) {
				return p.name, true
			}
		}
	}
	return "", false
}

// In reports whether the beginning of an HTML page is that of a log-in form, or sends a browser to
// one; and names the product, "" if that is unknown.
func In(page []byte) (name string, ok bool) {
	text := strings.ToLower(string(page))
	if !strings.Contains(text, "<") {
		return "", false
	}
	if name, ok := known(byPath, text); ok {
		return name, true
	}
	for _, p := range byHost {
		if name, ok := known([]product{p}, text); ok {
			return name, true
		}
	}
	for _, mark := range [...]string{`type="password"`, "type='password'", "type=password", `name="password"`} {
		if strings.Contains(text, mark) {
			return "", true
		}
	}
	return "", titled(page)
}

// titled reports whether the page's title speaks of logging in.
func titled(page []byte) bool {
	lower := bytes.ToLower(page)
	_, rest, ok := bytes.Cut(lower, []byte("<title"))
	if !ok {
		return false
	}
	_, rest, _ = bytes.Cut(rest, []byte(">"))
	title, _, _ := bytes.Cut(rest, []byte("<"))
	for _, phrase := range [...]string{
		"log in", "login", "log on", "logon", "log-in", "sign in", "signin", "sign-in", "sign on",
		"anmeld", "connexion", "authentification", "iniciar sesi", "accedi", "inloggen", "logga in",
		"authentication required", "single sign",
	} {
		if bytes.Contains(title, []byte(phrase)) {
			return true
		}
	}
	return false
}
