package source

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-ews/exchange/examples/commands/internal/rosterfile"
)

// maxContacts is the largest number of contacts in a group of a list that Exchange allows.
const maxContacts = 1000

// Lists are the lists that the rules ask for, as a file has them; the line of a problem is that of the
// rule. A mailbox of a look-up that failed is not among them.
type Lists struct {
	rosterfile.File

	Notes []rosterfile.Problem // remarks that keep nothing from being done
}

// Read looks up what the rules ask for. The error is that of ctx: other failures are problems.
func Read(ctx context.Context, c *Config, d Directory) (*Lists, error) {
	r := &reader{
		config: c, directory: d, lists: &Lists{}, groups: map[string]lookup{},
		owners: map[string]*owner{}, reported: map[string]bool{},
	}
	for i := range c.Rules {
		r.rule(ctx, &c.Rules[i])
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	r.finish()
	return r.lists, nil
}

// finish collects the lists, in an order that does not depend on the directory.
func (r *reader) finish() {
	for _, key := range slices.Sorted(maps.Keys(r.owners)) {
		o := r.owners[key]
		if o.leftOut {
			continue
		}
		if reason := rosterfile.RosterProblems(&o.Roster); reason != "" {
			r.lists.Problems = append(r.lists.Problems, rosterfile.Problem{Line: o.line, Reason: o.Address + ": " + reason})
			continue
		}
		r.lists.Mailboxes = append(r.lists.Mailboxes, o.Mailbox)
	}
}

func (r *reader) problem(rule *Rule, format string, args ...any) {
	r.lists.Problems = append(r.lists.Problems, rosterfile.Problem{Line: rule.line, Reason: fmt.Sprintf(format, args...)})
}

// once reports a problem that several rules meet.
func (r *reader) once(rule *Rule, key, format string, args ...any) {
	if !r.reported[key] {
		r.reported[key] = true
		r.problem(rule, format, args...)
	}
}

type reader struct {
	config    *Config
	directory Directory
	lists     *Lists
	groups    map[string]lookup // by the name in the rules
	owners    map[string]*owner // by the address in lower case
	reported  map[string]bool   // of people whose fault is the same in every rule
}

type lookup struct {
	group *Group
	err   error
}

// owner is a mailbox with its list.
type owner struct {
	rosterfile.Mailbox

	person  *Person
	line    int // of the last rule
	leftOut bool
}

// rule adds the group of a rule to the lists of its owners.
func (r *reader) rule(ctx context.Context, rule *Rule) {
	group, err := r.lookUp(ctx, rule, rule.Group)
	owners := r.ownersOf(ctx, rule, group)
	if ctx.Err() != nil {
		return
	}
	var w *wanted
	if err == nil {
		w, err = r.contacts(rule, group)
	}
	if err != nil {
		r.leaveOut(rule, owners, err)
		return
	}
	for _, o := range owners {
		o.line = rule.line
		o.Incomplete = o.Incomplete || w.incomplete
		o.add(w, r.config.IncludeSelf)
	}
}

// lookUp returns a group, which is looked up once. Members that are missing without a reason make it a
// failure.
func (r *reader) lookUp(ctx context.Context, rule *Rule, name string) (*Group, error) {
	l, ok := r.groups[name]
	if !ok {
		l.group, l.err = r.directory.Group(ctx, name)
		r.groups[name] = l
	}
	if l.err != nil {
		return nil, l.err
	}
	if !ok {
		for _, cycle := range l.group.Cycles {
			reason := "groups contain each other: " + strings.Join(cycle, " > ")
			r.lists.Notes = append(r.lists.Notes, rosterfile.Problem{Line: rule.line, Reason: reason})
		}
	}
	if len(l.group.Empty) > 0 && !rule.AllowEmpty {
		return nil, fmt.Errorf(`the directory shows no member of %s; if it has none: "allowEmpty": true in this rule`,
			listed(l.group.Empty))
	}
	return l.group, nil
}

// ownersOf returns the mailboxes whose lists a rule is about. Where a look-up fails, it may be about any.
func (r *reader) ownersOf(ctx context.Context, rule *Rule, group *Group) (owners []*owner) {
	groups := []*Group{group}
	if len(rule.owners) > 0 {
		groups = groups[:0]
		for _, name := range rule.owners {
			g, err := r.lookUp(ctx, rule, name)
			if err != nil {
				r.problem(rule, "the look-up of group %s failed: %v", name, err)
			} else {
				r.unread(rule, g)
			}
			groups = append(groups, g)
		}
	}
	seen := map[*owner]bool{}
	for _, g := range groups {
		if g == nil {
			r.lists.KeepAll = true
			continue
		}
		for i := range g.Members {
			if o := r.owner(rule, &g.Members[i]); o != nil && !seen[o] {
				seen[o] = true
				owners = append(owners, o)
			}
		}
	}
	return owners
}

// unread reports the members of a group that cannot be read, and whether there are any.
func (r *reader) unread(rule *Rule, g *Group) bool {
	for _, m := range g.Unread {
		r.once(rule, "unread "+m, "%s: the directory names this member of %s and does not show it", m, g.Name)
	}
	return len(g.Unread) > 0
}

// owner returns the list of a person, nil if there is none.
func (r *reader) owner(rule *Rule, p *Person) *owner {
	if p.External {
		return nil
	}
	if err := rosterfile.CheckAddress(p.Mailbox); err != nil {
		if p.Mailbox != "" || !r.config.IgnoreWithoutAddress {
			r.once(rule, "mailbox "+p.ID, "%s has no list: %v", p.Label, err)
		}
		return nil
	}
	key := strings.ToLower(p.Mailbox)
	o, ok := r.owners[key]
	if !ok {
		o = &owner{Mailbox: rosterfile.Mailbox{Address: p.Mailbox}, person: p}
		r.owners[key] = o
	}
	if o.person.ID != p.ID {
		o.leftOut = true
		r.once(rule, "two "+key+p.ID, "%s: two people have this mailbox, %s and %s: its list is left as it is",
			p.Mailbox, o.person.Label, p.Label)
	}
	return o
}

// leaveOut reports a look-up that failed, and leaves out the lists that it is about.
func (r *reader) leaveOut(rule *Rule, owners []*owner, err error) {
	names := make([]string, len(owners))
	for i, o := range owners {
		o.leftOut = true
		names[i] = o.Address
	}
	which := "it may be about any list, so nothing is removed from any"
	if len(rule.owners)+len(owners) > 0 {
		which = fmt.Sprintf("lists that are left as they are: %d", len(names))
		if len(names) > 0 {
			which += ", of " + listed(names)
		}
	}
	r.problem(rule, "the look-up of group %s failed: %v; %s", rule.Group, err, which)
}

// listed joins names for a line of text.
func listed(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s, and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
