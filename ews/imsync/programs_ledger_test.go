package imsync_test

import (
	"maps"
	"slices"
	"strings"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// owner says who made a thing.
type owner int8

const (
	person owner = 1 + iota
	service
	// doubtful is what a person did by hand, and the service was about to do, or had done before: both
	// a person's and the service's will do until the service's record says which.
	doubtful
)

func (o owner) String() string { return [...]string{"", "person", "service", "doubt"}[o] }

// ledger notes who made what, by comparing the list before and after each action. It has no code of
// the package, and reads no record.
type ledger struct {
	now    inventory
	owners map[thing]owner
	names  map[string][]string // all names that a group had, by id
	given  map[string][]string // those under which the service gave it; "" last: uncertain
	ids    map[thing]string    // of the contacts that owners is about

	renamed map[string][]string // to which the service renamed it

	stored snapshot         // of the record that is kept
	seen   inventory        // the list as the service read it last
	had    map[thing]string // what the service had given of it, as given
	taken  map[thing]bool   // what the service has removed of it since
	moved  map[string]bool  // groups that a person has renamed since
	known  map[string]bool  // new groups whose id the service has learned
	sent   map[string]bool  // claims of the additions that this run sent and did not see absent
}

// snapshot is the knowledge of a record: the additions up to its making, and the planned ones.
type snapshot struct {
	record  *imsync.Ownership
	given   map[thing]string    // the ids of contacts, "" for groups
	unsure  map[thing]bool      // of these, what the record may lack: in doubt, or its removal was sent
	pending map[string]bool     // claims
	found   map[string]bool     // ids of groups
	names   map[string]string   // of these
	planned map[string][]string // names to which the roster may rename these
	ids     map[string]bool     // of groups that were added since
	ended   bool                // pending has the writes that were sent, with the ids of groups
}

// claim names a thing by what a roster has of it.
func claim(group, key string) string { return strings.ToLower(group) + "\x00" + key }

func distributionClaim(address string) string { return "@" + strings.ToLower(address) }

// claimsOf returns the claims that may mean the thing, by all names of its group.
func (l *ledger) claimsOf(x thing) []string {
	g, _ := l.now.group(x.group)
	if g.kind == imgroup.DistributionGroup {
		return []string{distributionClaim(g.address)}
	}
	claims := make([]string, 0, 2)
	for _, name := range l.names[x.group] {
		claims = append(claims, claim(name, x.key))
	}
	return claims
}

// claimed reports whether a thing that a person made may be what the claims mean: a group must be
// new since the record was made, and a member may be in one that is to be renamed.
func (l *ledger) claimed(x thing, claims, found map[string]bool) bool {
	if l.planned(x, claims) {
		return true
	}
	return (x.key != "" || !found[x.group]) &&
		slices.ContainsFunc(l.claimsOf(x), func(c string) bool { return claims[c] })
}

// planned reports whether the claims mean a member of a group that is to be renamed.
func (l *ledger) planned(x thing, claims map[string]bool) bool {
	return x.key != "" && slices.ContainsFunc(l.stored.planned[x.group], func(name string) bool { return claims[claim(name, x.key)] })
}

// made enters a new thing.
func (l *ledger) made(x thing, by owner, live bool) {
	l.ids[x] = l.now.id[x]
	if by == person {
		switch {
		case l.gave(x), l.stored.unsure[x],
			live && l.claimed(x, l.sent, l.stored.found),
			!live && l.claimed(x, l.stored.pending, l.stored.found):
			by = doubtful
		}
	}
	l.owners[x] = by
}

// gave reports whether the record has the thing: of a membership, with a contact that is there.
func (l *ledger) gave(x thing) bool {
	id, ok := l.stored.given[x]
	return ok && (x.key == "" || l.now.has(x, id))
}

// doubt puts in doubt what a person made and the claims mean, unless the service saw it before.
func (l *ledger) doubt(claims, found map[string]bool, seen map[thing]bool) {
	for x, by := range l.owners {
		if by == person && !seen[x] && l.claimed(x, claims, found) {
			l.owners[x] = doubtful
		}
	}
}

// learn enters that the service reads the list: it knows the new groups by the names that it gave. One
// that a person has renamed before has no owner any more, and stays.
func (l *ledger) learn() {
	for _, g := range l.seen.groups {
		if c := claim(g.name, ""); l.sent[c] || l.stored.pending[c] {
			l.known[g.id] = true
			x := thing{g.id, ""}
			if l.owners[x] == service && !l.gaveAs(g) {
				l.owners[x] = doubtful // a person has renamed it to another planned name
			}
		}
	}
	for x, by := range l.owners {
		switch {
		case by == service && (l.rival(x) || !l.gave(x) && l.misnamed(x)):
			l.owners[x] = doubtful
		case by == person || l.knows(x):
		case l.planned(x, l.stored.pending), l.mayKnow(x):
			l.owners[x] = doubtful
		default:
			l.owners[x] = person
		}
	}
}

// knows reports whether a thing is in the record, or follows from it: a new group by its id or its
// name, and a membership by its group.
func (l *ledger) knows(x thing) bool {
	g, _ := l.now.group(x.group)
	switch {
	case l.gave(x), l.known[x.group] && x.key == "", g.kind == imgroup.DistributionGroup:
		return true
	case !l.stored.found[x.group] && l.stored.pending[claim(g.name, x.key)]:
		return true
	case !l.stored.found[x.group] && !l.known[x.group]:
		return false
	case x.key == "", l.stored.pending[claim(l.stored.names[x.group], x.key)],
		slices.ContainsFunc(l.renamed[x.group], func(name string) bool { return l.stored.pending[claim(name, x.key)] }):
		return true
	}
	return slices.ContainsFunc(l.claimsOf(x), func(c string) bool { return l.sent[c] }) || l.stored.ended && l.sentBefore(x)
}

// mayKnow reports whether a membership may be in the record by the id of its group: the record
// names the addition, under a name that the group has had.
func (l *ledger) mayKnow(x thing) bool {
	return x.key != "" && (l.stored.found[x.group] || l.known[x.group]) && l.sentBefore(x)
}

// gaveAs reports whether the service may have given a group under its present name.
func (l *ledger) gaveAs(g inventoryGroup) bool {
	return slices.ContainsFunc(l.given[g.id], func(n string) bool { return n == "" || strings.EqualFold(n, g.name) })
}

// misnamed reports whether the thing is pending only under the name to which a person has renamed
// its new group.
func (l *ledger) misnamed(x thing) bool {
	g, _ := l.now.group(x.group)
	return !l.stored.found[x.group] && !l.gaveAs(g) && l.stored.pending[claim(g.name, x.key)]
}

// rival reports whether another contact of the list has an address that the thing's has as a further one:
// it may have come after the thing.
func (l *ledger) rival(x thing) bool {
	return slices.ContainsFunc(l.seen.also[x.key], func(key string) bool {
		for y := range l.seen.things {
			if y.key == key {
				return true
			}
		}
		return false
	})
}

// sentBefore reports whether the record has the addition among those that were planned or sent.
func (l *ledger) sentBefore(x thing) bool {
	return slices.ContainsFunc(l.claimsOf(x), func(c string) bool { return l.stored.pending[c] })
}

// rename enters the name of a group.
func (l *ledger) rename(id, name string) {
	if !slices.Contains(l.names[id], name) {
		l.names[id] = append(l.names[id], name)
	}
}

// look enters what the service reads.
func (l *ledger) look(in inventory) {
	l.seen, l.had, l.taken, l.moved = in, map[thing]string{}, map[thing]bool{}, map[string]bool{}
	for x := range in.things {
		if by := l.owners[x]; by == service || by == doubtful {
			l.had[x] = l.ids[x]
		}
	}
}

// snapshot returns what a record that is made now can know. wanted are the claims of the roster.
func (l *ledger) snapshot(record *imsync.Ownership, wanted map[string]bool) snapshot {
	s := snapshot{
		record: record, given: maps.Clone(l.had), unsure: maps.Clone(l.taken), pending: maps.Clone(wanted), found: map[string]bool{},
		names: map[string]string{}, planned: map[string][]string{}, ids: maps.Clone(l.known),
	}
	for x, by := range l.owners {
		if by == doubtful {
			s.unsure[x] = true
		}
	}
	for x := range l.seen.things {
		for _, c := range l.seen.claims(x) {
			delete(s.pending, c)
		}
	}
	maps.Copy(s.pending, l.sent)
	for _, g := range l.seen.groups {
		s.found[g.id], s.names[g.id] = true, g.name
	}
	return s
}

// claims returns the claims that a thing of the list fulfils.
func (in *inventory) claims(x thing) []string {
	g, ok := in.group(x.group)
	switch {
	case !ok:
		return nil
	case g.kind == imgroup.DistributionGroup:
		return []string{distributionClaim(g.address)}
	}
	return []string{claim(g.name, x.key)}
}

// restore takes an older record for the one that is kept.
func (l *ledger) restore(s snapshot) {
	l.stored = s
	for x, by := range l.owners {
		other := s.given[x] != l.ids[x]
		if by == service && (s.unsure[x] || !l.gave(x) || other) || by == person && (l.gave(x) || l.claimed(x, s.pending, s.found)) {
			l.owners[x] = doubtful
		}
	}
	for id := range l.given {
		l.given[id] = append(l.given[id], "")
	}
}

// resolve settles doubts by the record that the service has come to.
func (l *ledger) resolve(owned record) {
	for x, by := range l.owners {
		if by != doubtful {
			continue
		}
		l.owners[x] = person
		id, ok := owned[x]
		if !ok {
			continue
		}
		l.owners[x], l.ids[x] = service, id
		if g, _ := l.now.group(x.group); x.key == "" {
			l.given[x.group] = append(l.given[x.group], g.name, "")
		}
	}
}
