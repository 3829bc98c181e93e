package ewstest_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/ewstest"
)

func addToGroup(contact, group string) string {
	return `<m:AddImContactToGroup>` + contactID(contact) + optionalGroup(group) + `</m:AddImContactToGroup>`
}

func removeFromGroup(contact, group string) string {
	return `<m:RemoveImContactFromGroup>` + contactID(contact) + groupID(group) + `</m:RemoveImContactFromGroup>`
}

func removeContact(contact string) string {
	return `<m:RemoveContactFromImList>` + contactID(contact) + `</m:RemoveContactFromImList>`
}

func telContact(uri, number, group string) string {
	return `<m:AddNewTelUriContactToGroup><m:TelUriAddress>` + uri + `</m:TelUriAddress>` +
		`<m:ImContactSipUriAddress>sip:x@contoso.com</m:ImContactSipUriAddress><m:ImTelephoneNumber>` + number +
		`</m:ImTelephoneNumber>` + optionalGroup(group) + `</m:AddNewTelUriContactToGroup>`
}

// members returns the addresses, or telephone numbers, in each group that has any.
func members(s *ewstest.Server) map[string][]string {
	out := map[string][]string{}
	l := s.List("")
	for _, g := range l.Groups {
		for _, p := range l.ContactsOf(g.ExchangeStoreID) {
			name := p.ImAddress
			if len(p.Phones) > 0 {
				name = p.Phones[0].Number
			}
			out[g.DisplayName] = append(out[g.DisplayName], name)
		}
	}
	return out
}

func TestContacts_AddMoveRemove(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	one, two := addGroup(t, s, "", "One"), addGroup(t, s, "", "Two")
	a := addContact(t, s, "", "a@contoso.com", one)
	b := addContact(t, s, "", "b@contoso.com", "")
	for _, step := range []struct {
		request string
		want    map[string][]string
	}{
		{addToGroup(a, two), map[string][]string{
			"One": {"a@contoso.com"}, "Two": {"a@contoso.com"}, "Other Contacts": {"b@contoso.com"},
		}},
		{addToGroup(a, two), map[string][]string{
			"One": {"a@contoso.com"}, "Two": {"a@contoso.com"}, "Other Contacts": {"b@contoso.com"},
		}},
		{removeFromGroup(a, one), map[string][]string{
			"Two": {"a@contoso.com"}, "Other Contacts": {"b@contoso.com"},
		}},
		{addToGroup(a, ""), map[string][]string{
			"Two": {"a@contoso.com"}, "Other Contacts": {"b@contoso.com", "a@contoso.com"},
		}},
		{removeContact(a), map[string][]string{"Other Contacts": {"b@contoso.com"}}},
		{telContact("tel:5625550100", "5625550100", two), map[string][]string{
			"Two": {"5625550100"}, "Other Contacts": {"b@contoso.com"},
		}},
		{removeFromGroup(b, s.List("").Groups[0].ExchangeStoreID.ID), map[string][]string{"Two": {"5625550100"}}},
	} {
		must(t, s, "", step.request)
		if diff := cmp.Diff(step.want, members(s)); diff != "" {
			t.Fatalf("after %s (-want +got):\n%s", step.request, diff)
		}
	}
	if got := len(s.List("").Personas); got != 1 {
		t.Errorf("%d personas, want 1: a contact without a group is gone", got)
	}
}

