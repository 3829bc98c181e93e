package rosterfile

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/imsync"
)

func TestParse_Refused(t *testing.T) {
	t.Parallel()
	const row = "tony@contoso.com,Sales,anna@contoso.com,Anna\n"
	for name, tc := range map[string]struct{ text, want string }{
		"unknown title":       {"Mailbox,Group,Country,Address\n" + row, `line 1: "Country" is none of the titles: Mailbox, Group, Address, Display name, `},
		"no mailbox":          {"Group,DisplayName,Mail\nSales,Anna,anna@contoso.com\n", `line 1: the title "Mailbox" is missing`},
		"no group":            {"Mailbox,Mail\ntony@contoso.com,anna@contoso.com\n", `line 1: the title "Group" is missing`},
		"no address":          {"Mailbox,Group\ntony@contoso.com,Sales\n", `line 1: the title "Address" is missing`},
		"two of one meaning":  {"Mailbox,Group,Mail,UserPrincipalName\n" + row, `line 1: "Mail" and "UserPrincipalName" both stand for "Address"`},
		"unknown separator":   {"Mailbox|Group|Address\ntony@contoso.com|Sales|anna@contoso.com\n", `line 1: "Mailbox|Group|Address" is none of the titles`},
		"a title page":        {"Export of today\n\nMailbox,Group,Address\n" + row, `line 1: "Export of today" is none of the titles`},
		"value without title": {"Mailbox,Group,Address,\n" + row, "line 2: column 4 has a value and no title"},
		"titles once more":    {"Mailbox,Group,Address,Name\n" + row + "Group,Mailbox,Address,Name\n", "line 3: there are titles once more"},
		"titles further down": {row + "Mailbox,Group,Mail,DisplayName\n", "line 2: there are titles once more"},
		"titles with a quote": {"\"Mailbox,Group,Address\n" + row, "line 1: a quote is opened and not closed"},
		"a workbook":          {"PK\x03\x04\x14\x00\x06\x00", "it is a workbook or another archive"},
		"zero bytes":          {"Mailbox,Group,Address\n\x00", "it holds a zero byte"},
		"repeated name": {
			"[\n{\"mailbox\": \"a@b\", \"groups\": [],\n \"groups\": [{\"name\": \"X\"}]}]",
			`line 3, column 2: the name "groups" stands twice in one object`,
		},
		"repeated name in another case": {`{"mailbox": "a@b", "Mailbox": "c@d"}`, `the name "Mailbox" stands twice`},
		"repeated name further in": {
			`{"mailbox": "a@b", "groups": [{"name": "X", "contacts": [{"address": "a@b", "addr\u0065ss": "c@d"}]}]}`,
			`the name "address" stands twice`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := Parse([]byte(tc.text))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q; %+v", err, tc.want, f)
			}
		})
	}
}

// TestParse_Titles has each title do the same as the first of its kind.
func TestParse_Titles(t *testing.T) {
	t.Parallel()
	values := [columns]string{
		mailboxColumn: "tony@contoso.com", groupColumn: "Sales", addressColumn: "anna@contoso.com", nameColumn: "Anna Ek",
	}
	want := roster(group("Sales", imsync.Contact{Address: "anna@contoso.com", DisplayName: "Anna Ek"}))
	for c := mailboxColumn; c <= nameColumn; c++ {
		for _, spelling := range titles[c] {
			for _, comma := range []string{",", ";", "\t"} {
				var first, second []string
				for other := nameColumn; other >= mailboxColumn; other-- {
					title := titles[other][0]
					if other == c {
						title = spelling
					}
					first, second = append(first, `"`+title+`"`), append(second, values[other])
				}
				text := strings.Join(first, comma) + "\r\n" + strings.Join(second, comma) + "\r\n"
				f, err := Parse([]byte(text))
				if err != nil || len(f.Mailboxes) != 1 || f.Mailboxes[0].Address != values[mailboxColumn] ||
					!cmp.Equal(want, f.Mailboxes[0].Roster) {
					t.Errorf("%q: %+v, %v", text, f, err)
				}
			}
		}
	}
}

