package imsync_test

import (
	"context"
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

var prune = &imsync.Options{Prune: true}

func TestSync_FromNothingAndAgain(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	client := newClient(t, srv)
	roster := imsync.Roster{
		Groups: []imsync.Group{
			{
				Name:     "Sales",
				Contacts: []imsync.Contact{{Address: "sip:Anna@contoso.com", DisplayName: "Anna Ek"}, {Address: "bert@contoso.com"}},
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
	if err != nil || len(plan.Steps) != 8 {
		t.Fatalf("%v\n%v; want 8 steps", err, plan)
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
	if p, _ := list.Contact("anna@contoso.com"); p == nil || p.DisplayName != "Anna Ek" || p.ImAddress != "sip:Anna@contoso.com" {
		t.Errorf("contact %+v", p)
	}

	before := writes(srv)
	again, err := imsync.Sync(t.Context(), client, roster, prune)
	if err != nil || !again.Empty() {
		t.Errorf("second time: %v, %v; want an empty plan", again, err)
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
	if err != nil || len(plan.Steps) != 2 {
		t.Errorf("%v, %v; want 2 steps", plan, err)
	}
	if err := imsync.Apply(t.Context(), client, plan, &imsync.Options{DryRun: true}); err != nil {
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
	contact := imgroup.NewContact{Address: "fav@contoso.com", Group: favorites.ExchangeStoreID}
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
	renamed := team("R&D", "a@contoso.com")
	renamed.FormerName = "Research"
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

// TestSync_Faults lets the one write of each kind meet each fault after which nobody knows whether it
// was done. Two more of it would show up in the counts.
func TestSync_Faults(t *testing.T) {
	t.Parallel()
	tel := imsync.Group{Name: "A", Telephones: []imsync.Telephone{{Number: "1", SIPURI: "sip:1@contoso.com"}}}
	all := imsync.DistributionGroup{Address: "all@contoso.com", DisplayName: "All"}
	former := team("B")
	former.FormerName = "A"
	operations := []struct {
		op              string
		current, wanted imsync.Roster
	}{
		{"AddImGroup", rosterOf(), rosterOf(team("A"))},
		{"SetImGroup", rosterOf(team("A")), rosterOf(former)},
		{"RemoveImGroup", rosterOf(team("A", "x@contoso.com"), team("B")), rosterOf(team("B"))},
		{"AddNewImContactToGroup", rosterOf(team("A")), rosterOf(team("A", "x@contoso.com"))},
		{"AddNewTelUriContactToGroup", rosterOf(team("A")), rosterOf(tel)},
		{
			"AddImContactToGroup", rosterOf(team("A", "x@contoso.com"), team("B")),
			rosterOf(team("A", "x@contoso.com"), team("B", "x@contoso.com")),
		},
		{"RemoveImContactFromGroup", rosterOf(team("A", "x@contoso.com", "y@contoso.com")), rosterOf(team("A", "y@contoso.com"))},
		{
			"AddDistributionGroupToImList", rosterOf(team("A")),
			imsync.Roster{Groups: []imsync.Group{team("A")}, DistributionGroups: []imsync.DistributionGroup{all}},
		},
		{
			"RemoveDistributionGroupFromImList",
			imsync.Roster{Groups: []imsync.Group{team("A")}, DistributionGroups: []imsync.DistributionGroup{all}},
			rosterOf(team("A")),
		},
	}
	faults := map[string]struct {
		err    error
		writes int
	}{
		"dropped before":        {ewstest.DropBefore(), 2},
		"dropped after":         {ewstest.DropAfter(), 1},
		"cut answer":            {ewstest.Truncate(100), 1},
		"internal server error": {&ews.Error{Code: ews.ErrorInternalServerError}, 2},
		"proxy's page":          {&ews.HTTPError{StatusCode: 502}, 2},
	}
	for _, o := range operations {
		for name, fault := range faults {
			t.Run(o.op+" "+name, func(t *testing.T) {
				t.Parallel()
				srv := ewstest.NewServer(nil)
				client := newClient(t, srv)
				fill(t, client, o.current)
				before := writes(srv)[o.op]
				srv.Fail(o.op, fault.err)
				if _, err := imsync.Sync(t.Context(), client, o.wanted, prune); err != nil {
					t.Fatal(err)
				}
				if n := writes(srv)[o.op] - before; n != fault.writes {
					t.Errorf("%d times %s, want %d", n, o.op, fault.writes)
				}
				checkInStep(t, srv.List(""), o.wanted, true)
			})
		}
	}
}

// TestSync_LostRaces lets somebody else do the same, or undo what the plan builds on, just before a
// write arrives.
func TestSync_LostRaces(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, op        string
		current, wanted imsync.Roster
		other           imsync.Roster // what the other one makes of it
	}{
		{"group made", "AddImGroup", rosterOf(), rosterOf(team("A", "x@contoso.com")), rosterOf(team("a"))},
		{
			"group gone", "AddNewImContactToGroup", rosterOf(team("A")),
			rosterOf(team("A", "x@contoso.com")), rosterOf(team("B")),
		},
		{
			"contact gone", "AddImContactToGroup", rosterOf(team("A", "x@contoso.com"), team("B")),
			rosterOf(team("A", "x@contoso.com"), team("B", "x@contoso.com")), rosterOf(team("A"), team("B")),
		},
		{
			"contact removed", "RemoveImContactFromGroup", rosterOf(team("A", "x@contoso.com")),
			rosterOf(team("A")), rosterOf(team("A")),
		},
		{"group removed", "RemoveImGroup", rosterOf(team("A"), team("B")), rosterOf(team("B")), rosterOf(team("B"))},
		{
			"added group gone again", "GetImItemList", rosterOf(),
			rosterOf(team("A", "x@contoso.com")), rosterOf(team("C")),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var other *ews.Client
			seen, armed := 0, false
			srv := ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
				if !armed || r.Op != tc.op {
					return nil
				}
				if seen++; tc.op == "GetImItemList" && seen == 1 {
					return nil // the second one is the reading back
				}
				armed = false
				_, err := imsync.Sync(context.WithoutCancel(r.Context()), other, tc.other, prune)
				return err
			}})
			client := newClient(t, srv)
			other = newClient(t, srv)
			fill(t, client, tc.current)
			armed = true
			if _, err := imsync.Sync(t.Context(), client, tc.wanted, prune); err != nil {
				t.Fatal(err)
			}
			if armed {
				t.Error("nobody was faster: the case tests nothing")
			}
			checkInStep(t, srv.List(""), tc.wanted, true)
		})
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
	_, err := imsync.Sync(t.Context(), client, rosterOf(team("A"), team("B", "mover@contoso.com", "new@contoso.com")), prune)
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
	srv := ewstest.NewServer(nil)
	client := newClient(t, srv)
	roster := imsync.Roster{
		Groups:             []imsync.Group{team("A", "x@contoso.com")},
		DistributionGroups: []imsync.DistributionGroup{{Address: "no address"}, {Address: "all@contoso.com"}},
	}
	_, err := imsync.Sync(t.Context(), client, roster, nil)
	if !errors.Is(err, ews.ErrorInvalidImDistributionGroupSmtpAddress) {
		t.Fatalf("%v; want the refusal", err)
	}
	for _, part := range []string{"imsync: not done: add distribution group no address: ", "ErrorInvalidImDistributionGroupSmtpAddress"} {
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

func TestSync_GivesUp(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		op   string
		err  error
		most int // writes
		want error
	}{
		{"at once when denied", "AddImGroup", &ews.Error{Code: ews.ErrorAccessDenied}, 1, ews.ErrorAccessDenied},
		{"at once when busy", "AddImGroup", &ews.Error{Code: ews.ErrorServerBusy}, 1, ews.ErrorServerBusy},
		{"after ten steps", "AddNewImContactToGroup", &ews.Error{Code: ews.ErrorSchemaValidation}, 10, ews.ErrorSchemaValidation},
		{"after four tries each", "AddNewImContactToGroup", ewstest.DropBefore(), 40, ews.ErrOutcomeUnknown},
		{"when the list cannot be read", "GetImItemList", &ews.Error{Code: ews.ErrorMailboxMoveInProgress}, 0, ews.ErrorMailboxMoveInProgress},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tried := 0
			srv := ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
				if r.Op != tc.op {
					return nil
				}
				tried++
				return tc.err
			}})
			wanted := team("A")
			for i := range 20 {
				wanted.Contacts = append(wanted.Contacts, imsync.Contact{Address: fmt.Sprintf("c%d@contoso.com", i)})
			}
			_, err := imsync.Sync(t.Context(), newClient(t, srv), rosterOf(wanted), nil)
			if !errors.Is(err, tc.want) {
				t.Errorf("%v; want %v", err, tc.want)
			}
			if tc.op != "GetImItemList" && tried != tc.most {
				t.Errorf("%d writes, want %d", tried, tc.most)
			}
		})
	}
}

