package ewstest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/internal/dotnet"
)

// guid names a mailbox, or a response.
type guid [16]byte

// newGUID returns a GUID for a text, always the same one.
func newGUID(text string) guid {
	sum := sha256.Sum256([]byte(text))
	g := guid(sum[:16])
	g[6] = g[6]&0x0F | 0x40 // version 4, variant 1
	g[8] = g[8]&0x3F | 0x80
	return g
}

func (g guid) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", g[:4], g[4:6], g[6:8], g[8:10], g[10:])
}

// An id is, before base64: its kind between the other bytes that Exchange's ids begin with, the
// GUID of the mailbox, the number of the object. It is shorter than Exchange's: clients must not
// look into either. A change key is its kind and a version.
const (
	itemID    = 0x03 // folders too
	personaID = 0x04

	folderKey  = 0x01
	contactKey = 0x11
	groupKey   = 0x12
)

// newID returns the id of object number n of a mailbox.
func newID(kind byte, mailbox guid, n uint64) string {
	raw := append([]byte{0, kind, 0x24, 0}, mailbox[:]...)
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64(raw, n))
}

// mailboxOf returns the GUID in an id, and whether it is an id at all.
func mailboxOf(id string) (mailbox guid, ok bool) {
	raw, err := base64.StdEncoding.Strict().DecodeString(id)
	if err != nil || len(raw) != 4+len(mailbox)+8 || raw[0] != 0 || raw[1] != itemID && raw[1] != personaID {
		return mailbox, false
	}
	return guid(raw[4:20]), true
}

// newChangeKey returns the change key of an object's version; 0 is a key without one, as a group's
// members have it.
func newChangeKey(kind byte, version uint64) string {
	raw := []byte{kind, 0, 0, 0}
	if version > 0 {
		raw = binary.BigEndian.AppendUint64(raw, version)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// isChangeKey reports whether Exchange could read key: base64 of a kind of object at least.
func isChangeKey(key string) bool {
	raw, err := base64.StdEncoding.DecodeString(key)
	return err == nil && len(raw) >= 4
}

// idIn returns the id and the change key in a child of the request, and refuses an id that Exchange
// would not get past reading: empty, malformed, or of another mailbox.
func (m *mailbox) idIn(request *dotnet.Element, child string, unknown ews.ResponseCode) (id, key string, err error) {
	e := request.Child(messagesSpace, child)
	id, _ = e.Attr("Id")
	key, hasKey := e.Attr("ChangeKey")
	mailbox, ok := mailboxOf(id)
	switch {
	case id == "":
		return "", "", refuse(ews.ErrorInvalidIdEmpty)
	case !ok:
		return "", "", refuse(ews.ErrorInvalidIdMalformed)
	case hasKey && !isChangeKey(key) && m.profile.holds("change-key-form"):
		return "", "", refuse(ews.ErrorInvalidChangeKey)
	case mailbox == m.guid:
		return id, key, nil
	case request.Name.Local != "AddNewImContactToGroup" && !m.profile.holds("foreign-ids"):
		return "", "", refuse(unknown)
	}
	return "", "", &ews.Error{
		Code: ews.ErrorNonExistentMailbox, Message: "No mailbox with such guid.",
		Details: map[string]string{"MailboxGuid": mailbox.String()},
	}
}

// checkKey refuses an old change key; "" and one without a version are of any age.
func (m *mailbox) checkKey(key, current string) error {
	if key == "" || key == current || key == newChangeKey(contactKey, 0) || m.profile.holds("old-change-keys") {
		return nil
	}
	return refuse("ErrorStaleObject")
}
