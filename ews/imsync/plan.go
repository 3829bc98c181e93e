package imsync

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-ews/exchange/imgroup"
)

// Plan holds the steps that put a list in step with a roster. It can be shown, kept and applied
// later. It names removed groups and contacts by id too, so that a group that was made since is not
// removed in their place.
type Plan struct {
	// Steps are in a safe order: additions come first, so that a contact that moves is never without
	// a group. If the list has no room for them, or a name is in use, removals of unwanted groups and
	// contacts come first.
	Steps []Step

	// Notes describe, for people, the groups and contacts that the plan leaves alone.
	Notes []string
}

const planVersion = 1

// planJSON is the form in which a plan is kept.
type planJSON struct {
	Version int      `json:"version"`
	Steps   []Step   `json:"steps"`
	Notes   []string `json:"notes,omitempty"`
}

// MarshalJSON returns the plan with a version, and with [] for no steps.
func (p Plan) MarshalJSON() ([]byte, error) {
	return json.Marshal(planJSON{planVersion, append([]Step{}, p.Steps...), p.Notes})
}

// UnmarshalJSON reads a plan. One of another version, another document, and a step that lacks
// something or has an unknown kind are errors.
func (p *Plan) UnmarshalJSON(data []byte) error {
	var in planJSON
	version, err := readDocument(data, planVersion, &in)
	switch {
	case err != nil:
		return fmt.Errorf("imsync: plan: %w: is the document a plan, and of this program?", err)
	case version != planVersion:
		return fmt.Errorf("imsync: the plan has version %d, and this program reads version %d: make a new plan",
			version, planVersion)
	case in.Steps == nil:
		return errors.New("imsync: plan: it has no list of steps: is the document a plan?")
	}
	for i, s := range in.Steps {
		if reason := s.problem(); reason != "" {
			return fmt.Errorf("imsync: plan: step %d, %s: %s", i+1, s, reason)
		}
	}
	*p = Plan{Steps: in.Steps, Notes: in.Notes}
	return nil
}

// Empty reports whether the plan has no steps.
func (p Plan) Empty() bool { return len(p.Steps) == 0 }

// Kind is the kind of a [Step].
type Kind string

// The kinds of steps.
const (
	AddGroup                Kind = "add_group"
	RenameGroup             Kind = "rename_group"
	RemoveGroup             Kind = "remove_group"
	AddContact              Kind = "add_contact" // to Group, and to the list if it is new
	RemoveContact           Kind = "remove_contact"
	AddTelephone            Kind = "add_telephone"
	RemoveTelephone         Kind = "remove_telephone"
	AddDistributionGroup    Kind = "add_distribution_group"
	RemoveDistributionGroup Kind = "remove_distribution_group"
)

// Removes reports whether steps of this kind remove something.
func (k Kind) Removes() bool {
	switch k {
	case RemoveGroup, RemoveContact, RemoveTelephone, RemoveDistributionGroup:
		return true
	}
	return false
}

// words returns the kind as a text has it.
func (k Kind) words() string { return strings.ReplaceAll(string(k), "_", " ") }

// removesMember reports whether a step of this kind removes a contact or telephone from a group.
func (k Kind) removesMember() bool { return k == RemoveContact || k == RemoveTelephone }

// repeats reports whether the step may take several writes: a group may have several contacts of
// one address, of which a record has one at most.
func (s Step) repeats(only *Ownership) bool { return only == nil && s.Kind.removesMember() }

// Step is one change, described by its result. A step whose result is there already sends nothing.
type Step struct {
	Kind      Kind      `json:"kind"`
	Group     string    `json:"group"`             // the display name, for [RenameGroup] the present one
	GroupID   string    `json:"groupId,omitempty"` // of a group that is renamed, removed or left; "": the exact name decides
	NewName   string    `json:"newName,omitempty"` // of [RenameGroup]
	Contact   Contact   `json:"contact,omitzero"`
	Telephone Telephone `json:"telephone,omitzero"`
	Address   string    `json:"address,omitempty"` // of a distribution group
	Members   int       `json:"members,omitempty"` // of a group to be removed, which stays if it has more

	// MemberKeys names these members, one in a line, as they are compared: the group stays if it
	// has others. "": their number decides. It is a string because steps are compared with ==.
	MemberKeys string `json:"memberKeys,omitempty"`
}

// String returns the step in words, on one line.
func (s Step) String() string {
	switch s.Kind {
	case RenameGroup:
		return fmt.Sprintf("%s %s to %s", s.Kind.words(), quote(s.Group), quote(s.NewName))
	case AddContact, AddTelephone:
		return fmt.Sprintf("%s %s to group %s", s.Kind.words(), s.target(), quote(s.Group))
	case RemoveContact, RemoveTelephone:
		return fmt.Sprintf("%s %s from group %s", s.Kind.words(), s.target(), quote(s.Group))
	case AddDistributionGroup, RemoveDistributionGroup:
		return fmt.Sprintf("%s %s", s.Kind.words(), plain(s.Address))
	}
	return fmt.Sprintf("%s %s", s.Kind.words(), quote(s.Group))
}

// target returns the contact or telephone of the step.
func (s Step) target() string {
	switch s.Kind {
	case AddTelephone, RemoveTelephone:
		return plain(s.Telephone.Number)
	}
	return plain(s.Contact.Address)
}

// String returns the plan as a diff, sorted by name: a line per group that changes, with "+" for an
// addition, "-" for a removal and "~" for a new name, and indented below it the contacts that join and
// leave. It is the same for equal plans and ends in a line feed.
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

// section is the part of a plan's text about one group.
type section struct {
	name  string // after the plan
	heads []string
	lines []line
}

// line is a contact that joins or leaves.
type line struct{ sign, text, sort string }

// sections returns the steps by group, sorted by name.
func (p Plan) sections() []*section {
	var all []*section
	byName := map[string]*section{}
	for _, step := range p.Steps {
		name := step.Group
		if step.Kind == RenameGroup {
			name = step.NewName
		}
		s := byName[imgroup.NameKey(name)]
		if s == nil {
			s = &section{name: name}
			byName[imgroup.NameKey(name)] = s
			all = append(all, s)
		}
		s.add(step)
	}
	slices.SortFunc(all, func(a, b *section) int {
		return cmp.Or(cmp.Compare(imgroup.NameKey(a.name), imgroup.NameKey(b.name)), cmp.Compare(a.name, b.name))
	})
	return all
}

// add adds the text of a step. Lines are sorted by key, so that "sip:" and case do not scatter them.
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
		text := step.target()
		if step.Contact.DisplayName != "" {
			text += " " + quote(step.Contact.DisplayName)
		}
		s.lines = append(s.lines, line{"+", text, step.Contact.key()})
	case AddTelephone:
		s.lines = append(s.lines, line{"+", "tel " + step.target(), step.Telephone.keys()[0]})
	case RemoveContact:
		s.lines = append(s.lines, line{"-", step.target(), step.Contact.key()})
	case RemoveTelephone:
		s.lines = append(s.lines, line{"-", "tel " + step.target(), step.Telephone.keys()[0]})
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

// contacts returns the number of contacts of a group for the line that removes it.
func contacts(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return " (1 contact)"
	}
	return fmt.Sprintf(" (%d contacts)", n)
}
