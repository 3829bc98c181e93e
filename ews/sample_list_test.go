package ews_test

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/imgroup/mapi"
	"github.com/go-ews/exchange/internal/xmltest"
)

func id(id, key string) imgroup.ItemID { return imgroup.ItemID{ID: id, ChangeKey: key} }

// from attributes a value to sources.
func from(value string, sources ...string) imgroup.AttributedString {
	return imgroup.AttributedString{Value: value, Attributions: sources}
}

func TestSamples_ItemList(t *testing.T) {
	t.Parallel()
	w := always(http.StatusOK, sample(t, "GetImItemList", "response.xml"), "Content-Type: text/xml")
	got, err := connect(t, once(w)).GetImItemList(t.Context(), imgroup.ListQuery{})
	if err != nil {
		t.Fatal(err)
	}
	want := &imgroup.ItemList{
		Groups: []imgroup.ImGroup{
			{
				DisplayName: "Other Contacts", GroupType: imgroup.OtherContacts,
				ExchangeStoreID: imgroup.GroupID(id("AAMkAGQ1MjJjMTBkLThQoTbWAAAAAAQUAAA=", "EgAAAA==")),
			},
			{
				DisplayName: "Tagged", GroupType: imgroup.Tagged,
				ExchangeStoreID: imgroup.GroupID(id("AAMkAGQ1MjJAAQTAAA=", "EgAAAA==")),
			},
			{
				DisplayName: "Favorites", GroupType: imgroup.Favorites,
				ExchangeStoreID: imgroup.GroupID(id("AAMkAGQ1MjJjMTAAAAAQSAAA=", "EgAAAA==")),
				Members:         []imgroup.ContactID{imgroup.ContactID(id("AAMkAGQ1MjJtt/bhQoTbWAAAAAAvcAAA=", "EQAAAA=="))},
			},
			{
				DisplayName: "MyCustomGroup2", GroupType: imgroup.UserGroup,
				ExchangeStoreID: imgroup.GroupID(id("AAMkAGQ1MjJjKAAA=", "EgAAAA==")),
				Members: []imgroup.ContactID{
					imgroup.ContactID(id("AAMkAGQ1Matt/bhQoTbWAAAAAAvcAAA=", "EQAAAA==")),
					imgroup.ContactID(id("AAMkAGQ1MjJjMTBkTbWAAAAAAveAAA=", "EQAAAA==")),
				},
			},
		},
		Personas: []imgroup.Persona{anthony(), terence()},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
}

// anthony is the first persona of the documented list, made of two sources.
func anthony() imgroup.Persona {
	mail := imgroup.EmailAddress{Name: "tsmith@contoso.com", Address: "tsmith@contoso.com", RoutingType: "SMTP"}
	return imgroup.Persona{
		PersonaID:   imgroup.PersonaID(id("AAQkAGQ1MjJjMTBkLTc4YkZmRkYQAQAFgxE1nBcqRGgYWWorM9/+s=", "")),
		PersonaType: "Person", CreationTime: time.Date(2012, 1, 12, 22, 14, 36, 0, time.UTC),
		DisplayName: "Anthony Smith", DisplayNameFirstLast: "Anthony Smith", DisplayNameLastFirst: "Smith Anthony",
		FileAs: "Smith, Anthony", FileAsID: "LastCommaFirst", GivenName: "Anthony", Surname: "Smith",
		EmailAddress: mail, EmailAddresses: []imgroup.EmailAddress{mail},
		ImAddress: "tsmith@contoso.com", RelevanceScore: 2147483647,
		Attributions: []imgroup.Attribution{
			{
				ID: "0",
				SourceID: id("AQMkAGQ1MjIAYzEwZC03OGNlLTQ5Bq239uFChNtYAAAIvDAAAAA==",
					"EQAAABYAAABtF8oI7iVOQatt/bhQoTbWAAAAADB3"),
				DisplayName: "Outlook", IsWritable: true,
				FolderID: id("AQMkAGQ1MjIAYzEMikE3AQBtF8oI7iVOQatt/bhQoTbWAAADEAAAAA==", "AQAAAA=="),
			},
			{
				ID: "1",
				SourceID: id("AAMkAGQ1MjJjMTBkLTc4Y2UtNDA5Ny04/bhQoTbWAAAAAAveAAA=",
					"EQAAABYAAABtF8oI7iVOQatt/bhQoTbWAAAAAAym"),
				DisplayName: "Outlook", IsWritable: true, IsQuickContact: true,
				FolderID: id("AAMkAGQ1MjJjMTBkLTc4Y2UtNDA5Qatt/bhQoTbWAAAAAAvZAAA=", "AQAAAA=="),
			},
		},
		DisplayNames: []imgroup.AttributedString{from("Anthony Smith", "0"), from("Tony Smith", "1")},
		FileAses:     from0("Smith, Anthony"),
		FileAsIDs:    []imgroup.AttributedString{from("LastCommaFirst", "0"), from("None", "1")},
		GivenNames:   from0("Anthony"),
		Surnames:     from0("Smith"),
		Phones: []imgroup.AttributedPhone{
			{
				Kind: "HomePhones", PhoneNumber: imgroup.PhoneNumber{Number: "4255550110", Type: "Home"},
				Attributions: []string{"0"},
			},
			{
				Kind: "MobilePhones", PhoneNumber: imgroup.PhoneNumber{Number: "4255550120", Type: "Mobile"},
				Attributions: []string{"0"},
			},
		},
		Emails:      []imgroup.AttributedEmail{{EmailAddress: mail, Attributions: []string{"0", "1"}}},
		ImAddresses: []imgroup.AttributedString{from("tsmith@contoso.com", "1")},
	}
}

func terence() imgroup.Persona {
	mail := imgroup.EmailAddress{Name: "Terence Adams", Address: "tadams@contoso.com", RoutingType: "SMTP"}
	return imgroup.Persona{
		PersonaID:   imgroup.PersonaID(id("AAQkAGQ1MjJjMTBkLkYQAQAJ3EkhEEXN5KufGbSYJanZk=", "")),
		PersonaType: "Person", CreationTime: time.Date(2012, 1, 5, 23, 6, 58, 0, time.UTC),
		DisplayName: "Terence Adams", DisplayNameFirstLast: "Terence Adams", DisplayNameLastFirst: "Terence Adams",
		FileAsID: "None", EmailAddress: mail, EmailAddresses: []imgroup.EmailAddress{mail},
		ImAddress: "tadams@contoso.com", RelevanceScore: 2147483647,
		Attributions: []imgroup.Attribution{{
			ID: "0",
			SourceID: id("AAMkAGQ1MjVOQatt/bhQoTbWAAAA7iVOQatt/bhQoTbWAAAAAAvcAAA=",
				"EQAAABYAAABtF8oI7iVOQatt/bhQoTbWAAAAAAyg"),
			DisplayName: "Outlook", IsWritable: true, IsQuickContact: true,
			FolderID: id("AAMkAGQ1MjJjMTBkLTc4Y2rBtF8oI7iVOQatt/bhQoTbWAAAAAAvZAAA=", "AQAAAA=="),
		}},
		DisplayNames: from0("Terence Adams"), FileAsIDs: from0("None"), ImAddresses: from0("tadams@contoso.com"),
		Emails: []imgroup.AttributedEmail{{EmailAddress: mail, Attributions: []string{"0"}}},
	}
}

func TestSamples_Items(t *testing.T) {
	t.Parallel()
	w := always(http.StatusOK, sample(t, "GetImItems", "response.xml"), "Content-Type: text/xml")
	got, err := connect(t, once(w)).GetImItems(t.Context(), imgroup.ItemQuery{})
	if err != nil {
		t.Fatal(err)
	}
	name := func(value string) []mapi.Property {
		return []mapi.Property{{
			URI: mapi.Tag(0x3001, mapi.String), Values: []string{value},
		}}
	}
	want := &imgroup.ItemList{
		Groups: []imgroup.ImGroup{{
			DisplayName: "Exchange SDK Team", GroupType: imgroup.UserGroup,
			ExchangeStoreID:    imgroup.GroupID(id("AAMkADEzQrAABY7+0EAAA=", "EgAAAA==")),
			Members:            []imgroup.ContactID{imgroup.ContactID(id("AAMkADEzOTExYjeGgGqm4QrAABmEhpSAAA=", "EQAAAA=="))},
			ExtendedProperties: name("Exchange SDK Team"),
		}},
		Personas: []imgroup.Persona{{
			PersonaID: imgroup.PersonaID(id("AAQkADEzOTBZImBzN5J/uHXc=", "")), PersonaType: "Person",
			CreationTime: time.Date(2012, 11, 7, 0, 10, 35, 0, time.UTC),
			DisplayName:  "Tony Smith", DisplayNameFirstLast: "Tony Smith", DisplayNameLastFirst: "Tony Smith",
			FileAsID: "None", ImAddress: "tsmith@contoso.com", RelevanceScore: 2147483647,
			Attributions: []imgroup.Attribution{{
				ID: "0", SourceID: id("AAMkADEzhQaoeGgGqm4QrAABmEhpSAAA=", "EQArAABmNDjF"),
				DisplayName: "Lync Contacts", IsQuickContact: true,
			}},
			DisplayNames: from0("Tony Smith"), FileAsIDs: from0("None"), ImAddresses: from0("tsmith@contoso.com"),
			ExtendedProperties: name("Tony Smith"),
		}},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(mapi.FieldURI{})); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
}

// TestSamples_Faults decodes every documented fault, which come with status 500, and from some
// servers with 200.
func TestSamples_Faults(t *testing.T) {
	t.Parallel()
	const (
		busy    = "The server cannot service this request right now. Try again later."
		version = "The request is valid but does not specify the correct server version in the " +
			"RequestServerVersion SOAP header.  Ensure that the RequestServerVersion SOAP header is set with " +
			"the correct RequestServerVersionValue."
		denied = "Microsoft.Exchange.Data.Storage.AccessDeniedException: User is not mailbox owner. " +
			"User = S-1-5-21-3642464542-282065186-3871681729-1155, MailboxGuid = " +
			"S-1-5-21-3642464542-282065186-3871681729-1156 ---> User is not mailbox owner."
	)
	for _, tc := range []struct {
		folder, file string
		code         ews.ResponseCode
		message      string
		details      map[string]string
		version      ews.ServerVersion
	}{
		{"GetImItemList", "error.xml", ews.ErrorIncorrectSchemaVersion, version, nil, ews.ServerVersion{}},
		{
			"_faults", "exchangelib-ErrorServerBusy.fault.xml", ews.ErrorServerBusy, busy,
			map[string]string{"BackOffMilliseconds": "297749"},
			ews.ServerVersion{},
		},
		{
			"_faults", "getuseroofsettings-operation.fault.xml", "", denied, nil,
			ews.ServerVersion{Major: 8, MajorBuild: 685, MinorBuild: 8},
		},
	} {
		for _, status := range []int{http.StatusInternalServerError, http.StatusOK} {
			t.Run(tc.file+" "+http.StatusText(status), func(t *testing.T) {
				t.Parallel()
				w := always(status, sample(t, tc.folder, tc.file), "Content-Type: text/xml; charset=utf-8")
				_, err := connect(t, once(w)).GetImItemList(t.Context(), imgroup.ListQuery{})
				var got *ews.Error
				if !errors.As(err, &got) {
					t.Fatalf("%T %v, want an *ews.Error", err, err)
				}
				want := &ews.Error{
					Op: "GetImItemList", Code: tc.code, Message: tc.message, Details: tc.details, Fault: got.Fault,
					Info: ews.ResponseInfo{
						URL: endpoint, RequestVersion: ews.Exchange2013,
						StatusCode: status, ClientRequestID: got.Info.ClientRequestID, Attempts: 1,
						ServerVersion: tc.version,
					},
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("error (-want +got):\n%s", diff)
				}
				if got.Fault == nil {
					t.Error("the fault is missing")
				}
			})
		}
	}
}

// TestSamples_SchemaFaults decodes the documented forms of ErrorSchemaValidation.
func TestSamples_SchemaFaults(t *testing.T) {
	t.Parallel()
	const types = "'http://schemas.microsoft.com/exchange/services/2006/types:"
	words := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	for _, tc := range []struct {
		folder, file   string
		line, position int
		violation      string
	}{
		{"AddImGroup", "error.xml", 11, 33, "An error occurred while parsing EntityName. Line 11, position 33."},
		{
			"_faults", "findconversation-operation.fault.xml", 14, 34,
			"The 'Id' attribute is invalid - The value 'inbox1' is invalid according to its datatype " + types +
				"DistinguishedFolderIdNameType' - The Enumeration constraint failed.",
		},
		{
			"_faults", "getserviceconfiguration-operation.fault.xml", 13, 62,
			"The 'http://schemas.microsoft.com/exchange/services/2006/messages:ConfigurationName' element is " +
				"invalid - The value 'UUnifiedMessagingConfiguration' is invalid according to its datatype " + types +
				"ServiceConfigurationType' - The Enumeration constraint failed.",
		},
		// The form of Exchange 2007, whose faultcode and faultstring are qualified, which SOAP has
		// not.
		{
			"_faults", "updateitem-operation-contact.fault.xml", 17, 19,
			"The 'Key' attribute is invalid - The value 'EmailAddress4' is invalid according to its data type " + types +
				"EmailAddressKeyType' - The Enumeration constraint failed.",
		},
	} {
		for _, status := range []int{http.StatusInternalServerError, http.StatusOK} {
			t.Run(tc.file+" "+http.StatusText(status), func(t *testing.T) {
				t.Parallel()
				w := always(status, sample(t, tc.folder, tc.file), "Content-Type: text/xml; charset=utf-8")
				_, err := connect(t, once(w)).AddImGroup(t.Context(), "R&D")
				var got *ews.SchemaValidationError
				if !errors.As(err, &got) {
					t.Fatalf("%T %v, want an *ews.SchemaValidationError", err, err)
				}
				if got.Line != tc.line || got.Position != tc.position || words(got.Violation) != tc.violation {
					t.Errorf("line %d, position %d, %q", got.Line, got.Position, got.Violation)
				}
				if !errors.Is(err, ews.ErrorSchemaValidation) || got.Err == nil || got.Err.Op != "AddImGroup" {
					t.Errorf("the error behind is %#v", got.Err)
				}
			})
		}
	}
}

// TestSamples_AllKnown fails when the reference holds a response that the tests above do not read.
func TestSamples_AllKnown(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(xmltest.Reference(t), "samples")
	var n int
	for _, pattern := range []string{"*/response.xml", "*/error*.xml", "_faults/*.xml"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		n += len(files)
	}
	if want := 12 + 12 + 5; n != want {
		t.Errorf("%d documented responses and faults, the tests read %d", n, want)
	}
}
