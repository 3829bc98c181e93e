package imsync_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// mailbox is a fake with a service that owns its additions, and a person.
type mailbox struct {
	*testing.T
	srv    *ewstest.Server
	client *ews.Client
	owned  *imsync.Ownership
}

func newMailbox(t *testing.T) *mailbox {
	t.Helper()
	srv := ewstest.NewServer(nil)
	return &mailbox{T: t, srv: srv, client: newClient(t, srv)}
}

// sync syncs as the service does, which keeps its record as JSON.
func (m *mailbox) sync(groups ...imsync.Group) imsync.Applied {
	m.Helper()
	return m.syncWith(imsync.Options{}, groups...)
}

func (m *mailbox) syncWith(o imsync.Options, groups ...imsync.Group) imsync.Applied {
	m.Helper()
	o.Remove, o.Owned, o.AllowEmpty, o.MaxRemovals = imsync.RemoveOwned, m.owned, true, anyNumber
	applied, err := imsync.Sync(m.Context(), m.client, rosterOf(groups...), &o)
	if err != nil {
		m.Fatal(err)
	}
	m.owned = reread(m.T, applied.Owned)
	return applied
}

// reread returns a record that was kept as JSON.
func reread(t testing.TB, o *imsync.Ownership) *imsync.Ownership {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	out := &imsync.Ownership{}
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func (m *mailbox) group(name string) imgroup.GroupID {
	m.Helper()
	g, ok := m.srv.List("").GroupByName(name)
	if !ok {
		m.Fatalf("there is no group %s", name)
	}
	return g.ExchangeStoreID
}

// add adds a contact as a person does.
func (m *mailbox) add(group, address string) {
	m.Helper()
	if _, err := m.client.AddNewImContactToGroup(m.Context(), imgroup.ContactSpec{Address: address, Group: m.group(group)}); err != nil {
		m.Fatal(err)
	}
}

// want compares the groups that were made, with their members, as "A: x y; B: z".
func (m *mailbox) want(want string) {
	m.Helper()
	var got []string
	for _, g := range m.srv.Groups("") {
		members := strings.Join(addressesIn(m.srv.List(""), g.DisplayName), " ")
		got = append(got, strings.TrimSpace(g.DisplayName+": "+strings.ReplaceAll(members, "@contoso.com", "")))
	}
	if diff := cmp.Diff(want, strings.Join(got, "; ")); diff != "" {
		m.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOwnership_PersonsThingsStay(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.srv.Seed("", ewstest.Group{Name: "Mine", Members: []ewstest.Contact{{Address: "p@contoso.com"}}},
		ewstest.Group{Name: "Sales", Members: []ewstest.Contact{{Address: "q@contoso.com"}, {Address: "a@contoso.com"}}})
	m.sync(team("Sales", "a@contoso.com", "b@contoso.com"), team("Team", "a@contoso.com"))
	m.want("Mine: p; Sales: a b q; Team: a")
	m.add("Team", "t@contoso.com")
	applied := m.sync(team("Sales"))
	m.want("Mine: p; Sales: a q; Team: t")
	if diff := cmp.Diff([]string{`group "Team" is kept: it has members that this service did not add`}, applied.Plan.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	if err := m.client.RemoveImContactFromGroup(t.Context(), m.contact("t@contoso.com"), m.group("Team")); err != nil {
		t.Fatal(err)
	}
	m.sync()
	m.want("Mine: p; Sales: a q")
}

func (m *mailbox) contact(address string) imgroup.ContactID {
	m.Helper()
	p, ok := m.srv.List("").Contact(address)
	if !ok {
		m.Fatalf("there is no contact %s", address)
	}
	id, _ := p.ContactID()
	return id
}

func TestOwnership_PersonRemovesAndRenames(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	wanted := team("Sales", "a@contoso.com", "b@contoso.com")
	m.sync(wanted)
	id := m.group("Sales")
	if err := m.client.SetImGroup(t.Context(), id, "Fun"); err != nil {
		t.Fatal(err)
	}
	if err := m.client.RemoveImContactFromGroup(t.Context(), m.contact("a@contoso.com"), id); err != nil {
		t.Fatal(err)
	}
	m.sync(wanted)
	m.want("Sales: a b")
	if m.group("Sales").ID != id.ID {
		t.Error("the group is another one: it was to be renamed back")
	}
	m.sync()
	m.want("")
}

func TestOwnership_Adopt(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		adopt bool
		want  string
	}{"no": {false, "Sales: a q"}, "yes": {true, "Sales: q"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMailbox(t)
			m.srv.Seed("", ewstest.Group{Name: "Sales", Members: []ewstest.Contact{{Address: "q@contoso.com"}, {Address: "a@contoso.com"}}})
			m.syncWith(imsync.Options{Adopt: tc.adopt}, team("Sales", "a@contoso.com"))
			m.sync()
			m.want(tc.want)
		})
	}
}

// TestOwnership_Killed ends the process before each request in turn, before it is executed and after,
// and runs again with the record that was saved last: all that was given is owned.
func TestOwnership_Killed(t *testing.T) {
	t.Parallel()
	errKilled := errors.New("killed")
	for at := range 9 {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprint(at, after), func(t *testing.T) {
				t.Parallel()
				m := newMailbox(t)
				m.srv.Seed("", ewstest.Group{Name: "Mine", Members: []ewstest.Contact{{Address: "a@contoso.com"}}})
				dead, n := false, 0
				client := &killer{Client: m.client, step: func() (bool, bool) {
					n++
					hit := n == at+1
					dead = dead || hit
					return dead, hit && after
				}, err: errKilled}
				o := &imsync.Options{Save: func(_ context.Context, owned *imsync.Ownership) error {
					if dead {
						return errKilled
					}
					m.owned = reread(t, owned)
					return nil
				}}
				roster := rosterOf(team("Mine", "b@contoso.com"), team("New", "a@contoso.com", "c@contoso.com"))
				_, err := imsync.Sync(t.Context(), client, roster, o)
				if (err == nil) != !dead {
					t.Errorf("%v; killed: %t", err, dead)
				}
				m.sync()
				m.want("Mine: a")
			})
		}
	}
}