// TestSync_ServerThatForgets answers every addition with success and does nothing.
func TestSync_ServerThatForgets(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	client := newClient(t, srv)
	fill(t, client, rosterOf(team("A"), team("B", "x@contoso.com")))
	srv.Handle("AddImContactToGroup", func(ewstest.Request) (string, error) {
		return `<m:AddImContactToGroupResponse ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>` +
			`</m:AddImContactToGroupResponse>`, nil
	})
	before := len(srv.Requests())
	_, err := imsync.Sync(t.Context(), client, rosterOf(team("A", "x@contoso.com")), nil)
	var failed *imsync.Error
	if !errors.As(err, &failed) || !errors.Is(err, imsync.ErrChanging) || len(failed.Remaining.Steps) != 1 {
		t.Errorf("%v; want ErrChanging with one step left", err)
	}
	if n := len(srv.Requests()) - before; n != 7 {
		t.Errorf("%d requests, want 7: three rounds and a last look", n)
	}
}

// TestSync_AnswerWithoutID: the schema lets a server leave the new group's id out.
func TestSync_AnswerWithoutID(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	client := &forgetful{Client: newClient(t, srv)}
	roster := rosterOf(team("A", "x@contoso.com"), team("B", "x@contoso.com"))
	if _, err := imsync.Sync(t.Context(), client, roster, nil); err != nil {
		t.Fatal(err)
	}
	checkInStep(t, srv.List(""), roster, true)
	if n := writes(srv)["AddImGroup"]; n != 2 {
		t.Errorf("%d times AddImGroup, want 2", n)
	}
	client.blind = true
	_, err := imsync.Sync(t.Context(), client, rosterOf(team("C")), nil)
	if !errors.Is(err, imsync.ErrChanging) && !errors.Is(err, ews.ErrorImGroupDisplayNameAlreadyExists) {
		t.Errorf("%v; want an end", err)
	}
}

