package ews_test

import (
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/imgroup/mapi"
)

// TestInput_Refused calls every operation with what cannot become a valid request: an error names
// the field, and nothing is sent.
func TestInput_Refused(t *testing.T) {
	t.Parallel()
	group, contact := imgroup.GroupID{ID: "AAMkGroup="}, imgroup.ContactID{ID: "AAMkContact="}
	property := mapi.Tag(0x3001, mapi.String)
	for _, tc := range []struct {
		op, name string
		call     call
		field    string
		reason   string
	}{
		{"AddImGroup", "empty name", addImGroup(""), "displayName", "empty"},
		{"AddImGroup", "invalid UTF-8", addImGroup("a\xffb"), "displayName", "UTF-8"},
		{"AddImGroup", "half a surrogate", addImGroup("a\xed\xa0\x80b"), "displayName", "UTF-8"},
		{"AddImGroup", "null", addImGroup("a\x00b"), "displayName", "U+0000"},
		{"AddImGroup", "vertical tab", addImGroup("Sales\vEurope"), "displayName", "U+000B"},
		{"AddImGroup", "no character", addImGroup("\ufffe"), "displayName", "U+FFFE"},
		{"AddImGroup", "index", addImGroup("caf\u00e9\x01"), "displayName", "5"},
		{"SetImGroup", "empty id", func(ctx ctx, c *ews.Client) error {
			return c.SetImGroup(ctx, imgroup.GroupID(itemID("")),
				"x")
		}, "group", "empty id"},
		{"SetImGroup", "change key alone", func(ctx ctx,
			c *ews.Client,
		) error {
			return c.SetImGroup(ctx, imgroup.GroupID(id("", "Eg")), "x")
		}, "group", "empty id"},
		{
			"SetImGroup", "empty name", func(ctx ctx, c *ews.Client) error { return c.SetImGroup(ctx, group, "") },
			"newDisplayName", "empty",
		},
		{"SetImGroup", "bad name", func(ctx ctx, c *ews.Client) error {
			return c.SetImGroup(ctx, group,
				"\x1f")
		}, "newDisplayName", "U+001F"},
		{"RemoveImGroup", "empty id", removeImGroup(imgroup.GroupID(itemID(""))), "group", "empty id"},
		{"RemoveImGroup", "bad id", removeImGroup(imgroup.GroupID(itemID("A\x00"))), "group", "U+0000"},
		{"RemoveImGroup", "bad change key", removeImGroup(imgroup.GroupID(id("A", "\xff"))), "group", "UTF-8"},
		{"AddImContactToGroup", "empty contact", addImContact(imgroup.ContactID(itemID("")), group), "contact", "empty id"},
		{"AddImContactToGroup", "change key of no group", addImContact(contact, imgroup.GroupID(id("", "Eg"))), "group", "empty id"},
		{"RemoveImContactFromGroup", "empty contact", removeFromGroup(imgroup.ContactID(itemID("")), group), "contact", "empty id"},
		{"RemoveImContactFromGroup", "empty group", removeFromGroup(contact, imgroup.GroupID(itemID(""))), "group", "empty id"},
		{
			"RemoveContactFromImList", "empty contact",
			func(ctx ctx, c *ews.Client) error {
				return c.RemoveContactFromImList(ctx,
					imgroup.ContactID(itemID("")))
			}, "contact", "empty id",
		},
		{"RemoveDistributionGroupFromImList", "empty group", func(ctx ctx, c *ews.Client) error {
			return c.RemoveDistributionGroupFromImList(ctx, imgroup.GroupID(itemID("")))
		}, "group", "empty id"},
		{"AddDistributionGroupToImList", "no address", distributionGroup("", "All"), "smtpAddress", "empty"},
		{"AddDistributionGroupToImList", "no name", distributionGroup("all@contoso.com", ""), "displayName", "empty"},
		{
			"AddDistributionGroupToImList", "bad name", distributionGroup("all@contoso.com", "\b"), "displayName",
			"U+0008",
		},
		{
			"AddNewImContactToGroup", "no address", addNewContact(imgroup.ContactSpec{DisplayName: "x"}),
			"contact.Address", "empty",
		},
		{
			"AddNewImContactToGroup", "bad address", addNewContact(imgroup.ContactSpec{Address: "a\x7f\x01"}),
			"contact.Address", "U+0001",
		},
		{"AddNewImContactToGroup", "bad name", addNewContact(imgroup.ContactSpec{
			Address:     "a",
			DisplayName: "\xc3",
		}), "contact.DisplayName", "UTF-8"},
		{
			"AddNewImContactToGroup", "change key of no group",
			addNewContact(imgroup.ContactSpec{Address: "a", Group: imgroup.GroupID(id("", "k"))}), "contact.Group", "empty id",
		},
		{"AddNewTelUriContactToGroup", "no tel URI", telContact("", "s", "n"), "contact.TelURI", "empty"},
		{"AddNewTelUriContactToGroup", "no SIP URI", telContact("t", "", "n"), "contact.SIPURI", "empty"},
		{"AddNewTelUriContactToGroup", "no number", telContact("t", "s", ""), "contact.TelephoneNumber", "empty"},
		{
			"GetImItemList", "zero property", getList(property, mapi.FieldURI{}), "query.Properties[1]",
			"names no property",
		},
		{"GetImItemList", "unknown type", getList(mapi.Tag(1, "Text")), "query.Properties[0]", `"Text"`},
		{
			"GetImItemList", "no set", getList(mapi.Numbered("Addresses", 1, mapi.String)),
			"query.Properties[0]", "GUID",
		},
		{
			"GetImItemList", "empty name", getList(mapi.Named(mapi.CommonSet, "", mapi.String)),
			"query.Properties[0]", "empty",
		},
		{
			"GetImItemList", "bad name", getList(mapi.Named(mapi.CommonSet, "\v", mapi.String)),
			"query.Properties[0]", "U+000B",
		},
		{
			"GetImItems", "empty contact", getItems(imgroup.ItemQuery{Contacts: []imgroup.ContactID{contact, {}}}),
			"query.Contacts[1]", "empty id",
		},
		{
			"GetImItems", "empty group", getItems(imgroup.ItemQuery{Groups: []imgroup.GroupID{{ChangeKey: "x"}}}),
			"query.Groups[0]", "empty id",
		},
		{"GetImItems", "zero property", getItems(imgroup.ItemQuery{Properties: make([]mapi.FieldURI,
			1)}), "query.Properties[0]", "names no property"},
	} {
		t.Run(tc.op+"/"+tc.name, func(t *testing.T) {
			t.Parallel()
			w := soapResponse(http.StatusOK, groupResponse)
			info := ews.ResponseInfo{StatusCode: 200, Attempts: 7}
			err := tc.call(ews.WithResponseInfo(t.Context(), &info), connect(t, once(w)))
			input := inputError(t, err)
			if input.Op != tc.op || input.Field != tc.field || !strings.Contains(input.Reason, tc.reason) {
				t.Errorf("%#v, want field %s and a reason with %q", input, tc.field, tc.reason)
			}
			if text := err.Error(); !strings.HasPrefix(text, "ews: "+tc.op+": ") ||
				strings.ContainsAny(text, "\n\v\x00") {
				t.Errorf("text %q", text)
			}
			if n := len(w.requests()); n != 0 || info != (ews.ResponseInfo{}) {
				t.Errorf("%d requests sent, info %+v", n, info)
			}
		})
	}
}

