package imsync_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

func TestApply_OldPlan(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	client := newClient(t, srv)
	fill(t, client, rosterOf(team("A", "x@contoso.com"), team("Old")))
	wanted := rosterOf(team("A", "x@contoso.com", "y@contoso.com"), team("B"))
	plan, err := imsync.Sync(t.Context(), client, wanted, &imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: anyNumber, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, client, rosterOf(team("a"), team("b"), team("C"))) // by the time it is approved
	before := writes(srv)
	if err := imsync.Apply(t.Context(), client, plan.Plan, nil); err != nil {
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

// TestApply_CanceledBetweenSteps sends nothing more, so that nothing is left open.
func TestApply_CanceledBetweenSteps(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	srv := ewstest.NewServer(nil)
	plan := imsync.Plan{Steps: []imsync.Step{{Kind: imsync.AddGroup, Group: "A"}, {Kind: imsync.AddGroup, Group: "B"}}}
	opts := &imsync.Options{Progress: func(imsync.Event) { cancel() }}
	err := imsync.Apply(ctx, newClient(t, srv), plan, opts)
	if !errors.Is(err, context.Canceled) || errors.Is(err, ews.ErrOutcomeUnknown) {
		t.Errorf("%v; want the cancellation, and nothing unknown", err)
	}
	if diff := cmp.Diff(map[string]int{"AddImGroup": 1}, writes(srv)); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}

// TestApply_Telephone shows the request for a telephone, with and without a tel URI.
func TestApply_Telephone(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		telephone imsync.Telephone
		want      string
	}{
		"own URI": {
			imsync.Telephone{Number: "555 0100", TelURI: "tel:+15625550100;ext=1", SIPURI: "sip:x"},
			"tel:+15625550100;ext=1",
		},
		"from number":     {imsync.Telephone{Number: "(562) 555-0100", SIPURI: "sip:x"}, "tel:5625550100"},
		"international":   {imsync.Telephone{Number: " +1 562.555.0100", SIPURI: "sip:x"}, "tel:+15625550100"},
		"letters as well": {imsync.Telephone{Number: "1-800-FLOWERS", SIPURI: "sip:x"}, "tel:1800flowers"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := ewstest.NewServer(nil)
			roster := rosterOf(imsync.Group{Name: "A", Telephones: []imsync.Telephone{tc.telephone}})
			if _, err := imsync.Sync(t.Context(), newClient(t, srv), roster, nil); err != nil {
				t.Fatal(err)
			}
			for _, r := range srv.Requests() {
				if r.Op == "AddNewTelUriContactToGroup" && !strings.Contains(string(r.Body), ">"+tc.want+"<") {
					t.Errorf("the request lacks %q:\n%s", tc.want, r.Body)
				}
			}
		})
	}
}

// twins is a client of a list that has two contacts with the same address in one group.
type twins struct {
	imsync.Client
	list    *imgroup.ItemList
	removed []string
}

func (c *twins) GetImItemList(context.Context, imgroup.ListQuery) (*imgroup.ItemList, error) {
	return c.list, nil
}

func (c *twins) RemoveImContactFromGroup(_ context.Context, contact imgroup.ContactID, _ imgroup.GroupID) error {
	c.removed = append(c.removed, contact.ID)
	return nil
}

func TestApply_TwoContactsOfOneAddress(t *testing.T) {
	t.Parallel()
	c := &twins{list: listOf(rosterOf(team("A", "x@contoso.com", "sip:X@contoso.com", "y@contoso.com")))}
	plan, err := imsync.Diff(c.list, rosterOf(team("A", "y@contoso.com")), prune)
	if err != nil {
		t.Fatal(err)
	}
	if err := imsync.Apply(t.Context(), c, plan, nil); err != nil {
		t.Fatal(err)
	}
	members := c.list.Groups[3].Members
	if diff := cmp.Diff([]string{members[0].ID, members[1].ID}, c.removed); diff != "" {
		t.Errorf("removed (-want +got):\n%s", diff)
	}
	one, err := imsync.Diff(c.list, rosterOf(team("A", "y@contoso.com", "x@contoso.com")), prune)
	if err != nil || !one.Empty() {
		t.Errorf("%v, %v; want both of them left where the address is wanted", one, err)
	}
}

// TestPlan_JSON: a saved plan has a version and stable names, and can be applied.
func TestPlan_JSON(t *testing.T) {
	t.Parallel()
	none, err := json.Marshal(imsync.Plan{})
	if err != nil || string(none) != `{"version":1,"steps":[]}` {
		t.Errorf("%s, %v", none, err)
	}
	plan, err := imsync.Diff(nil, rosterOf(team("A", "x@contoso.com")), nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(plan)
	want := `{"version":1,"steps":[{"kind":"add_group","group":"A"},` +
		`{"kind":"add_contact","group":"A","contact":{"address":"x@contoso.com"}}]}`
	if err != nil || string(text) != want {
		t.Errorf("%s, %v; want %s", text, err, want)
	}
	var saved imsync.Plan
	if err := json.Unmarshal(text, &saved); err != nil {
		t.Fatal(err)
	}
	srv := ewstest.NewServer(nil)
	if err := imsync.Apply(t.Context(), newClient(t, srv), saved, nil); err != nil {
		t.Fatal(err)
	}
	checkInStep(t, srv.List(""), rosterOf(team("A", "x@contoso.com")), true)
	for _, bad := range []string{`{"steps":[]}`, `{"version":2,"steps":[]}`} {
		if err := json.Unmarshal([]byte(bad), &saved); err == nil || !strings.Contains(err.Error(), "make a new plan") {
			t.Errorf("%s: %v; want it refused", bad, err)
		}
	}
}
