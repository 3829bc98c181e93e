package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/directory"
)

// ExchangeConfig is the access to a directory by Exchange itself, with the server and the account of the
// command.
type ExchangeConfig struct {
	// SIPIsMail takes the SMTP address of a person for the SIP address, which saves a request per
	// person.
	SIPIsMail bool `json:"sipIsMail"`
}

// Exchange is a directory that Exchange reads, by ExpandDL and ResolveNames. It is for one look-up at
// a time.
type Exchange struct {
	client   *ews.Client
	config   *ExchangeConfig
	parallel int
	people   map[string]*Person // by the key of the member; nil: Exchange does not show it
}

// NewExchange returns a directory. It looks up as many people at a time as parallel says.
func NewExchange(client *ews.Client, c *ExchangeConfig, parallel int) *Exchange {
	return &Exchange{client: client, config: c, parallel: parallel, people: map[string]*Person{}}
}

// Group implements [Directory]. The name is an SMTP address. Exchange returns no member of a dynamic
// group, nor of one whose members are hidden, so a group without members is an error, wherever it is.
func (x *Exchange) Group(ctx context.Context, name string) (*Group, error) {
	c, err := x.find(ctx, name)
	switch {
	case err != nil:
		return nil, err
	case c == nil:
		return nil, errors.New("no group has this address, or it is hidden from the address lists")
	case !c.IsGroup():
		return nil, fmt.Errorf("it is no distribution group, but of the type %s", c.Type)
	}
	e, err := directory.Expand(ctx, x.client, c.EmailAddress)
	if err != nil {
		return nil, err
	}
	if err := whole(e); err != nil {
		return nil, err
	}
	if err := x.lookUp(ctx, e.Members); err != nil {
		return nil, err
	}
	g := &Group{Name: cmp.Or(c.DisplayName, c.Name, c.EmailAddress), Cycles: e.Cycles}
	for _, m := range e.Members {
		if p := x.people[key(m)]; p != nil {
			g.Members = append(g.Members, *p)
		} else {
			g.Unread = append(g.Unread, label(m))
		}
	}
	return g, nil
}

// whole returns an error if an expansion may lack members.
func whole(e *directory.Expansion) error {
	for _, g := range e.Groups {
		switch g.State {
		case directory.Expanded:
		case directory.Empty:
			return fmt.Errorf("no member of %s is shown, as of a dynamic group or of one whose members are hidden", label(g.Mailbox))
		case directory.NotFound:
			return fmt.Errorf("the group %s in it is not shown, as one that is hidden from the address lists", label(g.Mailbox))
		default:
			return fmt.Errorf("only %d members of %s are shown, and there are more", g.Members, label(g.Mailbox))
		}
	}
	for _, m := range e.Members {
		if m.Type == directory.GroupMailbox {
			return fmt.Errorf("%s in it is a Microsoft 365 group, whose members ExpandDL does not return", label(m))
		}
	}
	return nil
}

// lookUp makes people of members that were not looked up before.
func (x *Exchange) lookUp(ctx context.Context, members []directory.Mailbox) error {
	var todo []directory.Mailbox
	for _, m := range members {
		if _, ok := x.people[key(m)]; !ok {
			todo = append(todo, m)
		}
	}
	people := make([]*Person, len(todo))
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(x.parallel)
	for i, m := range todo {
		all.Go(func() (err error) {
			if people[i], err = x.person(ctx, m); err != nil {
				return fmt.Errorf("member %s: %w", label(m), err)
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		return err
	}
	for i, m := range todo {
		x.people[key(m)] = people[i]
	}
	return nil
}

// person looks a member up. It returns nil for one that Exchange does not show.
func (x *Exchange) person(ctx context.Context, m directory.Mailbox) (*Person, error) {
	p := &Person{ID: key(m), Label: label(m), Mailbox: m.EmailAddress, Name: m.Name, External: m.Type != directory.User}
	switch m.Type {
	case directory.User, directory.Contact, directory.OneOff:
	case directory.PublicFolder:
		return p, nil
	default:
		return nil, nil //nolint:nilnil // it is not known whether it is a person
	}
	if x.config.SIPIsMail && isSMTP(m) {
		p.Address = m.EmailAddress
		return p, nil
	}
	if m.EmailAddress == "" {
		return nil, nil //nolint:nilnil // there is nothing to look it up by
	}
	c, err := x.find(ctx, m.EmailAddress)
	if err != nil || c == nil {
		return nil, err
	}
	p.Address, p.Name = c.SIPAddress(), cmp.Or(c.DisplayName, c.Name, m.Name)
	if !isSMTP(m) {
		p.ID, p.Label, p.Mailbox = key(c.Mailbox), label(c.Mailbox), c.EmailAddress
		if x.config.SIPIsMail {
			p.Address = c.EmailAddress
		}
	}
	return p, nil
}

// find returns the entry of the directory that has an address, nil if Exchange shows none.
func (x *Exchange) find(ctx context.Context, address string) (*directory.Candidate, error) {
	entry := "smtp:" + address
	if !strings.Contains(address, "@") {
		entry = address // the distinguished name of an older directory
	}
	r, err := directory.Resolve(ctx, x.client, entry)
	if errors.Is(err, directory.ErrorNameResolutionNoResults) {
		return nil, nil //nolint:nilnil // there is none
	}
	if err != nil {
		return nil, err
	}
	if len(r.Candidates) > 1 || r.More {
		r.Candidates = slices.DeleteFunc(r.Candidates, func(c directory.Candidate) bool {
			return !strings.EqualFold(c.EmailAddress, address)
		})
		if len(r.Candidates) != 1 {
			return nil, fmt.Errorf("several entries of the directory have the address %s", address)
		}
	}
	return &r.Candidates[0], nil
}

func isSMTP(m directory.Mailbox) bool {
	return m.RoutingType == "" || strings.EqualFold(m.RoutingType, "SMTP")
}

// key is equal for the same entry in all groups.
func key(m directory.Mailbox) string { return strings.ToLower(label(m)) }

// label names an entry for people.
func label(m directory.Mailbox) string { return cmp.Or(m.EmailAddress, m.Name) }