func TestParse_Cut(t *testing.T) {
	t.Parallel()
	const row = "tony@contoso.com,Sales,anna@contoso.com\n"
	const entry = `{"mailbox": "tony@contoso.com", "groups": []}`
	for name, tc := range map[string]struct{ text, want string }{
		"whole":                  {row, ""},
		"whole, by CR":           {strings.ReplaceAll(row, "\n", "\r"), ""},
		"no line end":            {row + "tony@contoso.com,Sales,bert@con", "line 2, the last one, has no line end"},
		"no line end, CRLF":      {"a@b,Sales,a@b\r\na@b,Sales,c@d", "line 2, the last one, has no line end"},
		"open quote":             {row + "tony@contoso.com,\"Sa\n", "line 2: a quote is opened and not closed"},
		"open quote, no end":     {row + "tony@contoso.com,\"Sa", "line 2: a quote is opened and not closed"},
		"whole array":            {"[" + entry + "]", ""},
		"one entry":              {entry, ""},
		"lines":                  {entry + "\n" + strings.ReplaceAll(entry, "tony", "olga") + "\n", ""},
		"lines, the last cut":    {entry + "\n" + strings.ReplaceAll(entry, "tony", "olga"), "the last line has no line end"},
		"array without its end":  {"[" + entry + ",\n", "the closing bracket is missing"},
		"entry without its end":  {entry + "\n" + entry[:30] + "\n", "the end of this entry is missing"},
		"array, cut in an entry": {"[" + entry + ",\n" + entry[:30], "the end of this entry is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := Parse([]byte(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, f.Cut); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseOne(t *testing.T) {
	t.Parallel()
	anna := imsync.Contact{Address: "anna@contoso.com"}
	for name, tc := range map[string]struct {
		text, err string
		want      imsync.Roster
	}{
		"JSON":             {`{"groups": [{"name": "Sales", "contacts": [{"address": "anna@contoso.com"}]}]}`, "", roster(group("Sales", anna))},
		"CSV":              {"Group,Mail\nSales,anna@contoso.com\n", "", roster(group("Sales", anna))},
		"CSV with mailbox": {"Mailbox,Group,Mail\na@b,Sales,anna@contoso.com\n", "", roster(group("Sales", anna))},
		"empty":            {"\n", "it is empty", imsync.Roster{}},
		"no titles":        {"Sales,anna@contoso.com\n", "line 1: the titles are missing", imsync.Roster{}},
		"two mailboxes":    {"Mailbox,Group,Mail\na@b,Sales,\nb@b,Sales,\n", "it names 2 mailboxes", imsync.Roster{}},
		"a bad row":        {"Group,Mail\nSales,anna\n", "line 2: ", imsync.Roster{}},
		"cut":              {"Group,Mail\nSales,anna@contoso.com", "line 2, the last one, has no line end", imsync.Roster{}},
		"unknown field":    {`{"grops": []}`, `unknown field "grops"`, imsync.Roster{}},
		"repeated name":    {`{"groups": [], "groups": []}`, `"groups" stands twice`, imsync.Roster{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseOne([]byte(tc.text))
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("%v, want %q", err, tc.err)
				}
				return
			}
			if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
				t.Errorf("%v, (-want +got):\n%s", err, diff)
			}
		})
	}
}

// TestParse_LinearTime counts the bytes looked at. Twice the text may cost no more than twice as many.
func TestParse_LinearTime(t *testing.T) {
	t.Parallel()
	steps := func(text string) int {
		if isJSON([]byte(text)) {
			p := newJSONParser([]byte(text))
			if err := p.parse(); err != nil {
				t.Fatal(err)
			}
			return p.steps
		}
		r := &csvReader{data: []byte(text), line: 1}
		if _, err := readRows(r, false); err != nil {
			t.Fatal(err)
		}
		return r.steps
	}
	const n = 1000
	for name, tc := range map[string]struct{ head, line string }{
		"rows":               {"", "tony@contoso.com,Sales,anna@contoso.com\n"},
		"open quotes":        {"a@b,c\n", "a@b,\"\"\"c\n"},
		"escaped quotes":     {"a@b,c\n", "\"a\"\"b\n"},
		"quotes at the end":  {"a@b,c\n", "a@b,\"\n"},
		"bare quotes":        {"a@b,c\n", "a@b\"\n"},
		"one line of quotes": {"a@b,c\n\"", "\"\"x"},
		"open braces":        {"", "{\"a\": [\n"},
		"open strings":       {"", "{\"a\n"},
		"open objects":       {"", "{\n"},
		"entries never end":  {"{\"groups\": [\n", "{\"name\": \"X\"},\n"},
		"bad entries":        {"{}\n", "{\"mailbox\" 5}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			once := steps(tc.head + strings.Repeat(tc.line, n))
			twice := steps(tc.head + strings.Repeat(tc.line, 2*n))
			if limit := 32 * n * len(tc.line); once == 0 || twice > once*21/10+100 || once > limit {
				t.Errorf("%d steps, for twice the text %d; want the double and at most %d", once, twice, limit)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"mailbox;group;mail\na@b;c;d@e\n", `[{"mailbox": "a@b", "groups": [{"name": "X"}]}, 1]`, "a@b,\"x",
		"sep=;\n#TYPE X\nMailbox;Group;Telephone;SIP URI\na@b;c;+1;sip:x@y\n", "{\"mailbox\": \"a@b\"}\n{\"a\": [\n{}",
		"Mailbox\tDistribution group\r\na@b\td@e\r\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := Parse(data)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, m := range in.Mailboxes {
			key := strings.ToLower(m.Address)
			if seen[key] {
				t.Errorf("%q is there twice", m.Address)
			}
			seen[key] = true
			if err := m.Roster.Check(); err != nil {
				t.Errorf("%q: %v", m.Address, err)
			}
		}
		for _, p := range in.Problems {
			if p.Line < 1 || p.Reason == "" {
				t.Errorf("problem %+v", p)
			}
		}
		compareWithStandard(t, data)
	})
}

