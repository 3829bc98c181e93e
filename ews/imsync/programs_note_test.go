package imsync_test

import "slices"

// note runs an action and enters what it made and took.
func (p *program) note(by owner, action func()) {
	before := p.now
	action()
	p.now = take(p.list())
	for x := range before.things {
		if p.now.things[x] {
			continue
		}
		if by == service {
			p.figures["removals"]++
			p.taken[x] = true
			p.judgeRemoval(before, x)
		}
		p.logf("%s: - %v of %v", by, x, p.owners[x])
		delete(p.owners, x)
	}
	for _, g := range p.now.groups {
		old, existed := before.group(g.id)
		p.rename(g.id, g.name)
		if existed && old.name != g.name {
			p.logf("%s: ~ %s %s -> %s", by, g.id, old.name, g.name)
			if by == person && p.live {
				p.moved[g.id] = true
			}
		}
		switch {
		case by == service && existed && old.name != g.name:
			p.judgeRenaming(old, g)
		case by == person && existed && old.name != g.name && p.owners[thing{g.id, ""}] == person:
			for x := range p.now.things {
				if x.group == g.id && p.owners[x] == person {
					p.made(x, person, p.hasRead())
				}
			}
		}
	}
	for x := range p.now.things {
		if before.things[x] {
			p.noteFurther(by, before, x)
			continue
		}
		p.made(x, p.giver(by, x), p.hasRead())
		p.logf("%s: + %v %q", p.owners[x], x, p.names[x.group])
		if by == service {
			p.judgeAddition(x)
		}
	}
}

// noteFurther enters contacts of the key that have come to a group with the thing, or left it.
func (p *program) noteFurther(by owner, before inventory, x thing) {
	if len(p.now.more[x]) > len(before.more[x]) && by == person && p.owners[x] == service && !p.gave(x) {
		p.owners[x] = doubtful // one of them is the person's
	}
	if len(before.more[x]) == 0 {
		return
	}
	for _, id := range slices.Concat(before.more[x], []string{before.id[x]}) {
		if p.now.has(x, id) {
			continue
		}
		if by == service {
			p.figures["removals"]++
			p.taken[x] = true
			p.judgeOneRemoved(before, x, id)
		}
		p.logf("%s: - %v %s of %v", by, x, id, p.owners[x])
		if p.ids[x] == id && p.owners[x] == service {
			p.owners[x], p.ids[x] = person, p.now.id[x]
		}
	}
}
