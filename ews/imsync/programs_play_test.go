package imsync_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// figures count what happened in programs.
type figures map[string]int

func (f figures) add(o figures) {
	for name, n := range o {
		f[name] += n
	}
}

// String returns the figures, the kinds of faults behind the rest.
func (f figures) String() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f)) {
		fmt.Fprintf(&b, "%9d %s\n", f[name], name)
	}
	return b.String()
}

// program is one mailbox with its three actors.
type program struct {
	*testing.T
	ledger
	figures
	seed    uint64
	random  *rand.Rand
	kinds   []recorded
	list    func() *imgroup.ItemList
	hand    imsync.Client // the person's
	client  imsync.Client // the service's
	options imsync.Options
	history []snapshot // of records that were kept
	backups []keptBackup
	putting *keptBackup // is put back
	log     []string    // the last actions

	wanted  imsync.Roster
	exact   map[string]bool // its claims
	wants   map[string]bool // also those of contacts that have a wanted address as a further one
	plan    imsync.Plan     // that was kept, and is applied
	live    bool            // a run is in progress
	meddle  func()          // is edit, in the middle of a run
	instant inventory       // the list before the person acted, just before this request
	first   *reading        // of this run

	faults, meddling int // of 100 requests
	killAt, saveKill int // the request, or the Save, at which the process is killed; 0: none
	loseSave         int // the Save that fails
	number, saves    int
	backedUp         bool // in this run
	kept, dirty      bool // the last Save kept the record; writes came after it
	dead             bool
	stop             context.CancelFunc
	late             []lateWrite
	mayRepeat        map[string]bool // writes that may not be sent before the list is read: false
	removed          int
	violations       []string
}

// reading is a list as it is read, with the owners of its things.
type reading struct {
	found  inventory
	owners map[thing]owner
	given  map[string][]string
	ids    map[thing]string
}

var errDead = errors.New("the process was killed")

// violate notes a violation.
func (p *program) violate(format string, args ...any) {
	p.violations = append(p.violations, fmt.Sprintf(format, args...))
}

func (p *program) play() {
	p.figures["programs"]++
	for range 4 {
		for range p.random.IntN(4) {
			p.edit()
		}
		if p.random.IntN(4) > 0 || p.wants == nil {
			p.direct()
		}
		p.mishap()
		p.options.Adopt = p.random.IntN(8) == 0
		p.faulty()
		p.clean()
		if len(p.violations) > 0 {
			return
		}
		if p.seed&between != 0 && p.random.IntN(3) == 0 {
			p.putBack()
		}
	}
	p.putBack()
}

// mishap loses the record, or restores an older one, now and then.
func (p *program) mishap() {
	switch p.random.IntN(24) {
	case 0:
		p.figures["lost records"]++
		p.logf("the record is lost")
		p.restore(snapshot{record: &imsync.Ownership{}})
	case 1:
		if len(p.history) > 0 {
			p.figures["stale records"]++
			p.logf("an older record is restored")
			p.restore(p.history[p.random.IntN(len(p.history))])
		}
	}
}

// faulty is a run with faults, edits and kills, or a plan that is kept and applied later.
func (p *program) faulty() {
	p.options.MaxRemovals = anyNumber
	p.faults = []int{0, 5, 20, 60}[p.random.IntN(4)]
	p.meddling = []int{0, 0, 5, 20}[p.random.IntN(4)]
	switch p.random.IntN(6) {
	case 0, 1, 2:
		p.killAt = 1 + p.random.IntN(12)
	case 3:
		p.saveKill = 1 + p.random.IntN(3)
	case 4:
		p.loseSave = 1 + p.random.IntN(3)
	}
	if p.random.IntN(4) == 0 {
		p.applyLater()
	} else {
		_, _ = p.run(p.sync) // what counts is checked at each write, and after the next run
	}
	p.faults, p.meddling, p.killAt, p.saveKill, p.loseSave = 0, 0, 0, 0, 0
	p.executeLate(len(p.late))
}

func (p *program) sync(ctx context.Context) (imsync.Applied, error) {
	return imsync.Sync(ctx, p.client, p.wanted, &p.options)
}

// applyLater applies a plan that was kept as JSON while a person edits the list.
func (p *program) applyLater() {
	p.options.Adopt = false
	p.options.Owned = p.stored.record
	plan, err := imsync.Diff(p.list(), p.wanted, &p.options)
	if err != nil {
		return
	}
	p.figures["plans applied later"]++
	plan = again(p.T, plan)
	p.logf("a plan is kept: %v", plan.Steps)
	for range p.random.IntN(3) {
		p.edit()
	}
	p.plan = plan
	defer func() { p.plan = imsync.Plan{} }()
	_, _ = p.run(func(ctx context.Context) (imsync.Applied, error) {
		return imsync.Applied{}, imsync.Apply(ctx, p.client, plan, &p.options)
	})
}

