package imsync

import (
	"errors"
	"fmt"

	"github.com/go-ews/exchange/ews"
)

// LimitError reports that the list would exceed a limit of the server. Nothing was sent, unless Err is
// set. The same roster would fail again: it is no use to retry.
type LimitError struct {
	What        string // "groups" or "contacts"
	Group       string // whose contacts they are; "": of the whole list
	Need, Limit int    // Need: the most at any time, on the way or at the end
	Final       int    // at the end
	Err         error  // the server's refusal of a step, if its limit is lower than that of the options
}

// Error returns one line that ends with a remedy.
func (e *LimitError) Error() string {
	where := "the list"
	if e.Group != "" {
		where = "group " + quote(e.Group)
	}
	switch {
	case e.Err != nil:
		return fmt.Sprintf("imsync: %s has %d %s, and the server takes no more: shorten the roster, or have the limit "+
			"of the server raised: %v", where, e.Limit, e.What, e.Err)
	case e.Final <= e.Limit:
		return fmt.Sprintf("imsync: %s would end with %d %s, within the limit of %d, but would have %d "+
			"on the way, since contacts are added before others are removed: remove some first, or give "+
			"the former name of a group that is only renamed", where, e.Final, e.What, e.Limit, e.Need)
	}
	return fmt.Sprintf("imsync: %s would have %d %s, and the limit is %d: shorten the roster, allow removals if "+
		"what it does not list may go, or raise the limit in the settings of the sync if the server allows more",
		where, e.Need, e.What, e.Limit)
}

// Unwrap returns Err.
func (e *LimitError) Unwrap() error { return e.Err }

// refusedByLimit returns the *LimitError of a step that the server has refused because of a limit, or
// else err.
func (s Step) refusedByLimit(l *list, err error) error {
	groups, contacts := l.sizes()
	switch {
	case errors.Is(err, ews.ErrorImGroupLimitReached):
		return &LimitError{"groups", "", groups + 1, groups, groups + 1, err}
	case errors.Is(err, ews.ErrorImContactLimitReached):
		return &LimitError{"contacts", "", contacts + 1, contacts, contacts + 1, err}
	}
	return err
}

// rehearse applies the steps to the list alone, to find a conflict or an exceeded limit before
// anything is sent. The list cannot be used afterwards. only is as for next.
func rehearse(l *list, steps []Step, only *Ownership, o *Options) error {
	most := peaks{members: map[*group]int{}}
	for _, s := range steps {
		if _, err := s.rehearse(l, only); err != nil {
			return err
		}
		most.add(l, s)
	}
	return most.check(l, o)
}

// rehearse applies the step to the list alone, and reports whether that changed it.
func (s Step) rehearse(l *list, only *Ownership) (changed bool, err error) {
	w, err := s.next(l, only)
	for w != nil && err == nil {
		changed = true
		w.done()
		w = nil
		if s.repeats(only) {
			w, err = s.next(l, only)
		}
	}
	return changed, err
}

// peaks are the sizes of a list after additions, the greatest of each.
type peaks struct {
	groups, contacts int
	members          map[*group]int
}

func (p *peaks) add(l *list, s Step) {
	groups, contacts := l.sizes()
	switch s.Kind {
	case AddGroup, AddDistributionGroup:
		p.groups = max(p.groups, groups)
	case AddContact, AddTelephone:
		p.contacts = max(p.contacts, contacts)
		if g := l.group(s.Group); g != nil {
			p.members[g] = max(p.members[g], g.size())
		}
	}
}

// check compares the sizes with the limits, and with the list after the steps.
func (p *peaks) check(l *list, o *Options) error {
	groups, contacts := l.sizes()
	if o.MaxGroups > 0 && p.groups > o.MaxGroups {
		return &LimitError{What: "groups", Need: p.groups, Limit: o.MaxGroups, Final: groups}
	}
	if o.MaxContacts <= 0 {
		return nil
	}
	if o.ContactsPerList {
		if p.contacts > o.MaxContacts {
			return &LimitError{What: "contacts", Need: p.contacts, Limit: o.MaxContacts, Final: contacts}
		}
		return nil
	}
	for _, g := range l.groups {
		if p.members[g] > o.MaxContacts {
			return &LimitError{What: "contacts", Group: g.name, Need: p.members[g], Limit: o.MaxContacts, Final: g.size()}
		}
	}
	return nil
}

// size returns the number of members.
func (g *group) size() int { return len(g.members) + len(g.undescribed) }
