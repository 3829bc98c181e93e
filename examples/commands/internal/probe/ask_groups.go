package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/directory"
	"github.com/go-ews/exchange/imgroup"
)

func neverUsed(ctx context.Context, s *session) (seen, error) {
	state, err := directory.State(ctx, s.client)
	switch {
	case err != nil:
		return seen{}, err
	case state.Use != directory.NeverUsed:
		return seen{what: "a list that is " + string(state.Use)}, nil
	case len(state.List.Groups) == 0:
		return seen{what: "no groups"}, nil
	}
	return seen{what: "built-in groups"}, nil
}

// read returns what the server does with GetImItemList.
func (s *session) read(ctx context.Context, client *ews.Client) (seen, error) {
	_, err := client.GetImItemList(ctx, imgroup.ListQuery{})
	return saw(err)
}

func mustUnderstand(ctx context.Context, s *session) (seen, error) {
	return s.read(editing(ctx, "</soap:Header>",
		`<p:Probe xmlns:p="urn:imlist-probe" soap:mustUnderstand="1"/></soap:Header>`), s.client)
}

func version2016(ctx context.Context, s *session) (seen, error) {
	if _, err := s.list(ctx); err != nil { // a fault does not say the server's version
		return seen{}, err
	}
	if s.version.Major != 15 || s.version.Minor != 1 {
		return seen{what: fmt.Sprintf("a server of build %d.%d", s.version.Major, s.version.Minor)}, nil
	}
	return s.unknownVersion(ctx)
}

// unknownVersion asks for a version that does not exist.
func (s *session) unknownVersion(ctx context.Context) (seen, error) {
	return s.read(editing(ctx, `<t:RequestServerVersion Version="`, `<t:RequestServerVersion Version="Exchange2099`), s.client)
}

func sidUnknown(ctx context.Context, s *session) (seen, error) {
	return s.read(ctx, s.client.Impersonate(ews.SID("S-1-5-21-1004336348-1177238915-682003330-1999999999")))
}

func ownMailbox(ctx context.Context, s *session) (seen, error) {
	header := s.client.Header()
	if header.Impersonate.IsZero() {
		return seen{}, errors.New("needs an account without a mailbox, and --mailbox")
	}
	header.Impersonate = ews.Account{}
	response, err := s.read(ctx, s.client.WithHeader(header))
	if response.what == done {
		response.what = "an account with a mailbox"
	}
	return response, err
}

func expandHidden(ctx context.Context, s *session) (seen, error) {
	if s.opts.HiddenGroup == "" {
		return seen{}, errors.New("needs a hidden group: --hidden-group")
	}
	_, err := directory.Expand(ctx, s.client, s.opts.HiddenGroup)
	response, err := saw(err)
	if response.what == done {
		response.what = "found"
	}
	return response, err
}

// goneGroup returns the id of a group that was removed.
func (s *session) goneGroup(ctx context.Context) (imgroup.GroupID, error) {
	group, err := s.group(ctx, "gone")
	if err == nil {
		err = s.client.RemoveImGroup(ctx, group)
	}
	return group, err
}

func unknownGroup(ctx context.Context, s *session) (seen, error) {
	group, err := s.goneGroup(ctx)
	if err != nil {
		return seen{}, err
	}
	return saw(s.client.SetImGroup(ctx, group, s.name("x")))
}

func namesFold(ctx context.Context, s *session) (seen, error) {
	if _, err := s.group(ctx, "a"); err != nil {
		return seen{}, err
	}
	_, err := s.client.AddImGroup(ctx, strings.ToUpper(s.name("a")))
	return saw(err)
}

func renameCase(ctx context.Context, s *session) (seen, error) {
	if s.verdicts["names-fold"] != yes {
		return seen{what: "unless names are compared without case, this is another name"}, nil
	}
	group, err := s.group(ctx, "b")
	if err != nil {
		return seen{}, err
	}
	return saw(s.client.SetImGroup(ctx, group, strings.ToUpper(s.name("b"))))
}

func namesKept(ctx context.Context, s *session) (seen, error) {
	group, err := s.group(ctx, "e")
	if err != nil {
		return seen{}, err
	}
	name := " " + s.name("blanks") + " "
	if response, bad, err := refused(s.client.SetImGroup(ctx, group, name)); bad {
		return response, err
	}
	items, err := s.list(ctx)
	if err != nil {
		return seen{}, err
	}
	switch g, ok := items.Group(group); {
	case ok && g.DisplayName == name:
		return seen{what: "kept"}, nil
	case ok && g.DisplayName == strings.TrimSpace(name):
		return seen{what: "trimmed"}, nil
	}
	return seen{what: "another name"}, nil
}

