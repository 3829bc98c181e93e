package imgroup_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/imgroup"
)

// contact makes a persona that is an IM contact.
func contact(source, address string) imgroup.Persona {
	return imgroup.Persona{
		PersonaID: imgroup.PersonaID{ID: "P" + source}, ImAddress: address,
		Attributions: []imgroup.Attribution{{
			SourceID:       imgroup.ItemID{ID: source, ChangeKey: "new"},
			IsQuickContact: true,
		}},
	}
}

func group(name, store string, members ...string) imgroup.ImGroup {
	g := imgroup.ImGroup{DisplayName: name, ExchangeStoreID: imgroup.GroupID{ID: store, ChangeKey: "new"}}
	for _, m := range members {
		g.Members = append(g.Members, imgroup.ContactID{ID: m, ChangeKey: "old"})
	}
	return g
}

func list() *imgroup.ItemList {
	noContact := imgroup.Persona{PersonaID: imgroup.PersonaID{ID: "A"}, ImAddress: "tony@contoso.com"}
	further := contact("C", "terry@contoso.com")
	further.ImAddresses = []imgroup.AttributedString{{Value: "sip:terence@contoso.com"}, {Value: "TONY@contoso.com"}}
	return &imgroup.ItemList{
		Groups: []imgroup.ImGroup{
			group("sales", "g1", "C", "A", "unknown", "A"), group("Sales", "g2"), group("Support", "g3", "B"),
			group("Support", "g4", "A"), group("", ""),
		},
		Personas: []imgroup.Persona{further, contact("A", "sip:Tony@Contoso.com"), contact("B", ""), noContact},
	}
}

func TestItemList_GroupByName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"sales": "g1", "Sales": "g2", "SALES": "g1", "Support": "g3", "support": "g3",
		" Sales": "", "Marketing": "", "": "",
	} {
		l := list()
		g, ok := l.GroupByName(name)
		if ok != (g != nil) || ok != (want != "" || name == "") {
			t.Errorf("%q: %v, %t", name, g, ok)
		}
		if g != nil && g.ExchangeStoreID.ID != want {
			t.Errorf("%q: group %s, want %s", name, g.ExchangeStoreID.ID, want)
		}
	}
}

// TestItemList_Pointers holds that look-ups point into the list.
func TestItemList_Pointers(t *testing.T) {
	t.Parallel()
	l := list()
	g, _ := l.GroupByName("Support")
	byID, _ := l.Group(imgroup.GroupID{ID: "g3"})
	p, _ := l.Contact("tony@contoso.com")
	if g != &l.Groups[2] || byID != g || p != &l.Personas[1] {
		t.Error("a look-up returns a copy")
	}
}

func TestItemList_Group(t *testing.T) {
	t.Parallel()
	l := list()
	if g, ok := l.Group(imgroup.GroupID{ID: "g4", ChangeKey: "other"}); !ok || g.ExchangeStoreID.ID != "g4" {
		t.Errorf("%v, %t: the change key counts", g, ok)
	}
	for _, id := range []imgroup.GroupID{{}, {ID: "G4"}, {ChangeKey: "new"}} {
		if g, ok := l.Group(id); ok || g != nil {
			t.Errorf("%v names %v", id, g)
		}
	}
}

