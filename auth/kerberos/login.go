package kerberos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// A login is a client with a ticket-granting ticket.
type login struct {
	client account
	ticket messages.Ticket
	key    types.EncryptionKey
}

const maxReferrals = 5

var errManyReferrals = errors.New("the KDCs refer to each other in a circle")

// logIn requests a ticket-granting ticket (RFC 4120 section 3.1), from another realm if the KDC
// refers to it (RFC 6806 section 7).
func (v *visitor) logIn(ctx context.Context, who account, s secret) (*login, error) {
	for range maxReferrals {
		l, err := v.logInAt(ctx, who, s)
		refusal, ok := errors.AsType[*kdcError](err)
		if !ok || refusal.code != errorcode.KDC_ERR_WRONG_REALM || refusal.realm == "" || refusal.realm == who.realm {
			return l, err
		}
		who.realm = refusal.realm
	}
	return nil, errManyReferrals
}

func (v *visitor) logInAt(ctx context.Context, who account, s secret) (*login, error) {
	etypes := s.usable(v.conf.LibDefaults.DefaultTktEnctypeIDs)
	if len(etypes) == 0 {
		return nil, fmt.Errorf("the keytab holds no key of %s that krb5.conf permits; klist -ket FILE shows its principals", who)
	}
	request, err := messages.NewASReqForTGT(who.realm, v.conf, who.name)
	if err != nil {
		return nil, err
	}
	request.ReqBody.EType = etypes
	if who.name.NameType == nametype.KRB_NT_ENTERPRISE {
		types.SetFlag(&request.ReqBody.KDCOptions, flags.Canonicalize) // it is an alias, RFC 6806 section 5
	}
	request.PAData = types.PADataSequence{{PADataType: patype.PA_REQ_ENC_PA_REP}}
	reply, err := v.askForLogin(ctx, who, &request)
	if required, ok := errors.AsType[*kdcError](err); ok && required.code == errorcode.KDC_ERR_PREAUTH_REQUIRED {
		// MIT's KDC calls a wrong time a wrong password, and counts it so.
		if err := v.inTime(required.clock, who.realm); err != nil {
			return nil, err
		}
		if err := preauthenticate(&request, who, s, required.methods); err != nil {
			return nil, err
		}
		reply, err = v.askForLogin(ctx, who, &request)
	}
	if err != nil {
		return nil, err
	}
	return v.open(reply, &request, who, s)
}

func (v *visitor) askForLogin(ctx context.Context, who account, request *messages.ASReq) (*messages.ASRep, error) {
	message, err := request.Marshal()
	if err != nil {
		return nil, err
	}
	what := loginOf(who)
	data, err := v.ask(ctx, who.realm, message)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if err := refusalIn(data, what); err != nil {
		return nil, err
	}
	var reply messages.ASRep
	if err := reply.Unmarshal(data); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return &reply, nil
}

func loginOf(who account) string {
	return fmt.Sprintf("login at the KDC of %s as %s", who.realm, who.user())
}

// preauthenticate adds the time, encrypted with the account's key (RFC 4120 section 5.2.7.2).
func preauthenticate(request *messages.ASReq, who account, s secret, methods types.PADataSequence) error {
	key, err := keyFor(methods, who, s, request.ReqBody.EType)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	plain, err := asn1.Marshal(types.PAEncTSEnc{PATimestamp: now, PAUSec: now.Nanosecond() / int(time.Microsecond)})
	if err != nil {
		return err
	}
	sealed, err := crypto.GetEncryptedData(plain, key, keyusage.AS_REQ_PA_ENC_TIMESTAMP, 0)
	if err != nil {
		return err
	}
	data, err := sealed.Marshal()
	if err != nil {
		return err
	}
	request.PAData = append(request.PAData, types.PAData{PADataType: patype.PA_ENC_TIMESTAMP, PADataValue: data})
	return nil
}

