package imsync_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// TestSync_NamesThatFold leaves groups alone whose names differ in case only, and what the roster wants
// in them, and says so.
func TestSync_NamesThatFold(t *testing.T) {
	t.Parallel()
	for name, wanted := range map[string]imsync.Roster{
		"wanted":      rosterOf(team("sales", "a@contoso.com", "n@contoso.com"), team("Other", "o@contoso.com")),
		"not wanted":  rosterOf(team("Other", "o@contoso.com")),
		"as a former": rosterOf(imsync.Group{Name: "Other", FormerName: "SALES"}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := ewstest.NewServer(nil)
			srv.Seed("",
				ewstest.Group{Name: "Sales", Members: []ewstest.Contact{{Address: "a@contoso.com"}}},
				ewstest.Group{Name: "SALES", Members: []ewstest.Contact{{Address: "b@contoso.com"}}},
				ewstest.Group{Name: "Other", Members: []ewstest.Contact{{Address: "n@contoso.com"}, {Address: "o@contoso.com"}}})
			plan, err := imsync.Sync(t.Context(), newClient(t, srv), wanted, prune)
			if err != nil {
				t.Fatal(err)
			}
			if note := strings.Join(plan.Plan.Notes, "; "); !strings.Contains(note, `2 groups have the name "Sales"`) {
				t.Errorf("notes %q do not name the groups", plan.Plan.Notes)
			}
			list := srv.List("")
			got := [][]string{addressesIn(list, "Sales"), addressesIn(list, "SALES")}
			if diff := cmp.Diff([][]string{{"a@contoso.com"}, {"b@contoso.com"}}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if _, ok := list.Contact("n@contoso.com"); ok != (name == "wanted") {
				t.Errorf("n@contoso.com is in the list: %t; it stays where it is while its group is left alone", ok)
			}
		})
	}
}

// TestApply_RemovesOnce removes the group of the exact name and id, and no other.
func TestApply_RemovesOnce(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		step imsync.Step
		want string // the groups that are left
		err  error
	}{
		{"by name", imsync.Step{Group: "old"}, "OLD", nil},
		{"in another case", imsync.Step{Group: "Old"}, "old OLD", nil},
		{"by id", imsync.Step{Group: "OLD", GroupID: "OLD"}, "old", nil},
		{"id of another", imsync.Step{Group: "old", GroupID: "OLD"}, "old OLD", imsync.ErrStale},
		{"id of none", imsync.Step{Group: "old", GroupID: "gone"}, "old OLD", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			srv := ewstest.NewServer(nil)
			for _, g := range srv.Seed("", ewstest.Group{Name: "old"}, ewstest.Group{Name: "OLD"}).Groups {
				if g.DisplayName == tc.step.GroupID {
					tc.step.GroupID = g.ExchangeStoreID.ID
				}
			}
			tc.step.Kind = imsync.RemoveGroup
			err := imsync.Apply(t.Context(), newClient(t, srv), imsync.Plan{Steps: []imsync.Step{tc.step}}, nil)
			if !errors.Is(err, tc.err) || (err == nil) != (tc.err == nil) {
				t.Errorf("%v; want %v", err, tc.err)
			}
			var left []string
			for _, g := range srv.Groups("") {
				left = append(left, g.DisplayName)
			}
			if got := strings.Join(left, " "); got != tc.want {
				t.Errorf("left: %s; want %s", got, tc.want)
			}
		})
	}
}

// TestApply_WithholdsWhatHasGrown: a plan that was reviewed with 1 contact does not remove 501.
func TestApply_WithholdsWhatHasGrown(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	client := newClient(t, srv)
	fill(t, client, rosterOf(team("Old", "a@contoso.com"), team("Kept")))
	plan, err := imsync.Diff(srv.List(""), rosterOf(team("Kept", "k@contoso.com")), prune)
	if err != nil {
		t.Fatal(err)
	}
	grown := team("Old", "a@contoso.com")
	for i := range 500 {
		grown.Contacts = append(grown.Contacts, imsync.Contact{Address: fmt.Sprintf("c%d@contoso.com", i)})
	}
	fill(t, client, rosterOf(grown, team("Kept")))
	err = imsync.Apply(t.Context(), client, plan, nil)
	if !errors.Is(err, imsync.ErrWithheld) || !errors.Is(err, imsync.ErrStale) ||
		!strings.Contains(err.Error(), "the group has 501 members, and 1 when the plan was made") {
		t.Errorf("%v; want the removal withheld", err)
	}
	checkInStep(t, srv.List(""), rosterOf(grown, team("Kept", "k@contoso.com")), true)
}

