package probe

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
)

// further has questions beyond the guesses. Those with a yes ask whether a server does as documented or
// recorded; for the others the page has the observation.
func further() []question {
	return []question{
		{id: "version-none", asks: "GetImItemList without a version", how: as(ews.Header{RequestServerVersion: ews.OmitVersion}), yes: is(string(ews.ErrorIncorrectSchemaVersion))},
		{id: "version-old", asks: "GetImItemList with the version Exchange2010_SP2", how: as(ews.Header{RequestServerVersion: ews.Exchange2010_SP2}), yes: is(string(ews.ErrorIncorrectSchemaVersion))},
		{id: "version-newest", asks: "GetImItemList with the version V2018_01_08", how: as(ews.Header{RequestServerVersion: ews.V2018_01_08})},
		{
			id: "version-unknown", asks: "GetImItemList with a version that does not exist", how: func(ctx context.Context, s *session) (seen, error) { return s.unknownVersion(ctx) },
			yes: is(string(ews.ErrorInvalidRequest), string(ews.ErrorInvalidServerVersion)),
		},
		{id: "culture", asks: "GetImItemList with the language de-DE", how: as(ews.Header{MailboxCulture: "de-DE"}), yes: is(done)},
		{id: "culture-unknown", asks: "GetImItemList with the language xx-XX", how: as(ews.Header{MailboxCulture: "xx-XX"})},
		{id: "own-mailbox", asks: "an account without a mailbox, without impersonation", how: ownMailbox, yes: is("ErrorMissingEmailAddress")},
		{id: "address-unknown", asks: "impersonation of an address without a mailbox", how: impersonating(ews.PrimarySMTP("imlistprobe@example.invalid")), yes: is(noMailbox)},
		{id: "upn-unknown", asks: "impersonation of a UPN without a mailbox", how: impersonating(ews.UPN("imlistprobe@example.invalid")), yes: is(string(ews.ErrorInvalidUserPrincipalName))},
		{id: "schema-fault", asks: "GetImItemList with an element that the schema lacks", how: schemaFault, yes: is(string(ews.ErrorSchemaValidation))},
		{id: "server-version-info", asks: "does a response name the server's version and a request-id?", how: responseInfo, yes: is("both")},
		{id: "name-taken", asks: "AddImGroup with the name of a group", how: nameOfAnother, yes: is(nameTaken)},
		{id: "own-name", asks: "SetImGroup to the name that the group has", how: ownName, yes: is(nameTaken)},
		{id: "malformed-id", asks: "RemoveImGroup with a malformed id", how: malformedID, yes: is(string(ews.ErrorInvalidIdMalformed))},
		{id: "empty-id", asks: "RemoveImGroup with an empty id", how: emptyID, yes: is(string(ews.ErrorInvalidIdEmpty))},
		{id: "group-removed-again", asks: "RemoveImGroup of a group that is gone", how: removedAgain, yes: is(badGroup)},
		{id: "items-gone", asks: "GetImItems of a group that is gone", how: itemsGone, yes: is("left out")},
		{id: "no-distribution-group", asks: "RemoveDistributionGroupFromImList of a group of another kind", how: noDistributionGroup, yes: is(notFound)},
		{
			id: "no-address", asks: "AddDistributionGroupToImList of a text that is no address", how: noAddress,
			yes: is(string(ews.ErrorInvalidImDistributionGroupSmtpAddress)),
		},
		{id: "not-a-member", asks: "RemoveImContactFromGroup of a contact that is not in the group", how: notAMember, yes: is(badContact)},
		{id: "group-as-contact", asks: "AddImContactToGroup with a group's id for the contact", how: groupAsContact, yes: is(badContact)},
		{id: "contact-as-group", asks: "AddImContactToGroup with a contact's id for the group", how: contactAsGroup},
		{id: "name-normalisation", asks: "SetImGroup to a name that differs from another in Unicode normalisation", how: pair("caf\u00e9", "cafe\u0301")},
		{id: "name-case-beyond-ascii", asks: "SetImGroup to a name that differs from another in the case of letters beyond ASCII", how: pair("\u00e4\u0436", "\u00c4\u0416")},
		{id: "name-case-sharp-s", asks: "SetImGroup to a name that has ss where another has \u00df", how: pair("stra\u00dfe", "strasse")},
		{id: "name-width", asks: "SetImGroup to a name that differs from another in the width of letters", how: pair("width", "\uff57\uff49\uff44\uff54\uff48")},
		{id: "name-inner-blanks", asks: "is a name kept that has two blanks within?", how: keeps("two  blanks"), yes: is("kept")},
		{id: "name-beyond-bmp", asks: "is a name kept that has a character beyond the BMP?", how: keeps("\U0001F600"), yes: is("kept")},
		{id: "name-length-256", asks: "is a name of about 256 characters kept?", how: keeps(strings.Repeat("x", 256))},
		{id: "name-length-1024", asks: "is a name of about 1,024 characters kept?", how: keeps(strings.Repeat("x", 1024))},
		{id: "address-case", asks: "AddNewImContactToGroup of the list's address in capitals: the same contact?", how: addressAs(strings.ToUpper)},
		{id: "address-sip", asks: "AddNewImContactToGroup of the list's address after sip: the same contact?", how: addressAs(func(a string) string { return "sip:" + a })},
	}
}

