package ews_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/imgroup/mapi"
)

// peerCases hold what every Exchange does, the one in process included.
var peerCases = []struct {
	name string
	run  func(*testing.T, *peer)
}{
	{"built-in groups", builtInGroups},
	{"a group's life", groupLife},
	{"awkward name", awkwardName},
	{"name taken", nameTaken},
	{"a contact's life", contactLife},
	{"contact moved", contactMoved},
	{"contact by telephone", telephoneContact},
	{"items by id", itemsByID},
	{"extended property", extendedProperty},
	{"not found", notFound},
	{"malformed id", malformedID},
	{"no distribution group", noDistributionGroup},
	{"old version", oldVersion},
	{"request that breaks the schema", brokenSchema},
	{"request that is no XML", brokenXML},
	{"response info", responseInfo},
}

func builtInGroups(t *testing.T, p *peer) {
	t.Helper()
	list := p.list(t)
	for _, want := range []imgroup.GroupType{imgroup.Favorites, imgroup.OtherContacts, imgroup.Tagged} {
		if !slices.ContainsFunc(list.Groups, func(g imgroup.ImGroup) bool { return g.GroupType == want }) {
			t.Errorf("no group of type %s", want)
		}
	}
}

func groupLife(t *testing.T, p *peer) {
	t.Helper()
	group := p.group(t, "Sales")
	found, ok := p.list(t).GroupByName(p.prefix + "Sales")
	if !ok || found.ExchangeStoreID.ID != group.ID || found.GroupType != imgroup.UserGroup ||
		len(found.Members) != 0 {
		t.Fatalf("the list has %+v", found)
	}
	if err := p.client.SetImGroup(t.Context(), group, p.prefix+"Support"); err != nil {
		t.Fatal(err)
	}
	list := p.list(t)
	if _, old := list.GroupByName(p.prefix + "Sales"); old {
		t.Error("the old name is there still")
	}
	renamed, ok := list.GroupByName(p.prefix + "Support")
	if !ok || renamed.ExchangeStoreID.ID != group.ID {
		t.Fatalf("the renamed group is %+v", renamed)
	}
	if err := p.client.RemoveImGroup(t.Context(), renamed.ExchangeStoreID); err != nil {
		t.Fatal(err)
	}
	if _, ok := p.list(t).Group(group); ok {
		t.Error("the group is there still")
	}
}

func awkwardName(t *testing.T, p *peer) {
	t.Helper()
	const name = "R&D <\"caf\u00e9\"> ]]> \U0001F600 o'hara"
	p.group(t, name)
	if _, ok := p.list(t).GroupByName(p.prefix + name); !ok {
		t.Error("the name did not come back as it was given")
	}
}

func nameTaken(t *testing.T, p *peer) {
	t.Helper()
	group := p.group(t, "Sales")
	other := p.group(t, "Support")
	taken := ews.ErrorImGroupDisplayNameAlreadyExists
	if again, err := p.client.AddImGroup(t.Context(), p.prefix+"Sales"); !errors.Is(err, taken) || again != nil {
		t.Errorf("the same name again: %v, %v", again, err)
	}
	if err := p.client.SetImGroup(t.Context(), other, p.prefix+"Sales"); !errors.Is(err, taken) {
		t.Errorf("renamed to the name of another: %v", err)
	}
	if err := p.client.SetImGroup(t.Context(), group, p.prefix+"Sales"); !errors.Is(err, taken) {
		t.Errorf("renamed to its own name: %v", err)
	}
}

