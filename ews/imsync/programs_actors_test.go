package imsync_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// direct is the directory, which changes its mind.
func (p *program) direct() {
	p.wanted = imsync.Roster{}
	names := []string{"G0", "G1", "G2", "G3"}
	if p.seed&builtIns != 0 {
		names = append(names, "Favorites", "Other Contacts")
	}
	for i, name := range names {
		if p.random.IntN(3) == 0 {
			continue
		}
		g := imsync.Group{Name: mixCase(p.random, name)}
		for c := range 5 {
			if p.random.IntN(5) < 2 {
				g.Contacts = append(g.Contacts, imsync.Contact{Address: p.spell(fmt.Sprintf("c%d@contoso.com", c))})
			}
		}
		for n := range 2 {
			if p.random.IntN(5) == 0 {
				tel := imsync.Telephone{Number: fmt.Sprint(n), SIPURI: fmt.Sprintf("sip:%d@contoso.com", n)}
				g.Telephones = append(g.Telephones, tel)
			}
		}
		if i < 4 && p.random.IntN(6) == 0 {
			g.FormerName = fmt.Sprint([]string{"G", "P"}[p.random.IntN(2)], p.random.IntN(4))
		}
		p.wanted.Groups = append(p.wanted.Groups, g)
	}
	for i := range 2 {
		if p.random.IntN(3) == 0 {
			p.wanted.DistributionGroups = append(p.wanted.DistributionGroups, imsync.DistributionGroup{
				Address: p.spell(fmt.Sprintf("d%d@contoso.com", i)), DisplayName: fmt.Sprint("D", i),
			})
		}
	}
	p.exact = claimsOf(p.wanted, &imgroup.ItemList{})
	p.wants = claimsOf(p.wanted, p.list())
	p.logf("wanted: %+v", p.wanted)
}

// spell returns an address as some directories write it.
func (p *program) spell(address string) string {
	switch p.random.IntN(8) {
	case 0:
		return "sip:" + address
	case 1:
		return strings.ToUpper(address)
	}
	return address
}

// claimsOf returns the claims of a roster. A contact may be in the list under another address.
func claimsOf(r imsync.Roster, l *imgroup.ItemList) map[string]bool {
	claims := map[string]bool{}
	for _, g := range r.Groups {
		claims[claim(g.Name, "")] = true
		for _, c := range g.Contacts {
			key := keyOf(c.Address, "", "")
			claims[claim(g.Name, key)] = true
			for i := range l.Personas {
				for _, a := range l.Personas[i].ImAddresses {
					if keyOf(a.Value, "", "") == key {
						claims[claim(g.Name, keyOf(l.Personas[i].ImAddress, "", ""))] = true
					}
				}
			}
		}
		for _, t := range g.Telephones {
			claims[claim(g.Name, keyOf("", t.Number, ""))] = true
		}
	}
	for _, d := range r.DistributionGroups {
		claims[distributionClaim(keyOf(d.Address, "", ""))] = true
	}
	return claims
}

// edit is the person, who does one thing.
func (p *program) edit() {
	p.figures["edits"]++
	l := p.list()
	g := l.Groups[p.random.IntN(len(l.Groups))]
	p.note(person, func() {
		_ = p.editing(context.WithoutCancel(p.Context()), l, g) // what Exchange refuses is not done
	})
}

