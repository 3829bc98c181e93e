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
)

func TestErrors_OneLine(t *testing.T) {
	t.Parallel()
	step := imsync.Step{Kind: imsync.AddContact, Group: "Sales", Contact: imsync.Contact{Address: "x@contoso.com"}}
	refused := &imsync.StepError{Step: step, Err: &ews.Error{Op: "AddImContactToGroup", Code: ews.ErrorAccessDenied}}
	many := imsync.Plan{}
	for i := range 5 {
		many.Steps = append(many.Steps, imsync.Step{Kind: imsync.AddGroup, Group: fmt.Sprint(i)})
	}
	long := imsync.Step{Kind: imsync.RemoveGroup, Group: strings.Repeat("long\n", 100)}
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"step": {refused, `imsync: add contact x@contoso.com to group "Sales": ews: AddImContactToGroup: ErrorAccessDenied`},
		"many": {
			&imsync.Error{Remaining: many, Errs: []error{refused, refused}},
			`imsync: not done: add group "0", add group "1", add group "2" and 2 more: ` +
				`add contact x@contoso.com to group "Sales": ews: AddImContactToGroup: ErrorAccessDenied (and 1 more errors)`,
		},
		"list unreadable": {&imsync.Error{Errs: []error{imsync.ErrChanging}}, imsync.ErrChanging.Error()},
		"limit": {
			&imsync.LimitError{What: "contacts", Need: 1001, Limit: 1000, Final: 1001},
			"imsync: the list would have 1001 contacts, and the limit is 1000: shorten the roster, allow removals if " +
				"what it does not list may go, or raise the limit in the settings of the sync if the server allows more",
		},
		"limit on the way": {
			&imsync.LimitError{What: "groups", Need: 65, Limit: 64, Final: 64},
			"imsync: the list would end with 64 groups, within the limit of 64, but would have 65 on the way, since " +
				"contacts are added before others are removed: remove some first, or give the former name of a " +
				"group that is only renamed",
		},
		"long name": {
			&imsync.ConflictError{Step: long, Reason: "reason"},
			`imsync: remove group "` + strings.Repeat(`long\n`, 24) + `…": reason`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tc.err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestApply_Conflicts applies plans that do not go with the list. Nothing is written, and each step
// says why; a result that is there already is no conflict.
func TestApply_Conflicts(t *testing.T) {
	t.Parallel()
	contact := imsync.Contact{Address: "x@contoso.com"}
	for _, tc := range []struct {
		name string
		step imsync.Step
		want string // "": nothing to do
	}{
		{"rename a built-in group", imsync.Step{Kind: imsync.RenameGroup, Group: "Tagged", NewName: "X"}, "built-in group"},
		{"rename to a built-in name", imsync.Step{Kind: imsync.RenameGroup, Group: "A", NewName: "tagged"}, "built-in group"},
		{"remove a built-in group", imsync.Step{Kind: imsync.RemoveGroup, Group: "Favorites"}, "built-in group"},
		{
			"remove a distribution group as a group",
			imsync.Step{Kind: imsync.RemoveGroup, Group: "All"},
			"a distribution group",
		},
		{
			"add to a distribution group",
			imsync.Step{Kind: imsync.AddContact, Group: "All", Contact: contact},
			"a distribution group",
		},
		{"add to no group", imsync.Step{Kind: imsync.AddContact, Group: "B", Contact: contact}, "no such group"},
		{
			"distribution group of a taken name",
			imsync.Step{Kind: imsync.AddDistributionGroup, Group: "a", Address: "new@contoso.com"},
			"a user group",
		},
		{"remove from no group", imsync.Step{Kind: imsync.RemoveContact, Group: "B", Contact: contact}, ""},
		{"remove who is not there", imsync.Step{Kind: imsync.RemoveContact, Group: "A", Contact: contact}, ""},
		{"remove no group", imsync.Step{Kind: imsync.RemoveGroup, Group: "B"}, ""},
		{"remove no distribution group", imsync.Step{Kind: imsync.RemoveDistributionGroup, Address: "no@contoso.com"}, ""},
		{"distribution group that is there", imsync.Step{Kind: imsync.AddDistributionGroup, Address: "ALL@contoso.com"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			srv := ewstest.NewServer(nil)
			client := newClient(t, srv)
			fill(t, client, imsync.Roster{
				Groups:             []imsync.Group{team("A")},
				DistributionGroups: []imsync.DistributionGroup{{Address: "all@contoso.com", DisplayName: "All"}},
			})
			before := writes(srv)
			err := imsync.Apply(t.Context(), client, imsync.Plan{Steps: []imsync.Step{tc.step}}, nil)
			var conflict *imsync.ConflictError
			switch {
			case tc.want == "" && err != nil:
				t.Error(err)
			case tc.want != "" && (!errors.As(err, &conflict) || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("%v; want a conflict with %q", err, tc.want)
			}
			if diff := cmp.Diff(before, writes(srv)); diff != "" {
				t.Errorf("written (-before +after):\n%s", diff)
			}
		})
	}
}

// TestApply_RenameOfAGroupThatIsGone makes the group: what counts is that there is one of the new name.
func TestApply_RenameOfAGroupThatIsGone(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	plan := imsync.Plan{Steps: []imsync.Step{{Kind: imsync.RenameGroup, Group: "Old", NewName: "New"}}}
	for range 2 {
		if err := imsync.Apply(t.Context(), newClient(t, srv), plan, nil); err != nil {
			t.Fatal(err)
		}
	}
	checkInStep(t, srv.List(""), rosterOf(team("New")), true)
}
