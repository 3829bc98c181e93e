package imsync_test

import (
	"context"
	"encoding/json"
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

// rereadBackup returns a backup that was kept as JSON.
func rereadBackup(t testing.TB, b *imsync.Backup) *imsync.Backup {
	t.Helper()
	text, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	out := &imsync.Backup{}
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// restore restores as the service does, which keeps backup and record as JSON.
func (m *mailbox) restore(b *imsync.Backup) imsync.Applied {
	m.Helper()
	applied, err := imsync.Restore(m.Context(), m.client, rereadBackup(m.T, b), &imsync.Options{Owned: m.owned})
	if err != nil {
		m.Fatal(err)
	}
	m.owned = reread(m.T, applied.Owned)
	return applied
}

// peoples is a list that people made.
func peoples() []ewstest.Group {
	return []ewstest.Group{
		{Name: "Family", Members: []ewstest.Contact{
			{Address: "p@contoso.com", DisplayName: "Pia"}, {Address: "n/a"}, {Address: "b@contoso.com"},
		}},
		{Name: "Sales", Members: []ewstest.Contact{{Address: "q@contoso.com"}, {Address: "a@contoso.com"}}},
		{Name: "Staff", SMTPAddress: "all@contoso.com"},
		{Name: "Empty"},
	}
}

// TestRestore puts back all that RemoveAll has taken, and a name, and does so once.
func TestRestore(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.srv.Seed("", peoples()...)
	before := imsync.Export(m.srv.List(""))
	id := m.group("Sales")
	var backups []*imsync.Backup
	opts := &imsync.Options{
		Remove: imsync.RemoveAll, MaxRemovals: anyNumber,
		Backup: func(_ context.Context, b *imsync.Backup) error {
			if len(writes(m.srv)) > 0 {
				t.Error("the backup comes after a write")
			}
			backups = append(backups, b)
			return nil
		},
	}
	renamed := formerly("Sales", "Vente", "x@contoso.com")
	if _, err := imsync.Sync(t.Context(), m.client, rosterOf(renamed, team("Other")), opts); err != nil {
		t.Fatal(err)
	}
	m.want("Vente: x; Other:")
	if len(backups) != 1 {
		t.Fatalf("%d backups, want 1", len(backups))
	}
	plan, err := imsync.Restore(t.Context(), m.client, backups[0], &imsync.Options{DryRun: true})
	if err != nil || len(plan.Plan.Notes) > 0 {
		t.Errorf("%v, %v; want no notes", plan.Plan, err)
	}
	m.want("Vente: x; Other:")
	m.restore(backups[0])
	m.want("Sales: a q x; Other:; Family: b n/a p; Empty:; Staff:")
	if m.group("Sales").ID != id.ID {
		t.Error("the group was not renamed back but made again")
	}
	if p, _ := m.srv.List("").Contact("p@contoso.com"); p == nil || p.DisplayName != "Pia" {
		t.Errorf("%+v; want the name Pia", p)
	}
	wrote := writes(m.srv)
	if again := m.restore(backups[0]); !again.Plan.Empty() {
		t.Errorf("second time: %v", again.Plan)
	}
	if diff := cmp.Diff(wrote, writes(m.srv)); diff != "" {
		t.Errorf("second time (-before +after):\n%s", diff)
	}
	gone, err := imsync.Diff(m.srv.List(""), before, &imsync.Options{})
	if err != nil || !gone.Empty() {
		t.Errorf("%v, %v; want nothing missing of the roster before", gone, err)
	}
}

// TestRestore_Ownership: what the service gave it owns again, what a person made it does not.
func TestRestore_Ownership(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.srv.Seed("", peoples()...)
	m.sync(team("Sales", "s@contoso.com"), team("Team", "a@contoso.com"))
	backup := imsync.NewBackup(m.srv.List(""), m.owned)
	fill(t, m.client, rosterOf())
	m.want("")
	m.restore(backup)
	m.want("Family: b n/a p; Sales: a q s; Empty:; Team: a; Staff:")
	m.sync()
	m.want("Family: b n/a p; Sales: a q; Empty:; Staff:")
}

// TestRestore_Killed ends the process at each request in turn, before it is executed and after, and
// restores again with the record that was saved last.
func TestRestore_Killed(t *testing.T) {
	t.Parallel()
	for at := range 16 {
		for name, fault := range map[string]error{"before": ewstest.DropBefore(), "after": ewstest.DropAfter()} {
			t.Run(fmt.Sprint(at, name), func(t *testing.T) {
				t.Parallel()
				m := newMailbox(t)
				dead, armed, n := false, false, 0
				m.srv = ewstest.NewServer(&ewstest.Options{Intercept: func(ewstest.Request) error {
					switch {
					case dead:
						return ewstest.DropBefore()
					case armed && n == at:
						dead = true
						return fault
					case armed:
						n++
					}
					return nil
				}})
				m.client = newClient(t, m.srv)
				m.srv.Seed("", peoples()...)
				m.sync(team("Sales", "s@contoso.com"), team("Team", "a@contoso.com"))
				backup := imsync.NewBackup(m.srv.List(""), m.owned)
				fill(t, m.client, rosterOf())
				armed = true
				opts := &imsync.Options{Owned: m.owned, Save: func(_ context.Context, o *imsync.Ownership) error {
					if dead {
						return errors.New("killed")
					}
					m.owned = reread(t, o)
					return nil
				}}
				if _, err := imsync.Restore(t.Context(), m.client, backup, opts); (err != nil) != dead {
					t.Errorf("%v; killed: %t", err, dead)
				}
				dead, armed = false, false
				m.restore(backup)
				m.sync()
				groups := map[string]bool{}
				for _, g := range m.srv.Groups("") {
					if groups[g.DisplayName] {
						t.Errorf("group %s is there twice", g.DisplayName)
					}
					groups[g.DisplayName] = true
				}
				gone, err := imsync.Restore(t.Context(), m.client, imsync.NewBackup(m.srv.List(""), nil), nil)
				if err != nil || !gone.Plan.Empty() {
					t.Errorf("%v, %v", gone.Plan, err)
				}
				list := m.srv.List("")
				got := [][]string{addressesIn(list, "Family"), addressesIn(list, "Sales"), addressesIn(list, "Team")}
				want := [][]string{{"b@contoso.com", "n/a", "p@contoso.com"}, {"a@contoso.com", "q@contoso.com"}, nil}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestRestore_Faults has a write of each kind meet a fault that leaves its outcome unknown.
func TestRestore_Faults(t *testing.T) {
	t.Parallel()
	for _, op := range []string{
		"AddImGroup", "SetImGroup", "AddNewImContactToGroup", "AddImContactToGroup", "AddDistributionGroupToImList",
	} {
		for name, fault := range map[string]error{"before": ewstest.DropBefore(), "after": ewstest.DropAfter()} {
			t.Run(op+" "+name, func(t *testing.T) {
				t.Parallel()
				m := newMailbox(t)
				backup := imsync.NewBackup(m.srv.Seed("", append(peoples(),
					ewstest.Group{Name: "More", Members: []ewstest.Contact{{Address: "a@contoso.com"}}})...), nil)
				renamed := formerly("Sales", "Vente", "x@contoso.com")
				fill(t, m.client, rosterOf(renamed))
				m.srv.Fail(op, fault)
				m.restore(backup)
				m.want("Sales: a q x; Family: b n/a p; Empty:; More: a; Staff:")
			})
		}
	}
}

// TestRestore_Notes names what cannot be put back, and puts back the rest.
func TestRestore_Notes(t *testing.T) {
	t.Parallel()
	tel := ewstest.Contact{Telephone: "+1 562 555 0100"}
	for name, tc := range map[string]struct {
		before, after []ewstest.Group
		want, note    string
	}{
		"telephone": {
			[]ewstest.Group{{Name: "A", Members: []ewstest.Contact{tel, {Address: "a@contoso.com"}}}},
			nil,
			"A: a", `telephone +1 562 555 0100 is not put back into group "A"`,
		},
		"telephone that is in the list": {
			[]ewstest.Group{{Name: "A", Members: []ewstest.Contact{tel}}},
			[]ewstest.Group{{Name: "B", Members: []ewstest.Contact{tel}}},
			"B: +1 562 555 0100; A: +1 562 555 0100", "",
		},
		"name of another kind": {
			[]ewstest.Group{{Name: "A", Members: []ewstest.Contact{{Address: "a@contoso.com"}}}, {Name: "B"}},
			[]ewstest.Group{{Name: "A", SMTPAddress: "list@contoso.com"}},
			"A:; B:", `group "A" with its 1 contacts is not put back`,
		},
		"distribution group's name": {
			[]ewstest.Group{{Name: "A", SMTPAddress: "list@contoso.com"}, {Name: "B"}},
			[]ewstest.Group{{Name: "a"}},
			"a:; B:", `distribution group "A" (list@contoso.com) is not put back`,
		},
		"names that fold": {
			[]ewstest.Group{{Name: "A", Members: []ewstest.Contact{{Address: "a@contoso.com"}}}, {Name: "B"}},
			[]ewstest.Group{{Name: "A"}, {Name: "a"}},
			"A:; a:; B:", `2 groups have the name "A"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMailbox(t)
			backup := imsync.NewBackup(m.srv.Seed("", tc.before...), nil)
			fill(t, m.client, rosterOf())
			m.srv.Seed("", tc.after...)
			for range 2 {
				notes := strings.Join(m.restore(backup).Plan.Notes, "; ")
				if !strings.Contains(notes, tc.note) || (tc.note == "") != (notes == "") {
					t.Errorf("notes %q; want %q", notes, tc.note)
				}
			}
			m.want(tc.want)
		})
	}
}

// TestRestore_NameThatIsTaken puts the members into the group that had them, which a person has renamed.
func TestRestore_NameThatIsTaken(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	backup := imsync.NewBackup(m.srv.Seed("", ewstest.Group{Name: "A", Members: []ewstest.Contact{{Address: "a@contoso.com"}}},
		ewstest.Group{Name: "B", Members: []ewstest.Contact{{Address: "b@contoso.com"}}}), nil)
	a, b := m.group("A"), m.group("B")
	rename := func(id imgroup.GroupID, name string) {
		t.Helper()
		if err := m.client.SetImGroup(t.Context(), id, name); err != nil {
			t.Fatal(err)
		}
	}
	rename(a, "C")
	rename(b, "A")
	rename(a, "B")
	if err := m.client.RemoveImContactFromGroup(t.Context(), m.contact("a@contoso.com"), a); err != nil {
		t.Fatal(err)
	}
	applied := m.restore(backup)
	m.want("B: a; A: b")
	if notes := strings.Join(applied.Plan.Notes, "; "); !strings.Contains(notes, `group "A" keeps its present name "B"`) {
		t.Errorf("notes %q", notes)
	}
}

func TestBackup_Fails(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.srv.Seed("", peoples()...)
	errFull := errors.New("the disk is full")
	n := 0
	opts := &imsync.Options{
		Remove: imsync.RemoveAll, MaxRemovals: anyNumber,
		Backup: func(context.Context, *imsync.Backup) error { n++; return errFull },
	}
	_, err := imsync.Sync(t.Context(), m.client, rosterOf(team("A")), opts)
	if !errors.Is(err, errFull) || len(writes(m.srv)) > 0 {
		t.Errorf("%v, wrote %v; want the error and nothing written", err, writes(m.srv))
	}
	plan, err := imsync.Diff(m.srv.List(""), rosterOf(team("A")), prune)
	if err != nil {
		t.Fatal(err)
	}
	if err := imsync.Apply(t.Context(), m.client, plan, opts); !errors.Is(err, errFull) || len(writes(m.srv)) > 0 {
		t.Errorf("%v, wrote %v; want the error and nothing written", err, writes(m.srv))
	}
	opts.Remove = imsync.RemoveNothing
	if _, err := imsync.Sync(t.Context(), m.client, rosterOf(team("A")), opts); err != nil || n != 2 {
		t.Errorf("%v, %d backups; want none of a run that only adds", err, n)
	}
}

// TestBackup_Each names the mailbox.
func TestBackup_Each(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	client := newClient(t, srv)
	backups := map[string]*imsync.Backup{}
	opts := &imsync.Options{
		Remove: imsync.RemoveAll, AllowEmpty: true, MaxRemovals: anyNumber, Parallel: 1,
		Backup: func(_ context.Context, b *imsync.Backup) error {
			backups[b.Mailbox()] = rereadBackup(t, b)
			return nil
		},
	}
	for _, roster := range []imsync.Roster{rosterOf(team("A", "a@contoso.com")), {}} {
		for r := range imsync.Each(t.Context(), client, mailboxes(2, roster), opts) {
			if r.Err != nil {
				t.Error(r.Err)
			}
		}
	}
	if len(backups) != 2 {
		t.Fatalf("%d backups, want 2", len(backups))
	}
	for name, b := range backups {
		applied, err := imsync.Restore(t.Context(), client.Impersonate(ews.PrimarySMTP(name)), b, nil)
		if err != nil || len(applied.Done) != 2 {
			t.Errorf("%s, %s: %v, %v", name, b.Mailbox(), applied.Done, err)
		}
	}
}

func TestBackup_JSON(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.srv.Seed("", ewstest.Group{Name: "A", Members: []ewstest.Contact{{Address: "p@contoso.com", DisplayName: "Pia"}}})
	m.sync(team("A", "s@contoso.com"))
	text, err := json.Marshal(imsync.NewBackup(m.srv.List(""), m.owned))
	want := fmt.Sprintf(`{"version":1,"groups":[{"type":"IPM.DistList.MOC.UserGroup","id":%q,"name":"A","contacts":[`+
		`{"address":"p@contoso.com","displayName":"Pia"},`+
		`{"address":"s@contoso.com","displayName":"s@contoso.com","owned":true}]}]}`, m.group("A").ID)
	if diff := cmp.Diff(want, string(text)); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, b := range []*imsync.Backup{{}, imsync.NewBackup(nil, nil)} {
		if empty, err := json.Marshal(rereadBackup(t, b)); err != nil || string(empty) != `{"version":1,"groups":[]}` {
			t.Errorf("%s, %v", empty, err)
		}
		if applied, err := imsync.Restore(t.Context(), m.client, b, nil); err != nil || !applied.Plan.Empty() {
			t.Errorf("%v, %v; want nothing to do", applied.Plan, err)
		}
	}
	if applied, err := imsync.Restore(t.Context(), m.client, nil, nil); err != nil || !applied.Plan.Empty() {
		t.Errorf("%v, %v; want nothing to do", applied.Plan, err)
	}
}
