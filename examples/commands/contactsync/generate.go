package main

import (
	"fmt"

	"github.com/go-ews/exchange/ews/imsync"
)

const (
	madeUpGroups   = 3
	madeUpContacts = 10 // in each group
)

// generate makes up a directory: mailboxes with three groups of ten contacts. The same number
// returns the same directory, so an interrupted run can be resumed.
func generate(mailboxes int) *input {
	in := &input{mailboxes: make([]mailbox, mailboxes)}
	for i := range in.mailboxes {
		in.mailboxes[i] = mailbox{Address: person(i), Roster: madeUp(i, mailboxes)}
	}
	return in
}

func madeUp(owner, mailboxes int) imsync.Roster {
	names := [madeUpGroups]string{
		fmt.Sprintf("Department %d", owner%20+1),
		fmt.Sprintf("Project %c", 'A'+owner%26),
		fmt.Sprintf("Floor %d", owner%7+1),
	}
	var roster imsync.Roster
	for g, name := range names {
		group := imsync.Group{Name: name}
		for c := range madeUpContacts {
			// Steps that differ from group to group, so that few contacts are in two groups.
			other := (owner + 1 + c + g*madeUpContacts) % max(mailboxes, madeUpGroups*madeUpContacts+1)
			group.Contacts = append(group.Contacts, imsync.Contact{
				Address:     "sip:" + person(other),
				DisplayName: fmt.Sprintf("Person %d", other+1),
			})
		}
		roster.Groups = append(roster.Groups, group)
	}
	return roster
}

func person(i int) string { return fmt.Sprintf("person%05d@contoso.com", i+1) }
