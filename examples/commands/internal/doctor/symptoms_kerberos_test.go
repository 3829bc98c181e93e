package doctor

import (
	"os"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/keytab"
)

// inDomain is a scene with a login by Kerberos in a domain that has something wrong.
func inDomain(k *kdc, args ...string) scene {
	return scene{handler: k.protects(inUse(nil)), kdc: k, args: args}
}

// kerberosSymptoms are about the domain, its accounts and its clocks.
func kerberosSymptoms() []symptom {
	const revoked, expired = errorcode.KDC_ERR_CLIENT_REVOKED, errorcode.KDC_ERR_KEY_EXPIRED
	refused := func(status int) scene {
		return scene{kdc: &kdc{groups: 12 << 10}, handler: offeringNegotiate(page(status, "<h2>Bad Request - Request Too Long</h2>"))}
	}
	return []symptom{
		{"clock behind the domain's", "Devolutions/sspi-rs#83", inDomain(&kdc{clock: 10 * time.Minute}), "login", "w32tm"},
		{"clock ahead of the domain's", "spring-projects/spring-security-kerberos#45", inDomain(&kdc{clock: -10 * time.Minute}), "login", "ahead of the KDC's"},
		{"clock of Exchange", "fortra/impacket#1133", inDomain(&kdc{ahead: 10 * time.Minute}), "login", "behind the server's"},
		{"service name missing", "pivotal/docs-platform-automation#181", inDomain(&kdc{service: errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN}), "login", "setspn -S"},
		{"service name of several accounts", "diladele/websafety#634", inDomain(&kdc{service: errorcode.KDC_ERR_PRINCIPAL_NOT_UNIQUE}), "login", "setspn -X"},
		{"service name of another account", "microsoft/CSS_SQL_Networking_Tools#81", inDomain(&kdc{otherKey: true}), "login", "setspn -Q"},
		{"suffix that is not the realm", "msktutil/msktutil#104", inDomain(&kdc{}, "--user", "tony@contoso.com"), "login", "UserPrincipalName"},
		{"wrong password at the domain", "microsoft/omi#327", inDomain(&kdc{login: errorcode.KDC_ERR_PREAUTH_FAILED}), "login", "password or the key is wrong"},
		{"locked out", "SSSD/sssd#5219", inDomain(&kdc{login: revoked, status: 0xC0000234}), "login", "Unlock-ADAccount"},
		{"disabled", "cea-sec/gmsad#7", inDomain(&kdc{login: revoked, status: 0xC0000072}), "login", "Enable-ADAccount"},
		{"account expired", "ropnop/kerbrute#27", inDomain(&kdc{login: revoked, status: 0xC0000193}), "login", "Set-ADAccountExpiration"},
		{"must change the password", "jcmturner/gokrb5#480", inDomain(&kdc{login: expired, status: 0xC0000224}), "login", "-ChangePasswordAtLogon"},
		{"password expired", "ropnop/kerbrute#8", inDomain(&kdc{login: expired, status: 0xC0000071}), "login", "Set-ADAccountPassword"},
		{"no common encryption type", "jcmturner/gokrb5#218", inDomain(&kdc{login: errorcode.KDC_ERR_ETYPE_NOSUPP}), "login", "KerberosEncryptionType"},
		{"domain controller out of reach", "krb5/krb5#394", inDomain(&kdc{down: true}), "login", "port 88"},
		{"ticket too large for IIS", "aspnet/AspNetKatana#250", refused(400), "login", "MaxFieldLength"},
		{"ticket too large for a proxy", "cruise-control-for-kafka/cruise-control#2011", refused(431), "login", "how many groups"},
	}
}

// ticketSymptoms are about what this machine has of Kerberos.
func ticketSymptoms(t *testing.T) []symptom {
	t.Helper()
	return []symptom{
		{"clock of this machine", "docker/for-win#4858", scene{handler: dated(-48*time.Hour, afterLogin(inUse(nil).ServeHTTP))}, "", "w32tm /resync"},
		{"no ticket", "requests/requests-kerberos#188", inDomain(&kdc{}, "--ccache", t.TempDir()+"/krb5cc"), "login", "run kinit"},
		{"keytab of another account", "hashicorp/vault#8663", inDomain(&kdc{}, "--keytab", keysOf(t, "anna", "s3cret")), "login", "klist -ket"},
		{"keytab older than the password", "jcmturner/gokrb5#40", inDomain(&kdc{login: errorcode.KDC_ERR_PREAUTH_FAILED}, "--keytab", keysOf(t, "tony", "older")), "login", "made anew"},
		{"realm without a domain controller", "FreeRDP/FreeRDP#10268", inDomain(&kdc{}, "--user", `OTHER\tony`), "login", "no realm is known for the domain OTHER"},
	}
}

// keysOf writes a keytab of one account.
func keysOf(t *testing.T, user, password string) string {
	t.Helper()
	keys := keytab.New()
	if err := keys.AddEntry(user, realm, password, time.Now(), 1, aes); err != nil {
		t.Fatal(err)
	}
	data, err := keys.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	name := t.TempDir() + "/keytab"
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
