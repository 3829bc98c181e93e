package imsync

import (
	"fmt"
	"slices"

	"github.com/go-ews/exchange/imgroup"
)

// Diff returns the plan that puts current in step with the roster. It sends nothing, changes neither
// argument, and returns the same plan for the same arguments. A nil current is an empty list; nil
// opts work.
//
// The plan for a list that is in step is empty. It adds to Favorites and Other Contacts, and removes from
// them, only contacts; it has no step for groups of types other than these, user groups and
// distribution groups.
//
// The error is a *[RosterError] for a roster that no list can be put in step with, a
// *[ConflictError] if this list cannot, and a *[LimitError] if the list would exceed the server's
// limits, on the way or at the end.
func Diff(current *imgroup.ItemList, roster Roster, opts *Options) (Plan, error) {
	o := opts.withDefaults()
	_, plan, err := diff(current, desired{roster: roster}, &o)
	return plan, err
}

// diff returns the plan, and the differ that it comes from.
func diff(current *imgroup.ItemList, want desired, o *Options) (*differ, Plan, error) {
	l, roster := newList(current), want.roster
	accepted := func(address string) bool {
		return want.restored || l.lookup(contactKey(address)) != nil || l.distribution(address) != nil
	}
	if err := roster.check(accepted); err != nil {
		return nil, Plan{}, err
	}
	if o.Remove.removes() && roster.Empty() && !o.AllowEmpty {
		return nil, Plan{}, &RosterError{[]string{
			"no groups, and removal would take everything: allow an empty roster if that is meant",
		}}
	}
	d := newDiffer(l, want, o)
	steps, only := d.additionsFirst(), o.Remove.only(d.owned)
	err := rehearse(newList(current), steps, only, o)
	for _, r := range []roomFirst{{}, {newGroupsFirst: true}, {early: true}} {
		if err == nil {
			break
		}
		steps = r.order(d, newList(current)) // a limit was exceeded, or a name is in use
		err = rehearse(newList(current), steps, only, o)
	}
	if err != nil {
		return nil, Plan{}, err
	}
	return d, Plan{Steps: steps, Notes: slices.Concat(want.notes, d.notes())}, nil
}

// differ compares a list with its desired state.
type differ struct {
	list          *list
	groups        []desiredGroup
	distributions []DistributionGroup
	listed        map[string]bool // the keys of these
	remove        RemovePolicy
	owned         *Ownership // of the list

	matched map[*group]*desiredGroup // user groups of the list that stay
	renamed map[*group]string        // the new names of those that are renamed
	byName  map[string]*group        // by the folded name after the plan
	twins   map[string][]*group      // several groups by the folded name that they share: left alone

	alone []*desiredGroup            // the desired groups that are left alone
	lacks map[string][]*desiredGroup // the result of lacking, by key
}

// newDiffer returns a differ whose groups are matched.
func newDiffer(l *list, want desired, o *Options) *differ {
	d := &differ{list: l, remove: o.Remove, owned: o.Owned.settle(l), lacks: map[string][]*desiredGroup{}}
	d.groups = desiredGroups(want.roster, l)
	d.distributions, d.listed = want.roster.DistributionGroups, map[string]bool{}
	for _, w := range d.distributions {
		d.listed[contactKey(w.Address)] = true
	}
	d.match(want.restored)
	return d
}

// adopt makes the part of the list that is wanted owned.
func (d *differ) adopt() {
	for g, w := range d.matched {
		if g.id.ID == "" {
			continue // a record knows groups by their ids
		}
		owned := d.owned.group(g)
		owned.made = g.kind == imgroup.UserGroup
		for _, m := range g.members {
			if _, known := owned.members[m.key]; !known && w.has(m) {
				owned.members[m.key] = m.id
			}
		}
	}
	for _, g := range d.list.groups {
		if g.kind == imgroup.DistributionGroup && g.id.ID != "" && d.hasDistribution(g) {
			d.owned.group(g).made = true
		}
	}
}

