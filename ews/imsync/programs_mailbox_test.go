package imsync_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
)

// memory is the list of a mailbox without XML and HTTP, hundreds of times faster than ewstest: the
// operations as DESIGN and Microsoft's pages describe them. One program in many runs against ewstest
// instead, through a client, and must find the same.
type memory struct {
	groups    []*memoryGroup
	serial    int
	maxGroups int // the built-in ones do not count
}

type memoryGroup struct {
	id, name, address string
	kind              imgroup.GroupType
	members           []*memoryContact
}

// memoryContact is a person by address, a telephone by number, or a contact that the list does not
// describe.
type memoryContact struct {
	id, address, number string
	further             []string // addresses
}

func newMemory(maxGroups int) *memory {
	m := &memory{maxGroups: maxGroups}
	for kind, name := range map[imgroup.GroupType]string{imgroup.Favorites: "Favorites", imgroup.OtherContacts: "Other Contacts"} {
		m.groups = append(m.groups, &memoryGroup{id: string(kind), name: name, kind: kind})
	}
	slices.SortFunc(m.groups, func(a, b *memoryGroup) int { return strings.Compare(a.id, b.id) })
	return m
}

func (m *memory) newID() string {
	m.serial++
	return "id" + strconv.Itoa(m.serial)
}

func (m *memory) group(id string) *memoryGroup {
	for _, g := range m.groups {
		if g.id == id {
			return g
		}
	}
	return nil
}

func (m *memory) named(name string) *memoryGroup {
	for _, g := range m.groups {
		if strings.EqualFold(g.name, name) {
			return g
		}
	}
	return nil
}

// contact returns the contact of the list that is the one.
func (m *memory) contact(is func(*memoryContact) bool) *memoryContact {
	for _, g := range m.groups {
		if i := slices.IndexFunc(g.members, is); i >= 0 {
			return g.members[i]
		}
	}
	return nil
}

// GetImItemList returns the whole list.
func (m *memory) GetImItemList(context.Context, imgroup.ListQuery) (*imgroup.ItemList, error) {
	l := &imgroup.ItemList{Groups: make([]imgroup.ImGroup, 0, len(m.groups)), Personas: make([]imgroup.Persona, 0, 8)}
	seen := map[*memoryContact]bool{}
	for _, g := range m.groups {
		out := imgroup.ImGroup{
			DisplayName: g.name, GroupType: g.kind, SMTPAddress: g.address,
			ExchangeStoreID: imgroup.GroupID{ID: g.id}, Members: make([]imgroup.ContactID, 0, len(g.members)),
		}
		for _, c := range g.members {
			out.Members = append(out.Members, imgroup.ContactID{ID: c.id})
			if !seen[c] {
				seen[c] = true
				l.Personas = append(l.Personas, c.persona())
			}
		}
		l.Groups = append(l.Groups, out)
	}
	return l, nil
}

func (c *memoryContact) persona() imgroup.Persona {
	p := imgroup.Persona{
		ImAddress:    c.address,
		Attributions: []imgroup.Attribution{{IsQuickContact: true, SourceID: imgroup.ItemID{ID: c.id}}},
	}
	if c.number != "" {
		p.Phones = []imgroup.AttributedPhone{{PhoneNumber: imgroup.PhoneNumber{Number: c.number}}}
	}
	for _, a := range append([]string{c.address}, c.further...) {
		if a != "" {
			p.ImAddresses = append(p.ImAddresses, imgroup.AttributedString{Value: a})
		}
	}
	return p
}

func refused(code ews.ResponseCode) error { return &ews.Error{Code: code} }

func (m *memory) addGroup(name string, kind imgroup.GroupType, address string) (*imgroup.ImGroup, error) {
	if m.named(name) != nil {
		return nil, refused(ews.ErrorImGroupDisplayNameAlreadyExists)
	}
	if len(m.groups)-2 >= m.maxGroups {
		return nil, refused(ews.ErrorImGroupLimitReached)
	}
	g := &memoryGroup{id: m.newID(), name: name, kind: kind, address: address}
	m.groups = append(m.groups, g)
	return &imgroup.ImGroup{DisplayName: name, GroupType: kind, SMTPAddress: address, ExchangeStoreID: imgroup.GroupID{ID: g.id}}, nil
}

