package connect

import (
	"errors"

	"github.com/go-ews/exchange/auth/kerberos"
)

func (f *Flags) checkKerberos() error {
	switch {
	case f.CCache != "" && (f.User != "" || f.Keytab != ""):
		return errors.New("--ccache excludes --user and --keytab: the ticket says who it is of")
	case f.Keytab != "" && f.User == "":
		return errors.New("--keytab needs --user: the principal, such as svc-im@CONTOSO.COM")
	case f.Keytab != "" && f.PasswordFile != "":
		return errors.New("--keytab and --password-file exclude each other")
	}
	return nil
}

// kerberosPassword reports whether Kerberos logs in with one.
func (f *Flags) kerberosPassword() bool { return f.User != "" && f.Keytab == "" }

// mechanism logs in with the keytab if there is one, else with the password of the user, else with
// the ticket of kinit.
func (f *Flags) mechanism(password secret) (*kerberos.Mechanism, error) {
	opts := &kerberos.Options{ConfigFile: f.Krb5Conf, ServicePrincipal: f.SPN}
	switch {
	case f.Keytab != "":
		return kerberos.Keytab(f.Keytab, f.User, opts)
	case f.kerberosPassword():
		return kerberos.Password(f.credentials(password), opts)
	}
	return kerberos.CCache(f.CCache, opts)
}
