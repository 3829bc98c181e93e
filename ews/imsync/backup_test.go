package imsync_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// TestBackup_JSONRefused: another document is not restored as a backup.
func TestBackup_JSONRefused(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	m.sync(team("A", "a@contoso.com"))
	groups := func(s string) string { return `{"version":1,"groups":[` + s + `]}` }
	for text, want := range map[string]string{
		`null`:                      "version 0",
		`"x"`:                       "a JSON string cannot stand for the document",
		`[]`:                        "a JSON array cannot stand for the document",
		`{}`:                        "version 0",
		`{"version":1}`:             "is the file a backup",
		`{"version":2,"groups":[]}`: "version 2",
		asJSON(t, m.owned):          `unknown field "members"`,
		steps(``):                   `unknown field "steps"`,
		groups(`null`):              `group 1, "", has the type ""`,
		groups(`{"name":"A"}`):      `group 1, "A", has the type ""`,
		groups(`{"type":"IPM.DistList.MOC.UserGroup","name":"A"},{"type":"IPM.Note","name":"B"}`): `group 2, "B", has the type "IPM.Note"`,
		groups(`{"type":"IPM.DistList.MOC.UserGroup","grup":"A"}`):                                `unknown field "grup"`,
	} {
		err := json.Unmarshal([]byte(text), &imsync.Backup{})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "backup") {
			t.Errorf("%s: %v; want %s", text, err, want)
		}
	}
}

// TestRestore_OddLists restores backups of random lists, with names and addresses that no roster
// may have, into empty lists: each group is restored or has a note.
func TestRestore_OddLists(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 21))
		l := oddList(random)
		backup := rereadBackup(t, imsync.NewBackup(l, nil))
		r := newRegister(t)
		applied, err := imsync.Restore(t.Context(), r.memory, backup, nil)
		if err != nil {
			t.Fatalf("seed %d: %v; the list: %+v", seed, err, l.Groups)
		}
		notes := strings.Join(applied.Plan.Notes, "\n")
		for _, g := range l.Groups {
			if r.named(g.DisplayName) == nil && !strings.Contains(notes, "without a name") &&
				!strings.Contains(notes, fmt.Sprintf("%q", g.DisplayName)) {
				t.Errorf("seed %d: %q is not there, and there is no note:\n%s", seed, g.DisplayName, notes)
			}
		}
		again, err := imsync.Restore(t.Context(), r.memory, backup, nil)
		if err != nil || !again.Plan.Empty() {
			t.Errorf("seed %d, once more: %v, %v", seed, again.Plan.Steps, err)
		}
	}
}

// oddList returns a list as a server with other rules, or another program, may have it.
func oddList(random *rand.Rand) *imgroup.ItemList {
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	l := &imgroup.ItemList{}
	for i := range random.IntN(6) {
		g := imgroup.ImGroup{
			DisplayName: pick("A", "a", "B", "  ", "", "Ä"), GroupType: imgroup.UserGroup,
			ExchangeStoreID: imgroup.GroupID{ID: fmt.Sprint("group ", i)},
		}
		if random.IntN(3) == 0 {
			g.GroupType, g.SMTPAddress = imgroup.DistributionGroup, pick("x@contoso.com", "X@contoso.com", "SMTP:x@contoso.com", "n/a", "")
		}
		for j := range random.IntN(3) {
			id := fmt.Sprintf("contact %d %d", i, j)
			g.Members = append(g.Members, imgroup.ContactID{ID: id})
			l.Personas = append(l.Personas, (&memoryContact{
				id: id, address: pick("a@contoso.com", "A@contoso.com", "sip:a@contoso.com", "n/a", "a b", "<a@contoso.com>", "\t", ""),
			}).persona())
		}
		l.Groups = append(l.Groups, g)
	}
	return l
}

// TestRestore_NamesPassOn restores a chain of groups: a person removed the third, renamed the
// second to the name of the third, and the first to that of the second. The list has them in both
// orders.
func TestRestore_NamesPassOn(t *testing.T) {
	t.Parallel()
	for _, reversed := range []bool{false, true} {
		r := newRegister(t)
		r.groups = nil
		for _, name := range []string{"A", "B", "Z"} {
			r.groups = append(r.groups, &memoryGroup{id: "was " + name, name: name, kind: imgroup.UserGroup, members: []*memoryContact{
				{id: "in " + name, address: name + "@contoso.com"},
			}})
		}
		b := r.backup()
		r.groups = r.groups[:2]
		r.named("B").name = "Z"
		r.named("A").name = "B"
		if reversed {
			slices.Reverse(r.groups)
		}
		r.restore(r.memory, b)
		for _, name := range []string{"A", "B", "Z"} {
			r.want(name, name+"@contoso.com")
		}
		if r.named("A").id != "was A" || r.named("B").id != "was B" {
			t.Errorf("reversed %t: A is %s, B is %s; want them renamed", reversed, r.named("A").id, r.named("B").id)
		}
	}
}

// TestRestore_NamesThatChangedPlaces keeps the names of two groups that a person has swapped:
// Exchange has no operation for that. The contacts return to their groups.
func TestRestore_NamesThatChangedPlaces(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	a := &memoryGroup{id: "a", name: "A", kind: imgroup.UserGroup, members: []*memoryContact{{id: "x", address: "x@contoso.com"}}}
	b := &memoryGroup{id: "b", name: "B", kind: imgroup.UserGroup}
	r.groups = append(r.groups, a, b)
	backup := r.backup()
	a.name, b.name, a.members = "B", "A", nil
	applied, err := imsync.Restore(t.Context(), r.memory, backup, nil)
	if err != nil || len(applied.Plan.Notes) != 2 {
		t.Errorf("%v, %v; want a note for each", applied.Plan, err)
	}
	if a.name != "B" || b.name != "A" || len(a.members) != 1 || len(b.members) != 0 {
		t.Errorf("%+v, %+v; want the names as they are, and the contact in the first", a, b)
	}
}
