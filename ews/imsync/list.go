package imsync

import (
	"slices"

	"github.com/go-ews/exchange/imgroup"
)

// list is an IM list by names and addresses instead of ids. It is what steps are judged by, and it
// follows the writes: what was done is done here too, so that the mailbox need not be read again.
type list struct {
	groups   []*group
	contacts map[string]*contact // by key
	further  map[string]*contact // by the keys of addresses that are not the preferred one
	count    int                 // contacts, those without a key included
	stale    bool                // a write succeeded, but its answer did not tell the id
}

// group is a group of the list, of whatever kind. Its id goes without the change key, which changes
// with every change of its members and which the operations do without.
type group struct {
	name      string
	kind      imgroup.GroupType
	id        imgroup.GroupID
	address   string // of a distribution group
	members   []member
	strangers int // members that the list does not describe, or that have no address
}

// member is a contact in a group, by the id that it has there.
type member struct {
	id string
	*contact
}

// contact is a contact of the list. Exactly one of person and telephone is filled in. A contact without
// key cannot be told from others; it counts for the limit and is a stranger in its groups.
type contact struct {
	key       string
	further   []string // keys of addresses beside the preferred one
	id        string
	groups    int // that it is in
	person    Contact
	telephone Telephone
}

// newList reads an ItemList. Nil is an empty one.
func newList(items *imgroup.ItemList) *list {
	l := &list{contacts: map[string]*contact{}, further: map[string]*contact{}}
	if items == nil {
		return l
	}
	byID := l.readPersonas(items.Personas)
	for i := range items.Groups {
		from := &items.Groups[i]
		g := &group{
			name: from.DisplayName, kind: from.GroupType, id: idOnly(from.ExchangeStoreID),
			address: from.SMTPAddress,
		}
		for _, m := range from.Members {
			c := byID[m.ID]
			switch {
			case c == nil || c.key == "":
				g.strangers++
			case !g.hasMember(m.ID):
				l.join(g, c, m.ID)
			}
		}
		l.groups = append(l.groups, g)
	}
	return l
}

// readPersonas makes the contacts and returns them by every id that a group may know them by. A
// persona that several quick contacts were put together in has one for each.
func (l *list) readPersonas(personas []imgroup.Persona) map[string]*contact {
	byID := make(map[string]*contact, len(personas))
	for i := range personas {
		p := &personas[i]
		id, ok := p.ContactID()
		if !ok {
			continue
		}
		c := contactOf(p)
		c.id = id.ID
		l.count++
		for _, a := range p.Attributions {
			if a.IsQuickContact && !a.IsHidden && a.SourceID.ID != "" {
				byID[a.SourceID.ID] = c
			}
		}
		if c.key == "" {
			continue
		}
		if _, ok := l.contacts[c.key]; !ok {
			l.contacts[c.key] = c
		}
		for _, address := range p.ImAddresses {
			if key := contactKey(address.Value); key != "" && l.further[key] == nil {
				l.further[key] = c
				c.further = append(c.further, key)
			}
		}
	}
	return byID
}

// contactOf tells a person from a telephone: a person has an instant-messaging address that is no tel
// URI. What has neither address nor number gets no key.
func contactOf(p *imgroup.Persona) *contact {
	address := p.ImAddress
	for i := 0; contactKey(address) == "" && i < len(p.ImAddresses); i++ {
		address = p.ImAddresses[i].Value
	}
	number, isTel := telNumber(address)
	if key := contactKey(address); key != "" && !isTel {
		return &contact{key: key, person: Contact{Address: address, DisplayName: p.DisplayName}}
	}
	if number == "" {
		number = p.PhoneNumber.Number
	}
	for i := 0; telephoneKey(number) == "" && i < len(p.Phones); i++ {
		number = p.Phones[i].Number
	}
	return &contact{key: telephoneKey(number), telephone: Telephone{Number: number}}
}

// idOnly leaves the change key out.
func idOnly(id imgroup.GroupID) imgroup.GroupID { return imgroup.GroupID{ID: id.ID} }

// lookup returns the contact with one of the keys. A preferred address goes before a further one of
// another contact.
func (l *list) lookup(keys ...string) *contact {
	for _, known := range []map[string]*contact{l.contacts, l.further} {
		for _, key := range keys {
			if c := known[key]; c != nil {
				return c
			}
		}
	}
	return nil
}

// group returns the group of that name, an exact match first.
func (l *list) group(name string) *group {
	var found *group
	for _, g := range l.groups {
		if g.name == name {
			return g
		}
		if found == nil && fold(g.name) == fold(name) {
			found = g
		}
	}
	return found
}

// distribution returns the distribution group of that address.
func (l *list) distribution(address string) *group {
	for _, g := range l.groups {
		if g.kind == imgroup.DistributionGroup && imgroup.SameAddress(g.address, address) {
			return g
		}
	}
	return nil
}

// sizes counts what the server's limits are about: distribution groups count as groups, the built-in
// ones do not.
func (l *list) sizes() (groups, contacts int) {
	for _, g := range l.groups {
		if !g.kind.BuiltIn() {
			groups++
		}
	}
	return groups, l.count
}

// addGroup notes a new group. It and the next methods are what writes do to the list.
func (l *list) addGroup(g *group) { l.groups = append(l.groups, g) }

// addContact notes a new contact.
func (l *list) addContact(c *contact) {
	l.contacts[c.key] = c
	l.count++
}

// join notes that a contact is in a group.
func (l *list) join(g *group, c *contact, id string) {
	g.members = append(g.members, member{id, c})
	c.groups++
}

// remove notes that a group is gone, and the contacts with it that no other group has.
func (l *list) remove(gone *group) {
	l.groups = slices.DeleteFunc(l.groups, func(g *group) bool { return g == gone })
	for _, m := range gone.members {
		l.release(m.contact)
	}
}

// leave notes that a contact is out of a group, and out of the list if that was its last one.
func (l *list) leave(g *group, id string) {
	i := slices.IndexFunc(g.members, func(m member) bool { return m.id == id })
	if i < 0 {
		return
	}
	c := g.members[i].contact
	g.members = slices.Delete(g.members, i, i+1)
	l.release(c)
}

// release counts one group less for a contact, and forgets it after the last one.
func (l *list) release(c *contact) {
	c.groups--
	if c.groups > 0 {
		return
	}
	l.count--
	if l.contacts[c.key] == c {
		delete(l.contacts, c.key)
	}
	for _, key := range c.further {
		if l.further[key] == c {
			delete(l.further, key)
		}
	}
}

func (g *group) hasMember(id string) bool {
	return slices.ContainsFunc(g.members, func(m member) bool { return m.id == id })
}

// find returns the member that is c, which may be nil, or that has one of the keys. Servers should
// not have two contacts with the same address; where they do, one of them is enough.
func (g *group) find(c *contact, keys []string) (member, bool) {
	for _, m := range g.members {
		if m.contact == c || slices.Contains(keys, m.key) {
			return m, true
		}
	}
	return member{}, false
}
