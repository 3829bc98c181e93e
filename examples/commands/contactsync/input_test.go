package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/examples/commands/internal/textfile"
)

func group(name string, contacts ...imsync.Contact) imsync.Group {
	return imsync.Group{Name: name, Contacts: contacts}
}

func roster(groups ...imsync.Group) imsync.Roster { return imsync.Roster{Groups: groups} }

func TestParseInput_CSV(t *testing.T) {
	t.Parallel()
	anna := imsync.Contact{Address: "anna@contoso.com", DisplayName: "Anna Ek"}
	bert := imsync.Contact{Address: "sip:bert@contoso.com"}
	tests := map[string]struct {
		text string
		want input
	}{
		"no header": {
			"tony@contoso.com,Sales,anna@contoso.com,Anna Ek\ntony@contoso.com,Sales,sip:bert@contoso.com\n",
			input{mailboxes: []mailbox{{Address: "tony@contoso.com", Roster: roster(group("Sales", anna, bert))}}},
		},
		"header in another order, with columns of no use": {
			"Group,Display Name,Country,Address,Mailbox\nSales,Anna Ek,SE,anna@contoso.com,tony@contoso.com\n",
			input{mailboxes: []mailbox{{Address: "tony@contoso.com", Roster: roster(group("Sales", anna))}}},
		},
		"semicolons, byte order mark, carriage returns": {
			"\xEF\xBB\xBFmailbox;group;address;display name\r\ntony@contoso.com;Sales;anna@contoso.com;Anna Ek\r\n",
			input{mailboxes: []mailbox{{Address: "tony@contoso.com", Roster: roster(group("Sales", anna))}}},
		},
		"spellings of mailbox and group": {
			"tony@contoso.com,Sales,anna@contoso.com,Anna Ek\nTony@Contoso.com,SALES,sip:bert@contoso.com,\n",
			input{mailboxes: []mailbox{{Address: "tony@contoso.com", Roster: roster(group("Sales", anna, bert))}}},
		},
		"a group without anybody": {
			"tony@contoso.com,Nobody yet\n",
			input{mailboxes: []mailbox{{Address: "tony@contoso.com", Roster: roster(group("Nobody yet"))}}},
		},
		"bad rows of one mailbox": {
			"tony@contoso.com,Sales,anna@contoso.com,Anna Ek\ntony@contoso.com,,bert@contoso.com\n" +
				"tony@contoso.com,Sales,,Bert\ntony@contoso.com,Sales,b@contoso.com,Berg, Bert\nolga@contoso.com,A\x01,\n",
			input{
				mailboxes: []mailbox{
					{Address: "tony@contoso.com", Roster: roster(group("Sales", anna)), Incomplete: true},
					{Address: "olga@contoso.com", Incomplete: true},
				},
				problems: []problem{
					{2, "tony@contoso.com: group 1 has no name"},
					{3, "tony@contoso.com: a display name without an address"},
					{4, "tony@contoso.com: more fields than mailbox, group, address, display name: does a name with a comma lack its quotes?"},
					{5, `olga@contoso.com: group "A\x01": the name holds U+0001 at byte 1, which XML cannot carry`},
				},
			},
		},
		"bad rows of nobody knows whom": {
			"tony,Sales,anna@contoso.com\n\n,Sales,a@b\n\"x\"y,Sales\ntony@contoso.com,Sales,anna@contoso.com,Anna Ek\n",
			input{
				mailboxes: []mailbox{{Address: "tony@contoso.com", Roster: roster(group("Sales", anna))}},
				problems: []problem{
					{1, `mailbox "tony" is no SMTP address`}, {3, "no mailbox"}, {4, `extraneous or missing " in quoted-field`},
				},
				keepAll: true,
			},
		},
		"a quote that nobody closes": {
			"tony@contoso.com,Sales,\"bert@contoso.com\ntony@contoso.com,Sales,anna@contoso.com,Anna Ek\n" +
				"x,Sales\n\"olga@contoso.com\",\"Sales\"\ncarl@contoso.com,\"Sales\n",
			input{
				mailboxes: []mailbox{
					{Address: "tony@contoso.com", Roster: roster(group("Sales", anna))},
					{Address: "olga@contoso.com", Roster: roster(group("Sales"))},
				},
				problems: []problem{
					{1, `extraneous or missing " in quoted-field`},
					{3, `mailbox "x" is no SMTP address`},
					{5, `extraneous or missing " in quoted-field`},
				},
				keepAll: true,
			},
		},
		"a row over two lines": {
			"tony@contoso.com,Sales,anna@contoso.com,\"Anna\nEk\"\ntony,Sales\n",
			input{
				mailboxes: []mailbox{{Address: "tony@contoso.com", Roster: roster(group("Sales",
					imsync.Contact{Address: "anna@contoso.com", DisplayName: "Anna\nEk"}))}},
				problems: []problem{{3, `mailbox "tony" is no SMTP address`}},
				keepAll:  true,
			},
		},
		"empty rows of a spreadsheet": {
			"tony@contoso.com,Sales,anna@contoso.com,Anna Ek\n,,,\n ,\n",
			input{mailboxes: []mailbox{{Address: "tony@contoso.com", Roster: roster(group("Sales", anna))}}},
		},
		"empty": {"", input{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := parseInput(textfile.Decode([]byte(test.text)))
			if diff := cmp.Diff(test.want, *got, cmp.AllowUnexported(input{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseInput_JSON(t *testing.T) {
	t.Parallel()
	anna := imsync.Contact{Address: "anna@contoso.com", DisplayName: "Anna Ek"}
	tony := mailbox{Address: "tony@contoso.com", Roster: roster(group("Sales", anna))}
	const entry = `{"mailbox": "tony@contoso.com", "groups": [{"name": "Sales",
		"contacts": [{"address": "anna@contoso.com", "displayName": "Anna Ek"}]}]}`
	tests := map[string]struct {
		text string
		want input
	}{
		"array": {" [" + entry + "]\n", input{mailboxes: []mailbox{tony}}},
		"one after the other": {
			entry + "\n" + entry[:len(entry)-1] + "}",
			input{
				mailboxes: []mailbox{{Address: tony.Address, Roster: tony.Roster, Incomplete: true}},
				problems:  []problem{{3, "tony@contoso.com: the mailbox came before: put both rosters into one entry"}},
			},
		},
		"a field nobody knows": {
			"[\n{\"mailbox\": \"a@b\", \"grops\": []},\n" + entry + "]",
			input{mailboxes: []mailbox{tony}, problems: []problem{{2, `column 20: unknown field "grops"`}}},
		},
		"a bad entry before a good one": {
			"[\n{\"mailbox\": \"Tony@contoso.com\", \"grops\": []},\n" + entry + "]",
			input{
				mailboxes: []mailbox{{Address: tony.Address, Roster: tony.Roster, Incomplete: true}},
				problems:  []problem{{2, `column 33: unknown field "grops"`}},
			},
		},
		"no mailbox": {
			"[\n{\"groups\": []},\n" + entry + "]",
			input{mailboxes: []mailbox{tony}, problems: []problem{{2, "no mailbox"}}, keepAll: true},
		},
		"two groups of a name": {
			`{"mailbox": "a@b", "groups": [{"name": "X"}, {"name": "X"}]}`,
			input{problems: []problem{{1, `a@b: group "X": the name is listed twice`}}},
		},
		"broken in the middle": {
			"[" + entry + ",\n{,}]",
			input{
				mailboxes: []mailbox{tony}, keepAll: true,
				problems: []problem{{3, "column 2: not JSON, and nothing after it can be read: invalid character ',' looking for beginning of object key string"}},
			},
		},
		"broken after many lines": {
			"[" + strings.Repeat("\n\n\n", 100) + entry + strings.Repeat("\n\n\n", 100) + ",\n{\n\n,}]",
			input{
				mailboxes: []mailbox{tony}, keepAll: true,
				problems: []problem{{605, "column 1: not JSON, and nothing after it can be read: invalid character ',' looking for beginning of object key string"}},
			},
		},
		"a broken line": {
			entry + "\n{\"mailbox\" 5}\n{\"mailbox\": \"a@b\", \"groups\": [\n{\"mailbox\": \"olga@contoso.com\"}\n",
			input{
				mailboxes: []mailbox{tony, {Address: "olga@contoso.com"}}, keepAll: true,
				problems: []problem{
					{3, "column 12: not JSON: invalid character '5' after object key"},
					{4, "column 31: not JSON: its end is missing"},
				},
			},
		},
		"ends too early": {
			"[" + entry + ",\n",
			input{
				mailboxes: []mailbox{tony}, keepAll: true,
				problems: []problem{{3, "column 1: not JSON, and nothing after it can be read: its end is missing"}},
			},
		},
		"without closing brace": {
			"[" + entry,
			input{
				mailboxes: []mailbox{tony}, keepAll: true,
				problems: []problem{{2, "column 77: not JSON, and nothing after it can be read: its end is missing"}},
			},
		},
		"more after the end": {
			"[" + entry + "]\n[" + entry + "]",
			input{
				mailboxes: []mailbox{tony}, keepAll: true,
				problems: []problem{{3, "what follows the closing bracket is not read"}},
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := parseInput(textfile.Decode([]byte(test.text)))
			if diff := cmp.Diff(test.want, *got, cmp.AllowUnexported(input{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestInput_Key tells runs apart by all that they depend on.
func TestInput_Key(t *testing.T) {
	t.Parallel()
	const endpoint = "https://mail.contoso.com/EWS/Exchange.asmx"
	one := input{mailboxes: []mailbox{{Address: "tony@contoso.com"}}}
	keys := map[string]string{}
	for name, key := range map[string]func() (string, error){
		"as it is":         func() (string, error) { return one.key(endpoint, false, false, 0) },
		"pruned":           func() (string, error) { return one.key(endpoint, true, false, 0) },
		"dry run":          func() (string, error) { return one.key(endpoint, false, true, 0) },
		"server":           func() (string, error) { return one.key("", false, false, 0) },
		"two mailboxes":    func() (string, error) { return generate(2).key(endpoint, false, false, 0) },
		"a mailbox more":   func() (string, error) { return generate(3).key(endpoint, false, false, 0) },
		"a group":          func() (string, error) { return keyOf(mailbox{Roster: roster(group("Sales"))}) },
		"of another name":  func() (string, error) { return keyOf(mailbox{Roster: roster(group("Sale"))}) },
		"not to be pruned": func() (string, error) { return keyOf(mailbox{Incomplete: true}) },
	} {
		got, err := key()
		if err != nil || len(got) < runKeyLength {
			t.Fatalf("%s: %q, %v", name, got, err)
		}
		if other, ok := keys[got]; ok {
			t.Errorf("%q has the key of %q", name, other)
		}
		keys[got] = name
	}
	again, err := one.key(endpoint, false, false, 0)
	if err != nil || keys[again] != "as it is" {
		t.Errorf("the same input has another key, %v", err)
	}
}

func keyOf(m mailbox) (string, error) {
	return (&input{mailboxes: []mailbox{m}}).key("https://mail.contoso.com/EWS/Exchange.asmx", false, false, 0)
}

func FuzzParseInput(f *testing.F) {
	f.Add([]byte("mailbox;group\na@b;c\n"))
	f.Add([]byte(`[{"mailbox": "a@b", "groups": [{"name": "X"}]}, 1]`))
	f.Add([]byte("a@b,\"x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		in := parseInput(data)
		seen := map[string]bool{}
		for _, m := range in.mailboxes {
			key := strings.ToLower(m.Address)
			if seen[key] {
				t.Errorf("%q is there twice", m.Address)
			}
			seen[key] = true
			if err := m.Roster.Check(); err != nil && !m.Incomplete {
				t.Errorf("%q: %v", m.Address, err)
			}
		}
		for _, p := range in.problems {
			if p.Line < 1 || p.Reason == "" {
				t.Errorf("problem %+v", p)
			}
		}
	})
}

func TestReadInput_Errors(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.csv")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readInput(empty); err == nil || !strings.Contains(err.Error(), "names no mailbox") {
		t.Errorf("an empty file: %v, want that it names no mailbox", err)
	}
	if _, err := readInput(empty + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that there is no such file", err)
	}
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 5, 500} {
		in := generate(n)
		if len(in.mailboxes) != n {
			t.Errorf("%d mailboxes, want %d", len(in.mailboxes), n)
		}
		for _, m := range in.mailboxes {
			if err := m.Roster.Check(); err != nil {
				t.Error(err)
			}
			for _, g := range m.Roster.Groups {
				if len(g.Contacts) != madeUpContacts {
					t.Errorf("%s: %d contacts in %s", m.Address, len(g.Contacts), g.Name)
				}
			}
		}
	}
}
