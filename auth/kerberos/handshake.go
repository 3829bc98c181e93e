package kerberos

import (
	"context"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/chksumtype"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/spnego"
	"github.com/jcmturner/gokrb5/v8/types"
)

// A handshake sends one token and verifies the proof in the response.
type handshake struct {
	mechanism *Mechanism
	service   string
	ticket    *ticket
	binding   []byte
	sent      time.Time // the server must return it, encrypted
}

// Next implements [auth.Handshake]: it returns the one token, then verifies the server's proof.
func (x *handshake) Next(_ context.Context, challenge []byte) (token []byte, done bool, err error) {
	if x.sent.IsZero() {
		token, err = x.first()
		return token, true, err
	}
	if err := x.verify(challenge); err != nil {
		x.mechanism.refused(x.service, x.ticket)
		return nil, true, err
	}
	return nil, true, nil
}

// first makes an AP-REQ (RFC 4121 section 4.1) inside a NegTokenInit (RFC 4178 section 4.2.1) that
// names Kerberos as the only mechanism.
func (x *handshake) first() ([]byte, error) {
	x.sent = x.mechanism.clock.next()
	proof, err := types.NewAuthenticator(x.ticket.realm, x.ticket.client)
	if err != nil {
		return nil, err
	}
	proof.CTime, proof.Cusec = x.sent, x.sent.Nanosecond()/int(time.Microsecond)
	proof.Cksum = types.Checksum{CksumType: chksumtype.GSSAPI, Checksum: checksum(x.binding)}
	request, err := messages.NewAPReq(x.ticket.message, x.ticket.key, proof)
	if err != nil {
		return nil, err
	}
	types.SetFlag(&request.APOptions, flags.APOptionMutualRequired)
	body, err := request.Marshal()
	if err != nil {
		return nil, err
	}
	inner, err := asn1.Marshal(gssapi.OIDKRB5.OID())
	if err != nil {
		return nil, err
	}
	inner = append(append(inner, 1, 0), body...) // TOK_ID of an AP-REQ
	init := spnego.NegTokenInit{
		MechTypes:      []asn1.ObjectIdentifier{gssapi.OIDKRB5.OID()},
		MechTokenBytes: asn1tools.AddASNAppTag(inner, 0),
	}
	token := spnego.SPNEGOToken{Init: true, NegTokenInit: init}
	return token.Marshal()
}

// checksum is the authenticator's checksum of RFC 4121 section 4.1.1: the length of the binding,
// the MD5 of the gss_channel_bindings_struct, and the flags. Zeros in place of the MD5 mean no
// binding.
func checksum(binding []byte) []byte {
	const wanted = gssapi.ContextFlagMutual | gssapi.ContextFlagReplay | gssapi.ContextFlagSequence |
		gssapi.ContextFlagConf | gssapi.ContextFlagInteg
	out := binary.LittleEndian.AppendUint32(nil, md5.Size)
	var sum [md5.Size]byte
	if binding != nil {
		data := make([]byte, 16, 20+len(binding)) // no addresses
		data = binary.LittleEndian.AppendUint32(data, uint32(len(binding)))
		sum = md5.Sum(append(data, binding...))
	}
	out = append(out, sum[:]...)
	return binary.LittleEndian.AppendUint32(out, wanted)
}

var errNoProof = errors.New("kerberos: the server did not prove its identity: the response carries no token")

// verify checks that the server returned the time of our token, encrypted with the key that only
// the right server has (RFC 4120 section 3.2.5).
func (x *handshake) verify(challenge []byte) (err error) {
	defer recovered(&err)
	if len(challenge) == 0 {
		return errNoProof
	}
	var resp spnego.NegTokenResp
	if err := resp.Unmarshal(challenge); err != nil {
		return fmt.Errorf("kerberos: the server's token: %w", err)
	}
	if len(resp.ResponseToken) == 0 {
		if resp.State() == spnego.NegStateReject {
			return errors.New("kerberos: the server rejected the token without saying why")
		}
		return errNoProof
	}
	var token spnego.KRB5Token
	if err := token.Unmarshal(resp.ResponseToken); err != nil {
		return fmt.Errorf("kerberos: the server's token: %w", err)
	}
	switch {
	case token.IsKRBError():
		e := token.KRBError
		return &serverError{e.ErrorCode, e.EText, e.STime, time.Now()}
	case !token.IsAPRep():
		return errors.New("kerberos: the server's token is neither a proof nor an error")
	}
	return x.verifyReply(token.APRep)
}

// A serverError is a server's refusal of a token.
type serverError struct {
	code  int32
	text  string
	clock time.Time
	now   time.Time
}

func (e *serverError) Error() string {
	text := "kerberos: the server rejected the token: " + codeName(e.code)
	if e.text != "" {
		text += fmt.Sprintf(", %q", e.text)
	}
	return text
}

// Hint says what to check (RFC 4120 section 7.5.9).
func (e *serverError) Hint() string {
	switch e.code {
	case errorcode.KRB_AP_ERR_SKEW:
		return clockHint(e.clock, e.now, "the server's")
	case errorcode.KRB_AP_ERR_TKT_NYV, errorcode.KRB_AP_ERR_TKT_EXPIRED:
		return "the clocks: the server's and the KDC's disagree about the ticket's time"
	case errorcode.KRB_AP_ERR_MODIFIED, errorcode.KRB_AP_ERR_BAD_INTEGRITY:
		return "whether the service name belongs to the account that the server runs as (setspn -Q), and whether " +
			"that account's password has changed: the server cannot decrypt the ticket"
	case errorcode.KRB_AP_ERR_NOT_US:
		return "the service name: the ticket is for another service"
	case errorcode.KRB_AP_ERR_REPEAT:
		return "whether something in between repeats requests: the server had this token before"
	}
	return ""
}

func (x *handshake) verifyReply(reply messages.APRep) error {
	plain, err := crypto.DecryptEncPart(reply.EncPart, x.ticket.key, keyusage.AP_REP_ENCPART)
	if err != nil {
		return fmt.Errorf("kerberos: the server's proof cannot be decrypted, so it is not the right server: %w", err)
	}
	var part messages.EncAPRepPart
	if err := part.Unmarshal(plain); err != nil {
		return fmt.Errorf("kerberos: the server's proof: %w", err)
	}
	// The time has whole seconds on the wire, with the microseconds in another field.
	if part.CTime.Unix() != x.sent.Unix() || part.Cusec != x.sent.Nanosecond()/int(time.Microsecond) {
		return errors.New("kerberos: the server's proof belongs to another token")
	}
	return nil
}

// recovered turns a panic of the Kerberos library, which some malformed messages cause, into an
// error: no message of a server or KDC may end the program.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("kerberos: malformed message: %v", r)
	}
}
