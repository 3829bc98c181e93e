package ewstest_test

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/ewstest"
)

// seeded returns a server whose mailbox has a group with a contact, and the ids of the two.
func seeded(t *testing.T) (s *ewstest.Server, group, contact string) {
	t.Helper()
	s = ewstest.NewServer(nil)
	group = addGroup(t, s, "", "Friends")
	return s, group, addContact(t, s, "", "a@contoso.com", group)
}

// withIDs returns a request of each operation that takes ids, by name, with its parts still to be
// filled in, and what the operation calls an id that names nothing.
func withIDs() map[string]struct{ request, unknownGroup, unknownContact string } {
	type m = struct{ request, unknownGroup, unknownContact string }
	const contact, group = "ErrorInvalidImContactId", "ErrorInvalidImGroupId"
	const notFound = "ErrorItemNotFound"
	return map[string]m{
		"SetImGroup":                        {setImGroup("G", "New"), group, ""},
		"RemoveImGroup":                     {removeImGroup("G"), group, ""},
		"AddImContactToGroup":               {addToGroup("C", "G"), group, contact},
		"RemoveImContactFromGroup":          {removeFromGroup("C", "G"), group, contact},
		"RemoveContactFromImList":           {removeContact("C"), "", notFound},
		"RemoveDistributionGroupFromImList": {removeDistributionGroup("G"), notFound, ""},
		"AddNewImContactToGroup":            {addNewContact("b@contoso.com", "G"), notFound, ""},
		"AddNewTelUriContactToGroup":        {telContact("tel:1", "1", "G"), notFound, ""},
	}
}

func fill(request, group, contact string) string {
	return strings.NewReplacer(`"G"`, `"`+group+`"`, `"C"`, `"`+contact+`"`).Replace(request)
}

// TestIDs_Refused sends every operation every kind of wrong id.
func TestIDs_Refused(t *testing.T) {
	t.Parallel()
	for operation, test := range withIDs() {
		for place, unknown := range map[string]string{"group": test.unknownGroup, "contact": test.unknownContact} {
			if unknown == "" {
				continue
			}
			t.Run(operation+"/"+place, func(t *testing.T) {
				t.Parallel()
				refusesIDs(t, test.request, place, unknown)
			})
		}
	}
}

func refusesIDs(t *testing.T, request, place, unknown string) {
	t.Helper()
	s, group, contact := seeded(t)
	foreign := addGroup(t, s, "other@contoso.com", "Friends")
	gone := addGroup(t, s, "", "Gone")
	must(t, s, "", removeImGroup(gone))
	theOther := map[string]string{"group": contact, "contact": group}[place]
	before := s.List("")
	for bad, code := range map[string]string{
		gone:                         unknown,
		theOther:                     unknown,
		"":                           "ErrorInvalidIdEmpty",
		"x":                          "ErrorInvalidIdMalformed",
		"AAMkAGQ1MjJjAA=":            "ErrorInvalidIdMalformed",
		"AAAA":                       "ErrorInvalidIdMalformed",
		group[:32]:                   "ErrorInvalidIdMalformed",
		group + "AAAA":               "ErrorInvalidIdMalformed",
		strings.ToLower(group):       "ErrorInvalidIdMalformed",
		" " + group:                  "ErrorInvalidIdMalformed",
		foreign:                      "ErrorNonExistentMailbox",
		group + `" ChangeKey="`:      "ErrorInvalidChangeKey",
		group + `" ChangeKey="ä`:     "ErrorInvalidChangeKey",
		group + `" ChangeKey="EgAA`:  "ErrorInvalidChangeKey",
		foreign + `" ChangeKey="x=x`: "ErrorInvalidChangeKey",
	} {
		ids := map[string]string{"group": group, "contact": contact}
		ids[place] = bad
		got, n := call(t, s, "", fill(request, ids["group"], ids["contact"]))
		if got != code {
			t.Errorf("id %q: %q, want %q", bad, got, code)
		}
		if code == "ErrorNonExistentMailbox" {
			wantForeign(t, n, foreign)
		}
	}
	if diff := cmp.Diff(before, s.List("")); diff != "" {
		t.Errorf("the list changed (-want +got):\n%s", diff)
	}
}

// wantForeign checks the documented form of the response for an id of another mailbox.
func wantForeign(t *testing.T, n *node, id string) {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(id)
	if err != nil {
		t.Fatal(err)
	}
	guid := fmt.Sprintf("%x-%x-%x-%x-%x", raw[4:8], raw[8:10], raw[10:12], raw[12:14], raw[14:20])
	value := n.find("MessageXml").find("Value")
	got := [...]string{n.text("MessageText"), value.attr("Name"), value.Text}
	want := [...]string{"No mailbox with such guid.", "MailboxGuid", guid}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestIDs_ChangeKeysThatPass(t *testing.T) {
	t.Parallel()
	s, group, _ := seeded(t)
	old := s.Groups("")[0].ExchangeStoreID.ChangeKey
	for _, key := range []string{old, "EgAAAA==", old} {
		must(t, s, "", fill(setImGroup("G", "name "+key), group+`" ChangeKey="`+key, ""))
		must(t, s, "", fill(setImGroup("G", "back"), group, ""))
	}
}

// TestIDs_Opaque checks that ids are unique, of one form, and the same on every server.
func TestIDs_Opaque(t *testing.T) {
	t.Parallel()
	ids := func() []string {
		s, _, _ := seeded(t)
		addGroup(t, s, "other@contoso.com", "Friends")
		var out []string
		for _, mailbox := range []string{"", "other@contoso.com"} {
			l := s.List(mailbox)
			for _, g := range l.Groups {
				out = append(out, g.ExchangeStoreID.ID)
			}
			for _, p := range l.Personas {
				id, _ := p.ContactID()
				out = append(out, id.ID, p.PersonaID.ID, p.Attributions[0].FolderID.ID)
			}
		}
		return out
	}
	got := ids()
	if diff := cmp.Diff(got, ids()); diff != "" {
		t.Errorf("another server has other ids (-first +second):\n%s", diff)
	}
	shape := regexp.MustCompile(`^AA[MQ]kA[A-Za-z0-9+/]{33}==$`)
	seen := map[string]bool{}
	for _, id := range got {
		if seen[id] {
			t.Errorf("%s occurs twice", id)
		}
		seen[id] = true
		if !shape.MatchString(id) {
			t.Errorf("%s does not look like an id", id)
		}
	}
}
