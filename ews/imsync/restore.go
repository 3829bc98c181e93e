package imsync

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/go-ews/exchange/imgroup"
)

// Restore puts back the groups, names and memberships that the list has lost since the backup. It
// removes nothing and adds nothing twice, so it can be repeated. Writes, read-back and limits are
// those of [Sync]. With DryRun it only makes the plan.
//
// A group is known by its id: if it was renamed, its name is restored, unless another group has
// that name and keeps it. A group that is gone is created with its contacts. The service owns the
// same part of it as when the backup was made, which a sync with the same roster would remove
// again; the rest belongs to the person, as before. Pass the record in Options.Owned and keep the
// one of Applied, as for Sync. If one group of the backup is gone and a person has renamed another
// to its name, the memberships that both had have no owner, in favour of the person.
//
// A nil error means that the list has everything in the backup but the exceptions in the notes of
// the plan: the SIP URI of a telephone that has left the list is not known, a name may belong to a
// group of another kind by now. Of opts Remove, Adopt and Backup have no effect. A nil backup has
// nothing.
func Restore(ctx context.Context, client Client, backup *Backup, opts *Options) (Applied, error) {
	o := opts.withDefaults()
	o.Remove, o.Adopt, o.Backup = RemoveNothing, false, nil
	return syncList(ctx, client, backup.desired, &o)
}

// desired returns the roster that puts back the backup into a list.
func (b *Backup) desired(l *list) desired {
	r := restorer{list: l, backup: b.all(), groups: map[string]int{}, desired: desired{restored: true, theirs: map[gift]bool{}}}
	for _, g := range r.backup {
		if g.Type == imgroup.DistributionGroup {
			continue
		}
		if name, former, ok := r.place(g); ok {
			r.putBack(g, name, former)
		}
	}
	for _, g := range r.backup {
		if g.Type == imgroup.DistributionGroup {
			r.putBackDistribution(g)
		}
	}
	return r.desired
}

// restorer makes the desired state from a backup.
type restorer struct {
	desired

	list   *list
	backup []backupGroup
	groups map[string]int // indexes into roster.Groups, by the folded name
}

func (r *restorer) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// place returns the name of the group that takes the members of a group of the backup, and its present
// name if it is to be renamed.
func (r *restorer) place(g backupGroup) (name, former string, ok bool) {
	now, named := r.list.byID(g.ID), r.list.group(g.Name)
	if g.Type.BuiltIn() {
		now = r.list.ofKind(g.Type)
	}
	switch {
	case strings.TrimSpace(g.Name) == "":
		r.note("a group without a name is not put back")
		return "", "", false
	case g.Type.BuiltIn() && now == nil:
		r.note("the list has no group %s yet, which only the server makes: its %d contacts are not put back",
			quote(g.Name), len(g.Contacts)+len(g.Telephones))
		return "", "", false
	case now != nil && (g.Type.BuiltIn() || imgroup.NameKey(now.name) == imgroup.NameKey(g.Name)):
		return now.name, "", true
	case now != nil && !r.isFree(g.Name, now):
		r.note("group %s keeps its present name %s, since another group has the former one",
			quote(g.Name), quote(now.name))
		return now.name, "", true
	case now != nil:
		return g.Name, now.name, true
	case named != nil && named.kind != imgroup.UserGroup:
		r.note("group %s with its %d contacts is not put back: a group of another kind has the name by now",
			quote(g.Name), len(g.Contacts)+len(g.Telephones))
		return "", "", false
	}
	return g.Name, "", true
}

// isFree reports whether no group has the name, or the group that has it is renamed too, to a name
// that is free in the same way. Two groups cannot swap their names.
func (r *restorer) isFree(name string, wants *group) bool {
	for range r.list.groups {
		in := r.list.group(name)
		if in == nil {
			return true
		}
		i := slices.IndexFunc(r.backup, func(g backupGroup) bool { return g.ID == in.id.ID && g.Type == imgroup.UserGroup })
		if i < 0 || in == wants || imgroup.NameKey(r.backup[i].Name) == imgroup.NameKey(name) ||
			strings.TrimSpace(r.backup[i].Name) == "" || len(r.list.named(name)) > 1 {
			return false
		}
		name = r.backup[i].Name
	}
	return false
}

// putBack adds the members of a group to the desired state. Several groups of the backup may come
// together under one name.
func (r *restorer) putBack(g backupGroup, name, former string) {
	key := imgroup.NameKey(name)
	i, ok := r.groups[key]
	if !ok {
		i = len(r.roster.Groups)
		r.groups[key] = i
		r.roster.Groups = append(r.roster.Groups, Group{Name: name, FormerName: former})
	}
	to := &r.roster.Groups[i]
	r.keepOwner(gift{key, ""}, g.Made)
	for _, c := range g.Contacts {
		to.Contacts = append(to.Contacts, c.Contact)
		r.keepOwner(gift{key, c.key()}, c.Owned)
	}
	for _, t := range g.Telephones {
		if r.list.lookup(t.keys()...) == nil && t.SIPURI == "" {
			r.note("telephone %s is not put back into group %s: it has left the list, and to create it takes "+
				"its SIP URI, which Exchange does not return: add it by hand", plain(t.Number), quote(g.Name))
			continue
		}
		to.Telephones = append(to.Telephones, t.Telephone)
		r.keepOwner(gift{key, t.keys()[0]}, t.Owned)
	}
	if now := r.list.byID(g.ID); g.Undescribed > 0 && (now == nil || len(now.undescribed) < g.Undescribed) {
		r.note("group %s had %d members that the list did not describe: they are not put back",
			quote(g.Name), g.Undescribed)
	}
}

// putBackDistribution adds a distribution group to the desired state.
func (r *restorer) putBackDistribution(g backupGroup) {
	key := imgroup.NameKey(g.Name)
	if r.list.distribution(g.Address) != nil {
		return
	}
	_, taken := r.groups[key]
	same := func(w DistributionGroup) bool { return sameAddress(w.Address, g.Address) }
	if taken || r.list.group(g.Name) != nil || strings.TrimSpace(g.Name) == "" || contactKey(g.Address) == "" ||
		slices.ContainsFunc(r.roster.DistributionGroups, same) {
		r.note("distribution group %s (%s) is not put back: another group has the name or the address, or it "+
			"has no name or address", quote(g.Name), plain(g.Address))
		return
	}
	r.groups[key] = -1
	r.roster.DistributionGroups = append(r.roster.DistributionGroups,
		DistributionGroup{Address: g.Address, DisplayName: g.Name})
	r.keepOwner(gift{key, ""}, g.Made)
}

// gift is an addition to a mailbox: a group, or with a key a membership.
type gift struct{ group, key string }

// keepOwner notes that an addition is the person's. If several groups of the backup come together, it is
// owned only if it was owned in all of them.
func (r *restorer) keepOwner(of gift, owned bool) {
	if !owned {
		r.theirs[of] = true
	}
}

// owns reports whether the result of the step is owned, if its group is. The groups and contacts of
// a person are not, although this service puts them back, under any address that the list has for
// the contact.
func (a *applier) owns(s Step) bool {
	group, keys := imgroup.NameKey(s.Group), s.keys()
	if len(keys) == 0 {
		return s.Kind == RenameGroup || !a.theirs[gift{group, ""}]
	}
	if c := a.list.lookup(keys...); c != nil {
		keys = slices.Concat(keys, []string{c.key}, c.further)
	}
	return !slices.ContainsFunc(keys, func(key string) bool { return a.theirs[gift{group, key}] })
}
