package imsync

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/go-ews/exchange/imgroup"
)

// write is an operation of the client, and the same change of a list.
type write struct {
	send func(ctx context.Context, c Client) error
	done func()
}

// keys returns the keys of the step's contact or telephone.
func (s Step) keys() []string {
	switch s.Kind {
	case AddContact, RemoveContact:
		return []string{s.Contact.key()}
	case AddTelephone, RemoveTelephone:
		return s.Telephone.keys()
	}
	return nil
}

// gift returns what the step adds: a group, or a membership in the group of its id or else of its
// name.
func (s Step) gift() gift {
	return gift{cmp.Or(s.GroupID, "\n"+s.Group), strings.Join(append(s.keys(), s.Address), "\n")}
}

// written returns the step as its next write does it: a group that was to be renamed, and is gone,
// is added under its new name.
func (s Step) written(l *list) Step {
	if s.Kind != RenameGroup {
		return s
	}
	g, _ := s.existing(l)
	if g == nil {
		return Step{Kind: AddGroup, Group: s.NewName}
	}
	s.GroupID = g.id.ID
	return s
}

// next returns the next write of the step for the list, nil if the list has the step's result. It
// returns an error if no write could bring that about. Of several contacts of an address in a
// group, only those of the record are removed; all are if it is nil.
func (s Step) next(l *list, only *Ownership) (*write, error) {
	switch s.Kind {
	case AddGroup:
		return s.addGroup(l, s.Group)
	case RenameGroup:
		return s.renameGroup(l)
	case RemoveGroup:
		return s.removeGroup(l)
	case AddContact:
		return s.add(l, &entry{keys: s.keys(), person: s.Contact})
	case AddTelephone:
		return s.add(l, &entry{keys: s.keys(), telephone: s.Telephone, isPhone: true})
	case RemoveContact, RemoveTelephone:
		return s.remove(l, only)
	case AddDistributionGroup:
		return s.addDistribution(l)
	case RemoveDistributionGroup:
		return s.removeDistribution(l)
	}
	return nil, &ConflictError{s, "no such kind of step"}
}

// existing returns the group that a step renames, removes or takes a contact from: by its id if the
// step has one, and always by its exact name. It is nil if there is none. A group whose name
// differs in case is another group.
func (s Step) existing(l *list) (*group, error) {
	var found *group
	for _, g := range l.groups {
		switch {
		case s.GroupID != "" && g.id.ID == s.GroupID && g.name != s.Group:
			return nil, renamed(s, g)
		case s.GroupID != "" && g.id.ID != s.GroupID, g.name != s.Group:
		case found != nil:
			return nil, &ConflictError{s, "the list has several groups of that name, and the plan does not tell which"}
		default:
			found = g
		}
	}
	return found, nil
}

// addGroup creates a group unless the list has one of the name, in any case: Exchange would return
// ErrorImGroupDisplayNameAlreadyExists.
func (s Step) addGroup(l *list, name string) (*write, error) {
	if g := l.group(name); g != nil {
		if g.kind != imgroup.UserGroup {
			return nil, nameInUse(s, g)
		}
		return nil, nil
	}
	added := &group{name: name, kind: imgroup.UserGroup}
	return &write{
		send: func(ctx context.Context, c Client) error {
			g, err := c.AddImGroup(ctx, name)
			return l.adoptGroupID(added, g, err)
		},
		done: func() { l.addGroup(added) },
	}, nil
}

// adoptGroupID copies the id of a new group from the result of its write. Without an id the list must
// be read back.
func (l *list) adoptGroupID(added *group, result *imgroup.ImGroup, err error) error {
	if err != nil {
		return err
	}
	if result == nil || result.ExchangeStoreID.ID == "" {
		l.stale = true
		return nil
	}
	added.id = idOnly(result.ExchangeStoreID)
	return nil
}

// renameGroup does nothing if a user group has the new name: another client was faster, or an
// earlier try succeeded although its response was lost. Exchange refuses to give a group its own
// name. It is a conflict if the group to be renamed is there too.
func (s Step) renameGroup(l *list) (*write, error) {
	if g := l.group(s.NewName); g != nil {
		old := l.byID(s.GroupID)
		if s.GroupID == "" {
			old, _ = s.existing(l)
		}
		if g.kind != imgroup.UserGroup || old != nil && old != g {
			return nil, nameInUse(s, g)
		}
		return nil, nil
	}
	g, err := s.existing(l)
	if err != nil {
		return nil, err
	}
	if g == nil { // another client removed it, but the new name is still desired
		return s.addGroup(l, s.NewName)
	}
	if g.kind != imgroup.UserGroup {
		return nil, nameInUse(s, g)
	}
	return &write{
		send: func(ctx context.Context, c Client) error { return c.SetImGroup(ctx, g.id, s.NewName) },
		done: func() { g.name = s.NewName },
	}, nil
}

// removeGroup removes the group, unless it has more members than the plan says, or others. The
// server also removes the contacts that no other group has.
func (s Step) removeGroup(l *list) (*write, error) {
	g, err := s.existing(l)
	if g == nil || err != nil {
		return nil, err
	}
	if g.kind != imgroup.UserGroup {
		return nil, nameInUse(s, g)
	}
	if n := g.size(); n > s.Members {
		return nil, hasGrown(s, n)
	}
	if s.MemberKeys != "" && g.hasOthers(s.MemberKeys) {
		return nil, &withheld{"the group has members that it did not have when the plan was made: make a new plan"}
	}
	return &write{
		send: func(ctx context.Context, c Client) error { return c.RemoveImGroup(ctx, g.id) },
		done: func() { l.remove(g) },
	}, nil
}

