package imsync

import "github.com/go-ews/exchange/imgroup"

// Export returns the roster of a list: [Diff] of the two is empty for any [Options.Remove], unless
// the service has put contacts into a built-in group. Groups and contacts are in the list's order.
//
// It leaves out the built-in groups, and a contact that is in no other group: a sync with such a roster
// leaves both alone. SIP URIs of telephones are empty because Exchange does not return them. The roster of a nil
// list is empty.
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
