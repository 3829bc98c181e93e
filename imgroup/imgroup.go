// Package imgroup defines the content of an Exchange mailbox's instant-messaging contact list:
// groups, contacts (personas), their ids and extended properties.
//
// The list is the Unified Contact Store that Lync and Skype for Business share with Exchange.
// Package ews has the operations that read and edit it; this package is plain data with look-ups.
//
// # Ids
//
// An id consists of an opaque, case-sensitive ID and a change key, which changes with every change
// of the item. Compare the ID alone. The ids of groups, contacts and personas have different types:
// [GroupID], [ContactID], [PersonaID]. Only a conversion turns one of these, or an [ItemID], into
// another.
package imgroup

import "github.com/go-ews/exchange/imgroup/mapi"

// ItemID names an item in a mailbox, the schema's ItemIdType.
//
// ID is opaque and case-sensitive; Microsoft advises to leave room for 512 bytes, and an id may
// change when the item moves to another folder. ChangeKey names a version of the item and may be
// empty in requests: the operations of this family accept an id without it.
type ItemID struct {
	ID, ChangeKey string
}

// A GroupID names a group: [ImGroup.ExchangeStoreID].
type GroupID ItemID

// A ContactID names a contact of the list: [Persona.ContactID], [ImGroup.Members].
type ContactID ItemID

// A PersonaID names the server's aggregate of a person's contacts: [Persona.PersonaID]. No
// operation of this family accepts it.
type PersonaID ItemID

// IsZero reports whether neither the id nor the change key is set.
func (id ItemID) IsZero() bool { return id == ItemID{} }

// IsZero reports whether neither the id nor the change key is set.
func (id GroupID) IsZero() bool { return id == GroupID{} }

// IsZero reports whether neither the id nor the change key is set.
func (id ContactID) IsZero() bool { return id == ContactID{} }

// IsZero reports whether neither the id nor the change key is set.
func (id PersonaID) IsZero() bool { return id == PersonaID{} }

// GroupType is the kind of an [ImGroup]. The set is open: values of a server that have no constant
// here are kept unchanged.
//
// The values are those of [MS-OXWSCOS] section 2.2.4.2. A list holds at most one group each of
// Favorites, OtherContacts and Tagged; these three exist from the start and belong to the server.
//
// [MS-OXWSCOS]: https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxwscos
type GroupType string

// The group types that Microsoft documents.
const (
	UserGroup         GroupType = "IPM.DistList.MOC.UserGroup"     // by AddImGroup
	DistributionGroup GroupType = "IPM.DistList.MOC.DG"            // by AddDistributionGroupToImList
	Favorites         GroupType = "IPM.DistList.MOC.Favorites"     // built in
	OtherContacts     GroupType = "IPM.DistList.MOC.OtherContacts" // built in
	Tagged            GroupType = "IPM.DistList.MOC.Tagged"        // built in
)

// BuiltIn reports whether groups of this type belong to the server: they exist in every list and
// can be neither renamed nor removed.
func (t GroupType) BuiltIn() bool {
	return t == Favorites || t == OtherContacts || t == Tagged
}

// ImGroup is one group of the list, the schema's ImGroupType.
type ImGroup struct {
	DisplayName string
	GroupType   GroupType

	// ExchangeStoreID is the id of the group for other operations. It is zero if the server did not
	// send it, which the schema permits.
	ExchangeStoreID GroupID

	// Members are the ids of the group's contacts, the schema's MemberCorrelationKey. They equal
	// the contacts' [Persona.ContactID] in ID, not always in ChangeKey. Nil for an empty group.
	Members []ContactID

	// ExtendedProperties holds those of the requested properties that the group has.
	ExtendedProperties []mapi.Property

	// SMTPAddress is the address of a distribution group, "" for every other type.
	SMTPAddress string
}

// HasMember reports whether the contact is a member of the group. Only the ID counts, and an empty
// one names no contact.
func (g *ImGroup) HasMember(contact ContactID) bool {
	for i := range g.Members {
		if contact.ID != "" && g.Members[i].ID == contact.ID {
			return true
		}
	}
	return false
}
