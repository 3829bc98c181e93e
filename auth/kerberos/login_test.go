package kerberos

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/go-ews/exchange/auth"
)

func mustPassword(t *testing.T, user, password, config string) *Mechanism {
	t.Helper()
	m, err := Password(auth.Static(user, password), &Options{ConfigFile: config})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const testHost = "mail.example"

// loggedIn returns the client and the realm of the ticket for the test's service.
func loggedIn(ctx context.Context, m *Mechanism) (string, error) {
	tkt, err := m.ticket(ctx, "HTTP/"+testHost)
	if err != nil {
		return "", err
	}
	return account{tkt.client, tkt.realm}.String() + " at " + tkt.message.Realm, nil
}

// TestPassword_Transports: a KDC is reached over TCP, or over UDP if it takes no connection.
func TestPassword_Transports(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, config string
		protocols    []string
		tooBig       bool
		want         string // in the error
	}{
		{"both", "", []string{"tcp", "udp"}, false, ""},
		{"TCP alone", "", []string{"tcp"}, false, ""},
		{"TCP alone, UDP preferred", "udp_preference_limit = 32700", []string{"tcp"}, false, ""},
		{"UDP replies too big", "udp_preference_limit = 32700", []string{"tcp", "udp"}, true, ""},
		{"UDP alone", "", []string{"udp"}, false, ""},
		{"UDP alone, replies too big", "", []string{"udp"}, true, "let TCP port 88 pass"},
		{"none", "", nil, false, "whether a firewall lets TCP port 88 pass"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newFakeKDC(t, "A.TEST")
			k.tooBig = c.tooBig
			m := mustPassword(t, "alice", "s3cret", realmsFile(t, c.config, k.realms, k.listen(t)))
			m.dial = only(c.protocols...)
			got, err := loggedIn(t.Context(), m)
			if c.want == "" && (err != nil || got != "alice@A.TEST at A.TEST" || k.sent() != 1) {
				t.Errorf("%q, %v, %d passwords sent", got, err, k.sent())
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// TestPassword_Referrals: a ticket is found across realms, and so is the realm of an alias.
func TestPassword_Referrals(t *testing.T) {
	t.Parallel()
	realms := []string{"A.TEST", "B.TEST", "C.TEST"}
	mapped := "[domain_realm]\n .example = "
	for _, c := range []struct{ name, user, extra, want string }{
		{"two KDCs refer on", "alice", "", "alice@A.TEST at C.TEST"},
		{"krb5.conf names the realm", "alice", mapped + "C.TEST", "alice@A.TEST at C.TEST"},
		{"krb5.conf names a realm on the way", "alice", mapped + "B.TEST", "alice@A.TEST at C.TEST"},
		{"alias", "alias@other.example", "", "alice@A.TEST at C.TEST"},
		{"alias of another realm", "bob@other.example", "", "bob@B.TEST at C.TEST"},
		{"alias with canonicalize", "ally", "canonicalize = true", "alice@A.TEST at C.TEST"},
		{"alias without", "ally", "", "there is no such user"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newFakeKDC(t, realms...)
			k.users["bob@B.TEST"] = "s3cret"
			k.aliases = map[string]string{
				"alias@other.example@A.TEST": "alice@A.TEST", "ally@A.TEST": "alice@A.TEST",
				"bob@other.example@A.TEST": "bob@B.TEST", "bob@other.example@B.TEST": "bob@B.TEST",
			}
			got, err := loggedIn(t.Context(), mustPassword(t, c.user, "s3cret", realmsFile(t, c.extra, realms, k.listen(t))))
			if got != c.want && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%q, %v, want %q", got, err, c.want)
			}
		})
	}
}

// TestPassword_SlowKDC: a login may take long; after a KDC that stays silent, or breaks off, the
// next one is asked.
func TestPassword_SlowKDC(t *testing.T) {
	t.Parallel()
	slow := func(k *fakeKDC) func(net.Conn) {
		return func(c net.Conn) {
			message, err := readMessage(c)
			time.Sleep(10 * time.Second)
			if err == nil {
				_, _ = c.Write(framed(k.serve(message, "tcp")))
			}
		}
	}
	silent := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	huge := func(c net.Conn) {
		_, _ = readMessage(c)
		_, _ = c.Write([]byte{0xff, 0xff, 0xff, 0xff})
		silent(c)
	}
	cut := func(c net.Conn) {
		_, _ = readMessage(c)
		_, _ = c.Write([]byte{0, 0, 1, 0, 1, 2, 3})
	}
	for _, c := range []struct {
		name  string
		first func(net.Conn) // nil: the slow one itself
		took  time.Duration
	}{
		{"three replies of ten seconds", nil, 30 * time.Second},
		{"half open", silent, replyTimeout},
		{"a reply of four gigabytes", huge, 0},
		{"a reply that is cut off", cut, 0},
		{"a connection that ends at once", func(net.Conn) {}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				k := newFakeKDC(t, "A.TEST")
				servers := map[string]func(net.Conn){"good:88": func(c net.Conn) { k.stream(c) }, "first:88": c.first}
				if c.first == nil {
					servers["first:88"] = slow(k)
				}
				m := mustPassword(t, "alice", "s3cret", realmsFile(t, "", k.realms, "first:88", "good:88"))
				m.dial = piped(servers)
				begin := time.Now()
				var wg sync.WaitGroup
				for range 16 { // one login serves all
					wg.Go(func() {
						got, err := loggedIn(t.Context(), m)
						if err != nil || got != "alice@A.TEST at A.TEST" {
							t.Errorf("after %v: %q, %v", time.Since(begin), got, err)
						}
					})
				}
				wg.Wait()
				if n := k.sent(); n != 1 {
					t.Errorf("%d passwords sent", n)
				}
				if took := time.Since(begin); took != c.took {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// TestKDCError_SaysTheCause: each cause has its own words, after those of the KDC.
func TestKDCError_SaysTheCause(t *testing.T) {
	t.Parallel()
	status := func(code uint32) []byte {
		data := binary.LittleEndian.AppendUint32(nil, code)
		return append(data, 0, 0, 0, 0, 1, 0, 0, 0)
	}
	single := func(code uint32) []byte {
		data, _ := asn1.Marshal(types.PAData{PADataType: patype.PA_PW_SALT, PADataValue: status(code)})
		return data
	}
	list := func(code uint32) []byte {
		data, _ := asn1.Marshal(types.PADataSequence{{PADataType: patype.PA_PW_SALT, PADataValue: status(code)}})
		return data
	}
	now := time.Now().Truncate(time.Second)
	ago := now.Add(-10 * time.Minute)
	for _, c := range []struct {
		name      string
		refusal   messages.KRBError
		want      string
		permanent bool
	}{
		{"unknown", messages.KRBError{ErrorCode: errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN}, "there is no such user", true},
		{"wrong password", messages.KRBError{ErrorCode: errorcode.KDC_ERR_PREAUTH_FAILED}, "the password or the key is wrong", true},
		{
			"disabled",
			messages.KRBError{ErrorCode: errorcode.KDC_ERR_CLIENT_REVOKED, EData: single(0xC0000072)},
			"STATUS_ACCOUNT_DISABLED (0xC0000072): the account is disabled; have it enabled", true,
		},
		{
			"locked out",
			messages.KRBError{ErrorCode: errorcode.KDC_ERR_CLIENT_REVOKED, EData: list(0xC0000234)},
			"the account is locked out", true,
		},
		{
			"account expired",
			messages.KRBError{ErrorCode: errorcode.KDC_ERR_CLIENT_REVOKED, EData: list(0xC0000193)},
			"the account has expired", true,
		},
		{"account expired at MIT", messages.KRBError{ErrorCode: errorcode.KDC_ERR_NAME_EXP}, "the account has expired", true},
		{
			"locked at MIT",
			messages.KRBError{ErrorCode: errorcode.KDC_ERR_CLIENT_REVOKED, EText: "LOCKED_OUT"},
			`KDC_ERR_CLIENT_REVOKED (18), "LOCKED_OUT": the account is disabled or locked out`, true,
		},
		{
			"must change",
			messages.KRBError{ErrorCode: errorcode.KDC_ERR_KEY_EXPIRED, EData: single(0xC0000224)},
			"must change the password before the first login", true,
		},
		{
			"must change at MIT",
			messages.KRBError{ErrorCode: errorcode.KDC_ERR_KEY_EXPIRED, EText: "REQUIRED PWCHANGE"},
			"must change the password before the first login", true,
		},
		{
			"password expired",
			messages.KRBError{ErrorCode: errorcode.KDC_ERR_KEY_EXPIRED, EData: single(0xC0000071)},
			"the password has expired; have it changed", true,
		},
		{
			"unknown status",
			messages.KRBError{ErrorCode: errorcode.KDC_ERR_CLIENT_REVOKED, EData: single(0xC0000001)},
			"(0xC0000001): the account is disabled or locked out, has expired", true,
		},
		{"clock", messages.KRBError{ErrorCode: errorcode.KRB_AP_ERR_SKEW, STime: ago}, "is 10m0s ahead of the KDC's", false},
		{"wrong service", messages.KRBError{ErrorCode: errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN}, "setspn -S", true},
		{"two services", messages.KRBError{ErrorCode: errorcode.KDC_ERR_PRINCIPAL_NOT_UNIQUE}, "setspn -X", true},
		{"not ready", messages.KRBError{ErrorCode: errorcode.KDC_ERR_SVC_UNAVAILABLE}, "try again later", false},
		{"a code of the future", messages.KRBError{ErrorCode: 4711, EText: "new"}, `error 4711, "new"`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := messages.NewKRBError(types.NewPrincipalName(nametype.KRB_NT_SRV_INST, "krbtgt/X"), "X",
				c.refusal.ErrorCode, c.refusal.EText)
			e.EData = c.refusal.EData
			if !c.refusal.STime.IsZero() {
				e.STime = c.refusal.STime
			}
			data, err := e.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			refusal, ok := errors.AsType[*kdcError](refusalIn(data, "login"))
			if ok {
				refusal.now = now
			}
			if !ok || !strings.Contains(refusal.Error(), c.want) || refusal.Permanent() != c.permanent {
				t.Errorf("%v, want %q", refusal, c.want)
			}
		})
	}
}

// TestOpen_RefusesForgedReplies: a reply that is not about the request is no login.
func TestOpen_RefusesForgedReplies(t *testing.T) {
	t.Parallel()
	who := account{types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, "alice"), "A.TEST"}
	for _, c := range []struct {
		name   string
		change func(r *messages.ASReq)
		realm  string
		want   string
	}{
		{"honest", func(*messages.ASReq) {}, "A.TEST", ""},
		{"another request", func(r *messages.ASReq) { r.ReqBody.Nonce++ }, "A.TEST", "another request"},
		{"another user", func(r *messages.ASReq) {
			r.ReqBody.CName = types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, "bob")
		}, "A.TEST", "another user"},
		{"another service", func(r *messages.ASReq) {
			r.ReqBody.SName = types.NewPrincipalName(nametype.KRB_NT_SRV_INST, "krbtgt/B.TEST")
		}, "A.TEST", "another realm"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newFakeKDC(t, "A.TEST", "B.TEST")
			k.users["bob@A.TEST"] = "s3cret"
			conf, err := config.Load(realmsFile(t, "", k.realms, "kdc"))
			if err != nil {
				t.Fatal(err)
			}
			request, err := messages.NewASReqForTGT(who.realm, conf, who.name)
			if err != nil {
				t.Fatal(err)
			}
			forged := request
			c.change(&forged)
			key, _ := password("s3cret").key(keyParams{etype: aes256, salt: "salt"}, 0)
			reply := messages.ASRep{KDCRepFields: k.issue(forged.KDCReqFields, forged.ReqBody.CName, c.realm, key, 3)}
			info, _ := asn1.Marshal(types.ETypeInfo2{{EType: aes256, Salt: "salt"}})
			reply.PAData = types.PADataSequence{{PADataType: patype.PA_ETYPE_INFO2, PADataValue: info}}
			_, err = (&visitor{conf: conf}).open(&reply, &request, who, password("s3cret"))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// FuzzKDCReply: nothing that a KDC sends may end the program or pass for a ticket.
func FuzzKDCReply(f *testing.F) {
	path := filepath.Join(f.TempDir(), "krb5.conf")
	if err := os.WriteFile(path, []byte("[libdefaults]\n default_realm = A\n[realms]\n A = {\n  kdc = k\n }\n"), 0o600); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	f.Add((&fakeKDC{}).refuse(errorcode.KDC_ERR_PREAUTH_REQUIRED, "", nil))
	f.Add((&fakeKDC{}).refuse(errorcode.KDC_ERR_WRONG_REALM, "B", nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Password(auth.Static("alice", "s3cret"), &Options{ConfigFile: path})
		if err != nil {
			t.Fatal(err)
		}
		m.dial = piped(map[string]func(net.Conn){"k:88": func(c net.Conn) {
			_, _ = readMessage(c)
			_, _ = c.Write(framed(data))
		}})
		if _, err := m.acquire(t.Context(), "HTTP/x"); err == nil {
			t.Error("a ticket without a login")
		}
	})
}