func (p *program) editing(ctx context.Context, l *imgroup.ItemList, g imgroup.ImGroup) error {
	id := g.ExchangeStoreID
	name := fmt.Sprint([]string{"G", "P"}[p.random.IntN(2)], p.random.IntN(4))
	switch p.random.IntN(10) {
	case 0:
		_, err := p.hand.AddImGroup(ctx, name)
		return err
	case 1:
		return p.hand.SetImGroup(ctx, id, name)
	case 2:
		return p.hand.RemoveImGroup(ctx, id)
	case 3:
		n := p.random.IntN(2)
		if p.random.IntN(8) == 0 {
			_, err := p.hand.AddImGroup(ctx, fmt.Sprint("D", n))
			return err
		}
		_, err := p.hand.AddDistributionGroupToImList(ctx, fmt.Sprintf("d%d@contoso.com", n), fmt.Sprint("D", n))
		return err
	case 4:
		return p.hand.RemoveDistributionGroupFromImList(ctx, id)
	case 5:
		_, err := p.hand.AddNewTelUriContactToGroup(ctx, imgroup.TelContactSpec{
			TelURI: "tel:1", SIPURI: "sip:1@contoso.com", TelephoneNumber: "1", Group: id,
		})
		return err
	case 6, 7:
		if len(g.Members) == 0 {
			return nil
		}
		m := g.Members[p.random.IntN(len(g.Members))]
		if p.random.IntN(2) == 0 { // a move
			to := l.Groups[p.random.IntN(len(l.Groups))].ExchangeStoreID
			if err := p.hand.AddImContactToGroup(ctx, m, to); err != nil || to == id {
				return err
			}
		}
		return p.hand.RemoveImContactFromGroup(ctx, m, id)
	}
	address := fmt.Sprintf("c%d@contoso.com", p.random.IntN(6))
	_, err := p.hand.AddNewImContactToGroup(ctx, imgroup.ContactSpec{Address: address, Group: id})
	return err
}

// wire is the service's client.
type wire struct {
	imsync.Client
	p        *program
	inMemory bool
}

// do is a write. claims are what an addition would fulfil.
func (w *wire) do(op, args string, claims []string, call func() error) error {
	p := w.p
	if !p.dead {
		p.beforeWrite(op+" "+args, claims)
	}
	err := w.call(op, call)
	if err == nil || isUnknown(err) {
		p.mayRepeat[op+" "+args] = false
	} else {
		delete(p.mayRepeat, op+" "+args)
	}
	return err
}

// call is a call that meets faults: in memory with the client's recorded error, else on its
// connection.
func (w *wire) call(op string, call func() error) error {
	if !w.inMemory {
		return call()
	}
	var err error
	alive := w.p.request(op, func(f *recorded) {
		if f == nil || f.outcomes[op].executed {
			err = call()
		}
		if f != nil {
			err = f.outcomes[op].err
		}
	})
	if !alive {
		return errDead
	}
	return err
}

// beforeWrite requires that the record was kept, and that the same write was not sent since the list
// was read.
func (p *program) beforeWrite(write string, claims []string) {
	p.figures["writes"]++
	p.dirty = true
	if p.saves == 0 {
		p.violate("%q is sent before the record is kept", write)
	}
	if may, was := p.mayRepeat[write]; was && !may {
		p.violate("%q is sent twice, and the list was not read in between", write)
	}
	if len(claims) == 0 {
		return
	}
	fresh := map[string]bool{}
	for _, c := range claims {
		p.sent[c], fresh[c] = true, true
	}
	p.doubt(fresh, p.stored.found, p.seen.things)
}

// GetImItemList shows the service the list: what it sent and does not see was not done.
func (w *wire) GetImItemList(ctx context.Context, q imgroup.ListQuery) (items *imgroup.ItemList, err error) {
	p := w.p
	err = w.call("GetImItemList", func() (err error) { items, err = w.Client.GetImItemList(ctx, q); return err })
	if err != nil {
		return nil, err
	}
	p.seen = take(items)
	clear(p.mayRepeat)
	p.learn()
	there := map[string]bool{}
	for x := range p.seen.things {
		for _, key := range append(p.seen.also[x.key], x.key) {
			for _, c := range p.claimsOf(thing{x.group, key}) {
				there[c] = true
			}
		}
		if p.options.Adopt && p.owners[x] == person && p.mayAdopt(x) {
			p.owners[x] = doubtful
			if g, _ := p.seen.group(x.group); x.key == "" {
				p.given[x.group] = append(p.given[x.group], g.name, "")
			}
		}
	}
	for c := range p.sent {
		if !there[c] {
			delete(p.sent, c)
		}
	}
	p.look(p.seen)
	if p.first == nil {
		p.first = &reading{p.seen, maps.Clone(p.owners), cloneNames(p.given), maps.Clone(p.ids)}
	}
	return items, nil
}

