package probe

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
)

func removeContact(ctx context.Context, s *session) (seen, error) {
	contact, _, err := s.contact(ctx)
	if err != nil {
		return seen{}, err
	}
	if response, bad, err := refused(s.client.RemoveContactFromImList(ctx, contact)); bad {
		return response, err
	}
	return s.stillThere(ctx)
}

// stillThere returns whether a contact that was removed is in the list.
func (s *session) stillThere(ctx context.Context) (seen, error) {
	items, err := s.list(ctx)
	if err != nil {
		return seen{}, err
	}
	if _, found := contactIn(items, s.address("m")); found {
		return seen{what: "still in the list"}, nil
	}
	s.removable = true
	return seen{what: "gone"}, nil
}

func lastGroup(ctx context.Context, s *session) (seen, error) {
	contact, group, err := s.contact(ctx)
	if err != nil {
		return seen{}, err
	}
	if response, bad, err := refused(s.client.RemoveImContactFromGroup(ctx, contact, group)); bad {
		return response, err
	}
	return s.stillThere(ctx)
}

func memberAgain(ctx context.Context, s *session) (seen, error) {
	contact, group, err := s.contact(ctx)
	if err != nil {
		return seen{}, err
	}
	return saw(s.client.AddImContactToGroup(ctx, contact, group))
}

// foreignIDs removes a contact from a group of another mailbox, where it is not.
func foreignIDs(ctx context.Context, s *session) (seen, error) {
	contact, _, err := s.contact(ctx)
	if err != nil {
		return seen{}, err
	}
	other, err := s.otherMailbox()
	if err != nil {
		return seen{}, err
	}
	items, err := other.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		return seen{}, err
	}
	if len(items.Groups) == 0 {
		return seen{}, errors.New("the other mailbox has no group")
	}
	return saw(s.client.RemoveImContactFromGroup(ctx, contact, items.Groups[0].ExchangeStoreID))
}

func distributionGroupMembers(ctx context.Context, s *session) (seen, error) {
	contact, _, err := s.contact(ctx)
	if err != nil {
		return seen{}, err
	}
	group, err := s.distributionGroup(ctx)
	if err != nil {
		return seen{}, err
	}
	return saw(s.client.AddImContactToGroup(ctx, contact, group))
}

func unknownGroupNew(ctx context.Context, s *session) (seen, error) {
	if err := s.mayAdd(); err != nil {
		return seen{}, err
	}
	group, err := s.goneGroup(ctx)
	if err != nil {
		return seen{}, err
	}
	_, err = s.client.AddNewImContactToGroup(ctx, s.spec("u", group))
	return saw(err)
}

func sameContact(ctx context.Context, s *session) (seen, error) { return s.again(ctx, s.address("m")) }

// again adds the contact again, by a form of its address.
func (s *session) again(ctx context.Context, address string) (seen, error) {
	if err := s.mayAdd(); err != nil {
		return seen{}, err
	}
	contact, group, err := s.contact(ctx)
	if err != nil {
		return seen{}, err
	}
	spec := s.spec("m", group)
	spec.Address = address
	persona, err := s.client.AddNewImContactToGroup(ctx, spec)
	if response, bad, err := refused(err); bad {
		return response, err
	}
	switch again, ok := persona.ContactID(); {
	case !ok:
		return seen{what: "a contact without an id"}, nil
	case again.ID == contact.ID:
		return seen{what: "the same contact"}, nil
	}
	return seen{what: "a second contact"}, nil
}

func ungrouped(ctx context.Context, s *session) (seen, error) {
	if err := s.mayAdd(); err != nil {
		return seen{}, err
	}
	_, err := s.client.AddNewImContactToGroup(ctx, s.spec("n", imgroup.GroupID{}))
	if response, bad, err := refused(err); bad {
		return response, err
	}
	items, err := s.list(ctx)
	if err != nil {
		return seen{}, err
	}
	contact, found := contactIn(items, s.address("n"))
	if !found {
		return seen{what: "not in the list"}, nil
	}
	groups := items.GroupsOf(contact)
	if len(groups) == 0 {
		return seen{what: "in no group"}, nil
	}
	g, _ := items.Group(groups[0])
	if len(groups) == 1 && g.GroupType == imgroup.OtherContacts {
		return seen{what: "in Other Contacts"}, nil
	}
	return seen{what: fmt.Sprintf("in %d groups, one of the type %s", len(groups), g.GroupType)}, nil
}

// The most that is added to find a limit: what Exchange allows unless configured otherwise, and more
// than that.
const (
	mostGroups   = 80
	mostContacts = 1100
)

func limitBuiltIn(ctx context.Context, s *session) (seen, error) {
	for i := range mostGroups {
		_, err := s.client.AddImGroup(ctx, s.name(fmt.Sprint("limit ", i)))
		response, err := saw(err)
		switch {
		case err != nil:
			return seen{}, err
		case response.what == string(ews.ErrorImGroupLimitReached):
			return s.fullAt(ctx, response)
		case response.what != done:
			return response, nil
		}
	}
	return seen{what: fmt.Sprintf("not full after %d more groups", mostGroups)}, nil
}

// fullAt returns how many groups a full list has, built-in ones not counted.
func (s *session) fullAt(ctx context.Context, response seen) (seen, error) {
	items, err := s.list(ctx)
	if err != nil {
		return seen{}, err
	}
	count := 0
	for _, g := range items.Groups {
		if !g.GroupType.BuiltIn() {
			count++
		}
	}
	return seen{fmt.Sprint("full at ", count), response.text}, nil
}

func limitPerList(ctx context.Context, s *session) (seen, error) {
	if err := s.mayAdd(); err != nil {
		return seen{}, err
	}
	var groups [2]imgroup.GroupID
	for i, n := range []string{"a", "f"} {
		var err error
		if groups[i], err = s.group(ctx, n); err != nil {
			return seen{}, err
		}
	}
	for i := range mostContacts {
		response, err := s.addNumbered(ctx, i, groups[0])
		switch {
		case err != nil:
			return seen{}, err
		case response.what == string(ews.ErrorImContactLimitReached):
			return s.otherGroup(ctx, i, groups[1])
		case response.what != done:
			return response, nil
		}
	}
	return seen{what: fmt.Sprintf("not full after %d more contacts", mostContacts)}, nil
}

// otherGroup adds the contact that one group refused to another.
func (s *session) otherGroup(ctx context.Context, i int, group imgroup.GroupID) (seen, error) {
	response, err := s.addNumbered(ctx, i, group)
	switch response.what {
	case done:
		response.what = "accepted by another group"
	case string(ews.ErrorImContactLimitReached):
		response.what = "refused by every group"
	}
	return response, err
}

func (s *session) addNumbered(ctx context.Context, i int, group imgroup.GroupID) (seen, error) {
	_, err := s.client.AddNewImContactToGroup(ctx, s.spec(fmt.Sprint("limit", i), group))
	return saw(err)
}
