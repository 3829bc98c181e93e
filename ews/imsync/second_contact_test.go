package imsync_test

import (
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// TestOwnership_SecondContact has a person add another contact of an owned address, which the list
// has first. Only the owned one is removed, also if the outcome of that is unknown.
func TestOwnership_SecondContact(t *testing.T) {
	t.Parallel()
	for name, unknown := range map[string]bool{"the removal succeeds": false, "its outcome is unknown": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRegister(t)
			r.sync(team("A", "a@contoso.com", "b@contoso.com"))
			a := r.named("A")
			second := &memoryContact{id: "second", address: "a@contoso.com"}
			a.members = append([]*memoryContact{second}, a.members...)
			applied := r.syncThrough(r.hooked(func(op string, execute func() error) error {
				if err := execute(); err != nil || !unknown || op != "RemoveImContactFromGroup" {
					return err
				}
				return ews.ErrOutcomeUnknown
			}), team("A"))
			if len(applied.Done) != 2 {
				t.Errorf("%v; want two removals", applied.Done)
			}
			r.sync()
			r.wantIDs("A", "second")
		})
	}
}

// TestOwnership_ContactInPlaceOfTheOwnedOne has a person replace an owned contact by another one of
// its address, between two runs, and after a kill: it is the person's.
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

// TestOwnership_SecondContactAndAdopt adopts a list in which a person has added another contact of
// an owned address: the owned one stays owned.
func TestOwnership_SecondContactAndAdopt(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.sync(team("A", "a@contoso.com"))
	a := r.named("A")
	a.members = append(a.members, &memoryContact{id: "second", address: "a@contoso.com"})
	r.adopt(team("A", "a@contoso.com"))
	r.sync(team("A"))
	r.wantIDs("A", "second")
}

// TestSync_RemovesAllContactsOfAnAddress is RemoveAll, which makes no difference between contacts
// of an address.
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

// TestOwnership_SecondContactAfterAKill has a person add another contact of an address that the
// service added before it was killed: neither is owned.
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
