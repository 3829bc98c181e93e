package imsync_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// TestRestore_Random backs up random lists, lets a sync and a person change them, and restores them with
// faults: nothing that is there is taken, all of the backup is back, in groups that are known by their
// ids, and a second time there is nothing to do.
func TestRestore_Random(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		r := &restoration{mailbox: newMailbox(t), random: rand.New(rand.NewPCG(seed, 16))}
		r.run()
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

type restoration struct {
	*mailbox
	random *rand.Rand
}

// membership is a contact in a group, or with "" the group.
type membership struct{ group, address string }

func (r *restoration) run() {
	r.Helper()
	var seeded []ewstest.Group
	for _, g := range r.groups("P") {
		members := ewstest.Group{Name: g.Name}
		for _, c := range g.Contacts {
			members.Members = append(members.Members, ewstest.Contact{Address: c.Address})
		}
		seeded = append(seeded, members)
	}
	r.srv.Seed("", seeded...)
	r.sync(r.groups("S")...)
	backup := imsync.NewBackup(r.srv.List(""), r.owned)
	before := r.memberships()

	remove := []imsync.RemovePolicy{imsync.RemoveOwned, imsync.RemoveAll}[r.random.IntN(2)]
	opts := &imsync.Options{Remove: remove, Owned: r.owned, AllowEmpty: true, MaxRemovals: anyNumber}
	applied, err := imsync.Sync(r.Context(), r.client, rosterOf(r.groups("S")...), opts)
	if err != nil {
		r.Fatal(err)
	}
	r.owned = reread(r.T, applied.Owned)
	for range r.random.IntN(4) {
		r.edit()
	}

	now := r.memberships()
	for _, op := range []string{"AddImGroup", "SetImGroup", "AddNewImContactToGroup", "AddImContactToGroup"} {
		if r.random.IntN(3) == 0 {
			r.srv.Fail(op, []error{ewstest.DropBefore(), ewstest.DropAfter()}[r.random.IntN(2)])
		}
	}
	notes := strings.Join(r.restore(backup).Plan.Notes, "; ")
	r.srv.ClearFailures()
	after := r.memberships()
	for m := range now {
		if _, ok := after[m]; !ok {
			r.Errorf("%+v was there, and is gone", m)
		}
	}
	r.checkBack(before, after, notes)
	if again := r.restore(backup); !again.Plan.Empty() {
		r.Errorf("second time: %v", again.Plan)
	}
}

// checkBack looks for each earlier membership: in the group of the id, or if that is gone in one of
// the name.
func (r *restoration) checkBack(before, after map[membership]string, notes string) {
	r.Helper()
	byName := map[string]bool{}
	for m, name := range after {
		byName[name+" "+m.address] = true
	}
	for m, name := range before {
		present, ok := after[membership{m.group, ""}]
		switch {
		case !ok && !byName[name+" "+m.address]:
			r.Errorf("%s in %s is not put back", m.address, name)
		case !ok:
		case after[m] == "":
			r.Errorf("%s in %s, which is now %s, is not put back", m.address, name, present)
		case present != name && !strings.Contains(notes, fmt.Sprintf("%q keeps its present name %q", name, present)):
			r.Errorf("group %s is still called %s, without a note: %s", name, present, notes)
		}
	}
}

// groups returns up to three groups with random contacts.
func (r *restoration) groups(prefix string) (all []imsync.Group) {
	for i := range 3 {
		if r.random.IntN(3) == 0 {
			continue
		}
		var members []string
		for c := range 5 {
			if r.random.IntN(2) == 0 {
				members = append(members, fmt.Sprintf("c%d@contoso.com", c))
			}
		}
		all = append(all, team(fmt.Sprint(prefix, i), members...))
	}
	return all
}

// edit renames, removes or empties a group as a person does, or makes one of a name that the backup has.
func (r *restoration) edit() {
	groups := r.srv.Groups("")
	name := fmt.Sprint([]string{"P", "S", "X"}[r.random.IntN(3)], r.random.IntN(3))
	if len(groups) == 0 || r.random.IntN(4) == 0 {
		_, _ = r.client.AddImGroup(r.Context(), name) // the name may be taken
		return
	}
	g := groups[r.random.IntN(len(groups))]
	switch r.random.IntN(3) {
	case 0:
		_ = r.client.SetImGroup(r.Context(), g.ExchangeStoreID, name)
	case 1:
		_ = r.client.RemoveImGroup(r.Context(), g.ExchangeStoreID)
	case 2:
		for _, c := range g.Members {
			_ = r.client.RemoveImContactFromGroup(r.Context(), c, imgroup.GroupID{ID: g.ExchangeStoreID.ID})
		}
	}
}

// memberships returns those of the list, with the names of the groups.
func (r *restoration) memberships() map[membership]string {
	all := map[membership]string{}
	list := r.srv.List("")
	for _, g := range r.srv.Groups("") {
		all[membership{g.ExchangeStoreID.ID, ""}] = g.DisplayName
		for _, c := range list.ContactsOf(g.ExchangeStoreID) {
			all[membership{g.ExchangeStoreID.ID, strings.ToLower(c.ImAddress)}] = g.DisplayName
		}
	}
	return all
}
