package ldappeers_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// baseDN is the part of the directory that is made up here.
const baseDN = "OU=Company,DC=corp,DC=test"

// entry is one of the directory. A group's members are apart from the rest: some servers take them
// only when all of them are there, and one of a cycle never is.
type entry struct {
	dn         string
	attributes [][2]string
	members    []string
}

// company makes up a directory: people, teams of 12, divisions of 4 teams, areas of 4 divisions,
// and further groups of every kind that a look-up has to cope with. The same number of people
// always makes the same directory.
type company struct {
	random  *rand.Rand
	entries []entry
	people  []string // DNs
	teams   []string // account names
	areas   []string
	big     int // direct members of the group big: more than a range has, where there are so many people
}

const (
	teamSize = 12
	fanOut   = 4 // groups of a group
)

func newCompany(people int) *company {
	c := &company{random: rand.New(rand.NewPCG(20, uint64(people))), big: max(people/2, min(people, 1600))}
	for _, dn := range []string{baseDN, "OU=People," + baseDN, `OU=Finance\, Legal,` + baseDN, "OU=Groups," + baseDN} {
		c.entries = append(c.entries, entry{dn: dn, attributes: [][2]string{{"objectClass", "organizationalUnit"}}})
	}
	for i := range people {
		c.addPerson(i)
	}
	c.addGroups()
	return c
}

var (
	givenNames = []string{"Anna", "Jörg", "Zoë", "Bert", "Åsa", "Olga", "Tony", "李", "María José", "Seán"}
	surnames   = []string{"Ek", "Müller", "O'Brien", "Smith", "Ångström", "Nuñez", "Berg", "山田", "van der Berg", "Łukasz"}
)

// commonName returns one of the kinds of names that need care in a DN or in a filter.
func commonName(i int) string {
	given, surname := givenNames[i%len(givenNames)], surnames[i/7%len(surnames)]
	switch i % 9 {
	case 0:
		return fmt.Sprintf("%s, %s %d", surname, given, i)
	case 1:
		return fmt.Sprintf(`%s "Nick" %s %d`, given, surname, i)
	case 2:
		return fmt.Sprintf(`AC\DC %s %d`, surname, i)
	case 3:
		return fmt.Sprintf("#%s %d", surname, i)
	case 4:
		return fmt.Sprintf("%s %s (Ops) *%d", given, surname, i)
	case 5:
		return fmt.Sprintf("%s+%s <%d>; a=b", given, surname, i)
	}
	return fmt.Sprintf("%s %s %d", given, surname, i)
}

