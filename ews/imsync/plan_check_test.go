package imsync_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
)

// TestPlan_JSONRefused: another document is not taken for a plan that has nothing to do.
func TestPlan_JSONRefused(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.sync(team("A", "a@contoso.com"))
	record, backup := asJSON(t, m.owned), asJSON(t, imsync.NewBackup(m.srv.List(""), m.owned))
	for text, want := range map[string]string{
		`null`:                       "version 0",
		`[]`:                         "a JSON array cannot stand for the document: is the document a plan",
		`{"version":1}`:              "is the document a plan?",
		`{"version":1,"steps":null}`: "is the document a plan?",
		`{"version":1.5,"steps":[]}`: "a JSON number 1.5 cannot stand for version",
		`{"version":9,"wants":[]}`:   "version 9",
		record:                       `unknown field "groups"`,
		backup:                       `unknown field "groups"`,
		`{"version":1,"steps":{}}`:   "a JSON object cannot stand for steps",
		steps(`null`):                `step 1,  "": "" is no kind of step`,
		steps(`{"kind":"add_group","group":"A"},{"kind":"paint","group":"A"}`): `step 2, paint "A": "paint" is no kind of step`,
		steps(`{"kind":"Add_Group","group":"A"}`):                              "no kind of step",
		steps(`{"kind":"add_group","grup":"A"}`):                               `unknown field "grup"`,
		steps(`{"kind":"add_contact","group":"A"}`):                            "the address is missing",
	} {
		var plan imsync.Plan
		if err := json.Unmarshal([]byte(text), &plan); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %s", text, err, want)
		}
	}
	for text, want := range map[string]string{
		`{"version":1}`:           "no list of groups",
		`{"version":9,"wants":1}`: "version 9",
		steps(``):                 `unknown field "steps"`,
		backup:                    `unknown field "type"`,
	} {
		if err := json.Unmarshal([]byte(text), &imsync.Ownership{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("record: %s: %v; want %s", text, err, want)
		}
	}
}

func steps(s string) string { return `{"version":1,"steps":[` + s + `]}` }

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestApply_BadStep: nothing is sent of a plan one of whose steps fits no list.
func TestApply_BadStep(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]imsync.Step{
		"is no kind":                       {Kind: "paint", Group: "A"},
		`"" is no kind`:                    {},
		"the name of the group is missing": {Kind: imsync.AddGroup, Group: " ", GroupID: "id"},
		"name of the group":                {Kind: imsync.RemoveGroup},
		"the new name is missing":          {Kind: imsync.RenameGroup, Group: "Sales"},
		"the address is missing":           {Kind: imsync.AddContact, Group: "Sales", Contact: imsync.Contact{Address: "sip: "}},
		"address is missing":               {Kind: imsync.RemoveContact, Group: "Sales"},
		"address":                          {Kind: imsync.AddDistributionGroup, Group: "All"},
		"the number is missing":            {Kind: imsync.AddTelephone, Group: "Sales", Contact: imsync.Contact{Address: "a@contoso.com"}},
		"holds U+000B at byte 1":           {Kind: imsync.RenameGroup, Group: "Sales", NewName: "A\v"},
		"is not valid UTF-8": {
			Kind: imsync.AddContact, Group: "Sales",
			Contact: imsync.Contact{Address: "a@contoso.com", DisplayName: "\xff"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := ewstest.NewServer(nil)
			srv.Seed("", ewstest.Group{Name: "Sales", Members: []ewstest.Contact{{Address: "s@contoso.com"}}})
			plan := imsync.Plan{Steps: []imsync.Step{{Kind: imsync.AddGroup, Group: "New"}, step}}
			err := imsync.Apply(t.Context(), newClient(t, srv), plan, nil)
			if !isA[*imsync.ConflictError](err) || !strings.Contains(err.Error(), name) {
				t.Errorf("%v; want a conflict", err)
			}
			if n := len(srv.Requests()); n > 0 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// TestApply_TwiceWithRemovals: what the list has lost already does not count for the limit.
func TestApply_TwiceWithRemovals(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		roster imsync.Roster
		limit  imsync.Limit
	}{
		"contacts":   {rosterOf(team("A", "1@c.com"), team("B")), imsync.Limit{AtLeast: 4}},
		"the groups": {imsync.Roster{}, imsync.Limit{AtLeast: 6}},
		"all":        {imsync.Roster{}, imsync.Limit{Percent: 100}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := ewstest.NewServer(nil)
			client := newClient(t, srv)
			fill(t, client, rosterOf(team("A", "1@c.com", "2@c.com", "3@c.com", "4@c.com", "5@c.com"), team("B")))
			plan, err := imsync.Diff(srv.List(""), tc.roster, &imsync.Options{Remove: imsync.RemoveAll, AllowEmpty: true})
			if err != nil {
				t.Fatal(err)
			}
			limit := tc.limit
			for range 2 {
				if err := imsync.Apply(t.Context(), client, plan, &imsync.Options{MaxRemovals: limit}); err != nil {
					t.Error(err)
				}
				limit = imsync.Limit{Percent: -1} // nothing at all, and nothing is left to remove
			}
			checkInStep(t, srv.List(""), tc.roster, true)
		})
	}
}

// TestApply_BrakeCountsTheList: the limit holds whatever numbers a plan has.
func TestApply_BrakeCountsTheList(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	client := newClient(t, srv)
	fill(t, client, rosterOf(team("A", "1@c.com", "2@c.com")))
	before := len(writes(srv))
	plan := imsync.Plan{Steps: []imsync.Step{
		{Kind: imsync.RemoveGroup, Group: "gone", Members: math.MaxInt},
		{Kind: imsync.RemoveGroup, Group: "A", Members: math.MaxInt},
	}}
	err := imsync.Apply(t.Context(), client, plan, &imsync.Options{MaxRemovals: imsync.Limit{AtLeast: 1}})
	if !isA[*imsync.BrakeError](err) || !strings.Contains(err.Error(), "would remove 2 of the 2") || len(writes(srv)) != before {
		t.Errorf("%v, wrote %v; want the brake", err, writes(srv))
	}
}

// TestApply_OtherMembers: a group that has as many members as the plan says, but others, stays.
func TestApply_OtherMembers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		leaves, joins []string
		want          string
	}{
		"another one":        {[]string{"a@contoso.com"}, []string{"p@contoso.com"}, "Old: b p; Kept:"},
		"fewer, and another": {[]string{"a@contoso.com", "b@contoso.com"}, []string{"p@contoso.com"}, "Old: p; Kept:"},
		"fewer":              {[]string{"a@contoso.com"}, nil, "Kept:"},
		"the same one again": {[]string{"a@contoso.com"}, []string{"a@contoso.com"}, "Kept:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMailbox(t)
			m.sync(team("Old", "a@contoso.com", "b@contoso.com"), team("Kept"))
			made, err := imsync.Diff(m.srv.List(""), rosterOf(team("Kept")), &imsync.Options{Remove: imsync.RemoveOwned, Owned: m.owned})
			if err != nil {
				t.Fatal(err)
			}
			var plan imsync.Plan
			if err := json.Unmarshal([]byte(asJSON(t, made)), &plan); err != nil {
				t.Fatal(err)
			}
			for _, address := range tc.leaves {
				if err := m.client.RemoveImContactFromGroup(t.Context(), m.contact(address), m.group("Old")); err != nil {
					t.Fatal(err)
				}
			}
			for _, address := range tc.joins {
				m.add("Old", address)
			}
			stays := strings.HasPrefix(tc.want, "Old")
			stale := plan.Stale(m.srv.List(""))
			err = imsync.Apply(t.Context(), m.client, plan, nil)
			for _, err := range []error{stale, err} {
				if isA[*imsync.StaleError](err) != stays {
					t.Errorf("%v; want it stale: %t", err, stays)
				}
			}
			m.want(tc.want)
		})
	}
}

