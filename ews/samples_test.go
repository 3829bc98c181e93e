package ews_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/imgroup/mapi"
	"github.com/go-ews/exchange/internal/xmltest"
)

// sample reads one of Microsoft's documents in place.
func sample(t testing.TB, name ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{xmltest.Reference(t), "samples"}, name...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestSamples_Requests compares our requests with the documented ones, as XML. Two of them are no
// requests to compare with: AddDistributionGroupToImList's lacks an element that the schema asks
// for, RemoveContactFromImList's has an empty id.
func TestSamples_Requests(t *testing.T) {
	t.Parallel()
	id := func(id, key string) imgroup.ItemID { return imgroup.ItemID{ID: id, ChangeKey: key} }
	for name, call := range map[string]call{
		"AddImGroup": addImGroup("MyCustomGroup"),
		"SetImGroup": func(ctx ctx, c *ews.Client) error {
			return c.SetImGroup(ctx, imgroup.GroupID(id("AAMkAGQ1MjJjMTBkQoTbWAAAAAAQRAAA=", "EgAAAA==")), "MyNewGroupName")
		},
		"RemoveImGroup": removeImGroup(imgroup.GroupID(id("AAMkAGQ1MjJjMTBkLTc4Y2UtNDA5hQoTbWAAAAAAQRAAA=", "EgAAAA=="))),
		"AddImContactToGroup": addImContact(imgroup.ContactID(id("AAMkAGQ1MjJjMTBkLTc4Y2AA=", "EQAAABYAAABtF8oI7i")),
			imgroup.GroupID(id("AAMkAGQ1MjJjMTBkzzAAAQKAAA=", "EgAAAA=="))),
		"AddNewTelUriContactToGroup": func(ctx ctx, c *ews.Client) error {
			_, err := c.AddNewTelUriContactToGroup(ctx, imgroup.TelContactSpec{
				TelURI: "tel:5625550100", SIPURI: "sip:john@contoso.com", TelephoneNumber: "5625550100",
				Group: imgroup.GroupID(id("AAMkADEzOTm4QrAABY7+0GAAA=", "")),
			})
			return err
		},
		"RemoveDistributionGroupFromImList": func(ctx ctx, c *ews.Client) error {
			return c.RemoveDistributionGroupFromImList(ctx, imgroup.GroupID(id("AAMkADEzO4QrAABmEh5oAAA=", "")))
		},
		"RemoveImContactFromGroup": removeFromGroup(imgroup.ContactID(id("AAMkAGQ1MjJjMTBkLTcAAAAvcAAA=", "EQAAABYAAABtF8oI7iVOQ")),
			imgroup.GroupID(id("AAMkAGQ1MjJjMTBkbWAAAAAAQKAAA=", "EgAAAA=="))),
		"GetImItemList": getList(),
		"GetImItems": getItems(imgroup.ItemQuery{
			Contacts:   []imgroup.ContactID{imgroup.ContactID(id("AAMkADEzOTExYACABmEhpSAAA=", "EQAAABBmNDjF"))},
			Groups:     []imgroup.GroupID{imgroup.GroupID(id("AAMkADEzOTExYjJkBY7+0EAAA=", "EgAAAA=="))},
			Properties: []mapi.FieldURI{mapi.Tag(0x3001, mapi.String)},
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := requestOf(t, ews.Header{MailboxCulture: "en-US"}, operation{name: name, call: call})
			// An element that holds a line feed alone is not <m:GetImItemList/> to the comparison.
			got = strings.ReplaceAll(got, ">\n</", "></")
			if diff := xmltest.Diff([]byte(sample(t, name, "request.xml")), []byte(got)); diff != "" {
				t.Errorf("request differs from the documented one (-want +got):\n%s", diff)
			}
		})
	}
}

func build(major, minor int) ews.ServerVersion {
	return ews.ServerVersion{Major: 15, MajorBuild: major, MinorBuild: minor, Version: "Exchange2013"}
}

// TestSamples_Done decodes the documented responses of the operations that return nothing.
func TestSamples_Done(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]ews.ServerVersion{
		"SetImGroup":                        build(349, 0),
		"RemoveImGroup":                     build(349, 0),
		"AddImContactToGroup":               build(349, 0),
		"RemoveImContactFromGroup":          build(349, 0),
		"RemoveDistributionGroupFromImList": build(556, 8),
		"RemoveContactFromImList":           build(556, 8),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var info ews.ResponseInfo
			w := always(http.StatusOK, sample(t, name, "response.xml"), "Content-Type: text/xml; charset=utf-8")
			err := callOf(t, name)(ews.WithResponseInfo(t.Context(), &info), connect(t, once(w)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, info.ServerVersion); diff != "" {
				t.Errorf("server version (-want +got):\n%s", diff)
			}
		})
	}
}