// renames returns the steps for groups with a former name, each after the one that frees its new
// name. They come before the additions: a distribution group may need the old name.
func (d *differ) renames() (steps []Step) {
	names := make(map[string]bool, len(d.list.groups)) // that groups have
	waiting := make([]*group, 0, len(d.renamed))
	for _, g := range d.list.groups {
		names[imgroup.NameKey(g.name)] = true
		if d.renamed[g] != "" {
			waiting = append(waiting, g)
		}
	}
	for len(waiting) > 0 {
		i := slices.IndexFunc(waiting, func(g *group) bool { return !names[imgroup.NameKey(d.renamed[g])] })
		i = max(i, 0) // a circle of names: the rehearsal of the plan returns the conflict
		g := waiting[i]
		waiting = slices.Delete(waiting, i, i+1)
		steps = append(steps, Step{Kind: RenameGroup, Group: g.name, GroupID: g.id.ID, NewName: d.renamed[g]})
		delete(names, imgroup.NameKey(g.name))
		names[imgroup.NameKey(d.renamed[g])] = true
	}
	return steps
}

// groupAdditions returns the steps for groups that the list lacks.
func (d *differ) groupAdditions() (steps []Step) {
	for i := range d.groups {
		steps = append(steps, d.groupAddition(&d.groups[i])...)
	}
	return steps
}

func (d *differ) groupAddition(w *desiredGroup) []Step {
	if d.byName[imgroup.NameKey(w.name)] != nil || w.alone {
		return nil
	}
	return []Step{{Kind: AddGroup, Group: w.name}}
}

// distributionAdditions returns the steps for distribution groups that the list lacks.
func (d *differ) distributionAdditions() (steps []Step) {
	for _, w := range d.distributions {
		if d.list.distribution(w.Address) == nil {
			address := bareAddress(w.Address)
			steps = append(steps, Step{Kind: AddDistributionGroup, Group: w.name(), Address: address})
		}
	}
	return steps
}

// contactAdditions returns the steps for contacts that desired groups lack.
func (d *differ) contactAdditions() (steps []Step) {
	for i := range d.groups {
		steps = append(steps, d.contactAdditionsTo(&d.groups[i])...)
	}
	return steps
}

// contactAdditionsTo returns the steps for contacts that a desired group lacks. Whether the contact is
// new to the list as well is decided when the step is applied.
func (d *differ) contactAdditionsTo(w *desiredGroup) (steps []Step) {
	if w.alone {
		return nil
	}
	g := d.byName[imgroup.NameKey(w.name)]
	for _, e := range w.entries {
		if g != nil {
			if _, ok := g.find(e.contact, e.keys); ok {
				continue
			}
		}
		steps = append(steps, e.step(d.nameOf(g, w.name)))
	}
	return steps
}

// nameOf returns the name of a group after the renames.
func (d *differ) nameOf(g *group, desired string) string {
	if g == nil || d.renamed[g] != "" {
		return desired
	}
	return g.name
}

// contactRemovals returns the steps for unwanted contacts of desired groups, and for those that move
// to another group. Members that the list does not describe stay.
func (d *differ) contactRemovals() (drop []Step, leave []leaving) {
	for _, g := range d.list.groups {
		w := d.matched[g]
		if !takesContacts(g.kind) || d.isTwin(g.name) || d.drops(g) {
			continue
		}
		name := g.name
		if w != nil {
			name = d.nameOf(g, w.name)
		}
		for _, m := range g.members {
			if w != nil && w.has(m) || !d.mayLeave(g, m) || d.stranded(m) {
				continue
			}
			step := removal(m, g, name)
			if d.moves(m) {
				leave = append(leave, leaving{step, []member{m}})
			} else {
				drop = append(drop, step)
			}
		}
	}
	return drop, leave
}

// groupRemovals returns the steps for unwanted groups, and for those that contacts move out of.
func (d *differ) groupRemovals() (drop []Step, leave []leaving) {
	for _, g := range d.list.groups {
		if !d.drops(g) {
			continue
		}
		step := Step{Kind: RemoveGroup, Group: g.name, GroupID: g.id.ID}
		if g.kind == imgroup.DistributionGroup {
			step.Kind, step.Address = RemoveDistributionGroup, g.address
			drop = append(drop, step)
			continue
		}
		step.Members, step.MemberKeys = len(g.members), g.memberKeys()
		if slices.ContainsFunc(g.members, d.moves) {
			leave = append(leave, leaving{step, g.members})
		} else {
			drop = append(drop, step)
		}
	}
	return drop, leave
}

// mayLeave reports whether the policy lets an unwanted member leave a group that stays. Of a group
// that the roster does not list RemoveAll removes nothing, if it stays at all.
func (d *differ) mayLeave(g *group, m member) bool {
	switch d.remove {
	case RemoveAll:
		return d.matched[g] != nil
	case RemoveOwned:
		return d.owned.groups[g.id.ID].has(m)
	}
	return false
}

