package imsync

import (
	"context"
	"fmt"

	"github.com/go-ews/exchange/imgroup"
)

// write is one operation, and what is noted in the list once it was done.
type write struct {
	send func(ctx context.Context, c Client) error
	done func()
}

// keys are those of the contact or telephone that the step is about.
func (s Step) keys() []string {
	switch s.Kind {
	case AddContact, RemoveContact:
		return []string{s.Contact.key()}
	case AddTelephone, RemoveTelephone:
		return s.Telephone.keys()
	}
	return nil
}

// next returns the next write that the step takes, given the list as it is; nil if the list is as the
// step wants it. It fails where no write could bring that about.
func (s Step) next(l *list) (*write, error) {
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
		return s.remove(l, s.keys()...)
	case AddDistributionGroup:
		return s.addDistribution(l)
	case RemoveDistributionGroup:
		return s.removeDistribution(l)
	}
	return nil, &ConflictError{s, "no such kind of step"}
}

// addGroup makes a group unless there is one of the name, in whatever case: Exchange would answer
// ErrorImGroupDisplayNameAlreadyExists.
func (s Step) addGroup(l *list, name string) (*write, error) {
	if g := l.group(name); g != nil {
		if g.kind != imgroup.UserGroup {
			return nil, taken(s, g)
		}
		return nil, nil
	}
	made := &group{name: name, kind: imgroup.UserGroup}
	return &write{
		send: func(ctx context.Context, c Client) error {
			g, err := c.AddImGroup(ctx, name)
			return l.made(made, g, err)
		},
		done: func() { l.addGroup(made) },
	}, nil
}

// made takes over the id of a new group. An answer without one means that the list must be read.
func (l *list) made(made *group, answer *imgroup.ImGroup, err error) error {
	if err != nil {
		return err
	}
	if answer == nil || answer.ExchangeStoreID.ID == "" {
		l.stale = true
		return nil
	}
	made.id = idOnly(answer.ExchangeStoreID)
	return nil
}

// renameGroup takes a group that has the new name already for the one that is meant: somebody was
// faster, or an earlier try was done without an answer. To give a group its own name again would be an
// error for Exchange.
func (s Step) renameGroup(l *list) (*write, error) {
	if g := l.group(s.NewName); g != nil {
		if g.kind != imgroup.UserGroup {
			return nil, taken(s, g)
		}
		return nil, nil
	}
	g := l.group(s.Group)
	if g == nil { // somebody removed it: what counts is that there is one of the new name
		return s.addGroup(l, s.NewName)
	}
	if g.kind != imgroup.UserGroup {
		return nil, taken(s, g)
	}
	return &write{
		send: func(ctx context.Context, c Client) error { return c.SetImGroup(ctx, g.id, s.NewName) },
		done: func() { g.name = s.NewName },
	}, nil
}

// removeGroup takes the group off the list and, on the server's side, the contacts that are in no other.
func (s Step) removeGroup(l *list) (*write, error) {
	g := l.group(s.Group)
	if g == nil {
		return nil, nil
	}
	if g.kind != imgroup.UserGroup {
		return nil, taken(s, g)
	}
	return &write{
		send: func(ctx context.Context, c Client) error { return c.RemoveImGroup(ctx, g.id) },
		done: func() { l.remove(g) },
	}, nil
}

// add puts a contact into a group: the one of the list, or a new one. The built-in groups take contacts
// too, though no plan of Diff has such a step; distribution groups take none.
func (s Step) add(l *list, e *entry) (*write, error) {
	g := l.group(s.Group)
	if g == nil {
		return nil, &ConflictError{s, "the list has no such group"}
	}
	if g.kind == imgroup.DistributionGroup {
		return nil, taken(s, g)
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
		return nil, &ConflictError{s, "the telephone is not in the list yet, and to make it takes a SIP URI: " +
			"fill in sipUri (Exchange does not tell it, so an exported roster lacks it)"}
	}
	c := &contact{key: e.keys[0], person: e.person, telephone: e.telephone}
	return &write{
		send: func(ctx context.Context, client Client) error {
			persona, err := e.create(ctx, client, g.id)
			return l.born(c, persona, err)
		},
		done: func() {
			l.addContact(c)
			l.join(g, c, c.id)
		},
	}, nil
}

// create makes the contact in a group. It answers with the persona that the server made of it.
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
		Address:     e.person.Address,
		DisplayName: e.person.DisplayName,
		Group:       group,
	})
}

// born takes over the id of a new contact, as made does for a group.
func (l *list) born(c *contact, persona *imgroup.Persona, err error) error {
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

// remove takes a contact out of a group, one membership at a time.
func (s Step) remove(l *list, keys ...string) (*write, error) {
	g := l.group(s.Group)
	if g == nil {
		return nil, nil
	}
	m, ok := g.find(l.lookup(keys...), keys)
	if !ok {
		return nil, nil
	}
	if g.kind == imgroup.DistributionGroup {
		return nil, taken(s, g)
	}
	return &write{
		send: func(ctx context.Context, c Client) error {
			return c.RemoveImContactFromGroup(ctx, imgroup.ContactID{ID: m.id}, g.id)
		},
		done: func() { l.leave(g, m.id) },
	}, nil
}

// addDistribution needs a free name besides: Exchange has one name space for groups of both kinds.
func (s Step) addDistribution(l *list) (*write, error) {
	if l.distribution(s.Address) != nil {
		return nil, nil
	}
	if g := l.group(s.Group); g != nil {
		return nil, taken(s, g)
	}
	made := &group{name: s.Group, kind: imgroup.DistributionGroup, address: s.Address}
	return &write{
		send: func(ctx context.Context, c Client) error {
			g, err := c.AddDistributionGroupToImList(ctx, s.Address, s.Group)
			return l.made(made, g, err)
		},
		done: func() { l.addGroup(made) },
	}, nil
}

// removeDistribution takes the entry off the list; the distribution group itself stays.
func (s Step) removeDistribution(l *list) (*write, error) {
	g := l.distribution(s.Address)
	if g == nil {
		return nil, nil
	}
	if g.id.ID == "" {
		return nil, &ConflictError{s, fmt.Sprintf("the server does not tell the id of %s", quote(g.name))}
	}
	return &write{
		send: func(ctx context.Context, c Client) error {
			return c.RemoveDistributionGroupFromImList(ctx, g.id)
		},
		done: func() { l.remove(g) },
	}, nil
}
