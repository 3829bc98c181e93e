package imsync

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/go-ews/exchange/imgroup"
)

// RosterError lists the problems of a roster. Nothing was sent.
type RosterError struct {
	Problems []string // one line each, at least one
}

// Error returns one line with the first problems.
func (e *RosterError) Error() string {
	const most = 3
	shown := e.Problems[:min(len(e.Problems), most)]
	text := "imsync: roster: " + strings.Join(shown, "; ")
	if more := len(e.Problems) - len(shown); more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// Check returns a *[RosterError] for a roster that no list can match: one with an empty name or
// number, a malformed address, two groups whose names differ in case at most, a telephone with
// different URIs in two groups, a distribution group that is listed twice, or a character that XML
// 1.0 cannot carry. [Diff] calls it, and accepts a malformed address that a contact of the list
// has.
func (r *Roster) Check() error { return r.check(func(string) bool { return false }) }

func (r *Roster) check(accepted func(address string) bool) error {
	c := checker{names: map[string]string{}, numbers: map[string]Telephone{}, accepted: accepted}
	for i := range r.Groups {
		c.group(&r.Groups[i], i)
	}
	addresses := map[string]bool{}
	for i, d := range r.DistributionGroups {
		where := fmt.Sprintf("distribution group %s", quote(d.Address))
		key := contactKey(d.Address)
		switch {
		case key == "":
			c.add("distribution group %d has no address", i+1)
			continue
		case addresses[key]:
			c.add("%s is listed twice", where)
		}
		addresses[key] = true
		c.address(where, d.Address)
		c.name(where, d.name())
	}
	if len(c.problems) > 0 {
		return &RosterError{c.problems}
	}
	return nil
}

// checker collects the problems of a roster.
type checker struct {
	problems []string
	names    map[string]string         // the spelling by the folded name
	numbers  map[string]Telephone      // by key
	accepted func(address string) bool // also if malformed
}

func (c *checker) add(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// group checks a group and its members, unless the group has no name by which to report problems.
func (c *checker) group(g *Group, i int) {
	if strings.TrimSpace(g.Name) == "" {
		c.add("group %d has no name", i+1)
		return
	}
	where := "group " + quote(g.Name)
	c.name(where, g.Name)
	c.text(where, "the former name", g.FormerName)
	for i := range g.Contacts {
		contact := &g.Contacts[i]
		if contact.key() == "" {
			c.add("%s: contact %d has no address", where, i+1)
			continue
		}
		who := fmt.Sprintf("%s: contact %s", where, quote(contact.Address))
		c.address(who, contact.Address)
		c.text(who, "the display name", contact.DisplayName)
	}
	for i := range g.Telephones {
		c.telephone(where, &g.Telephones[i], i)
	}
}

// address checks that a text is one address. Exchange would accept most other texts, and the person
// could not be reached.
func (c *checker) address(where, address string) {
	bare := bareAddress(address)
	local, domain, at := strings.Cut(bare, "@")
	_, isTel := telNumber(bare)
	switch {
	case c.accepted(address):
	case isTel:
		c.add("%s: this is a telephone number: list it under telephones", where)
	case !at:
		c.add("%s: this is no address, for it has no @", where)
	case strings.ContainsAny(bare, "<>"):
		c.add("%s: write the address alone, without a name and without < and >", where)
	case strings.ContainsAny(bare, ";,"):
		c.add("%s: these are several addresses, or none: write each as a contact", where)
	case strings.ContainsFunc(bare, invisible):
		c.add("%s: this is no address, for it has a blank or an invisible character in it", where)
	case strings.ContainsRune(bare, unicode.ReplacementChar):
		c.add("%s: a character of this address was lost, perhaps by another encoding", where)
	case !isLocalPart(local) || !isDomain(domain):
		c.add("%s: this is no address of the form user@domain: look for quotation marks, brackets, "+
			"a colon, or a dot too many", where)
	case len(bare) > maxAddress:
		c.add("%s: this has %d bytes, and an address has %d at most", where, len(bare), maxAddress)
	}
	c.text(where, "the address", address)
}

// maxAddress is the most bytes of a local part and a domain in SMTP (RFC 5321, section 4.5.3.1).
const maxAddress = 64 + 1 + 255

// invisible reports whether a character has no shape. Unicode counts U+2800, a blank, as a symbol.
func invisible(r rune) bool {
	return unicode.IsSpace(r) || r == '\u2800' ||
		unicode.In(r, unicode.C, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// isLocalPart reports whether a text can stand before the @. A dot stands between two other
// characters (RFC 5321, section 4.1.2); a slash at the start is left from a URI such as sip://, or
// from a distinguished name.
func isLocalPart(s string) bool {
	return s != "" && !strings.ContainsAny(s, `":()[]\`) && !strings.ContainsAny(s[:1], "/?") &&
		!slices.Contains(strings.Split(s, "."), "")
}

// isDomain reports whether a text can be a domain: labels of letters, digits and hyphens, in any
// script. An underscore is in names of Windows hosts.
func isDomain(s string) bool {
	foreign := func(r rune) bool {
		return r != '-' && r != '_' && !unicode.In(r, unicode.L, unicode.M, unicode.Nd)
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || strings.Trim(label, "-") != label || strings.ContainsFunc(label, foreign) {
			return false
		}
	}
	return true
}

// name checks the name of a group of either kind: the names of both kinds must differ.
func (c *checker) name(where, name string) {
	c.text(where, "the name", name)
	if other, ok := c.names[imgroup.NameKey(name)]; ok {
		if other == name {
			c.add("%s: the name is listed twice", where)
		} else {
			c.add("%s: the name differs from %s in case only, and Exchange compares without case",
				where, quote(other))
		}
		return
	}
	c.names[imgroup.NameKey(name)] = name
}

// telephone checks a number and that its URIs are the same wherever the roster lists it, since a list
// holds each number once.
func (c *checker) telephone(where string, t *Telephone, i int) {
	if telephoneKey(t.Number) == "" {
		c.add("%s: telephone %d has no number", where, i+1)
		return
	}
	who := fmt.Sprintf("%s: telephone %s", where, quote(t.Number))
	c.text(who, "the number", t.Number)
	c.text(who, "the tel URI", t.TelURI)
	c.text(who, "the SIP URI", t.SIPURI)
	for _, key := range t.keys() {
		other, seen := c.numbers[key]
		if seen && telephoneKey(other.Number) != telephoneKey(t.Number) {
			c.add("%s: the tel URI is that of %s too", who, quote(other.Number))
			return
		}
		if seen && (!compatible(other.TelURI, t.TelURI) || !compatible(other.SIPURI, t.SIPURI)) {
			c.add("%s: the same number has other URIs elsewhere", who)
			return
		}
		if !seen {
			c.numbers[key] = *t
		}
	}
}

// compatible reports whether two texts of the same contact are equal, if both are given.
func compatible(a, b string) bool { return a == "" || b == "" || strings.EqualFold(a, b) }

// text reports a text that XML cannot carry.
func (c *checker) text(where, what, s string) {
	if reason := badText(s); reason != "" {
		c.add("%s: %s %s", where, what, reason)
	}
}
