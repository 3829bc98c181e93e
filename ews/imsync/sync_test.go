package imsync_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// anyNumber lets a plan remove everything.
var anyNumber = imsync.Limit{Percent: 100}

var prune = &imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: anyNumber}

func TestSync_FromNothingAndAgain(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	client := newClient(t, srv)
	roster := imsync.Roster{
		Groups: []imsync.Group{
			{
				Name: "Sales",
				Contacts: []imsync.Contact{
					{Address: "sip:Anna@contoso.com", DisplayName: "Anna Ek"}, {Address: "bert@contoso.com"},
				},
			},
			{
				Name:       "Research & <Development>",
				Contacts:   []imsync.Contact{{Address: "anna@contoso.com"}},
				Telephones: []imsync.Telephone{{Number: "+1 562 555 0100", SIPURI: "sip:john@contoso.com"}},
			},
			{Name: "Nobody yet"},
		},
		DistributionGroups: []imsync.DistributionGroup{{Address: "all@contoso.com"}},
	}
	plan, err := imsync.Sync(t.Context(), client, roster, prune)
	if err != nil || len(plan.Plan.Steps) != 8 {
		t.Fatalf("%v\n%v; want 8 steps", err, plan.Plan)
	}
	list := srv.List("")
	got := map[string][]string{}
	for _, g := range srv.Groups("") {
		got[g.DisplayName] = addressesIn(list, g.DisplayName)
	}
	want := map[string][]string{
		"Sales":                    {"anna@contoso.com", "bert@contoso.com"},
		"Research & <Development>": {"+1 562 555 0100", "anna@contoso.com"},
		"Nobody yet":               {},
		"all@contoso.com":          {},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	p, ok := list.Contact("anna@contoso.com")
	if !ok || p.DisplayName != "Anna Ek" || p.ImAddress != "Anna@contoso.com" {
		t.Errorf("contact %+v", p)
	}

	before := writes(srv)
	again, err := imsync.Sync(t.Context(), client, roster, prune)
	if err != nil || !again.Plan.Empty() {
		t.Errorf("second time: %v, %v; want an empty plan", again.Plan, err)
	}
	if diff := cmp.Diff(before, writes(srv)); diff != "" {
		t.Errorf("second time wrote (-before +after):\n%s", diff)
	}
}

func TestSync_DryRun(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	client := newClient(t, srv)
	plan, err := imsync.Sync(t.Context(), client, rosterOf(team("A", "x@contoso.com")), &imsync.Options{DryRun: true})
	if err != nil || len(plan.Plan.Steps) != 2 {
		t.Errorf("%v, %v; want 2 steps", plan.Plan, err)
	}
	if err := imsync.Apply(t.Context(), client, plan.Plan, &imsync.Options{DryRun: true}); err != nil {
		t.Error(err)
	}
	if n := len(writes(srv)); n > 0 {
		t.Errorf("a dry run wrote: %v", writes(srv))
	}
}

func TestSync_BuiltInGroupsStay(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	client := newClient(t, srv)
	favorites, _ := srv.List("").GroupByName("Favorites")
	contact := imgroup.ContactSpec{Address: "fav@contoso.com", Group: favorites.ExchangeStoreID}
	if _, err := client.AddNewImContactToGroup(t.Context(), contact); err != nil {
		t.Fatal(err)
	}
	fill(t, client, rosterOf(team("A", "fav@contoso.com", "x@contoso.com")))
	fill(t, client, rosterOf(team("B")))
	if diff := cmp.Diff([]string{"fav@contoso.com"}, addressesIn(srv.List(""), "Favorites")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(srv.List("").Personas); n != 1 {
		t.Errorf("%d contacts, want the favorite alone", n)
	}
}

// TestSync_Rename keeps the group's id, which remove and add would not.
func TestSync_Rename(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	client := newClient(t, srv)
	fill(t, client, rosterOf(team("Research", "a@contoso.com")))
	id := srv.Groups("")[0].ExchangeStoreID.ID
	renamed := formerly("Research", "R&D", "a@contoso.com")
	for range 2 {
		if _, err := imsync.Sync(t.Context(), client, rosterOf(renamed), nil); err != nil {
			t.Fatal(err)
		}
	}
	groups := srv.Groups("")
	if len(groups) != 1 || groups[0].DisplayName != "R&D" || groups[0].ExchangeStoreID.ID != id {
		t.Errorf("groups %+v", groups)
	}
	if n := writes(srv)["SetImGroup"]; n != 1 {
		t.Errorf("%d renames, want 1", n)
	}
}

// TestSync_FailedAdditionKeepsContacts: a contact whose new group cannot be made stays where it is.
func TestSync_FailedAdditionKeepsContacts(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
		if r.Op == "AddImContactToGroup" {
			return &ews.Error{Code: ews.ErrorInvalidImContactId}
		}
		return nil
	}})
	client := newClient(t, srv)
	fill(t, client, rosterOf(team("A", "mover@contoso.com", "gone@contoso.com")))
	wanted := rosterOf(team("A"), team("B", "mover@contoso.com", "new@contoso.com"))
	_, err := imsync.Sync(t.Context(), client, wanted, prune)
	var failed *imsync.Error
	if !errors.As(err, &failed) || !errors.Is(err, ews.ErrorInvalidImContactId) || !errors.Is(err, imsync.ErrWithheld) {
		t.Fatalf("%v; want the refusal", err)
	}
	want := "  A\n-   mover@contoso.com\n  B\n+   mover@contoso.com\n"
	if diff := cmp.Diff(want, failed.Remaining.String()); diff != "" {
		t.Errorf("remaining (-want +got):\n%s", diff)
	}
	list := srv.List("")
	got := [][]string{addressesIn(list, "A"), addressesIn(list, "B")}
	if diff := cmp.Diff([][]string{{"mover@contoso.com"}, {"new@contoso.com"}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSync_OneRefusalDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
		if strings.Contains(string(r.Body), "no.group@contoso.com") {
			return ews.ErrorInvalidImDistributionGroupSmtpAddress
		}
		return nil
	}})
	client := newClient(t, srv)
	roster := imsync.Roster{
		Groups:             []imsync.Group{team("A", "x@contoso.com")},
		DistributionGroups: []imsync.DistributionGroup{{Address: "no.group@contoso.com"}, {Address: "all@contoso.com"}},
	}
	_, err := imsync.Sync(t.Context(), client, roster, nil)
	if !errors.Is(err, ews.ErrorInvalidImDistributionGroupSmtpAddress) {
		t.Fatalf("%v; want the refusal", err)
	}
	for _, part := range []string{
		"imsync: not done: add distribution group no.group@contoso.com: ", "ErrorInvalidImDistributionGroupSmtpAddress",
	} {
		if !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q lacks %q, or is more than a line", err, part)
		}
	}
	if diff := cmp.Diff([]string{"x@contoso.com"}, addressesIn(srv.List(""), "A")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(srv.Groups("")); n != 2 {
		t.Errorf("%d groups, want 2", n)
	}
}

