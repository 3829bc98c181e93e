package auth

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Attribute ids of the target information ([MS-NLMP] section 2.2.2.1).
const (
	avEOL             = 0
	avTimestamp       = 7
	avChannelBindings = 10
)

const (
	challengeHeader  = 48      // fixed part of a CHALLENGE_MESSAGE ([MS-NLMP] section 2.2.1.2)
	targetInfoFields = 40      // where its length, maximum length and offset stand
	maxChallenge     = 1 << 17 // a message of two 64 KiB payloads
)

var errCutInfo = errors.New("the server's NTLM challenge has target information that is cut short")

// bindChallenge checks a CHALLENGE_MESSAGE and puts the channel binding into its target information,
// as MsvAvChannelBindings. Whatever the target information holds becomes part of what the client
// signs with the password, so the server finds the binding there ([MS-NLMP] section 3.1.5.1.2).
func bindChallenge(message, binding []byte) ([]byte, error) {
	switch {
	case len(message) < challengeHeader || len(message) > maxChallenge:
		return nil, fmt.Errorf("the server's NTLM challenge has %d bytes", len(message))
	case !bytes.HasPrefix(message, []byte("NTLMSSP\x00\x02\x00\x00\x00")):
		return nil, errors.New("the server's NTLM challenge is no CHALLENGE_MESSAGE")
	}
	info, err := targetInfo(message)
	if err != nil {
		return nil, err
	}
	pairs, err := withoutBinding(info)
	if err != nil {
		return nil, err
	}
	if binding != nil {
		sum := bindingHash(binding)
		pairs = binary.LittleEndian.AppendUint16(pairs, avChannelBindings)
		pairs = binary.LittleEndian.AppendUint16(pairs, uint16(len(sum)))
		pairs = append(pairs, sum[:]...)
	}
	if len(pairs) == 0 && len(info) == 0 {
		return message, nil
	}
	pairs = append(pairs, avEOL, 0, 0, 0)
	if len(pairs) > math.MaxUint16 {
		return nil, errors.New("the server's NTLM challenge has no room left for the channel binding")
	}
	return replaceInfo(message, pairs), nil
}

func targetInfo(message []byte) ([]byte, error) {
	size := int(binary.LittleEndian.Uint16(message[targetInfoFields:]))
	if size == 0 {
		return nil, nil
	}
	from := uint64(binary.LittleEndian.Uint32(message[targetInfoFields+4:]))
	if from > uint64(len(message)) || uint64(len(message))-from < uint64(size) {
		return nil, errCutInfo
	}
	return message[from:][:size], nil
}

// withoutBinding copies the attribute pairs up to the end mark, but for a channel binding: only the
// client knows that.
func withoutBinding(info []byte) ([]byte, error) {
	var pairs []byte
	for rest := info; len(rest) > 0; {
		if len(rest) < 4 {
			return nil, errCutInfo
		}
		id := binary.LittleEndian.Uint16(rest)
		end := 4 + int(binary.LittleEndian.Uint16(rest[2:]))
		switch {
		case id == avEOL:
			return pairs, nil
		case end > len(rest):
			return nil, errCutInfo
		case id == avTimestamp && end != 12:
			return nil, errors.New("the server's NTLM challenge has a time stamp of a wrong size")
		case id != avChannelBindings:
			pairs = append(pairs, rest[:end]...)
		}
		rest = rest[end:]
	}
	if len(info) > 0 {
		return nil, errCutInfo // no end mark
	}
	return pairs, nil
}

// replaceInfo appends new target information and points the header to it; the server never sees this
// message again, so the old one may stay where it is.
func replaceInfo(message, pairs []byte) []byte {
	out := append(bytes.Clone(message), pairs...)
	binary.LittleEndian.PutUint16(out[targetInfoFields:], uint16(len(pairs)))
	binary.LittleEndian.PutUint16(out[targetInfoFields+2:], uint16(len(pairs)))
	binary.LittleEndian.PutUint32(out[targetInfoFields+4:], uint32(len(message)))
	return out
}

// bindingHash is the MD5 of a gss_channel_bindings_struct (RFC 4121 section 4.1.1.2) whose addresses
// are empty: four zero words, then the application data with its length before it.
func bindingHash(applicationData []byte) [md5.Size]byte {
	buf := make([]byte, 16, 20+len(applicationData))
	buf = binary.LittleEndian.AppendUint32(buf, uint32(len(applicationData)))
	return md5.Sum(append(buf, applicationData...))
}
