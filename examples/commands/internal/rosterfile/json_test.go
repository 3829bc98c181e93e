package rosterfile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/imsync"
)

func TestParse_JSON(t *testing.T) {
	t.Parallel()
	anna := imsync.Contact{Address: "anna@contoso.com", DisplayName: "Anna Ek"}
	tony := Mailbox{Address: "tony@contoso.com", Roster: roster(group("Sales", anna))}
	const entry = `{"mailbox": "tony@contoso.com", "groups": [{"name": "Sales",
		"contacts": [{"address": "anna@contoso.com", "displayName": "Anna Ek"}]}]}`
	tests := map[string]struct {
		text string
		want File
	}{
		"array": {" [" + entry + "]\n", File{Mailboxes: []Mailbox{tony}}},
		"one after the other": {
			entry + "\n" + entry[:len(entry)-1] + "}\n",
			File{
				Mailboxes: []Mailbox{{Address: tony.Address, Roster: tony.Roster, Incomplete: true}},
				Problems:  []Problem{{3, "tony@contoso.com: the mailbox came before: put both rosters into one entry"}},
			},
		},
		"an unknown field": {
			"[\n{\"mailbox\": \"a@b\", \"grops\": []},\n" + entry + "]",
			File{Mailboxes: []Mailbox{tony}, Problems: []Problem{{2, `column 20: unknown field "grops"`}}},
		},
		"a bad entry before a good one": {
			"[\n{\"mailbox\": \"Tony@contoso.com\", \"grops\": []},\n" + entry + "]",
			File{
				Mailboxes: []Mailbox{{Address: tony.Address, Roster: tony.Roster, Incomplete: true}},
				Problems:  []Problem{{2, `column 33: unknown field "grops"`}},
			},
		},
		"no mailbox": {
			"[\n{\"groups\": []},\n" + entry + "]",
			File{Mailboxes: []Mailbox{tony}, Problems: []Problem{{2, "no mailbox"}}, KeepAll: true},
		},
		"two groups of a name": {
			`{"mailbox": "a@b", "groups": [{"name": "X"}, {"name": "X"}]}`,
			File{Problems: []Problem{{1, `a@b: group "X": the name is listed twice`}}},
		},
		"broken in the middle": {
			"[" + entry + ",\n{,}]",
			File{
				Mailboxes: []Mailbox{tony}, KeepAll: true,
				Problems: []Problem{{3, "column 2: not JSON, and nothing after it can be read: invalid character ',' looking for beginning of object key string"}},
			},
		},
		"broken after many lines": {
			"[" + strings.Repeat("\n\n\n", 100) + entry + strings.Repeat("\n\n\n", 100) + ",\n{\n\n,}]",
			File{
				Mailboxes: []Mailbox{tony}, KeepAll: true,
				Problems: []Problem{{605, "column 1: not JSON, and nothing after it can be read: invalid character ',' looking for beginning of object key string"}},
			},
		},
		"a broken line": {
			entry + "\n{\"mailbox\" 5}\n{\"mailbox\": \"a@b\", \"groups\": [\n{\"mailbox\": \"olga@contoso.com\"}\n",
			File{
				Mailboxes: []Mailbox{tony, {Address: "olga@contoso.com"}}, KeepAll: true,
				Problems: []Problem{
					{3, "column 12: not JSON: invalid character '5' after object key"},
					{4, "column 1: not JSON: the end of this entry is missing"},
				}, Cut: "the end of this entry is missing",
			},
		},
		"ends too early": {
			"[" + entry + ",\n",
			File{
				Mailboxes: []Mailbox{tony}, KeepAll: true,
				Problems: []Problem{{3, "column 1: not JSON: the closing bracket is missing"}}, Cut: "the closing bracket is missing",
			},
		},
		"without closing brace": {
			"[" + entry,
			File{
				Mailboxes: []Mailbox{tony}, KeepAll: true,
				Problems: []Problem{{2, "column 77: not JSON: the closing bracket is missing"}}, Cut: "the closing bracket is missing",
			},
		},
		"more after the end": {
			"[" + entry + "]\n[" + entry + "]",
			File{
				Mailboxes: []Mailbox{tony}, KeepAll: true,
				Problems: []Problem{{3, "what follows the closing bracket is not read"}},
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Parse([]byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
