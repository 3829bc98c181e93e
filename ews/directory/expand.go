package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-ews/exchange/ews"
)

// MaxGroups is how many groups Expand expands, one request each.
const MaxGroups = 1000

// ErrTooManyGroups is the error of an expansion that meets more than [MaxGroups] groups.
var ErrTooManyGroups = errors.New("more nested groups than are expanded")

// Expansion is the content of a group, nested groups included.
type Expansion struct {
	// Members are the recipients that are no groups, each once, in the order in which they were
	// found. Type distinguishes contacts and mail users from mailboxes.
	Members []Mailbox

	// Groups are the groups, each once; the first is the requested one.
	Groups []Group

	// Cycles are the ways from a group back to itself, by address: a group that is a member of a
	// member. Each ends where it began. The people in them are among the members nevertheless.
	Cycles [][]string
}

// Group is a group of an [Expansion].
type Group struct {
	Mailbox

	Parent  string // the address of the group in which it was found first; "" for the first group
	Members int    // how many members Exchange returned, groups included
	State   GroupState
}

// GroupState is how the expansion of a group went.
type GroupState string

// The states of a group.
const (
	Expanded GroupState = "expanded"
	// Empty: Exchange returned no member, as it also does for a dynamic group and for a group whose
	// members are hidden.
	Empty GroupState = "empty"
	// NotFound: Exchange does not find the group that it returned as a member, as when the group is
	// hidden from the address lists.
	NotFound GroupState = "not found"
	// Partial: Exchange said that there are more members than it returned.
	Partial GroupState = "partial"
)

// Complete reports whether every group was expanded and has members. If not, there may be members
// that Exchange does not show, and a person who is not in Members may still be one.
func (e *Expansion) Complete() bool {
	for _, g := range e.Groups {
		if g.State != Expanded {
			return false
		}
	}
	return len(e.Groups) > 0
}

// Expand returns the members of a distribution group and of the groups in it. The address is an
// SMTP address, an alias or a display name. Each group costs one request: a group that contains
// itself is expanded once; the first group, if it was requested by another name than its address,
// twice.
//
// It returns the error [ErrorNameResolutionNoResults] if there is no such group, or it is hidden
// from the address lists, [ErrTooManyGroups], and the errors of [ews.Client.Call]. With an error
// there is no expansion: in half of one, people would seem to have left.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/expanddl-operation
func Expand(ctx context.Context, client *ews.Client, address string) (*Expansion, error) {
	if strings.TrimSpace(address) == "" {
		return nil, &ews.InputError{Op: "ExpandDL", Field: "address", Reason: "empty"}
	}
	x := expander{ctx: ctx, client: client, groups: map[string]bool{}, members: map[string]bool{}}
	if err := x.expand(Mailbox{EmailAddress: address, Type: PublicDL}, nil); err != nil {
		return nil, err
	}
	return &x.expansion, nil
}

// expander is an expansion in progress: a walk in depth through the groups.
type expander struct {
	ctx       context.Context //nolint:containedctx // lives as long as the call
	client    *ews.Client
	groups    map[string]bool // by key
	members   map[string]bool
	expansion Expansion
}

// expand expands a group that was not seen yet; path leads to it.
func (x *expander) expand(m Mailbox, path []Mailbox) error {
	if len(x.groups) >= MaxGroups {
		return fmt.Errorf("directory: %s: %w: %d", path[0].label(), ErrTooManyGroups, MaxGroups)
	}
	x.groups[m.key()] = true
	at := len(x.expansion.Groups)
	x.expansion.Groups = append(x.expansion.Groups, Group{Mailbox: m, State: NotFound})
	if len(path) > 0 {
		x.expansion.Groups[at].Parent = path[len(path)-1].label()
	}
	found, partial, err := expandDL(x.ctx, x.client, m)
	if err != nil {
		if len(path) > 0 && errors.Is(err, ErrorNameResolutionNoResults) {
			return nil // reported as the state of the group
		}
		return x.within(err, m, path)
	}
	x.expansion.Groups[at].Members = len(found)
	x.expansion.Groups[at].State = stateOf(len(found), partial)
	path = append(slices.Clip(path), m)
	for _, member := range found {
		if err := x.take(member, path); err != nil {
			return err
		}
	}
	return nil
}

func stateOf(members int, partial bool) GroupState {
	switch {
	case partial:
		return Partial
	case members == 0:
		return Empty
	}
	return Expanded
}

// take notes a member of the last group of path.
func (x *expander) take(m Mailbox, path []Mailbox) error {
	key := m.key()
	switch {
	case !m.IsGroup():
		if !x.members[key] {
			x.members[key] = true
			x.expansion.Members = append(x.expansion.Members, m)
		}
	case !x.groups[key]:
		return x.expand(m, path)
	default:
		x.noteCycle(key, path)
	}
	return nil
}

// noteCycle notes the way from a group on path back to itself. A group that is not on it has two
// parents, which is no cycle.
func (x *expander) noteCycle(key string, path []Mailbox) {
	for i, m := range path {
		if m.key() != key {
			continue
		}
		var cycle []string
		for _, m := range path[i:] {
			cycle = append(cycle, m.label())
		}
		x.expansion.Cycles = append(x.expansion.Cycles, append(cycle, m.label()))
		return
	}
}

// within adds the way to a nested group to an error.
func (x *expander) within(err error, m Mailbox, path []Mailbox) error {
	if len(path) == 0 {
		return err
	}
	return fmt.Errorf("group %s in %s: %w", m.label(), path[len(path)-1].label(), err)
}
