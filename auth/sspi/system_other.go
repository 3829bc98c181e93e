//go:build !windows

package sspi

import (
	"errors"
	"runtime"
)

func newSystem() (system, error) {
	return nil, errors.New("sspi: only Windows can log in as the account that the process runs as, and this is " +
		runtime.GOOS + "; log in by Kerberos with a keytab or with the ticket of kinit instead")
}
