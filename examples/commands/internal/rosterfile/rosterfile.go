// Package rosterfile reads the desired contact lists of mailboxes from the CSV and JSON files that
// directories, spreadsheets and PowerShell export. It reads any input in linear time.
package rosterfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/examples/commands/internal/textfile"
)

// File holds the lists in a file, and the entries that could not be used.
type File struct {
	Mailboxes []Mailbox
	Problems  []Problem

	// KeepAll says that a problem may be about any mailbox, so that nothing may be removed from any.
	KeepAll bool

	// Cut is the reason to believe that the end of the file is missing, "" if there is none.
	Cut string
}

// Mailbox is a mailbox with its desired list.
type Mailbox struct {
	Address string        `json:"mailbox"`
	Roster  imsync.Roster `json:"roster"`

	// Incomplete says that a row of it was bad. The contact of that row must not be removed.
	Incomplete bool `json:"incomplete,omitempty"`
}

// Problem is a row, or a JSON object, that is left out.
type Problem struct {
	Line   int // from 1
	Reason string
}

func (p Problem) String() string { return fmt.Sprintf("line %d: %s", p.Line, p.Reason) }

func (f *File) add(line int, format string, args ...any) {
	f.Problems = append(f.Problems, Problem{line, fmt.Sprintf(format, args...)})
}

// Contacts counts the members that the file asks for: addresses, telephones, distribution groups.
func (f *File) Contacts() int {
	n := 0
	for _, m := range f.Mailboxes {
		n += len(m.Roster.DistributionGroups)
		for _, g := range m.Roster.Groups {
			n += len(g.Contacts) + len(g.Telephones)
		}
	}
	return n
}

// Parse reads the lists of many mailboxes: JSON if the text begins with a bracket or brace, else CSV. Rows
// that cannot be used are in Problems. An error means that no row can be trusted: it is not text, its titles
// are not known, a name stands twice in a JSON object.
func Parse(text []byte) (*File, error) {
	text, err := check(text)
	if err != nil {
		return nil, err
	}
	if isJSON(text) {
		return parseJSON(text)
	}
	return parseCSV(text, false)
}

// ParseOne reads the list of one mailbox: a roster in JSON, or CSV, whose titles may leave out the
// mailbox. Any problem is an error, except in a roster in JSON, which a sync checks together with
// the list: an exported one may have malformed addresses that the list has.
func ParseOne(text []byte) (roster imsync.Roster, err error) {
	text, err = check(text)
	if err != nil {
		return roster, err
	}
	if isJSON(text) {
		err := textfile.DecodeJSON(text, &roster)
		return roster, err
	}
	f, err := parseCSV(text, true)
	switch {
	case len(bytes.TrimLeft(text, space)) == 0:
		return roster, errors.New("it is empty")
	case err != nil:
		return roster, err
	case len(f.Problems) > 0:
		return roster, errors.New(f.Problems[0].String())
	case f.Cut != "":
		return roster, errors.New(f.Cut)
	case len(f.Mailboxes) > 1:
		return roster, fmt.Errorf("it names %d mailboxes, and this command is for one", len(f.Mailboxes))
	case len(f.Mailboxes) == 1:
		roster = f.Mailboxes[0].Roster
	}
	return roster, nil
}

const space = " \t\r\n" // JSON's

func isJSON(text []byte) bool {
	text = bytes.TrimLeft(text, space)
	return len(text) > 0 && (text[0] == '[' || text[0] == '{')
}

// check returns the text with line feeds as line ends, or an error that names its real format.
func check(text []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(text, []byte("PK\x03\x04")):
		return nil, errors.New("it is a workbook or another archive, not text: save it as CSV UTF-8")
	case bytes.IndexByte(text, 0) >= 0:
		return nil, errors.New("it holds a zero byte, so it is not text in UTF-8 or UTF-16: save it as CSV UTF-8")
	}
	if bytes.IndexByte(text, '\n') < 0 { // as old Macs and their spreadsheets end lines
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	return text, nil
}

// CheckAddress returns the error of a mailbox's address. It is one of a roster, as it is compared:
// without a scheme and without blanks around it.
func CheckAddress(address string) error {
	listed := imsync.Roster{DistributionGroups: []imsync.DistributionGroup{{Address: address}}}
	switch {
	case address == "":
		return errors.New("no mailbox")
	case strings.Contains(address, ":"), strings.TrimSpace(address) != address, listed.Check() != nil:
		return fmt.Errorf("mailbox %q is no SMTP address", address)
	}
	return nil
}

// RosterProblems returns the problems that imsync finds in a roster, "" if none.
func RosterProblems(roster *imsync.Roster) string {
	err := roster.Check()
	if bad, ok := errors.AsType[*imsync.RosterError](err); ok {
		return strings.Join(bad.Problems, "; ")
	}
	if err != nil {
		return err.Error()
	}
	return ""
}
