package imsync

import (
	"fmt"
	"slices"
)

// Limit is how many memberships a plan may remove: Percent of those that were found, but at least
// AtLeast. The zero value is 10 % and 5. A Percent of 100 is no limit.
//
// A group to be removed counts with its members, at least as one, and a distribution group as one. The
// members of a built-in group count among those found only if the plan takes some of them.
type Limit struct{ Percent, AtLeast int }

// BrakeError reports that a plan would remove more than [Options.MaxRemovals] allows. Nothing was
// sent, or in a later round of [Sync] nothing more.
type BrakeError struct {
	Removals, Limit int // memberships that the plan removes, and that it may remove
	Found           int // memberships in the list
}

// Error returns one line that ends with what to check.
func (e *BrakeError) Error() string {
	return fmt.Sprintf("imsync: the plan would remove %d of the %d memberships in the list, and may remove %d: check "+
		"that the roster is complete, and raise the limit on removals if it is", e.Removals, e.Found, e.Limit)
}

// check returns a *BrakeError if the steps remove more than is allowed: how much they remove is
// planned, and done is how much was removed from the list before.
func (m Limit) check(l *list, steps []Step, planned, done int) error {
	if m.Percent >= 100 {
		return nil
	}
	found := done
	for _, g := range l.groups {
		takes := func(s Step) bool { return s.Kind.Removes() && s.GroupID == g.id.ID }
		if !g.kind.BuiltIn() || slices.ContainsFunc(steps, takes) {
			found += max(1, g.size())
		}
	}
	if m == (Limit{}) {
		m = Limit{Percent: 10, AtLeast: 5}
	}
	limit := max(m.AtLeast, found*m.Percent/100)
	if n := done + planned; n > limit {
		return &BrakeError{n, limit, found}
	}
	return nil
}

// removals returns how many memberships the steps remove.
func removals(steps []Step) (n int) {
	for _, s := range steps {
		switch s.Kind {
		case RemoveGroup:
			n += max(1, s.Members)
		case RemoveContact, RemoveTelephone, RemoveDistributionGroup:
			n++
		}
	}
	return n
}
