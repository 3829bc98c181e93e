package auth

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unicode/utf16"
)

// Attribute ids of the target information ([MS-NLMP] section 2.2.2.1).
const (
	avEOL             = 0
	avDomain          = 2
	avFlags           = 6
	avTimestamp       = 7
	avTargetName      = 9
	avChannelBindings = 10
)

const flagIntegrity = 2 // of MsvAvFlags: the AUTHENTICATE_MESSAGE has a MIC

const (
	challengeHeader  = 48      // fixed part of a CHALLENGE_MESSAGE ([MS-NLMP] section 2.2.1.2)
	targetInfoFields = 40      // offset of its length, maximum length and offset
	maxChallenge     = 1 << 17 // a message of two 64 KiB payloads
)

var errCutInfo = errors.New("the server's NTLM challenge has target information that is cut short")

// An addition holds the attributes that the client adds to the target information of a challenge.
// The client signs the target information with the password and sends it back, so the server finds
// them there ([MS-NLMP] section 3.1.5.1.2).
type addition struct {
	binding   []byte // MsvAvChannelBindings; nil: none
	target    string // MsvAvTargetName, the service's name; "": none
	integrity bool   // MsvAvFlags says that the message has an integrity code
}

// complete checks a CHALLENGE_MESSAGE and puts the additions into its target information. It reports
// whether the client's message must have an integrity code: only servers that send the time know it.
func (a addition) complete(message []byte) (completed []byte, integrity bool, err error) {
	switch {
	case len(message) < challengeHeader || len(message) > maxChallenge:
		return nil, false, fmt.Errorf("the server's NTLM challenge has %d bytes", len(message))
	case !bytes.HasPrefix(message, []byte("NTLMSSP\x00\x02\x00\x00\x00")):
		return nil, false, errors.New("the server's NTLM challenge is no CHALLENGE_MESSAGE")
	}
	info, err := targetInfo(message)
	if err != nil {
		return nil, false, err
	}
	found, err := a.parsePairs(info)
	if err != nil {
		return nil, false, err
	}
	integrity = a.integrity && found.timed
	pairs := found.kept
	if integrity {
		found.flags |= flagIntegrity
	}
	if found.flags != 0 {
		pairs = appendPair(pairs, avFlags, binary.LittleEndian.AppendUint32(nil, found.flags))
	}
	if a.target != "" && len(info) > 0 {
		pairs = appendPair(pairs, avTargetName, utf16LE(a.target))
	}
	if a.binding != nil {
		sum := bindingHash(a.binding)
		pairs = appendPair(pairs, avChannelBindings, sum[:])
	}
	if len(pairs) == 0 && len(info) == 0 {
		return message, integrity, nil
	}
	pairs = append(pairs, avEOL, 0, 0, 0)
	if len(pairs) > math.MaxUint16 {
		return nil, false, errors.New("the server's NTLM challenge has no room left for the client's attributes")
	}
	return replaceInfo(message, pairs), integrity, nil
}

func appendPair(pairs []byte, id uint16, value []byte) []byte {
	pairs = binary.LittleEndian.AppendUint16(pairs, id)
	pairs = binary.LittleEndian.AppendUint16(pairs, uint16(len(value)))
	return append(pairs, value...)
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

// domainIn returns the short name of the server's domain, from a challenge; "" if that has none.
func domainIn(message []byte) string {
	info, err := targetInfo(message)
	for err == nil && len(info) >= 4 && binary.LittleEndian.Uint16(info) != avEOL {
		end := 4 + int(binary.LittleEndian.Uint16(info[2:]))
		if end > len(info) {
			break
		}
		if binary.LittleEndian.Uint16(info) == avDomain {
			return textOfUTF16(info[4:end])
		}
		info = info[end:]
	}
	return ""
}

func textOfUTF16(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// serverPairs are the attribute pairs of the server's target information.
type serverPairs struct {
	kept  []byte // all but those that the client sets
	flags uint32
	timed bool // the server sent its time
}

// parsePairs reads the attribute pairs up to the end mark. The server's own flags, target name and
// binding are taken out where the client adds its own: of two pairs of flags, gss-ntlmssp reads the
// first, and would not look at the integrity code.
func (a addition) parsePairs(info []byte) (serverPairs, error) {
	var found serverPairs
	for rest := info; len(rest) > 0; {
		if len(rest) < 4 {
			return found, errCutInfo
		}
		id := binary.LittleEndian.Uint16(rest)
		end := 4 + int(binary.LittleEndian.Uint16(rest[2:]))
		switch {
		case id == avEOL:
			return found, nil
		case end > len(rest):
			return found, errCutInfo
		case id == avTimestamp && end != 4+8:
			return found, errors.New("the server's NTLM challenge has a time stamp of a wrong size")
		case id == avFlags && end != 4+4:
			return found, errors.New("the server's NTLM challenge has flags of a wrong size")
		case id == avFlags && a.integrity:
			found.flags |= binary.LittleEndian.Uint32(rest[4:])
		case id == avChannelBindings, id == avTargetName && a.target != "":
		default:
			found.timed = found.timed || id == avTimestamp
			found.kept = append(found.kept, rest[:end]...)
		}
		rest = rest[end:]
	}
	if len(info) > 0 {
		return found, errCutInfo // no end mark
	}
	return found, nil
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
