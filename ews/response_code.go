package ews

import "strings"

// ResponseCode is Exchange's word for what went wrong (or NoError). It is an error, so that
//
//	errors.Is(err, ews.ErrorImGroupDisplayNameAlreadyExists)
//
// works on whatever a call returns, and errors.As with a *ResponseCode tells which one it is. The
// set is open: server updates bring new codes, and a code without a constant here is kept as it
// is. Microsoft lists the codes at
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode.
type ResponseCode string

// Error returns the code itself.
func (c ResponseCode) Error() string { return string(c) }

// UnmarshalText trims the white space that some servers put around a code.
func (c *ResponseCode) UnmarshalText(text []byte) error {
	*c = ResponseCode(strings.TrimSpace(string(text)))
	return nil
}

// NoError is the code of a success.
const NoError ResponseCode = "NoError"

// What the IM-list operations answer.
const (
	// ErrorImGroupDisplayNameAlreadyExists: a group has that display name already.
	ErrorImGroupDisplayNameAlreadyExists ResponseCode = "ErrorImGroupDisplayNameAlreadyExists"
	// ErrorImGroupLimitReached: the list is full; 64 groups unless configured otherwise.
	ErrorImGroupLimitReached ResponseCode = "ErrorImGroupLimitReached"
	// ErrorImContactLimitReached: the list is full; 1,000 contacts unless configured otherwise.
	ErrorImContactLimitReached ResponseCode = "ErrorImContactLimitReached"
	// ErrorInvalidImContactId: the id names no IM contact, or none of that group.
	ErrorInvalidImContactId ResponseCode = "ErrorInvalidImContactId"
	// ErrorInvalidImGroupId: the id names no group of the list.
	ErrorInvalidImGroupId ResponseCode = "ErrorInvalidImGroupId"
	// ErrorInvalidImDistributionGroupSmtpAddress: no distribution group has that address.
	ErrorInvalidImDistributionGroupSmtpAddress ResponseCode = "ErrorInvalidImDistributionGroupSmtpAddress"
	// ErrorUnableToRemoveImContactFromGroup: the removal failed.
	ErrorUnableToRemoveImContactFromGroup ResponseCode = "ErrorUnableToRemoveImContactFromGroup"
	// ErrorItemNotFound: the item does not exist, or the caller may not see it.
	ErrorItemNotFound ResponseCode = "ErrorItemNotFound"
	// ErrorNonExistentMailbox: no such mailbox; also for an id of another mailbox.
	ErrorNonExistentMailbox ResponseCode = "ErrorNonExistentMailbox"
)

// About the form of a request.
const (
	ErrorSchemaValidation                      ResponseCode = "ErrorSchemaValidation" // see SchemaValidationError
	ErrorIncorrectSchemaVersion                ResponseCode = "ErrorIncorrectSchemaVersion"
	ErrorInvalidServerVersion                  ResponseCode = "ErrorInvalidServerVersion"
	ErrorInvalidSchemaVersionForMailboxVersion ResponseCode = "ErrorInvalidSchemaVersionForMailboxVersion"
	ErrorWrongServerVersion                    ResponseCode = "ErrorWrongServerVersion"
	ErrorInvalidRequest                        ResponseCode = "ErrorInvalidRequest"
	ErrorInvalidOperation                      ResponseCode = "ErrorInvalidOperation"
	ErrorInvalidId                             ResponseCode = "ErrorInvalidId"
	ErrorInvalidIdEmpty                        ResponseCode = "ErrorInvalidIdEmpty"
	ErrorInvalidIdMalformed                    ResponseCode = "ErrorInvalidIdMalformed"
	ErrorInvalidIdMalformedEwsLegacyIdFormat   ResponseCode = "ErrorInvalidIdMalformedEwsLegacyIdFormat"
	ErrorInvalidChangeKey                      ResponseCode = "ErrorInvalidChangeKey"
	ErrorUnsupportedCulture                    ResponseCode = "ErrorUnsupportedCulture"
)

// About impersonation and rights.
const (
	// ErrorImpersonateUserDenied: the account lacks ApplicationImpersonation for that mailbox.
	ErrorImpersonateUserDenied ResponseCode = "ErrorImpersonateUserDenied"
	// ErrorImpersonationDenied: the account may not impersonate through this server.
	ErrorImpersonationDenied                    ResponseCode = "ErrorImpersonationDenied"
	ErrorImpersonationFailed                    ResponseCode = "ErrorImpersonationFailed"
	ErrorInvalidExchangeImpersonationHeaderData ResponseCode = "ErrorInvalidExchangeImpersonationHeaderData"
	ErrorMoreThanOneAccessModeSpecified         ResponseCode = "ErrorMoreThanOneAccessModeSpecified"
	ErrorInvalidUserPrincipalName               ResponseCode = "ErrorInvalidUserPrincipalName"
	ErrorInvalidSmtpAddress                     ResponseCode = "ErrorInvalidSmtpAddress"
	// ErrorNonPrimarySmtpAddress: the Details tell the primary address.
	ErrorNonPrimarySmtpAddress ResponseCode = "ErrorNonPrimarySmtpAddress"
	ErrorInvalidSid            ResponseCode = "ErrorInvalidSid"
	ErrorAccessDenied          ResponseCode = "ErrorAccessDenied"
	ErrorAccountDisabled       ResponseCode = "ErrorAccountDisabled"
	ErrorInvalidLicense        ResponseCode = "ErrorInvalidLicense"
	ErrorQuotaExceeded         ResponseCode = "ErrorQuotaExceeded"
	ErrorItemSave              ResponseCode = "ErrorItemSave"
)

// About the state of the server. The retry rules of this package know most of them.
const (
	// ErrorServerBusy: throttled; see RetryAfter.
	ErrorServerBusy ResponseCode = "ErrorServerBusy"
	// ErrorExceededConnectionCount: more requests at a time than the throttling policy allows.
	ErrorExceededConnectionCount          ResponseCode = "ErrorExceededConnectionCount"
	ErrorTooManyObjectsOpened             ResponseCode = "ErrorTooManyObjectsOpened"
	ErrorInternalServerError              ResponseCode = "ErrorInternalServerError"
	ErrorInternalServerTransientError     ResponseCode = "ErrorInternalServerTransientError"
	ErrorTimeoutExpired                   ResponseCode = "ErrorTimeoutExpired"
	ErrorMailboxStoreUnavailable          ResponseCode = "ErrorMailboxStoreUnavailable"
	ErrorMailboxFailover                  ResponseCode = "ErrorMailboxFailover"
	ErrorADUnavailable                    ResponseCode = "ErrorADUnavailable"
	ErrorClientDisconnected               ResponseCode = "ErrorClientDisconnected"
	ErrorNoRespondingCASInDestinationSite ResponseCode = "ErrorNoRespondingCASInDestinationSite"
	// ErrorConnectionFailed and ErrorMailboxMoveInProgress: also a reason to look the endpoint up
	// again.
	ErrorConnectionFailed      ResponseCode = "ErrorConnectionFailed"
	ErrorMailboxMoveInProgress ResponseCode = "ErrorMailboxMoveInProgress"
)