// TestSync_GroupGrowsBeforeItsRemoval has a person add a contact after the list was read.
func TestSync_GroupGrowsBeforeItsRemoval(t *testing.T) {
	t.Parallel()
	var add func(ctx context.Context)
	srv := ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
		if r.Op == "AddImGroup" && add != nil {
			f := add
			add = nil
			f(context.WithoutCancel(r.Context()))
		}
		if r.Op == "AddNewImContactToGroup" {
			return ewstest.DropAfter() // so that the list is read before the removal
		}
		return nil
	}})
	client := newClient(t, srv)
	srv.Seed("", ewstest.Group{Name: "Old"})
	plan, err := imsync.Diff(srv.List(""), rosterOf(team("New", "n@contoso.com")), prune)
	if err != nil {
		t.Fatal(err)
	}
	add = func(ctx context.Context) {
		srv.Seed("", ewstest.Group{Name: "Other"})
		old, _ := srv.List("").GroupByName("Old")
		contact := imsync.Step{Kind: imsync.AddContact, Group: old.DisplayName, Contact: imsync.Contact{Address: "p@contoso.com"}}
		_ = imsync.Apply(ctx, client, imsync.Plan{Steps: []imsync.Step{contact}}, nil)
	}
	if err := imsync.Apply(t.Context(), client, plan, nil); !errors.Is(err, imsync.ErrWithheld) {
		t.Errorf("%v; want the removal withheld", err)
	}
	if diff := cmp.Diff([]string{"p@contoso.com"}, addressesIn(srv.List(""), "Old")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRoster_Addresses: prefixes are stripped, and malformed addresses refused before anything is
// sent.
func TestRoster_Addresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"SMTP:anna@contoso.com":           "anna@contoso.com",
		"smtp:anna@contoso.com":           "anna@contoso.com",
		"sip:Anna@contoso.com":            "Anna@contoso.com",
		" MailTo: anna@contoso.com ":      "anna@contoso.com",
		"sip:SMTP:anna@contoso.com":       "anna@contoso.com",
		"o'neill+x@sub.contoso.com":       "o'neill+x@sub.contoso.com",
		"jörg@contoso.com":                "jörg@contoso.com",
		"Anna <anna@contoso.com>":         "without a name",
		"a@contoso.com;b@contoso.com":     "several addresses",
		"a@contoso.com, b@contoso.com":    "several addresses",
		"a@contoso.com b@contoso.com":     "a blank",
		"anna\u00a0ek@contoso.com":        "a blank",
		"anna\u200b@contoso.com":          "a blank or an invisible character",
		"n/a":                             "no @",
		"-":                               "no @",
		"anna":                            "no @",
		"@contoso.com":                    "user@domain",
		"anna@":                           "user@domain",
		"a@b@contoso.com":                 "user@domain",
		"x500:anna@contoso.com":           "user@domain",
		"sips:anna@contoso.com":           "user@domain",
		`"anna ek"@contoso.com`:           "a blank",
		`"anna"@contoso.com`:              "user@domain",
		"'anna@contoso.com'":              "user@domain",
		"anna@contoso.com.":               "user@domain",
		"anna@.contoso.com":               "user@domain",
		"anna@contoso..com":               "user@domain",
		"anna@-contoso.com":               "user@domain",
		"anna@contoso.com?":               "user@domain",
		"anna@contoso.com/phone":          "user@domain",
		"anna@contoso\uff0ecom":           "user@domain",
		"anna@[10.0.0.1]":                 "user@domain",
		".anna@contoso.com":               "user@domain",
		"anna.@contoso.com":               "user@domain",
		"anna..ek@contoso.com":            "user@domain",
		"mailto:anna@contoso.com?cc=b@c":  "user@domain",
		"mailto:anna@contoso.com?body=x":  "user@domain",
		"sip://anna@contoso.com":          "user@domain",
		"/o=Org/cn=anna@contoso.com":      "user@domain",
		"sip:anna@contoso.com;a=b":        "several addresses",
		"EUM:+1555;phone-context=x":       "no @",
		"anna\uff20contoso.com":           "no @",
		"anna\t@contoso.com":              "a blank",
		"anna\u034f@contoso.com":          "invisible",
		"anna\ufe0f@contoso.com":          "invisible",
		"anna\u3164@contoso.com":          "invisible",
		"anna\u2800@contoso.com":          "invisible",
		"anna\u007f@contoso.com":          "invisible",
		"anna\u0081@contoso.com":          "invisible",
		"\ufeffanna@contoso.com":          "invisible",
		"anna\ufffd@contoso.com":          "was lost",
		strings.Repeat("x", 400) + "@y.z": "320 at most",
		"anna@bu\u0308cher.example":       "anna@bu\u0308cher.example",
		"anna@xn--bcher-kva.example":      "anna@xn--bcher-kva.example",
		"anna@host_1":                     "anna@host_1",
		"anna@contoso.com\u00a0\t\n":      "anna@contoso.com",
		"IMCEAEX-_O=x+20y@contoso.com":    "IMCEAEX-_O=x+20y@contoso.com",
		"tel:+15550100":                   "list it under telephones",
		"/o=Org/ou=Site/cn=Recipients/x":  "no @",
		" ":                               "no address",
		"sip:":                            "no address",
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			srv := ewstest.NewServer(nil)
			roster := rosterOf(team("A", address))
			_, err := imsync.Sync(t.Context(), newClient(t, srv), roster, nil)
			lists := imsync.Roster{DistributionGroups: []imsync.DistributionGroup{{Address: address}}}
			listErr := lists.Check()
			if strings.Contains(want, "@") && want != "no @" && want != "user@domain" {
				if err != nil || listErr != nil || srv.List("").Personas[0].ImAddress != want {
					t.Errorf("%v, %v, %+v; want %s", err, listErr, srv.List("").Personas, want)
				}
				return
			}
			for _, err := range []error{err, listErr} {
				if !isA[*imsync.RosterError](err) || !strings.Contains(err.Error(), want) {
					t.Errorf("%v; want it refused: %s", err, want)
				}
			}
			if n := len(writes(srv)); n > 0 {
				t.Errorf("wrote %v", writes(srv))
			}
		})
	}
}

