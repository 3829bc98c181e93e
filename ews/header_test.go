package ews_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
)

func TestHeader_Refused(t *testing.T) {
	t.Parallel()
	const field = "Header."
	for _, tc := range []struct {
		name   string
		header ews.Header
		field  string
		reason string
	}{
		{
			"unknown version",
			ews.Header{RequestServerVersion: "Exchange2019"},
			"RequestServerVersion",
			`"Exchange2019"`,
		},
		{
			"version in small letters",
			ews.Header{RequestServerVersion: "exchange2013"},
			"RequestServerVersion",
			"list",
		},
		{
			"version with markup",
			ews.Header{RequestServerVersion: `Exchange2013"/><x`},
			"RequestServerVersion",
			"list",
		},
		{"culture with underscore", ews.Header{MailboxCulture: "de_DE"}, "MailboxCulture", ""},
		{"culture with a blank", ews.Header{MailboxCulture: "de DE"}, "MailboxCulture", ""},
		{"culture with blanks round it", ews.Header{MailboxCulture: " de "}, "MailboxCulture", ""},
		{"culture of nine letters", ews.Header{MailboxCulture: "abcdefghi"}, "MailboxCulture", ""},
		{"culture with an empty subtag", ews.Header{MailboxCulture: "de--DE"}, "MailboxCulture", ""},
		{"culture with a hyphen at the end", ews.Header{MailboxCulture: "de-"}, "MailboxCulture", ""},
		{"culture with a hyphen in front", ews.Header{MailboxCulture: "-de"}, "MailboxCulture", ""},
		{"culture that begins with a digit", ews.Header{MailboxCulture: "1de"}, "MailboxCulture", ""},
		{"culture with markup", ews.Header{MailboxCulture: "en<x/>"}, "MailboxCulture", ""},
		{"culture in other letters", ews.Header{MailboxCulture: "\u0434\u0435"}, "MailboxCulture", ""},
		{"number for a culture", ews.Header{MailboxCulture: "1033"}, "MailboxCulture", ""},
		{"empty SMTP address", ews.Header{Impersonate: ews.SMTP("")}, "Impersonate", "empty"},
		{"empty primary address", ews.Header{Impersonate: ews.PrimarySMTP("")}, "Impersonate", "empty"},
		{"empty UPN", ews.Header{Impersonate: ews.UPN("")}, "Impersonate", "empty"},
		{"empty SID", ews.Header{Impersonate: ews.SID("")}, "Impersonate", "empty"},
		{"address without at", ews.Header{Impersonate: ews.SMTP("tsmith")}, "Impersonate", "name@domain"},
		{
			"address without name",
			ews.Header{Impersonate: ews.PrimarySMTP("@contoso.com")},
			"Impersonate",
			"name@domain",
		},
		{"address without domain", ews.Header{Impersonate: ews.UPN("tsmith@")}, "Impersonate", "name@domain"},
		{
			"address with a blank",
			ews.Header{Impersonate: ews.SMTP("t smith@contoso.com")},
			"Impersonate",
			"name@domain",
		},
		{"address with a line feed", ews.Header{Impersonate: ews.SMTP("a@b.c\nX: y")}, "Impersonate", "name@domain"},
		{"address that is no UTF-8", ews.Header{Impersonate: ews.SMTP("a\xff@b.c")}, "Impersonate", "UTF-8"},
		{
			"address with a character that XML has not",
			ews.Header{Impersonate: ews.SMTP("a\uffff@b.c")},
			"Impersonate", "U+FFFF",
		},
		{"down-level name", ews.Header{Impersonate: ews.UPN(`CONTOSO\tsmith`)}, "Impersonate", "name@domain"},
		{"SID of words", ews.Header{Impersonate: ews.SID("tsmith")}, "Impersonate", "S-1-5-21"},
		{"short SID", ews.Header{Impersonate: ews.SID("S-1")}, "Impersonate", "S-1-5-21"},
		{"SID with an empty part", ews.Header{Impersonate: ews.SID("S-1-5--1")}, "Impersonate", "S-1-5-21"},
		{"anchor with a line feed", ews.Header{AnchorMailbox: "a@b.c\r\nX: y"}, "AnchorMailbox", "control"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := ews.NewClient(endpoint, &ews.Options{Header: tc.header})
			if input := inputError(t, err); input.Op != "NewClient" || input.Field != field+tc.field {
				t.Errorf("NewClient: %#v, want field %s%s", input, field, tc.field)
			}
			w := soapResponse(http.StatusOK, groupResponse)
			_, err = connect(t, once(w)).WithHeader(tc.header).AddImGroup(t.Context(), "Sales")
			input := inputError(t, err)
			if input.Op != "AddImGroup" || input.Field != field+tc.field ||
				!strings.Contains(input.Reason, tc.reason) {
				t.Errorf("%#v, want field %s%s and a reason with %q", input, field, tc.field, tc.reason)
			}
			if strings.ContainsAny(err.Error(), "\n\r") || len(w.requests()) != 0 {
				t.Errorf("%d requests sent, error %q", len(w.requests()), err)
			}
		})
	}
}

