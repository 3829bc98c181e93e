// Package imgroup holds what an Exchange mailbox's instant-messaging contact list is made of:
// groups, contacts (personas), their identifiers and extended properties.
//
// The list is the Unified Contact Store that Lync and Skype for Business share with Exchange. It
// is read and edited through the operations of package ews; this package is plain data with
// look-ups, imports nothing but the standard library, and knows neither SOAP nor HTTP.
//
// # Ids
//
// An id consists of an opaque, case-sensitive ID and a change key, which changes with every change
// of the item. Compare the ID alone. The ids of groups, contacts and personas have types of their
// own: [GroupID], [ContactID], [PersonaID]. They are made of an [ItemID], and of one another, by
// conversion only.
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

// A PersonaID names what the server aggregates of a person's contacts: [Persona.PersonaID]. No
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

// GroupType tells what kind of group an [ImGroup] is. It is an open set: a server may send values
// that have no constant here, and they are kept as they are.
//
// The values are those of [MS-OXWSCOS] section 2.2.4.2. A list holds at most one group each of
// Favorites, OtherContacts and Tagged; these three exist from the start and belong to the server.
//
// [MS-OXWSCOS]: https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxwscos
type GroupType string

// The group types that Microsoft documents.
const (
	UserGroup         GroupType = "IPM.DistList.MOC.UserGroup"     // made with AddImGroup
	DistributionGroup GroupType = "IPM.DistList.MOC.DG"            // made with AddDistributionGroupToImList
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

	// ExchangeStoreID is the id that the other operations accept as the group's id. The schema
	// makes it optional; zero means that the server did not send it.
	ExchangeStoreID GroupID

	// Members are the ids of the group's contacts, the schema's MemberCorrelationKey. They equal
	// the contacts' [Persona.ContactID] in ID, not always in ChangeKey. Nil for an empty group.
	Members []ContactID

	// ExtendedProperties holds what was asked for and the group has; the others are left out.
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