// callOf returns an operation by its name with the usual arguments.
func callOf(t testing.TB, name string) call {
	t.Helper()
	for _, op := range operations() {
		if op.name == name && op.variant == "" {
			return op.call
		}
	}
	t.Fatalf("no operation %s", name)
	return nil
}

func TestSamples_Groups(t *testing.T) {
	t.Parallel()
	client := func(t *testing.T, name string) *ews.Client {
		t.Helper()
		return connect(t, once(always(http.StatusOK, sample(t, name, "response.xml"), "Content-Type: text/xml")))
	}
	t.Run("AddImGroup", func(t *testing.T) {
		t.Parallel()
		got, err := client(t, "AddImGroup").AddImGroup(t.Context(), "MyCustomGroup")
		if err != nil {
			t.Fatal(err)
		}
		want := &imgroup.ImGroup{
			DisplayName: "MyCustomGroup", GroupType: imgroup.UserGroup,
			ExchangeStoreID: imgroup.GroupID{
				ID:        "AAMkAGQ1MjJjMTBkLTc4Y2UtNDA5Ny04ZjU5LWI3MAAA=",
				ChangeKey: "EgAAAA==",
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("group (-want +got):\n%s", diff)
		}
	})
	t.Run("AddDistributionGroupToImList", func(t *testing.T) {
		t.Parallel()
		got, err := client(t, "AddDistributionGroupToImList").AddDistributionGroupToImList(t.Context(),
			"distributionlist1@example.com", "distributionlist1@example.com")
		if err != nil {
			t.Fatal(err)
		}
		want := &imgroup.ImGroup{
			DisplayName: "distributionlist1@example.com", GroupType: imgroup.DistributionGroup,
			ExchangeStoreID: imgroup.GroupID{ID: "AAMkAGQ1MjJjAA=", ChangeKey: "EgAAAA=="},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("group (-want +got):\n%s", diff)
		}
	})
}

// from0 attributes a value to the first source.
func from0(value string) []imgroup.AttributedString {
	return []imgroup.AttributedString{{Value: value, Attributions: []string{"0"}}}
}

func TestSamples_NewContact(t *testing.T) {
	t.Parallel()
	w := always(http.StatusOK, sample(t, "AddNewImContactToGroup", "response.xml"), "Content-Type: text/xml")
	got, err := connect(t, once(w)).AddNewImContactToGroup(t.Context(),
		imgroup.ContactSpec{Address: "tsmith@contoso.com"})
	if err != nil {
		t.Fatal(err)
	}
	mail := imgroup.EmailAddress{Name: "Tony Smith", Address: "tsmith@contoso.com", RoutingType: "SMTP"}
	want := &imgroup.Persona{
		PersonaID:   imgroup.PersonaID{ID: "AAQkAGQ1MjJjMTBkLTc4Y2UtNDA5Ny04ZjU5LWI3MTYzNGNkZmRkYQAQAJ3EkhEEXN5KufGbSYJanZk="},
		PersonaType: "Person", CreationTime: time.Date(2012, 1, 5, 23, 6, 58, 0, time.UTC),
		DisplayName: "Tony Smith", DisplayNameFirstLast: "Tony Smith", DisplayNameLastFirst: "Tony Smith",
		FileAsID: "None", EmailAddress: mail, EmailAddresses: []imgroup.EmailAddress{mail},
		ImAddress: "tsmith@contoso.com", RelevanceScore: 2147483647,
		Attributions: []imgroup.Attribution{{
			ID: "0",
			SourceID: imgroup.ItemID{
				ID:        "BtF8oI7iVOQatt/bhQoTbWAAAAAAvcAAA=",
				ChangeKey: "EQAAABYAAABtF8oIQoTbWAAAAAAyg",
			},
			DisplayName: "Outlook", IsWritable: true, IsQuickContact: true,
			FolderID: imgroup.ItemID{ID: "AAMkAGQ1MjJjMTBkLTc4YhQoTbWAAAAAAvZAAA=", ChangeKey: "AQAAAA=="},
		}},
		DisplayNames: from0("Tony Smith"), FileAsIDs: from0("None"), ImAddresses: from0("tsmith@contoso.com"),
		Emails: []imgroup.AttributedEmail{{EmailAddress: mail, Attributions: []string{"0"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("persona (-want +got):\n%s", diff)
	}
}

func TestSamples_NewTelContact(t *testing.T) {
	t.Parallel()
	w := always(http.StatusOK, sample(t, "AddNewTelUriContactToGroup", "response.xml"), "Content-Type: text/xml")
	got, err := connect(t, once(w)).AddNewTelUriContactToGroup(t.Context(), imgroup.TelContactSpec{
		TelURI: "tel:5625550100", SIPURI: "sip:john@contoso.com", TelephoneNumber: "5625550100",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &imgroup.Persona{
		PersonaID: imgroup.PersonaID{ID: "AAQkADE686dX3s="}, PersonaType: "Person",
		CreationTime:         time.Date(2012, 10, 29, 23, 10, 13, 0, time.UTC),
		DisplayNameFirstLast: "5625550100", DisplayNameLastFirst: "5625550100",
		FileAsID: "None", RelevanceScore: 2147483647,
		Attributions: []imgroup.Attribution{{
			ID: "0", SourceID: imgroup.ItemID{ID: "ABhHuhCAAA=", ChangeKey: "EQAAABxFU"},
			DisplayName: "Lync Contacts", IsQuickContact: true,
		}},
		FileAsIDs: from0("None"),
		Phones: []imgroup.AttributedPhone{{
			Kind: "OtherTelephones", PhoneNumber: imgroup.PhoneNumber{Number: "5625550100", Type: "Other"},
			Attributions: []string{"0"},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("persona (-want +got):\n%s", diff)
	}
}

// TestSamples_Errors decodes every documented response that reports an error.
func TestSamples_Errors(t *testing.T) {
	t.Parallel()
	const gone = "The specified object was not found in the store."
	for _, tc := range []struct {
		op, file string
		version  ews.ServerVersion
		code     ews.ResponseCode
		text     string
		details  map[string]string
		notFound bool
	}{
		{
			"SetImGroup", "error.xml", build(349, 0), ews.ErrorImGroupDisplayNameAlreadyExists,
			"An IM group with the specified display name already exists.", nil, false,
		},
		{
			"RemoveImGroup", "error.xml", build(349, 0), ews.ErrorInvalidImGroupId,
			"The specified Im Group Id is invalid.", nil, true,
		},
		{
			"RemoveImGroup", "error-ErrorInvalidIdMalformed.xml", build(349, 0), ews.ErrorInvalidIdMalformed,
			"Id is malformed.", nil, false,
		},
		{
			"AddImContactToGroup", "error.xml", build(349, 0), ews.ErrorInvalidImContactId,
			"The specified Im Contact Id is invalid.", nil, true,
		},
		{
			"AddNewImContactToGroup", "error.xml", build(578, 11), ews.ErrorNonExistentMailbox,
			"No mailbox with such guid.",
			map[string]string{
				"MailboxGuid": "d5fasdadcw3d-23de-2341-8f59-b71523fsddda",
			},
			true,
		},
		{"AddNewTelUriContactToGroup", "error.xml", build(545, 11), ews.ErrorItemNotFound, gone, nil, true},
		{
			"AddDistributionGroupToImList", "error.xml", build(349,
				0), ews.ErrorInvalidImDistributionGroupSmtpAddress,
			"The specified IM distribution group SMTP address is invalid.", nil, false,
		},
		{"RemoveDistributionGroupFromImList", "error.xml", build(556, 8), ews.ErrorItemNotFound, gone, nil, true},
		{"RemoveContactFromImList", "error.xml", build(556, 8), ews.ErrorItemNotFound, gone, nil, true},
		{
			"RemoveImContactFromGroup", "error.xml", build(349, 0), ews.ErrorInvalidImContactId,
			"The specified Im Contact Id is invalid.", nil, true,
		},
	} {
		t.Run(tc.op+"/"+tc.file, func(t *testing.T) {
			t.Parallel()
			w := always(http.StatusOK, sample(t, tc.op, tc.file), "Content-Type: text/xml", "request-id: r-1")
			err := callOf(t, tc.op)(t.Context(), connect(t, once(w)))
			var got *ews.Error
			if !errors.As(err, &got) {
				t.Fatalf("%T %v, want an *ews.Error", err, err)
			}
			want := &ews.Error{
				Op: tc.op, Code: tc.code, Message: tc.text, Details: tc.details, Info: ews.ResponseInfo{
					URL: endpoint, StatusCode: 200, RequestID: "r-1", ClientRequestID: got.Info.ClientRequestID,
					RequestVersion: ews.Exchange2013, ServerVersion: tc.version, Attempts: 1,
				},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if !errors.Is(err, tc.code) || ews.NotFound(err) != tc.notFound {
				t.Errorf("Is %v: %t, NotFound: %t", tc.code, errors.Is(err, tc.code), ews.NotFound(err))
			}
		})
	}
}