func distributionGroup(address, name string) call {
	return func(ctx ctx, c *ews.Client) error {
		_, err := c.AddDistributionGroupToImList(ctx, address, name)
		return err
	}
}

func telContact(tel, sip, number string) call {
	return func(ctx ctx, c *ews.Client) error {
		_, err := c.AddNewTelUriContactToGroup(ctx,
			imgroup.TelContactSpec{TelURI: tel, SIPURI: sip, TelephoneNumber: number})
		return err
	}
}

// TestInput_Result holds that a result is nil exactly when there is an error.
func TestInput_Result(t *testing.T) {
	t.Parallel()
	client := connect(t, once(soapResponse(http.StatusOK, groupResponse)))
	if group, err := client.AddImGroup(t.Context(), ""); group != nil || err == nil {
		t.Errorf("%v, %v", group, err)
	}
	if group, err := client.AddImGroup(t.Context(), "x"); group == nil || err != nil {
		t.Errorf("%v, %v", group, err)
	}
	if list, err := client.GetImItemList(t.Context(), imgroup.ListQuery{}); list != nil || err == nil {
		t.Errorf("%v, %v", list, err)
	}
	contact := imgroup.ContactSpec{Address: "a@b.c"}
	if persona, err := client.AddNewImContactToGroup(t.Context(), contact); persona != nil || err == nil {
		t.Errorf("%v, %v", persona, err)
	}
}

