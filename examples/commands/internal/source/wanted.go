package source

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/examples/commands/internal/rosterfile"
	"github.com/go-ews/exchange/imgroup"
)

// wanted is the group that a rule puts into lists. The lists share its slices.
type wanted struct {
	imsync.Group

	byAddress  map[string]*Person
	byNumber   map[string]*Person
	incomplete bool // members are missing, so nothing may be removed from the lists
}

// contacts returns the group that a rule asks for.
func (r *reader) contacts(rule *Rule, g *Group) (*wanted, error) {
	w := &wanted{byAddress: map[string]*Person{}, byNumber: map[string]*Person{}, incomplete: r.unread(rule, g)}
	w.Name = cmp.Or(strings.TrimSpace(rule.Name), g.Name)
	for i := range g.Members {
		p := &g.Members[i]
		if p.Hidden {
			continue
		}
		switch err := w.take(p); {
		case errors.Is(err, errNoAddress) && r.config.IgnoreWithoutAddress:
		case errors.Is(err, errSameAddress): // the contact is in the list nevertheless
			r.problem(rule, "%v", err)
		case err != nil:
			w.incomplete = true
			r.problem(rule, "%s: %v", p.Label, err)
		}
	}
	switch n := len(w.Contacts) + len(w.Telephones); {
	case n == 0 && r.config.Exchange != nil:
		return nil, errors.New("it has no member who can be a contact")
	case n == 0 && !rule.AllowEmpty:
		return nil, errors.New(`it has no member who can be a contact; if that is right: "allowEmpty": true in this rule`)
	case n > maxContacts:
		return nil, fmt.Errorf("it has %d contacts, and Exchange allows %d in a group of a list", n, maxContacts)
	}
	slices.SortFunc(w.Contacts, func(a, b imsync.Contact) int { return cmp.Compare(a.Address, b.Address) })
	slices.SortFunc(w.Telephones, func(a, b imsync.Telephone) int { return cmp.Compare(a.Number, b.Number) })
	return w, nil
}

var (
	errNoAddress   = errors.New("has no SIP address")
	errSameAddress = errors.New("have the same SIP address")
)

// take adds a person to the group.
func (w *wanted) take(p *Person) error {
	one := imsync.Group{Name: w.Name}
	index, key := w.byAddress, imgroup.AddressKey(p.Address)
	switch {
	case key != "":
		one.Contacts = []imsync.Contact{{Address: imgroup.BareAddress(p.Address), DisplayName: p.Name}}
	case p.Telephone.Number != "":
		index, key = w.byNumber, p.Telephone.Number
		one.Telephones = []imsync.Telephone{p.Telephone}
	default:
		return errNoAddress
	}
	if reason := rosterfile.RosterProblems(&imsync.Roster{Groups: []imsync.Group{one}}); reason != "" {
		return errors.New(reason)
	}
	if other := index[key]; other != nil {
		return fmt.Errorf("%s and %s %w, %s", other.Label, p.Label, errSameAddress, key)
	}
	index[key] = p
	w.Contacts = append(w.Contacts, one.Contacts...)
	w.Telephones = append(w.Telephones, one.Telephones...)
	return nil
}

// without returns the group without a person.
func (w *wanted) without(p *Person) imsync.Group {
	g := w.Group
	if same := w.byAddress[imgroup.AddressKey(p.Address)]; same != nil {
		g.Contacts = slices.DeleteFunc(slices.Clone(g.Contacts), func(c imsync.Contact) bool {
			return imgroup.SameAddress(c.Address, p.Address)
		})
	}
	if same := w.byNumber[p.Telephone.Number]; same != nil {
		g.Telephones = slices.DeleteFunc(slices.Clone(g.Telephones), func(t imsync.Telephone) bool {
			return t.Number == p.Telephone.Number
		})
	}
	return g
}

// add adds the group to the list, or its members to the group of that name.
func (o *owner) add(w *wanted, self bool) {
	g := w.Group
	if !self {
		g = w.without(o.person)
	}
	name := imgroup.NameKey(g.Name)
	for i := range o.Roster.Groups {
		if into := &o.Roster.Groups[i]; imgroup.NameKey(into.Name) == name {
			into.Contacts = slices.Concat(into.Contacts, g.Contacts)
			into.Telephones = slices.Concat(into.Telephones, g.Telephones)
			return
		}
	}
	o.Roster.Groups = append(o.Roster.Groups, g)
}
