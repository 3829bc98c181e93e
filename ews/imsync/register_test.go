package imsync_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// register is a list in memory with a service that owns its additions. Its contacts can have
// several addresses.
type register struct {
	*testing.T
	*memory
	owned *imsync.Ownership
}

func newRegister(t *testing.T) *register {
	t.Helper()
	return &register{T: t, memory: newMemory(64)}
}

func (r *register) sync(groups ...imsync.Group) imsync.Applied {
	r.Helper()
	return r.syncThrough(r.memory, groups...)
}

// syncThrough syncs through a client of the list.
func (r *register) syncThrough(client imsync.Client, groups ...imsync.Group) imsync.Applied {
	r.Helper()
	return r.run(client, &imsync.Options{}, groups)
}

// adopt is a sync that adopts.
func (r *register) adopt(groups ...imsync.Group) {
	r.Helper()
	r.run(r.memory, &imsync.Options{Adopt: true}, groups)
}

// syncKilled syncs through a client. The process is killed: the records that were kept after last
// reported true are lost.
func (r *register) syncKilled(client imsync.Client, last func() bool, groups ...imsync.Group) {
	r.Helper()
	var stored *imsync.Ownership
	r.run(client, &imsync.Options{Save: func(_ context.Context, o *imsync.Ownership) error {
		if !last() {
			stored = reread(r.T, o)
		}
		return nil
	}}, groups)
	r.owned = stored
}

func (r *register) run(client imsync.Client, opts *imsync.Options, groups []imsync.Group) imsync.Applied {
	r.Helper()
	opts.Remove, opts.Owned, opts.AllowEmpty, opts.MaxRemovals = imsync.RemoveOwned, r.owned, true, anyNumber
	applied, err := imsync.Sync(r.Context(), client, rosterOf(groups...), opts)
	if err != nil {
		r.Fatal(err)
	}
	r.owned = reread(r.T, applied.Owned)
	return applied
}

// restore restores a backup through a client of the list.
func (r *register) restore(client imsync.Client, b *imsync.Backup) {
	r.Helper()
	applied, err := imsync.Restore(r.Context(), client, b, &imsync.Options{Owned: r.owned})
	if err != nil {
		r.Fatal(err)
	}
	r.owned = reread(r.T, applied.Owned)
}

func (r *register) backup() *imsync.Backup {
	r.Helper()
	l, err := r.GetImItemList(r.Context(), imgroup.ListQuery{})
	if err != nil {
		r.Fatal(err)
	}
	return rereadBackup(r.T, imsync.NewBackup(l, r.owned))
}

// killed returns the record that was kept before the first write of a sync. The process is killed
// before it, or after all writes.
func (r *register) killed(written bool, groups ...imsync.Group) (stored *imsync.Ownership) {
	r.Helper()
	opts := &imsync.Options{Remove: imsync.RemoveOwned, Owned: r.owned, MaxRemovals: anyNumber}
	opts.Save = func(_ context.Context, o *imsync.Ownership) error {
		if stored == nil {
			stored = reread(r.T, o)
		}
		if !written {
			return errors.New("killed")
		}
		return nil
	}
	if _, err := imsync.Sync(r.Context(), r.memory, rosterOf(groups...), opts); (err == nil) != written {
		r.Fatal(err)
	}
	return stored
}

// add has a person make a group.
func (r *register) add(name string) *memoryGroup {
	r.Helper()
	if _, err := r.AddImGroup(r.Context(), name); err != nil {
		r.Fatal(err)
	}
	return r.named(name)
}

// remove has a person remove a group.
func (r *register) remove(name string) {
	r.Helper()
	if err := r.RemoveImGroup(r.Context(), imgroup.GroupID{ID: r.named(name).id}); err != nil {
		r.Error(err)
	}
}

// members returns the preferred addresses in a group, or "no group".
func (r *register) members(name string) []string {
	return r.each(name, func(c *memoryContact) string { return c.address })
}

func (r *register) each(name string, of func(*memoryContact) string) (all []string) {
	g := r.named(name)
	if g == nil {
		return []string{"no group"}
	}
	for _, c := range g.members {
		all = append(all, of(c))
	}
	return all
}

// want compares the preferred addresses in a group.
func (r *register) want(name string, want ...string) {
	r.Helper()
	if diff := cmp.Diff(want, r.members(name)); diff != "" {
		r.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// wantIDs compares the ids of the contacts in a group.
func (r *register) wantIDs(name string, want ...string) {
	r.Helper()
	got := r.each(name, func(c *memoryContact) string { return c.id })
	if diff := cmp.Diff(want, got); diff != "" {
		r.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// hooked is a client of a list whose writes go through on, which executes them or does not.
type hooked struct {
	*memory
	on func(op string, execute func() error) error
}

func (r *register) hooked(on func(op string, execute func() error) error) imsync.Client {
	return &hooked{r.memory, on}
}

// meanwhile returns a client of the list, which a person edits just before each write of an
// operation.
func (r *register) meanwhile(op string, edit func()) imsync.Client {
	return r.hooked(func(o string, execute func() error) error {
		if o == op {
			edit()
		}
		return execute()
	})
}

func (h *hooked) AddImGroup(ctx context.Context, name string) (g *imgroup.ImGroup, err error) {
	err = h.on("AddImGroup", func() (err error) { g, err = h.memory.AddImGroup(ctx, name); return err })
	return g, err
}

func (h *hooked) SetImGroup(ctx context.Context, id imgroup.GroupID, name string) error {
	return h.on("SetImGroup", func() error { return h.memory.SetImGroup(ctx, id, name) })
}

func (h *hooked) AddNewImContactToGroup(
	ctx context.Context, c imgroup.ContactSpec,
) (p *imgroup.Persona, err error) {
	err = h.on("AddNewImContactToGroup", func() (err error) { p, err = h.memory.AddNewImContactToGroup(ctx, c); return err })
	return p, err
}

func (h *hooked) RemoveImContactFromGroup(ctx context.Context, c imgroup.ContactID, g imgroup.GroupID) error {
	return h.on("RemoveImContactFromGroup", func() error { return h.memory.RemoveImContactFromGroup(ctx, c, g) })
}
