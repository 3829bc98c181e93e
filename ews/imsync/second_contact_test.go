package imsync_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// ids returns the ids of a group's members, or "no group".
func (r *register) ids(name string) (ids []string) {
	g := r.named(name)
	if g == nil {
		return []string{"no group"}
	}
	for _, c := range g.members {
		ids = append(ids, c.id)
	}
	return ids
}

// TestOwnership_SecondContact has a person add another contact of an owned address, which the list has
// first. Only the owned one is removed, also if the response of that is lost.
func TestOwnership_SecondContact(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"removed": false, "the response is lost": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRegister(t)
			r.sync(team("A", "a@contoso.com", "b@contoso.com"))
			a := r.named("A")
			second := &memoryContact{id: "second", address: "a@contoso.com"}
			a.members = append([]*memoryContact{second}, a.members...)
			applied, err := imsync.Sync(t.Context(), &losing{r.memory, lost}, rosterOf(team("A")), &imsync.Options{
				Remove: imsync.RemoveOwned, Owned: r.owned, MaxRemovals: anyNumber,
			})
			if err != nil || len(applied.Done) != 2 {
				t.Errorf("%v, %v; want two removals", applied.Done, err)
			}
			r.owned = reread(t, applied.Owned)
			r.sync()
			if diff := cmp.Diff([]string{"second"}, r.ids("A")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// losing is a client of a list that may lose the responses of removals.
type losing struct {
	*memory
	lost bool
}

func (l *losing) RemoveImContactFromGroup(ctx context.Context, c imgroup.ContactID, g imgroup.GroupID) error {
	err := l.memory.RemoveImContactFromGroup(ctx, c, g)
	if l.lost && err == nil {
		return ews.ErrOutcomeUnknown
	}
	return err
}

// TestOwnership_ContactInPlaceOfTheOwnedOne has a person replace an owned contact by another one of its
// address, between two runs, and after a kill: it is the person's.
func TestOwnership_ContactInPlaceOfTheOwnedOne(t *testing.T) {
	t.Parallel()
	for name, killed := range map[string]bool{"between two runs": false, "after a kill": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRegister(t)
			r.sync(team("A", "a@contoso.com"))
			if killed {
				r.owned = r.killed(true, team("A"))
			}
			r.named("A").members = []*memoryContact{{id: "second", address: "a@contoso.com"}}
			r.sync(team("A"))
			r.want("A", "a@contoso.com")
		})
	}
}

// TestOwnership_SecondContactAndAdopt adopts a list in which a person has added another contact of an
// owned address: the owned one stays owned.
func TestOwnership_SecondContactAndAdopt(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.sync(team("A", "a@contoso.com"))
	a := r.named("A")
	a.members = append(a.members, &memoryContact{id: "second", address: "a@contoso.com"})
	applied, err := imsync.Sync(t.Context(), r.memory, rosterOf(team("A", "a@contoso.com")), &imsync.Options{
		Remove: imsync.RemoveOwned, Owned: r.owned, Adopt: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.owned = reread(t, applied.Owned)
	r.sync(team("A"))
	if diff := cmp.Diff([]string{"second"}, r.ids("A")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSync_RemovesAllContactsOfAnAddress is RemoveAll, which makes no difference between contacts of an
// address.
func TestSync_RemovesAllContactsOfAnAddress(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.groups = append(r.groups, &memoryGroup{id: "A", name: "A", kind: imgroup.UserGroup, members: []*memoryContact{
		{id: "first", address: "a@contoso.com"}, {id: "second", address: "a@contoso.com"},
	}})
	_, err := imsync.Sync(t.Context(), r.memory, rosterOf(team("A")), &imsync.Options{
		Remove: imsync.RemoveAll, MaxRemovals: anyNumber,
	})
	if err != nil {
		t.Error(err)
	}
	r.want("A")
}

// TestOwnership_SecondContactAfterAKill has a person add another contact of an address that the service
// added before it was killed: neither is owned.
func TestOwnership_SecondContactAfterAKill(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.owned = r.killed(true, team("A", "a@contoso.com"))
	a := r.named("A")
	a.members = append([]*memoryContact{{id: "second", address: "a@contoso.com"}}, a.members...)
	r.sync(team("A", "a@contoso.com"))
	r.sync()
	r.want("A", "a@contoso.com", "a@contoso.com")
}
