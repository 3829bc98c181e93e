package source_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/examples/commands/internal/source"
	"github.com/go-ews/exchange/examples/commands/internal/source/ldaptest"
)

var (
	person = ldaptest.Person
	group  = ldaptest.Group
)

func start(t testing.TB, options ldaptest.Options, entries ...ldaptest.Entry) *ldaptest.Server {
	t.Helper()
	s, err := ldaptest.Start(options, entries...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// config returns a configuration for the server that trusts it.
func config(t testing.TB, s *ldaptest.Server, edit ...func(*source.LDAPConfig)) *source.LDAPConfig {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, s.CA, 0o600); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`{"ldap": {"server": %q, "baseDN": %q, "ca": %q, "bind": {"user": "svc-im@contoso.com"}},
		"rules": [{"group": "x"}]}`, s.URL, ldaptest.Base, ca)
	c, err := source.ParseConfig([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range edit {
		f(c.LDAP)
	}
	return c.LDAP
}

func right() (string, error) { return ldaptest.Password, nil }

func open(t testing.TB, c *source.LDAPConfig) *source.LDAP {
	t.Helper()
	l, err := source.OpenLDAP(t.Context(), c, right)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// serve returns a directory of these entries.
func serve(t testing.TB, entries ...ldaptest.Entry) *source.LDAP {
	t.Helper()
	return open(t, config(t, start(t, ldaptest.Options{}, entries...)))
}

func mustGroup(t testing.TB, l *source.LDAP, name string) *source.Group {
	t.Helper()
	g, err := l.Group(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// mailboxes returns the mailboxes of the members, in order.
func mailboxes(g *source.Group) (names []string) {
	for _, m := range g.Members {
		names = append(names, strings.TrimSuffix(m.Mailbox, "@contoso.com"))
	}
	slices.Sort(names)
	return names
}

// many returns n people, and their names.
func many(n int) (people []ldaptest.Entry, names []string) {
	for i := range n {
		name := fmt.Sprintf("p%05d", i)
		people, names = append(people, person(name)), append(names, name)
	}
	return people, names
}

func TestLDAP_Nested(t *testing.T) {
	t.Parallel()
	l := serve(
		t, person("anna"), person("bert"), person("carl"),
		group("all", "anna", ldaptest.GroupDN("one"), ldaptest.GroupDN("two"), "CN=gone,"+ldaptest.Base),
		group("one", "bert", "anna", ldaptest.GroupDN("deep"), ldaptest.GroupDN("none")),
		group("two", ldaptest.GroupDN("deep")), // the same group again is no cycle
		group("deep", "carl", ldaptest.GroupDN("one"), ldaptest.GroupDN("all")),
		group("none"),
	)
	for _, name := range []string{"all", "ALL@contoso.com", strings.ToUpper(ldaptest.GroupDN("all")), "cn=all, ou=Groups,dc=contoso,dc=com"} {
		g := mustGroup(t, l, name)
		if diff := cmp.Diff([]string{"anna", "bert", "carl"}, mailboxes(g)); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", name, diff)
		}
		g.Members = nil
		want := &source.Group{
			Name: "The all", Empty: []string{ldaptest.GroupDN("none")}, Unread: []string{"CN=gone," + ldaptest.Base},
			Cycles: [][]string{
				{ldaptest.GroupDN("one"), ldaptest.GroupDN("deep"), ldaptest.GroupDN("one")},
				{ldaptest.GroupDN("all"), ldaptest.GroupDN("one"), ldaptest.GroupDN("deep"), ldaptest.GroupDN("all")},
			},
		}
		if diff := cmp.Diff(want, g); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", name, diff)
		}
	}
}

// TestLDAP_ManyCycles holds that groups that all contain each other end in few notes.
func TestLDAP_ManyCycles(t *testing.T) {
	t.Parallel()
	var all []string
	for i := range 20 {
		all = append(all, ldaptest.GroupDN(fmt.Sprint("g", i)))
	}
	entries := []ldaptest.Entry{person("anna")}
	for i := range all {
		entries = append(entries, group(fmt.Sprint("g", i), append([]string{"anna"}, all...)...))
	}
	g := mustGroup(t, serve(t, entries...), "g0")
	if len(g.Members) != 1 || len(g.Cycles) != 100 {
		t.Errorf("%d members, %d cycles", len(g.Members), len(g.Cycles))
	}
}

// TestLDAP_Large reads members in ranges, and entries in pages where the directory knows memberOf.
func TestLDAP_Large(t *testing.T) {
	t.Parallel()
	people, names := many(1234)
	for name, memberOf := range map[string]bool{"one by one": false, "pages": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, ldaptest.Options{MaxValues: 150, MaxPage: 100, MemberOf: memberOf},
				append(slices.Clip(people), group("all", names...))...)
			l := open(t, config(t, s))
			if diff := cmp.Diff(names, mailboxes(mustGroup(t, l, "all"))); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
			ranges, pages, before := 0, 0, len(s.Requests())
			for _, r := range s.Requests() {
				if strings.HasPrefix(strings.Join(r.Attributes, " "), "member;range=") {
					ranges++
				}
				if r.Page > 0 {
					pages++
				}
			}
			if ranges != 8 || memberOf && (pages != 12 || before > 30) {
				t.Errorf("%d ranges, %d further pages, %d requests in all", ranges, pages, before)
			}
			mustGroup(t, l, ldaptest.GroupDN("all"))
			if n := len(s.Requests()) - before; n != 0 {
				t.Errorf("%d requests for what was read before", n)
			}
		})
	}
}

