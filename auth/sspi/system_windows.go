package sspi

import (
	"bytes"
	"runtime"
	"sync"
	"syscall"

	"github.com/alexbrainman/sspi"
)

// wanted are the flags of each login. The proof of SPNEGO's negotiation needs integrity.
const wanted = sspi.ISC_REQ_CONNECTION | sspi.ISC_REQ_MUTUAL_AUTH | sspi.ISC_REQ_INTEGRITY |
	sspi.ISC_REQ_REPLAY_DETECT | sspi.ISC_REQ_SEQUENCE_DETECT

// An account is a handle of credentials, which is freed with the last context that uses it.
type account struct {
	credentials *sspi.Credentials
	maxToken    uint32
}

func newSystem() (system, error) {
	info, err := sspi.QueryPackageInfo(sspi.NEGOSSP_NAME)
	if err != nil {
		return nil, explain(err, "")
	}
	credentials, err := sspi.AcquireCredentials("", sspi.NEGOSSP_NAME, sspi.SECPKG_CRED_OUTBOUND, nil)
	if err != nil {
		return nil, explain(err, "")
	}
	a := &account{credentials: credentials, maxToken: info.MaxToken}
	runtime.AddCleanup(a, func(c *sspi.Credentials) { _ = c.Release() }, credentials)
	return a, nil
}

func (a *account) begin(service string, bindings []byte) (securityContext, error) {
	target, err := syscall.UTF16PtrFromString(service)
	if err != nil {
		return nil, errNUL
	}
	c := &login{account: a, target: target, bindings: bindings}
	c.state = &state{context: sspi.NewClientContext(a.credentials, wanted)}
	runtime.AddCleanup(c, (*state).free, c.state)
	return c, nil
}

// A login is a securityContext of Windows.
type login struct {
	*state

	account  *account
	target   *uint16
	bindings []byte
}

// A state is the part of a login that must be freed.
type state struct {
	context *sspi.Context
	begun   bool // there is something to free
	once    sync.Once
}

func (s *state) free() {
	s.once.Do(func() {
		if s.begun {
			_ = s.context.Release()
		}
	})
}

func (c *login) close() { c.free() }

func (c *login) mutual() bool {
	return c.context.EstablishedFlags&sspi.ISC_REQ_MUTUAL_AUTH != 0
}

// step calls InitializeSecurityContext. The bindings go along each time; without token and bindings
// there is no input, not an empty one.
func (c *login) step(token []byte) (out []byte, more bool, err error) {
	defer runtime.KeepAlive(c) // and so the handles
	result := make([]sspi.SecBuffer, 1)
	result[0].Set(sspi.SECBUFFER_TOKEN, make([]byte, c.account.maxToken))
	output := sspi.NewSecBufferDesc(result)
	status := c.context.Update(c.target, output, c.input(token))
	switch status {
	case sspi.SEC_I_COMPLETE_NEEDED, sspi.SEC_I_COMPLETE_AND_CONTINUE:
		if failed := sspi.CompleteAuthToken(c.context.Handle, output); failed != sspi.SEC_E_OK {
			return nil, false, failed
		}
	case sspi.SEC_E_OK, sspi.SEC_I_CONTINUE_NEEDED:
	default:
		return nil, false, status
	}
	c.begun = true
	more = status == sspi.SEC_I_CONTINUE_NEEDED || status == sspi.SEC_I_COMPLETE_AND_CONTINUE
	return bytes.Clone(result[0].Bytes()), more, nil
}

func (c *login) input(token []byte) *sspi.SecBufferDesc {
	var list []sspi.SecBuffer
	add := func(kind uint32, data []byte) {
		if len(data) > 0 {
			list = append(list, sspi.SecBuffer{})
			list[len(list)-1].Set(kind, data)
		}
	}
	add(sspi.SECBUFFER_TOKEN, token)
	add(sspi.SECBUFFER_CHANNEL_BINDINGS, c.bindings)
	if len(list) == 0 {
		return nil
	}
	return sspi.NewSecBufferDesc(list)
}