// killer is a client of a process that is killed at a write.
type killer struct {
	imsync.Client
	step func() (dead, execute bool)
	err  error
}

func (c *killer) do(write func() error) error {
	dead, execute := c.step()
	if !dead {
		return write()
	}
	if execute {
		_ = write()
	}
	return c.err
}

func (c *killer) GetImItemList(ctx context.Context, q imgroup.ListQuery) (items *imgroup.ItemList, err error) {
	err = c.do(func() error { items, err = c.Client.GetImItemList(ctx, q); return err })
	return items, err
}

func (c *killer) AddImGroup(ctx context.Context, name string) (g *imgroup.ImGroup, err error) {
	err = c.do(func() error { g, err = c.Client.AddImGroup(ctx, name); return err })
	return g, err
}

func (c *killer) AddNewImContactToGroup(ctx context.Context, spec imgroup.ContactSpec) (p *imgroup.Persona, err error) {
	err = c.do(func() error { p, err = c.Client.AddNewImContactToGroup(ctx, spec); return err })
	return p, err
}

func (c *killer) AddImContactToGroup(ctx context.Context, contact imgroup.ContactID, group imgroup.GroupID) error {
	return c.do(func() error { return c.Client.AddImContactToGroup(ctx, contact, group) })
}

func TestOwnership_SaveFailsFirst(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	errFull := errors.New("the disk is full")
	o := &imsync.Options{Save: func(context.Context, *imsync.Ownership) error { return errFull }}
	_, err := imsync.Sync(t.Context(), m.client, rosterOf(team("A")), o)
	if !errors.Is(err, errFull) || len(writes(m.srv)) > 0 {
		t.Errorf("%v, wrote %v; want the error and nothing written", err, writes(m.srv))
	}
}

func TestOwnership_JSON(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.sync(team("A", "a@contoso.com"))
	text, err := json.Marshal(m.owned)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`{"version":1,"groups":[{"id":%q,"name":"A","made":true,"members":["im a@contoso.com"],`+
		`"ids":{"im a@contoso.com":%q}}]}`, m.group("A").ID, m.contact("a@contoso.com").ID)
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	empty, err := json.Marshal(&imsync.Ownership{})
	if err != nil || string(empty) != `{"version":1,"groups":[]}` {
		t.Errorf("%s, %v", empty, err)
	}
	for _, bad := range []string{`{}`, `[]`, `{"version":2,"groups":[]}`, `{"version":1,"groups":[{"name":"A"}]}`, `"x"`} {
		if err := json.Unmarshal([]byte(bad), &imsync.Ownership{}); err == nil || !strings.Contains(err.Error(), "ownership record") {
			t.Errorf("%s: %v; want it refused", bad, err)
		}
	}
}

