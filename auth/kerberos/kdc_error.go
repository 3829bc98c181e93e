package kerberos

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// A kdcError is a KDC's refusal.
type kdcError struct {
	what    string // the request and its realm
	code    int32  // RFC 4120 section 7.5.9
	status  uint32 // Active Directory's NTSTATUS; 0: none
	text    string // the KDC's own words
	realm   string // of the client, if another realm is to be asked
	clock   time.Time
	now     time.Time
	methods types.PADataSequence // the KDC's description of the account's keys
	cause   error                // why the reply of a KDC that refuses nothing cannot be opened
}

// refusalIn returns the refusal in a KDC's reply, nil for other replies.
func refusalIn(reply []byte, what string) error {
	var e messages.KRBError
	if err := e.Unmarshal(reply); err != nil {
		return nil //nolint:nilerr // the reply is no refusal
	}
	refusal := &kdcError{what: what, code: e.ErrorCode, text: e.EText, realm: e.CRealm, clock: e.STime, now: time.Now()}
	_, _ = asn1.Unmarshal(e.EData, &refusal.methods)
	refusal.status = statusIn(e.EData, refusal.methods)
	return refusal
}

// statusIn finds KERB-EXT-ERROR ([MS-KILE] section 2.2.1), the status of the account. It comes as a
// single element, or as one of a list.
func statusIn(data []byte, list types.PADataSequence) uint32 {
	var single types.PAData
	if _, err := asn1.Unmarshal(data, &single); err == nil {
		list = types.PADataSequence{single}
	}
	for _, d := range list {
		const fields = 12 // status, reserved, flags
		if d.PADataType == patype.PA_PW_SALT && len(d.PADataValue) == fields {
			return binary.LittleEndian.Uint32(d.PADataValue)
		}
	}
	return 0
}

// A meaning explains a code or a status, and advises what to do.
type meaning struct{ name, text string }

// statuses are those of [MS-ERREF] section 2.3.1 that a login ends with.
var statuses = map[uint32]meaning{
	0xC0000064: {"STATUS_NO_SUCH_USER", noSuchUser},
	0xC000006A: {"STATUS_WRONG_PASSWORD", wrongKey},
	0xC000006F: {"STATUS_INVALID_LOGON_HOURS", "the account may not log in at this hour"},
	0xC0000070: {"STATUS_INVALID_WORKSTATION", "the account may not log in from this machine"},
	0xC0000071: {"STATUS_PASSWORD_EXPIRED", "the password has expired; have it changed (Set-ADAccountPassword)"},
	0xC0000072: {"STATUS_ACCOUNT_DISABLED", "the account is disabled; have it enabled (Enable-ADAccount)"},
	0xC0000193: {"STATUS_ACCOUNT_EXPIRED", accountExpired},
	0xC0000224: {"STATUS_PASSWORD_MUST_CHANGE", mustChange},
	0xC0000234: {"STATUS_ACCOUNT_LOCKED_OUT", "the account is locked out after wrong passwords; have it unlocked (Unlock-ADAccount), " +
		"and find the program that has an old password (event 4740 of the domain controllers)"},
	0xC0000413: {"STATUS_AUTHENTICATION_FIREWALL_FAILED", "the account may not log in to this service (selective authentication)"},
}

const (
	noSuchUser = "there is no such user in this realm; check the name and the realm, which is the domain's name and not " +
		"always what follows the @ of an e-mail address (Get-ADUser NAME -Properties UserPrincipalName)"
	wrongKey   = "the password or the key is wrong; a keytab has to be made anew after each change of the password"
	mustChange = "the user must change the password before the first login; have it changed, or for a service " +
		"Set-ADUser NAME -ChangePasswordAtLogon $false"
	accountExpired = "the account has expired; have its end moved (Set-ADAccountExpiration)"
	noService      = "no account of the domain has this service name, or several have; check the URL's host, look for the name " +
		"(setspn -Q, setspn -X), and register it with setspn -S for the account that Exchange runs as"
	manyServices = "several accounts have this service name; setspn -X lists them, setspn -D removes it from the wrong ones"
)

