package rosterfile

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/imsync"
)

func group(name string, contacts ...imsync.Contact) imsync.Group {
	return imsync.Group{Name: name, Contacts: contacts}
}

func roster(groups ...imsync.Group) imsync.Roster { return imsync.Roster{Groups: groups} }

func TestParse_CSV(t *testing.T) {
	t.Parallel()
	anna := imsync.Contact{Address: "anna@contoso.com", DisplayName: "Anna Ek"}
	bert := imsync.Contact{Address: "sip:bert@contoso.com"}
	tests := map[string]struct {
		text string
		want File
	}{
		"no header": {
			"tony@contoso.com,Sales,anna@contoso.com,Anna Ek\ntony@contoso.com,Sales,sip:bert@contoso.com\n",
			File{Mailboxes: []Mailbox{{Address: "tony@contoso.com", Roster: roster(group("Sales", anna, bert))}}},
		},
		"header in another order, with an empty column": {
			"Group,Display Name,,Address,Mailbox\nSales,Anna Ek,,anna@contoso.com,tony@contoso.com\n",
			File{Mailboxes: []Mailbox{{Address: "tony@contoso.com", Roster: roster(group("Sales", anna))}}},
		},
		"semicolons, carriage returns": {
			"mailbox;group;address;display name\r\ntony@contoso.com;Sales;anna@contoso.com;Anna Ek\r\n",
			File{Mailboxes: []Mailbox{{Address: "tony@contoso.com", Roster: roster(group("Sales", anna))}}},
		},
		"spellings of mailbox and group": {
			"tony@contoso.com,Sales,anna@contoso.com,Anna Ek\nTony@Contoso.com,SALES,sip:bert@contoso.com,\n",
			File{Mailboxes: []Mailbox{{Address: "tony@contoso.com", Roster: roster(group("Sales", anna, bert))}}},
		},
		"a group without members": {
			"tony@contoso.com,Nobody yet\n",
			File{Mailboxes: []Mailbox{{Address: "tony@contoso.com", Roster: roster(group("Nobody yet"))}}},
		},
		"bad rows of one mailbox": {
			"tony@contoso.com,Sales,anna@contoso.com,Anna Ek\ntony@contoso.com,,bert@contoso.com\n" +
				"tony@contoso.com,Sales,,Bert\ntony@contoso.com,Sales,b@contoso.com,Berg, Bert\nolga@contoso.com,A\x01,\n",
			File{
				Mailboxes: []Mailbox{
					{Address: "tony@contoso.com", Roster: roster(group("Sales", anna)), Incomplete: true},
					{Address: "olga@contoso.com", Incomplete: true},
				},
				Problems: []Problem{
					{2, "tony@contoso.com: group 1 has no name"},
					{3, "tony@contoso.com: a display name without an address"},
					{4, "tony@contoso.com: more fields than the 4 columns: does a name with a comma lack its quotes?"},
					{5, `olga@contoso.com: group "A\x01": the name holds U+0001 at byte 1, which XML cannot carry`},
				},
			},
		},
		"bad rows of unknown mailboxes": {
			"tony,Sales,anna@contoso.com\n\n,Sales,a@b\n\"x\"y,Sales\ntony@contoso.com,Sales,anna@contoso.com,Anna Ek\n",
			File{
				Mailboxes: []Mailbox{{Address: "tony@contoso.com", Roster: roster(group("Sales", anna))}},
				Problems: []Problem{
					{1, `mailbox "tony" is no SMTP address`}, {3, "no mailbox"}, {4, errAfterQuote.Error()},
				},
				KeepAll: true,
			},
		},
		"a quote that is not closed": {
			"\ntony@contoso.com,Sales\ntony@contoso.com,Sales,\"bert@contoso.com\ntony@contoso.com,Sales,anna@contoso.com,Anna Ek\n" +
				"x,Sales\n\"olga@contoso.com\",\"Sales\"\ncarl@contoso.com,\"Sales\n",
			File{
				Mailboxes: []Mailbox{
					{Address: "tony@contoso.com", Roster: roster(group("Sales", anna))},
					{Address: "olga@contoso.com", Roster: roster(group("Sales"))},
				},
				Problems: []Problem{
					{3, errOpenQuote.Error()},
					{5, `mailbox "x" is no SMTP address`},
					{7, errOpenQuote.Error()},
				},
				KeepAll: true, Cut: "line 3: a quote is opened and not closed",
			},
		},
		"a row over two lines": {
			"tony@contoso.com,Sales,anna@contoso.com,\"Anna\nEk\"\ntony,Sales\n",
			File{
				Mailboxes: []Mailbox{{Address: "tony@contoso.com", Roster: roster(group("Sales",
					imsync.Contact{Address: "anna@contoso.com", DisplayName: "Anna\nEk"}))}},
				Problems: []Problem{{3, `mailbox "tony" is no SMTP address`}},
				KeepAll:  true,
			},
		},
		"empty rows of a spreadsheet": {
			"tony@contoso.com,Sales,anna@contoso.com,Anna Ek\n,,,\n ,\n",
			File{Mailboxes: []Mailbox{{Address: "tony@contoso.com", Roster: roster(group("Sales", anna))}}},
		},
		"a type, a separator, blank lines": {
			"#TYPE System.Management.Automation.PSCustomObject\r\n\"sep=;\"\r\n\r\n;;\r\n" +
				"\"Display name\";\"Group\";\"Mail\";\"Mailbox\"\r\nAnna Ek;Sales;anna@contoso.com;tony@contoso.com\r\n",
			File{Mailboxes: []Mailbox{{Address: "tony@contoso.com", Roster: roster(group("Sales", anna))}}},
		},
		"tabs": {
			"sep=\t\nMailbox\tGroup\tMail\tDisplayName\ntony@contoso.com\tSales\tanna@contoso.com\tAnna Ek\n",
			File{Mailboxes: []Mailbox{{Address: "tony@contoso.com", Roster: roster(group("Sales", anna))}}},
		},
		"CR alone": {
			"Mailbox,Group,Mail,DisplayName\rtony@contoso.com,Sales,anna@contoso.com,Anna Ek\rtony,Sales,a@b,\r",
			File{
				Mailboxes: []Mailbox{{Address: "tony@contoso.com", Roster: roster(group("Sales", anna))}},
				Problems:  []Problem{{3, `mailbox "tony" is no SMTP address`}}, KeepAll: true,
			},
		},
		"all columns": {
			"Mailbox,Group,Former name,Address,Display name,Telephone,Tel URI,SIP URI,Distribution group\n" +
				"tony@contoso.com,Sales,,anna@contoso.com,Anna Ek,,,,\n" +
				"tony@contoso.com,Sales,Selling,,,+1 23,tel:+123,sip:+123@contoso.com,\n" +
				"tony@contoso.com,,,,All of us,,,,all@contoso.com\ntony@contoso.com,,,,,,,,ALL@contoso.com\n",
			File{Mailboxes: []Mailbox{{Address: "tony@contoso.com", Roster: imsync.Roster{
				Groups: []imsync.Group{{
					Name: "Sales", FormerName: "Selling", Contacts: []imsync.Contact{anna},
					Telephones: []imsync.Telephone{{Number: "+1 23", TelURI: "tel:+123", SIPURI: "sip:+123@contoso.com"}},
				}},
				DistributionGroups: []imsync.DistributionGroup{{Address: "all@contoso.com", DisplayName: "All of us"}},
			}}}},
		},
		"columns that exclude each other": {
			"Mailbox,Group,Former name,Address,Display name,Telephone,SIP URI,Distribution group\n" +
				"tony@contoso.com,Sales,,anna@contoso.com,Anna Ek,,,\ntony@contoso.com,Sales,,a@b,,+1,,\n" +
				"tony@contoso.com,Sales,,,,,,all@contoso.com\ntony@contoso.com,Sales,,,,,sip:a@b,\n" +
				"tony@contoso.com,Sales,Old,,,,,\ntony@contoso.com,Sales,Older,,,,,\n",
			File{
				Mailboxes: []Mailbox{{Address: "tony@contoso.com", Incomplete: true, Roster: imsync.Roster{
					Groups: []imsync.Group{{Name: "Sales", FormerName: "Old", Contacts: []imsync.Contact{anna}}},
				}}},
				Problems: []Problem{
					{3, "tony@contoso.com: more than one of address, telephone and distribution group: each needs a row"},
					{4, "tony@contoso.com: a distribution group is an entry of its list, not of a group: leave the group empty"},
					{5, "tony@contoso.com: a URI of a telephone without its number"},
					{7, `tony@contoso.com: group "Sales" has the former name "Old" in a row above, and "Older" here`},
				},
			},
		},
		"rows that contradict each other": {
			"Mailbox,Group,Telephone,SIP URI\na@b,X,+1,sip:x@y\na@b,Y,+1,sip:z@y\nc@d,X,,\n",
			File{
				Mailboxes: []Mailbox{{Address: "c@d", Roster: roster(group("X"))}},
				Problems:  []Problem{{3, `a@b: group "Y": telephone "+1": the same number has other URIs elsewhere`}},
			},
		},
		"another encoding": {
			"tony@contoso.com,Sales,anna@contoso.com,Anna Ek\ntony@contoso.com,J\xF6rg,,\n",
			File{
				Mailboxes: []Mailbox{{Address: "tony@contoso.com", Incomplete: true, Roster: roster(group("Sales", anna))}},
				Problems: []Problem{{2, `tony@contoso.com: group "J\xf6rg": the name is not valid UTF-8` +
					" (the file is in another encoding: save it as CSV UTF-8)"}},
			},
		},
		"empty": {"", File{}},
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
