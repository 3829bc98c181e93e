package kerberos

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana"
	"github.com/jcmturner/gokrb5/v8/iana/asnAppTag"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/msgtype"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/spnego"
	"github.com/jcmturner/gokrb5/v8/types"
)

const (
	testRealm   = "EXCH.TEST"
	testService = "HTTP/127.0.0.1"
)

// An acceptor is a service with a key. It responds to tokens with reply and records the requests.
type acceptor struct {
	*httptest.Server

	keys  *keytab.Keytab
	reply func(a *acceptor, request *messages.APReq) []byte // returns the token of the response; nil: none

	mu     sync.Mutex
	seen   []types.Authenticator
	bodies []string
}

func newAcceptor(t *testing.T, tls bool, reply func(*acceptor, *messages.APReq) []byte) *acceptor {
	t.Helper()
	a := &acceptor{keys: keytab.New(), reply: reply}
	const cipher = etypeID.AES256_CTS_HMAC_SHA1_96
	if err := a.keys.AddEntry(testService, testRealm, "service-key", time.Now(), 1, cipher); err != nil {
		t.Fatal(err)
	}
	a.Server = httptest.NewUnstartedServer(a)
	if tls {
		a.StartTLS()
	} else {
		a.Start()
	}
	t.Cleanup(a.Close)
	return a
}

// ticket is alice's ticket for the acceptor, as a KDC would issue it.
func (a *acceptor) ticket(t *testing.T) *ticket {
	t.Helper()
	now := time.Now().UTC()
	alice := types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, "alice")
	service := types.NewPrincipalName(nametype.KRB_NT_SRV_INST, testService)
	message, key, err := messages.NewTicket(alice, testRealm, service, testRealm, types.NewKrbFlags(), a.keys,
		etypeID.AES256_CTS_HMAC_SHA1_96, 1, now, now.Add(-time.Minute), now.Add(time.Hour), now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return &ticket{
		message: message, key: key, realm: testRealm, client: alice,
		fetched: now.Add(-2 * recheck), renew: now.Add(time.Hour), ends: now.Add(time.Hour),
	}
}

// mechanism returns a Mechanism that has the ticket.
func (a *acceptor) mechanism(t *testing.T) *Mechanism {
	t.Helper()
	nobody := &keytabSource{path: "/nonexistent", principal: "alice"}
	m, err := newMechanism(&Options{ConfigFile: configFile(t, "127.0.0.1:1")}, nobody)
	if err != nil {
		t.Fatal(err)
	}
	m.tickets[testService] = a.ticket(t)
	return m
}

func configFile(t *testing.T, kdc string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "krb5.conf")
	text := fmt.Sprintf(`[libdefaults]
  default_realm = %s
  dns_lookup_kdc = false
  udp_preference_limit = 1
[realms]
  %s = {
    kdc = %s
  }
`, testRealm, testRealm, kdc)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (a *acceptor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	blob, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Negotiate ")
	request, err := a.open(blob)
	if err != nil {
		w.Header().Set("WWW-Authenticate", "Negotiate")
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	a.mu.Lock()
	a.seen = append(a.seen, request.Authenticator)
	a.bodies = append(a.bodies, string(body))
	a.mu.Unlock()
	if token := a.reply(a, request); token != nil {
		w.Header().Set("WWW-Authenticate", "Negotiate "+base64.StdEncoding.EncodeToString(token))
		if bytes.Contains(token, []byte(rejectionMark)) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
	}
	_, _ = fmt.Fprintf(w, "%s@%s", request.Authenticator.CName.PrincipalNameString(), request.Authenticator.CRealm)
}

// open verifies a token as a service does.
func (a *acceptor) open(blob string) (*messages.APReq, error) {
	data, err := base64.StdEncoding.DecodeString(blob)
	if err != nil {
		return nil, err
	}
	var token spnego.SPNEGOToken
	if err := token.Unmarshal(data); err != nil {
		return nil, err
	}
	var inner spnego.KRB5Token
	if err := inner.Unmarshal(token.NegTokenInit.MechTokenBytes); err != nil {
		return nil, err
	}
	if !types.IsFlagSet(&inner.APReq.APOptions, flags.APOptionMutualRequired) {
		return nil, fmt.Errorf("mutual authentication is not asked for")
	}
	ok, err := inner.APReq.Verify(a.keys, time.Minute, types.HostAddress{}, nil)
	if err != nil || !ok {
		return nil, fmt.Errorf("not accepted: %w", err)
	}
	return &inner.APReq, nil
}

// prove returns the right response: the time of the token, encrypted with the ticket's key.
func prove(_ *acceptor, request *messages.APReq) []byte {
	return proof(request.Ticket.DecryptedEncPart.Key, request.Authenticator.CTime, request.Authenticator.Cusec)
}

func proof(key types.EncryptionKey, at time.Time, cusec int) []byte {
	part, err := asn1.Marshal(messages.EncAPRepPart{CTime: at, Cusec: cusec})
	if err != nil {
		panic(err)
	}
	part = asn1tools.AddASNAppTag(part, asnAppTag.EncAPRepPart)
	encrypted, err := crypto.GetEncryptedData(part, key, keyusage.AP_REP_ENCPART, 0)
	if err != nil {
		panic(err)
	}
	reply, err := asn1.Marshal(messages.APRep{PVNO: iana.PVNO, MsgType: msgtype.KRB_AP_REP, EncPart: encrypted})
	if err != nil {
		panic(err)
	}
	reply = asn1tools.AddASNAppTag(reply, asnAppTag.APREP)
	return response(spnego.NegStateAcceptCompleted, spnego.TOK_ID_KRB_AP_REP, reply)
}

const rejectionMark = "the clock is wrong"

func rejection(*acceptor, *messages.APReq) []byte {
	e := messages.NewKRBError(types.NewPrincipalName(nametype.KRB_NT_SRV_INST, testService), testRealm,
		errorcode.KRB_AP_ERR_SKEW, rejectionMark)
	data, err := e.Marshal()
	if err != nil {
		panic(err)
	}
	return response(spnego.NegStateReject, spnego.TOK_ID_KRB_ERROR, data)
}

// response wraps a Kerberos message as a server does.
func response(state spnego.NegState, id string, message []byte) []byte {
	oid, err := asn1.Marshal(gssapi.OIDKRB5.OID())
	if err != nil {
		panic(err)
	}
	mark, err := hex.DecodeString(id)
	if err != nil {
		panic(err)
	}
	inner := asn1tools.AddASNAppTag(bytes.Join([][]byte{oid, mark, message}, nil), 0)
	r := spnego.NegTokenResp{
		NegState: asn1.Enumerated(state), SupportedMech: gssapi.OIDKRB5.OID(), ResponseToken: inner,
	}
	out, err := r.Marshal()
	if err != nil {
		panic(err)
	}
	return out
}
