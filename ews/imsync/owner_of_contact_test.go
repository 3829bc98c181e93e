package imsync_test

import (
	"context"
	"errors"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// TestOwnership_AddressChanges changes the preferred address of an owned contact, as the directory
// does when a person marries. The contact stays owned by its id, under any address in the roster.
func TestOwnership_AddressChanges(t *testing.T) {
	t.Parallel()
	for name, later := range map[string]string{"new": "anna@new.com", "former": "anna@old.com"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRegister(t)
			r.sync(team("A", "anna@old.com"), team("B", "anna@old.com"))
			c := r.named("A").members[0]
			c.address, c.further = "anna@new.com", []string{"anna@old.com"}
			if applied := r.sync(team("A", later)); len(applied.Done) != 1 {
				t.Errorf("%v; want the removal of group B alone", applied.Done)
			}
			r.want("A", "anna@new.com")
			r.sync()
			r.want("A", "no group")
		})
	}
}

// TestOwnership_AddressPassesOn has a person add, under the former address of an owned contact,
// another one: it is the person's.
func TestOwnership_AddressPassesOn(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.sync(team("A", "info@contoso.com", "b@contoso.com"))
	r.named("A").members[0].address = "anna@contoso.com"
	id := imgroup.GroupID{ID: r.named("A").id}
	if _, err := r.AddNewImContactToGroup(t.Context(), imgroup.ContactSpec{Address: "info@contoso.com", Group: id}); err != nil {
		t.Fatal(err)
	}
	r.sync()
	r.want("A", "info@contoso.com")
}

// TestOwnership_RecordWithoutIDs is that of an earlier version, which knows members by their keys.
func TestOwnership_RecordWithoutIDs(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.sync(team("A", "a@contoso.com"))
	r.owned = &imsync.Ownership{}
	record := `{"version":1,"groups":[{"id":"` + r.named("A").id + `","name":"A","made":true,"members":["im a@contoso.com"]}]}`
	if err := r.owned.UnmarshalJSON([]byte(record)); err != nil {
		t.Fatal(err)
	}
	r.sync()
	r.want("A", "no group")
}

// TestRestore_AddressesThatMerge restores a contact of a person's and one that was given, when the
// list has one contact with both addresses: it is the person's.
func TestRestore_AddressesThatMerge(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.named("Favorites").members = []*memoryContact{{id: "both", address: "given@contoso.com", further: []string{"own@contoso.com"}}}
	a := &memoryGroup{id: "A", name: "A", kind: imgroup.UserGroup, members: []*memoryContact{{id: "own", address: "own@contoso.com"}}}
	r.groups = append(r.groups, a)
	r.sync(team("A", "given@contoso.com"))
	b := r.backup()
	a.members = nil
	r.restore(r.memory, b)
	r.want("A", "given@contoso.com")
	r.sync()
	r.want("A", "given@contoso.com")
}

// TestRestore_PersonsGroupVanishes has a person remove the group that is about to be renamed: it is
// made again, and is the person's.
func TestRestore_PersonsGroupVanishes(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	a := r.add("A")
	b := r.backup()
	a.name = "Z"
	r.restore(r.meanwhile("SetImGroup", func() { r.remove("Z") }), b)
	if g := r.named("A"); g == nil || g == a {
		t.Fatalf("%v; want a new group A", g)
	}
	r.sync()
	if r.named("A") == nil {
		t.Error("the sync removed a person's group")
	}
}

// TestRestore_CannotRename restores a group whose name another one has by now, which cannot be
// renamed: the members do not go to that one.
func TestRestore_CannotRename(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	old := r.add("P")
	r.sync(team("A", "a@contoso.com"))
	b := r.backup()
	r.sync()
	old.name = "A"
	client := r.hooked(func(op string, execute func() error) error {
		if op == "SetImGroup" {
			return refused(ews.ErrorInvalidIdMalformed)
		}
		return execute()
	})
	applied, err := imsync.Restore(t.Context(), client, b, &imsync.Options{Owned: r.owned})
	if !errors.Is(err, ews.ErrorInvalidIdMalformed) || len(applied.Done) > 0 {
		t.Errorf("%v, done %v; want the error of the renaming, and nothing done", err, applied.Done)
	}
	r.want("A")
}

