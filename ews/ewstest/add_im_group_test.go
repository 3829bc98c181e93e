package ewstest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/imgroup"
)

func TestAddImGroup_Answer(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(&ewstest.Options{ServerVersion: ews.ServerVersion{
		Major: 15, MajorBuild: 349, Version: "Exchange2013",
	}})
	r := post(t, s, envelope(addImGroup("MyCustomGroup")))
	group := s.Groups("")[0]
	want := `<?xml version="1.0" encoding="utf-8"?>` +
		`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">` +
		`<s:Header><h:ServerVersionInfo MajorVersion="15" MinorVersion="0" MajorBuildNumber="349"` +
		` MinorBuildNumber="0" Version="Exchange2013"` +
		` xmlns:h="http://schemas.microsoft.com/exchange/services/2006/types"/></s:Header>` +
		`<s:Body xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"` +
		` xmlns:xsd="http://www.w3.org/2001/XMLSchema"` +
		` xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"` +
		` xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types">` +
		`<m:AddImGroupResponse ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>` +
		`<m:ImGroup><t:DisplayName>MyCustomGroup</t:DisplayName>` +
		`<t:GroupType>IPM.DistList.MOC.UserGroup</t:GroupType>` +
		`<t:ExchangeStoreId Id="` + group.ExchangeStoreID.ID +
		`" ChangeKey="` + group.ExchangeStoreID.ChangeKey + `"/></m:ImGroup>` +
		`</m:AddImGroupResponse></s:Body></s:Envelope>`
	if diff := cmp.Diff(want, r.Body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r.Status != http.StatusOK {
		t.Errorf("HTTP %d, want 200", r.Status)
	}
}

func TestAddImGroup_NameExists(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Friends", "friends", "FRIENDS", "Favorites", "other contacts", "Tagged"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ewstest.NewServer(nil)
			addGroup(t, s, "", "Friends")
			code, n := call(t, s, "", addImGroup(name))
			if code != "ErrorImGroupDisplayNameAlreadyExists" {
				t.Errorf("code %q", code)
			}
			const text = "An IM group with the specified display name already exists."
			if got := n.text("MessageText"); got != text {
				t.Errorf("text %q, want %q", got, text)
			}
			if got := n.find("AddImGroupResponse").attr("ResponseClass"); got != "Error" {
				t.Errorf("ResponseClass %q, want Error", got)
			}
			if n.find("ServerVersionInfo") == nil || n.text("DescriptiveLinkKey") != "0" {
				t.Error("ServerVersionInfo or DescriptiveLinkKey is missing")
			}
			if got := len(s.Groups("")); got != 1 {
				t.Errorf("%d groups, want 1", got)
			}
		})
	}
}

func TestAddImGroup_LimitReached(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	for i := range 63 {
		addGroup(t, s, "", fmt.Sprint("group ", i))
	}
	addDistributionGroup(t, s, "all@contoso.com", "All")
	if code, _ := call(t, s, "", addImGroup("one more")); code != "ErrorImGroupLimitReached" {
		t.Errorf("65th group: %q, want ErrorImGroupLimitReached", code)
	}
	if code, _ := call(t, s, "", distributionGroup("more@contoso.com", "More")); code != "ErrorImGroupLimitReached" {
		t.Errorf("65th group, a distribution group: %q, want ErrorImGroupLimitReached", code)
	}
	if got := len(s.Groups("")); got != 64 {
		t.Errorf("%d groups, want 64", got)
	}
	if code, _ := call(t, s, "other@contoso.com", addImGroup("one more")); code != "NoError" {
		t.Errorf("another mailbox: %q", code)
	}
}

// TestAddImGroup_NameComesBack sends names in every way that XML can carry them.
func TestAddImGroup_NameComesBack(t *testing.T) {
	t.Parallel()
	for xml, want := range map[string]string{
		"R&amp;D &lt;all&gt; &quot;x&quot;":      `R&D <all> "x"`,
		"<![CDATA[a < b & c]]>":                  "a < b & c",
		"  blanks  ":                             "  blanks  ",
		"line&#xD;&#xA;feed&#x9;tab":             "line\r\nfeed\ttab",
		"literal\r\nline":                        "literal\nline",
		"Grüße \U0001F600 &#x1F600;":             "Grüße \U0001F600 \U0001F600",
		" ":                                      " ",
		"a<!-- not a part of it -->b":            "ab",
		"&#xFFFD;":                               "\uFFFD",
		strings.Repeat("long ", 2000):            strings.Repeat("long ", 2000),
		"]]&gt;":                                 "]]>",
		"&#x9;leading and trailing control&#xA;": "\tleading and trailing control\n",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			s := ewstest.NewServer(nil)
			n := must(t, s, "", addImGroup(xml))
			if got := n.text("DisplayName"); got != want {
				t.Errorf("response %q, want %q", got, want)
			}
			if got := s.Groups("")[0].DisplayName; got != want {
				t.Errorf("kept %q, want %q", got, want)
			}
		})
	}
}

func TestMailboxes_Apart(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	addGroup(t, s, "Anna@contoso.com", "A")
	addGroup(t, s, "anna@CONTOSO.com", "B")
	addGroup(t, s, "bert@contoso.com", "A")
	addGroup(t, s, "", "C")
	got := map[string][]string{}
	for _, mailbox := range []string{"anna@contoso.com", "bert@contoso.com", "user@exchange.test", "nobody"} {
		for _, g := range s.Groups(mailbox) {
			got[mailbox] = append(got[mailbox], g.DisplayName)
		}
	}
	want := map[string][]string{
		"anna@contoso.com": {"A", "B"}, "bert@contoso.com": {"A"}, "user@exchange.test": {"C"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestList_OfANewMailbox(t *testing.T) {
	t.Parallel()
	l := ewstest.NewServer(nil).List("new@contoso.com")
	var names []string
	for _, g := range l.Groups {
		names = append(names, g.DisplayName)
		if !g.GroupType.BuiltIn() {
			t.Errorf("%s is a %s, want a built-in group", g.DisplayName, g.GroupType)
		}
	}
	if diff := cmp.Diff([]string{"Other Contacts", "Tagged", "Favorites"}, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(l.Personas) != 0 {
		t.Errorf("%d personas, want none", len(l.Personas))
	}
}

func TestList_IsTheCallersOwn(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	group := addGroup(t, s, "", "Friends")
	addContact(t, s, "", "a@contoso.com", group)
	l := s.List("")
	l.Groups[3].DisplayName = "changed"
	l.Groups[3].Members[0] = imgroup.ContactID{}
	l.Personas[0].Attributions[0].SourceID = imgroup.ItemID{}
	again := s.List("")
	if got := len(again.ContactsOf(again.Groups[3].ExchangeStoreID)); got != 1 {
		t.Errorf("%d contacts in the group, want 1", got)
	}
	if got := s.Groups("")[0].DisplayName; got != "Friends" {
		t.Errorf("name %q, want Friends", got)
	}
}
