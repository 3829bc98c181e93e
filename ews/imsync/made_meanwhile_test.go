package imsync_test

import (
	"context"
	"errors"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

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

// TestOwnership_NamedWhileAnotherIsLost has a person make a group, and give it a planned name when that
// addition is lost. The service has seen the group under its other name: it is the person's.
func TestOwnership_NamedWhileAnotherIsLost(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	p := &memoryGroup{id: "P", name: "P", kind: imgroup.UserGroup}
	client := &lostAdditions{r.memory, []func(){
		func() { r.groups = append(r.groups, p) }, // instead of A, which is sent again
		nil,
		func() { p.name = "B" }, // instead of B
	}}
	applied, err := imsync.Sync(t.Context(), client, rosterOf(team("A"), team("B")), &imsync.Options{Remove: imsync.RemoveOwned})
	if err != nil || len(client.edits) > 0 {
		t.Fatalf("%v, %d edits left", err, len(client.edits))
	}
	r.owned = reread(t, applied.Owned)
	r.sync()
	r.want("A", "no group")
	r.want("B")
}

// lostAdditions is a client of a list that loses new groups: for each one that has an edit, a person makes
// that instead.
type lostAdditions struct {
	*memory
	edits []func()
}

func (l *lostAdditions) AddImGroup(ctx context.Context, name string) (*imgroup.ImGroup, error) {
	if len(l.edits) == 0 {
		return l.memory.AddImGroup(ctx, name)
	}
	edit := l.edits[0]
	l.edits = l.edits[1:]
	if edit == nil {
		return l.memory.AddImGroup(ctx, name)
	}
	edit()
	return nil, ews.ErrOutcomeUnknown
}

// TestOwnership_AddedToANewGroupOfAnotherName has a person give a new group the name of one that is gone,
// and another name after the planned contact was added to it. The process is killed, and the contact is
// owned.
func TestOwnership_AddedToANewGroupOfAnotherName(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	if _, err := r.AddImGroup(t.Context(), "A"); err != nil {
		t.Fatal(err)
	}
	client := &edited{memory: r.memory}
	client.made = func(string) {
		r.remove("A")
		r.named("B").name, client.made = "A", nil
	}
	_, err := imsync.Sync(t.Context(), client, rosterOf(team("A", "a@contoso.com"), team("B")), &imsync.Options{
		Remove: imsync.RemoveOwned, MaxRemovals: anyNumber,
		Save: func(_ context.Context, o *imsync.Ownership) error {
			if g := r.named("A"); g == nil || len(g.members) == 0 { // later records are lost with the process
				r.owned = reread(t, o)
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.want("A", "a@contoso.com")
	r.named("A").name = "P"
	r.sync()
	r.want("P", "no group")
}

// TestOwnership_PlannedGroupMadeAgain keeps a record for a plan, one of whose groups a person has made by
// then. The process is killed, and the person makes the group anew: it is the person's.
func TestOwnership_PlannedGroupMadeAgain(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	makeB := func() {
		if _, err := r.AddImGroup(t.Context(), "B"); err != nil {
			t.Fatal(err)
		}
	}
	makeB()
	var plan imsync.Plan
	if err := plan.UnmarshalJSON([]byte(steps(`{"kind":"add_group","group":"A"},{"kind":"add_group","group":"B"}`))); err != nil {
		t.Fatal(err)
	}
	killed := errors.New("killed")
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
	makeB()
	r.sync()
	r.want("B")
}

// TestOwnership_AddedToASecondGroupOfTheName loses the addition of a contact, which a person then makes
// while the groups' names pass on: the contact goes to the group that has the name now. After a kill it is
// owned there.
func TestOwnership_AddedToASecondGroupOfTheName(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	old := &memoryGroup{id: "P", name: "P", kind: imgroup.UserGroup}
	r.groups = append(r.groups, old)
	client := &editedMeanwhile{r.memory, func() {
		a := r.named("A")
		a.members = append(a.members, &memoryContact{id: "own", address: "a@contoso.com"})
		a.name, old.name = "Q", "A"
	}}
	_, err := imsync.Sync(t.Context(), client, rosterOf(team("A", "a@contoso.com")), &imsync.Options{
		Remove: imsync.RemoveOwned, MaxRemovals: anyNumber,
		Save: func(_ context.Context, o *imsync.Ownership) error {
			if len(old.members) == 0 { // later records are lost with the process
				r.owned = reread(t, o)
			}
			return nil
		},
	})
	if err != nil || len(old.members) != 1 {
		t.Fatalf("%v, %d members; want the contact in the group of the name", err, len(old.members))
	}
	r.sync()
	r.want("A")
}
