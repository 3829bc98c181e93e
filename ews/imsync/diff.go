package imsync

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-ews/exchange/imgroup"
)

// Diff returns what has to be done to current to put it in step with the roster. It sends nothing,
// changes neither argument, and returns the same plan for the same arguments. A nil current is an
// empty list; nil opts work.
//
// What is in order already takes no step, so the plan for a list that was put in step is empty.
// Groups of other types than user groups and distribution groups are left alone, the built-in ones
// above all.
//
// The error is a *[RosterError] for a roster that no list can be put in step with, a
// *[ConflictError] for one that this list cannot, and a *[LimitError] where the list would outgrow
// the server's limits, on the way or at the end.
func Diff(current *imgroup.ItemList, roster Roster, opts *Options) (Plan, error) {
	if err := roster.Check(); err != nil {
		return Plan{}, err
	}
	o := opts.withDefaults()
	if o.Prune && roster.Empty() && !o.AllowEmpty {
		return Plan{}, &RosterError{[]string{
			"empty, and Prune would take everything off the list: set AllowEmpty if that is meant",
		}}
	}
	d := differ{list: newList(current), prune: o.Prune}
	d.groups = wantedGroups(roster, d.list)
	d.distributions = roster.DistributionGroups
	d.match()
	steps := d.additionsFirst()
	if rehearse(newList(current), steps, &o) != nil { // a limit, or a name that is taken
		steps = d.roomFirst()
		if err := rehearse(newList(current), steps, &o); err != nil {
			return Plan{}, err
		}
	}
	return Plan{Steps: steps, Notes: d.notes()}, nil
}

// differ compares a list with what is wanted of it.
type differ struct {
	list          *list
	groups        []wantedGroup
	distributions []DistributionGroup
	prune         bool

	matched map[*group]*wantedGroup // user groups of the list that stay
	renamed map[*group]string       // those of them that get another name, with that
	byName  map[string]*group       // by the folded name that it will have
}

// match finds the user groups of the list that the wanted groups are: by name first, so that a group
// whose name is wanted is never renamed.
func (d *differ) match() {
	d.matched, d.renamed = map[*group]*wantedGroup{}, map[*group]string{}
	d.byName = map[string]*group{}
	for i := range d.groups {
		w := &d.groups[i]
		if g := d.list.group(w.name); g != nil && g.kind == imgroup.UserGroup {
			d.matched[g] = w
			d.byName[fold(w.name)] = g
		}
	}
	for i := range d.groups {
		w := &d.groups[i]
		if w.former == "" || d.byName[fold(w.name)] != nil {
			continue
		}
		g := d.list.group(w.former)
		if g == nil || g.kind != imgroup.UserGroup || d.matched[g] != nil {
			continue
		}
		d.matched[g] = w
		d.renamed[g] = w.name
		d.byName[fold(w.name)] = g
	}
}

// additionsFirst is the order that leaves the list with more rather than less where it is broken off.
func (d *differ) additionsFirst() []Step {
	dropGroups, leaveGroups := d.groupRemovals()
	dropContacts, leaveContacts := d.contactRemovals()
	return slices.Concat(
		d.renames(), d.groupAdditions(), d.contactAdditions(),
		dropContacts, leaveContacts, dropGroups, leaveGroups)
}

// roomFirst is the order for a list that has no room, or no free name, for what is to be added: first
// goes what nobody wants any more. What a contact moves away from still comes last.
func (d *differ) roomFirst() []Step {
	dropGroups, leaveGroups := d.groupRemovals()
	dropContacts, leaveContacts := d.contactRemovals()
	return slices.Concat(
		dropGroups, d.renames(), dropContacts,
		d.groupAdditions(), d.contactAdditions(),
		leaveContacts, leaveGroups)
}

// renames returns the steps for groups that have a former name. They go first among the additions: the
// old name may be wanted for a distribution group.
func (d *differ) renames() (steps []Step) {
	for _, g := range d.list.groups {
		if name, ok := d.renamed[g]; ok {
			steps = append(steps, Step{Kind: RenameGroup, Group: g.name, NewName: name})
		}
	}
	return steps
}