func contactLife(t *testing.T, p *peer) {
	t.Helper()
	sales, support := p.group(t, "Sales"), p.group(t, "Support")
	contact, address := p.contact(t, "tony", sales)
	if persona, ok := p.list(t).Contact(strings.ToUpper(address)); !ok {
		t.Fatalf("no contact %s", address)
	} else if id, _ := persona.ContactID(); id.ID != contact.ID {
		t.Errorf("the list names the contact %s, the response %s", id.ID, contact.ID)
	}
	if err := p.client.AddImContactToGroup(t.Context(), contact, support); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(p.members(t, sales), contact.ID) || !slices.Contains(p.members(t, support), contact.ID) {
		t.Error("the contact is not in both groups")
	}
	for _, group := range []imgroup.GroupID{sales, support} {
		if err := p.client.RemoveImContactFromGroup(t.Context(), contact, group); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := p.list(t).Contact(address); ok {
		t.Error("a contact without groups is in the list")
	}
}

func contactMoved(t *testing.T, p *peer) {
	t.Helper()
	from, to := p.group(t, "From"), p.group(t, "To")
	contact, address := p.contact(t, "terry", from)
	if err := p.client.AddImContactToGroup(t.Context(), contact, to); err != nil {
		t.Fatal(err)
	}
	p.removeLater(t, func(ctx ctx) error { return p.client.RemoveImContactFromGroup(ctx, contact, to) })
	if err := p.client.RemoveImContactFromGroup(t.Context(), contact, from); err != nil {
		t.Fatal(err)
	}
	persona, ok := p.list(t).Contact(address)
	if !ok {
		t.Fatal("the contact is lost")
	}
	id, _ := persona.ContactID()
	if groups := p.list(t).GroupsOf(id); len(groups) != 1 || groups[0].ID != to.ID {
		t.Errorf("the contact is in %v, want %s", groups, to.ID)
	}
}

func telephoneContact(t *testing.T, p *peer) {
	t.Helper()
	group := p.group(t, "Telephones")
	persona := must[*imgroup.Persona](t)(p.client.AddNewTelUriContactToGroup(t.Context(), imgroup.TelContactSpec{
		TelURI: "tel:5625550100", SIPURI: "sip:john@example.com", TelephoneNumber: "5625550100", Group: group,
	}))
	contact, ok := persona.ContactID()
	if !ok || !slices.Contains(p.members(t, group), contact.ID) {
		t.Errorf("the contact %+v is not in its group", contact)
	}
	p.removeLater(t, func(ctx ctx) error { return p.client.RemoveImContactFromGroup(ctx, contact, group) })
}

func itemsByID(t *testing.T, p *peer) {
	t.Helper()
	group := p.group(t, "Sales")
	contact, address := p.contact(t, "tony", group)
	got := must[*imgroup.ItemList](t)(p.client.GetImItems(t.Context(), imgroup.ItemQuery{
		Contacts: []imgroup.ContactID{{ID: contact.ID}}, Groups: []imgroup.GroupID{group},
	}))
	if len(got.Groups) != 1 || len(got.Personas) != 1 {
		t.Fatalf("%d groups and %d contacts for one id each", len(got.Groups), len(got.Personas))
	}
	if _, ok := got.Contact(address); !ok || !got.Groups[0].HasMember(contact) {
		t.Errorf("%+v", got)
	}
}

func extendedProperty(t *testing.T, p *peer) {
	t.Helper()
	name := mapi.Tag(0x3001, mapi.String)
	made := p.group(t, "Sales")
	group, ok := p.list(t, name).Group(made)
	if !ok || len(group.ExtendedProperties) != 1 {
		t.Fatalf("%+v", group)
	}
	if got := group.ExtendedProperties[0]; got.URI != name || len(got.Values) != 1 ||
		got.Values[0] != group.DisplayName {
		t.Errorf("%v is %q", got.URI, got.Values)
	}
}

func notFound(t *testing.T, p *peer) {
	t.Helper()
	group := p.group(t, "Sales")
	contact, _ := p.contact(t, "tony", group)
	other := p.group(t, "Support")
	if err := p.client.RemoveImContactFromGroup(t.Context(), contact, other); !ews.NotFound(err) {
		t.Errorf("a contact that is not in the group: %v", err)
	}
	if err := p.client.RemoveImGroup(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if err := p.client.RemoveImGroup(t.Context(), other); !ews.NotFound(err) {
		t.Errorf("a group that is gone: %v", err)
	}
	if err := p.client.AddImContactToGroup(t.Context(), contact, other); !ews.NotFound(err) {
		t.Errorf("a contact for a group that is gone: %v", err)
	}
}

func malformedID(t *testing.T, p *peer) {
	t.Helper()
	err := p.client.RemoveImGroup(t.Context(), imgroup.GroupID(itemID("no id of Exchange's")))
	if !errors.Is(err, ews.ErrorInvalidIdMalformed) {
		t.Error(err)
	}
}

func noDistributionGroup(t *testing.T, p *peer) {
	t.Helper()
	_, err := p.client.AddDistributionGroupToImList(t.Context(), "no address", p.prefix+"All")
	if !errors.Is(err, ews.ErrorInvalidImDistributionGroupSmtpAddress) {
		t.Error(err)
	}
}

func oldVersion(t *testing.T, p *peer) {
	t.Helper()
	h := p.client.Header()
	h.RequestServerVersion = ews.Exchange2010
	_, err := p.client.WithHeader(h).GetImItemList(t.Context(), imgroup.ListQuery{})
	if !errors.Is(err, ews.ErrorIncorrectSchemaVersion) {
		t.Error(err)
	}
}

func brokenSchema(t *testing.T, p *peer) {
	t.Helper()
	p.schemaFault(t, "<m:AddImGroup>\n<m:Name>x</m:Name>\n</m:AddImGroup>\n", "<m:Name>x</m:Name>")
}

func brokenXML(t *testing.T, p *peer) {
	t.Helper()
	p.schemaFault(t, "<m:AddImGroup>\n<m:DisplayName>R & D</m:DisplayName>\n</m:AddImGroup>\n",
		"<m:DisplayName>R & D</m:DisplayName>")
}

// schemaFault sends a body that the server must refuse, and expects the excerpt to show the line.
func (p *peer) schemaFault(t *testing.T, body, line string) {
	t.Helper()
	err := p.client.Call(t.Context(), ews.Operation{Name: "AddImGroup"}, rawRequest(body), new(plain))
	var got *ews.SchemaValidationError
	if !errors.As(err, &got) {
		t.Fatalf("%T %v", err, err)
	}
	if got.Violation == "" || got.Line == 0 || got.Position == 0 || !strings.HasPrefix(got.Excerpt(), line+"\n") {
		t.Errorf("%v\n%s", got, got.Excerpt())
	}
}

func responseInfo(t *testing.T, p *peer) {
	t.Helper()
	var info ews.ResponseInfo
	must[*imgroup.ItemList](t)(p.client.GetImItemList(ews.WithResponseInfo(t.Context(), &info), imgroup.ListQuery{}))
	if v := info.ServerVersion; v.Major < 15 || v.Version == "" || info.StatusCode != 200 ||
		info.RequestID == "" || info.Attempts == 0 {
		t.Errorf("%+v", info)
	}
}
