package source_test

import (
	"cmp"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/examples/commands/internal/source"
)

// The Samba tests run against ../shared/peers/samba-ad.sh, whose variables they read:
//
//	samba-ad.sh -- go test -run Samba ./internal/source

// samba returns a configuration for the domain. The tests change the domain, so they are not parallel.
func samba(t *testing.T, server string, bind source.Bind) *source.LDAPConfig {
	t.Helper()
	return &source.LDAPConfig{
		Server: server, BaseDN: os.Getenv("EWS_AD_BASE_DN"), CA: os.Getenv("EWS_AD_CA"), Bind: bind,
		Attributes: source.Attributes{Mailbox: "mail", SIP: []string{"proxyAddresses"}, Name: "displayName"},
	}
}

func sambaTool(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "samba-tool", args...).CombinedOutput() //nolint:gosec // of the test
	if err != nil {
		t.Fatalf("samba-tool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func password(value string) func() (string, error) {
	return func() (string, error) { return value, nil }
}

//nolint:paralleltest // it changes the domain
func TestLDAP_Samba(t *testing.T) {
	ldaps, plain := os.Getenv("EWS_AD_LDAPS"), os.Getenv("EWS_AD_LDAP")
	if ldaps == "" {
		t.Skip("no Active Directory: run under samba-ad.sh -- (its variables EWS_AD_…)")
	}
	sambaTool(t, "spn", "add", "ldap/"+strings.TrimPrefix(ldaps, "ldaps://"), "DC1$")
	sambaTool(t, "domain", "passwordsettings", "set", "--account-lockout-threshold=10")
	conf := os.Getenv("EWS_AD_KRB5_CONFIG")
	user := source.Bind{User: "alice@" + os.Getenv("EWS_AD_REALM")}
	byPassword := source.Bind{Kerberos: true, Krb5Conf: conf, User: user.User}
	for name, c := range map[string]*source.LDAPConfig{
		"ldaps":              samba(t, ldaps, user),
		"StartTLS":           samba(t, plain, user),
		"Kerberos, password": samba(t, plain, byPassword),
		"Kerberos, ticket":   samba(t, ldaps, source.Bind{Kerberos: true, Krb5Conf: conf, CCache: os.Getenv("EWS_AD_KRB5_CCACHE")}),
		"Kerberos, keytab": samba(t, ldaps, source.Bind{
			Kerberos: true, Krb5Conf: conf, User: os.Getenv("EWS_AD_KEYTAB_PRINCIPAL"), Keytab: os.Getenv("EWS_AD_KEYTAB"),
		}),
	} {
		l, err := source.OpenLDAP(t.Context(), c, password(os.Getenv("EWS_AD_PASS_ALICE")))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, p := range mustGroup(t, l, "im-all").Members {
			got = append(got, cmp.Or(p.Address, "none"))
		}
		l.Close()
		slices.Sort(got)
		want := []string{"alice.ahlberg@sip.corp.test", "bob@corp.test", "carol.smith@example.com", "mona@corp.test", "none", "none", "partner@sip.example.org"}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for i, bind := range []source.Bind{user, byPassword} {
		_, err := source.OpenLDAP(t.Context(), samba(t, ldaps, bind), password("wrong"))
		if err == nil || !strings.Contains(err.Error(), "user or password is wrong") {
			t.Errorf("a wrong password: %v", err)
		}
		if state := sambaTool(t, "user", "show", "alice"); !strings.Contains(state, "badPwdCount: "+string(rune('1'+i))+"\n") {
			t.Errorf("%d wrong passwords were counted as others:\n%s", i+1, state)
		}
	}
}
