// Package source makes the desired contact lists of mailboxes from the groups of a directory. Rules
// in a configuration file say which groups go into whose lists.
//
// A look-up that fails never shortens a list. The lists that it is about are left out of the result,
// and where it would have shown which these are, the result says that nothing may be removed.
package source

import (
	"context"

	"github.com/go-ews/exchange/ews/imsync"
)

// Directory looks up groups.
type Directory interface {
	// Group returns a group by a name that a rule has, with the members of the groups in it. A
	// look-up is whole, or an error: a limit of the server, or a connection that is lost on the
	// way, never makes a smaller group.
	Group(ctx context.Context, name string) (*Group, error)
}

// Group is a group of a directory.
type Group struct {
	Name    string   // for people
	Members []Person // each once, those of groups in it too

	// Empty are the groups, this one or some in it, in which the directory shows no member.
	Empty []string

	// Unread are the members that the directory names and does not show.
	Unread []string

	// Cycles are the ways from a group back to itself; by LDAP no more than the first 100.
	Cycles [][]string
}

// Person is a member of a group that is not a group: someone with a mailbox, or a contact.
type Person struct {
	ID    string // equal for the same person in all groups
	Label string // for people

	Mailbox  string // the SMTP address of the mailbox; "": unknown
	External bool   // has no mailbox, such as a contact
	Hidden   bool   // from the address lists: is no contact of others

	Address   string // SIP address; "": none
	Name      string
	Telephone imsync.Telephone // in place of the address; zero: none
}
