package ewstest_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/imgroup"
)

// membership is a list without ids: the groups in order, each with its members.
func membership(l *imgroup.ItemList) []string {
	names := map[string]string{}
	for _, p := range l.Personas {
		id, _ := p.ContactID()
		names[id.ID] = p.DisplayNameFirstLast + "|" + p.ImAddress
	}
	var out []string
	for _, g := range l.Groups {
		s := g.DisplayName + "|" + string(g.GroupType) + "|" + g.SMTPAddress
		for _, m := range g.Members {
			s += "," + names[m.ID]
		}
		out = append(out, s)
	}
	return out
}

func TestSeed(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	anna := ewstest.Contact{Address: "sip:anna@contoso.com", DisplayName: "Anna"}
	got := s.Seed("Owner@contoso.com",
		ewstest.Group{Name: "Sales", Members: []ewstest.Contact{anna, {Address: "bert@contoso.com"}}},
		ewstest.Group{Name: "SALES", Members: []ewstest.Contact{{Address: "ANNA@contoso.com"}}},
		ewstest.Group{Name: "All", SMTPAddress: "all@contoso.com"},
		ewstest.Group{Type: imgroup.Favorites, Members: []ewstest.Contact{{Telephone: "+1 (425) 555-0100"}}},
		ewstest.Group{Name: "favorites"},
	)
	want := []string{
		"Other Contacts|IPM.DistList.MOC.OtherContacts|",
		"Tagged|IPM.DistList.MOC.Tagged|",
		"Favorites|IPM.DistList.MOC.Favorites|,+1 (425) 555-0100|",
		"Sales|IPM.DistList.MOC.UserGroup|,Anna|sip:anna@contoso.com,bert@contoso.com|bert@contoso.com",
		"SALES|IPM.DistList.MOC.UserGroup|,Anna|sip:anna@contoso.com",
		"All|IPM.DistList.MOC.DG|all@contoso.com",
		"favorites|IPM.DistList.MOC.UserGroup|",
	}
	if diff := cmp.Diff(want, membership(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(got.Personas) != 3 {
		t.Errorf("%d contacts, want 3: the same one in two groups is one", len(got.Personas))
	}
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: s.Client()})
	if err != nil {
		t.Fatal(err)
	}
	seen, err := client.Impersonate(ews.PrimarySMTP("owner@contoso.com")).GetImItemList(t.Context(), imgroup.ListQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, membership(seen)); diff != "" {
		t.Errorf("as a client sees it (-want +got):\n%s", diff)
	}
	if got := len(s.Requests()); got != 1 {
		t.Errorf("%d requests, want the client's", got)
	}
}

// TestSeed_OnTopOfTheRules shows that operations keep their rules in a list that breaks them.
func TestSeed_OnTopOfTheRules(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	groups := make([]ewstest.Group, 70)
	for i := range groups {
		groups[i] = ewstest.Group{Name: fmt.Sprint("group ", i/2)}
	}
	l := s.Seed("", groups...)
	if got := len(l.Groups); got != 73 {
		t.Fatalf("%d groups, want 73", got)
	}
	id := l.Groups[3].ExchangeStoreID.ID
	for _, step := range []struct{ request, code string }{
		{addImGroup("Group 1"), "ErrorImGroupDisplayNameAlreadyExists"},
		{addImGroup("another"), "ErrorImGroupLimitReached"},
		{removeImGroup(id), "NoError"},
		{addImGroup("Group 0"), "ErrorImGroupDisplayNameAlreadyExists"}, // its twin is still there
	} {
		if code, _ := call(t, s, "", step.request); code != step.code {
			t.Errorf("%s: %q, want %q", step.request, code, step.code)
		}
	}
}

func TestSeed_Misuse(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(&ewstest.Options{Mailboxes: []string{"anna@contoso.com"}})
	wantPanic(t, `ewstest: Seed: "bert@contoso.com" is none of Options.Mailboxes`, func() {
		s.Seed("bert@contoso.com")
	})
	wantPanic(t, `ewstest: Seed: a contact of the group "x" has neither address nor telephone`, func() {
		s.Seed("anna@contoso.com", ewstest.Group{Name: "x", Members: []ewstest.Contact{{DisplayName: "Bert"}}})
	})
	wantPanic(t, `ewstest: Seed: the distribution group "x" has members`, func() {
		s.Seed("anna@contoso.com", ewstest.Group{
			Name: "x", SMTPAddress: "x@contoso.com", Members: []ewstest.Contact{{Telephone: "1"}},
		})
	})
	if got := len(s.Groups("anna@contoso.com")); got != 0 {
		t.Errorf("%d groups, want none", got)
	}
}

func wantPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := recover(); got != want {
			t.Errorf("panic %v, want %v", got, want)
		}
	}()
	f()
}