// TestInput_Extremes sends the largest numbers that a property can be named by.
func TestInput_Extremes(t *testing.T) {
	t.Parallel()
	body := requestOf(t, ews.Header{}, operation{call: getList(
		mapi.Numbered(mapi.TaskSet, math.MinInt32, mapi.Null),
		mapi.Numbered(mapi.TaskSet, math.MaxInt32, mapi.Null),
		mapi.Tag(0, mapi.Null), mapi.Tag(0xffff, mapi.Null),
	)})
	for _, want := range []string{`"-2147483648"`, `"2147483647"`, `"0x0000"`, `"0xffff"`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
}

// appender is a request that writes itself.
type appender func(dst []byte) ([]byte, error)

func (a appender) AppendBody(dst []byte) ([]byte, error) { return a(dst) }

// TestInput_NotExtended holds that an AppendBody must return its argument with something appended:
// any other result is refused and not sent.
func TestInput_NotExtended(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("<m:Other/>", 1000)
	var kept []byte
	for name, body := range map[string]appender{
		"nil":          func([]byte) ([]byte, error) { return nil, nil },
		"nothing":      func(dst []byte) ([]byte, error) { return dst, nil },
		"shorter":      func(dst []byte) ([]byte, error) { return dst[:len(dst)-1], nil },
		"other":        func([]byte) ([]byte, error) { return []byte(long), nil },
		"shifted":      func(dst []byte) ([]byte, error) { return append(dst[1:], long...), nil },
		"written over": func(dst []byte) ([]byte, error) { return append(dst[:0], long...), nil },
		"of another request": func(dst []byte) ([]byte, error) {
			kept = append(kept, dst...)
			return kept[len(kept)/2:], nil
		},
	} {
		for range 3 { // the buffer has other sizes then
			w := soapResponse(http.StatusOK, groupResponse)
			err := connect(t, once(w)).Call(t.Context(), ews.Operation{Name: "AddImGroup"}, body, new(ews.ResponseMessage))
			if input := inputError(t, err); input.Field != "request" || len(w.requests()) != 0 {
				t.Errorf("%s: %v, %d requests sent", name, err, len(w.requests()))
			}
		}
	}
}

// TestInput_SpareCapacity holds that what lies behind the slice that AppendBody gets holds nothing
// of an earlier request.
func TestInput_SpareCapacity(t *testing.T) {
	t.Parallel()
	client := connect(t, once(soapResponse(http.StatusOK, groupResponse)))
	for i := range 50 {
		secret := strings.Repeat("secret", 1+i*10)
		_, _ = client.AddImGroup(t.Context(), secret)
		_, _ = client.AddImGroup(t.Context(), secret+"\v") // ends with an error
		body := appender(func(dst []byte) ([]byte, error) {
			if strings.Contains(string(dst[:cap(dst)]), "secret") {
				t.Error("an AppendBody sees an earlier request")
			}
			return append(dst, "<m:X/>"...), nil
		})
		_ = client.Call(t.Context(), ews.Operation{Name: "X"}, body, new(ews.ResponseMessage))
	}
}
