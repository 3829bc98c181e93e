package imsync

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Plan is what has to be done to put a list in step with a roster. It holds names and addresses, no
// ids, so it can be shown, kept and applied later.
type Plan struct {
	// Steps are in the order in which they are safe: additions come first, so that a contact that
	// moves is never in no group. Where the list has no room for them, or a name is taken, what nobody
	// wants any more goes before.
	Steps []Step `json:"steps"`

	// Notes say in words what was found and is left alone.
	Notes []string `json:"notes,omitempty"`
}

// Empty reports whether there is nothing to do.
func (p Plan) Empty() bool { return len(p.Steps) == 0 }

// Kind says what a [Step] does.
type Kind string

// The kinds of steps.
const (
	AddGroup                Kind = "add group"
	RenameGroup             Kind = "rename group"
	RemoveGroup             Kind = "remove group"
	AddContact              Kind = "add contact" // to Group, and to the list if it is not there yet
	RemoveContact           Kind = "remove contact"
	AddTelephone            Kind = "add telephone"
	RemoveTelephone         Kind = "remove telephone"
	AddDistributionGroup    Kind = "add distribution group"
	RemoveDistributionGroup Kind = "remove distribution group"
)

// Removes reports whether a step of this kind takes something away.
func (k Kind) Removes() bool {
	switch k {
	case RemoveGroup, RemoveContact, RemoveTelephone, RemoveDistributionGroup:
		return true
	}
	return false
}

// Step is one change. It says what is to be true afterwards; where that is so already, it costs
// nothing.
type Step struct {
	Kind      Kind      `json:"kind"`
	Group     string    `json:"group"`             // the display name, for [RenameGroup] the one it has
	NewName   string    `json:"newName,omitempty"` // of [RenameGroup]
	Contact   Contact   `json:"contact,omitzero"`
	Telephone Telephone `json:"telephone,omitzero"`
	Address   string    `json:"address,omitempty"` // of a distribution group
	Members   int       `json:"members,omitempty"` // that a group to be removed has
}

// String returns the step in words, on one line.
func (s Step) String() string {
	switch s.Kind {
	case RenameGroup:
		return fmt.Sprintf("%s %s to %s", s.Kind, quote(s.Group), quote(s.NewName))
	case AddContact, AddTelephone:
		return fmt.Sprintf("%s %s to group %s", s.Kind, s.who(), quote(s.Group))
	case RemoveContact, RemoveTelephone:
		return fmt.Sprintf("%s %s from group %s", s.Kind, s.who(), quote(s.Group))
	case AddDistributionGroup, RemoveDistributionGroup:
		return fmt.Sprintf("%s %s", s.Kind, plain(s.Address))
	}
	return fmt.Sprintf("%s %s", s.Kind, quote(s.Group))
}

// who is the contact or telephone that the step is about.
func (s Step) who() string {
	switch s.Kind {
	case AddTelephone, RemoveTelephone:
		return plain(s.Telephone.Number)
	}
	return plain(s.Contact.Address)
}

// String shows the plan as a diff, sorted by name: a line per group that changes, "+" before what is
// added, "-" before what is removed, "~" before what is renamed, and indented below it who joins and
// who leaves. It is the same for equal plans and ends in a line feed.
//
//	  Sales
//	+   anna@contoso.com "Anna Ek"
//	-   bert@contoso.com
//	~ Research -> Research & Development
//	- Temp (2 contacts)
func (p Plan) String() string {
	var b strings.Builder
	for _, s := range p.sections() {
		s.write(&b)
	}
	if p.Empty() {
		b.WriteString("no changes\n")
	}
	for _, note := range p.Notes {
		fmt.Fprintf(&b, "# %s\n", note)
	}
	return b.String()
}

// section is what the text of a plan says of one group.
type section struct {
	name  string // that the group will have
	heads []string
	lines []line
}

// line is somebody who joins or leaves.
type line struct{ sign, text, sort string }

// sections sorts the steps by the group that they are about.
func (p Plan) sections() []*section {
	var all []*section
	byName := map[string]*section{}
	for _, step := range p.Steps {
		name := step.Group
		if step.Kind == RenameGroup {
			name = step.NewName
		}
		s := byName[fold(name)]
		if s == nil {
			s = &section{name: name}
			byName[fold(name)] = s
			all = append(all, s)
		}
		s.add(step)
	}
	slices.SortFunc(all, func(a, b *section) int {
		return cmp.Or(cmp.Compare(fold(a.name), fold(b.name)), cmp.Compare(a.name, b.name))
	})
	return all
}

// add puts a step into words. Lines are sorted by key, so that "sip:" and case do not scatter them.
func (s *section) add(step Step) {
	switch step.Kind {
	case AddGroup:
		s.head("+", plain(step.Group))
	case RenameGroup:
		s.head("~", plain(step.Group)+" -> "+plain(step.NewName))
	case RemoveGroup:
		s.head("-", plain(step.Group)+contacts(step.Members))
	case AddDistributionGroup:
		s.head("+", plain(step.Group)+" <"+plain(step.Address)+">")
	case RemoveDistributionGroup:
		s.head("-", plain(step.Group)+" <"+plain(step.Address)+">")
	case AddContact:
		text := step.who()
		if step.Contact.DisplayName != "" {
			text += " " + quote(step.Contact.DisplayName)
		}
		s.lines = append(s.lines, line{"+", text, step.Contact.key()})
	case AddTelephone:
		s.lines = append(s.lines, line{"+", "tel " + step.who(), step.Telephone.keys()[0]})
	case RemoveContact:
		s.lines = append(s.lines, line{"-", step.who(), step.Contact.key()})
	case RemoveTelephone:
		s.lines = append(s.lines, line{"-", "tel " + step.who(), step.Telephone.keys()[0]})
	}
}

func (s *section) head(sign, text string) { s.heads = append(s.heads, sign+" "+text) }

func (s *section) write(b *strings.Builder) {
	for _, head := range s.heads {
		b.WriteString(head + "\n")
	}
	if len(s.heads) == 0 {
		b.WriteString("  " + plain(s.name) + "\n")
	}
	slices.SortStableFunc(s.lines, func(a, b line) int {
		return cmp.Or(cmp.Compare(a.sort, b.sort), -cmp.Compare(a.sign, b.sign))
	})
	for _, l := range s.lines {
		b.WriteString(l.sign + "   " + l.text + "\n")
	}
}

// contacts says how many contacts a group has, for the line that removes it.
func contacts(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return " (1 contact)"
	}
	return fmt.Sprintf(" (%d contacts)", n)
}