// keyFor returns the first key that the secret has of those that the KDC names.
func keyFor(methods types.PADataSequence, who account, s secret, etypes []int32) (types.EncryptionKey, error) {
	params, err := paramsOf(methods, who, etypes)
	if err != nil {
		return types.EncryptionKey{}, err
	}
	err = errors.New("the KDC names no encryption type")
	for _, p := range params {
		var key types.EncryptionKey
		if key, err = s.key(p, 0); err == nil {
			return key, nil
		}
	}
	return types.EncryptionKey{}, err
}

// open decrypts and verifies a reply (RFC 4120 section 3.1.5).
func (v *visitor) open(reply *messages.ASRep, request *messages.ASReq, who account, s secret) (*login, error) {
	params, err := paramsOf(reply.PAData, who, []int32{reply.EncPart.EType})
	if err != nil {
		return nil, err
	}
	key, err := s.key(params[0], reply.EncPart.KVNO)
	if err != nil {
		return nil, err
	}
	plain, err := crypto.DecryptEncPart(reply.EncPart, key, keyusage.AS_REP_ENCPART)
	if err != nil {
		// A KDC that asks for no proof leaves the check of the password to the client.
		return nil, &kdcError{what: loginOf(who), code: errorcode.KDC_ERR_PREAUTH_FAILED, cause: err}
	}
	var part messages.EncKDCRepPart
	if err := part.Unmarshal(plain); err != nil {
		return nil, err
	}
	body, canonical := request.ReqBody, types.IsFlagSet(&request.ReqBody.KDCOptions, flags.Canonicalize)
	switch {
	case part.Nonce != body.Nonce:
		return nil, errors.New("the KDC's reply belongs to another request")
	case !part.SName.Equal(body.SName), part.SRealm != who.realm, reply.CRealm != who.realm:
		return nil, errors.New("the KDC's reply is about another realm")
	case !canonical && !reply.CName.Equal(body.CName):
		return nil, errors.New("the KDC's reply is about another user")
	}
	if err := vouched(part, request, key); err != nil {
		return nil, err
	}
	if err := v.inTime(part.AuthTime, who.realm); err != nil {
		return nil, err
	}
	return &login{client: account{reply.CName, reply.CRealm}, ticket: reply.Ticket, key: part.Key}, nil
}

// vouched verifies the KDC's checksum of the request, which shows that nothing in between changed it,
// where the KDC sends one (RFC 6806 section 11).
func vouched(part messages.EncKDCRepPart, request *messages.ASReq, key types.EncryptionKey) error {
	i := slices.IndexFunc(part.EncPAData, func(d types.PAData) bool { return d.PADataType == patype.PA_REQ_ENC_PA_REP })
	if !types.IsFlagSet(&part.Flags, flags.EncPARep) || i < 0 {
		return nil
	}
	var sum types.PAReqEncPARep
	if err := sum.Unmarshal(part.EncPAData[i].PADataValue); err != nil {
		return err
	}
	etype, err := crypto.GetChksumEtype(sum.ChksumType)
	if err != nil {
		return err
	}
	sent, err := request.Marshal()
	if err != nil {
		return err
	}
	if !etype.VerifyChecksum(key.KeyValue, sent, sum.Chksum, keyusage.KEY_USAGE_AS_REQ) {
		return errors.New("the login was changed on its way to the KDC")
	}
	return nil
}

// inTime returns an error if the KDC's clock and this machine's differ too much.
func (v *visitor) inTime(theirs time.Time, realm string) error {
	now := time.Now()
	if theirs.Sub(now).Abs() > v.conf.LibDefaults.Clockskew {
		return &skewError{realm, theirs, now}
	}
	return nil
}

// A skewError is a KDC whose clock and this machine's differ too much.
type skewError struct {
	realm       string
	theirs, now time.Time
}

func (e *skewError) Error() string { return "login at the KDC of " + e.realm + ": " + e.Hint() }

// Hint compares the clocks.
func (e *skewError) Hint() string { return "check " + clockHint(e.theirs, e.now, "the KDC's") }