func oldChangeKeys(ctx context.Context, s *session) (seen, error) {
	if _, err := s.group(ctx, "c"); err != nil {
		return seen{}, err
	}
	items, err := s.list(ctx)
	if err != nil {
		return seen{}, err
	}
	g := groupNamed(items, s.name("c"))
	if g == nil || g.ExchangeStoreID.ChangeKey == "" {
		return seen{what: "no change key"}, nil
	}
	id := g.ExchangeStoreID
	if response, bad, err := refused(s.client.SetImGroup(ctx, id, s.name("c1"))); bad {
		return seen{"the current key: " + response.what, response.text}, err
	}
	return saw(s.client.SetImGroup(ctx, id, s.name("c2")))
}

func changeKeyForm(ctx context.Context, s *session) (seen, error) {
	id, err := s.group(ctx, "a")
	if err != nil {
		return seen{}, err
	}
	id.ChangeKey = "no base64!"
	return saw(s.client.SetImGroup(ctx, id, s.name("a")))
}

func itemsOrder(ctx context.Context, s *session) (seen, error) {
	for _, n := range []string{"a", "f"} {
		if _, err := s.group(ctx, n); err != nil {
			return seen{}, err
		}
	}
	items, err := s.list(ctx)
	if err != nil {
		return seen{}, err
	}
	var ids []imgroup.GroupID
	for _, g := range items.Groups {
		if madeBy(s.prefix, g.DisplayName) && g.GroupType == imgroup.UserGroup {
			ids = append(ids, current(&g))
		}
	}
	if len(ids) < 2 {
		return seen{what: "fewer than two groups"}, nil
	}
	query := imgroup.ItemQuery{Groups: []imgroup.GroupID{ids[1], ids[0]}}
	found, err := s.client.GetImItems(ctx, query)
	if err != nil || len(found.Groups) != 2 {
		response, err := saw(err)
		return seen{"not two groups", response.text}, err
	}
	if found.Groups[0].ExchangeStoreID.ID == ids[0].ID {
		return seen{what: "of the list"}, nil
	}
	return seen{what: "of the request"}, nil
}

// builtIn returns the built-in group that people see the least.
func (s *session) builtIn(ctx context.Context) (*imgroup.ImGroup, error) {
	if _, err := s.group(ctx, "a"); err != nil { // perhaps the list has none before the first write
		return nil, err
	}
	items, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	for _, kind := range []imgroup.GroupType{imgroup.Tagged, imgroup.OtherContacts, imgroup.Favorites} {
		i := slices.IndexFunc(items.Groups, func(g imgroup.ImGroup) bool { return g.GroupType == kind })
		if i >= 0 && items.Groups[i].DisplayName != "" {
			return &items.Groups[i], nil
		}
	}
	return nil, errors.New("the list has no built-in group")
}

// builtInFixed renames nothing, with any response. That RemoveImGroup is refused as well is
// not tried: a built-in group could not be put back.
func builtInFixed(ctx context.Context, s *session) (seen, error) {
	g, err := s.builtIn(ctx)
	if err != nil {
		return seen{}, err
	}
	return saw(s.client.SetImGroup(ctx, current(g), g.DisplayName))
}

// namesBuiltIn renames a group that holds a contact of this run, by which it is known if the run ends
// before it is renamed back.
func namesBuiltIn(ctx context.Context, s *session) (seen, error) {
	_, group, err := s.contact(ctx)
	if err != nil {
		return seen{}, err
	}
	builtIn, err := s.builtIn(ctx)
	if err != nil {
		return seen{}, err
	}
	response, err := saw(s.client.SetImGroup(ctx, group, builtIn.DisplayName))
	if err != nil || response.what == done {
		s.renameBack(ctx, group)
	}
	return response, err
}

// renameBack gives the group of a contact its own name again. Without that, its contact is the mark
// by which the group is found, so nothing may move the contact.
func (s *session) renameBack(ctx context.Context, group imgroup.GroupID) {
	for range 3 {
		back, err := saw(s.client.SetImGroup(ctx, group, s.name("m")))
		if err == nil && (back.what == done || back.what == nameTaken) {
			return
		}
	}
	s.abandoned = true
}

func distributionGroups(ctx context.Context, s *session) (seen, error) {
	group, err := s.distributionGroup(ctx)
	if err != nil {
		return seen{}, err
	}
	return saw(s.client.SetImGroup(ctx, group, s.name("D1")))
}

func distributionGroupAgain(ctx context.Context, s *session) (seen, error) {
	if _, err := s.distributionGroup(ctx); err != nil {
		return seen{}, err
	}
	_, err := s.client.AddDistributionGroupToImList(ctx, s.distributionAddress(), s.name("D2"))
	return saw(err)
}
