package imsync_test

import (
	"context"
	"errors"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/imsync"
)

// TestOwnership_MadeAfterARenaming has a person remove a group that the service has renamed, and
// make one of its new name: it is the person's.
func TestOwnership_MadeAfterARenaming(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.sync(team("A"))
	b := formerly("A", "B")
	r.syncThrough(r.hooked(func(op string, execute func() error) error {
		err := execute()
		if op == "SetImGroup" {
			r.remove("B")
			r.add("B")
		}
		return err
	}), b)
	r.sync()
	r.want("B")
}

// TestOwnership_RenamedInPlaceOf has a person remove a group that is about to be renamed, and
// rename the one that is made in its place: that stays one group, and gets its wanted name.
func TestOwnership_RenamedInPlaceOf(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.sync(team("A"))
	b := formerly("A", "B")
	var made *memoryGroup
	r.syncThrough(r.hooked(func(op string, execute func() error) error {
		if op == "SetImGroup" && made == nil {
			r.remove("A")
		}
		err := execute()
		if op == "AddImGroup" && made == nil {
			made = r.named("B")
			made.name = "P"
		}
		return err
	}), b)
	if made == nil || r.named("B") != made || r.named("P") != nil {
		t.Errorf("B: %v, P: %v; want the group under its name", r.members("B"), r.members("P"))
	}
	r.sync()
	r.want("B", "no group")
}

// TestOwnership_MadeInPlaceOf applies plans whose groups a person removes: the service makes them,
// and is killed. They are owned.
func TestOwnership_MadeInPlaceOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		list, steps string
		ahead       bool // the person removes the group before the plan is applied, not after
	}{
		"one to be renamed":  {"A", `{"kind":"rename_group","group":"A","newName":"B"}`, true},
		"one that was there": {"B", `{"kind":"add_group","group":"A"},{"kind":"add_group","group":"B"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRegister(t)
			old := r.add(test.list)
			plan := planOf(t, test.steps)
			if test.ahead {
				r.remove(test.list)
			}
			client := r.editedOnce("AddImGroup", func() {
				if !test.ahead {
					r.remove(test.list)
				}
			})
			err := imsync.Apply(t.Context(), client, plan, &imsync.Options{
				Save: func(_ context.Context, o *imsync.Ownership) error {
					if b := r.named("B"); b == nil || b == old { // later records are lost with the process
						r.owned = reread(t, o)
					}
					return nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			r.want("B")
			r.sync()
			r.want("B", "no group")
		})
	}
}

// planOf returns the plan of steps in JSON.
func planOf(t *testing.T, text string) (plan imsync.Plan) {
	t.Helper()
	if err := plan.UnmarshalJSON([]byte(steps(text))); err != nil {
		t.Fatal(err)
	}
	return plan
}

// TestOwnership_PlannedGroupMadeAgain keeps a record for a plan, one of whose groups a person has
// made since. The process is killed, and the person makes the group anew: it is the person's.
func TestOwnership_PlannedGroupMadeAgain(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.add("B")
	killed := errors.New("killed")
	plan := planOf(t, `{"kind":"add_group","group":"A"},{"kind":"add_group","group":"B"}`)
	err := imsync.Apply(t.Context(), r.memory, plan, &imsync.Options{
		Save: func(_ context.Context, o *imsync.Ownership) error {
			r.owned = reread(t, o)
			return killed
		},
	})
	if !errors.Is(err, killed) {
		t.Fatalf("%v; want that of Save", err)
	}
	r.remove("B")
	r.add("B")
	r.sync()
	r.want("B")
}

// TestRestore_RenamesAnAdoptedGroup restores the former name of a group that was a person's in the
// backup, and is owned now. A person renames it: it is known by the restored name.
func TestRestore_RenamesAnAdoptedGroup(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	a := r.add("A")
	b := r.backup()
	a.name = "B"
	r.adopt(team("B"))
	r.restore(r.memory, b)
	a.name = "P"
	r.sync(team("A"), team("B"))
	if r.named("A") != a || r.named("P") != nil {
		t.Errorf("A: %v, P: %v; want the group under its restored name", r.members("A"), r.members("P"))
	}
}

// TestOwnership_NamedWhileAWriteIsUnknown has a person make a group, and rename it to a planned
// name instead of an addition whose outcome is unknown. The service has seen the group under its
// other name: it is the person's.
func TestOwnership_NamedWhileAWriteIsUnknown(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	var p *memoryGroup
	writes := 0
	r.syncThrough(r.hooked(func(_ string, execute func() error) error {
		switch writes++; writes {
		case 1: // instead of A, which is sent again
			p = r.add("P")
			return ews.ErrOutcomeUnknown
		case 3:
			p.name = "B"
			return ews.ErrOutcomeUnknown
		}
		return execute()
	}), team("A"), team("B"))
	if r.named("B") != p {
		t.Error("group B is another one")
	}
	r.sync()
	r.want("A", "no group")
	r.want("B")
}

// TestOwnership_AddedToANewGroupOfAnotherName has a person rename a new group to the name of one
// that is gone, and once more after the planned contact was added to it. The process is killed, and
// the contact is owned.
func TestOwnership_AddedToANewGroupOfAnotherName(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	old := r.add("A")
	client := r.hooked(func(op string, execute func() error) error {
		err := execute()
		if op == "AddImGroup" && r.named("A") == old {
			r.remove("A")
			r.named("B").name = "A"
		}
		return err
	})
	r.syncKilled(client, func() bool { return len(r.members("A")) > 0 && r.members("A")[0] != "no group" },
		team("A", "a@contoso.com"), team("B"))
	r.want("A", "a@contoso.com")
	r.named("A").name = "P"
	r.sync()
	r.want("P", "no group")
}

// TestOwnership_AddedToASecondGroupOfTheName has a person make a planned addition whose outcome is
// unknown, and pass the group's name on: the contact goes to the group that has the name now. The
// process is killed, and the contact is owned there.
func TestOwnership_AddedToASecondGroupOfTheName(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	old := r.add("P")
	client := r.editedOnce("AddNewImContactToGroup", func() {
		a := r.named("A")
		a.members = append(a.members, &memoryContact{id: "own", address: "a@contoso.com"})
		a.name, old.name = "Q", "A"
	})
	r.syncKilled(client, func() bool { return len(old.members) > 0 }, team("A", "a@contoso.com"))
	r.want("A", "a@contoso.com")
	r.sync()
	r.want("A")
}
