package sspi

import (
	"errors"
	"fmt"
	"syscall"
)

var errNUL = errors.New("sspi: the service's name holds a NUL character")

// A statusError is the error of Windows in place of a token.
type statusError struct {
	status
	service string // "" before a login
	err     syscall.Errno
}

// explain makes a status of Windows readable. Other errors stay as they are.
func explain(err error, service string) error {
	code, ok := errors.AsType[syscall.Errno](err)
	if !ok {
		return err
	}
	for _, s := range statuses {
		if uint32(code) == s.code {
			return &statusError{status: s, service: service, err: code}
		}
	}
	return &statusError{status: status{code: uint32(code), name: "status"}, service: service, err: code}
}

func (e *statusError) Error() string {
	text := "sspi: Windows could not log in"
	if e.service != "" {
		text += " at " + e.service
	}
	text += fmt.Sprintf(": %s (0x%08X): %v", e.name, e.code, e.err)
	if e.check != "" {
		text += "; check " + e.check
	}
	return text
}

// Unwrap returns the syscall.Errno.
func (e *statusError) Unwrap() error { return e.err }

// Permanent reports whether Windows would refuse again.
func (e *statusError) Permanent() bool { return e.permanent }

// A status is an error of SSPI (winerror.h).
type status struct {
	code      uint32
	name      string
	permanent bool
	check     string
}

const (
	checkDomain  = "whether the process runs as an account of the domain, and whether it reaches a domain controller"
	checkService = "whether the service name is registered, for one account only, and that of the server (setspn -Q)"
	checkClocks  = "the clocks of this machine, of the server and of the domain controller"
	checkAccount = "the account's password, its state and its logon hours"
	checkBinding = "whether something between here and the server ends TLS with another certificate than the server's"
	checkTypes   = "which encryption types the account, the server and the domain's policy allow"
)

// statuses are those that a client's login can meet.
var statuses = []status{
	{0x80090300, "SEC_E_INSUFFICIENT_MEMORY", false, ""},
	{0x80090301, "SEC_E_INVALID_HANDLE", false, ""},
	{0x80090302, "SEC_E_UNSUPPORTED_FUNCTION", true, ""},
	{0x80090303, "SEC_E_TARGET_UNKNOWN", true, checkService},
	{0x80090304, "SEC_E_INTERNAL_ERROR", false, checkDomain},
	{0x80090305, "SEC_E_SECPKG_NOT_FOUND", true, "whether a policy switches Negotiate off"},
	{0x80090308, "SEC_E_INVALID_TOKEN", false, "whether the server at this URL logs in by Negotiate"},
	{0x8009030B, "SEC_E_NO_IMPERSONATION", true, ""},
	{0x8009030C, "SEC_E_LOGON_DENIED", true, checkAccount},
	{0x8009030D, "SEC_E_UNKNOWN_CREDENTIALS", true, checkDomain},
	{0x8009030E, "SEC_E_NO_CREDENTIALS", true, checkDomain},
	{0x8009030F, "SEC_E_MESSAGE_ALTERED", false, "proxies and security software between here and the server"},
	{0x80090310, "SEC_E_OUT_OF_SEQUENCE", false, "proxies and security software between here and the server"},
	{0x80090311, "SEC_E_NO_AUTHENTICATING_AUTHORITY", false, checkDomain},
	{0x80090316, "SEC_E_BAD_PKGID", true, ""},
	{0x80090317, "SEC_E_CONTEXT_EXPIRED", false, checkClocks},
	{0x80090318, "SEC_E_INCOMPLETE_MESSAGE", false, ""},
	{0x80090320, "SEC_E_INCOMPLETE_CREDENTIALS", true, ""},
	{0x80090321, "SEC_E_BUFFER_TOO_SMALL", true, "in how many groups the account is, and MaxTokenSize in the registry"},
	{0x80090322, "SEC_E_WRONG_PRINCIPAL", true, checkService},
	{0x80090324, "SEC_E_TIME_SKEW", true, checkClocks},
	{0x80090326, "SEC_E_ILLEGAL_MESSAGE", false, ""},
	{0x80090329, "SEC_E_ENCRYPT_FAILURE", false, ""},
	{0x80090330, "SEC_E_DECRYPT_FAILURE", false, checkService},
	{0x80090332, "SEC_E_SECURITY_QOS_FAILED", false, ""},
	{0x80090334, "SEC_E_NO_TGT_REPLY", false, ""},
	{0x80090338, "SEC_E_MAX_REFERRALS_EXCEEDED", true, checkService},
	{0x8009033A, "SEC_E_STRONG_CRYPTO_NOT_SUPPORTED", true, checkTypes},
	{0x8009033B, "SEC_E_TOO_MANY_PRINCIPALS", true, checkService},
	{0x8009033E, "SEC_E_SMARTCARD_LOGON_REQUIRED", true, "whether the account needs a smart card to log on"},
	{0x8009033F, "SEC_E_SHUTDOWN_IN_PROGRESS", false, ""},
	{0x80090340, "SEC_E_KDC_INVALID_REQUEST", false, ""},
	{0x80090341, "SEC_E_KDC_UNABLE_TO_REFER", true, checkService},
	{0x80090342, "SEC_E_KDC_UNKNOWN_ETYPE", true, checkTypes},
	{0x80090345, "SEC_E_DELEGATION_REQUIRED", true, ""},
	{0x80090346, "SEC_E_BAD_BINDINGS", true, checkBinding},
	{0x80090347, "SEC_E_MULTIPLE_ACCOUNTS", true, checkService},
	{0x80090348, "SEC_E_NO_KERB_KEY", true, ""},
	{0x80090350, "SEC_E_DOWNGRADE_DETECTED", false, checkDomain},
	{0x80090363, "SEC_E_MUTUAL_AUTH_FAILED", true, checkService},
}
