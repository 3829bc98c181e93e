package kerberos

import (
	"context"
	"fmt"
	"time"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/msgtype"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// A grant is a ticket with the key that belongs to it.
type grant struct {
	ticket messages.Ticket
	key    types.EncryptionKey
	ends   time.Time
}

// service requests the ticket of a service (RFC 4120 section 3.3). The request goes to the realm
// that krb5.conf names for the host, else to the client's own, and on to the realms that the KDCs
// refer to (RFC 6806 section 8).
func (v *visitor) service(ctx context.Context, l *login, service string) (*grant, error) {
	name := types.NewPrincipalName(nametype.KRB_NT_SRV_INST, service)
	g, at := &grant{ticket: l.ticket, key: l.key}, l.client.realm
	home := v.conf.ResolveRealm(name.NameString[len(name.NameString)-1])
	for range maxReferrals {
		wanted := name
		if home != "" && home != at {
			wanted = types.NewPrincipalName(nametype.KRB_NT_SRV_INST, "krbtgt/"+home)
		}
		next, err := v.serviceAt(ctx, l.client, g, at, wanted)
		if err != nil {
			return nil, err
		}
		to := next.ticket.SName.NameString
		if len(to) != 2 || to[0] != "krbtgt" {
			return next, nil
		}
		g, at = next, to[1]
		if wanted.Equal(name) {
			home = at // the KDC knows better than krb5.conf
		}
	}
	return nil, errManyReferrals
}

// serviceAt asks the KDC of one realm, with a ticket-granting ticket of that realm.
func (v *visitor) serviceAt(ctx context.Context, client account, g *grant, realm string, name types.PrincipalName) (*grant, error) {
	what := fmt.Sprintf("ticket for %s from the KDC of %s", name.PrincipalNameString(), realm)
	request, err := v.serviceRequest(client, g, realm, name)
	if err != nil {
		return nil, err
	}
	message, err := request.Marshal()
	if err != nil {
		return nil, err
	}
	data, err := v.ask(ctx, realm, message)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if err := refusalIn(data, what); err != nil {
		return nil, err
	}
	var reply messages.TGSRep
	if err := reply.Unmarshal(data); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if err := reply.DecryptEncPart(g.key); err != nil {
		return nil, fmt.Errorf("%s: the reply cannot be decrypted, so it is not the right KDC: %w", what, err)
	}
	part := reply.DecryptedEncPart
	switch {
	case part.Nonce != request.ReqBody.Nonce:
		return nil, fmt.Errorf("%s: the reply belongs to another request", what)
	case len(reply.Ticket.SName.NameString) == 0 || !part.SName.Equal(reply.Ticket.SName):
		return nil, fmt.Errorf("%s: the reply holds another service's ticket", what)
	case !part.EndTime.After(time.Now()):
		return nil, fmt.Errorf("%s: it ended at %s; check this machine's clock", what, part.EndTime.UTC().Format(time.DateTime))
	}
	return &grant{ticket: reply.Ticket, key: part.Key, ends: part.EndTime}, nil
}

// serviceRequest makes a TGS-REQ (RFC 4120 section 5.4.1), authenticated by the ticket. gokrb5
// would put the ticket's realm in place of the client's, which differ from the second referral on.
func (v *visitor) serviceRequest(client account, g *grant, realm string, name types.PrincipalName) (*messages.TGSReq, error) {
	fields, err := messages.NewASReq(realm, v.conf, types.PrincipalName{}, name)
	if err != nil {
		return nil, err
	}
	request := &messages.TGSReq{KDCReqFields: fields.KDCReqFields}
	request.MsgType = msgtype.KRB_TGS_REQ
	request.ReqBody.EType = v.conf.LibDefaults.DefaultTGSEnctypeIDs
	types.SetFlag(&request.ReqBody.KDCOptions, flags.Canonicalize) // or the KDC would not refer elsewhere
	body, err := request.ReqBody.Marshal()
	if err != nil {
		return nil, err
	}
	etype, err := crypto.GetEtype(g.key.KeyType)
	if err != nil {
		return nil, err
	}
	sum, err := etype.GetChecksumHash(g.key.KeyValue, body, keyusage.TGS_REQ_PA_TGS_REQ_AP_REQ_AUTHENTICATOR_CHKSUM)
	if err != nil {
		return nil, err
	}
	proof, err := types.NewAuthenticator(client.realm, client.name)
	if err != nil {
		return nil, err
	}
	proof.Cksum = types.Checksum{CksumType: etype.GetHashID(), Checksum: sum}
	ticket, err := messages.NewAPReq(g.ticket, g.key, proof)
	if err != nil {
		return nil, err
	}
	data, err := ticket.Marshal()
	if err != nil {
		return nil, err
	}
	request.PAData = types.PADataSequence{{PADataType: patype.PA_TGS_REQ, PADataValue: data}}
	return request, nil
}
