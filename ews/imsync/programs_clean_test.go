package imsync_test

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// clean is a run without faults, and judges its result. A limit on removals holds now and then.
func (p *program) clean() {
	limit := anyNumber
	if p.random.IntN(4) == 0 {
		limit = imsync.Limit{AtLeast: p.random.IntN(4), Percent: 5}
	}
	p.options.MaxRemovals = limit
	before := p.now
	sent := p.figures["writes"]
	applied, err := p.run(p.sync)
	allowed := max(limit.AtLeast, p.memberships(before)*limit.Percent/100)
	var brake *imsync.BrakeError
	switch {
	case errors.As(err, &brake):
		p.figures["brakes"]++
		if p.figures["writes"] != sent {
			p.figures["brakes in a later round"]++ // nothing more is sent
		} else if limit == anyNumber || p.mostRemovals(p.first) <= allowed {
			p.violate("%v: %d removals at most", err, p.mostRemovals(p.first))
		}
		p.options.MaxRemovals = anyNumber
		applied, err = p.run(p.sync)
	case p.removedMemberships(before) > allowed:
		p.violate("%d removals, and %d are allowed", p.removedMemberships(before), allowed)
	}
	if err != nil {
		p.judgeError(err, before, sent)
		return
	}
	p.judge(p.first)
	p.judgeRecord(applied)
	sent = p.figures["writes"]
	again, err := imsync.Sync(p.Context(), &wire{p: p, Client: p.hand, inMemory: true}, p.wanted, &imsync.Options{
		Remove: p.options.Remove, Owned: p.stored.record, AllowEmpty: true, MaxRemovals: anyNumber, MaxGroups: p.options.MaxGroups,
		Save: func(context.Context, *imsync.Ownership) error {
			p.violate("kept, although nothing has changed")
			return nil
		},
	})
	if err != nil || !again.Plan.Empty() || p.figures["writes"] != sent {
		p.violate("once more: %v, %v", again.Plan.Steps, err)
	}
}

// memberships counts as the limit on removals does: an empty group is one, and the members of a built-in
// group count if some of them have left it.
func (p *program) memberships(in inventory) (n int) {
	for _, g := range in.groups {
		members := in.members(g.id)
		left := slices.ContainsFunc(members, func(key string) bool { return !p.now.things[thing{g.id, key}] })
		if !g.kind.BuiltIn() || left {
			n += max(1, in.size(g.id))
		}
	}
	return n
}

// removedMemberships counts the removed ones in the same way.
func (p *program) removedMemberships(before inventory) (n int) {
	for _, g := range before.groups {
		members := before.members(g.id)
		if !p.now.things[thing{g.id, ""}] {
			n += max(1, before.size(g.id))
			continue
		}
		for _, key := range members {
			if x := (thing{g.id, key}); !p.now.things[x] {
				n += 1 + len(before.more[x])
			}
		}
	}
	return n
}

// mostRemovals returns how much a plan may have to remove.
func (p *program) mostRemovals(r *reading) (n int) {
	in, owners := r.found, r.owners
	for _, g := range in.groups {
		if in.twins(g.name) {
			continue
		}
		gone := 0
		for x := range in.things {
			if x.group == g.id && (x.key != "" || !g.kind.BuiltIn()) && !p.wantsExactly(in, x) && (p.options.Remove == imsync.RemoveAll || owners[x] != person) {
				gone += 1 + len(in.more[x])
			}
		}
		n += gone
	}
	return n
}

// judgeError accepts those errors of a run without faults that the list explains, before anything
// was sent.
func (p *program) judgeError(err error, before inventory, sent int) {
	var (
		conflict *imsync.ConflictError
		limit    *imsync.LimitError
	)
	switch {
	case p.figures["writes"] != sent:
		p.violate("without faults, after writes: %v", err)
	case errors.As(err, &conflict) && p.conflicts(before):
		p.figures["conflicts"]++
	case errors.As(err, &limit) && p.exceeds(before):
		p.figures["limits"]++
	default:
		p.violate("without faults: %v", err)
	}
}

// conflicts reports whether a group of another kind has a wanted name.
func (p *program) conflicts(in inventory) bool {
	for _, w := range p.wanted.Groups {
		for _, g := range in.named(w.Name) {
			if !g.takesContacts() {
				return true
			}
		}
	}
	for _, w := range p.wanted.DistributionGroups {
		for _, g := range in.named(w.DisplayName) {
			if g.kind != imgroup.DistributionGroup || !strings.EqualFold(g.address, keyOf(w.Address, "", "")) {
				return true
			}
		}
	}
	return false
}

// exceeds reports whether the groups of the list and the wanted ones are more than the limit.
func (p *program) exceeds(in inventory) bool {
	names := map[string]bool{}
	n := 0
	for _, g := range in.groups {
		names[strings.ToLower(g.name)] = true
		if !g.kind.BuiltIn() {
			n++
		}
	}
	for _, w := range p.wanted.Groups {
		if !names[strings.ToLower(w.Name)] {
			n++
		}
	}
	return n+len(p.wanted.DistributionGroups) > p.options.MaxGroups
}
