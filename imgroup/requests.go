package imgroup

import "github.com/go-ews/exchange/imgroup/mapi"

// ContactSpec is what AddNewImContactToGroup makes a contact of.
type ContactSpec struct {
	// Address is the instant-messaging address, with or without "sip:"; required.
	Address string

	// DisplayName may be empty: the server then makes up a name.
	DisplayName string

	// Group is the group to put the contact into. Zero leaves it out of the request; Microsoft
	// does not document which group the server takes then.
	Group GroupID
}

// TelContactSpec is what AddNewTelUriContactToGroup makes a contact of. All three strings are
// required; the name of the contact is derived from the number.
type TelContactSpec struct {
	TelURI          string  // "tel:5625550100"
	SIPURI          string  // "sip:john@contoso.com"
	TelephoneNumber string  // "5625550100", as it is to be shown
	Group           GroupID // zero: left out, as in [ContactSpec]
}

// ItemQuery says what GetImItems is to fetch. The server ignores change keys, and ids that it does
// not know are left out of the answer without an error.
type ItemQuery struct {
	Contacts   []ContactID
	Groups     []GroupID
	Properties []mapi.FieldURI // wanted beside the rest
}

// ListQuery says what GetImItemList is to fetch of a mailbox's whole list.
type ListQuery struct {
	Properties []mapi.FieldURI // wanted beside the rest
}
