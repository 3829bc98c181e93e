package sspi

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
)

// A handshake is one login. Its context is freed as soon as the login has ended, or with the handshake.
type handshake struct {
	context   securityContext
	service   string
	allowNTLM bool

	ntlm bool // the tokens are NTLM's
	sent bool // our last token was sent
	open bool // the server still has to respond to it
}

// Next implements [auth.Handshake]. With Kerberos our first token is the last, and the server's proof
// follows; NTLM has two tokens and no proof.
func (x *handshake) Next(_ context.Context, challenge []byte) (token []byte, done bool, err error) {
	if x.sent {
		defer x.context.close()
		return nil, true, x.verify(challenge)
	}
	token, done, err = x.next(challenge)
	if err != nil {
		x.context.close()
	}
	return token, done, err
}

func (x *handshake) next(challenge []byte) (token []byte, done bool, err error) {
	if challenge != nil && len(challenge) == 0 {
		return nil, false, errors.New("sspi: the server's challenge is empty")
	}
	token, more, err := x.context.step(challenge)
	switch {
	case err != nil:
		return nil, false, explain(err, x.service)
	case len(token) == 0:
		return nil, false, errors.New("sspi: Windows returned no token")
	}
	switch {
	case bytes.Contains(token, ntlmNegotiate), bytes.Contains(token, negoEx):
		x.ntlm = true
	case bytes.Contains(token, ntlmAuthenticate):
		x.ntlm, x.sent = true, true
	default:
		x.sent = true
	}
	if x.ntlm && !x.allowNTLM {
		return nil, false, &noTicketError{service: x.service}
	}
	x.open = more
	return token, x.sent, nil
}

// The marks of tokens, with or without SPNEGO around them. A NEGOEX token (of Microsoft accounts)
// comes before NTLM.
var (
	ntlmNegotiate    = []byte("NTLMSSP\x00\x01\x00\x00\x00")
	ntlmAuthenticate = []byte("NTLMSSP\x00\x03\x00\x00\x00")
	negoEx           = []byte("NEGOEXTS")
)

var errNoProof = errors.New("sspi: the server did not prove its identity")

// verify passes the server's last token, with its proof, to Windows. The server cannot choose to
// leave the proof out.
func (x *handshake) verify(challenge []byte) error {
	if len(challenge) > 0 && x.open {
		_, more, err := x.context.step(challenge)
		if err != nil {
			return explain(err, x.service)
		}
		x.open = more
	}
	switch {
	case x.ntlm:
		return nil
	case x.open && len(challenge) > 0:
		return fmt.Errorf("%w: it asks for another token", errNoProof)
	case x.open:
		return fmt.Errorf("%w: its response carries no token", errNoProof)
	case !x.context.mutual():
		return errNoProof
	}
	return nil
}

// A noTicketError reports that Windows would log in by NTLM.
type noTicketError struct{ service string }

func (e *noTicketError) Error() string {
	return fmt.Sprintf("sspi: Windows has no Kerberos ticket for %s and would log in by NTLM, which is not allowed here; "+
		"check whether the name is registered for the server (setspn -Q %[1]s), whether the process runs as an account "+
		"of the domain, and whether it reaches a domain controller (klist get %[1]s)", e.service)
}

// channelBindings lays the application data out as a SEC_CHANNEL_BINDINGS: four pairs of kind or length
// and offset, of which the last counts.
func channelBindings(data []byte) []byte {
	const size = 32
	if data == nil {
		return nil
	}
	out := make([]byte, size, size+len(data))
	binary.LittleEndian.PutUint32(out[24:], uint32(len(data)))
	binary.LittleEndian.PutUint32(out[28:], size)
	return append(out, data...)
}