func TestHeader_Accepted(t *testing.T) {
	t.Parallel()
	for _, h := range []ews.Header{
		{MailboxCulture: "en"},
		{MailboxCulture: "zh-Hant-TW"},
		{MailboxCulture: "de-1996"},
		{MailboxCulture: "x-klingon"},
		{MailboxCulture: "abcdefgh-12345678"},
		{Impersonate: ews.SMTP("o'hara+list@sub.contoso.com")},
		{Impersonate: ews.UPN("\u00fcmit@contoso.local")},
		{Impersonate: ews.SMTP(`"a@b"@contoso.com`)},
		{Impersonate: ews.SID("S-1-5-18")},
		{AnchorMailbox: "a@b.c"},
		{AnchorMailbox: ews.NoAnchor},
		{RequestServerVersion: ews.OmitVersion},
	} {
		t.Run(fmt.Sprint(h), func(t *testing.T) {
			t.Parallel()
			if _, err := ews.NewClient(endpoint, &ews.Options{Header: h}); err != nil {
				t.Error(err)
			}
		})
	}
	for _, v := range versions() {
		if _, err := ews.NewClient(endpoint, &ews.Options{Header: ews.Header{RequestServerVersion: v}}); err != nil {
			t.Errorf("%s: %v", v, err)
		}
	}
}

