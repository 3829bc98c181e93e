package probe

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
)

// marker begins the prefix of everything that a run makes. Eight random letters follow.
const marker = "imlistprobe"

var prefixed = regexp.MustCompile(`(?i)^\s*(` + marker + `[a-z]{8})[ .]`)

// madeBy reports whether a name or address has the prefix of a run; "" is that of any.
func madeBy(prefix, s string) bool {
	m := prefixed.FindStringSubmatch(imgroup.BareAddress(s))
	return m != nil && (prefix == "" || strings.EqualFold(m[1], prefix))
}

// leftovers are the things in a list that runs have made.
type leftovers struct {
	groups   []imgroup.ImGroup
	contacts []imgroup.ContactID
	shared   []string // names of groups that are kept, since contacts of the list's owner are in them
}

func (l leftovers) any() bool { return len(l.groups)+len(l.contacts)+len(l.shared) > 0 }

// leftoversIn returns the leftovers in a list. A group with another name is one only if a run can have
// named it so: it has the name of a built-in group, and its members are all of a run.
func leftoversIn(items *imgroup.ItemList) leftovers {
	var left leftovers
	ours := map[string]bool{}
	for i := range items.Personas {
		p := &items.Personas[i]
		if id, ok := p.ContactID(); ok && addedBy(p) {
			ours[id.ID] = true
			left.contacts = append(left.contacts, imgroup.ContactID{ID: id.ID})
		}
	}
	builtIn := map[string]bool{}
	for _, g := range items.Groups {
		if g.GroupType.BuiltIn() {
			builtIn[imgroup.NameKey(g.DisplayName)] = true
		}
	}
	for _, g := range items.Groups {
		foreign := slices.ContainsFunc(g.Members, func(id imgroup.ContactID) bool { return !ours[id.ID] })
		named := madeBy("", g.DisplayName)
		renamed := len(g.Members) > 0 && !foreign && g.GroupType == imgroup.UserGroup &&
			builtIn[imgroup.NameKey(g.DisplayName)]
		switch {
		case g.GroupType.BuiltIn() || !named && !renamed:
		case foreign:
			left.shared = append(left.shared, g.DisplayName)
		default:
			left.groups = append(left.groups, g)
		}
	}
	return left
}

// addedBy reports whether a contact is of a run: its address begins so, or the name that it was given
// if the server does not return the address.
func addedBy(p *imgroup.Persona) bool {
	for _, address := range p.ImAddresses {
		if madeBy("", address.Value) {
			return true
		}
	}
	return madeBy("", p.ImAddress) || p.ImAddress == "" && madeBy("", p.DisplayName)
}

// rounds bounds the cleaning: each removes what it can and reads the list again.
const rounds = 20

// clean removes what runs have left in the list, and nothing else.
func clean(ctx context.Context, client *ews.Client) error {
	var failed error
	for range rounds {
		items, err := client.GetImItemList(ctx, imgroup.ListQuery{})
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			failed = err
			continue
		}
		left := leftoversIn(items)
		switch {
		case !left.any():
			return nil
		case len(left.groups) > 0:
			failed = removeGroups(ctx, client, left.groups)
		case len(left.contacts) > 0:
			// After the groups: a group that has the name of a built-in one is known by its contacts.
			failed = removeContacts(ctx, client, items, left.contacts)
		default:
			return fmt.Errorf("contacts of the list's owner are in %q, which therefore stays", left.shared)
		}
	}
	return fmt.Errorf("not everything could be removed: %w", cleanFailure(failed))
}

func cleanFailure(err error) error {
	if err == nil {
		return errors.New("the server reports that it removes, and does not")
	}
	return err
}

func removeGroups(ctx context.Context, client *ews.Client, groups []imgroup.ImGroup) (failed error) {
	for _, g := range groups {
		remove := client.RemoveImGroup
		if g.GroupType == imgroup.DistributionGroup {
			remove = client.RemoveDistributionGroupFromImList
		}
		if err := remove(ctx, current(&g)); err != nil {
			failed = err
		}
	}
	return failed
}

// removeContacts removes contacts from the list, or where the server refuses that, from each of their
// groups.
func removeContacts(ctx context.Context, client *ews.Client, items *imgroup.ItemList, contacts []imgroup.ContactID) (failed error) {
	for _, id := range contacts {
		err := client.RemoveContactFromImList(ctx, id)
		if err == nil {
			continue
		}
		failed = err
		groups := items.GroupsOf(id)
		for _, g := range groups {
			if err := client.RemoveImContactFromGroup(ctx, id, imgroup.GroupID{ID: g.ID}); err != nil {
				failed = err
			}
		}
		if len(groups) == 0 {
			failed = errors.Join(err, throughGroup(ctx, client, id))
		}
	}
	return failed
}

// throughGroup puts a contact without a group into one, and takes it out again.
func throughGroup(ctx context.Context, client *ews.Client, id imgroup.ContactID) error {
	g, err := client.AddImGroup(ctx, newPrefix()+" clean")
	if err != nil {
		return err
	}
	if err = client.AddImContactToGroup(ctx, id, current(g)); err == nil {
		err = client.RemoveImContactFromGroup(ctx, id, current(g))
	}
	return errors.Join(err, client.RemoveImGroup(ctx, current(g)))
}
