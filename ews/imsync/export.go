package imsync

import "github.com/go-ews/exchange/imgroup"

// Export returns the roster that describes a list: with it, [Diff] finds nothing to do to that list,
// Prune or not. Groups and contacts are in the list's order.
//
// The built-in groups are left out, and so is a contact that is in no other group: a sync leaves both
// alone. The SIP URIs of telephones are left out because Exchange does not tell them. A nil list
// gives an empty roster.
func Export(items *imgroup.ItemList) Roster {
	r := Roster{Groups: []Group{}}
	for _, g := range newList(items).groups {
		switch g.kind {
		case imgroup.UserGroup:
			r.Groups = append(r.Groups, g.export())
		case imgroup.DistributionGroup:
			entry := DistributionGroup{Address: g.address, DisplayName: g.name}
			r.DistributionGroups = append(r.DistributionGroups, entry)
		}
	}
	return r
}

func (g *group) export() Group {
	out := Group{Name: g.name}
	seen := map[string]bool{}
	for _, m := range g.members {
		if seen[m.key] {
			continue
		}
		seen[m.key] = true
		if m.telephone.Number != "" {
			out.Telephones = append(out.Telephones, m.telephone)
		} else {
			out.Contacts = append(out.Contacts, m.person)
		}
	}
	return out
}
