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
		{
			"after ten steps", "AddNewImContactToGroup", &ews.Error{Code: ews.ErrorSchemaValidation}, 10,
			ews.ErrorSchemaValidation,
		},
		{"after four tries each", "AddNewImContactToGroup", ewstest.DropBefore(), 40, ews.ErrOutcomeUnknown},
		{
			"when the list cannot be read", "GetImItemList", &ews.Error{Code: ews.ErrorMailboxMoveInProgress},
			0, ews.ErrorMailboxMoveInProgress,
		},
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

// TestSync_UnreadableAfterAWrite: codes that leave a write open say nothing of the kind on a read, so the
// sync ends instead of going on blindly.
func TestSync_UnreadableAfterAWrite(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	srv.Fail("GetImItemList", nil)
	srv.Fail("GetImItemList", &ews.Error{Code: ews.ErrorNonExistentMailbox})
	srv.Fail("AddImGroup", ewstest.DropBefore())
	_, err := imsync.Sync(t.Context(), newClient(t, srv), rosterOf(team("A"), team("B")), nil)
	var failed *imsync.Error
	if !errors.As(err, &failed) || !errors.Is(err, ews.ErrorNonExistentMailbox) || len(failed.Remaining.Steps) != 2 {
		t.Errorf("%v; want both groups left", err)
	}
	if n := writes(srv)["AddImGroup"]; n != 1 {
		t.Errorf("%d writes, want 1", n)
	}
}

// TestSync_ServerThatForgets: the server reports every addition as a success and does nothing.
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

// TestSync_ResultWithoutID: the schema lets a server leave the new group's id out.
func TestSync_ResultWithoutID(t *testing.T) {
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

// forgetful leaves ids out of results, and with blind the new groups out of the list too.
type forgetful struct {
	imsync.Client
	blind bool
}

func (f *forgetful) AddImGroup(ctx context.Context, name string) (*imgroup.ImGroup, error) {
	g, err := f.Client.AddImGroup(ctx, name)
	if g != nil {
		g.ExchangeStoreID = imgroup.GroupID{}
	}
	return g, err
}

func (f *forgetful) AddNewImContactToGroup(ctx context.Context, c imgroup.ContactSpec) (*imgroup.Persona, error) {
	p, err := f.Client.AddNewImContactToGroup(ctx, c)
	if p != nil {
		p.Attributions = nil
	}
	return p, err
}

func (f *forgetful) GetImItemList(ctx context.Context, query imgroup.ListQuery) (*imgroup.ItemList, error) {
	l, err := f.Client.GetImItemList(ctx, query)
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

// TestSync_LimitOfTheServer stops at the first refusal by a limit that is lower than that of the options,
// and says so.
func TestSync_LimitOfTheServer(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ op, code, want string }{
		"groups": {
			"AddImGroup", "ErrorImGroupLimitReached",
			"the list has 0 groups, and the server takes no more: shorten the roster",
		},
		"contacts": {
			"AddNewImContactToGroup", "ErrorImContactLimitReached",
			"the list has 0 contacts, and the server takes no more: shorten the roster",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
				if r.Op == tc.op {
					return &ews.Error{Code: ews.ResponseCode(tc.code)}
				}
				return nil
			}})
			wanted := rosterOf(team("A", "a@contoso.com", "b@contoso.com"), team("B"))
			_, err := imsync.Sync(t.Context(), newClient(t, srv), wanted, nil)
			if !isA[*imsync.LimitError](err) || !errors.Is(err, ews.ResponseCode(tc.code)) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v; want %q", err, tc.want)
			}
			if n := writes(srv)[tc.op]; n != 1 {
				t.Errorf("%d times %s; want it to stop", n, tc.op)
			}
		})
	}
}
