package ewstest

import "github.com/go-ews/exchange/ews"

// refuse is the error that an operation answers with, in Exchange's words.
func refuse(code ews.ResponseCode) error { return &ews.Error{Code: code} }

// messageOf returns the message of an error, or Exchange's text for its code.
func messageOf(e *ews.Error) string {
	if e.Message != "" {
		return e.Message
	}
	return messageFor(e.Code)
}

// messageFor returns the text that goes with a code: from Microsoft's samples as far as these have
// one, else from what servers are known to answer, else in our own words.
func messageFor(code ews.ResponseCode) string {
	switch code {
	case ews.ErrorImGroupDisplayNameAlreadyExists:
		return "An IM group with the specified display name already exists."
	case ews.ErrorImGroupLimitReached:
		return "The maximum number of IM groups has been reached."
	case ews.ErrorImContactLimitReached:
		return "The maximum number of IM contacts has been reached."
	case ews.ErrorInvalidImContactId:
		return "The specified Im Contact Id is invalid."
	case ews.ErrorInvalidImGroupId:
		return "The specified Im Group Id is invalid."
	case ews.ErrorInvalidImDistributionGroupSmtpAddress:
		return "The specified IM distribution group SMTP address is invalid."
	case ews.ErrorItemNotFound:
		return "The specified object was not found in the store."
	case ews.ErrorInvalidIdMalformed:
		return "Id is malformed."
	case ews.ErrorInvalidIdEmpty:
		return "Id must be non-empty."
	case ews.ErrorInvalidChangeKey:
		return "The change key is invalid."
	case ews.ErrorServerBusy:
		return "The server cannot service this request right now. Try again later."
	case ews.ErrorInternalServerError:
		return "An internal server error occurred. The operation failed."
	case ews.ErrorIncorrectSchemaVersion: // both double blanks are in the sample
		return "The request is valid but does not specify the correct server version in the " +
			"RequestServerVersion SOAP header.  Ensure that the RequestServerVersion SOAP header is " +
			"set with the correct RequestServerVersionValue."
	case ews.ErrorInvalidServerVersion:
		return "The specified server version is invalid."
	case ews.ErrorNonExistentMailbox:
		return "The SMTP address has no mailbox associated with it."
	case ews.ErrorInvalidUserPrincipalName:
		return "The specified user principal name (UPN) is not valid."
	case ews.ErrorInvalidExchangeImpersonationHeaderData:
		return "The impersonation header names nobody."
	case ews.ErrorImpersonateUserDenied:
		return "The account does not have permission to impersonate the requested user."
	case ews.ErrorInvalidRequest:
		return "The request is invalid."
	case errorInvalidExtendedProperty:
		return "The extended property is not a valid combination of attributes."
	}
	return ""
}

const errorInvalidExtendedProperty ews.ResponseCode = "ErrorInvalidExtendedProperty"

// comesAsFault reports whether Exchange answers with a SOAP fault where it uses this code: it
// stops the request before any operation runs.
func comesAsFault(code ews.ResponseCode) bool {
	switch code {
	case "",
		ews.ErrorServerBusy, ews.ErrorExceededConnectionCount,
		ews.ErrorSchemaValidation, ews.ErrorInvalidRequest, ews.ErrorUnsupportedCulture,
		ews.ErrorIncorrectSchemaVersion, ews.ErrorInvalidServerVersion, ews.ErrorWrongServerVersion,
		ews.ErrorInvalidSchemaVersionForMailboxVersion,
		ews.ErrorImpersonateUserDenied, ews.ErrorImpersonationDenied, ews.ErrorImpersonationFailed,
		ews.ErrorInvalidExchangeImpersonationHeaderData, ews.ErrorMoreThanOneAccessModeSpecified,
		ews.ErrorInvalidUserPrincipalName, ews.ErrorInvalidSmtpAddress, ews.ErrorInvalidSid,
		ews.ErrorNonPrimarySmtpAddress:
		return true
	}
	return false
}
