package imsync

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/go-ews/exchange/imgroup"
)

// Export returns the roster of a list: [Diff] of the two is empty for any [Options.Remove], unless
// the service has put contacts into a built-in group. Groups and contacts are in the list's order.
//
// Groups whose names differ in case at most are one group of the roster, and entries for one
// distribution group are one. Export leaves out the built-in groups, and a contact that is in no
// other group: a sync with such a roster leaves both alone. It also leaves out groups without a
// name and distribution groups without an address, which no roster can list. SIP URIs of telephones
// are empty because Exchange does not return them. The roster of a nil list is empty.
func Export(items *imgroup.ItemList) Roster {
	e := exporter{Roster{Groups: []Group{}}, map[string]int{}, map[gift]bool{}}
	groups := newList(items).groups
	for _, g := range groups {
		if g.kind == imgroup.UserGroup && !g.isUnlisted() {
			e.group(g)
		}
	}
	for _, g := range groups {
		if g.kind == imgroup.DistributionGroup && !g.isUnlisted() {
			e.distribution(g)
		}
	}
	return e.roster
}

// isUnlisted reports whether no roster can list a group, because it lacks its name or address.
func (g *group) isUnlisted() bool {
	switch g.kind {
	case imgroup.UserGroup:
		return strings.TrimSpace(g.name) == ""
	case imgroup.DistributionGroup:
		return contactKey(g.address) == ""
	}
	return false
}

// exporter makes a roster.
type exporter struct {
	roster Roster
	names  map[string]int // indexes of groups, by the folded name; also the names of distribution groups
	seen   map[gift]bool
}

func (e *exporter) isNew(g gift) bool {
	was := e.seen[g]
	e.seen[g] = true
	return !was
}

func (e *exporter) group(g *group) {
	key := imgroup.NameKey(g.name)
	i, ok := e.names[key]
	if !ok {
		i = len(e.roster.Groups)
		e.names[key] = i
		e.roster.Groups = append(e.roster.Groups, Group{Name: g.name})
	}
	to := &e.roster.Groups[i]
	for _, m := range g.members {
		switch {
		case !e.isNew(gift{key, m.key}):
		case m.telephone.Number != "":
			to.Telephones = append(to.Telephones, m.telephone)
		default:
			to.Contacts = append(to.Contacts, m.person)
		}
	}
}

// distribution adds a distribution group, with a number if another group has its name.
func (e *exporter) distribution(g *group) {
	if !e.isNew(gift{"", contactKey(g.address)}) {
		return
	}
	out := DistributionGroup{Address: g.address, DisplayName: g.name}
	for n := 2; e.has(out.name()); n++ {
		out.DisplayName = fmt.Sprintf("%s (%d)", cmp.Or(g.name, g.address), n)
	}
	e.names[imgroup.NameKey(out.name())] = -1
	e.roster.DistributionGroups = append(e.roster.DistributionGroups, out)
}

func (e *exporter) has(name string) bool {
	_, ok := e.names[imgroup.NameKey(name)]
	return ok
}
