package imsync_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// TestOwnership_Programs runs random programs of three actors: a directory that changes, a person who
// edits the list, and faults, among them a kill at any request and a record that is not kept after
// the writes. A person acts during a run only while no write is in doubt. Who made what is noted by
// comparing the list before and after each action, without any code of the package. EWS_OWNERSHIP_PROGRAMS is the number of programs, and a failing one has its seed
// in the test's output: add it to kept.
func TestOwnership_Programs(t *testing.T) {
	t.Parallel()
	kept := []uint64{
		6758,  // a person makes the group that an addition in doubt did not make
		10038, // a person renames the group that an addition in doubt did make
	}
	n, err := strconv.ParseUint(os.Getenv("EWS_OWNERSHIP_PROGRAMS"), 10, 64)
	if err != nil {
		n = 200
	}
	var all counts
	for i := range n {
		kept = append(kept, i)
	}
	for _, seed := range kept {
		p := newProgram(t, seed)
		p.play()
		all.add(p.counts)
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
	t.Logf("%d programs, none in violation: %+v", len(kept), all)
	if all.Kills == 0 || all.Faults == 0 || all.Edits == 0 || all.Removals == 0 || all.LostRecords == 0 {
		t.Errorf("%+v: one of the actors did nothing", all)
	}
}

// counts are what happened in programs.
type counts struct{ Runs, Writes, Removals, Edits, Faults, Kills, LostRecords int }

func (c *counts) add(o counts) {
	c.Runs += o.Runs
	c.Writes += o.Writes
	c.Removals += o.Removals
	c.Edits += o.Edits
	c.Faults += o.Faults
	c.Kills += o.Kills
	c.LostRecords += o.LostRecords
}

// thing is a group, or with an address a membership.
type thing struct{ group, address string }

// program is one mailbox with its three actors.
type program struct {
	*testing.T
	counts
	random *rand.Rand
	srv    *ewstest.Server
	client *ews.Client
	wanted imsync.Roster
	record *imsync.Ownership

	service map[thing]bool // what is there: whether the service made it
	ever    map[thing]bool // what the service made at any time
	faults  int            // of 100 writes
	killAt  int            // request; 0: none
	number  int
	dead    bool
	unknown bool // the outcome of the last write
}

var errDead = errors.New("the process was killed")

func newProgram(t *testing.T, seed uint64) *program {
	t.Helper()
	srv := ewstest.NewServer(nil)
	return &program{
		T: t, random: rand.New(rand.NewPCG(seed, 16)), srv: srv, client: newClient(t, srv),
		service: map[thing]bool{}, ever: map[thing]bool{}, record: &imsync.Ownership{},
	}
}

func (p *program) play() {
	p.Helper()
	for range 4 {
		for range p.random.IntN(4) {
			p.edit(p.Context())
		}
		p.direct()
		p.faults = []int{0, 10, 40}[p.random.IntN(3)]
		if p.killAt = 0; p.random.IntN(2) == 0 {
			p.killAt = 1 + p.random.IntN(12)
		}
		_ = p.run() // with faults and kills: the check below is what counts
		p.faults, p.killAt = 0, 0
		if err := p.run(); err != nil {
			p.Errorf("without faults: %v", err)
		}
		p.check()
	}
}

// direct is the directory, which changes its mind.
func (p *program) direct() {
	p.wanted = imsync.Roster{}
	for i := range 3 {
		if p.random.IntN(3) == 0 {
			continue
		}
		g := imsync.Group{Name: fmt.Sprint("G", i)}
		for c := range 4 {
			if p.random.IntN(2) == 0 {
				g.Contacts = append(g.Contacts, imsync.Contact{Address: fmt.Sprintf("c%d@contoso.com", c)})
			}
		}
		p.wanted.Groups = append(p.wanted.Groups, g)
	}
}

// things returns what is in the list.
func (p *program) things() map[thing]bool {
	all := map[thing]bool{}
	list := p.srv.List("")
	for _, g := range p.srv.Groups("") {
		all[thing{g.ExchangeStoreID.ID, ""}] = true
		for _, c := range list.ContactsOf(g.ExchangeStoreID) {
			all[thing{g.ExchangeStoreID.ID, strings.ToLower(c.ImAddress)}] = true
		}
	}
	return all
}

// note runs an action and notes what it made and what it took.
func (p *program) note(byService bool, action func() error) error {
	err := action()
	after := p.things()
	for x, mine := range p.service {
		if !after[x] {
			if byService && !mine {
				p.Errorf("the service took what a person made: %+v", x)
			}
			delete(p.service, x)
		}
	}
	for x := range after {
		if _, known := p.service[x]; !known {
			p.service[x] = byService
			p.ever[x] = p.ever[x] || byService
		}
	}
	return err
}

// edit is the person, who adds, removes and renames. What the service gave, and the person removed, the
// person does not add again: it would count as given.
func (p *program) edit(ctx context.Context) {
	p.Edits++
	groups := p.srv.Groups("")
	_ = p.note(false, func() error {
		name := fmt.Sprint("G", p.random.IntN(4))
		if len(groups) == 0 || p.random.IntN(5) == 0 {
			_, err := p.client.AddImGroup(ctx, name)
			return err
		}
		g := groups[p.random.IntN(len(groups))]
		switch p.random.IntN(5) {
		case 0:
			return p.client.SetImGroup(ctx, g.ExchangeStoreID, fmt.Sprint("P", p.random.IntN(4)))
		case 1:
			if len(g.Members) > 0 {
				return p.client.RemoveImContactFromGroup(ctx, g.Members[p.random.IntN(len(g.Members))], g.ExchangeStoreID)
			}
		case 2:
			return p.client.RemoveImGroup(ctx, g.ExchangeStoreID)
		}
		address := fmt.Sprintf("c%d@contoso.com", p.random.IntN(6))
		if p.ever[thing{g.ExchangeStoreID.ID, address}] {
			return nil
		}
		_, err := p.client.AddNewImContactToGroup(ctx, imgroup.ContactSpec{Address: address, Group: g.ExchangeStoreID})
		return err
	})
}

// run is one run of the service.
func (p *program) run() error {
	p.Helper()
	p.Runs++
	p.number, p.dead, p.unknown = 0, false, false
	lose := p.killAt > 0 && p.random.IntN(3) == 0
	saves := 0
	_, err := imsync.Sync(p.Context(), &actor{p.client, p}, p.wanted, &imsync.Options{
		Remove: imsync.RemoveOwned, Owned: p.record, AllowEmpty: true, MaxRemovals: anyNumber,
		Save: func(_ context.Context, o *imsync.Ownership) error {
			if saves++; p.dead || lose && saves == 2 {
				p.LostRecords++
				return errDead
			}
			p.record = reread(p.T, o)
			return nil
		},
	})
	return err
}

// check compares the list and the record with who made what.
func (p *program) check() {
	p.Helper()
	names, has := map[string]string{}, map[thing]bool{}
	for _, g := range p.srv.Groups("") {
		names[g.ExchangeStoreID.ID] = g.DisplayName
	}
	for _, g := range p.wanted.Groups {
		for id, name := range names {
			if name == g.Name {
				has[thing{id, ""}] = true
				for _, c := range g.Contacts {
					has[thing{id, c.Address}] = true
				}
			}
		}
	}
	people := map[string]bool{} // groups with members that a person added
	for x, mine := range p.service {
		people[x.group] = people[x.group] || x.address != "" && !mine
	}
	for x, mine := range p.service {
		if mine && !has[x] && (x.address != "" || !people[x.group]) {
			p.Errorf("given, no longer wanted, and still there: %+v in %q", x, names[x.group])
		}
	}
	for x := range has {
		if _, ok := p.service[x]; !ok {
			p.Errorf("wanted, and not there: %+v", x)
		}
	}
	p.checkRecord()
}

// checkRecord requires that the record has what the service made, and nothing else.
func (p *program) checkRecord() {
	p.Helper()
	var record struct {
		Groups []struct {
			ID      string
			Made    bool
			Members []string
		}
	}
	text, err := json.Marshal(p.record)
	if err == nil {
		err = json.Unmarshal(text, &record)
	}
	if err != nil {
		p.Fatal(err)
	}
	owned := map[thing]bool{}
	for _, g := range record.Groups {
		if g.Made {
			owned[thing{g.ID, ""}] = true
		}
		for _, m := range g.Members {
			owned[thing{g.ID, strings.TrimPrefix(m, "im ")}] = true
		}
	}
	for x, mine := range p.service {
		if mine != owned[x] {
			p.Errorf("%+v: made by the service: %t, in the record: %t", x, mine, owned[x])
		}
	}
}

// actor is the service's client: each request may be the last one, or fail.
type actor struct {
	imsync.Client
	p *program
}

func (a *actor) write(action func() error) error {
	p := a.p
	p.number++
	if p.dead {
		return errDead
	}
	execute, fault := true, error(nil)
	switch {
	case p.number == p.killAt:
		p.Kills++
		p.dead, fault, execute = true, errDead, p.random.IntN(2) == 0
	case p.random.IntN(100) < p.faults:
		p.Faults++
		fault, execute = fmt.Errorf("lost: %w", ews.ErrOutcomeUnknown), p.random.IntN(2) == 0
	}
	p.unknown = fault != nil
	if execute {
		p.Writes++
		if err := p.note(true, action); fault == nil {
			return err
		}
	}
	return fault
}

// GetImItemList lets the person act first, unless a write is in doubt or this run will be killed.
func (a *actor) GetImItemList(ctx context.Context, q imgroup.ListQuery) (*imgroup.ItemList, error) {
	p := a.p
	p.number++
	if p.number == p.killAt {
		p.Kills++
		p.dead = true
	}
	if p.dead {
		return nil, errDead
	}
	if p.faults > 0 && p.killAt == 0 && !p.unknown && p.random.IntN(4) == 0 {
		p.edit(context.WithoutCancel(ctx))
	}
	return a.Client.GetImItemList(ctx, q)
}

func (a *actor) AddImGroup(ctx context.Context, name string) (g *imgroup.ImGroup, err error) {
	err = a.write(func() (err error) { g, err = a.Client.AddImGroup(ctx, name); return err })
	return g, err
}

func (a *actor) SetImGroup(ctx context.Context, g imgroup.GroupID, name string) error {
	return a.write(func() error { return a.Client.SetImGroup(ctx, g, name) })
}

func (a *actor) RemoveImGroup(ctx context.Context, g imgroup.GroupID) error {
	a.p.Removals++
	return a.write(func() error { return a.Client.RemoveImGroup(ctx, g) })
}

func (a *actor) AddNewImContactToGroup(ctx context.Context, c imgroup.ContactSpec) (out *imgroup.Persona, err error) {
	err = a.write(func() (err error) { out, err = a.Client.AddNewImContactToGroup(ctx, c); return err })
	return out, err
}

func (a *actor) AddImContactToGroup(ctx context.Context, c imgroup.ContactID, g imgroup.GroupID) error {
	return a.write(func() error { return a.Client.AddImContactToGroup(ctx, c, g) })
}

func (a *actor) RemoveImContactFromGroup(ctx context.Context, c imgroup.ContactID, g imgroup.GroupID) error {
	a.p.Removals++
	return a.write(func() error { return a.Client.RemoveImContactFromGroup(ctx, c, g) })
}
