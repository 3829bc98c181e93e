package imsync

import (
	"slices"

	"github.com/go-ews/exchange/imgroup"
)

// additionsFirst returns the steps in the order that, interrupted anywhere, leaves too much rather than
// too little in the list.
func (d *differ) additionsFirst() []Step {
	dropGroups, leaveGroups := d.groupRemovals()
	dropContacts, leaveContacts := d.contactRemovals()
	steps := slices.Concat(
		d.renames(), d.groupAdditions(), d.distributionAdditions(), d.contactAdditions(), dropContacts)
	for _, l := range leaveContacts {
		steps = append(steps, l.step)
	}
	steps = append(steps, dropGroups...)
	for _, l := range leaveGroups {
		steps = append(steps, l.step)
	}
	return steps
}

// leaving is a removal that has to wait until the members, or some of them, are in other groups.
type leaving struct {
	step    Step
	members []member
}

// roomFirst is the order of steps for a list without room, or without a free name, for the additions:
// unwanted groups and contacts are removed first. A contact that moves still leaves a group after it was
// added, but as soon as that is done, so that one free place serves many moves.
type roomFirst struct {
	newGroupsFirst bool // for a group without room whose contacts move to new groups
	early          bool // a contact that moves may leave a group before, if another one has it
}

// order returns the steps. The list cannot be used afterwards.
func (r roomFirst) order(d *differ, l *list) []Step {
	complete := map[*desiredGroup]bool{}
	incomplete := func(w *desiredGroup) bool { return !complete[w] }
	dropGroups, leaveGroups := d.groupRemovals()
	dropContacts, leaveContacts := d.contactRemovals()
	var steps []Step
	do := func(more ...Step) {
		steps = append(steps, more...)
		for _, s := range more {
			_, _ = s.rehearse(l, d.remove.only(d.owned)) // an error comes again when the plan is rehearsed
		}
	}
	mustWait := func(m member) bool {
		if c := l.lookup(m.key); r.early && c != nil && c.groups > 1 {
			return false
		}
		return slices.ContainsFunc(d.lacking(m), incomplete)
	}
	leave := slices.Concat(leaveContacts, leaveGroups)
	doLeave := func() {
		leave = slices.DeleteFunc(leave, func(l leaving) bool {
			if slices.ContainsFunc(l.members, mustWait) {
				return false
			}
			do(l.step)
			return true
		})
	}
	do(slices.Concat(dropGroups, d.renames(), dropContacts)...)
	doLeave()
	for _, isNew := range []bool{r.newGroupsFirst, !r.newGroupsFirst} {
		for i := range d.groups {
			w := &d.groups[i]
			if (d.byName[imgroup.NameKey(w.name)] == nil) == isNew {
				do(slices.Concat(d.groupAddition(w), d.contactAdditionsTo(w))...)
				complete[w] = true
				doLeave()
			}
		}
	}
	do(d.distributionAdditions()...)
	return steps
}
