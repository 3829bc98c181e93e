package doctor

import (
	"errors"

	"github.com/go-ews/exchange/ews"
)

// Codes that package ews has no name for.
const (
	errorMissingEmailAddress ews.ResponseCode = "ErrorMissingEmailAddress"
	errorConnectionTransient ews.ResponseCode = "ErrorConnectionFailedTransientError"
)

// inTheCloud is what to do about a mailbox that a server of the company does not have any more.
const inTheCloud = "if Get-RemoteMailbox knows it, it is in Exchange Online: " +
	"--endpoint https://outlook.office365.com/EWS/Exchange.asmx, with --auth bearer"

// impersonationAdvice says what to do about a call that is not permitted for the mailbox; "" if it is
// permitted, no matter what else went wrong.
func impersonationAdvice(err error) string {
	code, _ := errors.AsType[ews.ResponseCode](err)
	switch code {
	case ews.ErrorImpersonateUserDenied, ews.ErrorImpersonationDenied:
		return "New-ManagementRoleAssignment -Role ApplicationImpersonation -User ACCOUNT; " +
			"it takes up to an hour to take effect"
	case ews.ErrorNonExistentMailbox, ews.ErrorNonPrimarySmtpAddress, ews.ErrorInvalidSmtpAddress:
		return "give the primary address of a mailbox whose account is not disabled (Get-Mailbox); " + inTheCloud
	case ews.ErrorInvalidExchangeImpersonationHeaderData, ews.ErrorImpersonationFailed,
		ews.ErrorMoreThanOneAccessModeSpecified, ews.ErrorInvalidUserPrincipalName, ews.ErrorInvalidSid:
		return "the server does not take impersonation with this login: a token must be one of an application permission " +
			"(full_access_as_app), not one of a user; otherwise check the account of the mailbox (Get-Mailbox)"
	}
	if answered(err) {
		return ""
	}
	return "the account itself can log in, so the mailbox or its server is the cause"
}

// listAdvice says what to do about a list that cannot be read.
func listAdvice(err error) string {
	code, _ := errors.AsType[ews.ResponseCode](err)
	switch code {
	case ews.ErrorInvalidServerVersion, ews.ErrorIncorrectSchemaVersion, ews.ErrorInvalidRequest,
		ews.ErrorInvalidSchemaVersionForMailboxVersion:
		return "the server does not know the schema version: leave --server-version out, or name an older one; " +
			"before Exchange 2013 there are no operations for the list"
	case ews.ErrorSchemaValidation, ews.ErrorInvalidOperation:
		return "the server does not know the operation, as before Exchange 2013, or something on the way edits requests"
	case ews.ErrorServerBusy, ews.ErrorExceededConnectionCount, ews.ErrorTooManyObjectsOpened:
		return "the server throttles this account: fewer --max-conns, other programs with the same account, " +
			"Get-ThrottlingPolicyAssociation; it works again after the time that it names"
	case ews.ErrorMailboxMoveInProgress:
		return "the mailbox is being moved (Get-MoveRequest): wait until that has ended"
	case ews.ErrorMailboxStoreUnavailable, ews.ErrorMailboxFailover:
		return "the mailbox database is not mounted or fails over: Get-MailboxDatabaseCopyStatus"
	case ews.ErrorNoRespondingCASInDestinationSite, ews.ErrorWrongServerVersion:
		return "the mailbox is in another site or forest, and its servers do not respond to this one: give the address by " +
			"--mailbox, or find the right server by --email; Test-WebServicesConnectivity there"
	case ews.ErrorADUnavailable:
		return "Exchange reaches no domain controller: look for MSExchange ADAccess in its event log; try again later"
	case ews.ErrorInternalServerError, ews.ErrorInternalServerTransientError, ews.ErrorTimeoutExpired,
		ews.ErrorConnectionFailed, errorConnectionTransient, ews.ErrorClientDisconnected:
		return "Exchange failed: try again later; if it stays, search its event log and the EWS log for the request-id"
	case ews.ErrorNonExistentMailbox, errorMissingEmailAddress:
		return "the account has no mailbox, which is well for a service account: name the mailbox by --mailbox; " + inTheCloud
	case ews.ErrorAccessDenied:
		return "EWS is switched off for the mailbox or for this program: Get-CASMailbox and Get-OrganizationConfig, " +
			"EwsEnabled, EwsApplicationAccessPolicy, EwsAllowList, EwsBlockList; in Exchange Online Test-ApplicationAccessPolicy"
	case ews.ErrorAccountDisabled, ews.ErrorInvalidLicense:
		return "the account of the mailbox is disabled or has no licence: Get-ADUser, Get-Mailbox"
	case ews.ErrorQuotaExceeded, ews.ErrorItemSave:
		return "the mailbox is full: Get-MailboxStatistics, Set-Mailbox -ProhibitSendReceiveQuota"
	}
	if code != "" {
		return "look the code up in Microsoft's page about EWS response codes; without a Unified Contact Store (Lync, Skype for " +
			"Business) there is no list"
	}
	return "without a Unified Contact Store (Lync, Skype for Business) there is no list; " +
		"check the mailbox, and the checks above"
}
