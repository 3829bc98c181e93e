package imgroup

import "strings"

// ItemList is a mailbox's whole list, or the part of it that was asked for. Personas holds a
// contact once however many groups it is a member of.
type ItemList struct {
	Groups   []ImGroup
	Personas []Persona
}

// GroupByName returns the group of that display name, as a pointer into Groups. An exact match
// wins over one that differs in case only, because Exchange compares names without case.
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
// in the list. Members and personas are joined by the ID of [Persona.ContactID]; a member whose
// persona the list does not hold is left out.
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

// GroupsOf returns the ids of the groups that the contact is a member of, in the list's order. No
// empty id is among them.
func (l *ItemList) GroupsOf(contact ContactID) []GroupID {
	var groups []GroupID
	for i := range l.Groups {
		if g := &l.Groups[i]; g.ExchangeStoreID.ID != "" && g.HasMember(contact) {
			groups = append(groups, g.ExchangeStoreID)
		}
	}
	return groups
}

// Contact returns the contact with that instant-messaging address, as a pointer into Personas. The
// address may carry "sip:" or not, and case does not count; see [SameAddress]. A preferred address
// wins over one of the further addresses of another contact.
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
