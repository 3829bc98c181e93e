package ewstest

import (
	"slices"

	"github.com/go-ews/exchange/internal/dotnet"
)

// getImItemList answers with everything.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getimitemlist-operation
func (m *mailbox) getImItemList(request *dotnet.Element, payload *writer) error {
	properties, err := requestedProperties(request)
	if err != nil {
		return err
	}
	payload.itemList(m.groups, m.contacts, properties)
	return nil
}

// getImItems answers with the groups and contacts that are asked for, in the order of the list. It
// does not check ids: the ones that name nothing are left out.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getimitems-operation
func (m *mailbox) getImItems(request *dotnet.Element, payload *writer) error {
	properties, err := requestedProperties(request)
	if err != nil {
		return err
	}
	wanted := itemIDs(request, "GroupIds")
	groups := slices.DeleteFunc(slices.Clone(m.groups), func(g *group) bool { return !wanted[g.id] })
	wanted = itemIDs(request, "ContactIds")
	contacts := slices.DeleteFunc(slices.Clone(m.contacts), func(c *contact) bool { return !wanted[c.id] })
	payload.itemList(groups, contacts, properties)
	return nil
}

// itemIDs returns the ids in a list of them. The schema's other kinds of ids name occurrences of
// appointments.
func itemIDs(request *dotnet.Element, name string) map[string]bool {
	ids := make(map[string]bool)
	if list := request.Child(messagesSpace, name); list != nil {
		for _, e := range list.Children {
			if id, ok := e.Attr("Id"); ok && e.Name.Local == "ItemId" {
				ids[id] = true
			}
		}
	}
	return ids
}

// itemList writes the payload of the two operations.
func (w *writer) itemList(groups []*group, contacts []*contact, properties []property) {
	w.open("m:ImItemList")
	w.open("t:Groups")
	for _, g := range groups {
		w.group("t:ImGroup", g, properties)
	}
	w.close("t:Groups")
	w.open("t:Personas")
	for _, c := range contacts {
		w.persona("t:Persona", c, properties)
	}
	w.close("t:Personas")
	w.close("m:ImItemList")
}