// drops reports whether the group is removed as a whole. One with members that the list does not
// describe stays, with a note.
func (d *differ) drops(g *group) bool {
	if !d.remove.removes() || d.isTwin(g.name) || d.matched[g] != nil || d.remove == RemoveOwned && !d.owned.covers(g) {
		return false
	}
	if d.remove == RemoveAll && g.isUnlisted() {
		return false
	}
	if g.kind == imgroup.DistributionGroup {
		return !d.hasDistribution(g)
	}
	return g.kind == imgroup.UserGroup && len(g.undescribed) == 0 && !slices.ContainsFunc(g.members, d.stranded)
}

// notes returns a note for each unwanted group that is kept, and for groups that share a name.
func (d *differ) notes() (notes []string) {
	for _, g := range d.list.groups {
		same := d.twins[imgroup.NameKey(g.name)]
		if len(same) > 0 && same[0] == g && (d.remove.removes() || d.wants(g.name)) {
			notes = append(notes, fmt.Sprintf("%d groups have the name %s, in upper or lower case: "+
				"they and their members are left alone; rename all but one", len(same), quote(g.name)))
			continue
		}
		if d.remove == RemoveAll && g.isUnlisted() {
			notes = append(notes, fmt.Sprintf(
				"group %s is kept: it lacks a name, or as a distribution group an address, to list it by", quote(g.name)))
			continue
		}
		if g.kind != imgroup.UserGroup || d.matched[g] != nil {
			continue
		}
		owned := d.owned.groups[g.id.ID]
		switch {
		case d.remove == RemoveAll && len(g.undescribed) > 0:
			notes = append(notes, fmt.Sprintf(
				"group %s is kept: the list does not tell who %d of its members are", quote(g.name), len(g.undescribed)))
		case d.remove == RemoveOwned && owned != nil && owned.made && !d.drops(g):
			notes = append(notes, fmt.Sprintf(
				"group %s is kept: it has members that this service did not add", quote(g.name)))
		}
	}
	for _, w := range d.groups {
		if d.isAbsent(w.name) {
			notes = append(notes, fmt.Sprintf("the list has no group %s yet, which only the server makes: "+
				"its contacts are left out", quote(w.name)))
		}
	}
	return notes
}

// hasDistribution reports whether the roster has the distribution group, under any name.
func (d *differ) hasDistribution(g *group) bool { return d.listed[g.addressKey] }

// moves reports whether a desired group still lacks the contact, which would be lost if it left its
// present group first.
func (d *differ) moves(m member) bool { return len(d.lacking(m)) > 0 }

// lacking returns the desired groups that still lack the contact.
func (d *differ) lacking(m member) []*desiredGroup {
	if groups, ok := d.lacks[m.key]; ok {
		return groups
	}
	var groups []*desiredGroup
	for i := range d.groups {
		w := &d.groups[i]
		if !w.has(m) || w.alone {
			continue
		}
		g := d.byName[imgroup.NameKey(w.name)]
		if g != nil {
			if _, ok := g.find(m.contact, []string{m.key}); ok {
				continue
			}
		}
		groups = append(groups, w)
	}
	d.lacks[m.key] = groups
	return groups
}

// wants reports whether the roster has a group of that name, or of that former name.
func (d *differ) wants(name string) bool {
	key := imgroup.NameKey(name)
	return slices.ContainsFunc(d.groups, func(w desiredGroup) bool {
		return imgroup.NameKey(w.name) == key || imgroup.NameKey(w.former) == key
	})
}

// stranded reports whether the member belongs into a group that is left alone and lacks it. The
// member then stays in its present group.
func (d *differ) stranded(m member) bool {
	return slices.ContainsFunc(d.alone, func(w *desiredGroup) bool {
		return w.has(m) && !slices.ContainsFunc(d.twins[imgroup.NameKey(w.name)], func(g *group) bool {
			_, ok := g.find(m.contact, []string{m.key})
			return ok
		})
	})
}

// removal returns the step that removes a member from a group, under the name that it has by then.
func removal(m member, g *group, name string) Step {
	s := Step{Kind: RemoveContact, Group: name, GroupID: g.id.ID, Contact: Contact{Address: m.person.Address}}
	if m.telephone.Number != "" {
		s.Kind, s.Contact, s.Telephone = RemoveTelephone, Contact{}, m.telephone
	}
	return s
}
