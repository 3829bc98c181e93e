package ews_test

import (
	"context"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/imgroup/mapi"
)

// operation is one of the thirteen with certain arguments.
type operation struct {
	name    string
	variant string // "": the usual arguments
	call    func(ctx context.Context, c *ews.Client) error
}

var (
	contactID = imgroup.ContactID{ID: "AAMkContact=", ChangeKey: "EQAA"}
	groupID   = imgroup.GroupID{ID: "AAMkGroup=", ChangeKey: "EgAA"}
)

// operations returns every operation with every choice of its optional parts.
func operations() []operation {
	bareContact, bareGroup := imgroup.ContactID{ID: contactID.ID}, imgroup.GroupID{ID: groupID.ID}
	properties := []mapi.FieldURI{
		mapi.Tag(0x3001, mapi.String),
		mapi.Named(mapi.PublicStringsSet, "Cost <centre> & \"floor\"", mapi.StringArray),
		mapi.Named("C11FF724-AA03-4555-9952-8FA248A11C3E", "Badge", mapi.Integer),
		mapi.Numbered(mapi.AddressSet, -32637, mapi.String),
		mapi.Numbered("c11ff724-aa03-4555-9952-8fa248a11c3e", 7, mapi.SystemTimeArray),
	}
	return append([]operation{
		{"AddImGroup", "", addImGroup("Sales")},
		{"AddImGroup", "awkward_name", addImGroup(awkward)},
		{"SetImGroup", "", setImGroup(groupID)},
		{"SetImGroup", "no_change_key", setImGroup(bareGroup)},
		{"RemoveImGroup", "", removeImGroup(groupID)},
		{"RemoveImGroup", "no_change_key", removeImGroup(bareGroup)},
		{"AddImContactToGroup", "", addImContact(contactID, groupID)},
		{"AddImContactToGroup", "no_group", addImContact(bareContact, imgroup.GroupID{})},
		{"AddNewImContactToGroup", "", addNewContact(imgroup.ContactSpec{
			Address: "tsmith@contoso.com", DisplayName: "Tony Smith", Group: groupID,
		})},
		{"AddNewImContactToGroup", "no_group", addNewContact(imgroup.ContactSpec{
			Address: "tsmith@contoso.com", DisplayName: "Tony Smith",
		})},
		{"AddNewImContactToGroup", "no_name", addNewContact(imgroup.ContactSpec{
			Address: "sip:tsmith@contoso.com", Group: groupID,
		})},
		{"AddNewImContactToGroup", "address_only", addNewContact(imgroup.ContactSpec{Address: "tsmith@contoso.com"})},
		{"AddNewTelUriContactToGroup", "", addTelContact(groupID)},
		{"AddNewTelUriContactToGroup", "no_group", addTelContact(imgroup.GroupID{})},
		{"AddDistributionGroupToImList", "", addDistributionGroup},
		{"RemoveDistributionGroupFromImList", "", removeDistributionGroup},
		{"RemoveContactFromImList", "", removeContact},
		{"RemoveImContactFromGroup", "", removeFromGroup(contactID, groupID)},
		{"RemoveImContactFromGroup", "no_change_keys", removeFromGroup(bareContact, bareGroup)},
		{"SetImListMigrationCompleted", "", migrationCompleted(true)},
		{"SetImListMigrationCompleted", "taken_back", migrationCompleted(false)},
	}, readOperations(properties)...)
}

func readOperations(properties []mapi.FieldURI) []operation {
	contacts := []imgroup.ContactID{contactID, {ID: "AAMkOther="}}
	groups := []imgroup.GroupID{groupID, {ID: "AAMkOther="}}
	return []operation{
		{"GetImItemList", "", getList()},
		{"GetImItemList", "properties", getList(properties...)},
		{"GetImItems", "", getItems(imgroup.ItemQuery{
			Contacts: contacts, Groups: groups, Properties: properties[:1],
		})},
		{"GetImItems", "contacts", getItems(imgroup.ItemQuery{Contacts: contacts})},
		{"GetImItems", "groups", getItems(imgroup.ItemQuery{Groups: groups})},
		{"GetImItems", "properties", getItems(imgroup.ItemQuery{Properties: properties})},
		{"GetImItems", "nothing", getItems(imgroup.ItemQuery{})},
	}
}

// awkward is a name with everything in it that an encoder may spoil.
const awkward = " \t R&D <\"'> ]]> &amp; caf\u00e9 \U0001F600\r\nline\rtwo\n\u0085\u2028 "

type call = func(context.Context, *ews.Client) error

func addImGroup(name string) call {
	return func(ctx context.Context, c *ews.Client) error {
		_, err := c.AddImGroup(ctx, name)
		return err
	}
}

func setImGroup(group imgroup.GroupID) call {
	return func(ctx context.Context, c *ews.Client) error { return c.SetImGroup(ctx, group, "Sales & Service") }
}

func removeImGroup(group imgroup.GroupID) call {
	return func(ctx context.Context, c *ews.Client) error { return c.RemoveImGroup(ctx, group) }
}

func addImContact(contact imgroup.ContactID, group imgroup.GroupID) call {
	return func(ctx context.Context, c *ews.Client) error { return c.AddImContactToGroup(ctx, contact, group) }
}

func addNewContact(contact imgroup.ContactSpec) call {
	return func(ctx context.Context, c *ews.Client) error {
		_, err := c.AddNewImContactToGroup(ctx, contact)
		return err
	}
}

func addTelContact(group imgroup.GroupID) call {
	return func(ctx context.Context, c *ews.Client) error {
		_, err := c.AddNewTelUriContactToGroup(ctx, imgroup.TelContactSpec{
			TelURI: "tel:5625550100", SIPURI: "sip:john@contoso.com", TelephoneNumber: "562 555-0100", Group: group,
		})
		return err
	}
}

func addDistributionGroup(ctx context.Context, c *ews.Client) error {
	_, err := c.AddDistributionGroupToImList(ctx, "all@contoso.com", "All of us")
	return err
}

func removeDistributionGroup(ctx context.Context, c *ews.Client) error {
	return c.RemoveDistributionGroupFromImList(ctx, groupID)
}

func removeContact(ctx context.Context, c *ews.Client) error {
	return c.RemoveContactFromImList(ctx, contactID)
}

func removeFromGroup(contact imgroup.ContactID, group imgroup.GroupID) call {
	return func(ctx context.Context, c *ews.Client) error {
		return c.RemoveImContactFromGroup(ctx, contact, group)
	}
}

func migrationCompleted(completed bool) call {
	return func(ctx context.Context, c *ews.Client) error {
		return c.SetImListMigrationCompleted(ctx, completed)
	}
}

func getList(properties ...mapi.FieldURI) call {
	return func(ctx context.Context, c *ews.Client) error {
		_, err := c.GetImItemList(ctx, imgroup.ListQuery{Properties: properties})
		return err
	}
}

func getItems(query imgroup.ItemQuery) call {
	return func(ctx context.Context, c *ews.Client) error {
		_, err := c.GetImItems(ctx, query)
		return err
	}
}