// TestApply_AddressAsInARoster: a plan that a person has written may have the addresses of a
// roster.
func TestApply_AddressAsInARoster(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	plan := imsync.Plan{Steps: []imsync.Step{
		{Kind: imsync.AddGroup, Group: "A"},
		{Kind: imsync.AddContact, Group: "A", Contact: imsync.Contact{Address: "SMTP:a@contoso.com"}},
		{Kind: imsync.AddDistributionGroup, Address: "mailto:all@contoso.com"},
	}}
	if err := imsync.Apply(t.Context(), m.client, plan, nil); err != nil {
		t.Fatal(err)
	}
	m.want("A: a; all@contoso.com:")
	if g, ok := m.srv.List("").GroupByName("all@contoso.com"); !ok || g.SMTPAddress != "all@contoso.com" {
		t.Errorf("%+v; want the distribution group under its address", g)
	}
}

// TestApply_OwnedOnly applies a plan that would remove everything with the policy that removes what
// is owned.
func TestApply_OwnedOnly(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.srv.Seed("", ewstest.Group{Name: "Friends", Members: []ewstest.Contact{{Address: "p@contoso.com"}}},
		ewstest.Group{Name: "Book club", SMTPAddress: "books@contoso.com"})
	m.sync(team("Friends", "a@contoso.com"), team("Old", "o@contoso.com"))
	opts := &imsync.Options{Remove: imsync.RemoveAll, AllowEmpty: true}
	plan, err := imsync.Diff(m.srv.List(""), rosterOf(team("Friends")), opts)
	if err != nil || len(plan.Steps) != 4 {
		t.Fatalf("%v, %v; want four removals", plan, err)
	}
	for i := range plan.Steps {
		plan.Steps[i].GroupID = "" // as a person would write it
	}
	opts.Remove, opts.Owned = imsync.RemoveOwned, m.owned
	if err := imsync.Apply(t.Context(), m.client, plan, opts); !errors.Is(err, imsync.ErrWithheld) {
		t.Errorf("%v; want two removals withheld", err)
	}
	m.want("Friends: p; Book club:")
}
