package imsync_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// TestDiff_OnePersonaOfTwoContacts: a persona may be put together from several quick contacts, each
// with another id.
func TestDiff_OnePersonaOfTwoContacts(t *testing.T) {
	t.Parallel()
	list := listOf(rosterOf(team("A"), team("B")))
	list.Personas = []imgroup.Persona{{
		ImAddress:   "sip:Anna@contoso.com",
		ImAddresses: []imgroup.AttributedString{{Value: "anna@contoso.com"}, {Value: "ae@contoso.com"}},
		Attributions: []imgroup.Attribution{
			{SourceID: imgroup.ItemID{ID: "outlook"}},
			{SourceID: imgroup.ItemID{ID: "hidden"}, IsQuickContact: true, IsHidden: true},
			{SourceID: imgroup.ItemID{ID: "one"}, IsQuickContact: true},
			{SourceID: imgroup.ItemID{ID: "two"}, IsQuickContact: true},
		},
	}}
	list.Groups[3].Members = []imgroup.ContactID{{ID: "one"}}
	list.Groups[4].Members = []imgroup.ContactID{{ID: "two"}}
	opts := &imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: anyNumber}
	for _, addresses := range [][]string{
		{"anna@contoso.com"}, {"AE@contoso.com"}, {"ae@contoso.com", "anna@contoso.com"},
	} {
		plan, err := imsync.Diff(list, rosterOf(team("A", addresses...), team("b", addresses...)), opts)
		if err != nil || !plan.Empty() {
			t.Errorf("%v: %v, %v; want an empty plan", addresses, plan, err)
		}
	}
}

func TestDiff_Strangers(t *testing.T) {
	t.Parallel()
	list := listOf(rosterOf(team("A", "x@contoso.com"), team("B")))
	list.Groups[3].Members = append(list.Groups[3].Members, imgroup.ContactID{ID: "nobody knows"})
	list.Groups[4].Members = []imgroup.ContactID{{ID: "nobody knows"}}
	plan, err := imsync.Diff(list, rosterOf(team("A")), &imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: anyNumber})
	if err != nil {
		t.Fatal(err)
	}
	want := "  A\n-   x@contoso.com\n" +
		"# group \"B\" is kept: the list does not tell who 1 of its members are\n"
	if diff := cmp.Diff(want, plan.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDiff_UnknownTypesAreLeftAlone(t *testing.T) {
	t.Parallel()
	list := listOf(rosterOf(team("New kind", "x@contoso.com")))
	list.Groups[3].GroupType = "IPM.DistList.MOC.SomethingNew"
	opts := &imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: anyNumber, AllowEmpty: true}
	if plan, err := imsync.Diff(list, imsync.Roster{}, opts); err != nil || !plan.Empty() {
		t.Errorf("%v, %v; want an empty plan", plan, err)
	}
	_, err := imsync.Diff(list, rosterOf(team("new kind")), opts)
	var conflict *imsync.ConflictError
	if !errors.As(err, &conflict) || !strings.Contains(err.Error(), "SomethingNew") {
		t.Errorf("%v; want a conflict that names the type", err)
	}
}

// TestDiff_PreferredAddressFirst: an address that is one contact's preferred one and a further one of
// another contact is the first one's.
func TestDiff_PreferredAddressFirst(t *testing.T) {
	t.Parallel()
	list := listOf(rosterOf(team("A", "old@contoso.com"), team("B", "shared@contoso.com")))
	list.Personas[0].ImAddresses = []imgroup.AttributedString{{Value: "shared@contoso.com"}}
	plan, err := imsync.Diff(list, rosterOf(team("A", "shared@contoso.com"), team("B", "shared@contoso.com")), prune)
	if err != nil {
		t.Fatal(err)
	}
	const want = "  A\n-   old@contoso.com\n+   shared@contoso.com\n"
	if diff := cmp.Diff(want, plan.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestDiff_TelephoneWithAddress: a server may give a telephone its tel URI as address.
func TestDiff_TelephoneWithAddress(t *testing.T) {
	t.Parallel()
	list := listOf(rosterOf(team("A", "tel:+1-562-555-0100;phone-context=x")))
	wanted := rosterOf(imsync.Group{Name: "A", Telephones: []imsync.Telephone{{Number: "+1 (562) 5550100"}}})
	if plan, err := imsync.Diff(list, wanted, prune); err != nil || !plan.Empty() {
		t.Errorf("%v, %v; want an empty plan", plan, err)
	}
	want := rosterOf(imsync.Group{Name: "A", Telephones: []imsync.Telephone{{Number: "+1-562-555-0100"}}})
	if diff := cmp.Diff(want, imsync.Export(list)); diff != "" {
		t.Errorf("export (-want +got):\n%s", diff)
	}
}

// TestDiff_Merge: what the roster says of a contact in one group holds for the others.
func TestDiff_Merge(t *testing.T) {
	t.Parallel()
	bare := imsync.Group{
		Name:       "A",
		Contacts:   []imsync.Contact{{Address: "x@contoso.com"}},
		Telephones: []imsync.Telephone{{Number: "1-2"}},
	}
	full := imsync.Group{
		Name:       "B",
		Contacts:   []imsync.Contact{{Address: "SIP:X@contoso.com", DisplayName: "Xenia"}},
		Telephones: []imsync.Telephone{{Number: "12", TelURI: "tel:+4912", SIPURI: "sip:12"}},
	}
	plan, err := imsync.Diff(nil, rosterOf(bare, full), nil)
	if err != nil {
		t.Fatal(err)
	}
	contact := imsync.Contact{Address: "x@contoso.com", DisplayName: "Xenia"}
	telephone := imsync.Telephone{Number: "1-2", TelURI: "tel:+4912", SIPURI: "sip:12"}
	want := imsync.Plan{Steps: []imsync.Step{
		{Kind: imsync.AddGroup, Group: "A"},
		{Kind: imsync.AddGroup, Group: "B"},
		{Kind: imsync.AddContact, Group: "A", Contact: contact},
		{Kind: imsync.AddTelephone, Group: "A", Telephone: telephone},
		{Kind: imsync.AddContact, Group: "B", Contact: contact},
		{Kind: imsync.AddTelephone, Group: "B", Telephone: telephone},
	}}
	if diff := cmp.Diff(want, plan); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// BenchmarkDiff compares a list as large as Exchange's limits allow with a roster that differs a
// little in every group.
func BenchmarkDiff(b *testing.B) {
	var current, wanted []imsync.Group
	for i := range 60 {
		g, w := team(fmt.Sprint("group ", i)), team(fmt.Sprint("group ", i))
		for j := range 50 {
			g.Contacts = append(g.Contacts, imsync.Contact{Address: fmt.Sprintf("c%d@contoso.com", (i*17+j)%1000)})
			w.Contacts = append(w.Contacts, imsync.Contact{Address: fmt.Sprintf("c%d@contoso.com", (i*17+j+1)%1000)})
		}
		current, wanted = append(current, g), append(wanted, w)
	}
	list := listOf(rosterOf(current...))
	for b.Loop() {
		if plan, err := imsync.Diff(list, rosterOf(wanted...), prune); err != nil || len(plan.Steps) != 120 {
			b.Fatal(len(plan.Steps), err)
		}
	}
}