func TestSync_Brake(t *testing.T) {
	t.Parallel()
	crowd := team("A")
	for i := range 100 {
		crowd.Contacts = append(crowd.Contacts, imsync.Contact{Address: fmt.Sprintf("c%d@contoso.com", i)})
	}
	for name, tc := range map[string]struct {
		left  int
		limit imsync.Limit
		stops bool
	}{
		"10 of 100":             {90, imsync.Limit{}, false},
		"11 of 100":             {89, imsync.Limit{}, true},
		"11 of 100, 20 %":       {89, imsync.Limit{Percent: 20}, false},
		"11 of 100, at least 7": {89, imsync.Limit{AtLeast: 7}, true},
		"all of them":           {0, anyNumber, false},
		"without a limit":       {0, imsync.Limit{Percent: math.MaxInt}, false},
		"none":                  {99, imsync.Limit{Percent: -1}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := ewstest.NewServer(nil)
			client := newClient(t, srv)
			fill(t, client, rosterOf(crowd))
			before := writes(srv)
			wanted := imsync.Group{Name: "A", Contacts: crowd.Contacts[:tc.left]}
			opts := &imsync.Options{Remove: imsync.RemoveAll, MaxRemovals: tc.limit}
			applied, err := imsync.Sync(t.Context(), client, rosterOf(wanted), opts)
			if isA[*imsync.BrakeError](err) != tc.stops || len(applied.Plan.Steps) != 100-tc.left {
				t.Errorf("%v, %d steps", err, len(applied.Plan.Steps))
			}
			if diff := cmp.Diff(before, writes(srv)); tc.stops && diff != "" {
				t.Errorf("wrote (-before +after):\n%s", diff)
			}
		})
	}
	srv := ewstest.NewServer(nil)
	client := newClient(t, srv)
	fill(t, client, rosterOf(team("A", "1@c.com", "2@c.com", "3@c.com"), team("B"), team("C"), team("D")))
	_, err := imsync.Sync(t.Context(), client, rosterOf(team("A")), &imsync.Options{Remove: imsync.RemoveAll})
	if !isA[*imsync.BrakeError](err) {
		t.Errorf("6 of 6: %v; want the brake, for 5 are allowed", err)
	}
}

// TestEach_Ownership keeps a record for each mailbox.
func TestEach_Ownership(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	client := newClient(t, srv)
	records := map[string]*imsync.Ownership{}
	opts := &imsync.Options{
		Remove: imsync.RemoveOwned, AllowEmpty: true, MaxRemovals: anyNumber, Parallel: 1,
		Load: func(_ context.Context, mailbox ews.Account) (*imsync.Ownership, error) {
			return records[mailbox.String()], nil
		},
		Save: func(_ context.Context, o *imsync.Ownership) error {
			records[o.Mailbox()] = reread(t, o)
			return nil
		},
	}
	for _, roster := range []imsync.Roster{rosterOf(team("A", "a@contoso.com")), {}} {
		for r := range imsync.Each(t.Context(), client, mailboxes(3, roster), opts) {
			if r.Err != nil || r.Owned == nil || len(r.Done) == 0 {
				t.Errorf("%s: %v, %v, %d steps done", r.Mailbox, r.Err, r.Owned, len(r.Done))
			}
		}
	}
	if len(records) != 3 {
		t.Errorf("%d records, want 3", len(records))
	}
}

// TestOwnership_Empty follows a record from the first addition to the last removal.
func TestOwnership_Empty(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	want := func(o *imsync.Ownership, empty bool) {
		t.Helper()
		if o.Empty() != empty {
			text, err := o.MarshalJSON()
			t.Errorf("Empty is %t of %s, %v", !empty, text, err)
		}
	}
	want(nil, true)
	want(imsync.NewOwnership("tony@contoso.com"), true)
	m.srv.Seed("", ewstest.Group{Name: "Friends"})
	friends, anna := imsync.Group{Name: "Friends"}, imsync.Contact{Address: "anna@contoso.com"}
	m.sync(friends)
	want(m.owned, true)
	m.sync(imsync.Group{Name: "Friends", Contacts: []imsync.Contact{anna}})
	want(m.owned, false)
	m.sync(friends)
	want(m.owned, true)
	m.sync(friends, imsync.Group{Name: "Team"})
	want(m.owned, false)
	m.sync()
	want(m.owned, true)
	var pending *imsync.Ownership
	_, err := imsync.Sync(t.Context(), m.client, rosterOf(friends, imsync.Group{Name: "Team"}), &imsync.Options{
		Save: func(_ context.Context, o *imsync.Ownership) error { pending = o; return errors.New("no space") },
	})
	if err == nil {
		t.Error("the record was not saved, and there was no error")
	}
	want(pending, false)
}
