package imsync_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

func TestEnsureGroup(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, group string
		exists      string
		fail        []error
		meddle      bool
		created     bool
		requests    int
	}{
		{"new", "Team", "", nil, false, true, 2},
		{"exists", "Team", "Team", nil, false, false, 1},
		{"exists in another case", "TEAM", "Team", nil, false, false, 1},
		{"built in", "favorites", "", nil, false, false, 1},
		{"dropped before", "Team", "", []error{ewstest.DropBefore()}, false, true, 4},
		{"dropped after", "Team", "", []error{ewstest.DropAfter()}, false, true, 3},
		{
			"dropped four times", "Team", "",
			[]error{ewstest.DropBefore(), ewstest.DropBefore(), ewstest.DropBefore(), ewstest.DropAfter()},
			false, true, 9,
		},
		{"another client was faster", "Team", "", nil, true, false, 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var other *ews.Client
			faster := tc.meddle
			srv := ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
				if r.Op != "AddImGroup" || !faster {
					return nil
				}
				faster = false
				_, err := other.AddImGroup(context.WithoutCancel(r.Context()), "team")
				return err
			}})
			client := newClient(t, srv)
			other = newClient(t, srv)
			if tc.exists != "" {
				fill(t, client, rosterOf(team(tc.exists)))
			}
			for _, err := range tc.fail {
				srv.Fail("AddImGroup", err)
			}
			before := len(srv.Requests())
			g, created, err := imsync.EnsureGroup(t.Context(), client, tc.group)
			if err != nil || g == nil || created != tc.created {
				t.Fatalf("%v, %v, %v; want created %v", g, created, err, tc.created)
			}
			if n := len(srv.Requests()) - before; n != tc.requests {
				t.Errorf("%d requests, want %d", n, tc.requests)
			}
			if known, ok := srv.List("").GroupByName(tc.group); !ok || known.ExchangeStoreID.ID != g.ExchangeStoreID.ID {
				t.Errorf("the list has %+v, want %+v", known, g)
			}
			if n := len(srv.Groups("")); n > 1 {
				t.Errorf("%d groups", n)
			}
		})
	}
}

func TestEnsureGroup_Errors(t *testing.T) {
	t.Parallel()
	list := imsync.Roster{DistributionGroups: []imsync.DistributionGroup{{Address: "all@contoso.com", DisplayName: "All"}}}
	for _, tc := range []struct {
		name, group string
		fail        map[string][]error
		want        func(error) bool
	}{
		{"distribution group", "all", nil, isA[*imsync.ConflictError]},
		{"empty name", "", nil, isA[*ews.InputError]},
		{
			"refused", "A",
			map[string][]error{"AddImGroup": {&ews.Error{Code: ews.ErrorAccessDenied}}},
			is(ews.ErrorAccessDenied),
		},
		{"list unreadable", "A", map[string][]error{"GetImItemList": {ewstest.DropBefore()}}, isA[*ews.TransportError]},
		{
			"unknown, then unreadable", "A",
			map[string][]error{
				"AddImGroup":    {ewstest.DropAfter()},
				"GetImItemList": {nil, &ews.Error{Code: ews.ErrorAccessDenied}},
			},
			func(err error) bool { return is(ews.ErrorAccessDenied)(err) && is(ews.ErrOutcomeUnknown)(err) },
		},
		{
			"never done", "A",
			map[string][]error{"AddImGroup": {
				ewstest.DropBefore(), ewstest.DropBefore(), ewstest.DropBefore(), ewstest.DropBefore(),
			}},
			is(ews.ErrOutcomeUnknown),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			srv := ewstest.NewServer(nil)
			client := newClient(t, srv)
			fill(t, client, list)
			for op, errs := range tc.fail {
				for _, err := range errs {
					srv.Fail(op, err)
				}
			}
			g, created, err := imsync.EnsureGroup(t.Context(), client, tc.group)
			if g != nil || created || !tc.want(err) {
				t.Errorf("%v, %v, %v", g, created, err)
			}
		})
	}
}

func isA[E error](err error) bool { return errors.As(err, new(E)) }

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func TestExport(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	client := newClient(t, srv)
	want := imsync.Roster{
		Groups: []imsync.Group{
			{
				Name: "A",
				Contacts: []imsync.Contact{
					{Address: "anna@contoso.com", DisplayName: "Anna Ek"},
					{Address: "b@contoso.com", DisplayName: "b@contoso.com"},
				},
				Telephones: []imsync.Telephone{{Number: "+1 5625550100"}},
			},
			{Name: "B"},
		},
		DistributionGroups: []imsync.DistributionGroup{{Address: "all@contoso.com", DisplayName: "All"}},
	}
	full := want
	full.Groups = append([]imsync.Group(nil), want.Groups...)
	full.Groups[0].Telephones = []imsync.Telephone{{Number: "+1 5625550100", SIPURI: "sip:john@contoso.com"}}
	fill(t, client, full)
	list, err := client.GetImItemList(t.Context(), imgroup.ListQuery{})
	if err != nil {
		t.Fatal(err)
	}
	got := imsync.Export(list)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if plan, err := imsync.Diff(list, got, prune); err != nil || !plan.Empty() {
		t.Errorf("%v, %v; want nothing to do", plan, err)
	}
	if diff := cmp.Diff(imsync.Roster{Groups: []imsync.Group{}}, imsync.Export(nil)); diff != "" {
		t.Errorf("nil list (-want +got):\n%s", diff)
	}
}

func TestExport_DuplicatesAndStrangers(t *testing.T) {
	t.Parallel()
	l := listOf(rosterOf(team("A", "x@contoso.com", "sip:X@contoso.com")))
	l.Groups[3].Members = append(l.Groups[3].Members, imgroup.ContactID{ID: "unknown"})
	got := imsync.Export(l)
	if diff := cmp.Diff(rosterOf(team("A", "x@contoso.com")), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if plan, err := imsync.Diff(l, got, prune); err != nil || !plan.Empty() {
		t.Errorf("%v, %v; want nothing to do", plan, err)
	}
}
