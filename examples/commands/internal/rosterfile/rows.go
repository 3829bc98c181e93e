package rosterfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// parseCSV reads rows of a mailbox, a group in it, and a member of that group. Each title names the
// content of its column. A file without titles has mailbox, group, address and display name, in
// this order.
func parseCSV(data []byte, oneMailbox bool) (*File, error) {
	r := &csvReader{data: data, line: 1}
	return readRows(r, oneMailbox)
}

func readRows(r *csvReader, oneMailbox bool) (*File, error) {
	b := &builder{file: &File{}, oneMailbox: oneMailbox, byAddress: map[string]int{}, groups: map[groupKey]int{}}
	r.preamble()
	for {
		row, line, err := r.next()
		switch {
		case err != nil && b.order == nil:
			return nil, fmt.Errorf("line %d: %w", line, err) // these may be the titles
		case err != nil:
			b.unreadable(line, err)
			continue
		case row == nil:
			if !endsLine(r.data) && b.file.Cut == "" {
				b.file.Cut = fmt.Sprintf("line %d, the last one, has no line end", r.line)
			}
			b.finish()
			return b.file, nil
		case isEmpty(row): // spreadsheets write deleted rows so
			continue
		}
		if err := b.row(line, row); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
}

func isEmpty(row []string) bool {
	return !slices.ContainsFunc(row, func(field string) bool { return strings.TrimSpace(field) != "" })
}

// builder puts rows together.
type builder struct {
	file       *File
	oneMailbox bool
	order      []column         // of the fields
	byAddress  map[string]int   // index of the mailbox, by its address in lower case
	groups     map[groupKey]int // index of the group in its roster
	line       []int            // of the last row of each mailbox
}

type groupKey struct {
	mailbox int
	name    string
}

// fields are the values of a row by column.
type fields [columns]string

// unreadable leaves out a row whose mailbox is unknown.
func (b *builder) unreadable(line int, err error) {
	b.file.add(line, "%v", err)
	b.file.KeepAll = true
	if errors.Is(err, errOpenQuote) && b.file.Cut == "" {
		b.file.Cut = fmt.Sprintf("line %d: %v", line, err)
	}
}

// row reads the titles, or a row below them. After an error no row can be trusted.
func (b *builder) row(line int, row []string) (err error) {
	switch {
	case b.order == nil && isTitles(row):
		b.order, err = columnsOf(row, b.oneMailbox)
		return err
	case b.order == nil && b.oneMailbox:
		return fmt.Errorf("the titles are missing; they are %s", titleList())
	case b.order == nil:
		b.order = byPosition
	case repeatsTitles(row):
		return errors.New("there are titles once more: write all rows below the same ones")
	}
	var f fields
	for i, field := range row[:min(len(row), len(b.order))] {
		field = strings.TrimSpace(field)
		if b.order[i] != untitled {
			f[b.order[i]] = field
		} else if field != "" {
			return fmt.Errorf("column %d has a value and no title; the titles are %s", i+1, titleList())
		}
	}
	b.values(line, &f, len(row) > len(b.order))
	return nil
}

func (b *builder) values(line int, f *fields, tooLong bool) {
	if err := CheckAddress(f[mailboxColumn]); err != nil && (!b.oneMailbox || f[mailboxColumn] != "") {
		b.unreadable(line, err)
		return
	}
	index := b.mailbox(f[mailboxColumn])
	b.line[index] = line
	reason := ""
	if tooLong {
		reason = fmt.Sprintf("more fields than the %d columns: does a name with a comma lack its quotes?", len(b.order))
	} else {
		reason = b.add(index, f)
	}
	if reason != "" {
		m := &b.file.Mailboxes[index]
		m.Incomplete = true
		b.file.add(line, "%s%s", prefix(m.Address), reason)
	}
}

func prefix(mailbox string) string {
	if mailbox == "" {
		return ""
	}
	return mailbox + ": "
}

// mailbox returns the index of the mailbox, which is new on its first row.
func (b *builder) mailbox(address string) int {
	key := strings.ToLower(address)
	i, ok := b.byAddress[key]
	if !ok {
		i = len(b.file.Mailboxes)
		b.byAddress[key] = i
		b.file.Mailboxes = append(b.file.Mailboxes, Mailbox{Address: address})
		b.line = append(b.line, 0)
	}
	return i
}

// add adds the member of a row to the mailbox, or returns why it cannot.
func (b *builder) add(mailbox int, f *fields) (reason string) {
	wanted, reason := rosterOf(f)
	if reason != "" {
		return reason
	}
	if reason := RosterProblems(&wanted); reason != "" {
		if !utf8.ValidString(strings.Join(f[:], "")) {
			reason += " (the file is in another encoding: save it as CSV UTF-8)"
		}
		return reason
	}
	for _, d := range wanted.DistributionGroups {
		b.addDistribution(mailbox, d)
	}
	if len(wanted.Groups) > 0 {
		return b.addGroup(mailbox, &wanted.Groups[0])
	}
	return ""
}

func (b *builder) addDistribution(mailbox int, d imsync.DistributionGroup) {
	roster := &b.file.Mailboxes[mailbox].Roster
	key := groupKey{mailbox, "distribution group " + addressKey(d.Address)}
	if _, ok := b.groups[key]; !ok {
		b.groups[key] = len(roster.DistributionGroups)
		roster.DistributionGroups = append(roster.DistributionGroups, d)
	}
}

// addressKey returns a key that is equal for the spellings of an address that a roster may have:
// its only colons are those of schemes.
func addressKey(address string) string {
	return imgroup.AddressKey(address[strings.LastIndexByte(address, ':')+1:])
}

// addGroup adds the group of a row, or its member to the group of earlier rows.
func (b *builder) addGroup(mailbox int, from *imsync.Group) (reason string) {
	roster := &b.file.Mailboxes[mailbox].Roster
	key := groupKey{mailbox, "group " + imgroup.NameKey(from.Name)}
	i, ok := b.groups[key]
	if !ok {
		b.groups[key] = len(roster.Groups)
		roster.Groups = append(roster.Groups, *from)
		return ""
	}
	into := &roster.Groups[i]
	switch {
	case into.FormerName == "":
		into.FormerName = from.FormerName
	case from.FormerName != "" && imgroup.NameKey(from.FormerName) != imgroup.NameKey(into.FormerName):
		return fmt.Sprintf("group %q has the former name %q in a row above, and %q here",
			clip(into.Name), clip(into.FormerName), clip(from.FormerName))
	}
	into.Contacts = append(into.Contacts, from.Contacts...)
	into.Telephones = append(into.Telephones, from.Telephones...)
	return ""
}

// finish leaves out the mailboxes whose rows contradict each other, such as two names of one telephone.
func (b *builder) finish() {
	kept := b.file.Mailboxes[:0]
	for i, m := range b.file.Mailboxes {
		if reason := RosterProblems(&m.Roster); reason != "" {
			b.file.add(b.line[i], "%s%s", prefix(m.Address), reason)
			continue
		}
		kept = append(kept, m)
	}
	b.file.Mailboxes = kept
}

// rosterOf returns a roster of one row, so that a bad row does not cost the whole mailbox.
func rosterOf(f *fields) (roster imsync.Roster, reason string) {
	members := 0
	for _, c := range []column{addressColumn, telephoneColumn, distributionColumn} {
		if f[c] != "" {
			members++
		}
	}
	switch {
	case members > 1:
		return roster, "more than one of address, telephone and distribution group: each needs a row"
	case f[distributionColumn] != "" && f[groupColumn]+f[formerNameColumn] != "":
		return roster, "a distribution group is an entry of its list, not of a group: leave the group empty"
	case f[nameColumn] != "" && f[addressColumn]+f[distributionColumn] == "":
		return roster, "a display name without an address"
	case f[telephoneColumn] == "" && f[telURIColumn]+f[sipURIColumn] != "":
		return roster, "a URI of a telephone without its number"
	case f[distributionColumn] != "":
		roster.DistributionGroups = []imsync.DistributionGroup{{Address: f[distributionColumn], DisplayName: f[nameColumn]}}
		return roster, ""
	}
	g := imsync.Group{Name: f[groupColumn], FormerName: f[formerNameColumn]}
	if f[addressColumn] != "" {
		g.Contacts = []imsync.Contact{{Address: f[addressColumn], DisplayName: f[nameColumn]}}
	}
	if f[telephoneColumn] != "" {
		g.Telephones = []imsync.Telephone{{Number: f[telephoneColumn], TelURI: f[telURIColumn], SIPURI: f[sipURIColumn]}}
	}
	roster.Groups = []imsync.Group{g}
	return roster, ""
}