func TestHeader_Anchor(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		header ews.Header
		want   []string
	}{
		{"nobody", ews.Header{}, nil},
		{"primary address", ews.Header{Impersonate: ews.PrimarySMTP("a@contoso.com")}, []string{"a@contoso.com"}},
		{"any address", ews.Header{Impersonate: ews.SMTP("b@contoso.com")}, []string{"b@contoso.com"}},
		{"principal name", ews.Header{Impersonate: ews.UPN("c@contoso.local")}, nil},
		{"security identifier", ews.Header{Impersonate: ews.SID("S-1-5-21-1")}, nil},
		{
			"named",
			ews.Header{Impersonate: ews.SID("S-1-5-21-1"), AnchorMailbox: "d@contoso.com"},
			[]string{"d@contoso.com"},
		},
		{"named, with an address", ews.Header{
			Impersonate:   ews.SMTP("b@contoso.com"),
			AnchorMailbox: "d@contoso.com",
		}, []string{"d@contoso.com"}},
		{"named without impersonation", ews.Header{AnchorMailbox: "d@contoso.com"}, []string{"d@contoso.com"}},
		{"none", ews.Header{Impersonate: ews.SMTP("b@contoso.com"), AnchorMailbox: ews.NoAnchor}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := soapResponse(http.StatusOK, groupResponse)
			if _, err := connect(t, once(w)).WithHeader(tc.header).AddImGroup(t.Context(), "Sales"); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, w.requests()[0].header.Values("X-AnchorMailbox")); diff != "" {
				t.Errorf("X-AnchorMailbox (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWithHeader_Copies holds that neither copy nor original feel the other's header.
func TestWithHeader_Copies(t *testing.T) {
	t.Parallel()
	w := soapResponse(http.StatusOK, groupResponse)
	opts := once(w)
	opts.Header = ews.Header{MailboxCulture: "en-US", RequestServerVersion: ews.Exchange2016}
	service := connect(t, opts)
	german := service.WithHeader(ews.Header{MailboxCulture: "de-DE"})
	tony := service.Impersonate(ews.SMTP("tony@contoso.com"))
	terry := tony.Impersonate(ews.SMTP("terry@contoso.com"))
	for _, c := range []*ews.Client{service, german, tony, terry, service} {
		if _, err := c.AddImGroup(t.Context(), "Sales"); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"Exchange2016 en-US", "Exchange2013 de-DE", "Exchange2016 en-US tony",
		"Exchange2016 en-US terry", "Exchange2016 en-US",
	}
	var got []string
	for _, r := range w.requests() {
		var words []string
		for _, word := range []string{"Exchange2016", "Exchange2013", "en-US", "de-DE", "tony", "terry"} {
			if strings.Contains(r.body, word) {
				words = append(words, word)
			}
		}
		got = append(got, strings.Join(words, " "))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if h := terry.Header(); h != (ews.Header{
		MailboxCulture: "en-US", RequestServerVersion: ews.Exchange2016, Impersonate: ews.SMTP("terry@contoso.com"),
	}) {
		t.Errorf("Header returns %+v", h)
	}
}

// TestImpersonate_Nobody holds that the zero account never means the service account's own mailbox,
// and that a later good header heals the copy.
func TestImpersonate_Nobody(t *testing.T) {
	t.Parallel()
	w := soapResponse(http.StatusOK, groupResponse)
	service := connect(t, once(w))
	for name, client := range map[string]*ews.Client{
		"nobody":            service.Impersonate(ews.Account{}),
		"nobody after one":  service.Impersonate(ews.SMTP("a@contoso.com")).Impersonate(ews.Account{}),
		"nobody, bad as is": service.WithHeader(ews.Header{MailboxCulture: "?"}).Impersonate(ews.Account{}),
	} {
		_, err := client.AddImGroup(t.Context(), "Sales")
		if input := inputError(t, err); input.Op != "AddImGroup" {
			t.Errorf("%s: %#v", name, input)
		}
	}
	if n := len(w.requests()); n != 0 {
		t.Fatalf("%d requests were sent", n)
	}
	for name, trip := range headerTrips {
		h := trip(t, service.Impersonate(ews.Account{}).Header())
		h.MailboxCulture = "de-DE"
		if _, err := ews.NewClient(endpoint, &ews.Options{Header: h}); err == nil {
			t.Errorf("%s: NewClient takes the header", name)
		}
		_, err := service.WithHeader(h).AddImGroup(t.Context(), "Sales")
		if input := inputError(t, err); input.Field != "Header.Impersonate" {
			t.Errorf("%s: %#v", name, input)
		}
	}
	if n := len(w.requests()); n != 0 {
		t.Fatalf("%d requests were sent from an edited header", n)
	}
	healed := service.Impersonate(ews.Account{}).Impersonate(ews.SMTP("a@contoso.com"))
	if _, err := healed.AddImGroup(t.Context(), "Sales"); err != nil {
		t.Error(err)
	}
	plain := service.Impersonate(ews.Account{}).WithHeader(ews.Header{})
	if _, err := plain.AddImGroup(t.Context(), "Sales"); err != nil {
		t.Error(err)
	}
}

// headerTrips are the ways by which a header leaves one client and gets into another.
var headerTrips = map[string]func(*testing.T, ews.Header) ews.Header{
	"copied": func(_ *testing.T, h ews.Header) ews.Header { return h },
	"as JSON": func(t *testing.T, h ews.Header) ews.Header {
		t.Helper()
		text, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		var got ews.Header
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		return got
	},
	"as JSON that leaves zeros out": func(t *testing.T, h ews.Header) ews.Header {
		t.Helper()
		type sparse struct {
			Account ews.Account `json:"account,omitzero"`
		}
		text, err := json.Marshal(sparse{h.Impersonate})
		if err != nil {
			t.Fatal(err)
		}
		var got sparse
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		return ews.Header{Impersonate: got.Account}
	},
}

// TestHeader_JSON holds that a header survives JSON, and that the zero one stays zero.
func TestHeader_JSON(t *testing.T) {
	t.Parallel()
	for _, want := range []ews.Header{
		{},
		{RequestServerVersion: ews.OmitVersion, MailboxCulture: "de-DE", AnchorMailbox: ews.NoAnchor},
		{Impersonate: ews.PrimarySMTP("a@contoso.com")},
		{Impersonate: ews.SMTP(`"a<b>&:c"@contoso.com`)},
		{Impersonate: ews.UPN("\u00fcmit@contoso.local")},
		{Impersonate: ews.SID("S-1-5-21-1")},
		{Impersonate: ews.SID("")},
	} {
		if got := headerTrips["as JSON"](t, want); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestAccount_Text(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]ews.Account{
		"":                                 {},
		"SmtpAddress:a@b.c":                ews.SMTP("a@b.c"),
		"primarysmtpaddress: a:b@c.d ":     ews.PrimarySMTP(" a:b@c.d "),
		"PrincipalName:":                   ews.UPN(""),
		"sid:S-1-5-21-1":                   ews.SID("S-1-5-21-1"),
		"SmtpAddress:\x00not an address\n": ews.SMTP("\x00not an address\n"),
	} {
		var got ews.Account
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q: %#v, %v, want %#v", text, got, err, want)
		}
	}
	for _, text := range []string{"a@b.c", "tel:1", ":a@b.c", "SmtpAddress", " SmtpAddress:a@b.c"} {
		got := ews.SID("S-1-5-18")
		if err := got.UnmarshalText([]byte(text)); err == nil || got != ews.SID("S-1-5-18") {
			t.Errorf("%q: %#v, %v, want an error and the account unchanged", text, got, err)
		}
	}
	if text, err := ews.SMTP("a\xff@b.c").MarshalText(); err == nil {
		t.Errorf("invalid UTF-8, which JSON would replace, became %q", text)
	}
}

// FuzzAccountText holds that the text form, also within JSON, loses nothing of any account.
func FuzzAccountText(f *testing.F) {
	for i, seed := range []string{"", "a@b.c", "S-1-5-18", "a:b", "\x00", "\u2028", "\ufffd", "a\xff"} {
		f.Add(uint8(i), seed)
	}
	kinds := []func(string) ews.Account{ews.PrimarySMTP, ews.SMTP, ews.UPN, ews.SID}
	f.Fuzz(func(t *testing.T, kind uint8, value string) {
		want := kinds[int(kind)%len(kinds)](value)
		text, err := json.Marshal(map[ews.Account]ews.Account{want: want})
		if err != nil {
			if utf8.ValidString(value) {
				t.Errorf("%q: %v", value, err)
			}
			return
		}
		var got map[ews.Account]ews.Account
		if err := json.Unmarshal(text, &got); err != nil || len(got) != 1 || got[want] != want {
			t.Errorf("%#v became %v, %v", want, got, err)
		}
	})
}

func TestAccount_String(t *testing.T) {
	t.Parallel()
	if got := fmt.Sprint(ews.SMTP("a@b.c"), ews.Account{}.IsZero(),
		ews.UPN("a@b.c").IsZero()); got != "a@b.c true false" {
		t.Error(got)
	}
	if ews.SMTP("a@b.c") == ews.PrimarySMTP("a@b.c") {
		t.Error("accounts of two kinds are equal")
	}
}

func TestServerVersion_String(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]ews.ServerVersion{
		"":                           {},
		"15.2.2562.17 (V2017_07_11)": {Major: 15, Minor: 2, MajorBuild: 2562, MinorBuild: 17, Version: "V2017_07_11"},
		"8.0.685.8":                  {Major: 8, MajorBuild: 685, MinorBuild: 8},
	} {
		if got := v.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
