package ews_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/imgroup/mapi"
)

// readList decodes the content of an m:ImItemList.
func readList(t testing.TB, content string) *imgroup.ItemList {
	t.Helper()
	doc := replaceOnce(emptyListResponse, "<m:ImItemList/>", "<m:ImItemList>"+content+"</m:ImItemList>")
	list, err := connect(t, once(soapResponse(http.StatusOK, doc))).GetImItemList(t.Context(), imgroup.ListQuery{})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestReading_Unknown holds that what a server of another year says is kept or skipped, and that
// names count with their namespaces.
func TestReading_Unknown(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, doc string
		want      imgroup.ImGroup
	}{
		{"plain", groupResponse, sales()},
		{"new elements", strings.NewReplacer("<m:ImGroup>",
			"<m:New a='1'><m:ImGroup/></m:New><m:ImGroup><t:New><t:DisplayName>x</t:DisplayName></t:New>",
			"</m:ImGroup>", "<x xmlns='urn:x'/></m:ImGroup><t:New/>").Replace(groupResponse), sales()},
		{"elements of other namespaces", strings.Replace(groupResponse, "<m:ImGroup>",
			"<ImGroup xmlns='urn:x'/><t:ImGroup/><m:ImGroup><m:DisplayName>m</m:DisplayName>"+
				"<DisplayName>none</DisplayName>", 1), sales()},
		{"new group type", strings.Replace(groupResponse, "MOC.UserGroup", "MOC.NextYear", 1), func() imgroup.ImGroup {
			g := sales()
			g.GroupType = "IPM.DistList.MOC.NextYear"
			return g
		}()},
		{"blanks round code and type", strings.NewReplacer("NoError", "\n NoError\t", "IPM.",
			" \r\n IPM.").Replace(groupResponse), sales()},
		{"blanks in the name", strings.Replace(groupResponse, "Sales", " Sales\n ", 1), func() imgroup.ImGroup {
			g := sales()
			g.DisplayName = " Sales\n "
			return g
		}()},
		{
			"comments and sections", strings.Replace(groupResponse, "Sales", "S<!-- x --><![CDATA[al]]>e<?x?>s", 1),
			sales(),
		},
		{"other order", strings.Replace(groupResponse, "<m:ResponseCode>NoError</m:ResponseCode>", "", 1), sales()},
		{"warning", strings.Replace(groupResponse, "Success", "Warning", 1), sales()},
		{"code of a warning", strings.NewReplacer("Success", "Warning", "NoError",
			"ErrorBatchProcessingStopped").Replace(groupResponse), sales()},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := connect(t, once(soapResponse(http.StatusOK, tc.doc))).AddImGroup(t.Context(), "Sales")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, *got); diff != "" {
				t.Errorf("group (-want +got):\n%s", diff)
			}
		})
	}
}

func sales() imgroup.ImGroup {
	return imgroup.ImGroup{
		DisplayName: "Sales", GroupType: imgroup.UserGroup,
		ExchangeStoreID: imgroup.GroupID(id("AAMkGroup=", "EgAA")),
	}
}