// as reads the list with some header besides the impersonation.
func as(h ews.Header) func(context.Context, *session) (seen, error) {
	return func(ctx context.Context, s *session) (seen, error) {
		h := h
		h.Impersonate = s.client.Header().Impersonate
		return s.read(ctx, s.client.WithHeader(h))
	}
}

func impersonating(a ews.Account) func(context.Context, *session) (seen, error) {
	return func(ctx context.Context, s *session) (seen, error) { return s.read(ctx, s.client.Impersonate(a)) }
}

func schemaFault(ctx context.Context, s *session) (seen, error) {
	return s.read(editing(ctx, "</m:GetImItemList>", "<m:Probe/></m:GetImItemList>"), s.client)
}

func responseInfo(ctx context.Context, s *session) (seen, error) {
	var info ews.ResponseInfo
	if response, bad, err := refused(s.readInto(ctx, &info)); bad {
		return response, err
	}
	switch version, id := info.ServerVersion != (ews.ServerVersion{}), info.RequestID != ""; {
	case version && id:
		return seen{what: "both"}, nil
	case version || id:
		return seen{what: "one of them"}, nil
	}
	return seen{what: "neither"}, nil
}

func (s *session) readInto(ctx context.Context, info *ews.ResponseInfo) error {
	_, err := s.client.GetImItemList(ews.WithResponseInfo(ctx, info), imgroup.ListQuery{})
	return err
}

func nameOfAnother(ctx context.Context, s *session) (seen, error) {
	if _, err := s.group(ctx, "a"); err != nil {
		return seen{}, err
	}
	_, err := s.client.AddImGroup(ctx, s.name("a"))
	return saw(err)
}

func ownName(ctx context.Context, s *session) (seen, error) {
	group, err := s.group(ctx, "a")
	if err != nil {
		return seen{}, err
	}
	return saw(s.client.SetImGroup(ctx, group, s.name("a")))
}

func malformedID(ctx context.Context, s *session) (seen, error) {
	return saw(s.client.RemoveImGroup(ctx, imgroup.GroupID{ID: "imlistprobe"}))
}

func emptyID(ctx context.Context, s *session) (seen, error) {
	ctx = editing(ctx, `Id="imlistprobe"`, `Id=""`)
	return saw(s.client.RemoveImGroup(ctx, imgroup.GroupID{ID: "imlistprobe"}))
}

