package imsync

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-ews/exchange/imgroup"
)

// Backup is a mailbox's list as it was before a run removed or renamed anything, for [Restore]. It
// has the groups with their names and members, the members of Favorites and Other Contacts, and the
// ownership of both. Keep it as JSON. The zero value and nil have nothing.
type Backup struct {
	mailbox string
	groups  []backupGroup
}

// backupGroup is a group of a backup, also in JSON.
type backupGroup struct {
	Type        imgroup.GroupType `json:"type"`
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Address     string            `json:"address,omitempty"` // of a distribution group
	Made        bool              `json:"made,omitempty"`    // by the service
	Contacts    []backupContact   `json:"contacts,omitempty"`
	Telephones  []backupTelephone `json:"telephones,omitempty"`
	Undescribed int               `json:"undescribed,omitempty"` // members that the list did not describe
}

type backupContact struct {
	Contact

	Owned bool `json:"owned,omitempty"`
}

type backupTelephone struct {
	Telephone

	Owned bool `json:"owned,omitempty"`
}

// NewBackup returns a backup of a list and of its ownership record, each of which may be nil. [Sync],
// [Apply] and [Each] make backups by themselves, for [Options.Backup].
func NewBackup(items *imgroup.ItemList, owned *Ownership) *Backup {
	l := newList(items)
	return backupOf(l, owned.settle(l))
}

// backupOf returns the backup of a list whose record is settled.
func backupOf(l *list, owned *Ownership) *Backup {
	b := &Backup{mailbox: owned.mailbox, groups: []backupGroup{}}
	for _, g := range l.groups {
		if !takesContacts(g.kind) && g.kind != imgroup.DistributionGroup || g.kind.BuiltIn() && len(g.members) == 0 {
			continue
		}
		given := owned.groups[g.id.ID]
		out := backupGroup{
			Type: g.kind, ID: g.id.ID, Name: g.name, Address: g.address,
			Made: given != nil && given.made, Undescribed: len(g.undescribed),
		}
		for _, m := range g.members {
			if m.telephone.Number != "" {
				out.Telephones = append(out.Telephones, backupTelephone{m.telephone, given.has(m)})
			} else {
				out.Contacts = append(out.Contacts, backupContact{m.person, given.has(m)})
			}
		}
		b.groups = append(b.groups, out)
	}
	return b
}

// Mailbox returns the mailbox as [Each] names it, "" for a backup of [Sync], [Apply] or [NewBackup]
// whose record names no mailbox. Check it before Restore, which cannot.
func (b *Backup) Mailbox() string {
	if b == nil {
		return ""
	}
	return b.mailbox
}

// all returns the groups of the backup.
func (b *Backup) all() []backupGroup {
	if b == nil {
		return nil
	}
	return b.groups
}

const backupVersion = 1

// backupJSON is the form in which a backup is kept.
type backupJSON struct {
	Version int           `json:"version"`
	Mailbox string        `json:"mailbox,omitempty"`
	Groups  []backupGroup `json:"groups"`
}

// MarshalJSON returns the backup with a version.
func (b *Backup) MarshalJSON() ([]byte, error) {
	return json.Marshal(backupJSON{backupVersion, b.Mailbox(), append([]backupGroup{}, b.all()...)})
}

// UnmarshalJSON reads a backup. One of another version, another document, and a group of a type
// that no backup has are errors.
func (b *Backup) UnmarshalJSON(data []byte) error {
	var in backupJSON
	version, err := readDocument(data, backupVersion, &in)
	switch {
	case err != nil:
		return fmt.Errorf("imsync: backup: %w: is the file a backup, and of this program?", err)
	case version != backupVersion:
		return fmt.Errorf("imsync: the backup has version %d, and this program reads version %d: "+
			"is the file a backup, and of this program?", version, backupVersion)
	case in.Groups == nil:
		return errors.New("imsync: the backup has no list of groups: is the file a backup?")
	}
	for i, g := range in.Groups {
		if !takesContacts(g.Type) && g.Type != imgroup.DistributionGroup {
			return fmt.Errorf("imsync: backup: group %d, %s, has the type %s: is the file a backup?",
				i+1, quote(g.Name), quote(string(g.Type)))
		}
	}
	*b = Backup{mailbox: in.Mailbox, groups: in.Groups}
	return nil
}
