package ews

import (
	"strings"

	"github.com/go-ews/exchange/internal/oneline"
)

// ResponseCode is Exchange's code for an error, or NoError. It is an error itself, so that
//
//	errors.Is(err, ews.ErrorImGroupDisplayNameAlreadyExists)
//
// works on any error that a call returns, and errors.As with a *ResponseCode finds the code. The
// set is open: server updates bring new codes, and a code without a constant here is kept
// unchanged. Microsoft lists the codes at
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode.
type ResponseCode string

// Error returns the code on one line.
func (c ResponseCode) Error() string { return oneline.Clip(string(c), 80) }

// UnmarshalText trims the white space that some servers put around a code.
func (c *ResponseCode) UnmarshalText(text []byte) error {
	*c = ResponseCode(strings.TrimSpace(string(text)))
	return nil
}

// NoError is the code of a success.
const NoError ResponseCode = "NoError"

// Codes of the IM-list operations.
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
	// ErrorNonExistentMailbox: no such mailbox, or an id of another mailbox; see [NotFound].
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
	// ErrorNonPrimarySmtpAddress: the error's Details hold the primary address.
	ErrorNonPrimarySmtpAddress ResponseCode = "ErrorNonPrimarySmtpAddress"
	ErrorInvalidSid            ResponseCode = "ErrorInvalidSid"
	ErrorAccessDenied          ResponseCode = "ErrorAccessDenied"
	ErrorAccountDisabled       ResponseCode = "ErrorAccountDisabled"
	ErrorInvalidLicense        ResponseCode = "ErrorInvalidLicense"
	ErrorQuotaExceeded         ResponseCode = "ErrorQuotaExceeded"
	ErrorItemSave              ResponseCode = "ErrorItemSave"
)

// About the state of the server. [RetryPolicy] says which of them are retried.
const (
	// ErrorServerBusy: throttled; [RetryAfter] may return the time to wait.
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
	// ErrorConnectionFailed and ErrorMailboxMoveInProgress: the endpoint may have changed; run
	// Autodiscover again.
	ErrorConnectionFailed      ResponseCode = "ErrorConnectionFailed"
	ErrorMailboxMoveInProgress ResponseCode = "ErrorMailboxMoveInProgress"
)
