package imsync

import (
	"cmp"
	"context"
	"maps"
	"slices"
)

// keepPlanned keeps the record with its planned additions.
func (a *applier) keepPlanned(ctx context.Context) error {
	a.foreseen = make(map[gift]bool, len(a.kept.pending))
	for _, s := range a.kept.pending {
		a.foreseen[a.placed(s).gift()] = true
	}
	return a.save(ctx, a.kept)
}

// foresee keeps the record once more before an addition that it does not have: to a group that a
// person has renamed to the wanted name since, or of a group in place of one that was to be renamed.
func (a *applier) foresee(ctx context.Context, s Step) error {
	s = a.placed(s)
	if s.Kind.Removes() || s.Kind == RenameGroup || !a.owns(s) || a.foreseen[s.gift()] {
		return nil
	}
	record := *a.kept
	record.pending, record.found = a.identified(record.pending), maps.Clone(a.owned.found)
	if !slices.ContainsFunc(record.pending, func(p Step) bool { return a.placed(p).gift() == s.gift() }) {
		record.pending = append(record.pending, s)
	}
	a.kept = &record
	return a.keepPlanned(ctx)
}

// placed returns a planned addition of a contact with the id of the group that it goes to, if that was
// found, and without if it is a new one.
func (a *applier) placed(s Step) Step {
	if s.Kind != AddContact && s.Kind != AddTelephone {
		return s
	}
	if g := a.list.group(s.Group); g != nil {
		s.GroupID = ""
		if a.owned.found[g.id.ID] {
			s.GroupID = g.id.ID
		}
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
		if !sent && a.list.shows(a.placed(s), a.owned.found) {
			continue
		}
		if g := a.list.group(s.Group); g != nil && (s.Kind == AddContact || s.Kind == AddTelephone) {
			s.GroupID = g.id.ID
		}
		s.GroupID = cmp.Or(id, s.GroupID)
		out = append(out, s)
	}
	return out
}
