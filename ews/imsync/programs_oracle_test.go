package imsync_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// This file decides, by the words of the documentation and from the three lists alone (wanted, given,
// found), what a run may do and what must be there after it.

// wantsOf reports whether the roster has the thing.
func (p *program) wantsOf(in inventory, x thing) bool {
	return slices.ContainsFunc(in.claims(x), func(c string) bool { return p.wants[c] })
}

// wantsExactly is wantsOf without contacts that have a wanted address as a further one.
func (p *program) wantsExactly(in inventory, x thing) bool {
	return slices.ContainsFunc(in.claims(x), func(c string) bool { return p.exact[c] })
}

// twins reports whether several groups of the list have that name.
func (in *inventory) twins(name string) bool { return len(in.named(name)) > 1 }

// judgeRemoval judges that the service took a thing.
func (p *program) judgeRemoval(before inventory, x thing) {
	g, _ := before.group(x.group)
	p.removed++
	switch {
	case p.options.Backup != nil && !p.backedUp:
		p.violate("%v of %q was removed, and there is no backup", x, g.name)
	case p.options.Remove == imsync.RemoveNothing:
		p.violate("%v of %q was removed, although nothing is to be", x, g.name)
	case p.wantsExactly(before, x) && p.moved[x.group]:
		p.figures["memberships that were wanted in a group under its newest name, and are added again"]++
	case p.wantsExactly(before, x):
		p.violate("%v of %q was removed, and is wanted", x, g.name)
	case before.twins(g.name):
		p.violate("%v was removed, and another group is called %q", x, g.name)
	case g.kind.BuiltIn() && (x.key == "" || p.options.Remove == imsync.RemoveAll && !p.wants[claim(g.name, "")]):
		p.violate("%v was removed from %s, which the roster does not name", x, g.kind)
	case p.options.Remove == imsync.RemoveOwned && p.owners[x] == person && !p.instant.things[x] && p.instant.things[thing{x.group, ""}]:
		p.figures["contacts that a person added in the instant before their group was removed"]++
	case p.options.Remove == imsync.RemoveOwned && p.owners[x] == person:
		p.violate("%v of %q was removed, and a person made it", x, g.name)
	case p.options.Remove == imsync.RemoveOwned && len(before.more[x]) > 0 && len(p.instant.more[x]) == 0:
		p.figures["contacts that a person added in the instant before their group was removed"]++
	case p.options.Remove == imsync.RemoveOwned && len(before.more[x]) > 0:
		p.violate("%v of %q was removed, and a person has another contact of its address there", x, g.name)
	}
}

// judgeOneRemoved judges that the service took one of several contacts of an address from a group.
func (p *program) judgeOneRemoved(before inventory, x thing, id string) {
	before.more = nil
	p.judgeRemoval(before, x)
	if p.options.Remove == imsync.RemoveOwned && p.owners[x] == service && p.ids[x] != id {
		p.violate("%v %s was removed, and %s was given", x, id, p.ids[x])
	}
}

// judgeRenaming judges that the service renamed a group: only to a wanted name, and a person's only
// if the roster has its former name.
func (p *program) judgeRenaming(old, g inventoryGroup) {
	p.renamed[g.id] = append(p.renamed[g.id], g.name)
	if p.options.Backup != nil && !p.backedUp {
		p.violate("%s was renamed, and there is no backup", g.id)
	}
	if g.kind != imgroup.UserGroup {
		p.violate("%s, a %s, was renamed from %q to %q", g.id, g.kind, old.name, g.name)
	}
	if seen, ok := p.seen.group(g.id); ok {
		old = seen // a person may have renamed it since
	}
	known := slices.ContainsFunc(p.given[g.id], func(n string) bool { return n == "" || strings.EqualFold(n, g.name) })
	if p.owners[thing{g.id, ""}] != person {
		p.given[g.id] = append(p.given[g.id], g.name)
	}
	for _, w := range p.wanted.Groups {
		theirs := p.owners[thing{g.id, ""}] == person
		switch {
		case w.Name != g.name:
		case !theirs && (p.putting == nil || known), p.putting != nil && p.putting.named(g.id) == g.name,
			p.putting == nil && strings.EqualFold(w.FormerName, old.name):
			return
		}
	}
	p.violate("%s was renamed from %q to %q", g.id, old.name, g.name)
}

// judgeAddition judges that the service made a thing.
func (p *program) judgeAddition(x thing) {
	g, _ := p.now.group(x.group)
	if x.key == "" {
		p.given[x.group] = append(p.given[x.group], g.name)
	}
	if !slices.ContainsFunc(p.claimsOf(x), func(c string) bool { return p.wants[c] }) {
		p.violate("%v was added to %q, and is not wanted", x, g.name)
	}
	if len(p.now.named(g.name)) > 1 {
		p.violate("%v was added, and several groups are called %q", x, g.name)
	}
}

