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
	left bool // a step goes on, and frees the context
}

// Next implements [auth.Handshake]. With Kerberos our first token is the last, and the server's proof
// follows; NTLM has two tokens and no proof.
func (x *handshake) Next(ctx context.Context, challenge []byte) (token []byte, done bool, err error) {
	if x.sent {
		defer x.close()
		return nil, true, x.verify(ctx, challenge)
	}
	if token, done, err = x.next(ctx, challenge); err != nil {
		x.close()
	}
	return token, done, err
}

// close frees the context, unless a step that was given up still uses it.
func (x *handshake) close() {
	if !x.left {
		x.context.close()
	}
}

// step calls Windows, which may look for a domain controller for a long time. At the end of ctx it is left
// to itself, and frees the context when it returns.
func (x *handshake) step(ctx context.Context, token []byte) (out []byte, more bool, err error) {
	if ctx.Err() != nil {
		return nil, false, ctx.Err()
	}
	type result struct {
		out  []byte
		more bool
		err  error
	}
	returned := make(chan result)
	go func() {
		var r result
		r.out, r.more, r.err = x.context.step(token)
		select {
		case returned <- r:
		case <-ctx.Done():
			x.context.close()
		}
	}()
	select {
	case r := <-returned:
		return r.out, r.more, explain(r.err, x.service)
	case <-ctx.Done():
		x.left = true
		return nil, false, fmt.Errorf("sspi: Windows took too long for a login at %s; check %s: %w",
			x.service, checkDomain, ctx.Err())
	}
}

func (x *handshake) next(ctx context.Context, challenge []byte) (token []byte, done bool, err error) {
	if challenge != nil && len(challenge) == 0 {
		return nil, false, errors.New("sspi: the server's challenge is empty")
	}
	token, more, err := x.step(ctx, challenge)
	switch {
	case err != nil:
		return nil, false, err
	case len(token) == 0:
		return nil, false, errors.New("sspi: Windows returned no token")
	}
	ntlm, last := kindOf(token)
	x.ntlm, x.sent, x.open = x.ntlm || ntlm, last, more
	if x.ntlm && !x.allowNTLM {
		return nil, false, &noTicketError{service: x.service}
	}
	return token, x.sent, nil
}

// kindOf reports whether a token of ours is NTLM's, and whether it is our last one.
func kindOf(token []byte) (ntlm, last bool) {
	first := bytes.Contains(token, ntlmNegotiate) || bytes.Contains(token, negoEx)
	return first || bytes.Contains(token, ntlmAuthenticate), !first
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
func (x *handshake) verify(ctx context.Context, challenge []byte) (err error) {
	if len(challenge) > 0 && x.open {
		_, x.open, err = x.step(ctx, challenge)
	}
	switch {
	case err != nil, x.ntlm:
		return err
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