func removedAgain(ctx context.Context, s *session) (seen, error) {
	group, err := s.goneGroup(ctx)
	if err != nil {
		return seen{}, err
	}
	return saw(s.client.RemoveImGroup(ctx, group))
}

func itemsGone(ctx context.Context, s *session) (seen, error) {
	group, err := s.goneGroup(ctx)
	if err != nil {
		return seen{}, err
	}
	items, err := s.client.GetImItems(ctx, imgroup.ItemQuery{Groups: []imgroup.GroupID{group}})
	if response, bad, err := refused(err); bad {
		return response, err
	}
	if len(items.Groups) == 0 {
		return seen{what: "left out"}, nil
	}
	return seen{what: "returned"}, nil
}

func noDistributionGroup(ctx context.Context, s *session) (seen, error) {
	group, err := s.group(ctx, "a")
	if err != nil {
		return seen{}, err
	}
	return saw(s.client.RemoveDistributionGroupFromImList(ctx, group))
}

func noAddress(ctx context.Context, s *session) (seen, error) {
	_, err := s.client.AddDistributionGroupToImList(ctx, s.prefix, s.name("no address"))
	return saw(err)
}

func notAMember(ctx context.Context, s *session) (seen, error) {
	contact, _, err := s.contact(ctx)
	if err != nil {
		return seen{}, err
	}
	group, err := s.group(ctx, "a")
	if err != nil {
		return seen{}, err
	}
	return saw(s.client.RemoveImContactFromGroup(ctx, contact, group))
}

func groupAsContact(ctx context.Context, s *session) (seen, error) {
	group, err := s.group(ctx, "a")
	if err != nil {
		return seen{}, err
	}
	return saw(s.client.AddImContactToGroup(ctx, imgroup.ContactID(group), group))
}

func contactAsGroup(ctx context.Context, s *session) (seen, error) {
	contact, _, err := s.contact(ctx)
	if err != nil {
		return seen{}, err
	}
	return saw(s.client.AddImContactToGroup(ctx, contact, imgroup.GroupID(contact)))
}

// pair gives one group a name, and tries another one for a second group.
func pair(name, other string) func(context.Context, *session) (seen, error) {
	return func(ctx context.Context, s *session) (seen, error) {
		first, err := s.group(ctx, "p "+name)
		if err != nil {
			return seen{}, err
		}
		response, err := s.rename(ctx, "q", "p "+other)
		return response, firstError(err, s.client.RemoveImGroup(ctx, first))
	}
}

// rename renames a group, and returns it to its own name if that was accepted.
func (s *session) rename(ctx context.Context, n, name string) (seen, error) {
	group, err := s.group(ctx, n)
	if err != nil {
		return seen{}, err
	}
	response, err := saw(s.client.SetImGroup(ctx, group, s.name(name)))
	if err == nil && response.what == done {
		err = s.client.SetImGroup(ctx, group, s.name(n))
	}
	return response, err
}

// keeps renames a group and reads its name.
func keeps(name string) func(context.Context, *session) (seen, error) {
	return func(ctx context.Context, s *session) (seen, error) {
		group, err := s.group(ctx, "f")
		if err != nil {
			return seen{}, err
		}
		if response, bad, err := refused(s.client.SetImGroup(ctx, group, s.name(name))); bad {
			return response, err
		}
		items, err := s.list(ctx)
		if err != nil {
			return seen{}, err
		}
		response := seen{what: "the group is gone"}
		if g, ok := items.Group(group); ok && g.DisplayName == s.name(name) {
			response.what = "kept"
		} else if ok {
			response.what = fmt.Sprintf("another name, of %d bytes instead of %d", len(g.DisplayName), len(s.name(name)))
		}
		return response, s.client.SetImGroup(ctx, group, s.name("f"))
	}
}

// addressAs adds the contact again under its address in another form.
func addressAs(form func(string) string) func(context.Context, *session) (seen, error) {
	return func(ctx context.Context, s *session) (seen, error) { return s.again(ctx, form(s.address("m"))) }
}
