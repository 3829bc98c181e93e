package ewstest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/ewstest"
)

func getImItems(contacts, groups []string, rest string) string {
	list := func(name string, ids []string) string {
		if len(ids) == 0 {
			return ""
		}
		out := "<m:" + name + ">"
		for _, id := range ids {
			out += `<t:ItemId Id="` + id + `"/>`
		}
		return out + "</m:" + name + ">"
	}
	return `<m:GetImItems>` + list("ContactIds", contacts) + list("GroupIds", groups) + rest + `</m:GetImItems>`
}

// names returns the display names of the groups and contacts in a response.
func names(n *node) map[string][]string {
	out := map[string][]string{}
	for _, kind := range []string{"ImGroup", "Persona"} {
		for _, e := range n.all(kind) {
			out[kind] = append(out[kind], e.text("DisplayName"))
		}
	}
	return out
}

func TestGetImItems_AskedFor(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	one, two := addGroup(t, s, "", "One"), addGroup(t, s, "", "Two")
	a, b := addContact(t, s, "", "a@x.y", one), addContact(t, s, "", "b@x.y", two)
	foreign := addGroup(t, s, "other@contoso.com", "Foreign")
	for name, test := range map[string]struct {
		request string
		want    map[string][]string
	}{
		"both kinds":     {getImItems([]string{a}, []string{two}, ""), map[string][]string{"ImGroup": {"Two"}, "Persona": {"a@x.y"}}},
		"groups alone":   {getImItems(nil, []string{two, one, two}, ""), map[string][]string{"ImGroup": {"One", "Two"}}},
		"contacts alone": {getImItems([]string{b, a}, nil, ""), map[string][]string{"Persona": {"a@x.y", "b@x.y"}}},
		"nothing":        {getImItems(nil, nil, ""), map[string][]string{}},
		"ids of nothing": {
			getImItems([]string{"x", "", one, a}, []string{"", foreign, a, two}, ""),
			map[string][]string{"ImGroup": {"Two"}, "Persona": {"a@x.y"}},
		},
		"an occurrence": {
			`<m:GetImItems><m:ContactIds><t:OccurrenceItemId RecurringMasterId="` + a + `" InstanceIndex="1"/>` +
				`</m:ContactIds></m:GetImItems>`,
			map[string][]string{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, names(must(t, s, "", test.request))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func properties(list string) string {
	return `<m:ExtendedProperties>` + list + `</m:ExtendedProperties>`
}

func TestExtendedProperties(t *testing.T) {
	t.Parallel()
	s, group, contact := seeded(t)
	must(t, s, "", telContact("tel:1", "1", group))
	wanted := properties(`<t:ExtendedProperty PropertyTag="0x3001" PropertyType="String"/>` +
		`<t:ExtendedProperty PropertyTag="0x1234" PropertyType="String"/>` +
		`<t:ExtendedProperty DistinguishedPropertySetId="Address" PropertyId="32808" PropertyType="IntegerArray"/>` +
		`<t:ExtendedProperty PropertySetId="00062004-0000-0000-C000-000000000046" PropertyId="32866" PropertyType="String"/>`)
	n := must(t, s, "", getImItems([]string{contact}, []string{group}, wanted))
	type value struct{ Tag, ID, Value string }
	read := func(n *node) []value {
		var out []value
		for _, uri := range n.all("ExtendedFieldURI") {
			out = append(out, value{Tag: uri.attr("PropertyTag"), ID: uri.attr("PropertyId")})
		}
		return out
	}
	if diff := cmp.Diff([]value{{Tag: "0x3001"}}, read(n.find("ImGroup"))); diff != "" {
		t.Errorf("group (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]value{{Tag: "0x3001"}, {ID: "32808"}, {ID: "32866"}}, read(n.find("Persona"))); diff != "" {
		t.Errorf("contact (-want +got):\n%s", diff)
	}
	if got := n.find("ImGroup").find("ExtendedProperty").text("Value"); got != "Friends" {
		t.Errorf("the group's name is %q, want Friends", got)
	}
	if got := n.find("Persona").find("Values").text("Value"); got != "0" {
		t.Errorf("PidLidAddressBookProviderEmailList is %q, want 0", got)
	}
	tel := must(t, s, "", `<m:GetImItemList>`+wanted+`</m:GetImItemList>`).all("Persona")[1]
	if got := read(tel); len(got) != 0 {
		t.Errorf("a telephone has the properties %v, want none", got)
	}
}

func TestExtendedProperties_Refused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ attrs, code string }{
		"tag and name":       {`PropertyTag="0x3001" PropertyName="x"`, "ErrorInvalidExtendedProperty"},
		"set alone":          {`DistinguishedPropertySetId="Address"`, "ErrorInvalidExtendedProperty"},
		"two sets":           {`DistinguishedPropertySetId="Address" PropertySetId="00062004-0000-0000-c000-000000000046" PropertyId="1"`, "ErrorInvalidExtendedProperty"},
		"name and number":    {`DistinguishedPropertySetId="Address" PropertyName="x" PropertyId="1"`, "ErrorInvalidExtendedProperty"},
		"nothing":            {``, "ErrorInvalidExtendedProperty"},
		"decimal tag":        {`PropertyTag="12289"`, "NoError"},
		"set and name":       {`DistinguishedPropertySetId="PublicStrings" PropertyName="x"`, "NoError"},
		"tag out of range":   {`PropertyTag="0x13001"`, "ErrorSchemaValidation"},
		"set without a GUID": {`PropertySetId="Address" PropertyId="1"`, "ErrorSchemaValidation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, _ := call(t, ewstest.NewServer(nil), "", `<m:GetImItemList>`+
				properties(`<t:ExtendedProperty `+test.attrs+` PropertyType="String"/>`)+`</m:GetImItemList>`)
			if code != test.code {
				t.Errorf("code %q, want %q", code, test.code)
			}
		})
	}
}

func TestSetImListMigrationCompleted(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"true", "false", "1", "0"} {
		n := must(t, ewstest.NewServer(nil), "", `<m:SetImListMigrationCompleted><m:ImListMigrationCompleted>`+
			value+`</m:ImListMigrationCompleted></m:SetImListMigrationCompleted>`)
		if got := n.find("SetImListMigrationCompletedResponse").attr("ResponseClass"); got != "Success" {
			t.Errorf("%s: ResponseClass %q", value, got)
		}
	}
}
