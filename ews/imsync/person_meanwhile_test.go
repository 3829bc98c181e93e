package imsync_test

import (
	"context"
	"errors"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/imsync"
)

// editedOnce returns a client of the list that a person edits once, instead of the first write of
// an operation. The service does not learn whether that was executed, and so reads the list back.
func (r *register) editedOnce(op string, edit func()) imsync.Client {
	done := false
	return r.hooked(func(o string, execute func() error) error {
		if o != op || done {
			return execute()
		}
		done = true
		edit()
		return ews.ErrOutcomeUnknown
	})
}

// TestApply_PersonAddsAgain applies the removal of an owned contact that a person has removed by
// then, and adds during the run: the contact is the person's, and stays.
func TestApply_PersonAddsAgain(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.sync(team("A", "a@contoso.com", "b@contoso.com"))
	planned, err := imsync.Sync(t.Context(), r.memory, rosterOf(team("A", "a@contoso.com", "c@contoso.com")), &imsync.Options{
		Remove: imsync.RemoveOwned, Owned: r.owned, MaxRemovals: anyNumber, DryRun: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	a := r.named("A")
	b := a.members[1]
	a.members = a.members[:1]
	client := r.editedOnce("AddNewImContactToGroup", func() { a.members = append(a.members, b) })
	err = imsync.Apply(t.Context(), client, planned.Plan, &imsync.Options{
		Remove: imsync.RemoveOwned, Owned: r.owned, MaxRemovals: anyNumber,
	})
	if !errors.Is(err, imsync.ErrWithheld) {
		t.Errorf("%v; want ErrWithheld", err)
	}
	r.want("A", "a@contoso.com", "b@contoso.com", "c@contoso.com")
}

// TestOwnership_RenamedToAWantedName has a person rename a group to the name of one that is about
// to be made. From the record that was kept before the addition to it, as after a kill, the
// addition is owned; the group is not.
func TestOwnership_RenamedToAWantedName(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	old := r.add("P")
	client := r.meanwhile("AddImGroup", func() { old.name = "A" })
	r.syncKilled(client, func() bool { return len(old.members) > 0 }, team("A", "a@contoso.com"))
	r.want("A", "a@contoso.com")
	r.sync()
	r.want("A")
}

// TestSync_SaveFailsInAPlan has a person rename a group to the name of one that is about to be
// made, and then Save fail, also with an error that looks like one of the step: no contact is
// added, since a kill would leave it without an owner.
func TestSync_SaveFailsInAPlan(t *testing.T) {
	t.Parallel()
	for _, full := range []error{errors.New("the disk is full"), ews.ErrorInvalidIdMalformed} {
		t.Run(full.Error(), func(t *testing.T) {
			t.Parallel()
			saveFailsInAPlan(t, full)
		})
	}
}

func saveFailsInAPlan(t *testing.T, full error) {
	t.Helper()
	r := newRegister(t)
	old := r.add("P")
	client := r.meanwhile("AddImGroup", func() { old.name = "A" })
	saves := 0
	_, err := imsync.Sync(t.Context(), client, rosterOf(team("A", "a@contoso.com", "b@contoso.com")), &imsync.Options{
		Remove: imsync.RemoveOwned, MaxRemovals: anyNumber,
		Save: func(context.Context, *imsync.Ownership) error {
			if saves++; saves > 1 {
				return full
			}
			return nil
		},
	})
	if !errors.Is(err, full) {
		t.Errorf("%v; want that of Save", err)
	}
	r.want("A")
}

// TestApply_UndescribedMeanwhile applies the removal of an owned group in which a person has put a
// contact that the list does not describe in the place of an owned one.
func TestApply_UndescribedMeanwhile(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.sync(team("A", "a@contoso.com", "b@contoso.com"))
	planned, err := imsync.Sync(t.Context(), r.memory, rosterOf(), &imsync.Options{
		Remove: imsync.RemoveOwned, Owned: r.owned, AllowEmpty: true, MaxRemovals: anyNumber, DryRun: true,
	})
	if err != nil || len(planned.Plan.Steps) != 1 {
		t.Fatalf("%v, %v; want one step", planned.Plan, err)
	}
	planned.Plan.Steps[0].MemberKeys = "" // as of an earlier version
	r.named("A").members[1] = &memoryContact{id: "unknown"}
	err = imsync.Apply(t.Context(), r.memory, planned.Plan, &imsync.Options{
		Remove: imsync.RemoveOwned, Owned: r.owned, MaxRemovals: anyNumber,
	})
	if !errors.Is(err, imsync.ErrWithheld) {
		t.Errorf("%v; want ErrWithheld", err)
	}
	if r.named("A") == nil {
		t.Error("the group is gone")
	}
}

// TestOwnership_RenamedBeforeASecondRecord has a person rename a group that was just made, and
// another one to the wanted name of a third, so that the record is kept once more. After a kill
// there, the first is one group.
func TestOwnership_RenamedBeforeASecondRecord(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	old := r.add("P")
	var first *memoryGroup
	client := r.meanwhile("AddImGroup", func() {
		if first == nil {
			first = r.named("A")
		}
		if first != nil {
			first.name, old.name = "Q", "B"
		}
	})
	saves := 0
	_, err := imsync.Sync(t.Context(), client, rosterOf(team("A"), team("B", "b@contoso.com")), &imsync.Options{
		Remove: imsync.RemoveOwned, MaxRemovals: anyNumber,
		Save: func(_ context.Context, o *imsync.Ownership) error {
			if saves++; saves == 2 {
				r.owned = reread(t, o)
			}
			if saves > 1 {
				return errors.New("killed")
			}
			return nil
		},
	})
	if err == nil || first == nil {
		t.Fatalf("%v, %v; want the record kept twice", err, first)
	}
	r.sync(team("A"), team("B", "b@contoso.com"))
	if r.named("A") != first || r.named("Q") != nil {
		t.Errorf("A: %v, Q: %v; want the group under its name again", r.members("A"), r.members("Q"))
	}
}

// TestOwnership_RemovedAndAddedAgain moves a contact from group A to B. A person removes B, and
// renames A to B: the second round adds to the group what the first one has removed from it, and
// the third makes A again. The contact stays owned.
func TestOwnership_RemovedAndAddedAgain(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.sync(team("A", "a@contoso.com"))
	a := r.named("A")
	removals, additions := 0, 0
	r.syncThrough(r.hooked(func(op string, execute func() error) error {
		err := execute()
		switch op {
		case "RemoveImContactFromGroup":
			removals++
			r.remove("B")
			a.name = "B"
		case "AddImGroup":
			if additions++; additions == 2 {
				r.remove("A")
			}
		}
		return err
	}), team("A"), team("B", "a@contoso.com"))
	if removals != 1 || additions != 3 {
		t.Errorf("%d removals and %d groups; want three rounds", removals, additions)
	}
	if r.named("B") != a {
		t.Error("group B is another one")
	}
	r.want("B", "a@contoso.com")
	r.sync(team("B"))
	r.want("B")
}