// judge compares the list after a run without faults with the wanted, the given and the found
// things.
func (p *program) judge(r *reading) {
	found := r.found
	for _, w := range p.wanted.Groups {
		if !found.twins(w.Name) {
			p.judgeWanted(w, r)
		}
	}
	for _, w := range p.wanted.DistributionGroups {
		address := keyOf(w.Address, "", "")
		if !slices.ContainsFunc(p.now.groups, func(g inventoryGroup) bool {
			return g.kind == imgroup.DistributionGroup && strings.EqualFold(g.address, address)
		}) {
			p.violate("distribution group %s is wanted, and not there", address)
		}
	}
	for x := range found.things {
		g, _ := found.group(x.group)
		switch stays := p.now.things[x]; {
		case stays && p.mustGo(r, g, x):
			p.violate("%v of %q is not wanted, and still there", x, g.name)
		case !stays && found.twins(g.name):
			p.violate("%v is gone, and several groups are called %q", x, g.name)
		}
	}
}

// judgeWanted judges a wanted group and its members.
func (p *program) judgeWanted(w imsync.Group, r *reading) {
	groups := p.now.named(w.Name)
	if len(groups) != 1 || !groups[0].takesContacts() {
		p.violate("%d groups are called %q, and one is wanted", len(groups), w.Name)
		return
	}
	g := groups[0]
	p.judgeIdentity(w, g, r)
	for c := range p.wants {
		name, key, ok := strings.Cut(c, "\x00")
		if !ok || key == "" || name != strings.ToLower(w.Name) || p.now.things[thing{g.id, key}] {
			continue
		}
		if !p.alias(g, key) {
			p.violate("%s is wanted in %q, and not there", key, w.Name)
		}
	}
}

// alias reports whether a member of the group has the address as well, or the address is not one that
// the roster has itself.
func (p *program) alias(g inventoryGroup, key string) bool {
	l := p.list()
	for i := range l.Personas {
		persona := &l.Personas[i]
		if len(persona.ImAddresses) < 2 {
			continue
		}
		var keys []string
		for _, a := range persona.ImAddresses {
			keys = append(keys, keyOf(a.Value, "", ""))
		}
		if slices.Contains(keys, key) {
			return true
		}
	}
	return strings.HasPrefix(key, "other") // of a contact that has left the list
}

// judgeIdentity judges which group has a wanted name: the one that had it, else the one that was
// given under it, else the one of the former name, else a new one.
func (p *program) judgeIdentity(w imsync.Group, g inventoryGroup, r *reading) {
	found := r.found
	if same := found.named(w.Name); len(same) == 1 && same[0].takesContacts() {
		if same[0] != g {
			p.violate("group %+v was found, and %+v is there", same[0], g)
		}
		return
	}
	var sure, may []string
	former := ""
	for _, f := range found.groups {
		if f.kind != imgroup.UserGroup || found.twins(f.name) || p.wants[claim(f.name, "")] {
			continue
		}
		names := r.given[f.id]
		by := r.owners[thing{f.id, ""}]
		if by != person && slices.ContainsFunc(names, func(n string) bool {
			return n == "" || strings.EqualFold(n, w.Name) || strings.EqualFold(n, w.FormerName)
		}) || by == doubtful {
			may = append(may, f.id)
			if by == service && strings.EqualFold(names[len(names)-1], w.Name) {
				sure = append(sure, f.id)
			}
		}
		if strings.EqualFold(f.name, w.FormerName) {
			former = f.id
		}
	}
	_, old := found.group(g.id)
	switch {
	case len(sure) > 0 && !slices.Contains(may, g.id):
		p.violate("%q is %s, and was given as %v", w.Name, g.id, sure)
	case old && g.id != former && !slices.Contains(may, g.id):
		p.violate("%q is %s, which was never called so", w.Name, g.id)
	case !old && former != "" && len(may) == 0 && !p.otherFormer(w, former, r):
		p.violate("%q is new, and %s has its former name", w.Name, former)
	}
}

// otherFormer reports whether another wanted group may take the group of the former name: it has
// the same, or that group was given under its name, present or former.
func (p *program) otherFormer(w imsync.Group, former string, r *reading) bool {
	return slices.ContainsFunc(p.wanted.Groups, func(o imsync.Group) bool {
		return o.Name != w.Name && (strings.EqualFold(o.FormerName, w.FormerName) ||
			slices.ContainsFunc(r.given[former], func(n string) bool {
				return n == "" || strings.EqualFold(n, o.Name) || strings.EqualFold(n, o.FormerName)
			}))
	})
}

