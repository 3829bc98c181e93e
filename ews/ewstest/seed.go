package ewstest

import (
	"cmp"

	"github.com/go-ews/exchange/imgroup"
)

// Group is a group that [Server.Seed] puts into a list.
type Group struct {
	// Name is the display name. Other groups may have it already.
	Name string

	// Type is the kind of group; "": a user group. The members of a built-in one join the list's
	// group of that kind; Name is ignored.
	Type imgroup.GroupType

	SMTPAddress string // of a distribution group, which has no members here
	Members     []Contact
}

// Contact is a member of a group that [Server.Seed] puts into a list: a person, or a telephone. The
// same one in several groups is one contact of the list.
type Contact struct {
	Address     string // of a person, for instant messaging; with or without "sip:"
	DisplayName string // of a person; "": made of the address, as Exchange does
	Telephone   string // a number, as it is shown; if set, the other two are ignored
}

// Seed puts groups and contacts into a mailbox's list, behind those in it, and returns the whole
// list as [Server.List] does. It does not apply the rules of the operations: names may fold to the
// same one, and the limits may be exceeded, as in a list that is older than the rules or came from
// another program.
//
// Seed panics for a mailbox that does not exist, a contact without address and telephone, and a
// distribution group with members.
func (s *Server) Seed(mailbox string, groups ...Group) *imgroup.ItemList {
	m := s.mailboxNamed(mailbox)
	if m == nil {
		misuse("Seed: %q is none of Options.Mailboxes", mailbox)
	}
	for _, g := range groups {
		if g.kind() == imgroup.DistributionGroup && len(g.Members) > 0 {
			misuse("Seed: the distribution group %q has members", g.Name)
		}
		for _, c := range g.Members {
			if c.Address == "" && c.Telephone == "" {
				misuse("Seed: a contact of the group %q has neither address nor telephone", g.Name)
			}
		}
	}
	m.seed(groups)
	return m.list()
}

func (g Group) kind() imgroup.GroupType {
	if g.SMTPAddress != "" {
		return imgroup.DistributionGroup
	}
	return cmp.Or(g.Type, imgroup.UserGroup)
}

func (m *mailbox) seed(groups []Group) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.used = true
	for _, g := range groups {
		to := find(m.groups, func(other *group) bool { return g.kind().BuiltIn() && g.kind() == other.kind })
		if to == nil {
			to = m.addGroup(g.Name, g.kind(), g.SMTPAddress)
		}
		for _, c := range g.Members {
			m.put(c.contact(), to)
		}
	}
}

// contact returns the contact that c describes.
func (c Contact) contact() *contact {
	if c.Telephone == "" {
		return newIMContact(c.Address, c.DisplayName)
	}
	return newTelContact(imgroup.TelContactSpec{TelURI: "tel:" + c.Telephone, TelephoneNumber: c.Telephone})
}
