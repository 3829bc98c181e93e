package imsync_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// TestApply_EditedPlans has a person edit the list after a plan was made, and another one the plan:
// steps in another order, twice, without ids, with other numbers. With RemoveOwned nothing that the
// service did not give is gone.
func TestApply_EditedPlans(t *testing.T) {
	t.Parallel()
	done, failed := 0, 0
	for seed := range uint64(150) {
		random := rand.New(rand.NewPCG(seed, 3))
		m := newMailbox(t)
		m.srv.Seed("", ewstest.Group{Name: "List", SMTPAddress: "list@contoso.com"},
			ewstest.Group{Name: "A", Members: []ewstest.Contact{{Address: "p@contoso.com"}, {Address: "c1@contoso.com"}}})
		m.sync(randomTeams(random)...)
		plan, err := imsync.Diff(m.srv.List(""), rosterOf(randomTeams(random)...), &imsync.Options{
			Remove: []imsync.RemovePolicy{imsync.RemoveOwned, imsync.RemoveAll}[random.IntN(2)], Owned: m.owned, AllowEmpty: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		for range random.IntN(4) {
			m.editList(random)
		}
		theirs := thingsOf(m.srv.List(""))
		for id := range givenBy(t, m.owned) {
			delete(theirs, id)
		}
		editPlan(random, &plan)
		opts := &imsync.Options{Remove: imsync.RemoveOwned, Owned: m.owned, MaxRemovals: anyNumber}
		if imsync.Apply(t.Context(), m.client, plan, opts) == nil {
			done++
		} else {
			failed++
		}
		left := thingsOf(m.srv.List(""))
		for id, name := range theirs {
			if left[id] == "" {
				t.Fatalf("seed %d: %s of a person is gone, by\n%v", seed, name, asJSON(t, plan))
			}
		}
	}
	if done == 0 || failed == 0 {
		t.Errorf("%d plans were applied and %d not: one of the two is not tested", done, failed)
	}
}

func randomTeams(r *rand.Rand) (all []imsync.Group) {
	for _, name := range []string{"A", "B", "C", "D"} {
		g := team(name)
		for range r.IntN(4) {
			g.Contacts = append(g.Contacts, imsync.Contact{Address: fmt.Sprintf("c%d@contoso.com", r.IntN(6))})
		}
		if r.IntN(2) == 0 {
			all = append(all, g)
		}
	}
	return all
}

// editList makes one change as a person does, which may fail.
func (m *mailbox) editList(r *rand.Rand) {
	groups := m.srv.Groups("")
	g := groups[r.IntN(len(groups))]
	switch r.IntN(3) {
	case 0:
		_, _ = m.client.AddNewImContactToGroup(m.Context(), imgroup.ContactSpec{
			Address: fmt.Sprintf("q%d@contoso.com", r.IntN(3)), Group: g.ExchangeStoreID,
		})
	case 1:
		_ = m.client.SetImGroup(m.Context(), g.ExchangeStoreID, fmt.Sprint("N", r.IntN(3)))
	default:
		if len(g.Members) > 0 {
			_ = m.client.RemoveImContactFromGroup(m.Context(), g.Members[0], g.ExchangeStoreID)
		}
	}
}

func editPlan(r *rand.Rand, p *imsync.Plan) {
	r.Shuffle(len(p.Steps), func(i, j int) {
		if r.IntN(2) == 0 {
			p.Steps[i], p.Steps[j] = p.Steps[j], p.Steps[i]
		}
	})
	for i := range p.Steps {
		s := &p.Steps[i]
		switch r.IntN(6) {
		case 0:
			s.GroupID = ""
		case 1:
			s.MemberKeys, s.Members = "", s.Members*1000
		case 2:
			p.Steps = append(p.Steps, *s)
		}
	}
}

// thingsOf returns the groups and memberships of a list, by their ids.
func thingsOf(l *imgroup.ItemList) map[string]string {
	all := map[string]string{}
	for _, g := range l.Groups {
		id := g.ExchangeStoreID.ID
		all[id] = "group " + g.DisplayName
		for _, m := range g.Members {
			all[id+" "+m.ID] = "a contact in group " + g.DisplayName
		}
	}
	return all
}

// givenBy returns the ids of what a record says was given.
func givenBy(t *testing.T, o *imsync.Ownership) map[string]bool {
	t.Helper()
	var record struct {
		Groups []struct {
			ID   string
			Made bool
			IDs  map[string]string
		}
	}
	if err := json.Unmarshal([]byte(asJSON(t, o)), &record); err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, g := range record.Groups {
		if g.Made {
			all[g.ID] = true
		}
		for _, id := range g.IDs {
			all[g.ID+" "+id] = true
		}
	}
	return all
}
