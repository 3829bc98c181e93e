package ewstest

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/internal/dotnet"
	"github.com/go-ews/exchange/internal/storeid"
)

// getImItemList returns the whole list.
func (m *mailbox) getImItemList(request *dotnet.Element) (node, error) {
	return itemList(request, m.shown(), m.contacts)
}

// getImItems returns the groups and contacts that are asked for. It does not check ids: the ones
// that name nothing are left out.
func (m *mailbox) getImItems(request *dotnet.Element) (node, error) {
	groups := asked(m, m.shown(), request.Child(messagesSpace, "GroupIds"), func(g *group) string { return g.id })
	contacts := asked(m, m.contacts, request.Child(messagesSpace, "ContactIds"), func(c *contact) string { return c.id })
	return itemList(request, groups, contacts)
}

// asked returns the items whose ids are in a list, which may be nil, in the order of the mailbox.
// The schema's other kinds of ids name occurrences of appointments.
func asked[T any](m *mailbox, items []*T, list *dotnet.Element, idOf func(*T) string) []*T {
	var ids []string
	if list != nil {
		for _, e := range list.Children {
			if id, ok := e.Attr("Id"); ok && e.Name.Local == "ItemId" {
				ids = append(ids, id)
			}
		}
	}
	place := func(item *T) int { return slices.Index(ids, idOf(item)) }
	items = slices.DeleteFunc(slices.Clone(items), func(item *T) bool { return place(item) < 0 })
	if !m.profile.holds("items-order") {
		slices.SortFunc(items, func(a, b *T) int { return place(a) - place(b) })
	}
	return items
}

func itemList(request *dotnet.Element, groups []*group, contacts []*contact) (node, error) {
	properties, err := requestedProperties(request)
	if err != nil {
		return node{}, err
	}
	return el("m:ImItemList",
		el("t:Groups", each(groups, func(g *group) node { return g.node("t:ImGroup", properties) })...),
		el("t:Personas", each(contacts, func(c *contact) node { return c.node("t:Persona", properties) })...),
	), nil
}

// node returns the group, the schema's ImGroupType, with the properties that were asked for.
func (g *group) node(name string, properties []property) node {
	v := g.imGroup()
	return el(name,
		leaf("t:DisplayName", v.DisplayName),
		leaf("t:GroupType", string(v.GroupType)),
		idNode("t:ExchangeStoreId", v.ExchangeStoreID.ID, v.ExchangeStoreID.ChangeKey),
		list("t:MemberCorrelationKey", v.Members, func(id imgroup.ContactID) node {
			return idNode("t:ItemId", id.ID, id.ChangeKey)
		}),
		extendedProperties(properties, g.propertyValues(), func(p property, values []string) node {
			return p.node("t:ExtendedProperty", values)
		}),
		optional("t:SmtpAddress", v.SMTPAddress))
}

// node returns the contact, the schema's PersonaType, with the properties that were asked for. Two
// of Microsoft's samples name the parts of an e-mail address otherwise than the schema.
func (c *contact) node(name string, properties []property) node {
	sources := el("t:Attributions", leaf("t:Attribution", "0"))
	value := func(list, item string, v node) node { return el(list, el(item, v, sources)) }
	text := func(list, s string) node {
		if s == "" {
			return node{}
		}
		return value(list, "t:StringAttributedValue", leaf("t:Value", s))
	}
	var email, emails, emails1, telephones node
	if address := imgroup.BareAddress(c.address); address != "" {
		parts := []node{leaf("t:Name", c.displayName()), leaf("t:EmailAddress", address), leaf("t:RoutingType", "SMTP")}
		email, emails = el("t:EmailAddress", parts...), el("t:EmailAddresses", el("t:Address", parts...))
		emails1 = value("t:Emails1", "t:EmailAddressAttributedValue", el("t:Value", parts...))
	}
	if number := c.tel.TelephoneNumber; c.tel.TelURI != "" {
		telephones = value("t:OtherTelephones", "t:PhoneNumberAttributedValue",
			el("t:Value", leaf("t:Number", number), leaf("t:Type", "Other")))
	}
	return el(name,
		leaf("t:PersonaId", "", "Id", c.personaID), leaf("t:PersonaType", "Person"),
		leaf("t:CreationTime", c.created.Format(time.RFC3339)),
		leaf("t:DisplayName", c.displayName()),
		leaf("t:DisplayNameFirstLast", cmp.Or(c.displayName(), c.tel.TelephoneNumber)),
		leaf("t:DisplayNameLastFirst", cmp.Or(c.displayName(), c.tel.TelephoneNumber)),
		leaf("t:FileAs", ""), leaf("t:FileAsId", "None"),
		email, emails,
		optional("t:ImAddress", c.address),
		leaf("t:RelevanceScore", strconv.Itoa(relevance)),
		el("t:Attributions", el("t:Attribution",
			leaf("t:Id", "0"), idNode("t:SourceId", c.id, c.changeKey),
			leaf("t:DisplayName", sourceName),
			leaf("t:IsWritable", "false"), leaf("t:IsQuickContact", "true"), leaf("t:IsHidden", "false"),
			idNode("t:FolderId", c.folderID, storeid.NewChangeKey(storeid.FolderKey, 0)))),
		text("t:DisplayNames", c.displayName()),
		text("t:FileAsIds", "None"),
		telephones, emails1,
		text("t:ImAddresses", c.address),
		extendedProperties(properties, c.propertyValues(), func(p property, values []string) node {
			return el("t:ExtendedPropertyAttributedValue", p.node("t:Value", values), sources)
		}))
}

func idNode(name, id, changeKey string) node {
	return leaf(name, "", "Id", id, "ChangeKey", changeKey)
}
