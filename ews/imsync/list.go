package imsync

import (
	"maps"
	"slices"
	"strings"

	"github.com/go-ews/exchange/imgroup"
)

// list is an IM list by names and addresses instead of ids. Writes that succeed are applied to it
// too, so that the mailbox need not be read again.
type list struct {
	groups   []*group
	contacts map[string]*contact // by key
	further  map[string]*contact // by the keys of addresses that are not the preferred one
	count    int                 // contacts, those without a key included
	stale    bool                // a write succeeded, but its result had no id
}

// group is a group of the list, of any kind. Its id has no change key: that changes with the members,
// and no operation needs it.
type group struct {
	name        string
	kind        imgroup.GroupType
	id          imgroup.GroupID
	address     string // of a distribution group
	addressKey  string // of address
	members     []member
	keys        map[string]int // how many members have the key
	undescribed []string       // ids of the members without a persona, or without an address
}

// member is a contact in a group, with its id there.
type member struct {
	id string
	*contact
}

// contact is a contact of the list. Exactly one of person and telephone is set. A contact without a
// key cannot be compared with others; it counts for the limit and is undescribed in its groups.
type contact struct {
	key       string
	further   []string // keys of the addresses other than the preferred one
	id        string
	groups    int // number of groups that have it
	person    Contact
	telephone Telephone
}

// newList returns the list of items, which may be nil.
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
			address: from.SMTPAddress, addressKey: contactKey(from.SMTPAddress),
		}
		seen := make(map[string]bool, len(from.Members))
		for _, m := range from.Members {
			c := byID[m.ID]
			switch {
			case c == nil || c.key == "":
				g.undescribed = append(g.undescribed, m.ID)
			case !seen[m.ID]:
				l.join(g, c, m.ID)
			}
			seen[m.ID] = true
		}
		l.groups = append(l.groups, g)
	}
	return l
}

// readPersonas adds the contacts and returns them by every id that a group may have for them: a
// persona of several quick contacts has one for each.
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
			key := contactKey(address.Value)
			if key == "" || key == c.key || l.further[key] == c {
				continue
			}
			c.further = append(c.further, key)
			if l.further[key] == nil {
				l.further[key] = c
			}
		}
	}
	return byID
}

// contactOf returns a persona as a person, if it has an instant-messaging address that is no tel URI,
// or as a telephone. A persona with neither address nor number gets no key.
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

// idOnly returns the id without its change key.
func idOnly(id imgroup.GroupID) imgroup.GroupID { return imgroup.GroupID{ID: id.ID} }

// lookup returns the contact with one of the keys: first by preferred addresses, then by further ones.
func (l *list) lookup(keys ...string) *contact {
	for _, byKey := range []map[string]*contact{l.contacts, l.further} {
		for _, key := range keys {
			if c := byKey[key]; c != nil {
				return c
			}
		}
	}
	return nil
}

// byID returns the group of that id.
func (l *list) byID(id string) *group {
	for _, g := range l.groups {
		if id != "" && g.id.ID == id {
			return g
		}
	}
	return nil
}

// group returns the group of that name, an exact match first.
func (l *list) group(name string) *group {
	for _, g := range l.groups {
		if g.name == name {
			return g
		}
	}
	key := imgroup.NameKey(name)
	i := slices.IndexFunc(l.groups, func(g *group) bool { return imgroup.NameKey(g.name) == key })
	if i < 0 {
		return nil
	}
	return l.groups[i]
}

// named returns the groups of that name, in any case. A server has one at most, but lists that are
// older than this rule, or came from another program, may have more.
func (l *list) named(name string) (all []*group) {
	key := imgroup.NameKey(name)
	for _, g := range l.groups {
		if imgroup.NameKey(g.name) == key {
			all = append(all, g)
		}
	}
	return all
}