func TestContacts_AddedAgain(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	one, two := addGroup(t, s, "", "One"), addGroup(t, s, "", "Two")
	first := addContact(t, s, "", "a@contoso.com", one)
	second := addContact(t, s, "", "SIP:A@contoso.com", two)
	tel1 := must(t, s, "", telContact("tel:1", "1", one)).find("SourceId").attr("Id")
	tel2 := must(t, s, "", telContact("TEL:1", "0 1", two)).find("SourceId").attr("Id")
	if first != second || tel1 != tel2 || first == tel1 {
		t.Errorf("ids %q %q %q %q, want the first two and the last two the same", first, second, tel1, tel2)
	}
	want := map[string][]string{"One": {"a@contoso.com", "1"}, "Two": {"a@contoso.com", "1"}}
	if diff := cmp.Diff(want, members(s)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestContacts_ChangeKeys(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	group := addGroup(t, s, "", "One")
	seen := map[string]bool{s.Groups("")[0].ExchangeStoreID.ChangeKey: true}
	contact := addContact(t, s, "", "a@contoso.com", group)
	addContact(t, s, "", "b@contoso.com", group)
	for _, request := range []string{
		setImGroup(group, "New"), removeFromGroup(contact, group),
	} {
		must(t, s, "", request)
		key := s.Groups("")[0].ExchangeStoreID.ChangeKey
		if seen[key] {
			t.Errorf("the change key is an old one after %s", request)
		}
		seen[key] = true
	}
}

func TestContacts_LimitReached(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	for i := range 1000 {
		post(t, s, envelope(addNewContact(fmt.Sprintf("user%d@contoso.com", i), "")))
	}
	for _, request := range []string{addNewContact("one.more@contoso.com", ""), telContact("tel:1", "1", "")} {
		if code, _ := call(t, s, "", request); code != "ErrorImContactLimitReached" {
			t.Errorf("1,001st contact: %q, want ErrorImContactLimitReached", code)
		}
	}
	must(t, s, "", addNewContact("user7@contoso.com", "")) // is there already
	n := must(t, s, "", `<m:GetImItemList/>`)
	if got := len(n.all("Persona")); got != 1000 {
		t.Errorf("%d personas, want 1,000", got)
	}
}

func TestAddNewImContact_Persona(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	n := must(t, s, "", `<m:AddNewImContactToGroup><m:ImAddress>sip:tsmith@contoso.com</m:ImAddress>`+
		`<m:DisplayName>Tony Smith</m:DisplayName></m:AddNewImContactToGroup>`)
	persona := n.find("Persona")
	got := map[string]string{}
	for _, name := range []string{
		"PersonaType", "DisplayName", "DisplayNameFirstLast", "DisplayNameLastFirst", "FileAsId",
		"ImAddress", "RelevanceScore", "IsQuickContact", "IsHidden", "IsWritable", "RoutingType",
	} {
		got[name] = persona.text(name)
	}
	got["EmailAddress"] = persona.find("EmailAddresses").text("EmailAddress")
	want := map[string]string{
		"PersonaType": "Person", "DisplayName": "Tony Smith", "DisplayNameFirstLast": "Tony Smith",
		"DisplayNameLastFirst": "Tony Smith", "FileAsId": "None", "ImAddress": "sip:tsmith@contoso.com",
		"RelevanceScore": "2147483647", "IsQuickContact": "true", "IsHidden": "false", "IsWritable": "false",
		"RoutingType": "SMTP", "EmailAddress": "tsmith@contoso.com",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	source := persona.find("SourceId").attr("Id")
	key := must(t, s, "", `<m:GetImItemList/>`).find("MemberCorrelationKey").find("ItemId")
	if key.attr("Id") != source {
		t.Errorf("MemberCorrelationKey has %q, the attribution %q", key.attr("Id"), source)
	}
}

func TestAddNewTelURIContact_Persona(t *testing.T) {
	t.Parallel()
	n := must(t, ewstest.NewServer(nil), "", telContact("tel:5625550100", "562 555 0100", ""))
	persona := n.find("Persona")
	got := [...]string{
		persona.text("DisplayName"), persona.text("DisplayNameFirstLast"),
		persona.find("OtherTelephones").text("Number"), persona.find("OtherTelephones").text("Type"),
	}
	want := [...]string{"", "562 555 0100", "562 555 0100", "Other"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if persona.find("ImAddress") != nil || persona.find("EmailAddress") != nil {
		t.Error("a telephone has an address")
	}
}