func (w *wire) AddImGroup(ctx context.Context, name string) (g *imgroup.ImGroup, err error) {
	err = w.do("AddImGroup", name, []string{claim(name, "")}, func() (err error) {
		g, err = w.Client.AddImGroup(ctx, name)
		return err
	})
	if err == nil {
		w.p.known[g.ExchangeStoreID.ID] = true
	}
	return g, err
}

func (w *wire) SetImGroup(ctx context.Context, g imgroup.GroupID, name string) error {
	return w.do("SetImGroup", g.ID+" "+name, nil, func() error { return w.Client.SetImGroup(ctx, g, name) })
}

func (w *wire) RemoveImGroup(ctx context.Context, g imgroup.GroupID) error {
	return w.do("RemoveImGroup", g.ID, nil, func() error { return w.Client.RemoveImGroup(ctx, g) })
}

// members returns the claims of a membership, by all names of the group.
func (w *wire) members(g imgroup.GroupID, key string) (claims []string) {
	for _, name := range w.p.names[g.ID] {
		claims = append(claims, claim(name, key))
	}
	return claims
}

func (w *wire) AddNewImContactToGroup(ctx context.Context, c imgroup.ContactSpec) (out *imgroup.Persona, err error) {
	key := keyOf(c.Address, "", "")
	err = w.do("AddNewImContactToGroup", key+" "+c.Group.ID, w.members(c.Group, key), func() (err error) {
		out, err = w.Client.AddNewImContactToGroup(ctx, c)
		return err
	})
	return out, err
}

func (w *wire) AddNewTelUriContactToGroup(ctx context.Context, c imgroup.TelContactSpec) (out *imgroup.Persona, err error) {
	key := keyOf("", c.TelephoneNumber, "")
	err = w.do("AddNewTelUriContactToGroup", key+" "+c.Group.ID, w.members(c.Group, key), func() (err error) {
		out, err = w.Client.AddNewTelUriContactToGroup(ctx, c)
		return err
	})
	return out, err
}

func (w *wire) AddImContactToGroup(ctx context.Context, c imgroup.ContactID, g imgroup.GroupID) error {
	var claims []string
	l := w.p.list()
	for i := range l.Personas {
		persona := &l.Personas[i]
		if id, ok := persona.ContactID(); !ok || id.ID != c.ID {
			continue
		}
		for _, a := range persona.ImAddresses {
			claims = append(claims, w.members(g, keyOf(a.Value, "", ""))...)
		}
		for _, n := range persona.Phones {
			claims = append(claims, w.members(g, keyOf("", n.Number, ""))...)
		}
	}
	return w.do("AddImContactToGroup", c.ID+" "+g.ID, claims, func() error { return w.Client.AddImContactToGroup(ctx, c, g) })
}

func (w *wire) RemoveImContactFromGroup(ctx context.Context, c imgroup.ContactID, g imgroup.GroupID) error {
	return w.do("RemoveImContactFromGroup", c.ID+" "+g.ID, nil, func() error {
		return w.Client.RemoveImContactFromGroup(ctx, c, g)
	})
}

func (w *wire) AddDistributionGroupToImList(ctx context.Context, address, name string) (g *imgroup.ImGroup, err error) {
	err = w.do("AddDistributionGroupToImList", address, []string{distributionClaim(address)}, func() (err error) {
		g, err = w.Client.AddDistributionGroupToImList(ctx, address, name)
		return err
	})
	return g, err
}

func (w *wire) RemoveDistributionGroupFromImList(ctx context.Context, g imgroup.GroupID) error {
	return w.do("RemoveDistributionGroupFromImList", g.ID, nil, func() error {
		return w.Client.RemoveDistributionGroupFromImList(ctx, g)
	})
}

// isUnknown reports whether the outcome of a write is unknown.
func isUnknown(err error) bool { return errors.Is(err, ews.ErrOutcomeUnknown) }
