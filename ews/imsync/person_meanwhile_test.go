package imsync_test

import (
	"context"
	"errors"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// editedMeanwhile is a client of a list that a person edits once, just before the first new contact
// arrives. The service does not learn whether that was added, and so reads the list back.
type editedMeanwhile struct {
	*memory
	edit func()
}

func (m *editedMeanwhile) AddNewImContactToGroup(
	ctx context.Context, c imgroup.ContactSpec,
) (*imgroup.Persona, error) {
	if m.edit == nil {
		return m.memory.AddNewImContactToGroup(ctx, c)
	}
	m.edit()
	m.edit = nil
	return nil, ews.ErrOutcomeUnknown
}

// TestApply_PersonAddsAgain applies the removal of an owned contact that a person has removed by then,
// and adds during the run: the contact is the person's, and stays.
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
	client := &editedMeanwhile{r.memory, func() { a.members = append(a.members, b) }}
	err = imsync.Apply(t.Context(), client, planned.Plan, &imsync.Options{
		Remove: imsync.RemoveOwned, Owned: r.owned, MaxRemovals: anyNumber,
	})
	if !errors.Is(err, imsync.ErrWithheld) {
		t.Errorf("%v; want ErrWithheld", err)
	}
	r.want("A", "a@contoso.com", "b@contoso.com", "c@contoso.com")
}

// TestOwnership_RenamedToAWantedName has a person rename a group to the name of one that is about to be
// made. From the record that was kept before the addition to it, as after a kill, the addition is owned;
// the group is not.
func TestOwnership_RenamedToAWantedName(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	old := &memoryGroup{id: "P", name: "P", kind: imgroup.UserGroup}
	r.groups = append(r.groups, old)
	client := &renamedMeanwhile{r.memory, func() { old.name = "A" }}
	_, err := imsync.Sync(t.Context(), client, rosterOf(team("A", "a@contoso.com")), &imsync.Options{
		Remove: imsync.RemoveOwned, MaxRemovals: anyNumber,
		Save: func(_ context.Context, o *imsync.Ownership) error {
			if len(old.members) == 0 {
				r.owned = reread(t, o)
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.want("A", "a@contoso.com")
	r.sync()
	r.want("A")
}

// renamedMeanwhile is a client of a list in which a person renames a group just before one is made.
type renamedMeanwhile struct {
	*memory
	rename func()
}

func (m *renamedMeanwhile) AddImGroup(ctx context.Context, name string) (*imgroup.ImGroup, error) {
	m.rename()
	return m.memory.AddImGroup(ctx, name)
}

// TestSync_SaveFailsInAPlan has a person rename a group to the name of one that is about to be
// made, and then Save fail, also with an error that looks like one of the step: no contact is added, since
// a kill would leave it without an owner.
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
	old := &memoryGroup{id: "P", name: "P", kind: imgroup.UserGroup}
	r.groups = append(r.groups, old)
	client := &renamedMeanwhile{r.memory, func() { old.name = "A" }}
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
	old := &memoryGroup{id: "P", name: "P", kind: imgroup.UserGroup}
	r.groups = append(r.groups, old)
	var first *memoryGroup
	client := &renamedMeanwhile{r.memory, func() {
		if first == nil {
			first = r.named("A")
		}
		if first != nil {
			first.name, old.name = "Q", "B"
		}
	}}
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

// inRounds is a client of a list that a person edits after a removal of a contact, and once more after
// group A is made.
type inRounds struct {
	*memory
	edits []func()
}

func (m *inRounds) next() {
	if len(m.edits) > 0 {
		m.edits[0]()
		m.edits = m.edits[1:]
	}
}

func (m *inRounds) RemoveImContactFromGroup(ctx context.Context, c imgroup.ContactID, g imgroup.GroupID) error {
	defer m.next()
	return m.memory.RemoveImContactFromGroup(ctx, c, g)
}

func (m *inRounds) AddImGroup(ctx context.Context, name string) (*imgroup.ImGroup, error) {
	if name == "A" {
		defer m.next()
	}
	return m.memory.AddImGroup(ctx, name)
}

// TestOwnership_RemovedAndAddedAgain moves a contact from group A to B. A person removes B, and renames A
// to B: the second round adds to the group what the first one has removed from it, and the third
// makes A again. The contact stays owned.
func TestOwnership_RemovedAndAddedAgain(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.sync(team("A", "a@contoso.com"))
	a := r.named("A")
	remove := func(name string) {
		if err := r.RemoveImGroup(t.Context(), imgroup.GroupID{ID: r.named(name).id}); err != nil {
			t.Error(err)
		}
	}
	client := &inRounds{r.memory, []func(){
		func() { remove("B"); a.name = "B" },
		func() { remove("A") },
	}}
	applied, err := imsync.Sync(t.Context(), client, rosterOf(team("A"), team("B", "a@contoso.com")), &imsync.Options{
		Remove: imsync.RemoveOwned, Owned: r.owned, MaxRemovals: anyNumber,
	})
	if err != nil || len(client.edits) > 0 {
		t.Fatalf("%v, %d edits left; want three rounds", err, len(client.edits))
	}
	r.owned = reread(t, applied.Owned)
	if r.named("B") != a {
		t.Error("group B is another one")
	}
	r.sync(team("B"))
	r.want("B")
}
