package doctor

import (
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

// schemeSymptoms are about the schemes that a server offers.
func schemeSymptoms() []symptom {
	return []symptom{
		{"only Negotiate, Kerberos not wanted", "Garethp/php-ews#197", scene{handler: offering("Negotiate"), args: []string{"--auth", "basic"}}, "schemes", "kerberos"},
		{"only Basic", "ecederstrand/exchangelib#1297", scene{handler: offering(`Basic realm="x"`), args: []string{"--auth", "ntlm"}}, "schemes", "--auth: basic"},
		{"only Bearer", "ItsClemi/ews-managed-api#34", scene{handler: offering("Bearer"), args: []string{"--auth", "ntlm"}}, "schemes", "--auth: bearer"},
		{"no Kerberos", "mguessan/davmail#333", scene{handler: offering("NTLM", "Basic"), args: []string{"--auth", "kerberos"}}, "schemes", "providers of the EWS directory"},
		{"no scheme at all", "OfficeDev/ews-java-api#564", scene{handler: page(401, "")}, "schemes", "offers no scheme"},
		{"anonymous access", "KrissN/akonadi-ews#3", scene{handler: ewstest.NewServer(nil).ServeHTTP}, "", "anonymous access"},
	}
}

// loginSymptoms are about credentials.
func loginSymptoms() []symptom {
	return []symptom{
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
	}
}

// tokenSymptoms are about the endpoint that issues tokens.
func tokenSymptoms() []symptom {
	refusing := func(code, description string) scene {
		body := `{"error":"` + code + `","error_description":"` + description + `"}`
		return scene{
			handler: offering(`Bearer client_id="x"`), args: []string{"--auth", "bearer"},
			tokens: page(401, body, "Content-Type: application/json"),
		}
	}
	return []symptom{
		{"client secret ended", "Azure-Samples/ms-identity-python-webapp#67", refusing("invalid_client", "AADSTS7000222: The provided client secret keys are expired."), "login", "Certificates & secrets"},
		{"application of another tenant", "wazuh/wazuh#27069", refusing("unauthorized_client", "AADSTS700016: Application with identifier 'x' was not found in the directory 'y'."), "login", "the tenant in --token-url"},
		{"log-in page in place of the token endpoint", "simonrob/email-oauth2-proxy#221", scene{
			handler: offering("Bearer"), args: []string{"--auth", "bearer"}, tokens: page(200, owaForm, "Content-Type: text/html"),
		}, "login", "check the token URL"},
	}
}