// TestLDAP_Names holds that DNs with every special character are read as they stand.
func TestLDAP_Names(t *testing.T) {
	t.Parallel()
	s := start(t, ldaptest.Options{MemberOf: true})
	for i, rdn := range []string{
		`Berg\, Bert`, `O\"Neill \"Jim\"`, `back\\slash`, `Jörg`, `a\+b`, `\#hash`, `less\<more\>`, `star*(paren)`, `\ blank\ `, `sl/ash`, `\C3\96sten`,
	} {
		who := person("x")
		who.DN = "CN=" + rdn + ",OU=People," + ldaptest.Base
		team := group("team", who.DN)
		team.DN = "CN=team " + rdn + ",OU=Groups," + ldaptest.Base
		s.SetEntries(who, team)
		l := open(t, config(t, s))
		for _, name := range []string{"team", team.DN} {
			if g := mustGroup(t, l, name); len(g.Members) != 1 || len(g.Unread) != 0 {
				t.Errorf("%d: %s, as %s: %d members, not shown: %q", i, rdn, name, len(g.Members), g.Unread)
			}
		}
	}
}

func TestLDAP_Attributes(t *testing.T) {
	t.Parallel()
	sip := "msRTCSIP-PrimaryUserAddress"
	entries := []ldaptest.Entry{
		person("plain"),
		person("proxy").With(sip, "", "proxyAddresses", "SMTP:proxy@contoso.com|smtp:p@contoso.com|SIP:proxy@sip.contoso.com"),
		person("both").With("proxyAddresses", "sip:other@sip.contoso.com"),
		person("smtp only").With(sip, "", "proxyAddresses", "SMTP:x@contoso.com"),
		person("phone").With(sip, "", "telephoneNumber", "+46 (8) 123-45"),
		person("disabled").With("userAccountControl", "514"),
		person("hidden").With("msExchHideFromAddressLists", "TRUE"),
		person("contact").With("objectClass", "top|person|organizationalPerson|contact"),
		person("computer").With("objectClass", "top|person|organizationalPerson|user|computer"),
		person("unnamed").With("displayName", ""),
	}
	var dns []string
	for _, e := range entries {
		dns = append(dns, e.DN)
	}
	s := start(t, ldaptest.Options{}, append(entries, group("all", dns...))...)
	show := func(edit func(*source.LDAPConfig)) (lines []string) {
		for _, p := range mustGroup(t, open(t, config(t, s, edit)), "all").Members {
			line := fmt.Sprintf("%s|%s|%s|%s", p.Mailbox, p.Address, p.Name, p.Telephone.SIPURI)
			if p.External {
				line += " external"
			}
			if p.Hidden {
				line += " hidden"
			}
			lines = append(lines, strings.ReplaceAll(line, "contoso.com", "c"))
		}
		return lines
	}
	want := []string{
		"plain@c|plain@sip.c|Name of plain|", "proxy@c|proxy@sip.c|Name of proxy|", "both@c|both@sip.c|Name of both|",
		"smtp only@c||Name of smtp only|", "phone@c||Name of phone|", "hidden@c|hidden@sip.c|Name of hidden| hidden",
		"contact@c|contact@sip.c|Name of contact| external", "computer@c|computer@sip.c|Name of computer| external",
		"unnamed@c|unnamed@sip.c|unnamed|",
	}
	if diff := cmp.Diff(want, show(func(*source.LDAPConfig) {})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got := strings.Join(show(func(c *source.LDAPConfig) {
		c.IncludeDisabled, c.IncludeHidden = true, true
		c.Attributes.SIP = []string{"proxyAddresses"}
		c.Attributes.Telephone, c.Attributes.TelephoneDomain = "telephoneNumber", "contoso.com"
	}), "\n")
	for _, line := range []string{
		"both@c|other@sip.c|", "phone@c||Name of phone|sip:+46812345@c;user=phone", "disabled@c|", "hidden@c||Name of hidden|\n",
	} {
		if !strings.Contains(got, line) {
			t.Errorf("no %q in\n%s", line, got)
		}
	}
}

// TestLDAP_Fails holds that no look-up is shortened by a server that returns less than all.
func TestLDAP_Fails(t *testing.T) {
	t.Parallel()
	people, names := many(40)
	entries := slices.Concat(people, []ldaptest.Entry{
		group("all", names...), group("named", "p00000"), group("named", "p00001").With("mail", "other@contoso.com"),
		group("dynamic").With("objectClass", "top|msExchDynamicDistributionList"),
		group("secret", "p00000").With("hideDLMembership", "TRUE"),
		group("outer", ldaptest.GroupDN("secret")),
	})
	at := func(f ldaptest.Fault, which func(ldaptest.Request) bool) func(ldaptest.Request) *ldaptest.Fault {
		return func(r ldaptest.Request) *ldaptest.Fault {
			if r.Op == "search" && which(r) {
				return &f
			}
			return nil
		}
	}
	thirdPage := func(r ldaptest.Request) bool { return r.Page == 2 }
	secondRange := func(r ldaptest.Request) bool { return strings.HasPrefix(r.Attributes[0], "member;range=15") }
	byDN := func(r ldaptest.Request) bool { return strings.HasPrefix(r.Base, "CN=p00033") }
	onePerson := ldaptest.Options{MaxValues: 15}
	for name, tc := range map[string]struct {
		options ldaptest.Options
		group   string
		want    string
	}{
		"limit in pages":      {ldaptest.Options{MemberOf: true, MaxPage: 10, SizeLimit: 25}, "all", "Size Limit Exceeded"},
		"limit of the search": {ldaptest.Options{Fault: at(ldaptest.Fault{Code: 4}, func(r ldaptest.Request) bool { return r.Base == ldaptest.Base })}, "all", "limits for this account"},
		"lost between pages":  {ldaptest.Options{MemberOf: true, MaxPage: 10, Fault: at(ldaptest.Fault{Drop: true}, thirdPage)}, "all", "EOF"},
		"busy between pages":  {ldaptest.Options{MemberOf: true, MaxPage: 10, Fault: at(ldaptest.Fault{Code: 51, Words: "later"}, thirdPage)}, "all", "later"},
		"referral in a page":  {ldaptest.Options{MemberOf: true, MaxPage: 10, Fault: at(ldaptest.Fault{Refer: "ldap://b.contoso.com/DC=b"}, thirdPage)}, "all", "ldap://b.contoso.com/DC=b: it may be in another domain"},
		"lost between ranges": {ldaptest.Options{MaxValues: 15, Fault: at(ldaptest.Fault{Drop: true}, secondRange)}, "all", "EOF"},
		"gone between ranges": {ldaptest.Options{MaxValues: 15, Fault: at(ldaptest.Fault{Code: 32}, secondRange)}, "all", "in the middle of its members"},
		"referral of a member": {
			ldaptest.Options{Fault: at(ldaptest.Fault{Code: ldap.LDAPResultReferral, Words: "ref 1: 'b.contoso.com'"}, byDN)},
			"all",
			"member CN=p00033,OU=People,DC=contoso,DC=com: ldap://127.0.0.1:PORT: reading CN=p00033,OU=People,DC=contoso,DC=com: LDAP Result Code 10",
		},
		"time limit at a member": {ldaptest.Options{Fault: at(ldaptest.Fault{Code: 3}, byDN)}, "all", "Time Limit"},
		"lost at a member":       {ldaptest.Options{Fault: at(ldaptest.Fault{Drop: true}, byDN)}, "all", "member CN=p00033"},
		"unknown":                {onePerson, "unheard", "no group under DC=contoso,DC=com has this mail address or account name"},
		"unknown DN":             {onePerson, ldaptest.GroupDN("unheard"), "there is no such entry"},
		"a person":               {onePerson, people[0].DN, "it is no group"},
		"two":                    {onePerson, "named", "2 groups have this name"},
		"wildcard":               {onePerson, "*", "no group under"},
		"dynamic":                {onePerson, "dynamic", "is a dynamic group"},
		"hidden members":         {onePerson, "outer", "the members of CN=secret,OU=Groups,DC=contoso,DC=com are hidden"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, tc.options, entries...)
			l := open(t, config(t, s))
			g, err := l.Group(t.Context(), tc.group)
			want := strings.ReplaceAll(tc.want, "ldap://127.0.0.1:PORT", s.URL)
			if g != nil || err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, %v, want %q", g, err, want)
			}
		})
	}
}

// TestLDAP_Reconnects holds that one connection that is lost costs one look-up, and that a server that is
// down is not tried for each.
func TestLDAP_Reconnects(t *testing.T) {
	t.Parallel()
	var dropped atomic.Bool
	s := start(t, ldaptest.Options{Fault: func(r ldaptest.Request) *ldaptest.Fault {
		if r.Op == "search" && dropped.CompareAndSwap(false, true) {
			return &ldaptest.Fault{Drop: true}
		}
		return nil
	}}, person("anna"), group("all", "anna"))
	l := open(t, config(t, s))
	if _, err := l.Group(t.Context(), "all"); err == nil {
		t.Error("no error of a connection that was lost")
	}
	if n := len(mustGroup(t, l, "all").Members); n != 1 {
		t.Errorf("%d members after that", n)
	}
	s.Close()
	var last error
	for range 3 {
		_, err := l.Group(t.Context(), ldaptest.GroupDN("other"))
		if err == nil {
			t.Fatal("no error of a server that is down")
		}
		last = err
	}
	if !strings.Contains(last.Error(), "connection refused") {
		t.Errorf("%v, want that the connection was refused", last)
	}
}
