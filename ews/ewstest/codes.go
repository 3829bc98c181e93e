package ewstest

import "github.com/go-ews/exchange/ews"

// refuse is the error that an operation responds with, in Exchange's words.
func refuse(code ews.ResponseCode) error { return &ews.Error{Code: code} }

// messageOf returns the message of an error, or Exchange's text for its code.
func messageOf(e *ews.Error) string {
	if e.Message != "" {
		return e.Message
	}
	return codes[e.Code].text
}

// comesAsFault reports whether Exchange sends a code as a SOAP fault: it stops the request before
// any operation runs. A fault without a code cannot be anything else.
func comesAsFault(code ews.ResponseCode) bool { return code == "" || codes[code].fault }

const errorInvalidExtendedProperty ews.ResponseCode = "ErrorInvalidExtendedProperty"

// codes has what Exchange says with a code, and whether it says it in a fault. Nothing writes to it.
var codes = map[ews.ResponseCode]struct {
	text  string
	fault bool
}{
	// From Microsoft's samples of the operations. Both double blanks are in the sample.
	ews.ErrorImGroupDisplayNameAlreadyExists:       {text: "An IM group with the specified display name already exists."},
	ews.ErrorInvalidImContactId:                    {text: "The specified Im Contact Id is invalid."},
	ews.ErrorInvalidImGroupId:                      {text: "The specified Im Group Id is invalid."},
	ews.ErrorInvalidImDistributionGroupSmtpAddress: {text: "The specified IM distribution group SMTP address is invalid."},
	ews.ErrorItemNotFound:                          {text: "The specified object was not found in the store."},
	ews.ErrorInvalidIdMalformed:                    {text: "Id is malformed."},
	ews.ErrorSchemaValidation:                      {"The request failed schema validation.", true},
	ews.ErrorIncorrectSchemaVersion: {"The request is valid but does not specify the correct server " +
		"version in the RequestServerVersion SOAP header.  Ensure that the RequestServerVersion SOAP " +
		"header is set with the correct RequestServerVersionValue.", true},

	// From responses of servers that were published, and from the documentation of Microsoft's own
	// client (github.com/OfficeDev/ews-managed-api, Enumerations/ServiceError.cs), which has the
	// same words wherever both are known.
	ews.ErrorServerBusy: {"The server cannot service this request right now. Try again later.", true},
	ews.ErrorExceededConnectionCount: {"You have exceeded the available concurrent connections for your " +
		"account.  Try again once your other requests have completed.", true},
	ews.ErrorInvalidRequest:                        {"The request is invalid.", true},
	ews.ErrorInvalidServerVersion:                  {"The specified server version is invalid.", true},
	ews.ErrorInvalidSchemaVersionForMailboxVersion: {"The mailbox that was requested doesn't support the specified RequestServerVersion.", true},
	ews.ErrorWrongServerVersion: {"The Client Access server version doesn't match the Mailbox server " +
		"version of the resource that was being accessed. To determine the correct URL to use to access " +
		"the resource, use Autodiscover with the address of the resource.", true},
	ews.ErrorUnsupportedCulture:             {"The specified item culture is not supported on this server.", true},
	ews.ErrorImpersonateUserDenied:          {"The account does not have permission to impersonate the requested user.", true},
	ews.ErrorImpersonationFailed:            {"Impersonation failed.", true},
	ews.ErrorInvalidUserPrincipalName:       {"The impersonation principal name is invalid.", true},
	ews.ErrorInvalidSmtpAddress:             {"The SMTP address format is invalid.", true},
	ews.ErrorInvalidSid:                     {"A SID with an invalid format was encountered.", true},
	ews.ErrorNonPrimarySmtpAddress:          {"The primary SMTP address must be specified when referencing a mailbox.", true},
	ews.ErrorNonExistentMailbox:             {text: "The SMTP address has no mailbox associated with it."},
	ews.ErrorInvalidId:                      {text: "The Id is invalid."},
	ews.ErrorInvalidIdEmpty:                 {text: "Id must be non-empty."},
	ews.ErrorInvalidChangeKey:               {text: "The change key is invalid."},
	errorInvalidExtendedProperty:            {text: "The extended property attribute combination is invalid."},
	ews.ErrorAccessDenied:                   {text: "Access is denied. Check credentials and try again."},
	ews.ErrorAccountDisabled:                {text: "Account is disabled. Contact the account administrator."},
	ews.ErrorInvalidLicense:                 {text: "User doesn't have a valid license."},
	ews.ErrorQuotaExceeded:                  {text: "Mailbox has exceeded maximum mailbox size."},
	ews.ErrorItemSave:                       {text: "The item save operation did not succeed."},
	ews.ErrorTooManyObjectsOpened:           {text: "Too many concurrent connections opened."},
	ews.ErrorInternalServerError:            {text: "An internal server error occurred. The operation failed."},
	ews.ErrorMailboxStoreUnavailable:        {text: "The mailbox database is temporarily unavailable."},
	ews.ErrorADUnavailable:                  {text: "Active Directory is unavailable. Try again later."},
	ews.ErrorConnectionFailed:               {text: "Connection did not succeed. Try again later."},
	ews.ErrorMailboxMoveInProgress:          {text: "Mailbox move in progress. Try again later."},
	"ErrorFolderNotFound":                   {text: "The specified folder could not be found in the store."},
	"ErrorInsufficientResources":            {text: "Resources are unavailable. Try again later."},
	"ErrorNameResolutionNoResults":          {text: "No results were found."},
	"ErrorNameResolutionMultipleResults":    {text: "Multiple results were found."},
	ews.ErrorInternalServerTransientError:   {text: "An internal server error occurred. Try again later."},
	ews.ErrorMoreThanOneAccessModeSpecified: {"Only one access mode header may be specified.", true},
	ews.ErrorInvalidExchangeImpersonationHeaderData: {"An ExchangeImpersonation SOAP header must contain a user " +
		"principal name, user SID, or primary SMTP address.", true},
	ews.ErrorInvalidIdMalformedEwsLegacyIdFormat: {text: "The EWS Id is in EwsLegacyId format which is not " +
		"supported by the Exchange version specified by your request. Please use the ConvertId method to " +
		"convert from EwsLegacyId to EwsId format."},
	ews.ErrorNoRespondingCASInDestinationSite: {text: "Exchange Web Services are not currently available for " +
		"this request because none of the Client Access Servers in the destination site could process the request."},
	"ErrorMissingEmailAddress": {text: "When making a request as an account that does not have a mailbox, you " +
		"must specify the mailbox primary SMTP address for any distinguished folder Ids."},

	// In our own words: no text of Exchange's was found.
	ews.ErrorImGroupLimitReached:              {text: "The maximum number of IM groups has been reached."},
	ews.ErrorImContactLimitReached:            {text: "The maximum number of IM contacts has been reached."},
	ews.ErrorUnableToRemoveImContactFromGroup: {text: "The IM contact could not be removed from the group."},
	ews.ErrorInvalidOperation:                 {text: "The operation is invalid."},
	ews.ErrorImpersonationDenied:              {"The account does not have permission to impersonate through this server.", true},
	ews.ErrorTimeoutExpired:                   {text: "The request timed out."},
	ews.ErrorMailboxFailover:                  {text: "The mailbox is in a failover process. Try again later."},
	ews.ErrorClientDisconnected:               {text: "The client was disconnected."},
	"ErrorConnectionFailedTransientError":     {text: "The connection failed. Try again later."},
}
