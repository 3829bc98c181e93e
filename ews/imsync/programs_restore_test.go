package imsync_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// keptBackup is a backup with the list that it is of.
type keptBackup struct {
	backup *imsync.Backup
	list   inventory
	owned  map[thing]bool
}

// named returns the name that a group had in the backup.
func (b *keptBackup) named(id string) string {
	g, _ := b.list.group(id)
	return g.name
}

// backUp is Options.Backup: it judges the ownership in the backup, and keeps it.
func (p *program) backUp(_ context.Context, b *imsync.Backup) error {
	p.figures["backups"]++
	p.backedUp = true
	kept := keptBackup{&imsync.Backup{}, p.seen, map[thing]bool{}}
	var in struct {
		Groups []struct {
			ID       string
			Made     bool
			Contacts []struct {
				Address string
				Owned   bool
			}
			Telephones []struct {
				Number string
				Owned  bool
			}
		}
	}
	text, err := json.Marshal(b)
	if err == nil {
		err = json.Unmarshal(text, &in)
	}
	if err == nil {
		err = json.Unmarshal(text, kept.backup)
	}
	if err != nil {
		p.Fatal(err)
	}
	for _, g := range in.Groups {
		kept.owned[thing{g.ID, ""}] = g.Made
		for _, c := range g.Contacts {
			x := thing{g.ID, keyOf(c.Address, "", "")}
			kept.owned[x] = kept.owned[x] || c.Owned
		}
		for _, t := range g.Telephones {
			x := thing{g.ID, keyOf("", t.Number, "")}
			kept.owned[x] = kept.owned[x] || t.Owned
		}
	}
	for x := range p.seen.things {
		by, owned := p.owners[x], kept.owned[x]
		if by != doubtful && by != 0 && owned != (by == service) && !strings.HasPrefix(x.key, "other") {
			p.violate("%v: made by %v, in the backup: %t", x, by, owned)
		}
	}
	p.backups = append(p.backups, kept)
	return nil
}

// putBack restores a backup, in runs with faults and then in one without, and judges the result.
func (p *program) putBack() {
	if len(p.backups) == 0 {
		return
	}
	b := p.backups[p.random.IntN(len(p.backups))]
	p.figures["restores"]++
	p.logf("a backup is restored: %v", b.list.String())
	o := p.options
	p.putting = &b
	defer func() { p.options, p.wants, p.putting = o, nil, nil }()
	p.options.Remove, p.options.Adopt, p.options.Backup = imsync.RemoveNothing, false, nil
	p.wantBackup(b)
	before := p.now
	restore := func(ctx context.Context) (imsync.Applied, error) {
		with := p.options
		with.Remove, with.Adopt, with.Backup = o.Remove, o.Adopt, o.Backup // without effect
		return imsync.Restore(ctx, p.client, b.backup, &with)
	}
	p.faults, p.killAt = 20, p.random.IntN(12)
	_, _ = p.run(restore)
	p.faults, p.killAt = 0, 0
	p.executeLate(len(p.late))
	sent := p.figures["writes"]
	applied, err := p.run(restore)
	if err != nil {
		p.judgeRestoreError(err, sent)
		return
	}
	p.judgeRestored(b, applied.Plan.Notes)
	p.judgeRestoredOwners(b, p.recordOf(applied.Owned), before)
	p.judgeRecord(applied)
	p.options.Owned = applied.Owned
	if again, err := imsync.Restore(p.Context(), p.hand, b.backup, &p.options); err != nil || !again.Plan.Empty() {
		p.violate("restored once more: %v, %v", again.Plan.Steps, err)
	}
}

// wantBackup makes the backup the wanted state.
func (p *program) wantBackup(b keptBackup) {
	p.wanted, p.wants = imsync.Roster{}, map[string]bool{}
	for _, g := range b.list.groups {
		now, ok := p.now.group(g.id)
		if g.kind == imgroup.UserGroup { // one that is gone may have been given again, and renamed since
			p.wanted.Groups = append(p.wanted.Groups, imsync.Group{Name: g.name, FormerName: now.name})
		}
		for x := range b.list.things {
			if x.group != g.id {
				continue
			}
			for _, c := range b.list.claims(x) {
				p.wants[c] = true
			}
			keys := slices.Concat(b.list.also[x.key], []string{x.key})
			for key, also := range p.now.also { // the contact that has the address now
				if slices.Contains(also, x.key) {
					keys = append(keys, key)
				}
			}
			for _, key := range keys {
				p.wants[claim(g.name, key)] = true
				if ok {
					p.wants[claim(now.name, key)] = true
				}
			}
		}
	}
	p.exact = p.wants
}

