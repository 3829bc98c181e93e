package ewstest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/internal/dotnet"
)

// An id is, before base64: a zero, its kind, the length of the mailbox's GUID, the GUID as text, a
// zero, the length of the entry id, the entry id, a zero. Ids of items come to 152 characters, as
// Exchange's do. Clients must not look into them.
const (
	kindItem    = 0x03 // folders too
	kindPersona = 0x04

	guidLength = 36
	guidStart  = 4
	entryStart = guidStart + guidLength + 3
)

// The lengths of the entry ids.
const (
	itemEntry    = 70
	folderEntry  = 46
	personaEntry = 16
)

// What change keys begin with.
const (
	contactKind = 0x11
	groupKind   = 0x12
)

// newID makes the id of object number n of a mailbox.
func newID(kind byte, guid string, entry int, n uint64) string {
	raw := make([]byte, entryStart+entry+1)
	raw[1] = kind
	binary.LittleEndian.PutUint16(raw[2:], guidLength)
	copy(raw[guidStart:], guid)
	binary.LittleEndian.PutUint16(raw[entryStart-2:], uint16(entry))
	e := raw[entryStart : entryStart+entry]
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", guid, kind, entry))
	if entry == personaEntry {
		copy(e, sum[:])
	} else {
		copy(e[4:], sum[:]) // after four bytes of flags
		copy(e[entry-24:], sum[:16])
	}
	binary.BigEndian.PutUint64(e[entry-8:], n<<16) // six bytes of counter, two of padding
	return base64.StdEncoding.EncodeToString(raw)
}

// newChangeKey makes the change key of an object's version.
func newChangeKey(kind byte, guid string, version uint64) string {
	raw := make([]byte, 30)
	raw[0] = kind
	raw[4] = 22 // the length of the rest: 16 bytes of store, 6 of counter
	binary.BigEndian.PutUint64(raw[22:], version)
	sum := sha256.Sum256([]byte(guid))
	copy(raw[8:24], sum[:])
	return base64.StdEncoding.EncodeToString(raw)
}

// shortChangeKey is a change key that tells the kind of object and no version. A group's members
// carry it, whatever the contact's own change key is.
func shortChangeKey(kind byte) string {
	return base64.StdEncoding.EncodeToString([]byte{kind, 0, 0, 0})
}

// itemID takes the id out of a ContactId, GroupId or ItemId element, and refuses one that Exchange
// would not get past reading: empty, malformed, or of another mailbox.
func (m *mailbox) itemID(e *dotnet.Element) (string, error) {
	id, _ := e.Attr("Id")
	if id == "" {
		return "", refuse(ews.ErrorInvalidIdEmpty)
	}
	guid, ok := mailboxOf(id)
	if !ok {
		return "", refuse(ews.ErrorInvalidIdMalformed)
	}
	if key, ok := e.Attr("ChangeKey"); ok && !isChangeKey(key) {
		return "", refuse(ews.ErrorInvalidChangeKey)
	}
	if guid != m.guid {
		return "", &ews.Error{
			Code:    ews.ErrorNonExistentMailbox,
			Message: "No mailbox with such guid.",
			Details: map[string]string{"MailboxGuid": guid},
		}
	}
	return id, nil
}

// mailboxOf returns the GUID in an id, and whether it is an id at all.
func mailboxOf(id string) (guid string, ok bool) {
	raw, err := base64.StdEncoding.Strict().DecodeString(id)
	if err != nil || len(raw) <= entryStart || raw[0] != 0 ||
		raw[1] != kindItem && raw[1] != kindPersona ||
		binary.LittleEndian.Uint16(raw[2:]) != guidLength ||
		len(raw) != entryStart+int(binary.LittleEndian.Uint16(raw[entryStart-2:]))+1 {
		return "", false
	}
	return string(raw[guidStart : guidStart+guidLength]), true
}

// isChangeKey reports whether Exchange could read key: base64 of a kind of object at least. Microsoft
// documents that an empty one cannot be read.
func isChangeKey(key string) bool {
	raw, err := base64.StdEncoding.DecodeString(key)
	return err == nil && len(raw) >= 4
}

// newGUID makes a GUID out of a text, always the same one.
func newGUID(text string) string {
	s := sha256.Sum256([]byte(text))
	s[6] = s[6]&0x0F | 0x40 // version 4, variant 1
	s[8] = s[8]&0x3F | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", s[:4], s[4:6], s[6:8], s[8:10], s[10:16])
}

// requestID is the request-id of the server's nth answer.
func requestID(n uint64) string { return newGUID(fmt.Sprintf("answer %d", n)) }
