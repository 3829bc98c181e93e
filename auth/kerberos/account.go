package kerberos

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/types"
)

// An account is a client's name and its realm.
type account struct {
	name  types.PrincipalName
	realm string
}

func (a account) String() string { return a.user() + "@" + a.realm }

func (a account) user() string { return strings.Join(a.name.NameString, "/") }

var errNoRealm = errors.New("no realm: write user@REALM, or set default_realm in krb5.conf")

// accountOf reads user@REALM, user@suffix, DOMAIN\user, or user of the default realm. Active
// Directory's realms are the upper-case form of its domains. A suffix without KDCs is that of a
// user principal name, which goes to the default realm as an enterprise name (RFC 6806 section 5).
func accountOf(ctx context.Context, user string, conf *config.Config) (account, error) {
	standard := conf.LibDefaults.DefaultRealm
	if domain, name, found := strings.Cut(user, `\`); found {
		realm, err := realmOfDomain(ctx, domain, conf)
		if err != nil {
			return account{}, err
		}
		return plainAccount(name, realm)
	}
	at := strings.LastIndex(user, "@")
	if at < 0 {
		return plainAccount(user, standard)
	}
	name, realm := user[:at], strings.ToUpper(user[at+1:])
	switch {
	case realm == "":
		return plainAccount(name, standard)
	case name != "" && standard != "" && realm != standard && !hasKDC(ctx, realm, conf):
		return account{types.PrincipalName{NameType: nametype.KRB_NT_ENTERPRISE, NameString: []string{user}}, standard}, nil
	}
	return plainAccount(name, realm)
}

func plainAccount(name, realm string) (account, error) {
	switch {
	case name == "":
		return account{}, errors.New("the user name is empty")
	case realm == "":
		return account{}, errNoRealm
	}
	return account{types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, name), realm}, nil
}

// realmOfDomain finds the realm of a domain by its DNS name, or by its short (NetBIOS) name, which
// is mostly the first label of the realm.
func realmOfDomain(ctx context.Context, domain string, conf *config.Config) (string, error) {
	domain = strings.ToUpper(domain)
	if realm := conf.ResolveRealm(strings.ToLower(domain)); realm != "" {
		return realm, nil
	}
	realms := map[string]bool{}
	for _, realm := range knownRealms(conf) {
		if label, _, _ := strings.Cut(realm, "."); realm == domain || label == domain {
			realms[realm] = true
		}
	}
	if len(realms) == 1 {
		for realm := range realms {
			return realm, nil
		}
	}
	if strings.Contains(domain, ".") && hasKDC(ctx, domain, conf) {
		return domain, nil
	}
	return "", fmt.Errorf("no realm is known for the domain %s; write user@REALM, or add the realm to krb5.conf", domain)
}

func knownRealms(conf *config.Config) []string {
	realms := []string{conf.LibDefaults.DefaultRealm}
	for _, r := range conf.Realms {
		realms = append(realms, r.Realm)
	}
	return realms
}

// hasKDC reports whether krb5.conf, or the DNS where krb5.conf allows that, names a KDC of the
// realm.
func hasKDC(ctx context.Context, realm string, conf *config.Config) bool {
	addresses, err := kdcsOf(ctx, conf, "tcp", realm)
	return err == nil && len(addresses) > 0
}