// forgetful leaves ids out of answers, and with blind the new groups out of the list too.
type forgetful struct {
	imsync.Client
	blind bool
}

func (f *forgetful) AddImGroup(ctx context.Context, name string) (*imgroup.ImGroup, error) {
	g, err := f.Client.AddImGroup(ctx, name)
	if g != nil {
		g.ExchangeStoreID = imgroup.ItemID{}
	}
	return g, err
}

func (f *forgetful) AddNewImContactToGroup(ctx context.Context, c imgroup.NewContact) (*imgroup.Persona, error) {
	p, err := f.Client.AddNewImContactToGroup(ctx, c)
	if p != nil {
		p.Attributions = nil
	}
	return p, err
}

func (f *forgetful) GetImItemList(ctx context.Context, p ...imgroup.ExtendedFieldURI) (*imgroup.ItemList, error) {
	l, err := f.Client.GetImItemList(ctx, p...)
	if f.blind && l != nil {
		l.Groups = l.Groups[:3]
	}
	return l, err
}

func TestSync_Canceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	srv := ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
		if r.Op == "AddNewImContactToGroup" {
			cancel()
		}
		return nil
	}})
	roster := rosterOf(team("A", "x@contoso.com", "y@contoso.com"))
	_, err := imsync.Sync(ctx, newClient(t, srv), roster, nil)
	var failed *imsync.Error
	if !errors.As(err, &failed) || !errors.Is(err, context.Canceled) {
		t.Fatalf("%v; want the cancellation", err)
	}
	if diff := cmp.Diff("  A\n+   x@contoso.com\n+   y@contoso.com\n", failed.Remaining.String()); diff != "" {
		t.Errorf("remaining (-want +got):\n%s", diff)
	}
	if n := writes(srv)["AddNewImContactToGroup"]; n != 1 {
		t.Errorf("%d additions, want 1", n)
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

func TestApply_OldPlan(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	client := newClient(t, srv)
	fill(t, client, rosterOf(team("A", "x@contoso.com"), team("Old")))
	wanted := rosterOf(team("A", "x@contoso.com", "y@contoso.com"), team("B"))
	plan, err := imsync.Sync(t.Context(), client, wanted, &imsync.Options{Prune: true, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, client, rosterOf(team("a"), team("b"), team("C"))) // by the time it is approved
	before := writes(srv)
	if err := imsync.Apply(t.Context(), client, plan, nil); err != nil {
		t.Fatal(err)
	}
	checkInStep(t, srv.List(""), rosterOf(team("a", "y@contoso.com"), team("b"), team("C")), true)
	before["AddNewImContactToGroup"]++
	if diff := cmp.Diff(before, writes(srv)); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}

func TestApply_UnknownKind(t *testing.T) {
	t.Parallel()
	plan := imsync.Plan{Steps: []imsync.Step{{Kind: "paint group", Group: "A"}}}
	err := imsync.Apply(t.Context(), newClient(t, ewstest.NewServer(nil)), plan, nil)
	if !isA[*imsync.ConflictError](err) {
		t.Errorf("%v; want a conflict", err)
	}
}
