//go:build !plan9

package netfault

import (
	"errors"
	"syscall"
)

// errnos are the kinds of the system's errors. Windows has different numbers (WSAECONNREFUSED, …),
// which no other system uses and which package syscall does not compare with these.
var errnos = map[syscall.Errno]string{
	syscall.ECONNREFUSED: Refused, syscall.Errno(10061): Refused,
	syscall.ECONNRESET: Reset, syscall.Errno(10054): Reset,
	syscall.ECONNABORTED: Reset, syscall.Errno(10053): Reset,
	syscall.EPIPE:       Reset,
	syscall.ENETUNREACH: Unreachable, syscall.Errno(10051): Unreachable,
	syscall.EHOSTUNREACH: Unreachable, syscall.Errno(10065): Unreachable,
	syscall.EADDRNOTAVAIL: Unreachable, syscall.Errno(10049): Unreachable,
	syscall.ETIMEDOUT: Timeout, syscall.Errno(10060): Timeout,
}

// kindOfErrno returns the kind of the system's error in the chain, "" if there is none.
func kindOfErrno(err error) string {
	errno, _ := errors.AsType[syscall.Errno](err)
	return errnos[errno]
}