// escapeRDN writes a value as RFC 4514 wants it, a comma in either of the two ways.
func escapeRDN(value string, hex bool) string {
	var b strings.Builder
	for i, r := range value {
		switch {
		case r == ',' && hex:
			b.WriteString(`\2C`)
		case strings.ContainsRune(`,+"\<>;=`, r), r == '#' && i == 0:
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// addPerson adds the user, or where i says so the contact, number i.
func (c *company) addPerson(i int) {
	account := fmt.Sprintf("u%05d", i)
	cn := commonName(i)
	where := "OU=People,"
	if i%5 == 0 {
		where = `OU=Finance\, Legal,`
	}
	e := entry{dn: "CN=" + escapeRDN(cn, i%2 == 0) + "," + where + baseDN}
	add := func(name, value string) { e.attributes = append(e.attributes, [2]string{name, value}) }
	contact := i%67 == 11 // of a partner, without a mailbox here
	for _, class := range []string{"top", "person", "organizationalPerson"} {
		add("objectClass", class)
	}
	if contact {
		add("objectClass", "contact")
	} else {
		add("objectClass", "user")
		add("sAMAccountName", account)
		add("userPrincipalName", account+"@corp.test")
		control := "544" // a normal account without a password
		if i%41 == 7 {
			control = "546"
		}
		add("userAccountControl", control)
	}
	add("cn", cn)
	add("sn", surnames[i/7%len(surnames)])
	switch {
	case i == 1000 || i == 1001: // they have one SIP address
		add("displayName", "The Twins")
	case i%13 != 5:
		add("displayName", strings.TrimLeft(cn, "#"))
	}
	if i%61 == 3 {
		add("msExchHideFromAddressLists", "TRUE")
	}
	c.addAddresses(i, add)
	c.entries = append(c.entries, e)
	c.people = append(c.people, e.dn)
}

// addAddresses adds the addresses of person i. For some, SIP and SMTP are the same; some have no
// SIP address, some no mailbox; and two pairs of people share an address.
func (c *company) addAddresses(i int, add func(name, value string)) {
	mail := fmt.Sprintf("u%05d@corp.test", i)
	sip := fmt.Sprintf("first.last.%d@sip.corp.test", i)
	switch {
	case i%3 == 0:
		sip = mail
	case i == 1001:
		sip = "first.last.1000@sip.corp.test" // that of 1000
	case i == 1502:
		mail = "u01501@corp.test" // that of 1501
	}
	if i%211 != 17 {
		add("mail", mail)
		add("proxyAddresses", "SMTP:"+mail)
	}
	add("proxyAddresses", fmt.Sprintf("smtp:alias%d@corp.test", i))
	if i%53 == 19 {
		return
	}
	if i%4 != 1 {
		add("msRTCSIP-PrimaryUserAddress", "sip:"+sip)
	}
	switch i % 4 {
	case 1:
		add("proxyAddresses", "SIP:"+sip)
	case 2: // the primary address counts
		add("proxyAddresses", fmt.Sprintf("sip:old%d@sip.corp.test", i))
	}
}

// addGroups adds the groups, those without groups in them first.
func (c *company) addGroups() {
	order := c.random.Perm(len(c.people))
	dns := func(indexes []int) []string {
		out := make([]string, len(indexes))
		for k, i := range indexes {
			out[k] = c.people[i]
		}
		return out
	}
	var groups []string
	for n := 0; len(order) >= teamSize; n++ {
		groups = append(groups, c.addGroup(fmt.Sprintf("team-%03d", n), dns(order[:teamSize])))
		c.teams = append(c.teams, fmt.Sprintf("team-%03d", n))
		order = order[teamSize:]
	}
	for _, kind := range []string{"division", "area"} {
		var above []string
		for n := 0; n*fanOut < len(groups); n++ {
			name := fmt.Sprintf("%s-%02d", kind, n)
			members := groups[n*fanOut : min((n+1)*fanOut, len(groups))]
			extra := c.random.IntN(len(c.people)) // a person in two parts of the tree
			above = append(above, c.addGroup(name, append([]string{c.people[extra]}, members...)))
			if kind == "area" {
				c.areas = append(c.areas, name)
			}
		}
		groups = above
	}
	c.addGroup("company", groups)
	c.addGroup("everyone, twice", append(groups[:1:1], groupDN("company")))
	c.addGroup("big", c.people[:c.big])
	c.addGroup("lost", dns([]int{40, 42}))
	c.addGroup("board", dns([]int{2}))
	c.addGroup("assistants", dns([]int{8}))
	c.addGroup("nothing", nil)
	c.addGroup("ring-a", append(dns([]int{20, 21, 22}), groupDN("ring-b")))
	c.addGroup("ring-b", append(dns([]int{22, 23, 24}), groupDN("ring-c")))
	c.addGroup("ring-c", append(dns([]int{25, 26}), groupDN("ring-a")))
	c.addGroup("itself", append(dns([]int{30, 31}), groupDN("itself")))
}

func groupDN(name string) string { return "CN=" + escapeRDN(name, true) + ",OU=Groups," + baseDN }

// addGroup adds a group and returns its DN.
func (c *company) addGroup(name string, members []string) string {
	c.entries = append(c.entries, entry{dn: groupDN(name), members: members, attributes: [][2]string{
		{"objectClass", "group"},
		{"cn", name},
		{"sAMAccountName", strings.ReplaceAll(name, ",", "")},
		{"groupType", "-2147483640"},
		{"displayName", "The " + name + " (Groups) *"},
		{"mail", strings.ReplaceAll(name, ", ", ".") + "@groups.corp.test"},
	}})
	return groupDN(name)
}

// writeEntries writes whole entries, for a server that stores the attribute memberOf unchecked.
func writeEntries(w io.Writer, entries []entry) {
	memberOf := map[string][]string{}
	for _, e := range entries {
		for _, m := range e.members {
			memberOf[m] = append(memberOf[m], e.dn)
		}
	}
	for _, e := range entries {
		writeEntry(w, e)
		writeLines(w, "member", e.members)
		writeLines(w, "memberOf", memberOf[e.dn])
		fmt.Fprintln(w)
	}
}

// writeChanges writes entries, and then the changes that add the members of groups, for a server that
// takes only existing entries as members.
func writeChanges(w io.Writer, entries []entry) {
	for _, e := range entries {
		writeEntry(w, e)
		fmt.Fprintln(w)
	}
	for _, e := range entries {
		if len(e.members) > 0 {
			writeLine(w, "dn", e.dn)
			fmt.Fprintln(w, "changetype: modify\nadd: member")
			writeLines(w, "member", e.members)
			fmt.Fprintln(w)
		}
	}
}

func writeEntry(w io.Writer, e entry) {
	writeLine(w, "dn", e.dn)
	for _, a := range e.attributes {
		writeLine(w, a[0], a[1])
	}
}

func writeLines(w io.Writer, name string, values []string) {
	for _, v := range values {
		writeLine(w, name, v)
	}
}

// writeLine writes an attribute, in base64 where the text may not stand as it is.
func writeLine(w io.Writer, name, value string) {
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) || strings.HasPrefix(value, "<") {
		fmt.Fprintf(w, "%s:: %s\n", name, base64.StdEncoding.EncodeToString([]byte(value)))
		return
	}
	fmt.Fprintf(w, "%s: %s\n", name, value)
}

// TestCompany_Same holds that the directory is the same each time, and has the people and groups that
// make a look-up hard.
func TestCompany_Same(t *testing.T) {
	t.Parallel()
	var first, second strings.Builder
	c := newCompany(2000)
	writeChanges(&first, c.entries)
	writeChanges(&second, newCompany(2000).entries)
	if first.String() != second.String() {
		t.Error("the second directory differs from the first")
	}
	names := map[string]bool{}
	for _, e := range c.entries {
		if names[strings.ToLower(e.dn)] {
			t.Errorf("two entries have the DN %s", e.dn)
		}
		names[strings.ToLower(e.dn)] = true
	}
	if len(c.people) != 2000 || len(c.teams) != 2000/teamSize || c.big != 1600 {
		t.Errorf("%d people, %d teams, %d in the group big", len(c.people), len(c.teams), c.big)
	}
}
