package imsync_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// TestSave_AfterARefusal: Exchange refuses the group, and the person makes it: the record that is
// kept does not say that the group was about to be added, or the next run would take it for the
// service's.
func TestSave_AfterARefusal(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	client := &refusesGroups{m.client, func() { m.srv.Seed("", ewstest.Group{Name: "New"}) }}
	keep := func(_ context.Context, o *imsync.Ownership) error {
		m.owned = reread(t, o)
		return nil
	}
	_, err := imsync.Sync(t.Context(), client, rosterOf(team("New")), &imsync.Options{Remove: imsync.RemoveOwned, Save: keep})
	if err != nil {
		t.Fatalf("%v; want the list in step, as the person made the group", err)
	}
	m.sync()
	m.want("New:")
}

// refusesGroups is a client of a mailbox that refuses a group, which the person then makes.
type refusesGroups struct {
	imsync.Client
	then func()
}

func (c *refusesGroups) AddImGroup(context.Context, string) (*imgroup.ImGroup, error) {
	c.then()
	return nil, &ews.Error{Code: ews.ErrorAccessDenied}
}

// TestSave_FailsAtEachCall runs two rounds: an error of the first call is one before anything is
// sent; that of any other is an *Error, since writes were sent.
func TestSave_FailsAtEachCall(t *testing.T) {
	t.Parallel()
	errFull := errors.New("the disk is full")
	for at := 1; at <= 4; at++ {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			t.Parallel()
			var srv *ewstest.Server
			contacts := 0
			srv = ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
				if r.Op == "AddNewImContactToGroup" {
					if contacts++; contacts == 1 { // a person renames the group, so that there is a second round
						id := srv.Groups("")[0].ExchangeStoreID
						_ = newClient(t, srv).SetImGroup(context.WithoutCancel(r.Context()), id, "Other")
					}
				}
				return nil
			}})
			calls := 0
			applied, err := imsync.Sync(t.Context(), newClient(t, srv), rosterOf(team("A", "a@contoso.com")), &imsync.Options{
				Save: func(context.Context, *imsync.Ownership) error {
					if calls++; calls == at {
						return errFull
					}
					return nil
				},
			})
			if errors.Is(err, errFull) != (at <= 3) {
				t.Errorf("%v after %d calls", err, calls)
			}
			if err != nil && isA[*imsync.Error](err) != (len(writes(srv)) > 0) {
				t.Errorf("%T after %v", err, writes(srv))
			}
			if at > 1 && applied.Owned.Empty() {
				t.Error("the additions have no owner")
			}
		})
	}
}

// TestOwnership_GroupWithoutID: a list of a broken server does not make the record unreadable.
func TestOwnership_GroupWithoutID(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.srv.Seed("", ewstest.Group{Name: "A"}, ewstest.Group{Name: "B", SMTPAddress: "b@contoso.com"})
	roster := rosterOf(team("A"))
	roster.DistributionGroups = []imsync.DistributionGroup{{Address: "b@contoso.com"}}
	applied, err := imsync.Sync(t.Context(), withoutIDs{m.client}, roster, &imsync.Options{Adopt: true})
	if err != nil {
		t.Fatal(err)
	}
	if !reread(t, applied.Owned).Empty() {
		t.Error("the record has groups without an id")
	}
}

// withoutIDs is a client of a list whose groups have no ids.
type withoutIDs struct{ imsync.Client }

func (c withoutIDs) GetImItemList(ctx context.Context, q imgroup.ListQuery) (*imgroup.ItemList, error) {
	l, err := c.Client.GetImItemList(ctx, q)
	for i := range l.Groups {
		l.Groups[i].ExchangeStoreID = imgroup.GroupID{}
	}
	return l, err
}