func TestSync_Progress(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	srv.Fail("AddImGroup", ewstest.DropAfter())
	var got []string
	opts := &imsync.Options{Progress: func(e imsync.Event) {
		got = append(got, fmt.Sprintf("%d/%d %v read back %v, unknown %v",
			e.Number, e.Total, e.Step, e.ReadBack, errors.Is(e.Err, ews.ErrOutcomeUnknown)))
	}}
	if _, err := imsync.Sync(t.Context(), newClient(t, srv), rosterOf(team("A", "x@contoso.com")), opts); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`1/2 add group "A" read back true, unknown true`,
		`1/2 add group "A" read back false, unknown false`,
		`2/2 add contact x@contoso.com to group "A" read back false, unknown false`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSync_FullList turns 64 groups into 64 others without a free place: no contact leaves the list on
// the way, although each leaves its groups.
func TestSync_FullList(t *testing.T) {
	t.Parallel()
	groups := func(name string) (all []imsync.Group) { // each contact in two groups
		for i := range 64 {
			all = append(all, team(fmt.Sprint(name, i), fmt.Sprintf("c%d@contoso.com", i/2)))
		}
		return all
	}
	m := newMailbox(t)
	m.sync(groups("old")...)
	ids := map[string]imgroup.ContactID{}
	for i := range 32 {
		address := fmt.Sprintf("c%d@contoso.com", i)
		ids[address] = m.contact(address)
	}
	m.sync(groups("new")...)
	checkInStep(t, m.srv.List(""), rosterOf(groups("new")...), true)
	for address, id := range ids {
		if m.contact(address) != id {
			t.Errorf("%s was removed and made again", address)
		}
	}
}
