package imsync_test

import (
	"maps"

	"github.com/go-ews/exchange/ews/imsync"
)

// lateWrite is a write of the service that the server executes after the response was lost: after the
// service has given up, has read the list back, or has been killed.
type lateWrite struct {
	op      string
	execute func()
	sent    inventory       // the list just before the person acted, and the write was sent
	owners  map[thing]owner // at that time
	policy  imsync.RemovePolicy
}

// mayBeLate reports whether a write that was not executed is to be executed later.
func (p *program) mayBeLate() bool { return p.seed&lateness != 0 && p.random.IntN(3) == 0 }

// postpone keeps a write for later.
func (p *program) postpone(op string, execute func()) {
	p.logf("%s will be late", op)
	p.late = append(p.late, lateWrite{op, execute, p.instant, maps.Clone(p.owners), p.options.Remove})
}

// dueNow returns the number of late writes that are executed at this instant.
func (p *program) dueNow() int {
	if len(p.late) == 0 || p.random.IntN(3) > 0 {
		return 0
	}
	return 1 + p.random.IntN(len(p.late))
}

// executeLate executes the first late writes. Who made what they add is as little known as if a person
// had done it: the service finds it again, or it has no owner, and stays. They take only what the
// service could take when it sent them, and what has come to a group since.
func (p *program) executeLate(n int) {
	due := p.late[:n]
	p.late = p.late[n:]
	for _, w := range due {
		p.figures["late executions"]++
		p.logf("%s is executed late", w.op)
		before := p.now
		p.note(person, w.execute)
		for _, g := range p.now.groups {
			if is, ok := before.group(g.id); ok && is.name != g.name { // it may be known by either name
				p.given[g.id] = append(p.given[g.id], g.name, "")
			}
		}
		for x := range before.things {
			switch {
			case p.now.things[x]:
			case !w.sent.things[x]:
				p.figures["contacts that a person added before a late removal of their group"]++
			case w.policy == imsync.RemoveNothing, w.policy == imsync.RemoveOwned && w.owners[x] == person:
				p.violate("%v was removed late, and a person made it", x)
			}
		}
	}
}
