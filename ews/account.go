package ews

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/go-ews/exchange/internal/mailaddress"
	"github.com/go-ews/exchange/soap"
)

// Account identifies the mailbox owner on whose behalf a request is made (ExchangeImpersonation).
// The zero value stands for no impersonation. Create one with [PrimarySMTP], [SMTP], [UPN] or
// [SID]; the first call that uses a bad identifier returns an [*InputError].
//
// As text, and thereby in JSON, an account is the name of its element and the identifier, such as
// "PrimarySmtpAddress:tony@contoso.com"; the zero value is "".
//
// Addresses cost the server an additional directory look-up; Microsoft prefers SID or UPN where you
// have them.
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/connectingsid
type Account struct {
	kind  accountKind
	value string
}

type accountKind uint8

const (
	accountNone accountKind = iota
	accountUPN
	accountSID
	accountPrimarySMTP
	accountSMTP
)

// PrimarySMTP identifies an account by its primary SMTP address.
func PrimarySMTP(address string) Account { return Account{accountPrimarySMTP, address} }

// SMTP identifies an account by any of its SMTP addresses. Exchange may return
// ErrorNonPrimarySmtpAddress, with the primary one in the error's Details.
func SMTP(address string) Account { return Account{accountSMTP, address} }

// UPN identifies an account by its user principal name, user@domain.
func UPN(name string) Account { return Account{accountUPN, name} }

// SID identifies an account by its security identifier, S-1-5-21-….
func SID(sid string) Account { return Account{accountSID, sid} }

// IsZero reports whether the account is the zero value. An account with an empty identifier is not.
func (a Account) IsZero() bool { return a.kind == accountNone }

// String returns the identifier, "" for the zero value.
func (a Account) String() string { return a.value }

// accountElements has the names of the schema's elements for the kinds of identifier.
var accountElements = [...]string{
	accountUPN: "PrincipalName", accountSID: "SID",
	accountPrimarySMTP: "PrimarySmtpAddress", accountSMTP: "SmtpAddress",
}

// element returns the name of the schema's element for the identifier.
func (a Account) element() string { return accountElements[a.kind] }

// MarshalText returns the text form, from which UnmarshalText restores an equal account, even one
// that no request can carry. It returns an error if the identifier is not valid UTF-8.
func (a Account) MarshalText() ([]byte, error) {
	if a.IsZero() {
		return []byte{}, nil
	}
	if !utf8.ValidString(a.value) {
		return nil, errors.New("ews: the account's identifier is not valid UTF-8")
	}
	return []byte(a.element() + ":" + a.value), nil
}

// UnmarshalText reads the text form, with the element's name in any case. It returns an error for a
// text without such a name, since the identifier alone does not show its kind.
func (a *Account) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*a = Account{}
		return nil
	}
	element, value, found := strings.Cut(string(text), ":")
	for kind := accountUPN; found && kind <= accountSMTP; kind++ {
		if strings.EqualFold(element, accountElements[kind]) {
			*a = Account{kind, value}
			return nil
		}
	}
	return errors.New("ews: an account is written as PrimarySmtpAddress:, SmtpAddress:, " +
		"PrincipalName: or SID: and the identifier")
}

// smtpAddress returns the identifier if it is an SMTP address, else "".
func (a Account) smtpAddress() string {
	if a.kind == accountPrimarySMTP || a.kind == accountSMTP {
		return a.value
	}
	return ""
}

// problem returns why the identifier cannot be sent, "" if it can.
func (a Account) problem() string {
	if a.value == "" {
		return "empty account"
	}
	switch a.kind {
	case accountSID:
		if !isSID(a.value) {
			return "not a security identifier (S-1-5-21-…)"
		}
	case accountUPN, accountPrimarySMTP, accountSMTP:
		if _, _, ok := mailaddress.Split(a.value); !ok {
			return "not of the form name@domain"
		}
	case accountNone:
		return "empty account"
	}
	return ""
}

// append appends the identifier's element, the content of a ConnectingSID.
func (a Account) append(dst []byte) ([]byte, error) {
	name := a.element()
	dst = append(dst, "<t:"...)
	dst = append(dst, name...)
	dst = append(dst, '>')
	dst, err := soap.AppendText(dst, a.value)
	if err != nil {
		return dst, err
	}
	dst = append(dst, "</t:"...)
	dst = append(dst, name...)
	return append(dst, ">\n"...), nil
}

// isSID reports whether s is "S-" and at least two decimal numbers joined by hyphens.
func isSID(s string) bool {
	rest, ok := strings.CutPrefix(s, "S-")
	if !ok {
		return false
	}
	parts := strings.Split(rest, "-")
	for _, p := range parts {
		if p == "" || strings.Trim(p, "0123456789") != "" {
			return false
		}
	}
	return len(parts) >= 3
}
