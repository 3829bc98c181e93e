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
// made, and then Save fail: the contact is not added, since a kill would leave it without an owner.
func TestSync_SaveFailsInAPlan(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	old := &memoryGroup{id: "P", name: "P", kind: imgroup.UserGroup}
	r.groups = append(r.groups, old)
	client := &renamedMeanwhile{r.memory, func() { old.name = "A" }}
	full := errors.New("the disk is full")
	saves := 0
	_, err := imsync.Sync(t.Context(), client, rosterOf(team("A", "a@contoso.com")), &imsync.Options{
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

// edited is a client of a list that a person edits after each renaming, and each new group. The response
// of the first new group is lost.
type edited struct {
	*memory
	renamed, made func(id string)
	lost          bool
}

func (e *edited) SetImGroup(ctx context.Context, id imgroup.GroupID, name string) error {
	err := e.memory.SetImGroup(ctx, id, name)
	if err == nil && e.renamed != nil {
		e.renamed(id.ID)
	}
	return err
}

func (e *edited) AddImGroup(ctx context.Context, name string) (*imgroup.ImGroup, error) {
	g, err := e.memory.AddImGroup(ctx, name)
	if err == nil && e.made != nil {
		e.made(g.ExchangeStoreID.ID)
	}
	if e.lost {
		e.lost = false
		return nil, ews.ErrOutcomeUnknown
	}
	return g, err
}

// remove has a person remove a group.
func (r *register) remove(name string) {
	r.Helper()
	if err := r.RemoveImGroup(r.Context(), imgroup.GroupID{ID: r.named(name).id}); err != nil {
		r.Error(err)
	}
}

// TestOwnership_MadeAfterARenaming has a person remove a group that the service has renamed, and make one
// of its new name: it is the person's.
func TestOwnership_MadeAfterARenaming(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.sync(team("A"))
	b := team("B")
	b.FormerName = "A"
	client := &edited{memory: r.memory, renamed: func(string) {
		r.remove("B")
		if _, err := r.AddImGroup(t.Context(), "B"); err != nil {
			t.Error(err)
		}
	}}
	applied, err := imsync.Sync(t.Context(), client, rosterOf(b), &imsync.Options{Remove: imsync.RemoveOwned, Owned: r.owned})
	if err != nil {
		t.Fatal(err)
	}
	r.owned = reread(t, applied.Owned)
	r.sync()
	r.want("B")
}

// TestOwnership_MadeInPlaceOf applies plans whose groups a person removes: they are made although the
// plan has no addition for them, and the process is killed. They are owned.
func TestOwnership_MadeInPlaceOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		list   string // a group of the person's
		steps  string
		before string // is removed before the plan is applied
		after  string // and after the first addition
		lost   bool
	}{
		"one to be renamed": {"A", `{"kind":"rename_group","group":"A","newName":"B"}`, "A", "", false},
		"one that was there": {
			"B", `{"kind":"add_group","group":"A"},{"kind":"add_group","group":"B"}`, "", "B", true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRegister(t)
			if _, err := r.AddImGroup(t.Context(), test.list); err != nil {
				t.Fatal(err)
			}
			var plan imsync.Plan
			if err := plan.UnmarshalJSON([]byte(steps(test.steps))); err != nil {
				t.Fatal(err)
			}
			if test.before != "" {
				r.remove(test.before)
			}
			after := func(string) {
				if test.after != "" {
					r.remove(test.after)
					test.after = ""
				}
			}
			err := imsync.Apply(t.Context(), &edited{memory: r.memory, made: after, lost: test.lost}, plan, &imsync.Options{
				Save: func(_ context.Context, o *imsync.Ownership) error {
					if r.named("B") == nil || test.after != "" { // later records are lost with the process
						r.owned = reread(t, o)
					}
					return nil
				},
			})
			if err != nil || r.named("B") == nil {
				t.Fatalf("%v; want a new group B", err)
			}
			r.sync()
			r.want("B", "no group")
		})
	}
}

// TestRestore_RenamesAnAdoptedGroup restores the former name of a group that was a person's in the
// backup, and is owned now. A person renames it: it is known by the restored name.
func TestRestore_RenamesAnAdoptedGroup(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	a := &memoryGroup{id: "A", name: "A", kind: imgroup.UserGroup}
	r.groups = append(r.groups, a)
	b := r.backup()
	a.name = "B"
	applied, err := imsync.Sync(t.Context(), r.memory, rosterOf(team("B")), &imsync.Options{Remove: imsync.RemoveOwned, Adopt: true})
	if err != nil {
		t.Fatal(err)
	}
	r.owned = reread(t, applied.Owned)
	r.restore(r.memory, b)
	a.name = "P"
	r.sync(team("A"), team("B"))
	if r.named("A") != a || r.named("P") != nil {
		t.Errorf("A: %v, P: %v; want the group under its restored name", r.members("A"), r.members("P"))
	}
}
