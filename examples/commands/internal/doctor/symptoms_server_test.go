package doctor

import (
	"net/http"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

// gatewaySymptoms are about IIS and what stands before Exchange.
func gatewaySymptoms() []symptom {
	return []symptom{
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
	}
}

// exchangeSymptoms are reported by Exchange itself.
func exchangeSymptoms() []symptom {
	return []symptom{
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
		{"no server for the mailbox's site", "ecederstrand/exchangelib#635", scene{exchange: reports(ews.ErrorNoRespondingCASInDestinationSite, "")}, "IM list", "another site"},
		{"mailbox moved to Exchange Online", "ecederstrand/exchangelib#763", scene{exchange: reports(ews.ErrorNonExistentMailbox, "anna@contoso.com"), args: impersonating}, "impersonation", "Get-RemoteMailbox"},
		{"database temporarily unavailable", "jamesiarmes/php-ews#402", scene{exchange: reports(ews.ErrorMailboxStoreUnavailable, "anna@contoso.com"), args: impersonating}, "IM list", "Get-MailboxDatabaseCopyStatus"},
		{"impersonation with a token that forbids it", "OfficeDev/ews-managed-api#212", scene{exchange: reports(ews.ErrorInvalidExchangeImpersonationHeaderData, "anna@contoso.com"), args: impersonating}, "impersonation", "application permission"},
		{"internal error", "ecederstrand/exchangelib#1113", scene{exchange: reports(ews.ErrorInternalServerError, "")}, "IM list", "event log"},
		{"domain controller", "Microsoft365DSC/Microsoft365DSC#142", scene{exchange: reports(ews.ErrorADUnavailable, "")}, "IM list", "domain controller"},
		{"old schema", "nmarus/node-ews#18", scene{exchange: reports(ews.ErrorSchemaValidation, "")}, "IM list", "does not know the operation"},
		{"allow list, own mailbox only", "microsoft/CSS-Exchange#1637", scene{handler: allowList(), args: impersonating}, "", "EwsAllowList"},
		{"application access policy", "MicrosoftDocs/office-developer-exchange-docs#125", scene{exchange: reports(ews.ErrorAccessDenied, "anna@contoso.com"), args: impersonating}, "IM list", "Test-ApplicationAccessPolicy"},
		{"mailbox of a disabled account", "ecederstrand/exchangelib#1342", scene{exchange: reports(ews.ErrorNonExistentMailbox, "anna@contoso.com"), args: impersonating}, "impersonation", "disabled"},
		{"mailbox full", "ecederstrand/exchangelib#457", scene{exchange: reports(ews.ErrorQuotaExceeded, "")}, "IM list", "Get-MailboxStatistics"},
	}
}

// allowList is an Exchange whose list of allowed programs has none of ours. Calls by impersonation pass
// it.
func allowList() http.HandlerFunc {
	s := ewstest.NewServer(nil)
	s.Seed("anna@contoso.com", ewstest.Group{Name: "Friends"})
	return afterLogin(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-AnchorMailbox") == "" {
			page(403, "")(w, r)
			return
		}
		s.ServeHTTP(w, r)
	})
}
