package imsync_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestDiff_Golden compares plans, as a diff and as steps, with testdata/plans/*/plan.golden.txt.
// The list is written as a roster too, and so are the members of Favorites.
func TestDiff_Golden(t *testing.T) {
	t.Parallel()
	inputs, err := filepath.Glob("testdata/plans/*.json")
	if err != nil || len(inputs) < 10 {
		t.Fatalf("%d cases: %v", len(inputs), err)
	}
	for _, input := range inputs {
		name := strings.TrimSuffix(filepath.Base(input), ".json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c struct {
				Favorites       []string
				Options         imsync.Options
				Current, Wanted imsync.Roster
			}
			text, err := os.ReadFile(input)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, &c); err != nil {
				t.Fatal(err)
			}
			got := describe(imsync.Diff(listOf(c.Current, c.Favorites...), c.Wanted, &c.Options))
			golden := strings.TrimSuffix(input, ".json") + ".golden.txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// describe is a plan as a golden file has it.
func describe(plan imsync.Plan, err error) string {
	if err != nil {
		return fmt.Sprintln("error:", err)
	}
	var b strings.Builder
	b.WriteString(plan.String())
	for i, s := range plan.Steps {
		fmt.Fprintf(&b, "\n%d. %s", i+1, s)
	}
	return b.String() + "\n"
}

func TestDiff_ChangesNothing(t *testing.T) {
	t.Parallel()
	current := func() *imgroup.ItemList {
		return listOf(rosterOf(team("A", "x@contoso.com", "y@contoso.com"), team("B")), "f@contoso.com")
	}
	wanted := func() imsync.Roster {
		return rosterOf(team("B", "x@contoso.com", "sip:X@contoso.com"), team("C", " z@contoso.com "))
	}
	list, roster := current(), wanted()
	opts := &imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: anyNumber}
	first, err := imsync.Diff(list, roster, opts)
	if err != nil {
		t.Fatal(err)
	}
	second, err := imsync.Diff(list, roster, opts)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("two plans for the same (-first +second):\n%s", diff)
	}
	if diff := cmp.Diff(wanted(), roster); diff != "" {
		t.Errorf("the roster was changed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(current(), list); diff != "" {
		t.Errorf("the list was changed (-want +got):\n%s", diff)
	}
}

func TestDiff_RosterErrors(t *testing.T) {
	t.Parallel()
	phone := func(number, tel, sip string) imsync.Group {
		return imsync.Group{
			Name:       "P" + number + tel + sip,
			Telephones: []imsync.Telephone{{Number: number, TelURI: tel, SIPURI: sip}},
		}
	}
	for _, tc := range []struct {
		name   string
		roster imsync.Roster
		opts   imsync.Options
		want   string
	}{
		{"no name", rosterOf(team("")), imsync.Options{}, "group 1 has no name"},
		{"blank name", rosterOf(team("A"), team(" \t")), imsync.Options{}, "group 2 has no name"},
		{"same name", rosterOf(team("A"), team("A")), imsync.Options{}, `group "A": the name is listed twice`},
		{
			"case", rosterOf(team("Sales"), team("SALES")),
			imsync.Options{},
			`"SALES": the name differs from "Sales" in case only`,
		},
		{"Kelvin sign", rosterOf(team("K2"), team("\u212A2")), imsync.Options{}, "in case only"},
		{"no address", rosterOf(team("A", "x@c.com", " ")), imsync.Options{}, `group "A": contact 2 has no address`},
		{"scheme only", rosterOf(team("A", "sip:")), imsync.Options{}, "contact 1 has no address"},
		{"control character", rosterOf(team("A\v")), imsync.Options{}, "the name holds U+000B at byte 1"},
		{"not UTF-8", rosterOf(team("A", "x\xff@c.com")), imsync.Options{}, "the address is not valid UTF-8"},
		{"no number", rosterOf(phone("+", "", "")), imsync.Options{}, "telephone 1 has no number"},
		{
			"URI of another", rosterOf(phone("1", "tel:2", ""), phone("2", "", "")),
			imsync.Options{},
			"has other URIs|the tel URI is that of",
		},
		{
			"other SIP URI", rosterOf(phone("1", "", "sip:a"), phone("1", "", "sip:b")),
			imsync.Options{},
			"has other URIs elsewhere",
		},
		{
			"distribution group without address",
			imsync.Roster{DistributionGroups: []imsync.DistributionGroup{{}}},
			imsync.Options{},
			"distribution group 1 has no address",
		},
		{
			"distribution group twice",
			imsync.Roster{DistributionGroups: []imsync.DistributionGroup{
				{Address: "a@c.com", DisplayName: "A"}, {Address: "A@c.com", DisplayName: "B"},
			}},
			imsync.Options{},
			`"A@c.com" is listed twice`,
		},
		{
			"both kinds of one name",
			imsync.Roster{
				Groups:             []imsync.Group{team("all")},
				DistributionGroups: []imsync.DistributionGroup{{Address: "a@c.com", DisplayName: "All"}},
			},
			imsync.Options{},
			"in case only",
		},
		{"empty", imsync.Roster{}, imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: anyNumber}, "allow an empty roster"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			plan, err := imsync.Diff(listOf(imsync.Roster{}), tc.roster, &tc.opts)
			var bad *imsync.RosterError
			if !errors.As(err, &bad) || len(plan.Steps) > 0 {
				t.Fatalf("%v, %v; want a RosterError", plan, err)
			}
			found := false
			for want := range strings.SplitSeq(tc.want, "|") {
				found = found || strings.Contains(err.Error(), want)
			}
			if !found || strings.ContainsAny(err.Error(), "\n\v") || !utf8.ValidString(err.Error()) {
				t.Errorf("%q lacks %q, or is no clean line", err, tc.want)
			}
		})
	}
}

func TestDiff_ManyProblems(t *testing.T) {
	t.Parallel()
	_, err := imsync.Diff(nil, rosterOf(team(""), team(""), team(""), team("A", ""), team("a")), nil)
	var bad *imsync.RosterError
	if !errors.As(err, &bad) || len(bad.Problems) != 5 {
		t.Fatalf("%#v; want 5 problems", err)
	}
	if !strings.HasSuffix(err.Error(), "; and 2 more") {
		t.Errorf("%q does not say that there are more", err)
	}
}

func TestDiff_Empty(t *testing.T) {
	t.Parallel()
	full := listOf(rosterOf(team("A", "x@contoso.com")))
	for _, tc := range []struct {
		name  string
		list  *imgroup.ItemList
		opts  *imsync.Options
		steps int
	}{
		{"nothing at all", nil, nil, 0},
		{"no prune", full, nil, 0},
		{"prune and meant", full, &imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: anyNumber, AllowEmpty: true}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			plan, err := imsync.Diff(tc.list, imsync.Roster{}, tc.opts)
			if err != nil || len(plan.Steps) != tc.steps || plan.Empty() != (tc.steps == 0) {
				t.Errorf("%v, %v; want %d steps", plan, err, tc.steps)
			}
		})
	}
}

func TestDiff_Limits(t *testing.T) {
	t.Parallel()
	many := func(n int) (all []imsync.Group) {
		for i := range n {
			all = append(all, team(fmt.Sprint("group ", i), fmt.Sprintf("c%d@contoso.com", i)))
		}
		return all
	}
	crowd := imsync.Group{Name: "crowd"}
	for i := range 1000 {
		crowd.Contacts = append(crowd.Contacts, imsync.Contact{Address: fmt.Sprintf("c%d@contoso.com", i)})
	}
	moved := many(64)
	moved[0].Name, moved[0].FormerName = "new", ""
	renamed := many(64)
	renamed[0].Name, renamed[0].FormerName = "new", "group 0"
	var others []imsync.Group // the same contacts in groups of other names
	for _, g := range many(63) {
		others = append(others, imsync.Group{Name: "other " + g.Name, Contacts: g.Contacts})
	}
	last := append(slices.Clone(others), team("other", "c64@contoso.com"))
	others = append(others, team("other"))
	half := imsync.Group{Name: "A", Contacts: slices.Concat(crowd.Contacts[:600], team("", "a@contoso.com").Contacts)}
	pairs := func(name string) (all []imsync.Group) { // each contact in two groups
		for i := range 64 {
			all = append(all, team(fmt.Sprint(name, i), fmt.Sprintf("c%d@contoso.com", i/2)))
		}
		return all
	}
	replaced := many(64)
	replaced[0] = team("new", "other@contoso.com")

	for _, tc := range []struct {
		name            string
		current, wanted imsync.Roster
		opts            imsync.Options
		what, group     string
		need, final     int
	}{
		{"64 groups", rosterOf(), rosterOf(many(64)...), imsync.Options{}, "", "", 0, 0},
		{"65 groups", rosterOf(), rosterOf(many(65)...), imsync.Options{}, "groups", "", 65, 65},
		{"65 groups where 100 are taken", rosterOf(), rosterOf(many(65)...), imsync.Options{MaxGroups: 100}, "", "", 0, 0},
		{"65 groups unchecked", rosterOf(), rosterOf(many(65)...), imsync.Options{MaxGroups: -1}, "", "", 0, 0},
		{
			"more than the limit, none added", rosterOf(many(70)...),
			rosterOf(team("group 1", "new@contoso.com")),
			imsync.Options{},
			"", "", 0, 0,
		},
		{"full, and one more", rosterOf(many(64)...), rosterOf(team("new")), imsync.Options{}, "groups", "", 65, 65},
		{"full, one replaced", rosterOf(many(64)...), rosterOf(replaced...), imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: anyNumber}, "", "", 0, 0},
		{
			"full, one moved away from", rosterOf(many(64)...), rosterOf(moved...),
			imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: anyNumber},
			"groups", "", 65, 64,
		},
		{"full, one renamed", rosterOf(many(64)...), rosterOf(renamed...), imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: anyNumber}, "", "", 0, 0},
		{
			"distribution groups count", rosterOf(many(64)...),
			imsync.Roster{DistributionGroups: []imsync.DistributionGroup{{Address: "all@contoso.com"}}},
			imsync.Options{},
			"groups", "", 65, 65,
		},
		{"1000 contacts", rosterOf(), rosterOf(crowd), imsync.Options{}, "", "", 0, 0},
		{
			"64 groups to 64 other names, with one free place", rosterOf(append(many(63), team("gone", "x@contoso.com"))...),
			rosterOf(others...),
			imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: anyNumber},
			"", "", 0, 0,
		},
		{
			"64 groups to 64 other names, without one", rosterOf(append(many(63), team("gone", "c64@contoso.com"))...),
			rosterOf(last...),
			imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: anyNumber},
			"groups", "", 65, 64,
		},
		{
			"64 groups to 64 other names, with contacts in several", rosterOf(pairs("old")...), rosterOf(pairs("new")...),
			imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: anyNumber},
			"", "", 0, 0,
		},
		{"1601 contacts in two groups", rosterOf(crowd), rosterOf(half), imsync.Options{}, "", "", 0, 0},
		{
			"1001 contacts in a group", rosterOf(crowd), rosterOf(team("crowd", "one@contoso.com")),
			imsync.Options{},
			"contacts", "crowd", 1001, 1001,
		},
		{
			"1001st for another in a group", rosterOf(crowd),
			rosterOf(imsync.Group{Name: "crowd", Contacts: slices.Concat(crowd.Contacts[1:], half.Contacts[600:])}),
			imsync.Options{Remove: imsync.RemoveAll},
			"", "", 0, 0,
		},
		{
			"1001st for one that moves", rosterOf(crowd),
			rosterOf(imsync.Group{Name: "crowd", Contacts: slices.Concat(crowd.Contacts[1:], half.Contacts[600:])}, team("A", "c0@contoso.com")),
			imsync.Options{Remove: imsync.RemoveAll},
			"", "", 0, 0,
		},
		{"1001 contacts unchecked", rosterOf(crowd), rosterOf(team("crowd", "one@contoso.com")), imsync.Options{MaxContacts: -1}, "", "", 0, 0},
		{
			"1001 contacts of the list", rosterOf(crowd), rosterOf(team("A", "one@contoso.com")),
			imsync.Options{ContactsPerList: true},
			"contacts", "", 1001, 1001,
		},
		{
			"1001st of the list for another", rosterOf(crowd), rosterOf(team("A", "one@contoso.com")),
			imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: anyNumber, ContactsPerList: true},
			"", "", 0, 0,
		},
		{"a contact of the list", rosterOf(crowd), rosterOf(team("A", "c1@contoso.com")), imsync.Options{ContactsPerList: true}, "", "", 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := imsync.Diff(listOf(tc.current), tc.wanted, &tc.opts)
			var limit *imsync.LimitError
			if !errors.As(err, &limit) {
				limit = &imsync.LimitError{}
			}
			want := imsync.LimitError{What: tc.what, Group: tc.group, Need: tc.need, Final: tc.final, Limit: limit.Limit}
			if diff := cmp.Diff(want, *limit); diff != "" || (err == nil) != (tc.what == "") {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}
