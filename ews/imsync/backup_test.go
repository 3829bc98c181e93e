package imsync_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
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

// TestRestore_OddLists restores backups of random lists, with names and addresses that no roster may
// have, into empty ones: what is not put back has a note, and the rest is there.
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
