package ewstest

import (
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/internal/dotnet"
	"github.com/go-ews/exchange/internal/storeid"
)

// idIn returns the id and the change key in a child of the request, and refuses an id that Exchange
// would not get past reading: empty, malformed, or of another mailbox.
func (m *mailbox) idIn(request *dotnet.Element, child string, unknown ews.ResponseCode) (id, key string, err error) {
	e := request.Child(messagesSpace, child)
	id, _ = e.Attr("Id")
	key, hasKey := e.Attr("ChangeKey")
	mailbox, ok := storeid.MailboxOf(id)
	switch {
	case id == "":
		return "", "", refuse(ews.ErrorInvalidIdEmpty)
	case !ok:
		return "", "", refuse(ews.ErrorInvalidIdMalformed)
	case hasKey && !storeid.IsChangeKey(key) && m.profile.holds("change-key-form"):
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
	if key == "" || key == current || key == storeid.NewChangeKey(storeid.ContactKey, 0) || m.profile.holds("old-change-keys") {
		return nil
	}
	return refuse("ErrorStaleObject")
}