// judgeRestoreError accepts what a list may have against a backup, before anything was sent.
func (p *program) judgeRestoreError(err error, sent int) {
	if p.figures["writes"] != sent || !isA[*imsync.ConflictError](err) && !isA[*imsync.LimitError](err) {
		p.violate("restoring without faults: %v", err)
	}
}

// judgeRestored requires every group and member of the backup, but for those of groups that a note
// names.
func (p *program) judgeRestored(b keptBackup, notes []string) {
	for x := range b.list.things {
		g, _ := b.list.group(x.group)
		noted := slices.ContainsFunc(notes, func(n string) bool {
			return strings.Contains(strings.ToLower(n), strings.ToLower(`"`+g.name+`"`)) || g.address != "" && strings.Contains(n, g.address)
		})
		if noted || g.kind == imgroup.Tagged || b.list.twins(g.name) || p.now.twins(g.name) || strings.HasPrefix(x.key, "?") {
			continue
		}
		there := p.now.named(g.name)
		if now, ok := p.now.group(g.id); ok && len(there) == 0 {
			there = []inventoryGroup{now}
		}
		if !slices.ContainsFunc(there, func(now inventoryGroup) bool {
			return p.now.things[thing{now.id, x.key}] || x.key != "" && p.alias(now, x.key)
		}) {
			p.violate("%v of %q is in the backup, and not put back: %q", x, g.name, notes)
		}
	}
}

// ownersOf reports whether the service, and whether a person, owned in the backup what has become the
// thing, by one of the keys.
func (b *keptBackup) ownersOf(x thing, now inventory, keys []string) (mine, theirs bool) {
	g, _ := now.group(x.group)
	for _, old := range b.list.groups {
		for _, key := range keys {
			y := thing{old.id, key}
			_, there := now.group(old.id)
			if b.list.things[y] && (old.id == x.group || !there && strings.EqualFold(old.name, g.name)) {
				mine, theirs = mine || b.owned[y], theirs || !b.owned[y] || len(b.list.more[y]) > 0
			}
		}
	}
	return mine, theirs
}

// giver returns the owner of what the service or a person adds. What the service puts back for a person
// is in doubt, until the record says that it is a person's again.
func (p *program) giver(by owner, x thing) owner {
	if by != service || p.putting == nil {
		return by
	}
	keys := append([]string{x.key}, p.now.also[x.key]...)
	if mine, theirs := p.putting.ownersOf(x, p.now, keys); mine && !theirs {
		return service
	}
	return doubtful
}

// judgeRestoredOwners requires that everything put back has its owner of the backup, which the ledger
// then notes. Of two things that come together in one, a person's decides; a contact of two addresses
// may be one of them.
func (p *program) judgeRestoredOwners(b keptBackup, owned record, before inventory) {
	for x := range p.now.things {
		if before.things[x] {
			continue
		}
		mine, theirs := b.ownersOf(x, p.now, []string{x.key})
		alsoMine, alsoTheirs := b.ownersOf(x, p.now, p.now.also[x.key])
		switch {
		case owned.has(x) && (theirs || !mine && !alsoMine):
			p.violate("%v was a person's in the backup, and is in the record", x)
		case mine && !theirs && !alsoTheirs && !owned.has(x) && p.owners[x] == service:
			p.violate("%v was given in the backup, and is not in the record", x)
		}
		p.owners[x] = person
		if !owned.has(x) {
			continue
		}
		p.owners[x], p.ids[x] = service, owned[x]
		if g, _ := p.now.group(x.group); x.key == "" && len(p.given[x.group]) == 0 { // its write was late
			p.given[x.group] = []string{g.name, ""}
		}
	}
}
