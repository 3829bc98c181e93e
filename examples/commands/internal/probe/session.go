package probe

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
)

// session is one run of the questions against one list.
type session struct {
	client *ews.Client
	opts   Options
	prefix string

	version   ews.ServerVersion
	verdicts  map[string]verdict
	added     int  // calls that add a contact
	removable bool // one of the ways to remove a contact was seen to work
	abandoned bool // something could not be put back, so nothing further is asked
}

// seen is what the server did, in a word that decides, and its own text, if it said any.
type seen struct{ what, text string }

// saw returns the response that an error is: a code, or the code of a fault. An error that says
// nothing about the server's rules comes back.
func saw(err error) (seen, error) {
	switch {
	case err == nil:
		return seen{what: string(ews.NoError)}, nil
	case errors.Is(err, ews.ErrOutcomeUnknown):
		return seen{}, err
	}
	if invalid, ok := errors.AsType[*ews.SchemaValidationError](err); ok {
		return seen{string(ews.ErrorSchemaValidation), fmt.Sprintf("line %d, position %d: %s",
			invalid.Line, invalid.Position, invalid.Violation)}, nil
	}
	e, ok := errors.AsType[*ews.Error](err)
	switch {
	case ok && e.Code != "":
		return seen{string(e.Code), e.Message}, nil //nolint:nilerr // the error is the response
	case ok && e.Fault != nil:
		return seen{"fault " + e.Fault.Code.Local, e.Fault.String}, nil //nolint:nilerr // likewise
	}
	return seen{}, err
}

// refused returns what the server said if it refused a call, and whether it did or no response came.
func refused(err error) (seen, bool, error) {
	response, err := saw(err)
	return response, err != nil || response.what != string(ews.NoError), err
}

// name returns the name of a group of this run.
func (s *session) name(n string) string { return s.prefix + " " + n }

// address returns the address of a contact of this run, in a domain that cannot exist.
func (s *session) address(n string) string { return s.prefix + "." + n + "@example.invalid" }

func (s *session) list(ctx context.Context) (*imgroup.ItemList, error) {
	var info ews.ResponseInfo
	items, err := s.client.GetImItemList(ews.WithResponseInfo(ctx, &info), imgroup.ListQuery{})
	if err == nil {
		s.version = info.ServerVersion
	}
	return items, err
}

// group returns the group of this run that is called n, and adds it first if the list lacks it.
func (s *session) group(ctx context.Context, n string) (imgroup.GroupID, error) {
	items, err := s.list(ctx)
	if err != nil {
		return imgroup.GroupID{}, err
	}
	if g := groupNamed(items, s.name(n)); g != nil {
		return current(g), nil
	}
	g, err := s.client.AddImGroup(ctx, s.name(n))
	if err != nil {
		return imgroup.GroupID{}, err
	}
	return current(g), nil
}

// current returns the id of a group without a version, since some servers may refuse an old one.
func current(g *imgroup.ImGroup) imgroup.GroupID { return imgroup.GroupID{ID: g.ExchangeStoreID.ID} }

// groupNamed returns the group with exactly that name, nil if there is none.
func groupNamed(items *imgroup.ItemList, name string) *imgroup.ImGroup {
	for i := range items.Groups {
		if items.Groups[i].DisplayName == name {
			return &items.Groups[i]
		}
	}
	return nil
}

// distributionGroup returns the entry for the distribution group, and adds it first if the list lacks
// it.
func (s *session) distributionGroup(ctx context.Context) (imgroup.GroupID, error) {
	items, err := s.list(ctx)
	if err != nil {
		return imgroup.GroupID{}, err
	}
	for _, g := range items.Groups {
		if g.GroupType != imgroup.DistributionGroup {
			continue
		}
		switch ours := madeBy(s.prefix, g.DisplayName); {
		case ours:
			return current(&g), nil
		case strings.EqualFold(g.SMTPAddress, s.distributionAddress()):
			return imgroup.GroupID{}, errors.New("the list has that distribution group already: name another one")
		}
	}
	g, err := s.client.AddDistributionGroupToImList(ctx, s.distributionAddress(), s.name("D"))
	if err != nil {
		return imgroup.GroupID{}, err
	}
	return current(g), nil
}

func (s *session) distributionAddress() string {
	if s.opts.DistributionGroup != "" {
		return s.opts.DistributionGroup
	}
	return s.address("all")
}

// errNoContacts is the reason for which no further contact is made.
var errNoContacts = errors.New("no contact could be removed, so no further one was added")

// contact returns a contact as a member of a group and of no other one, which are added first if the
// list lacks them. Both are called m.
func (s *session) contact(ctx context.Context) (imgroup.ContactID, imgroup.GroupID, error) {
	const n = "m"
	var none imgroup.ContactID
	group, err := s.group(ctx, n)
	if err != nil {
		return none, group, err
	}
	items, err := s.list(ctx)
	if err != nil {
		return none, group, err
	}
	id, found := contactIn(items, s.address(n))
	if !found {
		id, err = s.addContact(ctx, n, group)
		return id, group, err
	}
	member := false
	for _, g := range items.GroupsOf(id) {
		if g.ID == group.ID {
			member = true
		} else if err := s.client.RemoveImContactFromGroup(ctx, id, imgroup.GroupID{ID: g.ID}); err != nil {
			return none, group, err
		}
	}
	if !member {
		err = s.client.AddImContactToGroup(ctx, id, group)
	}
	return id, group, err
}

func (s *session) addContact(ctx context.Context, n string, group imgroup.GroupID) (imgroup.ContactID, error) {
	if err := s.mayAdd(); err != nil {
		return imgroup.ContactID{}, err
	}
	persona, err := s.client.AddNewImContactToGroup(ctx, s.spec(n, group))
	if err != nil {
		return imgroup.ContactID{}, err
	}
	id, ok := persona.ContactID()
	if !ok {
		return id, errors.New("the new contact has no id")
	}
	return imgroup.ContactID{ID: id.ID}, nil
}

// mayAdd counts a contact that is to be added. It refuses a second one while it is not known that a
// contact can be removed.
func (s *session) mayAdd() error {
	if s.added > 0 && !s.removable {
		return errNoContacts
	}
	s.added++
	return nil
}

func (s *session) spec(n string, group imgroup.GroupID) imgroup.ContactSpec {
	return imgroup.ContactSpec{Address: s.address(n), DisplayName: s.name(n), Group: group}
}

// contactIn returns the contact of that address, and whether the list has it.
func contactIn(items *imgroup.ItemList, address string) (imgroup.ContactID, bool) {
	if persona, ok := items.Contact(address); ok {
		id, ok := persona.ContactID()
		return imgroup.ContactID{ID: id.ID}, ok
	}
	return imgroup.ContactID{}, false
}

// otherMailbox returns a client for the mailbox of --other-mailbox.
func (s *session) otherMailbox() (*ews.Client, error) {
	if s.opts.OtherMailbox == "" {
		return nil, errors.New("needs a second mailbox: --other-mailbox")
	}
	return s.client.Impersonate(ews.PrimarySMTP(s.opts.OtherMailbox)), nil
}
