package auth

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"unicode/utf16"
)

// Layout of an AUTHENTICATE_MESSAGE ([MS-NLMP] section 2.2.1.3).
const (
	ntResponseFields  = 20 // offset of the length, maximum length and offset of the NtChallengeResponse
	authenticateFixed = 64 // fixed part without Version and MIC, as go-ntlmssp writes it
	versionSize       = 8
	micOffset         = authenticateFixed + versionSize
	micSize           = md5.Size
)

// payloadFields are the places of the fields that point into the payload.
var payloadFields = [...]int{12, ntResponseFields, 28, 36, 44, 52}

var errAuthenticateForm = errors.New("the NTLM message cannot be completed: go-ntlmssp has written it in another form")

// withIntegrity adds the message integrity code to an AUTHENTICATE_MESSAGE, which go-ntlmssp writes
// without one: HMAC_MD5(ExportedSessionKey, NEGOTIATE_MESSAGE, CHALLENGE_MESSAGE,
// AUTHENTICATE_MESSAGE) with zeros in its place ([MS-NLMP] section 3.1.5.1.2). The challenge is the
// server's own, as it came over the wire.
func withIntegrity(authenticate, negotiate, challenge, responseKey []byte) ([]byte, error) {
	proof, err := ntProof(authenticate)
	if err != nil {
		return nil, err
	}
	const room = versionSize + micSize
	message := slices.Insert(slices.Clone(authenticate), authenticateFixed, make([]byte, room)...)
	for _, at := range payloadFields {
		offset := binary.LittleEndian.Uint32(message[at+4:])
		if offset != 0 && offset < authenticateFixed {
			return nil, errAuthenticateForm
		}
		if offset != 0 {
			binary.LittleEndian.PutUint32(message[at+4:], offset+room)
		}
	}
	mic := hmacOf(sessionKey(responseKey, proof), negotiate, challenge, message)
	copy(message[micOffset:], mic)
	return message, nil
}

// ntProof returns the NTProofStr, the first 16 bytes of the NtChallengeResponse.
func ntProof(authenticate []byte) ([]byte, error) {
	if len(authenticate) < authenticateFixed {
		return nil, errAuthenticateForm
	}
	size := uint64(binary.LittleEndian.Uint16(authenticate[ntResponseFields:]))
	from := uint64(binary.LittleEndian.Uint32(authenticate[ntResponseFields+4:]))
	if size < md5.Size || from < authenticateFixed || from+size > uint64(len(authenticate)) {
		return nil, errAuthenticateForm
	}
	return authenticate[from : from+md5.Size], nil
}

// responseKey is NTOWFv2 ([MS-NLMP] section 3.3.2). The user is split as go-ntlmssp does it.
func responseKey(user, password string) []byte {
	domain, name, found := strings.Cut(user, `\`)
	if !found {
		domain, name = "", user
	}
	return hmacOf(md4(utf16LE(password)), utf16LE(strings.ToUpper(name)+domain))
}

// sessionKey is the SessionBaseKey of NTLMv2 ([MS-NLMP] section 3.3.2). Without a key exchange, which
// is not negotiated, it is the ExportedSessionKey too.
func sessionKey(responseKey, proof []byte) []byte { return hmacOf(responseKey, proof) }

func hmacOf(key []byte, parts ...[]byte) []byte {
	h := hmac.New(md5.New, key)
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

func utf16LE(text string) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = binary.LittleEndian.AppendUint16(out, unit)
	}
	return out
}
