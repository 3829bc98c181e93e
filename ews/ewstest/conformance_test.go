package ewstest_test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/internal/xmltest"
)

// TestConformance_ResponsesAreValid validates responses of every operation against Microsoft's
// schema.
func TestConformance_ResponsesAreValid(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	docs := map[string][]byte{}
	send := func(name, body string) {
		docs[name] = []byte(post(t, s, envelope(body)).Body)
	}
	send("GetImItemList of a new mailbox", "<m:GetImItemList/>")
	send("AddImGroup", addImGroup("R&amp;D &quot;x&quot; &lt;all&gt;"))
	send("AddImGroup refused", addImGroup("favorites"))
	group := s.Groups("")[0].ExchangeStoreID.ID
	send("AddNewImContactToGroup", addNewContact("sip:a&amp;b@contoso.com", group))
	send("AddNewImContactToGroup, a foreign id", addNewContact("a@b.c", addGroup(t, s, "o@contoso.com", "x")))
	send("AddNewTelUriContactToGroup", telContact("tel:1", "1", group))
	send("AddDistributionGroupToImList", distributionGroup("all@contoso.com", "All"))
	contact := s.Groups("")[0].Members[0].ID
	send("AddImContactToGroup", addToGroup(contact, ""))
	send("SetImGroup", setImGroup(group, "New"))
	wanted := properties(`<t:ExtendedProperty PropertyTag="0x3001" PropertyType="String"/>` +
		`<t:ExtendedProperty PropertyTag="0x3007" PropertyType="SystemTime"/>` +
		`<t:ExtendedProperty DistinguishedPropertySetId="Address" PropertyId="32808" PropertyType="IntegerArray"/>`)
	send("GetImItemList", `<m:GetImItemList>`+wanted+`</m:GetImItemList>`)
	send("GetImItems", getImItems([]string{contact}, []string{group}, wanted))
	send("GetImItems of nothing", getImItems(nil, nil, ""))
	send("RemoveImContactFromGroup", removeFromGroup(contact, group))
	send("RemoveContactFromImList", removeContact(contact))
	send("RemoveImGroup", removeImGroup(group))
	send("RemoveDistributionGroupFromImList", removeDistributionGroup(s.Groups("")[0].ExchangeStoreID.ID))
	send("SetImListMigrationCompleted", `<m:SetImListMigrationCompleted><m:ImListMigrationCompleted>true`+
		`</m:ImListMigrationCompleted></m:SetImListMigrationCompleted>`)
	send("schema fault", `<m:AddImGroup/>`)
	s.Fail("", &ews.Error{Code: ews.ErrorServerBusy, Details: map[string]string{"BackOffMilliseconds": "1"}})
	send("ErrorServerBusy", `<m:GetImItemList/>`)
	xmltest.ValidateAll(t, docs)
}

// TestConformance_ErrorForms holds the form of an error of every operation that the schema has,
// those of others' packages included, against Microsoft's schema: which element is the response
// message.
func TestConformance_ErrorForms(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile(filepath.Join(xmltest.Reference(t), "schema", "v2018_01_08", "messages.xsd"))
	if err != nil {
		t.Fatal(err)
	}
	schema := string(file)
	base := map[string]string{} // types by what they extend
	for _, m := range regexp.MustCompile(`(?s)<xs:complexType name="(\w+)".*?</xs:complexType>`).
		FindAllStringSubmatch(schema, -1) {
		if extension := regexp.MustCompile(`<xs:extension base="m:(\w+)"`).FindStringSubmatch(m[0]); extension != nil {
			base[m[1]] = extension[1]
		}
	}
	responses := regexp.MustCompile(`<xs:element name="(\w+)Response" type="m:(\w+)"`).
		FindAllStringSubmatch(schema, -1)
	if len(responses) < 120 {
		t.Errorf("%d operations, want more than 120", len(responses))
	}
	for _, m := range responses {
		name, typ := m[1], m[2]
		for base[typ] != "" && typ != "ResponseMessageType" {
			typ = base[typ]
		}
		want := map[string]string{
			"ResponseMessageType":     name + "Response",
			"BaseResponseMessageType": name + "ResponseMessage",
		}[typ]
		if want == "" {
			want = "ResponseMessage" // of the three that are older than the rule
		}
		op := name
		if !strings.Contains(schema, `<xs:element name="`+op+`" `) {
			op += "Request"
		}
		s := ewstest.NewServer(nil)
		s.Fail(op, ews.ErrorItemNotFound)
		request := newRequest(t, envelope("<m:"+op+"/>"))
		request.Header.Set("SOAPAction", op) // which operation a request is for that the schema refuses
		n := do(t, s, request).parse(t)
		message := n.find(want)
		if message == nil || message.attr("ResponseClass") != "Error" ||
			message.text("ResponseCode") != "ErrorItemNotFound" || n.find(name+"Response") == nil {
			t.Errorf("%s: %+v, want the message in %s", op, n.find("Body"), want)
		}
	}
}

// TestConformance_DocumentedRequests sends Microsoft's samples. Their ids are shortened.
func TestConformance_DocumentedRequests(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(xmltest.Reference(t), "samples", "*", "request.xml"))
	if err != nil || len(files) != 12 {
		t.Fatalf("%d samples, want 12; %v", len(files), err)
	}
	want := map[string]string{
		"AddDistributionGroupToImList": "ErrorSchemaValidation", // it lacks the display name
		"AddImGroup":                   "NoError",
		"GetImItemList":                "NoError",
		"GetImItems":                   "NoError",
		"RemoveContactFromImList":      "ErrorInvalidIdEmpty", // a blanked-out id
	}
	for _, file := range files {
		operation := filepath.Base(filepath.Dir(file))
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			request, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			code := want[operation]
			if code == "" {
				code = "ErrorInvalidIdMalformed"
			}
			got := post(t, ewstest.NewServer(nil), string(request)).parse(t)
			if got.text("ResponseCode") != code {
				t.Errorf("code %q, want %q: %s", got.text("ResponseCode"), code, got.text("Violation"))
			}
		})
	}
}

// forbidden matches references to characters that XML forbids.
var forbidden = regexp.MustCompile(`&#x(1?[0-9A-F]|FFF[EF]);`)

// FuzzServer sends any body: there is a response to each, and it is XML unless it quotes what XML
// forbids.
func FuzzServer(f *testing.F) {
	f.Add([]byte(envelope(addImGroup("x"))))
	f.Add([]byte(envelopeWith(as("anna@contoso.com"), addNewContact("a@b.c", "AAMkAA=="))))
	f.Add([]byte(envelope(getImItems([]string{"x"}, nil, properties(`<t:ExtendedProperty PropertyTag="0x3001" PropertyType="String"/>`)))))
	f.Add([]byte(envelope(setImGroup("", "&#11;"))))
	f.Add([]byte("\xff\xfe<\x00a\x00/\x00>\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		s := ewstest.NewServer(nil)
		r := post(t, s, string(body))
		if r.Status != 200 && r.Status != 500 {
			t.Errorf("HTTP %d", r.Status)
		}
		var n node
		if err := xml.Unmarshal([]byte(forbidden.ReplaceAllString(r.Body, "?")), &n); err != nil {
			t.Errorf("%v in %q", err, r.Body)
		}
		if got := len(s.Requests()); got != 1 {
			t.Errorf("%d requests, want 1", got)
		}
	})
}
