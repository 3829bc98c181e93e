package imsync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-ews/exchange/imgroup"
)

// Ownership is the record of earlier syncs of a mailbox: the groups that they made, and the
// memberships that they added. Keep it as JSON between runs, one for each mailbox. The zero value
// and nil own nothing. A sync changes no record but returns a new one, which later runs do not
// change.
type Ownership struct {
	mailbox string
	groups  map[string]*ownedGroup // by id

	// The additions that were about to be sent when the record was made; and the ids of the groups at that
	// time, with the memberships that could be taken for one of the additions.
	pending []Step
	found   map[string]bool
}

// ownedGroup is the owned part of a group.
type ownedGroup struct {
	name    string            // as the service gave it
	made    bool              // the group too, not only members
	members map[string]string // the ids of the contacts, by key; "" in a record of an earlier version
}

// NewOwnership returns the record of a mailbox to which nothing was given. The name is for the reader of
// records and backups; [Each] sets it by itself.
func NewOwnership(mailbox string) *Ownership { return &Ownership{mailbox: mailbox} }

// Mailbox returns the mailbox of [NewOwnership], or as [Each] names it.
func (o *Ownership) Mailbox() string {
	if o == nil {
		return ""
	}
	return o.mailbox
}

// Empty reports whether the record owns nothing, and no addition was about to be sent when it was made.
// The record of a mailbox that lost all additions again is empty.
func (o *Ownership) Empty() bool {
	if o == nil {
		return true
	}
	for _, g := range o.groups {
		if g.made || len(g.members) > 0 {
			return false
		}
	}
	return len(o.pending) == 0
}

// of returns the record as that of a mailbox.
func (o *Ownership) of(mailbox string) *Ownership {
	if o == nil {
		return NewOwnership(mailbox)
	}
	out := *o
	out.mailbox = mailbox
	return &out
}

const ownershipVersion = 1

// ownershipJSON is the form in which a record is kept.
type ownershipJSON struct {
	Version int              `json:"version"`
	Mailbox string           `json:"mailbox,omitempty"`
	Groups  []ownedGroupJSON `json:"groups"`
	Pending []Step           `json:"pending,omitempty"`
	Found   []string         `json:"found,omitempty"`
}

type ownedGroupJSON struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Made    bool     `json:"made,omitempty"`
	Members []string `json:"members,omitempty"`
	// IDs has the id of each member that has one.
	IDs map[string]string `json:"ids,omitempty"`
}