// mustGo reports whether a thing that was found may not be there after the run.
func (p *program) mustGo(r *reading, g inventoryGroup, x thing) bool {
	found, owners := r.found, r.owners
	now, _ := p.now.group(g.id)
	wanted := p.wants[claim(now.name, "")] && now.takesContacts()
	switch {
	case p.options.Remove == imsync.RemoveNothing, g.kind.BuiltIn() && (x.key == "" || !wanted && p.options.Remove == imsync.RemoveAll), found.twins(g.name), p.stranded(found, g, x),
		p.wantsOf(found, x), p.wantsOf(p.now, x):
		return false
	case p.options.Remove == imsync.RemoveAll:
		return x.key != "" && wanted && !strings.HasPrefix(x.key, "?") || !wanted && !found.undescribed(g.id) && !p.stranded(found, g, thing{g.id, ""})
	case x.key != "":
		return owners[x] == service && p.now.has(x, r.ids[x])
	}
	return owners[x] == service && !slices.ContainsFunc(found.members(g.id), func(key string) bool {
		x := thing{g.id, key}
		return owners[x] != service || len(found.more[x]) > 0
	})
}

// stranded reports whether the contact, or a member of the group, belongs into a group that is left
// alone: then it stays where it is.
func (p *program) stranded(found inventory, g inventoryGroup, x thing) bool {
	for _, key := range found.members(g.id) {
		for _, w := range p.wanted.Groups {
			if (x.key == "" || x.key == key) && p.wants[claim(w.Name, key)] && found.twins(w.Name) {
				return true
			}
		}
	}
	return false
}

// judgeRecord requires that the record has what the service made, and nothing else.
func (p *program) judgeRecord(applied imsync.Applied) {
	owned := p.recordOf(p.stored.record)
	if want := p.recordOf(applied.Owned); !maps.Equal(want, owned) {
		p.violate("the record that is returned is not the one that was kept: %v, %v", want, owned)
	}
	for x, by := range p.owners {
		if by == doubtful {
			p.figures["doubts"]++
		}
		if by == doubtful && p.options.Adopt && p.wantsExactly(p.now, x) {
			g, _ := p.now.group(x.group)
			if !owned.has(x) && !p.now.twins(g.name) && (x.key != "" || !g.kind.BuiltIn()) {
				p.violate("%v is wanted, and was not adopted", x)
			}
		}
		if by == service && !owned.has(x) && strings.HasPrefix(x.key, "other") {
			p.figures["gifts to a contact of two addresses that lost their owner"]++
			p.owners[x] = person
			continue
		}
		if by != doubtful && owned.has(x) != (by == service) {
			p.violate("%v: made by %v, in the record: %t", x, by, owned.has(x))
		}
	}
	for x := range owned {
		if !p.now.things[x] {
			p.violate("%v is in the record, and not in the list", x)
		}
	}
	p.resolve(owned)
	p.look(p.now)
	p.sent = map[string]bool{}
	p.stored = p.snapshot(p.stored.record, nil)
	p.stored.given = owned
	if n := len(p.history); n > 0 && p.history[n-1].record == p.stored.record {
		p.history[n-1] = p.stored // without its doubts
	}
}

// record is what a record owns, with the ids of contacts.
type record map[thing]string

func (r record) has(x thing) bool {
	_, ok := r[x]
	return ok
}

// recordOf returns what a record owns, from its JSON.
func (p *program) recordOf(o *imsync.Ownership) record {
	var in struct {
		Groups []struct {
			ID      string
			Made    bool
			Members []string
			IDs     map[string]string
		}
	}
	text, err := json.Marshal(o)
	if err == nil {
		err = json.Unmarshal(text, &in)
	}
	if err != nil {
		p.Fatal(err)
	}
	owned := record{}
	for _, g := range in.Groups {
		if g.Made {
			owned[thing{g.ID, ""}] = ""
		}
		for _, m := range g.Members {
			owned[thing{g.ID, strings.TrimPrefix(m, "im ")}] = g.IDs[m]
		}
	}
	return owned
}

func cloneNames(names map[string][]string) map[string][]string {
	out := make(map[string][]string, len(names))
	for id, list := range names {
		out[id] = slices.Clone(list)
	}
	return out
}

// String returns the list for the report of a violation.
func (in *inventory) String() string {
	var b strings.Builder
	for _, g := range in.groups {
		fmt.Fprintf(&b, "%s %q %s: %s\n", g.id, g.name, g.kind, strings.Join(in.members(g.id), " "))
	}
	return b.String()
}
