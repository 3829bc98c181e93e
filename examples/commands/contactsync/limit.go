package main

import (
	"fmt"
	"strconv"
	"strings"
)

// removalLimit is how many memberships may be removed, of one mailbox and over a whole run: a share of
// those that were found, or a number. It is the value of the flag --max-removals.
type removalLimit struct {
	Percent int `json:"percent,omitempty"`
	Count   int `json:"count,omitempty"`
}

var defaultLimit = removalLimit{Percent: 10}

// alwaysAllowed is the least limit of any percentage: otherwise no contact could leave a short
// list.
const alwaysAllowed = 5

// of returns the limit of removals where so many memberships were found.
func (l removalLimit) of(found int) int {
	if l.Percent > 0 {
		return max(alwaysAllowed, found*l.Percent/100)
	}
	return l.Count
}

// String returns the limit as the flag has it.
func (l *removalLimit) String() string {
	if l.Percent > 0 {
		return strconv.Itoa(l.Percent) + "%"
	}
	return strconv.Itoa(l.Count)
}

// Set reads the flag.
func (l *removalLimit) Set(text string) error {
	number, percent := strings.CutSuffix(text, "%")
	n, err := strconv.Atoi(number)
	switch {
	case err != nil || n < 0 || percent && (n < 1 || n > 100):
		return fmt.Errorf("%q: want a share such as 10%%, from 1%% to 100%%, or a number of contacts such as 200", text)
	case percent:
		*l = removalLimit{Percent: n}
	default:
		*l = removalLimit{Count: n}
	}
	return nil
}

// Type is the name of the value in the help.
func (l *removalLimit) Type() string { return "LIMIT" }
