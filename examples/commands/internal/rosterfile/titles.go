package rosterfile

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// column is the kind of a column of a CSV file.
type column int

const (
	mailboxColumn column = iota
	groupColumn
	addressColumn
	nameColumn
	formerNameColumn
	telephoneColumn
	telURIColumn
	sipURIColumn
	distributionColumn
	columns
	untitled = columns // there may be such a column as long as it is empty
)

// byPosition are the columns of a file without titles.
var byPosition = []column{mailboxColumn, groupColumn, addressColumn, nameColumn}

// titles are the spellings of each title, the one that errors show first. Case, blanks and punctuation do
// not count. Most of them are names of properties in PowerShell and of attributes in Active Directory.
var titles = [columns][]string{
	mailboxColumn: {"Mailbox", "MailboxAddress", "Owner", "OwnerAddress"},
	groupColumn:   {"Group", "GroupName", "GroupDisplayName", "ContactGroup"},
	addressColumn: {
		"Address", "Mail", "EMail", "EmailAddress", "MailAddress", "PrimarySmtpAddress", "SmtpAddress",
		"WindowsEmailAddress", "UserPrincipalName", "UPN", "SIP", "SipAddress", "ImAddress", "Contact",
		"ContactAddress", "Member", "msRTCSIP-PrimaryUserAddress",
	},
	nameColumn:         {"Display name", "Name", "ContactName", "FullName"},
	formerNameColumn:   {"Former name", "FormerGroup", "FormerGroupName", "OldName", "OldGroup"},
	telephoneColumn:    {"Telephone", "TelephoneNumber", "Phone", "PhoneNumber"},
	telURIColumn:       {"Tel URI", "TelephoneURI", "LineURI"},
	sipURIColumn:       {"SIP URI"},
	distributionColumn: {"Distribution group", "DistributionGroupAddress", "DistributionList", "DL"},
}

// fold leaves the letters and digits of a title, in lower case.
func fold(title string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}

// columnOf returns the column of a title.
func columnOf(title string) (column, bool) {
	folded := fold(title)
	if folded == "" {
		return untitled, strings.TrimSpace(title) == ""
	}
	for c, spellings := range titles {
		if slices.ContainsFunc(spellings, func(s string) bool { return fold(s) == folded }) {
			return column(c), true
		}
	}
	return untitled, false
}

// isTitles reports whether the first row of a file has titles: a row of values has an address.
func isTitles(row []string) bool {
	return !slices.ContainsFunc(row, func(field string) bool { return strings.Contains(field, "@") })
}

// repeatsTitles reports whether a row further below has nothing but titles, as where two files were put
// together.
func repeatsTitles(row []string) bool {
	known := 0
	for _, field := range row {
		c, ok := columnOf(field)
		if !ok {
			return false
		}
		if c != untitled {
			known++
		}
	}
	return known > 1
}

// columnsOf returns the column of each field below these titles. Titles that are unknown, missing or
// there twice are an error: to guess would put contacts into other people's lists.
func columnsOf(row []string, oneMailbox bool) ([]column, error) {
	order := make([]column, len(row))
	var seen [columns]string
	for i, title := range row {
		c, ok := columnOf(title)
		switch {
		case !ok:
			return nil, fmt.Errorf("%q is none of the titles: %s", clip(strings.TrimSpace(title)), titleList())
		case c != untitled && seen[c] != "":
			return nil, fmt.Errorf("%q and %q both stand for %q: leave one of the columns out", seen[c], title, titles[c][0])
		case c != untitled:
			seen[c] = title
		}
		order[i] = c
	}
	missing := func(c column) error {
		return fmt.Errorf("the title %q is missing; the titles are %s", titles[c][0], titleList())
	}
	switch {
	case seen[mailboxColumn] == "" && !oneMailbox:
		return nil, missing(mailboxColumn)
	case seen[groupColumn] == "" && (seen[distributionColumn] == "" || seen[addressColumn] != ""):
		return nil, missing(groupColumn)
	case seen[addressColumn] == "" && seen[telephoneColumn] == "" && seen[distributionColumn] == "":
		return nil, missing(addressColumn)
	}
	return order, nil
}

func titleList() string {
	names := make([]string, len(titles))
	for c, spellings := range titles {
		names[c] = spellings[0]
	}
	return strings.Join(names, ", ")
}

// clip bounds the part of a file that an error repeats.
func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
