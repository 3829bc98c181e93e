package ewstest_test

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/soap"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestResponses_Golden holds the bytes of one response of every form.
func TestResponses_Golden(t *testing.T) {
	t.Parallel()
	const file = "testdata/responses.golden.txt"
	var got string
	synctest.Test(t, func(t *testing.T) { got = conversation(t) })
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// conversation sends requests to a server and returns its responses.
func conversation(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	s := ewstest.NewServer(&ewstest.Options{Mailboxes: []string{"user@contoso.com", "o@contoso.com"}, Mailbox: "user@contoso.com"})
	show := func(name string, r reply) {
		fmt.Fprintf(&out, "=== %s\n%d\n", name, r.Status)
		for _, h := range slices.Sorted(maps.Keys(r.Header)) {
			fmt.Fprintf(&out, "%s: %s\n", h, strings.Join(r.Header[h], ", "))
		}
		fmt.Fprintf(&out, "\n%s\n", r.Body)
	}
	send := func(name, body string) { show(name, post(t, s, envelope(body))) }
	fail := func(name string, err error) {
		s.Fail("AddImGroup", err)
		send(name, addImGroup("x"))
	}

	send("a new list", "<m:GetImItemList/>")
	send("AddImGroup", addImGroup("R&amp;D &quot;x&quot; &lt;all&gt;\u00a0ü\t\n"))
	group := s.Groups("")[0].ExchangeStoreID.ID
	send("AddNewImContactToGroup", addNewContact("sip:a&amp;b@contoso.com", group))
	send("AddNewTelUriContactToGroup", telContact("tel:1", "1", group))
	send("AddDistributionGroupToImList", distributionGroup("all@contoso.com", "All"))
	contact := s.Groups("")[0].Members[0].ID
	send("AddImContactToGroup", addToGroup(contact, ""))
	send("SetImGroup", setImGroup(group, "New"))
	wanted := properties(`<t:ExtendedProperty PropertyTag="0x3001" PropertyType="String"/>` +
		`<t:ExtendedProperty PropertyTag="0x3007" PropertyType="SystemTime"/>` +
		`<t:ExtendedProperty PropertyTag="0x1234" PropertyType="String"/>` +
		`<t:ExtendedProperty DistinguishedPropertySetId="Address" PropertyId="32808" PropertyType="IntegerArray"/>`)
	send("GetImItemList", `<m:GetImItemList>`+wanted+`</m:GetImItemList>`)
	send("GetImItems", getImItems([]string{contact}, []string{group}, wanted))
	send("GetImItems of nothing", getImItems(nil, nil, ""))
	send("RemoveImContactFromGroup", removeFromGroup(contact, group))
	send("refused", addImGroup("favorites"))
	send("an id of another mailbox", removeImGroup(s.List("o@contoso.com").Groups[0].ExchangeStoreID.ID))

	send("schema violation", `<m:AddImGroup/>`)
	send("forbidden character", addImGroup("\v"))
	send("unknown operation", `<m:GetReminders/>`)
	show("no operation", post(t, s, ""))
	show("no mailbox", post(t, s, envelopeWith(as("nobody@contoso.com"), addImGroup("x"))))
	show("not understood", post(t, s, envelopeWith(`<x:A xmlns:x="urn:x" soap:mustUnderstand="1"/>`, addImGroup("x"))))
	fail("busy", &ews.Error{Code: ews.ErrorServerBusy, Details: map[string]string{"BackOffMilliseconds": "1"}})
	fail("a fault without code", &ews.Error{Message: "a < b", Info: ews.ResponseInfo{StatusCode: 504, RequestID: "r"}})
	fail("a fault as it is", &ews.Error{Code: ews.ErrorServerBusy, Fault: &soap.Fault{
		String: "besetzt", Lang: "de-DE", Actor: "urn:a", Detail: []byte("<x/>"),
	}})
	fail("violation", &ews.SchemaValidationError{Line: 1, Position: 2, Violation: "\v <&> \uFFFE"})
	fail("error", &ews.Error{Code: ews.ErrorAccessDenied, Details: map[string]string{"B": "<", "A": ""}})
	fail("page", &ews.HTTPError{StatusCode: 502, Header: http.Header{"X-Own": {"1", "2"}}, Body: []byte("gateway")})
	s.Fail("GetFolder", ews.ErrorItemNotFound)
	send("an operation of others", `<m:GetFolder/>`)
	s.Handle("Mine", func(ewstest.Request) (string, error) { return "<MineResponse/>", nil })
	send("handled", `<m:Mine/>`)

	for _, c := range []struct{ name, method, url, body string }{
		{"not found", http.MethodPost, "https://x/EWS/", ""},
		{"method", http.MethodGet, ewstest.Endpoint, ""},
		{"Autodiscover version 2", http.MethodGet, version2 + "/user@contoso.com?Protocol=EWS", ""},
		{"Autodiscover version 2, none", http.MethodGet, version2 + "/none@contoso.com?Protocol=EWS", ""},
		{"Autodiscover version 2, protocol", http.MethodGet, version2 + "/user@contoso.com?Protocol=X", ""},
		{"POX", http.MethodPost, pox, poxRequest("user@contoso.com")},
		{"POX, none", http.MethodPost, pox, poxRequest("none@contoso.com")},
		{"POX, malformed", http.MethodPost, pox, "<x"},
		{"POX over http", http.MethodGet, strings.Replace(pox, "https", "http", 1), ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, c.url, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		show(c.name, do(t, s, r))
	}
	return out.String()
}

const (
	version2 = "https://contoso.com/autodiscover/autodiscover.json/v1.0"
	pox      = "https://contoso.com/autodiscover/autodiscover.xml"
)

func poxRequest(address string) string {
	return `<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">` +
		`<Request><EMailAddress>` + address + `</EMailAddress><AcceptableResponseSchema>` +
		`http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema>` +
		`</Request></Autodiscover>`
}
