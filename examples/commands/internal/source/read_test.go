package source_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/examples/commands/internal/source"
)

// fixed is a directory of these groups. A name that it lacks is a look-up that fails.
type fixed map[string]*source.Group

func (f fixed) Group(_ context.Context, name string) (*source.Group, error) {
	if g, ok := f[name]; ok {
		return g, nil
	}
	return nil, errors.New("connection lost")
}

func someone(name string, edit ...func(*source.Person)) source.Person {
	p := source.Person{ID: name, Label: "CN=" + name, Mailbox: name + "@c.com", Address: "sip:" + name + "@sip.c.com"}
	for _, f := range edit {
		f(&p)
	}
	return p
}

func members(name string, people ...source.Person) *source.Group {
	return &source.Group{Name: name, Members: people}
}

// read returns what rules make of a directory: the lists, a line each, then problems and notes.
func read(t *testing.T, d fixed, rules string, more ...string) []string {
	t.Helper()
	text := strings.Replace(smallConfig, `[{"group": "Sales"}]`, "[\n"+rules+"]"+strings.Join(more, ""), 1)
	c, err := source.ParseConfig([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	lists, err := source.Read(t.Context(), c, d)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, m := range lists.Mailboxes {
		line := m.Address + ":"
		for _, g := range m.Roster.Groups {
			line += fmt.Sprintf(" %s%s", g.Name, addresses(g))
		}
		if m.Incomplete {
			line += " incomplete"
		}
		lines = append(lines, strings.ReplaceAll(line, ".c.com", ""))
	}
	if lists.KeepAll {
		lines = append(lines, "keep all")
	}
	for _, p := range lists.Problems {
		lines = append(lines, p.String())
	}
	for _, p := range lists.Notes {
		lines = append(lines, "note: "+p.String())
	}
	return lines
}

func addresses(g imsync.Group) []string {
	all := []string{}
	for _, c := range g.Contacts {
		all = append(all, c.Address)
	}
	for _, t := range g.Telephones {
		all = append(all, t.Number)
	}
	return all
}

func TestRead(t *testing.T) {
	t.Parallel()
	without := func(p *source.Person) { p.Address = "" }
	external := func(p *source.Person) { p.External = true }
	anna, bert, carl := someone("anna"), someone("bert"), someone("carl")
	d := fixed{
		"ab": members("AB", anna, bert), "bc": members("BC", bert, carl), "c": members("C", carl),
		"half":   members("Half", anna, someone("bert", without)),
		"unread": {Name: "Unread", Members: []source.Person{anna, bert}, Unread: []string{"CN=x"}},
		"none":   {Name: "None", Empty: []string{"CN=None"}},
		"nested": {Name: "Nested", Members: []source.Person{anna, bert}, Empty: []string{"CN=None"}},
		"cycle":  {Name: "Cycle", Members: []source.Person{anna}, Cycles: [][]string{{"CN=a", "CN=b", "CN=a"}}},
		"mute":   members("Mute", someone("anna", without)),
		"ext":    members("Ext", anna, someone("ext", external)),
		"hidden": members("Hidden", anna, someone("bert", func(p *source.Person) { p.Hidden = true })),
		"phone":  members("Phone", anna, someone("bert", without, func(p *source.Person) { p.Telephone = imsync.Telephone{Number: "+46 1", SIPURI: "sip:+461@c.com"} })),
		"same":   members("Same", anna, someone("bert", func(p *source.Person) { p.Address = "ANNA@sip.c.com" })),
		"twice":  members("Twice", anna, someone("bert", func(p *source.Person) { p.Mailbox = "Anna@c.com" }), carl),
		"unmail": members("Unmail", anna, someone("bert", func(p *source.Person) { p.Mailbox = "" })),
		"odd":    members("Odd", anna, someone("bert", func(p *source.Person) { p.Address = "no address" })),
		"odder":  members("Odder", anna, someone("bert", func(p *source.Person) { p.Mailbox = "bert" })),
	}
	many := members("Many")
	for i := range 1001 {
		many.Members = append(many.Members, someone(fmt.Sprint(i)))
	}
	d["many"] = many
	const lost = "failed: connection lost"
	for name, tc := range map[string]struct {
		rules, more string
		want        []string
	}{
		"members":          {`{"group": "ab"}`, "", []string{"anna@c.com: AB[bert@sip]", "bert@c.com: AB[anna@sip]"}},
		"self":             {`{"group": "c"}`, `, "includeSelf": true`, []string{"carl@c.com: C[carl@sip]"}},
		"alone":            {`{"group": "c"}`, "", []string{"carl@c.com: C[]"}},
		"to members":       {`{"group": "c", "to": "members"}`, "", []string{"carl@c.com: C[]"}},
		"to others":        {`{"group": "ab", "to": ["c", "bc"]}`, "", []string{"bert@c.com: AB[anna@sip]", "carl@c.com: AB[anna@sip bert@sip]"}},
		"two rules":        {`{"group": "ab"}, {"group": "bc", "name": " Other "}`, "", []string{"anna@c.com: AB[bert@sip]", "bert@c.com: AB[anna@sip] Other[carl@sip]", "carl@c.com: Other[bert@sip]"}},
		"one name":         {`{"group": "ab", "name": "X"}, {"group": "c", "name": "x", "to": ["ab"]}`, "", []string{"anna@c.com: X[bert@sip carl@sip]", "bert@c.com: X[anna@sip carl@sip]"}},
		"lost":             {`{"group": "ab"}, {"group": "?"}`, "", []string{"anna@c.com: AB[bert@sip]", "bert@c.com: AB[anna@sip]", "keep all", "line 3: the look-up of group ? " + lost + "; it may be about any list, so nothing is removed from any"}},
		"lost contacts":    {`{"group": "bc"}, {"group": "?", "to": ["ab"]}`, "", []string{"carl@c.com: BC[bert@sip]", "line 3: the look-up of group ? " + lost + "; lists that are left as they are: 2, of anna@c.com, bert@c.com"}},
		"lost owners":      {`{"group": "bc", "to": ["?", "ab"]}`, "", []string{"anna@c.com: BC[bert@sip carl@sip]", "bert@c.com: BC[carl@sip]", "keep all", "line 3: the look-up of group ? " + lost}},
		"no SIP":           {`{"group": "half"}`, "", []string{"anna@c.com: Half[] incomplete", "bert@c.com: Half[anna@sip] incomplete", "line 3: CN=bert: has no SIP address"}},
		"no SIP, ignored":  {`{"group": "half"}`, `, "ignoreWithoutAddress": true`, []string{"anna@c.com: Half[]", "bert@c.com: Half[anna@sip]"}},
		"no SIP at all":    {`{"group": "mute"}`, `, "ignoreWithoutAddress": true`, []string{`line 3: the look-up of group mute failed: it has no member who can be a contact; if that is right: "allowEmpty": true in this rule; lists that are left as they are: 1, of anna@c.com`}},
		"no SIP, as it is": {`{"group": "mute", "allowEmpty": true}`, `, "ignoreWithoutAddress": true`, []string{"anna@c.com: Mute[]"}},
		"telephone":        {`{"group": "phone"}`, "", []string{"anna@c.com: Phone[+46 1]", "bert@c.com: Phone[anna@sip]"}},
		"not shown":        {`{"group": "unread", "to": ["c"]}, {"group": "unread", "name": "B", "to": ["c"]}`, "", []string{"carl@c.com: Unread[anna@sip bert@sip] B[anna@sip bert@sip] incomplete", "line 3: CN=x: the directory names this member of Unread and does not show it"}},
		"empty":            {`{"group": "none"}`, "", []string{"keep all", `line 3: the look-up of group none failed: the directory shows no member of CN=None; if it has none: "allowEmpty": true in this rule; it may be about any list, so nothing is removed from any`}},
		"empty, to others": {`{"group": "none", "to": ["c"]}`, "", []string{`line 3: the look-up of group none failed: the directory shows no member of CN=None; if it has none: "allowEmpty": true in this rule; lists that are left as they are: 1, of carl@c.com`}},
		"empty owners":     {`{"group": "c", "to": ["none"]}`, "", []string{"keep all", `line 3: the look-up of group none failed: the directory shows no member of CN=None; if it has none: "allowEmpty": true in this rule`}},
		"empty, as it is":  {`{"group": "none", "to": ["c"], "allowEmpty": true}`, "", []string{"carl@c.com: None[]"}},
		"empty within":     {`{"group": "nested"}`, "", []string{"keep all", `line 3: the look-up of group nested failed: the directory shows no member of CN=None; if it has none: "allowEmpty": true in this rule; it may be about any list, so nothing is removed from any`}},
		"cycle":            {`{"group": "cycle", "to": ["c", "cycle"]}`, "", []string{"anna@c.com: Cycle[]", "carl@c.com: Cycle[anna@sip]", "note: line 3: groups contain each other: CN=a > CN=b > CN=a"}},
		"external":         {`{"group": "ext"}`, "", []string{"anna@c.com: Ext[ext@sip]"}},
		"hidden":           {`{"group": "hidden"}`, "", []string{"anna@c.com: Hidden[]", "bert@c.com: Hidden[anna@sip]"}},
		"one address":      {`{"group": "same", "to": ["c"]}`, "", []string{"carl@c.com: Same[anna@sip]", "line 3: CN=anna and CN=bert have the same SIP address, anna@sip.c.com"}},
		"one mailbox":      {`{"group": "twice"}, {"group": "ab"}`, "", []string{"bert@c.com: AB[anna@sip]", "carl@c.com: Twice[anna@sip bert@sip]", "line 3: Anna@c.com: two people have this mailbox, CN=anna and CN=bert: its list is left as it is"}},
		"no mailbox":       {`{"group": "unmail"}`, "", []string{"anna@c.com: Unmail[bert@sip]", "line 3: CN=bert has no list: no mailbox"}},
		"odd address":      {`{"group": "odd"}`, "", []string{"anna@c.com: Odd[] incomplete", "bert@c.com: Odd[anna@sip] incomplete", `line 3: CN=bert: group "Odd": contact "no address": this is no address, for it has no @`}},
		"odd mailbox":      {`{"group": "odder"}`, "", []string{"anna@c.com: Odder[bert@sip]", `line 3: CN=bert has no list: mailbox "bert" is no SMTP address`}},
		"too many":         {`{"group": "many", "to": ["c"]}`, "", []string{"line 3: the look-up of group many failed: it has 1001 contacts, and Exchange allows 1000 in a group of a list; lists that are left as they are: 1, of carl@c.com"}},
		"many owners":      {`{"group": "?", "to": ["many"]}`, "", []string{"line 3: the look-up of group ? failed: connection lost; lists that are left as they are: 1001, of 0@c.com, 1@c.com, 2@c.com, 3@c.com, 4@c.com, and 996 more"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, read(t, d, tc.rules, tc.more)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRead_Interrupted(t *testing.T) {
	t.Parallel()
	c, err := source.ParseConfig([]byte(smallConfig))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if lists, err := source.Read(ctx, c, fixed{}); lists != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v, want that it was canceled", lists, err)
	}
}
