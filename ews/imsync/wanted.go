package imsync

import (
	"cmp"
	"slices"
	"strings"
)

// wantedGroup is a group of a roster with each contact once.
type wantedGroup struct {
	name, former string
	entries      []*entry
	byKey        map[string]*entry
}

// entry is a contact or telephone of a roster, the same for every group that names it.
type entry struct {
	keys      []string
	person    Contact
	telephone Telephone
	isPhone   bool

	contact *contact // in the list; nil if it is not there
}

// wantedGroups merges what the roster says of the same contact, and finds the contacts in the list.
// Two addresses of one contact are that contact.
func wantedGroups(r Roster, l *list) []wantedGroup {
	known := map[string]*entry{}
	merge := func(e *entry) *entry {
		e.contact = l.lookup(e.keys...)
		if e.contact != nil {
			e.keys = append(e.keys, e.contact.key)
		}
		i := slices.IndexFunc(e.keys, func(key string) bool { return known[key] != nil })
		if i >= 0 {
			known[e.keys[i]].complete(e)
			e = known[e.keys[i]]
		}
		for _, key := range e.keys {
			known[key] = e
		}
		return e
	}
	groups := make([]wantedGroup, 0, len(r.Groups))
	for _, from := range r.Groups {
		g := wantedGroup{name: from.Name, former: from.FormerName}
		for _, c := range from.Contacts {
			c.Address = strings.TrimSpace(c.Address)
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

// add takes an entry once: an address that is named twice, or two of one contact.
func (g *wantedGroup) add(e *entry) {
	if !slices.Contains(g.entries, e) {
		g.entries = append(g.entries, e)
	}
}

// index notes the keys of the entries, which are known once every group has been read.
func (g *wantedGroup) index() {
	g.byKey = make(map[string]*entry, len(g.entries))
	for _, e := range g.entries {
		for _, key := range e.keys {
			g.byKey[key] = e
		}
	}
}

// wants reports whether one of the entries is about the member. An entry for a contact of the list
// has the contact's key among its own.
func (g *wantedGroup) wants(m member) bool { return g.byKey[m.key] != nil }

// complete takes over what another entry for the same contact knows better.
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

// step is what puts the entry into a group. It carries all that making the contact may take.
func (e *entry) step(group string) Step {
	if e.isPhone {
		return Step{Kind: AddTelephone, Group: group, Telephone: e.telephone}
	}
	return Step{Kind: AddContact, Group: group, Contact: e.person}
}