// TestExport_OddAddresses: malformed addresses of a list can be kept.
func TestExport_OddAddresses(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	odd := []ewstest.Contact{{Address: "n/a"}, {Address: "SMTP:anna@contoso.com"}}
	list := srv.Seed("", ewstest.Group{Name: "A", Members: odd})
	plan, err := imsync.Diff(list, imsync.Export(list), prune)
	if err != nil || !plan.Empty() {
		t.Errorf("%v, %v; want an empty plan", plan, err)
	}
	plan, err = imsync.Diff(list, rosterOf(team("A", "n/a", "anna@contoso.com")), prune)
	if err != nil || !plan.Empty() {
		t.Errorf("%v, %v; want an empty plan", plan, err)
	}
}

func TestRoster_FormerName(t *testing.T) {
	t.Parallel()
	g := formerly("B\v", "A")
	roster := rosterOf(g)
	if err := roster.Check(); err == nil || !strings.Contains(err.Error(), "the former name holds U+000B") {
		t.Errorf("%v; want the character refused", err)
	}
}

// TestSync_FurtherAddress: the contact that was given leaves, and one that a person has added stays,
// although the same address is a further one of it.
func TestSync_FurtherAddress(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.srv.Seed("", ewstest.Group{Name: "A", Members: []ewstest.Contact{{Address: "b@contoso.com"}}})
	m.sync(team("A", "a@contoso.com"))
	list := twoAddresses{m.client, "b@contoso.com", "a@contoso.com"}
	if _, err := imsync.Sync(t.Context(), list, rosterOf(team("A")), &imsync.Options{Remove: imsync.RemoveOwned, Owned: m.owned}); err != nil {
		t.Fatal(err)
	}
	m.want("A: b")
}

// twoAddresses is a client of a mailbox one of whose contacts has a further address.
type twoAddresses struct {
	imsync.Client
	address, further string
}

func (c twoAddresses) GetImItemList(ctx context.Context, q imgroup.ListQuery) (*imgroup.ItemList, error) {
	l, err := c.Client.GetImItemList(ctx, q)
	if err != nil {
		return nil, err
	}
	if p, ok := l.Contact(c.address); ok {
		p.ImAddresses = append(p.ImAddresses, imgroup.AttributedString{Value: c.further})
	}
	return l, nil
}

// TestSync_AddedAgain: a contact that a person adds again right after it was removed is the person's,
// although the list could not be read back.
func TestSync_AddedAgain(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.sync(team("A", "a@contoso.com"))
	applied, err := imsync.Sync(t.Context(), &addsAgain{m.client, func() { m.add("A", "a@contoso.com") }, false}, rosterOf(team("A")),
		&imsync.Options{Remove: imsync.RemoveOwned, Owned: m.owned})
	if err == nil {
		t.Fatal("the list was read back")
	}
	m.owned = reread(t, applied.Owned)
	m.sync(team("A"))
	m.want("A: a")
}

// addsAgain is a client of a mailbox whose person adds a removed membership again, and whose list cannot
// be read after that.
type addsAgain struct {
	imsync.Client
	add     func()
	removed bool
}

func (c *addsAgain) RemoveImContactFromGroup(ctx context.Context, contact imgroup.ContactID, g imgroup.GroupID) error {
	err := c.Client.RemoveImContactFromGroup(ctx, contact, g)
	c.add()
	c.removed = true
	return err
}

func (c *addsAgain) GetImItemList(ctx context.Context, q imgroup.ListQuery) (*imgroup.ItemList, error) {
	if c.removed {
		return nil, errors.New("no connection")
	}
	return c.Client.GetImItemList(ctx, q)
}
