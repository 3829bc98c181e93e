package directory_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/directory"
	"github.com/go-ews/exchange/ews/ewstest"
)

func TestResolve(t *testing.T) {
	t.Parallel()
	_, client := fake(t,
		ewstest.Recipient{Name: "Anna", Address: "anna@contoso.com", SIP: "Anna@sip.contoso.com"},
		ewstest.Recipient{Name: "Annette", Address: "annette@contoso.com"},
		ewstest.Recipient{Name: "Ann hidden", Address: "hidden@contoso.com", Hidden: true},
	)
	for name, want := range map[string][]string{
		"ann":                      {"anna@contoso.com", "annette@contoso.com"},
		"anne":                     {"annette@contoso.com"},
		"smtp:ANNA@contoso.com":    {"anna@contoso.com"},
		"sip:anna@sip.contoso.com": {"anna@contoso.com"},
	} {
		r, err := directory.Resolve(t.Context(), client, name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, c := range r.Candidates {
			got = append(got, c.EmailAddress)
		}
		if diff := cmp.Diff(want, got); diff != "" || r.More {
			t.Errorf("%s: more: %t (-want +got):\n%s", name, r.More, diff)
		}
	}
	for _, name := range []string{"hidden", "sip:anna@contoso.com", "x"} {
		if _, err := directory.Resolve(t.Context(), client, name); !errors.Is(err, directory.ErrorNameResolutionNoResults) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestResolve_MoreThanAreReturned(t *testing.T) {
	t.Parallel()
	var entries []ewstest.Recipient
	for i := range 101 {
		entries = append(entries, ewstest.Recipient{Name: "User", Address: fmt.Sprintf("u%d@contoso.com", i)})
	}
	for n, more := range map[int]bool{100: false, 101: true} {
		_, client := fake(t, entries[:n]...)
		r, err := directory.Resolve(t.Context(), client, "user")
		if err != nil || len(r.Candidates) != 100 || r.More != more {
			t.Errorf("%d entries: %v, %v, want 100 candidates and more: %t", n, r, err, more)
		}
	}
}

func TestCandidate_SIPAddress(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		want   string
		im, to []string
	}{
		{"", nil, []string{"SMTP:a@x", "smtp:b@x", "x500:/o=x"}},
		{"c@x", nil, []string{"SMTP:a@x", "SIP:c@x"}},
		{"d@x", []string{"sip:d@x"}, []string{"sip:c@x"}},
		{"c@x", []string{"d@x"}, []string{"sip:c@x"}},
	} {
		c := directory.Candidate{IMAddresses: tc.im, Addresses: tc.to}
		if got := c.SIPAddress(); got != tc.want {
			t.Errorf("%v %v: %q, want %q", tc.im, tc.to, got, tc.want)
		}
	}
}

// TestResolve_Contact reads all that a full contact has.
func TestResolve_Contact(t *testing.T) {
	t.Parallel()
	document := message("ResolveNames", "Success", "NoError", `<m:ResolutionSet TotalItemsInView="1" IncludesLastItemInRange="true">`+
		`<t:Resolution><t:Mailbox><t:Name>Zoë</t:Name><t:EmailAddress>zoe@x</t:EmailAddress><t:RoutingType>SMTP</t:RoutingType>`+
		`<t:MailboxType>Contact</t:MailboxType></t:Mailbox><t:Contact><t:DisplayName>Zoë Ä</t:DisplayName><t:GivenName>Zoë</t:GivenName>`+
		`<t:CompanyName>Contoso</t:CompanyName><t:EmailAddresses><t:Entry Key="EmailAddress1">SMTP:zoe@x</t:Entry>`+
		`<t:Entry Key="EmailAddress2"> sip:z@x </t:Entry><t:Entry Key="EmailAddress3"/></t:EmailAddresses>`+
		`<t:ImAddresses><t:Entry Key="ImAddress1">sip:zoe@im.x</t:Entry></t:ImAddresses><t:Department>R&amp;D</t:Department>`+
		`<t:JobTitle>Chief</t:JobTitle><t:Surname>Ä</t:Surname><t:ContactSource>ActiveDirectory</t:ContactSource></t:Contact>`+
		`</t:Resolution></m:ResolutionSet>`)
	r, err := directory.Resolve(t.Context(), responding(t, document), "x")
	if err != nil {
		t.Fatal(err)
	}
	want := directory.Candidate{
		Mailbox:     directory.Mailbox{Name: "Zoë", EmailAddress: "zoe@x", RoutingType: "SMTP", Type: directory.Contact},
		DisplayName: "Zoë Ä", GivenName: "Zoë", Surname: "Ä", Company: "Contoso", Department: "R&D", JobTitle: "Chief",
		Addresses: []string{"SMTP:zoe@x", "sip:z@x"}, IMAddresses: []string{"sip:zoe@im.x"},
	}
	if diff := cmp.Diff([]directory.Candidate{want}, r.Candidates); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
