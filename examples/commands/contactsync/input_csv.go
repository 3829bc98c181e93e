package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// The columns of a CSV file, in the order that they have without a header line.
const (
	columnMailbox = iota
	columnGroup
	columnAddress
	columnName
	columns
)

// parseCSV reads rows of mailbox, group, address and display name. A header line may put the columns
// in another order; the separator is a comma, or the semicolon of spreadsheets that use the comma in
// numbers. A row without an address asks for the group only, an empty one for nothing.
func parseCSV(data []byte) *input {
	b := &csvBuilder{in: &input{}, byAddress: map[string]int{}, groups: map[groupKey]int{}}
	comma := ','
	first, _, _ := bytes.Cut(data, []byte("\n"))
	if bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		comma = ';'
	}
	order := []int{columnMailbox, columnGroup, columnAddress, columnName}
	r, before := newCSVReader(data, comma), 0 // lines before those that r reads
	for begun := false; ; begun = true {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return b.in
		}
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			b.in.add(before+bad.StartLine, "%v", bad.Err)
			b.in.keepAll = true // whose row it was cannot be told
			// A quote that nobody closed swallows the rows after it.
			if bad.Line > bad.StartLine {
				data = skipLines(data, bad.StartLine)
				r, before = newCSVReader(data, comma), before+bad.StartLine
			}
			continue
		}
		line, _ := r.FieldPos(0)
		if header := headerOf(row); !begun && header != nil {
			order = header
			continue
		}
		b.row(before+line, arrange(row, order), len(row) > len(order))
	}
}

func newCSVReader(data []byte, comma rune) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma = comma
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	return r
}

func skipLines(data []byte, n int) []byte {
	for range n {
		_, data, _ = bytes.Cut(data, []byte("\n"))
	}
	return data
}

// headerOf returns which column each field of a header line names, nil if the row is none.
func headerOf(row []string) []int {
	names := map[string]int{
		"mailbox": columnMailbox, "group": columnGroup, "address": columnAddress, "sipaddress": columnAddress,
		"displayname": columnName, "name": columnName,
	}
	order, seen := make([]int, len(row)), map[int]bool{}
	for i, field := range row {
		field = strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(field))
		column, known := names[field]
		if !known {
			column = columns // something else, which is left alone
		}
		order[i] = column
		seen[column] = true
	}
	if !seen[columnMailbox] || !seen[columnGroup] || !seen[columnAddress] {
		return nil
	}
	return order
}

func arrange(row []string, order []int) [columns]string {
	var fields [columns + 1]string
	for i, field := range row[:min(len(row), len(order))] {
		fields[order[i]] = strings.TrimSpace(field)
	}
	return [columns]string(fields[:columns])
}

// csvBuilder puts rows together.
type csvBuilder struct {
	in        *input
	byAddress map[string]int   // index of the mailbox, by its address in lower case
	groups    map[groupKey]int // index of the group in its roster
}

type groupKey struct {
	mailbox int
	name    string
}

func (b *csvBuilder) row(line int, f [columns]string, tooLong bool) {
	if f == ([columns]string{}) && !tooLong { // what a spreadsheet leaves of deleted rows
		return
	}
	if err := checkAddress(f[columnMailbox]); err != nil {
		b.in.add(line, "%v", err)
		b.in.keepAll = true
		return
	}
	index := b.mailbox(f[columnMailbox])
	m := &b.in.mailboxes[index]
	contact := imsync.Contact{Address: f[columnAddress], DisplayName: f[columnName]}
	reason := ""
	switch {
	case tooLong:
		reason = "more fields than mailbox, group, address, display name: does a name with a comma lack its quotes?"
	case contact.Address == "" && contact.DisplayName != "":
		reason = "a display name without an address"
	default:
		reason = checkRow(f[columnGroup], contact)
	}
	if reason != "" {
		b.in.add(line, "%s: %s", m.Address, reason)
		m.Incomplete = true
		return
	}
	key := groupKey{index, imgroup.NameKey(f[columnGroup])}
	g, ok := b.groups[key]
	if !ok {
		g = len(m.Roster.Groups)
		b.groups[key] = g
		m.Roster.Groups = append(m.Roster.Groups, imsync.Group{Name: f[columnGroup]})
	}
	if contact.Address != "" {
		m.Roster.Groups[g].Contacts = append(m.Roster.Groups[g].Contacts, contact)
	}
}

// mailbox returns the index of the mailbox, which is new on its first row.
func (b *csvBuilder) mailbox(address string) int {
	key := strings.ToLower(address)
	i, ok := b.byAddress[key]
	if !ok {
		i = len(b.in.mailboxes)
		b.byAddress[key] = i
		b.in.mailboxes = append(b.in.mailboxes, mailbox{Address: address})
	}
	return i
}

// checkRow says what is wrong with a row on its own, so that one bad row costs no whole mailbox.
func checkRow(group string, contact imsync.Contact) string {
	alone := imsync.Roster{Groups: []imsync.Group{{Name: group}}}
	if contact.Address != "" {
		alone.Groups[0].Contacts = []imsync.Contact{contact}
	}
	return rosterProblems(&alone)
}

// rosterProblems returns what imsync has against a roster, "" if nothing.
func rosterProblems(roster *imsync.Roster) string {
	err := roster.Check()
	if bad, ok := errors.AsType[*imsync.RosterError](err); ok {
		return strings.Join(bad.Problems, "; ")
	}
	if err != nil {
		return err.Error()
	}
	return ""
}
