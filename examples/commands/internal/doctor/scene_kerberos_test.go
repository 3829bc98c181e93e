package doctor

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/asnAppTag"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/msgtype"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/spnego"
	"github.com/jcmturner/gokrb5/v8/types"
)

const (
	realm   = "CORP.EXAMPLE"
	service = "HTTP/127.0.0.1"
	aes     = etypeID.AES256_CTS_HMAC_SHA1_96
)

// A kdc is the domain of a scene, whose one user is tony, and the keys of its Exchange. Its fields
// name the fault there.
type kdc struct {
	login     int32         // the code that refuses every login; 0: none
	status    uint32        // Active Directory's reason for that
	service   int32         // the code that refuses the ticket for Exchange; 0: none
	clock     time.Duration // ahead of this machine
	ahead     time.Duration // by which Exchange's clock is ahead
	groups    int           // bytes that tony's groups add to the ticket
	otherKey  bool          // the service name belongs to another account than Exchange's
	down      bool
	keys      *keytab.Keytab
	passwords atomic.Int64 // that arrived
}

// start serves TCP, and returns the file of krb5.conf for it.
func (k *kdc) start(t *testing.T) string {
	t.Helper()
	k.keys = keytab.New()
	for _, name := range []string{"krbtgt/" + realm, service} {
		if err := k.keys.AddEntry(name, realm, "key of "+name, time.Unix(1, 0), 1, aes); err != nil {
			t.Fatal(err)
		}
	}
	l := ownPort(t)
	if k.down {
		_ = l.Close()
	}
	serve(t, l, k.converse)
	file := t.TempDir() + "/krb5.conf"
	text := "[libdefaults]\n default_realm = " + realm + "\n dns_lookup_kdc = false\n[realms]\n " + realm +
		" = {\n  kdc = " + l.Addr().String() + "\n }\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func (k *kdc) converse(c net.Conn) {
	defer c.Close()
	var size [4]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return
	}
	request := make([]byte, min(binary.BigEndian.Uint32(size[:]), 1<<16))
	if _, err := io.ReadFull(c, request); err != nil {
		return
	}
	reply := k.reply(request)
	_, _ = c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(reply))), reply...))
}

func (k *kdc) reply(request []byte) []byte {
	var login messages.ASReq
	if login.Unmarshal(request) == nil {
		return k.replyToLogin(&login)
	}
	var ticket messages.TGSReq
	var proof messages.APReq
	if ticket.Unmarshal(request) != nil || proof.Unmarshal(ticket.PAData[0].PADataValue) != nil ||
		proof.Ticket.DecryptEncPart(k.keys, nil) != nil {
		return k.refuse(errorcode.KRB_AP_ERR_BAD_INTEGRITY, nil)
	}
	if k.service != 0 {
		return k.refuse(k.service, nil)
	}
	granted := proof.Ticket.DecryptedEncPart
	reply := messages.TGSRep{KDCRepFields: k.issue(&ticket.KDCReqFields, granted.CName, granted.Key,
		keyusage.TGS_REP_ENCPART_SESSION_KEY)}
	reply.MsgType = msgtype.KRB_TGS_REP
	out, _ := reply.Marshal()
	return out
}

func (k *kdc) replyToLogin(r *messages.ASReq) []byte {
	if k.login != 0 && k.login != errorcode.KDC_ERR_PREAUTH_FAILED {
		return k.refuse(k.login, k.reason())
	}
	if r.ReqBody.CName.PrincipalNameString() != "tony" {
		return k.refuse(errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN, nil)
	}
	info, _ := asn1.Marshal(types.ETypeInfo2{{EType: aes, Salt: realm + "tony"}})
	methods := types.PADataSequence{{PADataType: patype.PA_ETYPE_INFO2, PADataValue: info}}
	if !slices.ContainsFunc(r.PAData, func(d types.PAData) bool { return d.PADataType == patype.PA_ENC_TIMESTAMP }) {
		data, _ := asn1.Marshal(methods)
		return k.refuse(errorcode.KDC_ERR_PREAUTH_REQUIRED, data)
	}
	k.passwords.Add(1)
	if k.login != 0 {
		return k.refuse(k.login, nil)
	}
	key, _, _ := crypto.GetKeyFromPassword("s3cret", r.ReqBody.CName, realm, aes, methods)
	reply := messages.ASRep{KDCRepFields: k.issue(&r.KDCReqFields, r.ReqBody.CName, key, keyusage.AS_REP_ENCPART)}
	reply.MsgType, reply.PAData = msgtype.KRB_AS_REP, methods
	out, _ := reply.Marshal()
	return out
}

// refuse replies with an error, whose time is the domain's.
func (k *kdc) refuse(code int32, data []byte) []byte {
	e := messages.NewKRBError(types.NewPrincipalName(nametype.KRB_NT_SRV_INST, "krbtgt/"+realm), realm, code, "")
	e.STime, e.EData = e.STime.Add(k.clock), data
	out, _ := e.Marshal()
	return out
}

