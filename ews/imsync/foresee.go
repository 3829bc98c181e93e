package imsync

import (
	"cmp"
	"context"
	"maps"
	"slices"
)

// keepPlanned keeps the record with its planned additions.
func (a *applier) keepPlanned(ctx context.Context) error {
	a.note(a.kept.pending)
	err := a.save(ctx, a.kept)
	if err != nil {
		a.note(nil)
	}
	return err
}

// note notes the planned additions of the record.
func (a *applier) note(planned []Step) {
	a.foreseen = make(map[gift]bool, len(planned))
	for _, s := range planned {
		a.foreseen[s.gift()] = true
	}
}

// foresee keeps the record once more before an addition that it does not have: to another group
// than planned, because a person has renamed one to the wanted name since, or of a group in place
// of one that was to be renamed.
func (a *applier) foresee(ctx context.Context, s Step) error {
	if s.Kind.Removes() || s.Kind == RenameGroup || !a.owns(s) || a.foresees(s) {
		return nil
	}
	record := *a.kept
	record.pending, record.found = a.identified(record.pending), maps.Clone(a.owned.found)
	if a.note(record.pending); !a.foresees(s) {
		record.pending = append(record.pending, a.placed(s))
	}
	a.kept = &record
	return a.keepPlanned(ctx)
}

// foresees reports whether the record has an addition: of a contact with the id of its group, or
// with the name of a new one.
func (a *applier) foresees(s Step) bool {
	if a.foreseen[a.placed(s).gift()] {
		return true
	}
	g := a.list.group(s.Group)
	s.GroupID = ""
	return (g == nil || !a.owned.found[g.id.ID]) && a.foreseen[s.gift()]
}

// placed returns a planned addition of a contact with the id of the group that it goes to, if the
// list has that.
func (a *applier) placed(s Step) Step {
	if g := a.list.group(s.Group); g != nil && (s.Kind == AddContact || s.Kind == AddTelephone) {
		s.GroupID = g.id.ID
	}
	return s
}

// identify notes the id of a group that was added, so that it is owned even if a person renames it
// before the list is read again.
func (a *applier) identify(s Step) {
	if s.Kind != AddGroup && s.Kind != AddDistributionGroup {
		return
	}
	i := slices.Index(a.sent, s)
	if i < 0 {
		return
	}
	if g := a.list.given(s, a.owned.found); g != nil {
		a.sent[i].GroupID = g.id.ID
	}
}

// findOthers notes the groups of the list that the service did not send: if one gets the name of a
// planned addition later, it is a person's.
func (a *applier) findOthers() {
	if a.kept == nil {
		return // nothing is planned
	}
	sent := make(map[string]bool, len(a.sent))
	for _, s := range a.sent {
		sent[s.GroupID] = true
	}
	for _, g := range a.list.groups {
		if !sent[g.id.ID] {
			a.owned.found[g.id.ID] = true
		}
	}
}

// identified returns planned additions, with the ids that groups of them got when they were sent.
// It leaves out those that are in the list and were not sent: a person made them.
func (a *applier) identified(planned []Step) []Step {
	withoutID := func(s Step) Step { s.GroupID = ""; return s }
	ids := make(map[Step]string, len(a.sent))
	for _, s := range a.sent {
		ids[withoutID(s)] = s.GroupID
	}
	out := make([]Step, 0, len(planned)+1)
	for _, s := range planned {
		id, sent := ids[withoutID(s)]
		if sent {
			s.GroupID = cmp.Or(id, s.GroupID)
		} else if s = a.placed(s); a.list.shows(s, a.owned.found) {
			continue
		}
		out = append(out, s)
	}
	return out
}