// AddImGroup refuses a name that a group has, in any case.
func (m *memory) AddImGroup(_ context.Context, name string) (*imgroup.ImGroup, error) {
	return m.addGroup(name, imgroup.UserGroup, "")
}

// SetImGroup refuses its own name too.
func (m *memory) SetImGroup(_ context.Context, id imgroup.GroupID, name string) error {
	g := m.group(id.ID)
	switch {
	case g == nil || g.kind != imgroup.UserGroup:
		return refused(ews.ErrorInvalidImGroupId)
	case m.named(name) != nil:
		return refused(ews.ErrorImGroupDisplayNameAlreadyExists)
	}
	g.name = name
	return nil
}

// RemoveImGroup removes a group and the contacts that no other group has.
func (m *memory) RemoveImGroup(_ context.Context, id imgroup.GroupID) error {
	return m.removeGroup(id, imgroup.UserGroup, ews.ErrorInvalidImGroupId)
}

func (m *memory) removeGroup(id imgroup.GroupID, kind imgroup.GroupType, unknown ews.ResponseCode) error {
	i := slices.IndexFunc(m.groups, func(g *memoryGroup) bool { return g.id == id.ID && g.kind == kind })
	if i < 0 {
		return refused(unknown)
	}
	m.groups = slices.Delete(m.groups, i, i+1)
	return nil
}

// AddNewImContactToGroup makes no second contact of an address.
func (m *memory) AddNewImContactToGroup(_ context.Context, spec imgroup.ContactSpec) (*imgroup.Persona, error) {
	key := keyOf(spec.Address, "", "")
	return m.put(&memoryContact{address: spec.Address}, spec.Group, func(c *memoryContact) bool { return c.key() == key })
}

// AddNewTelUriContactToGroup makes no second contact of a number.
func (m *memory) AddNewTelUriContactToGroup(_ context.Context, spec imgroup.TelContactSpec) (*imgroup.Persona, error) {
	if spec.SIPURI == "" || spec.TelURI == "" {
		return nil, refused(ews.ErrorSchemaValidation)
	}
	key := keyOf("", spec.TelephoneNumber, "")
	return m.put(&memoryContact{number: spec.TelephoneNumber}, spec.Group, func(c *memoryContact) bool { return c.key() == key })
}

func (m *memory) put(c *memoryContact, id imgroup.GroupID, same func(*memoryContact) bool) (*imgroup.Persona, error) {
	g := m.group(id.ID)
	if g == nil || g.kind == imgroup.DistributionGroup {
		return nil, refused(ews.ErrorItemNotFound)
	}
	if existing := m.contact(same); existing != nil {
		c = existing
	} else {
		c.id = m.newID()
	}
	g.join(c)
	p := c.persona()
	return &p, nil
}

func (g *memoryGroup) join(c *memoryContact) {
	if !slices.Contains(g.members, c) {
		g.members = append(g.members, c)
	}
}

// AddImContactToGroup changes nothing for a member.
func (m *memory) AddImContactToGroup(_ context.Context, contact imgroup.ContactID, id imgroup.GroupID) error {
	c := m.contact(func(c *memoryContact) bool { return c.id == contact.ID })
	if c == nil {
		return refused(ews.ErrorInvalidImContactId)
	}
	g := m.group(id.ID)
	if g == nil || g.kind == imgroup.DistributionGroup {
		return refused(ews.ErrorInvalidImGroupId)
	}
	g.join(c)
	return nil
}

// RemoveImContactFromGroup refuses a contact that is not in the group.
func (m *memory) RemoveImContactFromGroup(_ context.Context, contact imgroup.ContactID, id imgroup.GroupID) error {
	g := m.group(id.ID)
	if g == nil {
		return refused(ews.ErrorInvalidImGroupId)
	}
	i := slices.IndexFunc(g.members, func(c *memoryContact) bool { return c.id == contact.ID })
	if i < 0 {
		return refused(ews.ErrorInvalidImContactId)
	}
	g.members = slices.Delete(g.members, i, i+1)
	return nil
}

// AddDistributionGroupToImList refuses an address that the list has.
func (m *memory) AddDistributionGroupToImList(_ context.Context, address, name string) (*imgroup.ImGroup, error) {
	for _, g := range m.groups {
		if g.kind == imgroup.DistributionGroup && strings.EqualFold(g.address, address) {
			return nil, refused(ews.ErrorImGroupDisplayNameAlreadyExists)
		}
	}
	return m.addGroup(name, imgroup.DistributionGroup, address)
}

