package kerberos_test

import (
	"fmt"
	"os"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/auth/kerberos"
)

// A service logs in with its keytab, without a password.
func ExampleKeytab() {
	m, err := kerberos.Keytab("/etc/svc-ews.keytab", "svc-ews@EXAMPLE.COM", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	tr, err := auth.Negotiate(nil, m, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tr.CloseIdleConnections()
	// tr.Client() goes into ews.Options.
}

// The user may be written as in Active Directory: user@REALM, a user principal name, DOMAIN\user.
func ExamplePassword() {
	const conf = "[libdefaults]\n default_realm = EXAMPLE.COM\n[realms]\n EXAMPLE.COM = {\n  kdc = dc1.example.com\n }\n"
	file, err := os.CreateTemp("", "krb5.conf")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, _ = file.WriteString(conf)
	_ = file.Close()
	m, err := kerberos.Password(auth.Static(`EXAMPLE\svc-ews`, "secret"), &kerberos.Options{ConfigFile: file.Name()})
	if err != nil {
		fmt.Println(err)
		return
	}
	tr, err := auth.Negotiate(nil, m, nil)
	fmt.Println(tr, err)
	// Output: auth.Transport(Negotiate) <nil>
}

// The ticket that kinit, sssd or k5start keeps.
func ExampleCCache() {
	m, err := kerberos.CCache("FILE:/tmp/krb5cc_svc-ews", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m)
}
