package imsync_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// wantIn compares the members of a built-in group.
func (m *mailbox) wantIn(group string, want ...string) {
	m.Helper()
	if diff := cmp.Diff(want, addressesIn(m.srv.List(""), group)); diff != "" {
		m.Errorf("%s (-want +got):\n%s", group, diff)
	}
}

func seedFavorites(m *mailbox, addresses ...string) {
	g := ewstest.Group{Type: imgroup.Favorites}
	for _, a := range addresses {
		g.Members = append(g.Members, ewstest.Contact{Address: a})
	}
	m.srv.Seed("", g)
}

// TestBuiltIn_Ownership puts contacts into Favorites and Other Contacts, and takes out only its own.
func TestBuiltIn_Ownership(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	seedFavorites(m, "p@contoso.com", "q@contoso.com")
	m.sync(team("favorites", "a@contoso.com", "b@contoso.com", "p@contoso.com"), team("Other Contacts", "o@contoso.com"))
	m.want("")
	m.wantIn("Favorites", "a@contoso.com", "b@contoso.com", "p@contoso.com", "q@contoso.com")
	m.wantIn("Other Contacts", "o@contoso.com")
	m.sync(team("Favorites", "a@contoso.com"))
	m.wantIn("Favorites", "a@contoso.com", "p@contoso.com", "q@contoso.com")
	m.wantIn("Other Contacts", []string{}...)
	if again := m.sync(team("Favorites", "a@contoso.com")); !again.Plan.Empty() {
		t.Errorf("again: %v", again.Plan)
	}
	m.sync() // the roster no longer names the group
	m.wantIn("Favorites", "p@contoso.com", "q@contoso.com")
}

// TestBuiltIn_RemoveAll removes what the roster does not list of a built-in group that it names, and
// nothing of one that it does not name.
func TestBuiltIn_RemoveAll(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	seedFavorites(m, "p@contoso.com", "q@contoso.com")
	fill(t, m.client, rosterOf(team("A", "a@contoso.com")))
	m.wantIn("Favorites", "p@contoso.com", "q@contoso.com")
	fill(t, m.client, rosterOf(team("Favorites", "q@contoso.com", "a@contoso.com")))
	m.wantIn("Favorites", "a@contoso.com", "q@contoso.com")
	m.want("")
	fill(t, m.client, rosterOf(team("Favorites")))
	m.wantIn("Favorites", []string{}...)
	for op := range writes(m.srv) {
		if op == "SetImGroup" {
			t.Error("a built-in group was renamed")
		}
	}
}

// TestBuiltIn_Move: a contact that moves to Favorites keeps its place in the list.
func TestBuiltIn_Move(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.sync(team("A", "a@contoso.com"))
	id := m.contact("a@contoso.com")
	m.sync(team("A"), team("Favorites", "a@contoso.com"))
	m.want("A:")
	m.wantIn("Favorites", "a@contoso.com")
	if m.contact("a@contoso.com") != id {
		t.Error("the contact was removed and made again")
	}
}

// TestBuiltIn_Brake counts the favorites if some of them are to go.
func TestBuiltIn_Brake(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	seedFavorites(m, "1@c.com", "2@c.com", "3@c.com", "4@c.com", "5@c.com", "6@c.com")
	_, err := imsync.Sync(t.Context(), m.client, rosterOf(team("Favorites")), &imsync.Options{Remove: imsync.RemoveAll})
	if want := "remove 6 of the 6 memberships"; !isA[*imsync.BrakeError](err) || !strings.Contains(err.Error(), want) {
		t.Errorf("%v; want %q", err, want)
	}
}

// TestBuiltIn_NeverUsed: a list without built-in groups gets them with its first write, and the contacts
// in the next round. Until then the plan has a note.
func TestBuiltIn_NeverUsed(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.srv = ewstest.NewServer(&ewstest.Options{Profile: ewstest.Profile{"never-used": false}})
	m.client = newClient(t, m.srv)
	applied := m.sync(team("Favorites", "a@contoso.com"))
	note := `the list has no group "Favorites" yet`
	if notes := strings.Join(applied.Plan.Notes, "; "); !strings.Contains(notes, note) || !applied.Plan.Empty() {
		t.Errorf("%v; want %q and no step", applied.Plan, note)
	}
	m.sync(team("Favorites", "a@contoso.com"), team("A", "b@contoso.com"))
	m.want("A: b")
	m.wantIn("Favorites", "a@contoso.com")
}

// TestBuiltIn_OtherLanguage finds a built-in group by its type. Both of its names are one group.
func TestBuiltIn_OtherLanguage(t *testing.T) {
	t.Parallel()
	list := listOf(rosterOf(team("A", "a@contoso.com")), "p@contoso.com")
	favorites, _ := list.GroupByName("Favorites")
	favorites.DisplayName = "Favoriten"
	wanted := rosterOf(team("A", "a@contoso.com"), team("FAVORITES", "f@contoso.com"), team("Favoriten", "g@contoso.com"))
	plan, err := imsync.Diff(list, wanted, prune)
	want := "  Favoriten\n+   f@contoso.com\n+   g@contoso.com\n-   p@contoso.com\n"
	if diff := cmp.Diff(want, plan.String()); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestBuiltIn_NameOfAnotherKind is a conflict before anything is sent.
func TestBuiltIn_NameOfAnotherKind(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Tagged", "Favorites"} {
		list := &imgroup.ItemList{Groups: []imgroup.ImGroup{{DisplayName: "Tagged", GroupType: imgroup.Tagged}, {
			DisplayName: "Favorites", GroupType: imgroup.DistributionGroup, SMTPAddress: "f@contoso.com",
		}}}
		if plan, err := imsync.Diff(list, rosterOf(team(name, "a@contoso.com")), nil); !isA[*imsync.ConflictError](err) {
			t.Errorf("%s: %v, %v; want a conflict", name, plan, err)
		}
	}
}

// TestBuiltIn_Restore puts back favorites, and notes those for which there is no group.
func TestBuiltIn_Restore(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	seedFavorites(m, "p@contoso.com")
	m.sync(team("Favorites", "s@contoso.com"))
	backup := imsync.NewBackup(m.srv.List(""), m.owned)
	fill(t, m.client, rosterOf(team("Favorites")))
	m.restore(backup)
	m.wantIn("Favorites", "p@contoso.com", "s@contoso.com")
	m.sync()
	m.wantIn("Favorites", "p@contoso.com")

	m.srv = ewstest.NewServer(&ewstest.Options{Profile: ewstest.Profile{"never-used": false}})
	m.client = newClient(t, m.srv)
	want := `the list has no group "Favorites" yet, which only the server makes: its 2 contacts are not put back`
	if diff := cmp.Diff([]string{want}, m.restore(backup).Plan.Notes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