// TestRestore_KilledWithTheNameInUse restores a group whose name another one has by now, which is
// to be renamed too. The process is killed, and what it gave is owned.
func TestRestore_KilledWithTheNameInUse(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	old := r.add("P")
	r.sync(team("A", "a@contoso.com"))
	b := r.backup()
	r.sync()
	old.name = "A"
	var stored *imsync.Ownership
	saves := 0
	_, err := imsync.Restore(t.Context(), r.memory, b, &imsync.Options{Owned: r.owned, Save: func(_ context.Context, o *imsync.Ownership) error {
		if saves++; saves == 1 {
			stored = reread(t, o)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	r.want("A", "a@contoso.com")
	r.owned = stored
	r.sync()
	if r.named("A") != nil || r.named("P") != old {
		t.Errorf("A: %v, P: %v; want the given group gone, and the person's there", r.members("A"), r.members("P"))
	}
}

// TestOwnership_KilledBeforeAnAddition plans to add a contact to a group, in which a person's
// contact has the address as a further one. The planned contact then leaves the list: the person's
// stays the person's.
func TestOwnership_KilledBeforeAnAddition(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	favorites := r.named("Favorites")
	favorites.members = []*memoryContact{{id: "c", address: "c@contoso.com"}}
	r.groups = append(r.groups, &memoryGroup{id: "A", name: "A", kind: imgroup.UserGroup, members: []*memoryContact{
		{id: "other", address: "other@contoso.com", further: []string{"c@contoso.com"}},
	}})
	r.owned = r.killed(false, team("A", "c@contoso.com"))
	favorites.members = nil
	r.sync(team("A"))
	r.want("A", "other@contoso.com")
}

// TestOwnership_PersonAddsTheOtherContact plans to add a contact to a group, and is killed. The
// person adds another one, which has the address as a further one: it is the person's.
func TestOwnership_PersonAddsTheOtherContact(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.named("Favorites").members = []*memoryContact{{id: "c", address: "c@contoso.com"}}
	a := r.add("A")
	r.owned = r.killed(false, team("A", "c@contoso.com"))
	a.members = []*memoryContact{{id: "other", address: "other@contoso.com", further: []string{"c@contoso.com"}}}
	r.sync(team("A"))
	r.want("A", "other@contoso.com")
}

// TestOwnership_RenamedAfterTheService has a person rename a group once more after the service did,
// which is killed: the group stays one group, and gets its wanted name.
func TestOwnership_RenamedAfterTheService(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.sync(team("A", "a@contoso.com"))
	a, b := r.named("A"), formerly("A", "B", "a@contoso.com")
	r.owned = r.killed(true, b)
	a.name = "P"
	r.sync(b)
	if r.named("B") != a || r.named("P") != nil || r.named("A") != nil {
		t.Errorf("A: %v, B: %v, P: %v; want the group renamed to B", r.members("A"), r.members("B"), r.members("P"))
	}
}

// TestApply_ContactTwice adds a contact that has left the list since the plan was made. The group
// has another one with its address as a further one, which the list has twice: that is the wanted
// contact now.
func TestApply_ContactTwice(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	for _, name := range []string{"B", "A"} {
		other := &memoryContact{id: "other in " + name, address: "other@contoso.com", further: []string{"c@contoso.com"}}
		r.groups = append(r.groups, &memoryGroup{id: name, name: name, kind: imgroup.UserGroup, members: []*memoryContact{other}})
	}
	favorites := r.named("Favorites")
	favorites.members = []*memoryContact{{id: "c", address: "c@contoso.com"}}
	planned, err := imsync.Sync(t.Context(), r.memory, rosterOf(team("A", "c@contoso.com")), &imsync.Options{DryRun: true})
	if err != nil || len(planned.Plan.Steps) != 1 {
		t.Fatalf("%v, %v; want one step", planned.Plan, err)
	}
	favorites.members = nil
	if err := imsync.Apply(t.Context(), r.memory, planned.Plan, nil); err != nil {
		t.Error(err)
	}
	r.want("A", "other@contoso.com")
}
