package kerberos

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

const aes256 = etypeID.AES256_CTS_HMAC_SHA1_96

// A fakeKDC issues tickets for several realms, which trust each other in a row.
type fakeKDC struct {
	realms    []string          // each trusts the next
	users     map[string]string // user@REALM: password
	aliases   map[string]string // alias@REALM: user@REALM, for clients that ask for canonical names
	services  []string          // service@REALM
	keys      *keytab.Keytab    // of krbtgt/TO@FROM and of the services
	tooBig    bool              // over UDP
	mu        sync.Mutex
	passwords int // logins with a password
}

func newFakeKDC(t *testing.T, realms ...string) *fakeKDC {
	t.Helper()
	k := &fakeKDC{
		realms: realms, keys: keytab.New(),
		users:    map[string]string{"alice@" + realms[0]: "s3cret"},
		services: []string{"HTTP/mail.example@" + realms[len(realms)-1]},
	}
	for i, realm := range realms {
		k.addKey(t, "krbtgt/"+realm, realm)
		if i > 0 {
			k.addKey(t, "krbtgt/"+realm, realms[i-1])
		}
		k.addKey(t, "HTTP/mail.example", realm)
	}
	return k
}

func (k *fakeKDC) addKey(t *testing.T, principal, realm string) {
	t.Helper()
	if err := k.keys.AddEntry(principal, realm, "key of "+principal+"@"+realm, time.Unix(1, 0), 1, aes256); err != nil {
		t.Fatal(err)
	}
}

// serve replies to one message.
func (k *fakeKDC) serve(message []byte, protocol string) []byte {
	var login messages.ASReq
	var service messages.TGSReq
	var reply []byte
	switch {
	case login.Unmarshal(message) == nil:
		reply = k.login(&login)
	case service.Unmarshal(message) == nil:
		reply = k.service(&service)
	}
	if k.tooBig && protocol == "udp" {
		return k.refuse(errorcode.KRB_ERR_RESPONSE_TOO_BIG, "", nil)
	}
	return reply
}

func (k *fakeKDC) refuse(code int32, realm string, data []byte) []byte {
	e := messages.NewKRBError(types.NewPrincipalName(nametype.KRB_NT_SRV_INST, "krbtgt/X"), "X", code, "")
	e.CRealm, e.EData = realm, data
	reply, _ := e.Marshal()
	return reply
}

func (k *fakeKDC) login(r *messages.ASReq) []byte {
	realm, name := r.ReqBody.Realm, r.ReqBody.CName
	id := name.PrincipalNameString() + "@" + realm
	if to, ok := k.aliases[id]; ok && types.IsFlagSet(&r.ReqBody.KDCOptions, flags.Canonicalize) {
		user, home, _ := strings.Cut(to, "@")
		if home != realm {
			return k.refuse(errorcode.KDC_ERR_WRONG_REALM, home, nil)
		}
		id, name = to, types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, user)
	}
	word, ok := k.users[id]
	if !ok {
		return k.refuse(errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN, "", nil)
	}
	key, _ := password(word).key(keyParams{etype: aes256, salt: id}, 0)
	info, _ := asn1.Marshal(types.ETypeInfo2{{EType: aes256, Salt: id}})
	methods := types.PADataSequence{{PADataType: patype.PA_ETYPE_INFO2, PADataValue: info}}
	proof := slices.IndexFunc(r.PAData, func(d types.PAData) bool { return d.PADataType == patype.PA_ENC_TIMESTAMP })
	if proof < 0 {
		data, _ := asn1.Marshal(methods)
		return k.refuse(errorcode.KDC_ERR_PREAUTH_REQUIRED, "", data)
	}
	k.mu.Lock()
	k.passwords++
	k.mu.Unlock()
	var sealed types.EncryptedData
	_ = sealed.Unmarshal(r.PAData[proof].PADataValue)
	if _, err := crypto.DecryptEncPart(sealed, key, keyusage.AS_REQ_PA_ENC_TIMESTAMP); err != nil {
		return k.refuse(errorcode.KDC_ERR_PREAUTH_FAILED, "", nil)
	}
	reply := messages.ASRep{KDCRepFields: k.issue(r.KDCReqFields, name, realm, key, keyusage.AS_REP_ENCPART)}
	reply.MsgType, reply.PAData = 11, methods
	out, _ := reply.Marshal()
	return out
}

