package ewstest_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestSOAP_OwnAttributes sends SOAP's own attributes where SOAP 1.1 has them (sections 4.1.1,
// 4.2.2, 4.2.3): real servers go past them.
func TestSOAP_OwnAttributes(t *testing.T) {
	t.Parallel()
	const encoding = ` soap:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"`
	for _, test := range []struct{ old, attribute, code string }{
		{`<t:RequestServerVersion`, ` soap:mustUnderstand="0"`, "NoError"},
		{`<t:RequestServerVersion`, ` soap:mustUnderstand="1"`, "NoError"},
		{`<t:RequestServerVersion`, ` soap:actor="http://schemas.xmlsoap.org/soap/actor/next"`, "NoError"},
		{`<t:RequestServerVersion`, encoding, "NoError"},
		{`<t:ExchangeImpersonation`, ` soap:mustUnderstand="1" soap:actor=""`, "NoError"},
		{`<soap:Envelope`, encoding, "NoError"},
		{`<soap:Envelope`, ` soap:encodingStyle=""`, "NoError"},
		{`<soap:Header`, encoding, "NoError"},
		{`<soap:Body`, encoding, "NoError"},
		{`<m:AddImGroup`, encoding, "NoError"},
		{`<m:DisplayName`, encoding, "NoError"},

		{`<t:RequestServerVersion`, ` soap:mustUnderstand="2"`, "ErrorSchemaValidation"},
		{`<t:RequestServerVersion`, ` soap:mustUnderstand="true"`, "ErrorSchemaValidation"},
		{`<t:RequestServerVersion`, ` soap:role="x"`, "ErrorSchemaValidation"},
		{`<t:RequestServerVersion`, ` t:mustUnderstand="0"`, "ErrorSchemaValidation"},
		{`<t:ConnectingSID`, ` soap:mustUnderstand="0"`, "ErrorSchemaValidation"},
		{`<soap:Envelope`, ` soap:mustUnderstand="0"`, "ErrorSchemaValidation"},
		{`<m:AddImGroup`, ` soap:mustUnderstand="0"`, "ErrorSchemaValidation"},
		{`<m:AddImGroup`, ` soap:actor="x"`, "ErrorSchemaValidation"},
	} {
		t.Run(test.old[1:]+test.attribute, func(t *testing.T) {
			t.Parallel()
			s, _, _ := seeded(t)
			request := strings.Replace(envelopeWith(as("anna@contoso.com"), addImGroup("x")),
				test.old, test.old+test.attribute, 1)
			if got := strings.TrimSpace(post(t, s, request).parse(t).text("ResponseCode")); got != test.code {
				t.Errorf("%q, want %q", got, test.code)
			}
		})
	}
}

// TestSOAP_MustUnderstand holds SOAP 1.1, section 4.2.3: a header that must be understood and is
// not ends the request, unless it is for another actor.
func TestSOAP_MustUnderstand(t *testing.T) {
	t.Parallel()
	for header, refused := range map[string]bool{
		`<x:A xmlns:x="urn:x" soap:mustUnderstand="1"/>`:                                                         true,
		`<t:A soap:mustUnderstand="1"/>`:                                                                         true, // not one of Exchange's, although in its namespace
		`<t:MailboxCulture soap:mustUnderstand="1">en-US</t:MailboxCulture>`:                                     false,
		`<x:A xmlns:x="urn:x" soap:mustUnderstand="0"/>`:                                                         false,
		`<x:A xmlns:x="urn:x"/>`:                                                                                 false,
		`<x:A xmlns:x="urn:x" soap:mustUnderstand="1" soap:actor="urn:other"/>`:                                  false,
		`<x:A xmlns:x="urn:x" soap:mustUnderstand="1" soap:actor="http://schemas.xmlsoap.org/soap/actor/next"/>`: true,
	} {
		s, _, _ := seeded(t)
		r := post(t, s, envelopeWith(header, addImGroup("x")))
		n := r.parse(t)
		if !refused {
			if r.Status != http.StatusOK {
				t.Errorf("%s: HTTP %d, %s", header, r.Status, r.Body)
			}
			continue
		}
		if r.Status != http.StatusInternalServerError || n.text("faultcode") != "a:MustUnderstand" ||
			!strings.HasPrefix(n.text("faultstring"), "The header 'A' from the namespace '") {
			t.Errorf("%s: HTTP %d, %s", header, r.Status, r.Body)
		}
		if got := len(s.Groups("")); got != 1 {
			t.Errorf("%s: %d groups, want 1: the request was executed", header, got)
		}
	}
}
