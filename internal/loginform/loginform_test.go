package loginform_test

import (
	"testing"

	"github.com/go-ews/exchange/internal/loginform"
)

func TestAt(t *testing.T) {
	t.Parallel()
	const (
		entra = "Microsoft Entra ID"
		fba   = "Exchange's forms-based authentication"
		tmg   = "ISA Server or Forefront TMG"
		adc   = "Citrix NetScaler"
	)
	for location, want := range map[string]string{
		"/my.policy":                                                         "F5 BIG-IP APM",
		"https://mail.test/my.logon.php3?x=1":                                "F5 BIG-IP APM",
		"/vdesk/hangup.php3":                                                 "F5 BIG-IP APM",
		"https://h/owa/auth/logon.aspx?url=x":                                fba,
		"/OWA/Auth/Logon.aspx?replaceCurrent=1":                              fba,
		"/owa/auth.owa":                                                      fba,
		"/exchweb/bin/auth/owalogon.asp":                                     fba,
		"/CookieAuth.dll?GetLogon?curl=Z2FEWS":                               tmg,
		"https://adfs.test/adfs/ls/?wa=wsignin1.0":                           "AD FS",
		"https://sts.test/adfs/oauth2/authorize?x":                           "AD FS",
		"https://login.microsoftonline.com/t/oauth2":                         entra,
		"https://LOGIN.microsoftonline.us:443/":                              entra,
		"https://tenant.b2clogin.com/x":                                      entra,
		"/siteminderagent/forms/login.fcc?TYPE=3":                            "SiteMinder",
		"https://h/x?TYPE=33554433&SMAUTHREASON=0":                           "SiteMinder",
		"/vpn/index.html":                                                    adc,
		"/vpn/tmindex.html":                                                  adc,
		"/logon/LogonPoint/tmindex.html":                                     adc,
		"https://gw.test/nf/auth/doAuthentication.do":                        adc,
		"/lm_auth_proxy?LMLogon":                                             "Kemp LoadMaster",
		"/dana-na/auth/url_default/welcome.cgi":                              "Ivanti or Pulse Connect Secure",
		"/+CSCOE+/logon.html":                                                "Cisco",
		"/remote/login?lang=en":                                              "FortiGate",
		"https://idp.test/realms/x/protocol/openid-connect/auth?client_id=y": "Keycloak",
		"https://company.okta.com/app/x":                                     "Okta",
		"https://accounts.google.com/o/oauth2":                               "Google",
		"https://x.test/start?SAMLRequest=fZFB":                              "an identity provider",
		"https://portal.test/login":                                          "",
		"/Login.aspx?ReturnUrl=%2fEWS":                                       "",
		"/sso/start":                                                         "",
		"/users/sign_in":                                                     "",
		"/sign-in?to=x":                                                      "",
		"/log-in":                                                            "",
		"/UserLogin":                                                         "",
		"https://auth.test/?rd=https://mail.test/EWS":                        "",
		"https://SSO.test/":                                                  "",
		"https://login.test/?ReturnUrl=x":                                    "",
		"https://sts.test/x":                                                 "",
		"https://sign-in.test/":                                              "",
		"/outpost.goauthentik.io/start?rd=x":                                 "authentik",
	} {
		if got, ok := loginform.At(location); got != want || !ok {
			t.Errorf("%s: %q, %v, want %q", location, got, ok, want)
		}
	}
	for _, location := range []string{
		"", "/", "https://mail.test/owa/", "/ews/genericerrorpage.htm?aspxerrorpath=/ews/exchange.asmx",
		"https://mail.test/EWS/Exchange.asmx", "https://author.test/blog/catalogs", "https://mail.login.test/x",
		"https://author.test/", "/owa/auth/errorfe.aspx",
		"https://okta.com.evil.test/", "https://notokta.com/x", "\x7f%zz", "/owa/?token=x",
	} {
		if got, ok := loginform.At(location); ok {
			t.Errorf("%q: %q", location, got)
		}
	}
}

func TestIn(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]string{
		`<html><script>window.location="/my.policy"</script>`:                               "F5 BIG-IP APM",
		`<meta http-equiv="refresh" content="0;url=/owa/auth/logon.aspx?x">`:                "Exchange's forms-based authentication",
		`<form method="POST" action="https://adfs.test:443/adfs/ls/">`:                      "AD FS",
		`<html><body><form action="/CookieAuth.dll?Logon">`:                                 "ISA Server or Forefront TMG",
		`<script src="/logon/LogonPoint/receiver/js/x.js">`:                                 "Citrix NetScaler",
		`<form action="https://login.microsoftonline.com/common/login">`:                    "Microsoft Entra ID",
		`<form name="Login" action="/siteminderagent/forms/login.fcc">`:                     "SiteMinder",
		`<form action="https://idp.test/x"><input name="a" value="wa=wsignin1.0">`:          "an identity provider",
		"<html><input type=password>":                                                       "",
		`<INPUT TYPE="PASSWORD">`:                                                           "",
		`<html><head><title>Sign in</title></head>`:                                         "",
		`<html><head><title lang="de">Bitte anmelden</title></head>`:                        "",
		"<!DOCTYPE html>\r\n<html><head><TITLE>\r\nLog On - Mail\r\n</TITLE></head></html>": "",
	} {
		if got, ok := loginform.In([]byte(page)); got != want || !ok {
			t.Errorf("%s: %q, %v, want %q", page, got, ok, want)
		}
	}
	for _, page := range []string{
		"", "log in", "password", "<html><head><title>502 Bad Gateway</title></head></html>",
		"<html><title>IIS Windows Server</title></html>", `{"error":"login"}`, "<title", "<title>",
	} {
		if got, ok := loginform.In([]byte(page)); ok {
			t.Errorf("%q: %q", page, got)
		}
	}
}