func (k *fakeKDC) service(r *messages.TGSReq) []byte {
	var proof messages.APReq
	if err := proof.Unmarshal(r.PAData[0].PADataValue); err != nil || proof.Ticket.DecryptEncPart(k.keys, nil) != nil {
		return k.refuse(errorcode.KRB_AP_ERR_BAD_INTEGRITY, "", nil)
	}
	part := proof.Ticket.DecryptedEncPart
	if proof.DecryptAuthenticator(part.Key) != nil || proof.Authenticator.CRealm != part.CRealm {
		return k.refuse(errorcode.KRB_AP_ERR_BADMATCH, "", nil)
	}
	realm := r.ReqBody.Realm
	if wanted := r.ReqBody.SName.PrincipalNameString(); !slices.Contains(k.services, wanted+"@"+realm) {
		next := slices.Index(k.realms, realm) + 1
		if next == len(k.realms) || !types.IsFlagSet(&r.ReqBody.KDCOptions, flags.Canonicalize) {
			return k.refuse(errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN, "", nil)
		}
		r.ReqBody.SName = types.NewPrincipalName(nametype.KRB_NT_SRV_INST, "krbtgt/"+k.realms[next])
	}
	reply := messages.TGSRep{KDCRepFields: k.issue(r.KDCReqFields, part.CName, part.CRealm, part.Key,
		keyusage.TGS_REP_ENCPART_SESSION_KEY)}
	reply.MsgType = 13
	out, _ := reply.Marshal()
	return out
}

// issue makes a ticket and the client's part of the reply.
func (k *fakeKDC) issue(
	r messages.KDCReqFields, client types.PrincipalName, realm string, key types.EncryptionKey, usage uint32,
) messages.KDCRepFields {
	now := time.Now().UTC().Truncate(time.Second)
	ends := now.Add(time.Hour)
	ticket, session, err := messages.NewTicket(client, realm, r.ReqBody.SName, r.ReqBody.Realm, types.NewKrbFlags(),
		k.keys, aes256, 1, now, now, ends, ends)
	if err != nil {
		panic(err)
	}
	part := messages.EncKDCRepPart{
		Key: session, LastReqs: []messages.LastReq{{LRValue: now}}, Nonce: r.ReqBody.Nonce, Flags: types.NewKrbFlags(),
		AuthTime: now, StartTime: now, EndTime: ends, SRealm: r.ReqBody.Realm, SName: r.ReqBody.SName,
	}
	plain, _ := part.Marshal()
	sealed, _ := crypto.GetEncryptedData(plain, key, usage, 1)
	return messages.KDCRepFields{PVNO: 5, CRealm: realm, CName: client, Ticket: ticket, EncPart: sealed}
}

// sent returns the number of passwords that arrived.
func (k *fakeKDC) sent() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.passwords
}

// listen serves TCP and UDP on one port of loopback.
func (k *fakeKDC) listen(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", l.Addr().String())
	if err != nil {
		_ = l.Close()
		return k.listen(t) // another program has that port of UDP
	}
	var wg sync.WaitGroup
	wg.Go(func() { serveTCP(l, func(c net.Conn) { k.stream(c) }) })
	wg.Go(func() { k.datagrams(c) })
	t.Cleanup(func() {
		_, _ = l.Close(), c.Close()
		wg.Wait()
	})
	return l.Addr().String()
}

func (k *fakeKDC) datagrams(c net.PacketConn) {
	for buf := make([]byte, 1<<16); ; {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		_, _ = c.WriteTo(k.serve(buf[:n], "udp"), from)
	}
}

// only is a dialer for some protocols, as if nothing listened for the others.
func only(protocols ...string) dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if !slices.Contains(protocols, network) {
			return nil, syscall.ECONNREFUSED
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
}

func serveTCP(l net.Listener, serve func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		serve(c)
		_ = c.Close()
	}
}

// stream serves one message of a connection.
func (k *fakeKDC) stream(c io.ReadWriter) {
	if message, err := readMessage(c); err == nil {
		_, _ = c.Write(framed(k.serve(message, "tcp")))
	}
}

func readMessage(c io.Reader) ([]byte, error) {
	size := make([]byte, 4)
	if _, err := io.ReadFull(c, size); err != nil {
		return nil, err
	}
	message := make([]byte, binary.BigEndian.Uint32(size))
	_, err := io.ReadFull(c, message)
	return message, err
}

func framed(message []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(message))), message...)
}

// piped is a dialer to servers that live in the same bubble, each at an address.
func piped(servers map[string]func(net.Conn)) dialer {
	return func(_ context.Context, _, address string) (net.Conn, error) {
		serve, ok := servers[address]
		if !ok {
			return nil, os.ErrNotExist
		}
		here, there := net.Pipe()
		go func() {
			serve(there)
			_ = there.Close()
		}()
		return here, nil
	}
}

// realmsFile is a krb5.conf of several realms, each with KDCs.
func realmsFile(t *testing.T, extra string, realms []string, kdcs ...string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("[libdefaults]\n default_realm = " + realms[0] + "\n" + extra + "\n[realms]\n")
	for _, realm := range realms {
		b.WriteString(" " + realm + " = {\n  kdc = " + strings.Join(kdcs, "\n  kdc = ") + "\n }\n")
	}
	path := filepath.Join(t.TempDir(), "krb5.conf")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
