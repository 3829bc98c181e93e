package directory_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/directory"
	"github.com/go-ews/exchange/ews/ewstest"
)

// fake returns an Exchange with a directory, and a client of it.
func fake(t testing.TB, entries ...ewstest.Recipient) (*ewstest.Server, *ews.Client) {
	t.Helper()
	s := ewstest.NewServer(nil)
	s.SetDirectory(entries...)
	return s, connect(t, s)
}

func person(address string) ewstest.Recipient {
	return ewstest.Recipient{Name: strings.ToUpper(address), Address: address}
}

func group(address string, members ...string) ewstest.Recipient {
	return ewstest.Recipient{Name: "Group " + address, Address: address, Type: "PublicDL", Members: members}
}

// summary returns what an expansion says, a line for each member, group and cycle.
func summary(e *directory.Expansion) []string {
	var out []string
	for _, m := range e.Members {
		out = append(out, fmt.Sprintf("%s: %s", m.EmailAddress, m.Type))
	}
	for _, g := range e.Groups {
		out = append(out, strings.TrimRight(fmt.Sprintf("group %s: %s, %d, %s", g.EmailAddress, g.State, g.Members, g.Parent), ", "))
	}
	for _, c := range e.Cycles {
		out = append(out, "cycle "+strings.Join(c, " > "))
	}
	return out
}

func TestExpand(t *testing.T) {
	t.Parallel()
	s, client := fake(t,
		person("a@x"), person("b@x"), person("c@x"),
		ewstest.Recipient{Name: "Partner", Address: "p@other", Type: "Contact"},
		group("all@x", "a@x", "one@x", "two@x", "p@other", "dynamic@x", "hidden@x", "empty@x"),
		group("one@x", "b@x", "deep@x"),
		group("two@x", "deep@x", "A@X"), // the same person and the same group again
		group("deep@x", "c@x", "one@x", "all@x"),
		ewstest.Recipient{Name: "Dynamic", Address: "dynamic@x", Dynamic: true, Members: []string{"c@x"}},
		ewstest.Recipient{Name: "Hidden", Address: "hidden@x", Type: "PublicDL", Hidden: true, Members: []string{"c@x"}},
		group("empty@x"),
	)
	e, err := directory.Expand(t.Context(), client, "ALL@x")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"a@x: Mailbox", "b@x: Mailbox", "c@x: Mailbox", "p@other: Contact",
		"group ALL@x: expanded, 7",
		"group one@x: expanded, 2, ALL@x",
		"group deep@x: expanded, 3, one@x",
		"group two@x: expanded, 2, ALL@x",
		"group dynamic@x: empty, 0, ALL@x",
		"group hidden@x: not found, 0, ALL@x",
		"group empty@x: empty, 0, ALL@x",
		"cycle one@x > deep@x > one@x",
		"cycle ALL@x > one@x > deep@x > ALL@x",
	}
	if diff := cmp.Diff(want, summary(e)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if e.Complete() {
		t.Error("an expansion with empty and hidden groups is complete")
	}
	if n := len(s.Requests()); n != 7 {
		t.Errorf("%d requests for 7 groups", n)
	}
}

func TestExpand_Complete(t *testing.T) {
	t.Parallel()
	_, client := fake(t, person("a@x"), group("all@x", "one@x"), group("one@x", "a@x", "one@x"))
	e, err := directory.Expand(t.Context(), client, "all@x")
	if err != nil || !e.Complete() {
		t.Fatalf("%+v, %v", e, err)
	}
	if diff := cmp.Diff([][]string{{"one@x", "one@x"}}, e.Cycles); diff != "" {
		t.Errorf("a group in itself (-want +got):\n%s", diff)
	}
}

// TestExpand_Failure holds that the failure of one group fails the expansion, with the way to that
// group.
func TestExpand_Failure(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
		if strings.Contains(string(r.Body), "two@x") {
			return ews.ErrorAccessDenied
		}
		return nil
	}})
	s.SetDirectory(person("a@x"), group("all@x", "a@x", "one@x"), group("one@x", "two@x"), group("two@x", "a@x"))
	e, err := directory.Expand(t.Context(), connect(t, s), "all@x")
	if e != nil || !errors.Is(err, ews.ErrorAccessDenied) || !strings.Contains(err.Error(), "two@x in one@x") {
		t.Errorf("%v, %v, want ErrorAccessDenied of two@x", e, err)
	}
	if _, err = directory.Expand(t.Context(), connect(t, s), "b@x"); !errors.Is(err, directory.ErrorNameResolutionNoResults) {
		t.Errorf("no such group: %v", err)
	}
}