// RemoveDistributionGroupFromImList refuses the id of another kind of group.
func (m *memory) RemoveDistributionGroupFromImList(_ context.Context, id imgroup.GroupID) error {
	return m.removeGroup(id, imgroup.DistributionGroup, ews.ErrorItemNotFound)
}

func (c *memoryContact) key() string { return keyOf(c.address, c.number, c.id) }

// keyOf returns what a contact is known by: its address, else its number, else its id.
func keyOf(address, number, id string) string {
	switch {
	case address != "":
		return strings.ToLower(strings.TrimPrefix(strings.ToLower(address), "sip:"))
	case number != "":
		return "tel " + number
	}
	return "? " + id
}

// thing is a group by id, or with a key a membership.
type thing struct{ group, key string }

// inventory is a list in the terms of the oracle: names and things. Two contacts of one key in one
// group are one thing.
type inventory struct {
	groups []inventoryGroup
	things map[thing]bool
	id     map[thing]string    // of the first contact of the key in the group
	more   map[thing][]string  // of further ones
	also   map[string][]string // keys of further addresses, by key
}

type inventoryGroup struct {
	id, name, address string
	kind              imgroup.GroupType
}

// takesContacts reports whether a roster may list contacts of the group.
func (g inventoryGroup) takesContacts() bool { return g.kind == imgroup.UserGroup || g.kind.BuiltIn() }

// take returns the inventory of a list.
func take(l *imgroup.ItemList) inventory {
	in := inventory{things: make(map[thing]bool, 4*len(l.Groups)), id: make(map[thing]string, 4*len(l.Groups))}
	keys := make(map[string]string, len(l.Personas))
	for i := range l.Personas {
		p := &l.Personas[i]
		id, number := "", ""
		if len(p.Attributions) > 0 {
			id = p.Attributions[0].SourceID.ID
		}
		if len(p.Phones) > 0 {
			number = p.Phones[0].Number
		}
		key := keyOf(p.ImAddress, number, id)
		keys[id] = key
		for _, a := range p.ImAddresses {
			if other := keyOf(a.Value, "", ""); other != key {
				if in.also == nil {
					in.also = map[string][]string{}
				}
				in.also[key] = append(in.also[key], other)
			}
		}
	}
	for i := range l.Groups {
		g := &l.Groups[i]
		id := g.ExchangeStoreID.ID
		in.groups = append(in.groups, inventoryGroup{id, g.DisplayName, g.SMTPAddress, g.GroupType})
		in.things[thing{id, ""}] = true
		for _, m := range g.Members {
			key := keys[m.ID]
			if key == "" {
				key = "? " + m.ID
			}
			x := thing{id, key}
			if in.things[x] {
				if in.more == nil {
					in.more = map[thing][]string{}
				}
				in.more[x] = append(in.more[x], m.ID)
				continue
			}
			in.things[x], in.id[x] = true, m.ID
		}
	}
	return in
}

// group returns the group of an id.
func (in *inventory) group(id string) (inventoryGroup, bool) {
	for _, g := range in.groups {
		if g.id == id {
			return g, true
		}
	}
	return inventoryGroup{}, false
}

// named returns the groups of a name, in any case.
func (in *inventory) named(name string) (all []inventoryGroup) {
	for _, g := range in.groups {
		if strings.EqualFold(g.name, name) {
			all = append(all, g)
		}
	}
	return all
}

// members returns the keys of a group's members.
func (in *inventory) members(id string) (keys []string) {
	for x := range in.things {
		if x.group == id && x.key != "" {
			keys = append(keys, x.key)
		}
	}
	slices.Sort(keys)
	return keys
}

// size returns the number of a group's members.
func (in *inventory) size(id string) (n int) {
	for x := range in.things {
		if x.group == id && x.key != "" {
			n += 1 + len(in.more[x])
		}
	}
	return n
}

// has reports whether the contact of an id is a member by the key.
func (in *inventory) has(x thing, id string) bool {
	return in.things[x] && (in.id[x] == id || slices.Contains(in.more[x], id))
}

// undescribed reports whether the list does not say who some members of a group are.
func (in *inventory) undescribed(id string) bool {
	return slices.ContainsFunc(in.members(id), func(key string) bool { return strings.HasPrefix(key, "?") })
}

func (x thing) String() string { return fmt.Sprintf("%s/%s", x.group, x.key) }
