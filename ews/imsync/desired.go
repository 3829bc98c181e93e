package imsync

import (
	"cmp"
	"slices"
)

// desiredGroup is a group of a roster with each contact once.
type desiredGroup struct {
	name, former string
	entries      []*entry
	byKey        map[string]*entry
	alone        bool // the plan has no step for it: see leavesAlone
}

// entry is a contact or telephone of a roster, shared by the groups that list it.
type entry struct {
	keys      []string
	person    Contact
	telephone Telephone
	isPhone   bool

	contact *contact // in the list, nil if it is new
}

// desiredGroups returns the groups of the roster. It merges the entries of a contact, also those by
// different addresses of one contact of the list.
func desiredGroups(r Roster, l *list) []desiredGroup {
	byKey := map[string]*entry{}
	merge := func(e *entry) *entry {
		e.contact = l.lookup(e.keys...)
		if e.contact != nil {
			e.keys = append(e.keys, e.contact.key)
		}
		i := slices.IndexFunc(e.keys, func(key string) bool { return byKey[key] != nil })
		if i >= 0 {
			byKey[e.keys[i]].complete(e)
			e = byKey[e.keys[i]]
		}
		for _, key := range e.keys {
			byKey[key] = e
		}
		return e
	}
	groups := make([]desiredGroup, 0, len(r.Groups))
	for _, from := range r.Groups {
		g := desiredGroup{name: from.Name, former: from.FormerName}
		for _, c := range from.Contacts {
			c.Address = bareAddress(c.Address)
			g.add(merge(&entry{keys: []string{c.key()}, person: c}))
		}
		for _, t := range from.Telephones {
			g.add(merge(&entry{keys: t.keys(), telephone: t, isPhone: true}))
		}
		groups = append(groups, g)
	}
	for i := range groups {
		groups[i].index()
	}
	return groups
}

// add adds an entry unless the group has it, by the same or another address of the contact.
func (g *desiredGroup) add(e *entry) {
	if !slices.Contains(g.entries, e) {
		g.entries = append(g.entries, e)
	}
}

// index indexes the entries by their keys, which are complete once every group was read.
func (g *desiredGroup) index() {
	g.byKey = make(map[string]*entry, len(g.entries))
	for _, e := range g.entries {
		for _, key := range e.keys {
			g.byKey[key] = e
		}
	}
}

// has reports whether the desired group has the member. The keys of an entry include that of its
// contact in the list.
func (g *desiredGroup) has(m member) bool { return g.byKey[m.key] != nil }

// complete adds the keys and the missing values of another entry for the same contact.
func (e *entry) complete(other *entry) {
	for _, key := range other.keys {
		if !slices.Contains(e.keys, key) {
			e.keys = append(e.keys, key)
		}
	}
	e.person.DisplayName = cmp.Or(e.person.DisplayName, other.person.DisplayName)
	e.telephone.TelURI = cmp.Or(e.telephone.TelURI, other.telephone.TelURI)
	e.telephone.SIPURI = cmp.Or(e.telephone.SIPURI, other.telephone.SIPURI)
}

// step returns the step that adds the entry to a group, with all that a new contact may need.
func (e *entry) step(group string) Step {
	if e.isPhone {
		return Step{Kind: AddTelephone, Group: group, Telephone: e.telephone}
	}
	return Step{Kind: AddContact, Group: group, Contact: e.person}
}