// reason is a KERB-EXT-ERROR ([MS-KILE] section 2.2.1) with the status.
func (k *kdc) reason() []byte {
	if k.status == 0 {
		return nil
	}
	value := append(binary.LittleEndian.AppendUint32(nil, k.status), 0, 0, 0, 0, 1, 0, 0, 0)
	data, _ := asn1.Marshal(types.PAData{PADataType: patype.PA_PW_SALT, PADataValue: value})
	return data
}

func (k *kdc) issue(
	r *messages.KDCReqFields, client types.PrincipalName, key types.EncryptionKey, usage uint32,
) messages.KDCRepFields {
	now := time.Now().UTC().Truncate(time.Second)
	ends := now.Add(time.Hour)
	ticket, session, err := messages.NewTicket(client, realm, r.ReqBody.SName, realm, types.NewKrbFlags(),
		k.keys, aes, 1, now, now, ends, ends)
	if err != nil {
		panic(err)
	}
	part := messages.EncKDCRepPart{
		Key: session, LastReqs: []messages.LastReq{{LRValue: now}}, Nonce: r.ReqBody.Nonce, Flags: types.NewKrbFlags(),
		AuthTime: now, StartTime: now, EndTime: ends, SRealm: realm, SName: r.ReqBody.SName,
	}
	plain, _ := part.Marshal()
	sealed, _ := crypto.GetEncryptedData(plain, key, usage, 1)
	if r.ReqBody.SName.NameString[0] == "HTTP" {
		// The client cannot look into the ticket, and in these scenes no server does.
		ticket.EncPart.Cipher = append(ticket.EncPart.Cipher, make([]byte, k.groups)...)
	}
	return messages.KDCRepFields{PVNO: 5, CRealm: realm, CName: client, Ticket: ticket, EncPart: sealed}
}

// protects puts Negotiate before a handler. The server proves itself to each client that it lets in.
func (k *kdc) protects(next http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		blob, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Negotiate ")
		request, asks := tokenIn(blob)
		switch {
		case !asks:
			offering("Negotiate")(w, r)
		case k.ahead != 0:
			k.reject(w, errorcode.KRB_AP_ERR_SKEW)
		case k.otherKey || request.Ticket.DecryptEncPart(k.keys, nil) != nil:
			k.reject(w, errorcode.KRB_AP_ERR_MODIFIED)
		default:
			session := request.Ticket.DecryptedEncPart.Key
			_ = request.DecryptAuthenticator(session)
			proof, _ := asn1.Marshal(messages.EncAPRepPart{CTime: request.Authenticator.CTime, Cusec: request.Authenticator.Cusec})
			sealed, _ := crypto.GetEncryptedData(asn1tools.AddASNAppTag(proof, asnAppTag.EncAPRepPart), session, keyusage.AP_REP_ENCPART, 0)
			reply, _ := asn1.Marshal(messages.APRep{PVNO: 5, MsgType: msgtype.KRB_AP_REP, EncPart: sealed})
			returnToken(w, spnego.TOK_ID_KRB_AP_REP, asn1tools.AddASNAppTag(reply, asnAppTag.APREP))
			next.ServeHTTP(w, r)
		}
	}
}

func (k *kdc) reject(w http.ResponseWriter, code int32) {
	e := messages.NewKRBError(types.NewPrincipalName(nametype.KRB_NT_SRV_INST, service), realm, code, "")
	e.STime = e.STime.Add(k.ahead)
	data, _ := e.Marshal()
	returnToken(w, spnego.TOK_ID_KRB_ERROR, data)
	w.WriteHeader(http.StatusUnauthorized)
}

func tokenIn(blob string) (request messages.APReq, ok bool) {
	data, _ := base64.StdEncoding.DecodeString(blob)
	var token spnego.SPNEGOToken
	var inner spnego.KRB5Token
	if token.Unmarshal(data) != nil || inner.Unmarshal(token.NegTokenInit.MechTokenBytes) != nil {
		return request, false
	}
	return inner.APReq, true
}

func returnToken(w http.ResponseWriter, id string, message []byte) {
	oid, _ := asn1.Marshal(gssapi.OIDKRB5.OID())
	mark, _ := hex.DecodeString(id)
	inner := asn1tools.AddASNAppTag(slices.Concat(oid, mark, message), 0)
	token := spnego.NegTokenResp{SupportedMech: gssapi.OIDKRB5.OID(), ResponseToken: inner}
	data, _ := token.Marshal()
	w.Header().Set("WWW-Authenticate", "Negotiate "+base64.StdEncoding.EncodeToString(data))
}

// offeringNegotiate asks for Kerberos, and then responds so.
func offeringNegotiate(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			offering("Negotiate")(w, r)
			return
		}
		next(w, r)
	}
}
