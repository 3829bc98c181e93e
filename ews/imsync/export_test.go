package imsync_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// TestExport_AnyList exports lists such as other programs leave: names in upper and lower case, of
// several kinds of groups, and missing ones; an address several times, malformed, and missing. The
// roster is good for the list: a sync has nothing to do, whatever it may remove.
func TestExport_AnyList(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		list := anyList(rand.New(rand.NewPCG(seed, 1)))
		var roster imsync.Roster
		if err := json.Unmarshal([]byte(asJSON(t, imsync.Export(list))), &roster); err != nil {
			t.Fatal(err)
		}
		for _, o := range []imsync.Options{{}, {Remove: imsync.RemoveOwned, Owned: ownerOf(t, list)}, {Remove: imsync.RemoveAll}} {
			o.AllowEmpty = true
			if plan, err := imsync.Diff(list, roster, &o); err != nil || !plan.Empty() {
				t.Fatalf("seed %d, remove %q: %v, %v; want nothing to do with\n%s", seed, o.Remove, plan, err, asJSON(t, roster))
			}
		}
	}
}

// anyList makes a list from few names and addresses.
func anyList(r *rand.Rand) *imgroup.ItemList {
	l := &imgroup.ItemList{}
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	for i, address := range []string{"a@contoso.com", "A@contoso.com", "n/a", "sip:b@contoso.com", "'c@contoso.com'", "d@e@f", ""} {
		l.Personas = append(l.Personas, imgroup.Persona{
			ImAddress: address, DisplayName: pick("", "Anna"),
			Attributions: []imgroup.Attribution{{SourceID: imgroup.ItemID{ID: fmt.Sprint("c", i)}, IsQuickContact: true}},
		})
	}
	for i := range r.IntN(8) {
		g := imgroup.ImGroup{
			DisplayName:     pick("A", "a", "B", "Favorites", "", " ", "l@contoso.com", "A (2)"),
			GroupType:       imgroup.GroupType(pick(string(imgroup.UserGroup), string(imgroup.UserGroup), string(imgroup.DistributionGroup))),
			ExchangeStoreID: imgroup.GroupID{ID: fmt.Sprint("g", i)},
		}
		if g.GroupType == imgroup.DistributionGroup {
			g.SMTPAddress = pick("l@contoso.com", "L@contoso.com", "SMTP:m@contoso.com", "n/a", "")
		} else {
			for range r.IntN(4) {
				g.Members = append(g.Members, imgroup.ContactID{ID: fmt.Sprint("c", r.IntN(8))})
			}
		}
		l.Groups = append(l.Groups, g)
	}
	if r.IntN(2) == 0 {
		l.Groups = append(l.Groups, imgroup.ImGroup{
			DisplayName: "Favorites", GroupType: imgroup.Favorites, ExchangeStoreID: imgroup.GroupID{ID: "f"},
			Members: []imgroup.ContactID{{ID: "c0"}},
		})
	}
	return l
}

// ownerOf returns a record of a service that gave all groups that have a name and an address.
func ownerOf(t *testing.T, l *imgroup.ItemList) *imsync.Ownership {
	t.Helper()
	var groups []string
	for _, g := range l.Groups {
		if strings.TrimSpace(g.DisplayName) == "" || g.GroupType == imgroup.DistributionGroup && g.SMTPAddress == "" || g.GroupType.BuiltIn() {
			continue
		}
		groups = append(groups, fmt.Sprintf(`{"id":%q,"name":%q,"made":true,"members":["im a@contoso.com","im n/a"]}`, g.ExchangeStoreID.ID, g.DisplayName))
	}
	owned := &imsync.Ownership{}
	if err := json.Unmarshal([]byte(`{"version":1,"groups":[`+strings.Join(groups, ",")+`]}`), owned); err != nil {
		t.Fatal(err)
	}
	return owned
}

// TestExport_ManyAddresses has a persona with many addresses: the square of their number would take
// minutes, also on a fast machine.
func TestExport_ManyAddresses(t *testing.T) {
	t.Parallel()
	list := &imgroup.ItemList{Personas: make([]imgroup.Persona, 1)}
	p := &list.Personas[0]
	p.Attributions = []imgroup.Attribution{{SourceID: imgroup.ItemID{ID: "c"}, IsQuickContact: true}}
	for i := range 300_000 {
		p.ImAddresses = append(p.ImAddresses, imgroup.AttributedString{Value: fmt.Sprintf("%d@contoso.com", i)})
	}
	began := time.Now()
	imsync.Export(list)
	if took := time.Since(began); took > time.Minute {
		t.Errorf("took %v", took)
	}
}

// TestExport_NamesThatFold has all members of groups that share a name.
func TestExport_NamesThatFold(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	list := srv.Seed("",
		ewstest.Group{Name: "Sales", Members: []ewstest.Contact{{Address: "a@contoso.com", DisplayName: "a"}}},
		ewstest.Group{Name: "Sales", SMTPAddress: "s@contoso.com"},
		ewstest.Group{Name: "SALES", Members: []ewstest.Contact{
			{Address: "b@contoso.com", DisplayName: "b"}, {Address: "a@contoso.com", DisplayName: "a"},
		}},
		ewstest.Group{Name: "All", SMTPAddress: "S@contoso.com"},
		ewstest.Group{Name: "s@contoso.com"})
	want := imsync.Roster{
		Groups: []imsync.Group{
			{Name: "Sales", Contacts: []imsync.Contact{
				{Address: "a@contoso.com", DisplayName: "a"}, {Address: "b@contoso.com", DisplayName: "b"},
			}},
			{Name: "s@contoso.com"},
		},
		DistributionGroups: []imsync.DistributionGroup{{Address: "s@contoso.com", DisplayName: "Sales (2)"}},
	}
	if diff := cmp.Diff(want, imsync.Export(list)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSync_DistributionGroups removes each entry by its id, also if another one of the list has its
// address, and keeps one without an address, with a note.
func TestSync_DistributionGroups(t *testing.T) {
	t.Parallel()
	srv := ewstest.NewServer(nil)
	srv.Seed("", ewstest.Group{Name: "A"}, ewstest.Group{Name: "A", SMTPAddress: "l@contoso.com"},
		ewstest.Group{Name: "B", SMTPAddress: "L@contoso.com"}, ewstest.Group{Name: "C", SMTPAddress: "c@contoso.com"})
	applied, err := imsync.Sync(t.Context(), noAddress{newClient(t, srv), "C"}, rosterOf(team("New")), prune)
	if err != nil {
		t.Fatal(err)
	}
	if notes := strings.Join(applied.Plan.Notes, "; "); !strings.Contains(notes, `group "C" is kept: it lacks a name`) {
		t.Errorf("notes %q do not name the group without an address", notes)
	}
	var left []string
	for _, g := range srv.Groups("") {
		left = append(left, g.DisplayName)
	}
	if diff := cmp.Diff("A A C New", strings.Join(left, " ")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// noAddress is a client of a list in which a distribution group lacks its address.
type noAddress struct {
	imsync.Client
	name string
}

func (c noAddress) GetImItemList(ctx context.Context, q imgroup.ListQuery) (*imgroup.ItemList, error) {
	l, err := c.Client.GetImItemList(ctx, q)
	if err == nil {
		if g, ok := l.GroupByName(c.name); ok {
			g.SMTPAddress = ""
		}
	}
	return l, err
}
