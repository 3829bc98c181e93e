package imgroup

import "github.com/go-ews/exchange/imgroup/mapi"

// ContactSpec describes the contact that AddNewImContactToGroup creates.
type ContactSpec struct {
	// Address is the instant-messaging address, with or without "sip:"; required.
	Address string

	// DisplayName may be empty: the server then chooses a name.
	DisplayName string

	// Group is the group of the contact. Zero is omitted from the request; Microsoft does not
	// document which group the server uses then.
	Group GroupID
}

// TelContactSpec describes the contact that AddNewTelUriContactToGroup creates. All three strings
// are required. The server derives the name of the contact from the number.
type TelContactSpec struct {
	TelURI          string  // "tel:5625550100"
	SIPURI          string  // "sip:john@contoso.com"
	TelephoneNumber string  // "5625550100", for display
	Group           GroupID // zero: omitted, as in [ContactSpec]
}

// ItemQuery selects what GetImItems returns. The server ignores change keys, and omits items with
// unknown ids from the response without an error.
type ItemQuery struct {
	Contacts   []ContactID
	Groups     []GroupID
	Properties []mapi.FieldURI // to return with the groups and contacts that have them
}

// ListQuery selects what GetImItemList returns with a mailbox's whole list.
type ListQuery struct {
	Properties []mapi.FieldURI // to return with the groups and contacts that have them
}