// TestExpand_Partial holds that a response which leaves members out makes the expansion incomplete.
func TestExpand_Partial(t *testing.T) {
	t.Parallel()
	const member = `<t:Mailbox><t:EmailAddress>a@x</t:EmailAddress><t:MailboxType>Mailbox</t:MailboxType></t:Mailbox>`
	for attrs, want := range map[string]directory.GroupState{
		`TotalItemsInView="1" IncludesLastItemInRange="true"`: directory.Expanded,
		``: directory.Expanded,
		`TotalItemsInView="2" IncludesLastItemInRange="true"`:  directory.Partial,
		`TotalItemsInView="1" IncludesLastItemInRange="false"`: directory.Partial,
	} {
		document := message("ExpandDL", "Success", "NoError", `<m:DLExpansion `+attrs+`>`+member+`</m:DLExpansion>`)
		e, err := directory.Expand(t.Context(), responding(t, document), "all@x")
		if err != nil || e.Groups[0].State != want || e.Complete() != (want == directory.Expanded) {
			t.Errorf("%s: %+v, %v, want %s", attrs, e, err, want)
		}
	}
}

// TestExpand_Bounded holds that endless groups end.
func TestExpand_Bounded(t *testing.T) {
	t.Parallel()
	var chain []ewstest.Recipient
	for i := range directory.MaxGroups + 1 {
		chain = append(chain, group(fmt.Sprintf("g%d@x", i), fmt.Sprintf("g%d@x", i+1)))
	}
	s, client := fake(t, chain...)
	e, err := directory.Expand(t.Context(), client, "g0@x")
	if e != nil || !errors.Is(err, directory.ErrTooManyGroups) || !strings.Contains(err.Error(), "g0@x") {
		t.Errorf("%v, %v, want ErrTooManyGroups", e, err)
	}
	if n := len(s.Requests()); n != directory.MaxGroups {
		t.Errorf("%d requests", n)
	}
	_, client = fake(t, chain[1:]...)
	if e, err := directory.Expand(t.Context(), client, "g1@x"); err != nil || len(e.Groups) != directory.MaxGroups {
		t.Errorf("%d groups: %v", directory.MaxGroups, err)
	}
}

// TestExpand_OddMembers holds that entries without an SMTP address stay distinct, and are expanded
// by their other identifiers.
func TestExpand_OddMembers(t *testing.T) {
	t.Parallel()
	const odd = `<m:DLExpansion>` +
		`<t:Mailbox><t:Name>Legacy</t:Name><t:EmailAddress>/o=Org/cn=Legacy</t:EmailAddress><t:RoutingType>EX</t:RoutingType>` +
		`<t:MailboxType>PublicDL</t:MailboxType></t:Mailbox>` +
		`<t:Mailbox><t:Name>Mine</t:Name><t:MailboxType>PrivateDL</t:MailboxType><t:ItemId Id="AAMk=" ChangeKey="x"/></t:Mailbox>` +
		`<t:Mailbox><t:Name>Zoë</t:Name></t:Mailbox><t:Mailbox><t:Name>ZOË</t:Name></t:Mailbox>` +
		`<x:Mailbox xmlns:x="urn:other"><x:Name>of another kind</x:Name></x:Mailbox></m:DLExpansion>`
	const person = `<m:DLExpansion><t:Mailbox><t:EmailAddress> b@x </t:EmailAddress></t:Mailbox></m:DLExpansion>`
	var bodies []string
	client := connect(t, scripted(t, &bodies,
		message("ExpandDL", "Success", "NoError", odd),
		message("ExpandDL", "Success", "NoError", person), message("ExpandDL", "Success", "NoError", person)))
	e, err := directory.Expand(t.Context(), client, "all@x")
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range []string{"all@x</t:EmailAddress>", "<t:RoutingType>EX</t:RoutingType>", `<m:Mailbox><t:ItemId Id="AAMk="`} {
		if !strings.Contains(bodies[i], part) {
			t.Errorf("request %d lacks %s:\n%s", i, part, bodies[i])
		}
	}
	var names []string
	for _, m := range e.Members {
		names = append(names, m.Name+m.EmailAddress)
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"Zoë", "b@x"}, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
