package imgroup

import "strings"

// ItemList is a mailbox's whole list, or the requested part of it. Personas holds a contact once,
// however many groups have it as a member.
type ItemList struct {
	Groups   []ImGroup
	Personas []Persona
}

// GroupByName returns the group of that display name, as a pointer into Groups. It prefers an exact
// match to one that differs in case, which Exchange ignores.
func (l *ItemList) GroupByName(name string) (*ImGroup, bool) {
	var folded *ImGroup
	for i := range l.Groups {
		g := &l.Groups[i]
		if g.DisplayName == name {
			return g, true
		}
		if folded == nil && strings.EqualFold(g.DisplayName, name) {
			folded = g
		}
	}
	return folded, folded != nil
}

// Group returns the group with that id, as a pointer into Groups. Only the ID counts.
func (l *ItemList) Group(id GroupID) (*ImGroup, bool) {
	for i := range l.Groups {
		if g := &l.Groups[i]; id.ID != "" && g.ExchangeStoreID.ID == id.ID {
			return g, true
		}
	}
	return nil, false
}

// ContactsOf returns the contacts of a group in the order of its members, nil if the group is not
// in the list. It joins members and personas by the ID of [Persona.ContactID], and omits members
// without a persona in the list.
func (l *ItemList) ContactsOf(group GroupID) []Persona {
	g, ok := l.Group(group)
	if !ok || len(g.Members) == 0 {
		return nil
	}
	byID := make(map[string]*Persona, len(l.Personas))
	for i := range l.Personas {
		if id, ok := l.Personas[i].ContactID(); ok {
			byID[id.ID] = &l.Personas[i]
		}
	}
	contacts := make([]Persona, 0, len(g.Members))
	for _, member := range g.Members {
		if p, ok := byID[member.ID]; ok {
			contacts = append(contacts, *p)
		}
	}
	return contacts
}

// GroupsOf returns the ids of the groups that have the contact as a member, in the list's order. It
// omits groups without an id.
func (l *ItemList) GroupsOf(contact ContactID) []GroupID {
	var groups []GroupID
	for i := range l.Groups {
		if g := &l.Groups[i]; g.ExchangeStoreID.ID != "" && g.HasMember(contact) {
			groups = append(groups, g.ExchangeStoreID)
		}
	}
	return groups
}

// Contact returns the contact with that instant-messaging address, as a pointer into Personas. It
// compares as [SameAddress] does: with or without "sip:", in any case. It prefers a contact whose
// preferred address this is to one that has it as a further address.
func (l *ItemList) Contact(address string) (*Persona, bool) {
	key := AddressKey(address)
	if key == "" {
		return nil, false
	}
	var further *Persona
	for i := range l.Personas {
		p := &l.Personas[i]
		if hasKey(p.ImAddress, key) {
			return p, true
		}
		if further == nil && p.hasFurther(key) {
			further = p
		}
	}
	return further, further != nil
}