// compareWithStandard has our reader and encoding/csv, where that has nothing against the text, read the
// same rows.
func compareWithStandard(t *testing.T, data []byte) {
	t.Helper()
	if bytes.Contains(bytes.ReplaceAll(data, []byte("\r\n"), nil), []byte("\r")) {
		return // for encoding/csv no line end
	}
	standard := csv.NewReader(bytes.NewReader(data))
	standard.FieldsPerRecord = -1
	want, err := standard.ReadAll()
	if err != nil || slices.ContainsFunc(want, func(row []string) bool {
		return strings.Count(strings.Join(row, ""), "\n") >= maxQuotedLines
	}) {
		return
	}
	ours := &csvReader{data: data, comma: ',', line: 1}
	var got [][]string
	for {
		row, line, err := ours.next()
		if err != nil {
			t.Fatalf("line %d: %v, and encoding/csv reads %q", line, err, want)
		}
		if row == nil {
			break
		}
		got = append(got, row)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-encoding/csv +ours):\n%s", diff)
	}
}

// TestCheckAddress: a mistake in the mailbox column is no mailbox, nor a second one of one person.
func TestCheckAddress(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"tony@contoso.com", "o'neill+x@sub.contoso.com", "jörg@bücher.example", "tony@xn--bcher-kva.example", "svc_1@host_1",
	} {
		if err := CheckAddress(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "tony", "@", "tony@", "@contoso.com", "SMTP:tony@contoso.com", "mailto:tony@contoso.com", "<tony@contoso.com>",
		"Tony <tony@contoso.com>", "tony@contoso.com;anna@contoso.com", "tony@contoso.com,", "tony@@contoso.com", "tony@contoso.com.",
		"'tony@contoso.com'", "to\u200bny@contoso.com", "to\u00a0ny@contoso.com", "tony\uff20contoso.com", "tony@contoso\uff0ecom",
		"to\ufffdny@contoso.com", "tony@contoso.com?", `CONTOSO\tony@contoso.com`, `"tony"@contoso.com`,
		"tony@contoso..com", "tony@-contoso.com", " tony@contoso.com", "to\u034fny@contoso.com",
	} {
		if err := CheckAddress(bad); err == nil {
			t.Errorf("%q is taken for a mailbox", bad)
		}
	}
}

// TestParse_AddressTwice takes the spellings of an address for one, as a roster does.
func TestParse_AddressTwice(t *testing.T) {
	t.Parallel()
	f, err := Parse([]byte("Mailbox,Group,Address,Distribution group\n" +
		"tony@contoso.com,,,SMTP:all@contoso.com\ntony@contoso.com,,, mailto:ALL@contoso.com\ntony@contoso.com,A,smtp:a@contoso.com,\n" +
		"TONY@contoso.com,\u212aPMG,a@contoso.com,\ntony@contoso.com,kpmg,b@contoso.com,\n"))
	if err != nil || len(f.Problems) > 0 || len(f.Mailboxes) != 1 {
		t.Fatalf("%+v, %v; want one mailbox", f, err)
	}
	r := f.Mailboxes[0].Roster
	if len(r.DistributionGroups) != 1 || len(r.Groups) != 2 || len(r.Groups[1].Contacts) != 2 {
		t.Errorf("%+v; want one distribution group and two groups", r)
	}
}
