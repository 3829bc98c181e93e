package ewstest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/internal/dotnet"
	"github.com/go-ews/exchange/internal/storeid"
)

// contact is an entry of the list: a person with an instant-messaging address, or a telephone.
type contact struct {
	id, changeKey string
	personaID     string
	folderID      string // of Quick Contacts
	key           string // equal for two contacts that are the same one
	created       time.Time
	ungrouped     bool // added without a group, which it does not need until it joins one

	address, name string                 // of a person: with or without sip:; "" for no name
	tel           imgroup.TelContactSpec // of a telephone
}

// newIMContact returns a person, identified by the address.
func newIMContact(address, name string) *contact {
	return &contact{address: address, name: name, key: "im " + imgroup.AddressKey(address)}
}

// newTelContact returns a telephone, identified by its URI.
func newTelContact(tel imgroup.TelContactSpec) *contact {
	return &contact{tel: tel, key: "tel " + strings.ToLower(tel.TelURI)}
}

// put puts a contact into a group and returns it, or the same one that the list has already.
func (m *mailbox) put(c *contact, g *group) *contact {
	if existing := m.existing(c); existing != nil {
		m.join(existing, g)
		return existing
	}
	c.id = m.newItemID()
	c.personaID = storeid.New(storeid.Persona, m.guid, m.serial)
	c.folderID = storeid.New(storeid.Item, m.guid, 0) // objects are numbered from 1
	c.created = time.Now().UTC().Truncate(time.Second)
	m.changes++
	c.changeKey = storeid.NewChangeKey(storeid.ContactKey, m.changes)
	m.contacts = append(m.contacts, c)
	m.join(c, g)
	return c
}

// existing returns the same contact in the list, nil if there is none.
func (m *mailbox) existing(c *contact) *contact {
	return find(m.contacts, func(other *contact) bool { return other.key == c.key })
}

// join makes a contact a member of a group, unless it is one; nil is no group.
func (m *mailbox) join(c *contact, g *group) {
	c.ungrouped = g == nil
	if g != nil && !slices.Contains(g.members, c) {
		g.members = append(g.members, c)
		m.touch(g)
	}
}

// leave takes a contact out of a group.
func (m *mailbox) leave(c *contact, g *group) {
	g.members = slices.DeleteFunc(g.members, func(other *contact) bool { return other == c })
	m.touch(g)
}

// dropOrphans removes the contacts that need a group and have none.
func (m *mailbox) dropOrphans() {
	if !m.profile.holds("last-group") {
		return
	}
	m.contacts = slices.DeleteFunc(m.contacts, func(c *contact) bool {
		return !c.ungrouped && !slices.ContainsFunc(m.groups, func(g *group) bool { return slices.Contains(g.members, c) })
	})
}

// contact returns the contact that the request's ContactId names.
func (m *mailbox) contact(request *dotnet.Element, unknown ews.ResponseCode) (*contact, error) {
	id, key, err := m.idIn(request, "ContactId", unknown)
	if err != nil {
		return nil, err
	}
	c := find(m.contacts, func(c *contact) bool { return c.id == id })
	if c == nil {
		return nil, refuse(unknown)
	}
	return c, m.checkKey(key, c.changeKey)
}

// What all contacts of Microsoft's samples have.
const (
	sourceName = "Lync Contacts"
	relevance  = 1<<31 - 1
)

// persona returns the contact as a client sees it, like the ones in Microsoft's samples.
func (c *contact) persona() imgroup.Persona {
	source := []string{"0"}
	p := imgroup.Persona{
		PersonaID: imgroup.PersonaID{ID: c.personaID}, PersonaType: "Person", CreationTime: c.created,
		FileAsID: "None", FileAsIDs: []imgroup.AttributedString{{Value: "None", Attributions: source}},
		Attributions: []imgroup.Attribution{{
			ID: source[0], DisplayName: sourceName, IsQuickContact: true,
			SourceID: imgroup.ItemID{ID: c.id, ChangeKey: c.changeKey},
			FolderID: imgroup.ItemID{ID: c.folderID, ChangeKey: storeid.NewChangeKey(storeid.FolderKey, 0)},
		}},
		RelevanceScore: relevance,
	}
	if c.tel.TelURI != "" {
		number := imgroup.PhoneNumber{Number: c.tel.TelephoneNumber, Type: "Other"}
		p.DisplayNameFirstLast, p.DisplayNameLastFirst = number.Number, number.Number
		p.Phones = []imgroup.AttributedPhone{{PhoneNumber: number, Kind: "OtherTelephones", Attributions: source}}
		return p
	}
	name := c.displayName()
	p.DisplayName, p.DisplayNameFirstLast, p.DisplayNameLastFirst = name, name, name
	p.DisplayNames = []imgroup.AttributedString{{Value: name, Attributions: source}}
	p.ImAddress, p.ImAddresses = c.address, []imgroup.AttributedString{{Value: c.address, Attributions: source}}
	if address := imgroup.BareAddress(c.address); address != "" {
		email := imgroup.EmailAddress{Name: name, Address: address, RoutingType: "SMTP"}
		p.EmailAddress, p.EmailAddresses = email, []imgroup.EmailAddress{email}
		p.Emails = []imgroup.AttributedEmail{{EmailAddress: email, Attributions: source}}
	}
	return p
}

// displayName returns the name, else the address. A telephone has none.
func (c *contact) displayName() string {
	if c.tel.TelURI != "" {
		return ""
	}
	return cmp.Or(c.name, imgroup.BareAddress(c.address), c.address)
}
