package kerberos_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/keytab"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/auth/kerberos"
)

// files writes the files that the examples read: a krb5.conf and, as ktpass does, a keytab.
func files() (dir string, opts *kerberos.Options) {
	const conf = "[libdefaults]\n default_realm = EXAMPLE.COM\n[realms]\n EXAMPLE.COM = {\n  kdc = dc1.example.com\n }\n"
	dir, err := os.MkdirTemp("", "kerberos")
	if err != nil {
		panic(err)
	}
	keys := keytab.New()
	if err := keys.AddEntry("svc-ews", "EXAMPLE.COM", "secret", time.Now(), 1, etypeID.AES256_CTS_HMAC_SHA1_96); err != nil {
		panic(err)
	}
	data, err := keys.Marshal()
	if err != nil {
		panic(err)
	}
	for name, data := range map[string][]byte{"krb5.conf": []byte(conf), "svc-ews.keytab": data} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			panic(err)
		}
	}
	return dir, &kerberos.Options{ConfigFile: filepath.Join(dir, "krb5.conf")}
}

// A service logs in with its keytab, without a password. The file is read now, the KDC is asked
// with the first request.
func ExampleKeytab() {
	dir, opts := files()
	defer func() { _ = os.RemoveAll(dir) }()

	m, err := kerberos.Keytab(filepath.Join(dir, "svc-ews.keytab"), "svc-ews@EXAMPLE.COM", opts)
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
	fmt.Println(tr)
	// Output: auth.Transport(Negotiate)
}

// The user may be written as in Active Directory: user@REALM, a user principal name, DOMAIN\user.
func ExamplePassword() {
	dir, opts := files()
	defer func() { _ = os.RemoveAll(dir) }()

	m, err := kerberos.Password(auth.Static(`EXAMPLE\svc-ews`, "secret"), opts)
	if err != nil {
		fmt.Println(err)
		return
	}
	tr, err := auth.Negotiate(nil, m, nil)
	fmt.Println(tr, err)
	// Output: auth.Transport(Negotiate) <nil>
}

// The ticket that kinit, sssd or k5start keeps. The file is read each time a ticket is needed, so it
// may appear later.
func ExampleCCache() {
	dir, opts := files()
	defer func() { _ = os.RemoveAll(dir) }()

	m, err := kerberos.CCache("FILE:"+filepath.Join(dir, "krb5cc_svc-ews"), opts)
	if err != nil {
		fmt.Println(err)
		return
	}
	tr, err := auth.Negotiate(nil, m, nil)
	fmt.Println(tr, err)
	// Output: auth.Transport(Negotiate) <nil>
}