// groupAdditions returns the steps for groups and distribution groups that the list lacks.
func (d *differ) groupAdditions() (steps []Step) {
	for _, w := range d.groups {
		if d.byName[fold(w.name)] == nil {
			steps = append(steps, Step{Kind: AddGroup, Group: w.name})
		}
	}
	for _, w := range d.distributions {
		if d.list.distribution(w.Address) == nil {
			address := strings.TrimSpace(w.Address)
			steps = append(steps, Step{Kind: AddDistributionGroup, Group: w.name(), Address: address})
		}
	}
	return steps
}

// contactAdditions returns the steps for contacts that a wanted group lacks. Whether the contact is new
// to the list too is found out when the step is done.
func (d *differ) contactAdditions() (steps []Step) {
	for _, w := range d.groups {
		g := d.byName[fold(w.name)]
		for _, e := range w.entries {
			if g != nil {
				if _, ok := g.find(e.contact, e.keys); ok {
					continue
				}
			}
			steps = append(steps, e.step(d.nameOf(g, w.name)))
		}
	}
	return steps
}

// nameOf is the name that a group has once the renames are done.
func (d *differ) nameOf(g *group, wanted string) string {
	if g == nil || d.renamed[g] != "" {
		return wanted
	}
	return g.name
}

// contactRemovals returns the steps for contacts of wanted groups that go, and for those that move to
// another group. Strangers are not among the members and stay.
func (d *differ) contactRemovals() (drop, leave []Step) {
	if !d.prune {
		return nil, nil
	}
	for _, g := range d.list.groups {
		w := d.matched[g]
		if w == nil {
			continue
		}
		for _, m := range g.members {
			if w.wants(m) {
				continue
			}
			step := removal(m, d.nameOf(g, w.name))
			if d.moves(m) {
				leave = append(leave, step)
			} else {
				drop = append(drop, step)
			}
		}
	}
	return drop, leave
}

// groupRemovals returns the steps for groups that can go at once and for those that contacts move
// out of.
func (d *differ) groupRemovals() (drop, leave []Step) {
	if !d.prune {
		return nil, nil
	}
	for _, g := range d.list.groups {
		step := Step{Kind: RemoveGroup, Group: g.name, Members: len(g.members)}
		switch {
		case g.kind == imgroup.DistributionGroup && !d.wantsDistribution(g):
			step = Step{Kind: RemoveDistributionGroup, Group: g.name, Address: g.address}
			drop = append(drop, step)
		case g.kind != imgroup.UserGroup || d.matched[g] != nil:
		case g.strangers > 0: // kept, and noted
		case slices.ContainsFunc(g.members, d.moves):
			leave = append(leave, step)
		default:
			drop = append(drop, step)
		}
	}
	return drop, leave
}

// notes tells of groups that are kept although nobody wants them.
func (d *differ) notes() (notes []string) {
	for _, g := range d.list.groups {
		if d.prune && g.kind == imgroup.UserGroup && d.matched[g] == nil && g.strangers > 0 {
			notes = append(notes, fmt.Sprintf(
				"group %s is kept: the list does not tell who %d of its members are", quote(g.name), g.strangers))
		}
	}
	return notes
}

// wantsDistribution reports whether the roster has the distribution group, whatever it calls it.
func (d *differ) wantsDistribution(g *group) bool {
	return slices.ContainsFunc(d.distributions, func(w DistributionGroup) bool {
		return imgroup.SameAddress(w.Address, g.address)
	})
}

// moves reports whether the contact is wanted in another group that it is not in yet, so that it
// would be lost if it left the one that it is in now.
func (d *differ) moves(m member) bool {
	for _, w := range d.groups {
		if !w.wants(m) {
			continue
		}
		g := d.byName[fold(w.name)]
		if g == nil {
			return true
		}
		if _, ok := g.find(m.contact, []string{m.key}); !ok {
			return true
		}
	}
	return false
}

// removal is the step that takes a member out of a group.
func removal(m member, group string) Step {
	if m.telephone.Number != "" {
		return Step{Kind: RemoveTelephone, Group: group, Telephone: m.telephone}
	}
	return Step{Kind: RemoveContact, Group: group, Contact: Contact{Address: m.person.Address}}
}
