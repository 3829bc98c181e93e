package imsync

import (
	"fmt"

	"github.com/go-ews/exchange/imgroup"
)

// ConflictError says that a step cannot be done to the list as it is, whatever the server thinks of
// it. Nothing was sent for that step.
type ConflictError struct {
	Step   Step
	Reason string
}

// Error returns one line.
func (e *ConflictError) Error() string { return "imsync: " + e.Step.String() + ": " + e.Reason }

// LimitError says that the list would outgrow a limit of the server. Nothing was sent.
type LimitError struct {
	What        string // "groups" or "contacts"
	Need, Limit int    // Need: at the most, on the way or at the end
	Final       int    // at the end
}

// Error returns one line, with what can be done about it.
func (e *LimitError) Error() string {
	option := "MaxGroups"
	if e.What == "contacts" {
		option = "MaxContacts"
	}
	if e.Final <= e.Limit {
		return fmt.Sprintf("imsync: the list would end with %d %s, within the limit of %d, but would have %d "+
			"on the way, since contacts are added before they are removed: take out some first, "+
			"or name a group's FormerName so that it is renamed (see Options.%s)",
			e.Final, e.What, e.Limit, e.Need, option)
	}
	return fmt.Sprintf("imsync: the list would have %d %s, and the limit is %d: want fewer, or say in "+
		"Options.%s that the server takes more", e.Need, e.What, e.Limit, option)
}

// rehearse does the steps to the list alone, so that a conflict or a limit shows before anything is
// sent. The list is not to be used any more.
func rehearse(l *list, steps []Step, o *Options) error {
	var groups, contacts int // at the most, after an addition
	for _, s := range steps {
		w, err := s.next(l)
		for w != nil && err == nil {
			w.done()
			w = nil
			if s.Kind.Removes() {
				w, err = s.next(l) // there may be another contact of the same address
			}
		}
		if err != nil {
			return err
		}
		g, c := l.sizes()
		switch s.Kind {
		case AddGroup, AddDistributionGroup:
			groups = max(groups, g)
		case AddContact, AddTelephone:
			contacts = max(contacts, c)
		}
	}
	finalGroups, finalContacts := l.sizes()
	if o.MaxGroups > 0 && groups > o.MaxGroups {
		return &LimitError{"groups", groups, o.MaxGroups, finalGroups}
	}
	if o.MaxContacts > 0 && contacts > o.MaxContacts {
		return &LimitError{"contacts", contacts, o.MaxContacts, finalContacts}
	}
	return nil
}

// taken says why a name cannot be had for a user group: another kind of group has it.
func taken(s Step, g *group) error {
	what := "a group of type " + quote(string(g.kind))
	switch {
	case g.kind.BuiltIn():
		what = "a built-in group, which is left alone"
	case g.kind == imgroup.DistributionGroup:
		what = "a distribution group"
	case g.kind == imgroup.UserGroup:
		what = "a user group"
	}
	return &ConflictError{s, fmt.Sprintf("the name %s belongs to %s", quote(g.name), what)}
}