// again returns the plan as it comes back from JSON.
func again(t *testing.T, plan imsync.Plan) (out imsync.Plan) {
	t.Helper()
	text, err := json.Marshal(plan)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// run is one run of the service, a process that may be killed.
func (p *program) run(f func(context.Context) (imsync.Applied, error)) (imsync.Applied, error) {
	ctx, cancel := context.WithCancel(p.Context())
	defer cancel()
	p.figures["runs"]++
	p.logf("run: %v adopt %t faults %d meddling %d kill %d/%d lose %d", p.options.Remove, p.options.Adopt, p.faults, p.meddling, p.killAt, p.saveKill, p.loseSave)
	p.number, p.saves, p.dead, p.stop, p.live = 0, 0, false, cancel, true
	p.kept, p.dirty, p.removed, p.backedUp = false, false, 0, false
	p.sent, p.mayRepeat, p.seen = map[string]bool{}, map[string]bool{}, inventory{}
	p.had, p.taken, p.moved, p.first = map[thing]string{}, map[thing]bool{}, map[string]bool{}, nil
	if p.known = maps.Clone(p.stored.ids); p.known == nil {
		p.known = map[string]bool{}
	}
	p.options.Owned = p.stored.record
	if p.options.Adopt {
		p.figures["runs that adopt"]++
	}
	if p.options.Remove == imsync.RemoveAll {
		p.figures["runs that remove all"]++
	}
	applied, err := f(ctx)
	p.live = false
	p.logf("run ends: %v", err)
	if !p.dead && p.kept && !p.dirty { // Save came after the last write
		p.stored.pending, p.stored.ids = maps.Clone(p.sent), maps.Clone(p.known)
		p.stored.ended = true
		p.history[len(p.history)-1] = p.stored
	}
	p.doubt(p.stored.pending, p.stored.found, nil)
	return applied, err
}

// save is Options.Save: it may fail, and the process may be killed before or after it.
func (p *program) save(_ context.Context, o *imsync.Ownership) error {
	if p.dead {
		return errDead
	}
	p.saves++
	p.kept, p.dirty = false, false
	if p.saves == p.loseSave {
		p.figures["failures of Save"]++
		return errors.New("the disk is full")
	}
	killed := p.saves == p.saveKill
	if killed {
		p.figures["kills in Save"]++
		p.kill()
	}
	if !killed || p.random.IntN(2) == 0 {
		if p.seed>>features%4 == 0 {
			o = reread(p.T, o)
		}
		p.stored = p.snapshot(o, p.wants)
		p.planRenames()
		p.planAway()
		for _, s := range p.plan.Steps {
			if s.Kind == imsync.AddGroup { // also if a person has made one: it may go before the step
				p.stored.pending[claim(s.Group, "")] = true
			}
		}
		p.history = append(p.history, p.stored)
		p.kept = true
		p.logf("saved")
	}
	if killed {
		return errDead
	}
	return nil
}

// planRenames enters to which names the groups that were found may be renamed.
func (p *program) planRenames() {
	for id, present := range p.stored.names {
		for _, w := range p.wanted.Groups {
			if p.mayRename(id, present, w) {
				p.stored.planned[id] = append(p.stored.planned[id], w.Name)
			}
		}
	}
}

// planAway enters the additions to a new group of the name that another one has, which may be
// renamed.
func (p *program) planAway() {
	for id, names := range p.stored.planned {
		present := p.stored.names[id]
		if !slices.ContainsFunc(names, func(n string) bool { return !strings.EqualFold(n, present) }) {
			continue
		}
		for c := range p.wants {
			if strings.HasPrefix(c, claim(present, "")) {
				p.stored.pending[c] = true
			}
		}
	}
}

// mayRename reports whether a group may be renamed to the name of a wanted one.
func (p *program) mayRename(id, present string, w imsync.Group) bool {
	return strings.EqualFold(w.FormerName, present) ||
		slices.ContainsFunc(p.given[id], func(n string) bool {
			return n == "" || strings.EqualFold(n, w.Name) || strings.EqualFold(n, w.FormerName)
		})
}

// mayAdopt reports whether the roster has a thing that was read, by the present name of its group or by
// the one that the group may get.
func (p *program) mayAdopt(x thing) bool {
	g, _ := p.seen.group(x.group)
	return p.wantsOf(p.seen, x) || g.kind == imgroup.UserGroup && slices.ContainsFunc(p.wanted.Groups, func(w imsync.Group) bool {
		return p.mayRename(x.group, g.name, w) && p.wants[claim(w.Name, x.key)]
	})
}

func (p *program) kill() {
	p.logf("killed")
	p.dead = true
	p.stop()
}

// request is a request of the service that arrives, unless the process is killed. It reports whether
// the process lives to see the response.
func (p *program) request(op string, execute func(*recorded)) (alive bool) {
	if p.dead {
		return false
	}
	p.number++
	p.figures["requests"]++
	p.instant = p.now
	p.executeLate(p.dueNow())
	if p.random.IntN(100) < p.meddling {
		p.meddle()
	}
	if p.number == p.killAt {
		p.figures["kills at a request"]++
		p.kill()
		switch write := op != "GetImItemList"; {
		case p.random.IntN(2) > 0:
		case write && p.mayBeLate():
			p.postpone(op, func() { execute(nil) })
		default:
			p.note(service, func() { execute(nil) })
		}
		return false
	}
	rate := p.faults
	if op == "GetImItemList" {
		rate /= 4
	}
	var f *recorded
	if p.random.IntN(100) < rate {
		f = &p.kinds[p.random.IntN(len(p.kinds))]
		p.figures["fault: "+f.name]++
		p.logf("%s meets: %s", op, f.name)
	}
	if op == "GetImItemList" {
		execute(f)
		return true
	}
	p.note(service, func() { execute(f) })
	if f != nil && !f.outcomes[op].executed && isUnknown(f.outcomes[op].err) && p.mayBeLate() {
		p.postpone(op, func() { execute(nil) })
	}
	return true
}

// hasRead reports whether a run is in progress that has read the list.
func (p *program) hasRead() bool { return p.live && p.first != nil }

// logf notes an action, for the report of a violation.
func (p *program) logf(format string, args ...any) {
	if logging {
		p.log = append(p.log, fmt.Sprintf(format, args...))
	}
}
