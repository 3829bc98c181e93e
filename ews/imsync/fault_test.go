package imsync_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/soap"
)

// unavailable is Varnish's response for a server that dropped the connection.
func unavailable() error {
	return &ews.HTTPError{StatusCode: 503, Header: map[string][]string{"Retry-After": {"5"}}}
}

// TestSync_Faults has the write of each kind meet each fault that leaves its outcome unknown. A write
// that is done twice shows in the counts.
func TestSync_Faults(t *testing.T) {
	t.Parallel()
	tel := imsync.Group{Name: "A", Telephones: []imsync.Telephone{{Number: "1", SIPURI: "sip:1@contoso.com"}}}
	all := imsync.DistributionGroup{Address: "all@contoso.com", DisplayName: "All"}
	former := formerly("A", "B")
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
		{
			"RemoveImContactFromGroup", rosterOf(team("A", "x@contoso.com", "y@contoso.com")),
			rosterOf(team("A", "y@contoso.com")),
		},
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
		"cut response":          {ewstest.Truncate(100), 1},
		"internal server error": {&ews.Error{Code: ews.ErrorInternalServerError}, 2},
		"gateway's page":        {&ews.HTTPError{StatusCode: 502}, 2},
		"gateway's page after":  {ewstest.AnswerAfter(&ews.HTTPError{StatusCode: 502}), 1},
		"503 before":            {&ews.HTTPError{StatusCode: 503}, 2},
		"503 after":             {ewstest.AnswerAfter(unavailable()), 1},
		"fault without a code":  {ewstest.AnswerAfter(&ews.Error{Fault: &soap.Fault{String: "lost"}}), 1},
		"failover after":        {ewstest.AnswerAfter(&ews.Error{Code: ews.ErrorMailboxMoveInProgress}), 1},
	}
	for _, o := range operations {
		for name, fault := range faults {
			t.Run(o.op+" "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
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
			})
		}
	}
}

// TestEnsureGroup_Unavailable: a 503 may come after the group was added.
func TestEnsureGroup_Unavailable(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		want int
	}{"before": {unavailable(), 2}, "after": {ewstest.AnswerAfter(unavailable()), 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv := ewstest.NewServer(nil)
				srv.Fail("AddImGroup", tc.err)
				group, created, err := imsync.EnsureGroup(t.Context(), newClient(t, srv), "A")
				if err != nil || !created || group.DisplayName != "A" || writes(srv)["AddImGroup"] != tc.want {
					t.Errorf("%v, %t, %v; requests: %v", group, created, err, writes(srv))
				}
			})
		})
	}
}

// TestSync_LostRaces has another client do the same, or undo what the plan builds on, just before a
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
				t.Error("the other client did nothing: the case tests nothing")
			}
			checkInStep(t, srv.List(""), tc.wanted, true)
		})
	}
}
