package ews_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews"
)

// listOfAll is a response with a list that has one of each element which the client reads.
func listOfAll(t testing.TB) string {
	t.Helper()
	const property = `<t:ExtendedFieldURI PropertyTag="0x3001" PropertyType="StringArray"/>` +
		`<t:Values><t:Value>a</t:Value><t:Value>b</t:Value></t:Values>`
	list := fullList(t, 1, 1)
	list = replaceOnce(list, "</t:MemberCorrelationKey>", `</t:MemberCorrelationKey><t:ExtendedProperties>`+
		`<t:ExtendedProperty>`+property+`</t:ExtendedProperty></t:ExtendedProperties>`+
		`<t:SmtpAddress>a@b.c</t:SmtpAddress>`)
	list = replaceOnce(list, "</t:Persona>",
		`<t:PhoneNumber><t:Number>1</t:Number><t:Type>Home</t:Type></t:PhoneNumber>`+
			`<t:HomePhones><t:PhoneNumberAttributedValue>`+
			`<t:Value><t:Number>1</t:Number><t:Type>Home</t:Type></t:Value>`+
			`<t:Attributions><t:Attribution>0</t:Attribution></t:Attributions></t:PhoneNumberAttributedValue></t:HomePhones>`+
			`<t:ExtendedProperties><t:ExtendedPropertyAttributedValue><t:Value>`+property+`</t:Value>`+
			`<t:Attributions><t:Attribution>0</t:Attribution></t:Attributions></t:ExtendedPropertyAttributedValue>`+
			`</t:ExtendedProperties></t:Persona>`)
	response := replaceOnce(emptyListResponse, "<m:ImItemList/>", "<m:ImItemList>"+list+"</m:ImItemList>")
	return replaceOnce(envelope(response), "<s:Body>",
		`<s:Header><t:ServerVersionInfo MajorVersion="15"/></s:Header><s:Body>`)
}

// TestCut cuts a documented response, an error, and a list with everything in it at every byte: an
// error each time, never a value. The response says how long it meant to be, or just ends.
func TestCut(t *testing.T) {
	t.Parallel()
	docs := map[string]struct{ doc, op string }{
		"group": {strings.TrimSpace(fixture(t, "responses", "add_im_group.xml")), "AddImGroup"},
		"error": {envelope(`<m:AddImGroupResponse ResponseClass="Error"><m:MessageText>x</m:MessageText>` +
			`<m:ResponseCode>ErrorItemNotFound</m:ResponseCode><m:MessageXml>` +
			`<t:Value Name="a">b</t:Value></m:MessageXml>` +
			`</m:AddImGroupResponse>`), "AddImGroup"},
		"list": {listOfAll(t), "GetImItemList"},
	}
	for name, tc := range docs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0
			client := connect(t, once(&wire{respond: func(int, *http.Request) (*http.Response, error) {
				res := response(http.StatusOK, tc.doc[:n], "Content-Type: text/xml")
				if n%2 == 0 {
					res.ContentLength = -1
				}
				return res, nil
			}}))
			call := callOf(t, tc.op)
			for n = range len(tc.doc) {
				err := call(t.Context(), client)
				var said *ews.Error
				if err == nil || errors.As(err, &said) {
					t.Fatalf("cut after %d bytes: %v", n, err)
				}
				if errors.Is(err, ews.ErrOutcomeUnknown) != (tc.op == "AddImGroup") {
					t.Fatalf("cut after %d bytes: unknown outcome in %v", n, err)
				}
			}
			n = len(tc.doc)
			var said *ews.Error
			if err := call(t.Context(), client); err != nil && !errors.As(err, &said) {
				t.Errorf("whole: %v", err)
			}
		})
	}
}