// MarshalJSON returns the record, the same bytes for the same content.
func (o *Ownership) MarshalJSON() ([]byte, error) {
	out := ownershipJSON{Version: ownershipVersion, Groups: []ownedGroupJSON{}}
	if o != nil {
		out.Mailbox, out.Pending, out.Found = o.mailbox, o.pending, slices.Sorted(maps.Keys(o.found))
		for _, id := range slices.Sorted(maps.Keys(o.groups)) {
			g := o.groups[id]
			ids := maps.Clone(g.members)
			maps.DeleteFunc(ids, func(_, id string) bool { return id == "" })
			out.Groups = append(out.Groups, ownedGroupJSON{id, g.name, g.made, slices.Sorted(maps.Keys(g.members)), ids})
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads a record. A record of a later version, or another document, is an error:
// taken for an empty one, everything in it would stay for ever.
func (o *Ownership) UnmarshalJSON(data []byte) error {
	var in ownershipJSON
	version, err := readDocument(data, ownershipVersion, &in)
	switch {
	case err != nil:
		return fmt.Errorf("imsync: ownership record: %w: is the file a record, and of this program?", err)
	case version != ownershipVersion:
		return fmt.Errorf("imsync: the ownership record has version %d, and this program reads version %d: "+
			"is the file a record, and of this program?", version, ownershipVersion)
	case in.Groups == nil:
		return errors.New("imsync: the ownership record has no list of groups: is the file a record?")
	}
	*o = Ownership{mailbox: in.Mailbox, groups: map[string]*ownedGroup{}, pending: in.Pending, found: setOf(in.Found)}
	for _, g := range in.Groups {
		if g.ID == "" || o.groups[g.ID] != nil {
			return fmt.Errorf("imsync: the ownership record has a group without an id, or one twice: %s", quote(g.Name))
		}
		members := make(map[string]string, len(g.Members))
		for _, key := range g.Members {
			members[key] = g.IDs[key]
		}
		o.groups[g.ID] = &ownedGroup{g.Name, g.Made, members}
	}
	return nil
}

func setOf(keys []string) map[string]bool {
	set := make(map[string]bool, len(keys))
	for _, key := range keys {
		set[key] = true
	}
	return set
}

// settle returns the owned part of the list: the entries of the record that the list still has, and
// the pending additions that it has now. The list lacked these when the record was made, so this
// service added them, or a person has added the very same since.
func (o *Ownership) settle(l *list) *Ownership {
	out := &Ownership{groups: map[string]*ownedGroup{}}
	if o == nil {
		return out
	}
	out.mailbox, out.groups = o.mailbox, o.left(l)
	for _, s := range o.pending {
		out.resolve(l, s, o.found)
	}
	return out
}

// left returns the entries of the record that the list still has. If a person removes one and adds
// it again later, it is the person's.
func (o *Ownership) left(l *list) map[string]*ownedGroup {
	groups := make(map[string]*ownedGroup, len(o.groups))
	for _, g := range l.groups {
		if was := o.groups[g.id.ID]; was != nil {
			groups[g.id.ID] = was.settle(g)
		}
	}
	return groups
}

// in returns the record without the entries that the list lacks.
func (o *Ownership) in(l *list) *Ownership {
	if o == nil {
		return nil
	}
	out := *o
	out.groups = o.left(l)
	return &out
}

// settle returns the owned part of a group of the list. A member is known by its id: its address
// may have changed since, and another contact may have the former one, or the same.
func (g *ownedGroup) settle(found *group) *ownedGroup {
	now := &ownedGroup{g.name, g.made, map[string]string{}}
	left := maps.Clone(g.members)
	byID := make(map[string]string, len(left)) // keys
	for key, id := range left {
		byID[id] = key
	}
	for _, m := range found.members {
		if key, ok := byID[m.id]; ok && m.id != "" {
			now.members[m.key] = m.id
			delete(left, key)
		}
	}
	for _, m := range found.members {
		if id, ok := left[m.key]; ok && id == "" {
			now.members[m.key] = m.id
			delete(left, m.key)
		}
	}
	for key, id := range left {
		if slices.Contains(found.undescribed, id) || id == "" && len(found.undescribed) > 0 {
			now.members[key] = id
		}
	}
	return now
}

// resolve owns the result of a step that was about to be done, if the list has it.
func (o *Ownership) resolve(l *list, s Step, found map[string]bool) {
	g := l.given(s, found)
	if g == nil {
		return
	}
	switch s.Kind {
	case AddGroup, AddDistributionGroup:
		owned := o.group(g)
		owned.made, owned.name = true, s.Group // as it was given, also if a person has renamed it since
	case RenameGroup:
		if owned := o.groups[g.id.ID]; owned != nil {
			owned.name = s.NewName
		}
	case AddContact, AddTelephone:
		m, ok := g.find(l.lookup(s.keys()...), s.keys())
		if ok && g.keys[m.key] == 1 && !found[membership(g, m)] { // of several, one is a person's
			o.group(g).members[m.key] = m.id
		}
	}
}

// shows reports whether the result of an addition or a renaming is in the list.
func (l *list) shows(s Step, found map[string]bool) bool {
	g := l.given(s, found)
	if g == nil || s.Kind != AddContact && s.Kind != AddTelephone {
		return g != nil
	}
	_, ok := g.find(l.lookup(s.keys()...), s.keys())
	return ok
}

// given returns the group of a pending step: the one of its id, else, or if that one is gone, a new
// one of its name. Only the group itself can have been renamed.
func (l *list) given(s Step, found map[string]bool) *group {
	known := l.byID(s.GroupID)
	switch {
	case s.Kind == RenameGroup && (known == nil || known.name != s.NewName):
		return nil
	case known != nil:
		return known
	}
	for _, g := range l.groups {
		switch {
		case g.id.ID == "", found[g.id.ID]:
		case s.Kind == AddDistributionGroup && g.kind == imgroup.DistributionGroup && sameAddress(g.address, s.Address),
			s.Kind != AddDistributionGroup && g.kind == imgroup.UserGroup && imgroup.NameKey(g.name) == imgroup.NameKey(s.Group):
			return g
		}
	}
	return nil
}

// group returns the entry of a group, a new one if there is none.
func (o *Ownership) group(g *group) *ownedGroup {
	owned := o.groups[g.id.ID]
	if owned == nil {
		owned = &ownedGroup{g.name, false, map[string]string{}}
		o.groups[g.id.ID] = owned
	}
	return owned
}

// has reports whether a member is owned, in a record that is settled. Another address of a contact
// does not count, nor another contact of the address: a person may have added that one.
func (g *ownedGroup) has(m member) bool {
	if g == nil {
		return false
	}
	id, ok := g.members[m.key]
	return ok && id == m.id
}

// noteFurther notes the members that have one of the keys as a further address. They were found, and not
// added under that key.
func (o *Ownership) noteFurther(g *group, keys []string) {
	if g == nil {
		return
	}
	for _, m := range g.members {
		if slices.ContainsFunc(m.further, func(key string) bool { return slices.Contains(keys, key) }) {
			o.found[membership(g, m)] = true
		}
	}
}

// membership returns the entry of a member in found.
func membership(g *group, m member) string { return g.id.ID + " " + m.id }

// covers reports whether the group was made by the service and has nothing but owned members.
func (o *Ownership) covers(g *group) bool {
	owned := o.groups[g.id.ID]
	return owned != nil && owned.made && len(g.undescribed) == 0 &&
		!slices.ContainsFunc(g.members, func(m member) bool { return !owned.has(m) })
}

// before returns the record to keep while the steps are applied to the list; owns reports whether
// the result of a step is owned.
func (o *Ownership) before(l *list, steps []Step, owns func(Step) bool) *Ownership {
	out := &Ownership{mailbox: o.mailbox, groups: o.groups, found: map[string]bool{}}
	for _, g := range l.groups {
		out.found[g.id.ID] = true
	}
	renamed, away := map[string]string{}, map[string]bool{} // ids by the new name, and ids
	for _, s := range steps {
		switch s.Kind {
		case RenameGroup:
			if g, _ := s.existing(l); g != nil {
				s.GroupID = g.id.ID
				renamed[s.NewName], away[g.id.ID] = g.id.ID, true
			}
		case AddContact, AddTelephone:
			s.GroupID = renamed[s.Group]
			if g := l.group(s.Group); g != nil && !away[g.id.ID] {
				s.GroupID = g.id.ID
			}
		}
		if !s.Kind.Removes() && owns(s) && !l.shows(s, away) { // if it is there already, a person made it
			out.pending = append(out.pending, s)
			out.noteFurther(l.byID(s.GroupID), s.keys())
		}
	}
	return out
}

// after returns the record without the removed memberships and groups, and with the sent steps pending.
func (o *Ownership) after(sent, done []Step) *Ownership {
	return &Ownership{mailbox: o.mailbox, groups: o.without(done), found: o.found, pending: sent}
}

// without returns the entries that are left after the steps. A removed membership that a person adds
// again is the person's.
func (o *Ownership) without(done []Step) map[string]*ownedGroup {
	groups := maps.Clone(o.groups)
	for _, s := range done {
		g := groups[s.GroupID]
		switch {
		case g == nil || !s.Kind.Removes():
		case s.Kind.removesMember():
			left := &ownedGroup{g.name, g.made, maps.Clone(g.members)}
			maps.DeleteFunc(left.members, func(key, _ string) bool { return slices.Contains(s.keys(), key) })
			groups[s.GroupID] = left
		default:
			delete(groups, s.GroupID)
		}
	}
	return groups
}

// saveGrace is how long Options.Save may take after the context has ended.
const saveGrace = 30 * time.Second

// save hands the record to the caller, also after the context has ended.
func (a *applier) save(ctx context.Context, o *Ownership) error {
	if a.options.Save == nil {
		return nil
	}
	saving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-saving.Done():
		case <-time.After(saveGrace):
			cancel()
		}
	})
	defer stop()
	if err := a.options.Save(saving, o); err != nil {
		return fmt.Errorf("imsync: keeping the ownership record: %w", err)
	}
	return nil
}
