package kerberos

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
	"golang.org/x/crypto/md4" //nolint:staticcheck // RC4 keys are made with it (RFC 4757 section 2)
)

// A login is a client with a ticket-granting ticket.
type login struct {
	client *client.Client
	realm  string
	ticket messages.Ticket
	key    types.EncryptionKey
}

// initial requests a ticket-granting ticket (RFC 4120 section 3.1).
func initial(cl *client.Client, who account, conf *config.Config, etypes []int32) (*login, error) {
	request, err := messages.NewASReqForTGT(who.realm, conf, who.name)
	if err != nil {
		return nil, err
	}
	request.ReqBody.EType = etypes
	reply, err := cl.ASExchange(who.realm, request, 0)
	if err != nil {
		return nil, kdcRefusal(who, err)
	}
	return &login{client: cl, realm: who.realm, ticket: reply.Ticket, key: reply.DecryptedEncPart.Key}, nil
}

// byPassword logs in with a password. gokrb5 makes wrong RC4 keys of passwords with characters
// beyond ASCII (github.com/jcmturner/gokrb5, crypto/rfc4757: it counts bytes where it reads
// characters), and the KDC would count them as wrong passwords. So byPassword tries RC4 last, with
// a key from rc4Key.
func byPassword(who account, password string, conf *config.Config) (*login, error) {
	cl := client.NewWithPassword(who.user(), who.realm, password, conf)
	etypes := conf.LibDefaults.DefaultTktEnctypeIDs
	if !slices.Contains(etypes, etypeID.RC4_HMAC) || isASCII(password) {
		return initial(cl, who, conf, etypes)
	}
	if strong := without(etypes, etypeID.RC4_HMAC); len(strong) > 0 {
		l, err := initial(cl, who, conf, strong)
		if e, ok := errors.AsType[*kdcError](err); !ok || e.code != "KDC_ERR_ETYPE_NOSUPP" {
			return l, err
		}
	}
	keys := keytab.New()
	if err := keys.AddEntry(who.user(), who.realm, "", time.Now(), 0, etypeID.RC4_HMAC); err != nil {
		return nil, err
	}
	keys.Entries[0].Key.KeyValue = rc4Key(password)
	for version := uint32(1); version <= maxKeyVersion; version++ { // the KDC decides which version is right
		keys.Entries = append(keys.Entries, keys.Entries[0])
		keys.Entries[version].KVNO = version
	}
	return initial(client.NewWithKeytab(who.user(), who.realm, keys, conf), who, conf, []int32{etypeID.RC4_HMAC})
}

// maxKeyVersion bounds how often the password may have been changed.
const maxKeyVersion = 2000

// rc4Key is the string-to-key function of RFC 4757 section 2.
func rc4Key(password string) []byte {
	h := md4.New()
	for _, unit := range utf16.Encode([]rune(password)) {
		_, _ = h.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	return h.Sum(nil)
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 })
}

func without(etypes []int32, etype int32) []int32 {
	return slices.DeleteFunc(slices.Clone(etypes), func(e int32) bool { return e == etype })
}

// A kdcError is a KDC's refusal. The library has the code in its text only.
type kdcError struct {
	code, hint string
	state      bool // the account's state is to blame, not the password
	who        account
	err        error
}

// kdcHints explain the codes of RFC 4120 section 7.5.9 as Active Directory uses them.
var kdcHints = map[string]string{
	"KDC_ERR_C_PRINCIPAL_UNKNOWN": "there is no such user in this realm; check the name and the realm",
	"KDC_ERR_PREAUTH_FAILED":      "the password or the key is wrong",
	"KDC_ERR_CLIENT_REVOKED":      "the account is disabled, locked out or expired, or may not log in at this hour",
	"KDC_ERR_KEY_EXPIRED":         "the password has expired, or the user must change it before the first login",
	"KDC_ERR_ETYPE_NOSUPP":        "client and account have no encryption type in common; check the account's and krb5.conf's",
	"KDC_ERR_POLICY":              "a policy of the domain forbids this login",
	"KDC_ERR_WRONG_REALM":         "the account belongs to another realm; write user@REALM",
	"KRB_AP_ERR_SKEW":             "the clocks of this machine and of the KDC differ by more than five minutes",
	"no KDCs defined":             "no KDC is known for the realm; check krb5.conf (realms, dns_lookup_kdc) and the DNS",
	"no KDC SRV records":          "no KDC is known for the realm; check krb5.conf (realms, dns_lookup_kdc) and the DNS",
	"clock skew with KDC":         "the clocks of this machine and of the KDC differ by more than five minutes",
}

func kdcRefusal(who account, err error) error {
	e := &kdcError{who: who, err: err, hint: "the KDC could not be reached, or its reply not be read; check the network and its log"}
	for code, hint := range kdcHints {
		if strings.Contains(err.Error(), code) {
			e.code, e.hint = code, hint
		}
	}
	e.state = e.code == "KDC_ERR_CLIENT_REVOKED" || e.code == "KDC_ERR_KEY_EXPIRED"
	return e
}

func (e *kdcError) Error() string {
	return fmt.Sprintf("login at the KDC of %s as %s: %s: %v", e.who.realm, e.who.user(), e.hint, e.err)
}

func (e *kdcError) Unwrap() error { return e.err }

// Permanent reports whether the KDC would refuse again.
func (e *kdcError) Permanent() bool { return strings.HasPrefix(e.code, "KDC_ERR_") }

// refusesUser reports whether the KDC refused the user, in contrast to a KDC that is out of reach.
func (e *kdcError) refusesUser() bool {
	return e.state || e.code == "KDC_ERR_PREAUTH_FAILED" || e.code == "KDC_ERR_C_PRINCIPAL_UNKNOWN"
}

// A heldLogin stands for a login that is not tried, because the KDC refused it a short time ago.
type heldLogin struct {
	until time.Time
	err   *kdcError
}

func (e *heldLogin) Error() string {
	reason := "so that the account is not locked out"
	if e.err.state {
		reason = "since an account's state seldom changes"
	}
	return fmt.Sprintf("the KDC refused this login; it is not tried again before %s UTC, %s: %v",
		e.until.UTC().Format(time.TimeOnly), reason, e.err)
}

func (e *heldLogin) Unwrap() error { return e.err }

// RetryAfter returns the rest of the wait.
func (e *heldLogin) RetryAfter() (time.Duration, bool) { return max(time.Until(e.until), 0), true }
