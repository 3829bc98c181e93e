package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// walk is a look-up in progress: through a group and those in it, in depth, each once.
type walk struct {
	*LDAP

	ctx   context.Context //nolint:containedctx // lives as long as the call
	seen  map[string]bool // keys of people and groups
	count int             // of groups
	path  []*entry        // from the first group to the one that is expanded
	group *Group
}

// expand adds the members of a group that was not seen yet.
func (w *walk) expand(e *entry) error {
	if w.count++; w.count > maxGroups {
		return fmt.Errorf("there are more than %d groups in it", maxGroups)
	}
	w.seen[e.key] = true
	switch {
	case e.is(dynamicGroup):
		return fmt.Errorf("%s is a dynamic group: LDAP does not show its members", e.DN)
	case len(w.seen) > maxMembers:
		return fmt.Errorf("more than %d members", maxMembers)
	case e.isTrue(hiddenMembers):
		return fmt.Errorf("the members of %s are hidden (hideDLMembership)", e.DN)
	}
	if err := w.readMembers(w.ctx, e); err != nil {
		return fmt.Errorf("%s: %w", e.DN, err)
	}
	if len(e.members) == 0 {
		w.group.Empty = append(w.group.Empty, e.DN)
	}
	w.path = append(w.path, e)
	for _, dn := range e.members {
		if err := w.take(dn); err != nil {
			return err
		}
	}
	w.path = w.path[:len(w.path)-1]
	return nil
}

// take adds a member.
func (w *walk) take(dn string) error {
	e, err := w.entry(w.ctx, dn)
	switch {
	case err != nil:
		return fmt.Errorf("member %s: %w", dn, err)
	case e == nil && !w.seen[dnKey(dn)]:
		w.seen[dnKey(dn)] = true
		w.group.Unread = append(w.group.Unread, dn)
	case e == nil:
	case !e.isGroup():
		if !w.seen[e.key] && (w.config.IncludeDisabled || !e.isDisabled()) {
			w.group.Members = append(w.group.Members, w.person(e))
		}
		w.seen[e.key] = true
	case !w.seen[e.key]:
		return w.expand(e)
	default:
		w.noteCycle(e)
	}
	return nil
}

// noteCycle notes the way from a group on the path back to itself. A group that is not on it has two
// parents, which is no cycle.
func (w *walk) noteCycle(e *entry) {
	i := slices.Index(w.path, e)
	if i < 0 || len(w.group.Cycles) == maxCycles {
		return
	}
	var cycle []string
	for _, g := range w.path[i:] {
		cycle = append(cycle, g.DN)
	}
	w.group.Cycles = append(w.group.Cycles, append(cycle, e.DN))
}

// readMembers reads the DNs of the members of a group, and the entries of most members at once. The
// attribute member decides who is one: the pages of entries may lack some, which are read one by one.
func (l *LDAP) readMembers(ctx context.Context, e *entry) error {
	if e.read {
		return nil
	}
	members, err := l.membersOf(ctx, e)
	if err != nil {
		return err
	}
	if err := l.readEntries(ctx, e.DN, members); err != nil {
		return err
	}
	e.members, e.read = members, true
	return nil
}

// membersOf returns the DNs of the members of a group, which the server may return in several ranges.
func (l *LDAP) membersOf(ctx context.Context, e *entry) ([]string, error) {
	members, next, err := rangeOf(e.Entry, 0)
	for err == nil && next > 0 {
		if len(members) > maxMembers {
			return nil, fmt.Errorf("more than %d members", maxMembers)
		}
		part, readErr := l.connection.read(ctx, e.DN, []string{fmt.Sprintf("member;range=%d-*", next)})
		switch {
		case readErr != nil:
			return nil, readErr
		case part == nil:
			return nil, errors.New("the group is gone in the middle of its members")
		}
		var more []string
		more, next, err = rangeOf(part, next)
		members = append(members, more...)
	}
	return members, err
}

// readEntries reads the members of a group in one search, unless few of them are unknown.
func (l *LDAP) readEntries(ctx context.Context, group string, members []string) error {
	unknown := 0
	for _, dn := range members {
		if _, ok := l.entries[dnKey(dn)]; !ok {
			unknown++
		}
	}
	if unknown <= fewMembers {
		return nil
	}
	found, err := l.connection.pages(ctx, l.config.BaseDN, "(memberOf="+ldap.EscapeFilter(group)+")", l.attributes())
	for _, m := range found {
		l.keep(m)
	}
	return err
}

// rangeOf returns the members in an entry, from number begin on, and the number of the first one that is
// missing, 0 if none is.
func rangeOf(e *ldap.Entry, begin int) (members []string, next int, err error) {
	for _, a := range e.Attributes {
		name, option, _ := strings.Cut(a.Name, ";")
		if !strings.EqualFold(name, "member") {
			continue
		}
		bounds, isRange := strings.CutPrefix(strings.ToLower(option), "range=")
		first, last, _ := strings.Cut(bounds, "-")
		switch end, err := strconv.Atoi(last); {
		case !isRange && begin == 0:
			members = append(members, a.Values...) // empty next to a range
		case !isRange || first != strconv.Itoa(begin):
			return nil, 0, fmt.Errorf("the server returned %s for the members from number %d on", a.Name, begin)
		case last == "*":
			return a.Values, 0, nil
		case err != nil || len(a.Values) == 0 || end != begin+len(a.Values)-1:
			return nil, 0, fmt.Errorf("the server returned %d members as %s", len(a.Values), a.Name)
		default:
			return a.Values, end + 1, nil
		}
	}
	if begin > 0 {
		return nil, 0, fmt.Errorf("the server did not return the members from number %d on", begin)
	}
	return members, 0, nil
}