// twins returns the groups that share a name with another one, by the folded name.
func (l *list) twins() map[string][]*group {
	byName := make(map[string][]*group, len(l.groups))
	for _, g := range l.groups {
		byName[imgroup.NameKey(g.name)] = append(byName[imgroup.NameKey(g.name)], g)
	}
	maps.DeleteFunc(byName, func(_ string, same []*group) bool { return len(same) < 2 })
	return byName
}

// distribution returns the distribution group of that address.
func (l *list) distribution(address string) *group {
	key := contactKey(address)
	for _, g := range l.groups {
		if g.kind == imgroup.DistributionGroup && key != "" && g.addressKey == key {
			return g
		}
	}
	return nil
}

// sizes returns the numbers that the server limits: distribution groups count as groups, built-in
// groups do not.
func (l *list) sizes() (groups, contacts int) {
	for _, g := range l.groups {
		if !g.kind.BuiltIn() {
			groups++
		}
	}
	return groups, l.count
}

// memberships returns the number of members of all groups.
func (l *list) memberships() (n int) {
	for _, g := range l.groups {
		n += g.size()
	}
	return n
}

// addGroup adds a new group. It and the next methods apply a write to the list.
func (l *list) addGroup(g *group) { l.groups = append(l.groups, g) }

// addContact adds a new contact.
func (l *list) addContact(c *contact) {
	l.contacts[c.key] = c
	l.count++
}

// join adds a contact to a group.
func (l *list) join(g *group, c *contact, id string) {
	if g.keys == nil {
		g.keys = map[string]int{}
	}
	g.members = append(g.members, member{id, c})
	g.keys[c.key]++
	c.groups++
}

// remove removes a group, and the contacts that no other group has.
func (l *list) remove(gone *group) {
	l.groups = slices.DeleteFunc(l.groups, func(g *group) bool { return g == gone })
	for _, m := range gone.members {
		l.release(m.contact)
	}
}

// leave removes a contact from a group, and from the list if that was its last one.
func (l *list) leave(g *group, id string) {
	i := slices.IndexFunc(g.members, func(m member) bool { return m.id == id })
	if i < 0 {
		return
	}
	c := g.members[i].contact
	g.members = slices.Delete(g.members, i, i+1)
	g.keys[c.key]--
	l.release(c)
}

// release counts one group less for a contact, and removes it from the list after the last one.
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

// memberKeys returns the keys of the members for [Step.MemberKeys].
func (g *group) memberKeys() string {
	keys := make([]string, len(g.members))
	for i, m := range g.members {
		keys[i] = oneLine(m.key)
	}
	slices.Sort(keys)
	return strings.Join(slices.Compact(keys), "\n")
}

// oneLine returns a key without line feeds, which a malformed address may have.
func oneLine(key string) string { return strings.ReplaceAll(key, "\n", " ") }

// hasOthers reports whether the group has a member that is not among those of memberKeys.
func (g *group) hasOthers(keys string) bool {
	had := setOf(strings.Split(keys, "\n"))
	return len(g.undescribed) > 0 || slices.ContainsFunc(g.members, func(m member) bool { return !had[oneLine(m.key)] })
}

// leaver returns the member with one of the keys that is removed first: one of the record, if it is
// not nil and has one.
func (g *group) leaver(keys []string, only *Ownership) (member, bool) {
	first, ok := g.find(nil, keys)
	if !ok || only == nil {
		return first, ok
	}
	owned := only.groups[g.id.ID]
	for _, m := range g.members {
		if slices.Contains(keys, m.key) && owned.has(m) {
			return m, true
		}
	}
	return first, true
}

// find returns the member that is c, which may be nil, or that has one of the keys. If a server has
// two contacts with the same address, it returns one of them.
func (g *group) find(c *contact, keys []string) (member, bool) {
	has := func(key string) bool { return g.keys[key] > 0 }
	if (c == nil || !has(c.key)) && !slices.ContainsFunc(keys, has) {
		return member{}, false
	}
	for _, m := range g.members {
		if c != nil && m.key == c.key || slices.Contains(keys, m.key) {
			return m, true
		}
	}
	return member{}, false
}