// meanings explain the codes of RFC 4120 section 7.5.9 as domains use them.
var meanings = map[int32]string{
	errorcode.KDC_ERR_NAME_EXP:             accountExpired,
	errorcode.KDC_ERR_SERVICE_EXP:          "the service's account has expired",
	errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN:  noSuchUser,
	errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN:  noService,
	errorcode.KDC_ERR_PRINCIPAL_NOT_UNIQUE: manyServices,
	errorcode.KDC_ERR_NEVER_VALID:          "the ticket would end before it begins; check this machine's clock",
	errorcode.KDC_ERR_POLICY:               "a policy of the domain forbids it",
	errorcode.KDC_ERR_BADOPTION:            "the domain does not allow a ticket with these options",
	errorcode.KDC_ERR_ETYPE_NOSUPP: "client and account have no encryption type in common; check krb5.conf (permitted_enctypes), " +
		"the account (Set-ADUser NAME -KerberosEncryptionType AES128,AES256), and whether its password is older than that",
	errorcode.KDC_ERR_CLIENT_REVOKED:     "the account is disabled or locked out, has expired, or may not log in at this hour",
	errorcode.KDC_ERR_SERVICE_REVOKED:    "the service's account is disabled",
	errorcode.KDC_ERR_KEY_EXPIRED:        "the password has expired, or the user must change it before the first login",
	errorcode.KDC_ERR_PREAUTH_FAILED:     wrongKey,
	errorcode.KDC_ERR_MUST_USE_USER2USER: "the service name belongs to a user without a key for it",
	errorcode.KDC_ERR_SVC_UNAVAILABLE:    "the KDC is not ready; try again later",
	errorcode.KRB_AP_ERR_TKT_EXPIRED:     "the ticket has ended; get another one (kinit)",
	errorcode.KRB_ERR_RESPONSE_TOO_BIG:   "the reply does not fit a datagram; let TCP port 88 pass",
	errorcode.KDC_ERR_WRONG_REALM:        "the account belongs to another realm; write user@REALM",
}

// Error has the KDC's own words first.
func (e *kdcError) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.what, e.Hint(), e.cause)
	}
	text := fmt.Sprintf("%s: the KDC says %s", e.what, codeName(e.code))
	if e.text != "" {
		text += fmt.Sprintf(", %q", e.text)
	}
	if e.status != 0 {
		text += fmt.Sprintf(", %s (0x%08X)", statuses[e.status].name, e.status)
	}
	if hint := e.Hint(); hint != "" {
		text += ": " + hint
	}
	return text
}

func (e *kdcError) Unwrap() error { return e.cause }

// codeName returns a code with its name, without the library's explanation.
func codeName(code int32) string {
	if words := strings.Fields(errorcode.Lookup(code)); strings.HasPrefix(words[0], "(") {
		return words[1] + " " + words[0]
	}
	return fmt.Sprintf("error %d", code)
}

// Hint explains the refusal, and says what to do; "" for one that a login does not end with.
func (e *kdcError) Hint() string {
	if known, ok := statuses[e.status]; ok {
		return known.text
	}
	switch {
	case e.code == errorcode.KRB_AP_ERR_SKEW:
		return "check " + clockHint(e.clock, e.now, "the KDC's")
	case e.code == errorcode.KDC_ERR_KEY_EXPIRED && strings.Contains(e.text, "PWCHANGE"): // MIT's word
		return mustChange
	case e.code == errorcode.KDC_ERR_CLIENT_REVOKED && strings.Contains(e.text, "LOCKED"):
		return "the account is disabled or locked out"
	}
	return meanings[e.code]
}

// clockHint compares another clock with this machine's, which showed now at the same time.
func clockHint(theirs, now time.Time, whose string) string {
	ahead, side := theirs.Sub(now), "behind"
	if ahead < 0 {
		side = "ahead of"
	}
	return fmt.Sprintf("the clocks: this machine's (%s UTC) is %v %s %s (%s UTC), and Kerberos allows 5 minutes; "+
		"both must follow one time source (w32tm /query /status, chronyc tracking)",
		now.UTC().Format(time.DateTime), ahead.Abs().Round(time.Second), side, whose, theirs.UTC().Format(time.DateTime))
}

// Permanent reports whether the KDC would refuse again.
func (e *kdcError) Permanent() bool {
	return e.code != errorcode.KDC_ERR_SVC_UNAVAILABLE && e.code < errorcode.KRB_AP_ERR_BAD_INTEGRITY ||
		e.code == errorcode.KDC_ERR_WRONG_REALM
}

// blamesState reports whether the account's state is the reason, and not the password.
func (e *kdcError) blamesState() bool {
	switch e.code {
	case errorcode.KDC_ERR_CLIENT_REVOKED, errorcode.KDC_ERR_KEY_EXPIRED, errorcode.KDC_ERR_NAME_EXP:
		return true
	}
	return false
}

// refusesUser reports whether the KDC refused the user, in contrast to a KDC that is out of reach.
func (e *kdcError) refusesUser() bool {
	return e.blamesState() || e.code == errorcode.KDC_ERR_PREAUTH_FAILED || e.code == errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN
}

// A heldLogin stands for a login that is not tried, because the KDC refused it a short time ago.
type heldLogin struct {
	until time.Time
	err   *kdcError
}

func (e *heldLogin) Error() string {
	reason := "so that the account is not locked out"
	if e.err.blamesState() {
		reason = "since an account's state seldom changes"
	}
	return fmt.Sprintf("the KDC refused this login; it is not tried again before %s UTC, %s: %v",
		e.until.UTC().Format(time.TimeOnly), reason, e.err)
}

func (e *heldLogin) Unwrap() error { return e.err }

// RetryAfter returns the rest of the wait.
func (e *heldLogin) RetryAfter() (time.Duration, bool) { return max(time.Until(e.until), 0), true }
