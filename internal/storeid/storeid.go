// Package storeid makes ids and change keys that look like Exchange's: base64, opaque, of one mailbox.
package storeid

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
)

// GUID names a mailbox, or a response.
type GUID [16]byte

// NewGUID returns a GUID for a text, always the same one.
func NewGUID(text string) GUID {
	sum := sha256.Sum256([]byte(text))
	g := GUID(sum[:16])
	g[6] = g[6]&0x0F | 0x40 // version 4, variant 1
	g[8] = g[8]&0x3F | 0x80
	return g
}

func (g GUID) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", g[:4], g[4:6], g[6:8], g[8:10], g[10:])
}

// An id is, before base64: its kind between the other bytes that Exchange's ids begin with, the
// GUID of the mailbox, the number of the object. It is shorter than Exchange's: clients must not
// look into either. A change key is its kind and a version.
const (
	Item    = 0x03 // folders too
	Persona = 0x04

	FolderKey  = 0x01
	ContactKey = 0x11
	GroupKey   = 0x12
)

// New returns the id of object number n of a mailbox.
func New(kind byte, mailbox GUID, n uint64) string {
	raw := append([]byte{0, kind, 0x24, 0}, mailbox[:]...)
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64(raw, n))
}

// MailboxOf returns the GUID in an id, and whether it is an id at all.
func MailboxOf(id string) (mailbox GUID, ok bool) {
	raw, err := base64.StdEncoding.Strict().DecodeString(id)
	if err != nil || len(raw) != 4+len(mailbox)+8 || raw[0] != 0 || raw[1] != Item && raw[1] != Persona {
		return mailbox, false
	}
	return GUID(raw[4:20]), true
}

// NewChangeKey returns the change key of an object's version; 0 is a key without one, as a group's
// members have it.
func NewChangeKey(kind byte, version uint64) string {
	raw := []byte{kind, 0, 0, 0}
	if version > 0 {
		raw = binary.BigEndian.AppendUint64(raw, version)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// IsChangeKey reports whether Exchange could read key: base64 of a kind of object at least.
func IsChangeKey(key string) bool {
	raw, err := base64.StdEncoding.DecodeString(key)
	return err == nil && len(raw) >= 4
}