// add adds a contact of the list, or a new one, to a group, also to a built-in one; distribution groups
// take none.
func (s Step) add(l *list, e *entry) (*write, error) {
	g := l.group(s.Group)
	if g == nil {
		return nil, &ConflictError{s, "the list has no such group"}
	}
	if g.name != s.Group && len(l.named(s.Group)) > 1 {
		return nil, &ConflictError{s, "the list has several groups of that name, in upper and lower case"}
	}
	if g.kind == imgroup.DistributionGroup {
		return nil, nameInUse(s, g)
	}
	e.contact = l.lookup(e.keys...)
	if _, ok := g.find(e.contact, e.keys); ok {
		return nil, nil
	}
	if c := e.contact; c != nil {
		return &write{
			send: func(ctx context.Context, client Client) error {
				return client.AddImContactToGroup(ctx, imgroup.ContactID{ID: c.id}, g.id)
			},
			done: func() { l.join(g, c, c.id) },
		}, nil
	}
	if e.isPhone && e.telephone.SIPURI == "" {
		return nil, &ConflictError{s, "the telephone is new to the list, and to create it takes a SIP URI: " +
			"fill in sipUri (Exchange does not return it, so an exported roster lacks it)"}
	}
	c := &contact{key: e.keys[0], person: e.person, telephone: e.telephone}
	return &write{
		send: func(ctx context.Context, client Client) error {
			persona, err := e.create(ctx, client, g.id)
			return l.adoptContactID(c, persona, err)
		},
		done: func() {
			l.addContact(c)
			l.join(g, c, c.id)
		},
	}, nil
}

// create creates the contact in a group and returns the persona that the server created.
func (e *entry) create(ctx context.Context, c Client, group imgroup.GroupID) (*imgroup.Persona, error) {
	if e.isPhone {
		return c.AddNewTelUriContactToGroup(ctx, imgroup.TelContactSpec{
			TelURI:          e.telephone.telURI(),
			SIPURI:          e.telephone.SIPURI,
			TelephoneNumber: e.telephone.Number,
			Group:           group,
		})
	}
	return c.AddNewImContactToGroup(ctx, imgroup.ContactSpec{
		Address:     bareAddress(e.person.Address),
		DisplayName: e.person.DisplayName,
		Group:       group,
	})
}

// adoptContactID copies the id of a new contact, as adoptGroupID does for a group.
func (l *list) adoptContactID(c *contact, persona *imgroup.Persona, err error) error {
	if err != nil {
		return err
	}
	if persona != nil {
		if id, ok := persona.ContactID(); ok {
			c.id = id.ID
			return nil
		}
	}
	l.stale = true
	return nil
}

// remove removes a contact from a group, one membership at a time. One that has the address as a further
// one is another contact: a person's, if only the step's is owned.
func (s Step) remove(l *list, only *Ownership) (*write, error) {
	g, err := s.existing(l)
	if g == nil || err != nil {
		return nil, err
	}
	m, ok := g.leaver(s.keys(), only)
	if !ok {
		return nil, nil
	}
	if g.kind == imgroup.DistributionGroup {
		return nil, nameInUse(s, g)
	}
	return &write{
		send: func(ctx context.Context, c Client) error {
			return c.RemoveImContactFromGroup(ctx, imgroup.ContactID{ID: m.id}, g.id)
		},
		done: func() { l.leave(g, m.id) },
	}, nil
}

// addDistribution adds a distribution group unless the list has its address. Its name must be free:
// the names of user groups and distribution groups must differ.
func (s Step) addDistribution(l *list) (*write, error) {
	if l.distribution(s.Address) != nil {
		return nil, nil
	}
	address := bareAddress(s.Address)
	name := cmp.Or(s.Group, address)
	if g := l.group(name); g != nil {
		return nil, nameInUse(s, g)
	}
	added := &group{
		name: name, kind: imgroup.DistributionGroup, address: address, addressKey: contactKey(address),
	}
	return &write{
		send: func(ctx context.Context, c Client) error {
			g, err := c.AddDistributionGroupToImList(ctx, address, name)
			return l.adoptGroupID(added, g, err)
		},
		done: func() { l.addGroup(added) },
	}, nil
}

// distribution returns the entry that a step removes, or nil. The list may have several of one
// address.
func (s Step) distribution(l *list) *group {
	key := contactKey(s.Address)
	i := slices.IndexFunc(l.groups, func(g *group) bool {
		return g.kind == imgroup.DistributionGroup && g.addressKey == key && (s.GroupID == "" || g.id.ID == s.GroupID)
	})
	if i < 0 {
		return nil
	}
	return l.groups[i]
}

// removeDistribution removes the entry from the list; the distribution group itself stays.
func (s Step) removeDistribution(l *list) (*write, error) {
	g := s.distribution(l)
	if g == nil {
		return nil, nil
	}
	if g.id.ID == "" {
		return nil, &ConflictError{s, fmt.Sprintf("the server did not return the id of %s", quote(g.name))}
	}
	return &write{
		send: func(ctx context.Context, c Client) error {
			return c.RemoveDistributionGroupFromImList(ctx, g.id)
		},
		done: func() { l.remove(g) },
	}, nil
}
