package ewstest

import (
	"strings"

	"github.com/go-ews/exchange/imgroup"
)

// Group is a group that [Server.Seed] puts into a list.
type Group struct {
	// Name is the display name. Names that other groups of the list have, in whatever case, are fine.
	Name string

	// Type is the kind of group; "": a user group. With a built-in one the members go into the group
	// of that kind which the list has already, and Name counts for nothing.
	Type imgroup.GroupType

	// SMTPAddress is the address of a distribution group, which has no members here.
	SMTPAddress string

	Members []Contact
}

// Contact is a member of a group that [Server.Seed] puts into a list: a person, or a telephone. The
// same one in several groups is one contact of the list.
type Contact struct {
	Address     string // of a person, for instant messaging; with or without "sip:"
	DisplayName string // of a person; "": made of the address, as Exchange does
	Telephone   string // a number, as it is shown; with it, the other two count for nothing
}

// Seed puts groups and contacts into a mailbox's list, behind what is in it, and returns the whole
// list as [Server.List] does. No rule of the operations holds: names may fold to the same one, and
// the limits may be exceeded, as in lists that are older than the rules, or that another program
// made.
//
// Seed panics for a mailbox that does not exist, a contact without address and telephone, and a
// distribution group with members.
func (s *Server) Seed(mailbox string, groups ...Group) *imgroup.ItemList {
	if mailbox == "" {
		mailbox = s.mailbox
	}
	m, ok := s.open(strings.ToLower(mailbox))
	if !ok {
		misuse("Seed: %q is none of Options.Mailboxes", mailbox)
	}
	for _, g := range groups {
		g.check()
	}
	m.seed(groups)
	return m.list()
}

// check panics if the group cannot be meant.
func (g Group) check() {
	if g.kind() == imgroup.DistributionGroup && len(g.Members) > 0 {
		misuse("Seed: the distribution group %q has members", g.Name)
	}
	for _, c := range g.Members {
		if c.Address == "" && c.Telephone == "" {
			misuse("Seed: a contact of the group %q has neither address nor telephone", g.Name)
		}
	}
}

func (g Group) kind() imgroup.GroupType {
	switch {
	case g.Type != "":
		return g.Type
	case g.SMTPAddress != "":
		return imgroup.DistributionGroup
	}
	return imgroup.UserGroup
}

func (m *mailbox) seed(groups []Group) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, g := range groups {
		to := m.builtIn(g.kind())
		if to == nil {
			to = m.addGroup(g.Name, g.kind(), g.SMTPAddress)
		}
		for _, c := range g.Members {
			m.put(c.contact(), to)
		}
	}
}

// builtIn returns the group of a built-in kind, nil for another kind.
func (m *mailbox) builtIn(kind imgroup.GroupType) *group {
	for _, g := range m.groups {
		if kind.BuiltIn() && g.kind == kind {
			return g
		}
	}
	return nil
}

// contact returns the contact that c describes.
func (c Contact) contact() *contact {
	if c.Telephone == "" {
		return newIMContact(c.Address, c.DisplayName)
	}
	number := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -()./", r) {
			return -1
		}
		return r
	}, c.Telephone)
	return newTelContact(imgroup.TelContactSpec{TelURI: "tel:" + number, TelephoneNumber: c.Telephone})
}