// TestReading_Prefixes reads the same response under other prefixes, and none.
func TestReading_Prefixes(t *testing.T) {
	t.Parallel()
	doc := envelope(groupResponse)
	for name, replacer := range map[string]*strings.Replacer{
		"others": strings.NewReplacer("<m:", "<x1:", "</m:", "</x1:", "xmlns:m=", "xmlns:x1=", "<t:",
			"<\u00e4:", "</t:", "</\u00e4:", "xmlns:t=", "xmlns:\u00e4="),
		"swapped": strings.NewReplacer("<m:", "<t:", "</m:", "</t:", "xmlns:m=", "xmlns:t=", "<t:", "<m:",
			"</t:", "</m:", "xmlns:t=", "xmlns:m="),
		"default": strings.NewReplacer("<m:", "<", "</m:", "</", "xmlns:m=", "xmlns="),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := always(http.StatusOK, replacer.Replace(doc), "Content-Type: text/xml")
			got, err := connect(t, once(w)).AddImGroup(t.Context(), "Sales")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(sales(), *got); diff != "" {
				t.Errorf("group (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReading_Beginnings reads responses with what may stand in front of the envelope.
func TestReading_Beginnings(t *testing.T) {
	t.Parallel()
	_, doc, _ := strings.Cut(envelope(groupResponse), "?>")
	for name, begin := range map[string]string{
		"nothing": "", "byte order mark": "\ufeff", "mark and declaration": "\ufeff<?xml version='1.0'?>",
		"blanks": "\r\n \t", "comment": "<!-- <html> -->",
		"declaration in capitals": `<?xml version="1.0" encoding="UTF-8"?>`,
		"a long comment":          "<?xml version='1.0'?><!--" + strings.Repeat("x", 5000) + "-->",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := connect(t, once(always(http.StatusOK, begin+doc))).AddImGroup(t.Context(), "Sales")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(sales(), *got); diff != "" {
				t.Errorf("group (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReading_ErrorClass holds that the class decides, not the rest of the response.
func TestReading_ErrorClass(t *testing.T) {
	t.Parallel()
	doc := strings.NewReplacer("Success", "Error", "NoError", "\n\tErrorOfNextYear ").Replace(groupResponse)
	group, err := connect(t, once(soapResponse(http.StatusOK, doc))).AddImGroup(t.Context(), "Sales")
	if !errors.Is(err, ews.ResponseCode("ErrorOfNextYear")) || group != nil || errors.Is(err, ews.ErrOutcomeUnknown) {
		t.Errorf("%v, %v", group, err)
	}
}

// TestReading_Repeated holds that repeated elements stay apart, and that none inherits a value of
// the one before it.
func TestReading_Repeated(t *testing.T) {
	t.Parallel()
	got := readList(t, `<t:Groups><t:ImGroup><t:DisplayName>A</t:DisplayName><t:MemberCorrelationKey>`+
		`<t:ItemId Id="1"/>`+
		`<t:ItemId Id="1" ChangeKey="k"/></t:MemberCorrelationKey><t:SmtpAddress>a@b.c</t:SmtpAddress></t:ImGroup>`+
		`<t:ImGroup/><t:ImGroup><t:DisplayName>A</t:DisplayName></t:ImGroup></t:Groups>`+
		`<t:Groups><t:ImGroup><t:DisplayName>B</t:DisplayName></t:ImGroup></t:Groups>`+
		`<t:Personas><t:Persona><t:EmailAddresses><t:Address><t:EmailAddress>x@y.z</t:EmailAddress></t:Address>`+
		`<t:Address/></t:EmailAddresses>`+
		`<t:ImAddresses><t:StringAttributedValue><t:Value>1</t:Value></t:StringAttributedValue></t:ImAddresses>`+
		`<t:ImAddresses2><t:StringAttributedValue><t:Value>2</t:Value></t:StringAttributedValue></t:ImAddresses2>`+
		`</t:Persona>`+
		`<t:Persona/></t:Personas><t:Personas><t:Persona/></t:Personas>`)
	want := &imgroup.ItemList{
		Groups: []imgroup.ImGroup{
			{DisplayName: "A", Members: []imgroup.ContactID{{ID: "1"}, {ID: "1", ChangeKey: "k"}}, SMTPAddress: "a@b.c"},
			{},
			{DisplayName: "A"},
			{DisplayName: "B"},
		},
		Personas: []imgroup.Persona{
			{
				EmailAddresses: []imgroup.EmailAddress{{Address: "x@y.z"}, {}},
				ImAddresses:    []imgroup.AttributedString{{Value: "1"}, {Value: "2"}},
			}, {}, {},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
}

// TestReading_MalformedValues holds that a malformed value is lost alone.
func TestReading_MalformedValues(t *testing.T) {
	t.Parallel()
	got := readList(t, `<t:Personas><t:Persona><t:CreationTime>yesterday</t:CreationTime>`+
		`<t:RelevanceScore>1e9</t:RelevanceScore>`+
		`<t:Attributions><t:Attribution><t:IsQuickContact> 1 </t:IsQuickContact><t:IsHidden>maybe</t:IsHidden>`+
		`<t:SourceId Id="S"/>`+
		`</t:Attribution></t:Attributions></t:Persona>`+
		`<t:Persona><t:CreationTime>2012-01-05T23:06:58.25+02:00</t:CreationTime></t:Persona>`+
		`<t:Persona><t:CreationTime>2012-01-05T23:06:58</t:CreationTime>`+
		`<t:RelevanceScore>4294967297</t:RelevanceScore></t:Persona></t:Personas>`)
	if p := got.Personas[0]; !p.CreationTime.IsZero() || p.RelevanceScore != 0 {
		t.Errorf("%+v", p)
	}
	if n := got.Personas[2].RelevanceScore; n != 0 {
		t.Errorf("a number beyond 32 bits: %d", n)
	}
	if contact, ok := got.Personas[0].ContactID(); !ok || contact.ID != "S" {
		t.Errorf("contact %v, %t", contact, ok)
	}
	for i, want := range []time.Time{
		time.Date(2012, 1, 5, 21, 6, 58, 250e6, time.UTC), time.Date(2012, 1, 5, 23, 6, 58, 0, time.UTC),
	} {
		if created := got.Personas[i+1].CreationTime; !created.Equal(want) || created.Location() != time.UTC {
			t.Errorf("created %v, want %v", created, want)
		}
	}
}

// TestReading_ExtendedProperties reads every way to name a property, single and multi-valued ones.
func TestReading_ExtendedProperties(t *testing.T) {
	t.Parallel()
	const guid = "c11ff724-aa03-4555-9952-8fa248a11c3e"
	property := func(attributes, value string) string {
		return "<t:ExtendedProperty><t:ExtendedFieldURI " + attributes + "/>" + value + "</t:ExtendedProperty>"
	}
	got := readList(t, "<t:Groups><t:ImGroup><t:ExtendedProperties>"+
		property(`PropertyTag="0x3001" PropertyType="String"`, "<t:Value> a </t:Value>")+
		property(`PropertyTag="12289" PropertyType="String"`, "<t:Value/>")+
		property(`DistinguishedPropertySetId="PublicStrings" PropertyName="Cost" PropertyType="IntegerArray"`,
			"<t:Values><t:Value>1</t:Value><t:New/><t:Value>-2</t:Value></t:Values>")+
		property(`PropertySetId="`+strings.ToUpper(guid)+`" PropertyId="7" PropertyType="StringArray"`,
			"<t:Values/>")+
		property(`PropertySetId="`+guid+`" PropertyId="-7" PropertyType="Boolean"`, "<t:Value>true</t:Value>")+
		property(`PropertyTag="0x12345"`, "<t:Value>x</t:Value>")+
		"<t:New/></t:ExtendedProperties></t:ImGroup></t:Groups>")
	want := []mapi.Property{
		{URI: mapi.Tag(0x3001, mapi.String), Values: []string{" a "}},
		{URI: mapi.Tag(0x3001, mapi.String), Values: []string{""}},
		{
			URI:    mapi.Named(mapi.PublicStringsSet, "Cost", mapi.IntegerArray),
			Values: []string{"1", "-2"},
		},
		{URI: mapi.Numbered(guid, 7, mapi.StringArray)},
		{URI: mapi.Numbered(guid, -7, mapi.Boolean), Values: []string{"true"}},
		{Values: []string{"x"}},
	}
	diff := cmp.Diff(want, got.Groups[0].ExtendedProperties, cmpopts.EquateComparable(mapi.FieldURI{}))
	if diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
}

// TestReading_FullList decodes a list as large as a server keeps, completely.
func TestReading_FullList(t *testing.T) {
	t.Parallel()
	const groups, contacts = 64, 1000
	got := readList(t, fullList(t, groups, contacts))
	if len(got.Groups) != groups || len(got.Personas) != contacts {
		t.Fatalf("%d groups, %d contacts", len(got.Groups), len(got.Personas))
	}
	members := 0
	for i, g := range got.Groups {
		if want := fmt.Sprint("Group ", i); g.DisplayName != want {
			t.Fatalf("group %d is called %q", i, g.DisplayName)
		}
		members += len(g.Members)
		if n := len(got.ContactsOf(g.ExchangeStoreID)); n != len(g.Members) {
			t.Errorf("group %d has %d members and %d contacts", i, len(g.Members), n)
		}
	}
	for i := range got.Personas {
		p, contact := &got.Personas[i], fmt.Sprint("C", i)
		if got, ok := p.ContactID(); !ok || got.ID != contact || len(p.Attributions) != 2 ||
			p.EmailAddress.Address != p.ImAddress {
			t.Fatalf("persona %d: %+v", i, p)
		}
	}
	if members != contacts {
		t.Errorf("%d members, want %d", members, contacts)
	}
}

// fullList is the content of an ImItemList in which every contact is in one group, without white
// space between the elements, as servers send it.
func fullList(t testing.TB, groups, contacts int) string {
	t.Helper()
	var template strings.Builder
	for line := range strings.Lines(fixture(t, "responses", "persona.xml")) {
		template.WriteString(strings.TrimSpace(line))
	}
	var b strings.Builder
	b.WriteString("<t:Groups>")
	for i := range groups {
		fmt.Fprintf(&b, `<t:ImGroup><t:DisplayName>Group %d</t:DisplayName>`+
			`<t:GroupType>IPM.DistList.MOC.UserGroup</t:GroupType>`+
			`<t:ExchangeStoreId Id="G%[1]d" ChangeKey="EgAAAA=="/><t:MemberCorrelationKey>`, i)
		for c := i; c < contacts; c += groups {
			fmt.Fprintf(&b, `<t:ItemId Id="C%d" ChangeKey="EQAAAA=="/>`, c)
		}
		b.WriteString("</t:MemberCorrelationKey></t:ImGroup>")
	}
	b.WriteString("</t:Groups><t:Personas>")
	for c := range contacts {
		b.WriteString(strings.ReplaceAll(template.String(), "{}", fmt.Sprint(c)))
	}
	b.WriteString("</t:Personas>")
	return b.String()
}
