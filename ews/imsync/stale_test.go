package imsync_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// TestApply_Stale saves a plan, has a person edit the list, and applies the plan: what has changed is
// reported as a whole, what still fits is applied, what people did stays.
func TestApply_Stale(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.srv.Seed("",
		ewstest.Group{Name: "Old", Members: []ewstest.Contact{{Address: "o@contoso.com"}}},
		ewstest.Group{Name: "Gone"}, ewstest.Group{Name: "Was"},
		ewstest.Group{Name: "Sales", Members: []ewstest.Contact{{Address: "a@contoso.com"}, {Address: "b@contoso.com"}}})
	former := formerly("Was", "Is", "i@contoso.com")
	wanted := rosterOf(former, team("Sales", "a@contoso.com", "s@contoso.com"), team("New"))
	plan, err := imsync.Diff(m.srv.List(""), wanted, prune)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	var saved imsync.Plan
	if err := json.Unmarshal(text, &saved); err != nil {
		t.Fatal(err)
	}
	if err := saved.Stale(m.srv.List("")); err != nil {
		t.Errorf("%v; want a plan that fits", err)
	}

	m.add("Old", "p@contoso.com")
	m.add("Sales", "s@contoso.com")
	if err := m.client.RemoveImGroup(t.Context(), m.group("Gone")); err != nil {
		t.Fatal(err)
	}
	if err := m.client.SetImGroup(t.Context(), m.group("Was"), "Mine"); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`rename group "Was" to "Is": group "Was" is now "Mine"`,
		`add contact i@contoso.com to group "Is": the list has no such group`,
		`add contact s@contoso.com to group "Sales": done already`,
		`remove group "Old": the group has 2 members, and 1 when the plan was made`,
		`remove group "Gone": done already`,
	}
	slices.Sort(want)
	err = imsync.Apply(t.Context(), m.client, saved, nil)
	for _, err := range []error{saved.Stale(m.srv.List("")), err} {
		stale, ok := errors.AsType[*imsync.StaleError](err)
		if !ok || !errors.Is(err, imsync.ErrStale) {
			t.Fatalf("%v; want the plan stale", err)
		}
		if errors.Is(err, imsync.ErrWithheld) { // of Apply
			slices.Sort(stale.Changes)
			if diff := cmp.Diff(want, stale.Changes); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	}
	m.want("Old: o p; Mine:; Sales: a s; New:")
}

// TestApply_DoneAlready: a plan that is applied twice is stale, and no failure.
func TestApply_DoneAlready(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	plan, err := imsync.Diff(nil, rosterOf(team("A", "a@contoso.com")), nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := imsync.Apply(t.Context(), m.client, plan, nil); err != nil {
			t.Error(err)
		}
	}
	list := m.srv.List("")
	want := `imsync: the list has changed since the plan was made: add group "A": done already; ` +
		`add contact a@contoso.com to group "A": done already: make a new plan`
	if err := plan.Stale(list); err == nil || err.Error() != want {
		t.Errorf("%v; want %s", err, want)
	}
	if err := plan.Stale(&imgroup.ItemList{}); err != nil {
		t.Errorf("%v; want a plan that fits", err)
	}
	if n := writes(m.srv)["AddImGroup"]; n != 1 {
		t.Errorf("%d groups added, want 1", n)
	}
}

// TestApply_StaleRename: a person has made a group of the new name, so that the group of the former
// name cannot get it. That is no success.
func TestApply_StaleRename(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.sync(team("Was", "a@contoso.com"))
	former := formerly("Was", "Is", "a@contoso.com")
	plan, err := imsync.Diff(m.srv.List(""), rosterOf(former), nil)
	if err != nil {
		t.Fatal(err)
	}
	m.srv.Seed("", ewstest.Group{Name: "Is"})
	want := `rename group "Was" to "Is": the name "Is" belongs to a user group`
	byName := imsync.Plan{Steps: slices.Clone(plan.Steps)}
	byName.Steps[0].GroupID = "" // as a person would write it
	for _, plan := range []imsync.Plan{plan, byName} {
		for _, err := range []error{plan.Stale(m.srv.List("")), imsync.Apply(t.Context(), m.client, plan, nil)} {
			if !errors.Is(err, imsync.ErrStale) || !strings.Contains(err.Error(), want) {
				t.Errorf("%v; want the plan stale: %s", err, want)
			}
		}
	}
	m.want("Was: a; Is:")
	m.sync(former) // in step by another way: the group of the new name takes the contacts
	m.want("Is: a")
}