// TestItemList_ContactsOf joins members to personas by the id alone.
func TestItemList_ContactsOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"g1": {"PC", "PA", "PA"}, "g2": nil, "g3": {"PB"}, "g4": {"PA"}, "g5": nil, "": nil,
	} {
		var got []string
		for _, p := range list().ContactsOf(imgroup.GroupID{ID: name, ChangeKey: "any"}) {
			got = append(got, p.PersonaID.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestItemList_GroupsOf(t *testing.T) {
	t.Parallel()
	key := func(id string) imgroup.GroupID { return imgroup.GroupID{ID: id, ChangeKey: "new"} }
	for name, want := range map[string][]imgroup.GroupID{"A": {key("g1"), key("g4")}, "B": {key("g3")}, "D": nil} {
		if diff := cmp.Diff(want, list().GroupsOf(imgroup.ContactID{ID: name})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestItemList_Contact compares without "sip:" and without case; a preferred address wins.
func TestItemList_Contact(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"tony@contoso.com": "PA", "sip:tony@contoso.com": "PA", "SIP:TONY@CONTOSO.COM": "PA",
		" tony@contoso.com ": "PA",
		"terry@contoso.com":  "PC", "terence@contoso.com": "PC", "sips:tony@contoso.com": "",
		"contoso.com": "", "": "", "sip:": "",
	} {
		l := list()
		p, ok := l.Contact(address)
		if ok != (want != "") || ok != (p != nil) || ok && p.PersonaID.ID != want {
			t.Errorf("%q: %v, want %q", address, p, want)
		}
	}
}

// TestItemList_ContactLong looks for an address of 10 KB among 100,000 contacts. Its key is
// computed once: nothing that grows with the list is allocated.
//
//nolint:paralleltest // counts allocations
func TestItemList_ContactLong(t *testing.T) {
	l := &imgroup.ItemList{Personas: make([]imgroup.Persona, 100_000)}
	further := []imgroup.AttributedString{{Value: "Ä"}, {Value: ""}}
	for i := range l.Personas {
		l.Personas[i] = imgroup.Persona{ImAddress: "sip:Ä@contoso.com", ImAddresses: further}
	}
	long := "sip:" + strings.Repeat("Ä", 5<<10) + "@contoso.com"
	allocs := testing.AllocsPerRun(1, func() {
		if p, ok := l.Contact(long); ok {
			t.Errorf("found %v", p)
		}
	})
	if allocs > 10 {
		t.Errorf("%v allocations, want those of one key", allocs)
	}
}

// TestItemList_EmptyIDs holds that an empty id names nothing, though the list may hold empty ids.
func TestItemList_EmptyIDs(t *testing.T) {
	t.Parallel()
	l := &imgroup.ItemList{Groups: []imgroup.ImGroup{group("a", "g1", ""), group("b", "", "", "C")}}
	for _, id := range []imgroup.ContactID{{}, {ChangeKey: "old"}} {
		if got := l.GroupsOf(id); got != nil || l.Groups[0].HasMember(id) || l.Groups[1].HasMember(id) {
			t.Errorf("%+v is in %v", id, got)
		}
	}
	if got := l.GroupsOf(imgroup.ContactID{ID: "C"}); got != nil {
		t.Errorf("%v: the group has no id", got)
	}
}

// TestSameAddress_Keys holds that addresses are the same exactly when their keys are equal.
func TestSameAddress_Keys(t *testing.T) {
	t.Parallel()
	addresses := []string{
		"", " ", "sip:", "SIP: ", "a", "A", "sip:a", "sip:sip:a", " a\n", "ab", "\u212A", "k", "K", "\u0130", "i\u0307",
		"İ", "ß", "ẞ", "SS", "\xff", "\uFFFD", "a\xff", "a\uFFFD", "Σ", "σ", "ς", "sip", "tel:a",
	}
	for _, a := range addresses {
		for _, b := range addresses {
			key := imgroup.AddressKey(a)
			if want := key != "" && key == imgroup.AddressKey(b); imgroup.SameAddress(a, b) != want {
				t.Errorf("%q and %q: the keys are %q and %q", a, b, key, imgroup.AddressKey(b))
			}
		}
	}
}

func TestItemList_Empty(t *testing.T) {
	t.Parallel()
	var l imgroup.ItemList
	_, byName := l.GroupByName("x")
	_, byAddress := l.Contact("x")
	_, byID := l.Group(imgroup.GroupID{ID: "x"})
	if byName || byAddress || byID || l.ContactsOf(imgroup.GroupID{ID: "x"}) != nil ||
		l.GroupsOf(imgroup.ContactID{ID: "x"}) != nil {
		t.Error("something is in an empty list")
	}
}

// TestPersona_ContactID chooses among several sources.
func TestPersona_ContactID(t *testing.T) {
	t.Parallel()
	source := func(id string, quick, hidden bool) imgroup.Attribution {
		return imgroup.Attribution{
			SourceID: imgroup.ItemID{ID: id, ChangeKey: "k" + id}, IsQuickContact: quick,
			IsHidden: hidden,
		}
	}
	for _, tc := range []struct {
		name    string
		sources []imgroup.Attribution
		want    string
	}{
		{"none", nil, ""},
		{"one", []imgroup.Attribution{source("a", true, false)}, "a"},
		{"an address book entry", []imgroup.Attribution{source("a", false, false)}, ""},
		{"hidden", []imgroup.Attribution{source("a", true, true)}, ""},
		{"second", []imgroup.Attribution{source("a", false, false), source("b", true, false)}, "b"},
		{"behind a hidden one", []imgroup.Attribution{source("a", true, true), source("b", true, false)}, "b"},
		{"behind one without id", []imgroup.Attribution{source("", true, false), source("b", true, false)}, "b"},
		{"first of two", []imgroup.Attribution{source("a", true, false), source("b", true, false)}, "a"},
		{"in front of a hidden one", []imgroup.Attribution{source("a", true, false), source("b", true, true)}, "a"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := imgroup.Persona{PersonaID: imgroup.PersonaID{ID: "persona"}, Attributions: tc.sources}
			got, ok := p.ContactID()
			want := imgroup.ContactID{}
			if tc.want != "" {
				want = imgroup.ContactID{ID: tc.want, ChangeKey: "k" + tc.want}
			}
			if got != want || ok != (tc.want != "") {
				t.Errorf("%v, %t, want %v", got, ok, want)
			}
		})
	}
}

func TestPersona_HasAddress(t *testing.T) {
	t.Parallel()
	p := imgroup.Persona{
		ImAddress: "sip:a@b.c", EmailAddress: imgroup.EmailAddress{Address: "mail@b.c"},
		ImAddresses: []imgroup.AttributedString{{Value: ""}, {Value: "X@B.C"}},
	}
	for address, want := range map[string]bool{
		"A@b.c": true, "sip:x@b.c": true, "mail@b.c": false, "": false,
		"sip:": false,
	} {
		if got := p.HasAddress(address); got != want {
			t.Errorf("%q: %t, want %t", address, got, want)
		}
	}
}

func TestSameAddress(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"a@b.c", "a@b.c", true},
		{"a@b.c", "sip:a@b.c", true},
		{"SIP:A@B.C", "a@b.c", true},
		{"\ta@b.c\n", "sip:a@b.c", true},
		{"\u00c4@b.c", "\u00e4@b.c", true},
		{"a@b.c", "tel:a@b.c", false},
		{"a@b.c", "a@b.d", false},
		{"", "", false},
		{"sip:", "", false},
		{"sip", "sip", true},
	} {
		if got := imgroup.SameAddress(tc.a, tc.b); got != tc.want || got != imgroup.SameAddress(tc.b, tc.a) {
			t.Errorf("%q and %q: %t, want %t", tc.a, tc.b, got, tc.want)
		}
	}
}

func TestGroupType_BuiltIn(t *testing.T) {
	t.Parallel()
	for typ, want := range map[imgroup.GroupType]bool{
		imgroup.Favorites: true, imgroup.OtherContacts: true, imgroup.Tagged: true,
		imgroup.UserGroup: false, imgroup.DistributionGroup: false, "": false, "IPM.DistList.MOC.New": false,
	} {
		if typ.BuiltIn() != want {
			t.Errorf("%q: want %t", typ, want)
		}
	}
}

func TestIDs_IsZero(t *testing.T) {
	t.Parallel()
	for id, want := range map[imgroup.ItemID]bool{{}: true, {ID: "x"}: false, {ChangeKey: "x"}: false} {
		if id.IsZero() != want || imgroup.GroupID(id).IsZero() != want || imgroup.ContactID(id).IsZero() != want ||
			imgroup.PersonaID(id).IsZero() != want {
			t.Errorf("%+v", id)
		}
	}
}

func TestNameKey(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"Sales", "SALES"}, {"K2", "\u212A2"}, {"ſ", "S"}, {"Straße", "STRASSE"}, {"a", "b"}} {
		if got := imgroup.NameKey(pair[0]) == imgroup.NameKey(pair[1]); got != strings.EqualFold(pair[0], pair[1]) {
			t.Errorf("%q and %q have the same key: %t", pair[0], pair[1], got)
		}
	}
}
