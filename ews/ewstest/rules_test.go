package ewstest_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

func TestRules_Complete(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(text, -1) {
			tests[string(m[1])] = true
		}
	}
	seen, grades := map[string]bool{}, map[string]int{}
	flips := flips()
	for _, r := range ewstest.Rules() {
		if seen[r.ID] || !regexp.MustCompile(`^[a-z0-9-]+$`).MatchString(r.ID) {
			t.Errorf("%s: the id is taken, or no id", r.ID)
		}
		seen[r.ID] = true
		grades[r.Grade]++
		if !tests[r.Test] {
			t.Errorf("%s: there is no test %s", r.ID, r.Test)
		}
		if !strings.HasSuffix(r.Text, ".") || r.Source == "" {
			t.Errorf("%s: text %q, source %q", r.ID, r.Text, r.Source)
		}
		switch r.Grade {
		case "documented", "recorded":
			if r.Source == "-" || r.Otherwise != "" {
				t.Errorf("%s: %+v, want a source and no alternative", r.ID, r)
			}
		case "guessed":
			if flips[r.ID] == nil || !strings.HasSuffix(r.Otherwise, ".") {
				t.Errorf("%s: a guess needs a switch, a test of it and a sentence: %+v", r.ID, r)
			}
			delete(flips, r.ID)
		default:
			t.Errorf("%s: grade %q", r.ID, r.Grade)
		}
	}
	for id := range flips {
		t.Errorf("%s: no such guess", id)
	}
	if grades["recorded"] < 60 {
		t.Errorf("%v, want 60 recorded rules or more", grades)
	}
}

// TestRules_Documentation holds that the package documentation has the guesses as the table has
// them.
func TestRules_Documentation(t *testing.T) {
	t.Parallel()
	var list strings.Builder
	for _, r := range ewstest.Rules() {
		if r.Grade == "guessed" {
			list.WriteString(wrap("//   - "+r.ID+": "+r.Text, "//     "))
		}
	}
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	doc := regexp.MustCompile(`(?m)(^//   - .*\n(//     .*\n)*)+`)
	if *update {
		text = doc.ReplaceAll(text, []byte(list.String()))
		if err := os.WriteFile("doc.go", text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(list.String(), string(doc.Find(text))); diff != "" {
		t.Errorf("doc.go (-want +got):\n%s", diff)
	}
}

// wrap breaks a line before column 100.
func wrap(line, indent string) string {
	out := ""
	for len(line) > 100 {
		at := strings.LastIndexByte(line[:101], ' ')
		out += line[:at] + "\n"
		line = indent + line[at+1:]
	}
	return out + line + "\n"
}

func TestRules_BuiltInGroups(t *testing.T) {
	t.Parallel()
	want := []string{"Other Contacts", "Tagged", "Favorites"}
	if diff := cmp.Diff(want, groupNames(ewstest.NewServer(nil))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func groupNames(s *ewstest.Server) []string {
	var names []string
	for _, g := range s.List("").Groups {
		names = append(names, g.DisplayName)
	}
	return names
}

// A flip tries a guess and returns the result as text.
type flip func(t *testing.T, s *ewstest.Server) string

// codes returns a flip that sends requests. G and C stand for the ids of a group and a
// contact that are there.
func codes(requests ...string) flip {
	return func(t *testing.T, s *ewstest.Server) string {
		t.Helper()
		group := addGroup(t, s, "", "Friends")
		contact := addContact(t, s, "", "a@contoso.com", group)
		var out []string
		for _, r := range requests {
			code, _ := call(t, s, "", fill(r, group, contact))
			out = append(out, code)
		}
		out = append(out, fmt.Sprint(len(s.List("").Personas), " contacts"))
		return strings.Join(append(out, membership(s.List(""))...), "\n")
	}
}

// flips returns a try of each guess, by its ID.
func flips() map[string]flip {
	return map[string]flip{
		"names-fold":          codes(addImGroup("FRIENDS")),
		"names-built-in":      codes(addImGroup("Favorites")),
		"rename-case":         codes(setImGroup("G", "FRIENDS"), setImGroup("G", "FRIENDS")),
		"ungrouped":           codes(addNewContact("b@contoso.com", "")),
		"same-contact":        codes(addNewContact("a@contoso.com", "G")),
		"member-again":        codes(addToGroup("C", "G")),
		"last-group":          codes(removeFromGroup("C", "G")),
		"distribution-groups": distributionGroupFixed,
		"built-in-fixed":      builtInFixed,
		"distribution-group-again": codes(
			distributionGroup("all@contoso.com", "All"), distributionGroup("ALL@contoso.com", "Everybody")),
		"distribution-group-members": distributionGroupMembers,
		"unknown-group":              unknownGroup(func(id string) string { return setImGroup(id, "x") }),
		"unknown-group-new":          unknownGroup(func(id string) string { return addNewContact("b@contoso.com", id) }),
		"foreign-ids":                foreignIDs,
		"old-change-keys":            oldChangeKeys,
		"change-key-form":            codes(fill(setImGroup("G", "x"), `G" ChangeKey="ä`, "")),
		"items-order":                itemsOrder,
		"never-used": func(_ *testing.T, s *ewstest.Server) string {
			return fmt.Sprint(groupNames(s))
		},
		"remove-contact":  codes(removeContact("C")),
		"names-kept":      codes(addImGroup(" x ")),
		"must-understand": mustUnderstand,
		"version-2016":    version2016,
		"sid-unknown":     sidUnknown,
		"limit-built-in":  limitBuiltIn,
		"limit-per-list":  limitPerList,
		"expand-hidden": func(t *testing.T, s *ewstest.Server) string {
			t.Helper()
			s.SetDirectory(ewstest.Recipient{Name: "All", Address: "all@contoso.com", Type: "PublicDL", Hidden: true})
			return post(t, s, envelope(expandDL("all@contoso.com"))).parse(t).text("ResponseCode")
		},
	}
}

func distributionGroupFixed(t *testing.T, s *ewstest.Server) string {
	t.Helper()
	must(t, s, "", distributionGroup("all@contoso.com", "All"))
	code, _ := call(t, s, "", setImGroup(s.Groups("")[0].ExchangeStoreID.ID, "x"))
	return code
}

func distributionGroupMembers(t *testing.T, s *ewstest.Server) string {
	t.Helper()
	must(t, s, "", distributionGroup("all@contoso.com", "All"))
	code, _ := call(t, s, "", addNewContact("a@contoso.com", s.Groups("")[0].ExchangeStoreID.ID))
	return code
}

func builtInFixed(t *testing.T, s *ewstest.Server) string {
	t.Helper()
	other := s.List("").Groups[0].ExchangeStoreID.ID
	renamed, _ := call(t, s, "", setImGroup(other, "x"))
	removed, _ := call(t, s, "", removeImGroup(other))
	added, _ := call(t, s, "", addNewContact("b@contoso.com", "")) // the group for it may be gone
	return fmt.Sprint(renamed, removed, added)
}

func unknownGroup(request func(id string) string) flip {
	return func(t *testing.T, s *ewstest.Server) string {
		t.Helper()
		id := addGroup(t, s, "", "Gone")
		must(t, s, "", removeImGroup(id))
		code, _ := call(t, s, "", request(id))
		return code
	}
}

func foreignIDs(t *testing.T, s *ewstest.Server) string {
	t.Helper()
	id := addGroup(t, s, "other@contoso.com", "x")
	renamed, _ := call(t, s, "", setImGroup(id, "y"))
	added, _ := call(t, s, "", addNewContact("b@contoso.com", id)) // documented
	if added != "ErrorNonExistentMailbox" {
		t.Errorf("AddNewImContactToGroup: %s", added)
	}
	return renamed
}

func oldChangeKeys(t *testing.T, s *ewstest.Server) string {
	t.Helper()
	id := addGroup(t, s, "", "x")
	old := s.Groups("")[0].ExchangeStoreID.ChangeKey
	first, _ := call(t, s, "", fill(setImGroup("G", "y"), id+`" ChangeKey="`+old, ""))
	again, _ := call(t, s, "", fill(setImGroup("G", "z"), id+`" ChangeKey="`+old, ""))
	if first != "NoError" {
		t.Errorf("the current key: %s", first)
	}
	return again
}

func itemsOrder(t *testing.T, s *ewstest.Server) string {
	t.Helper()
	a, b := addGroup(t, s, "", "a"), addGroup(t, s, "", "b")
	return fmt.Sprint(names(must(t, s, "", getImItems(nil, []string{b, a}, ""))))
}

func mustUnderstand(t *testing.T, s *ewstest.Server) string {
	t.Helper()
	return fmt.Sprint(post(t, s, envelopeWith(`<x:A xmlns:x="urn:x" soap:mustUnderstand="1"/>`, addImGroup("x"))).Status)
}

func version2016(t *testing.T, s *ewstest.Server) string {
	t.Helper()
	return post(t, s, ofVersion("Exchange2019", "<m:GetImItemList/>")).parse(t).text("ResponseCode")
}

func sidUnknown(t *testing.T, s *ewstest.Server) string {
	t.Helper()
	sid := strings.ReplaceAll(as("S-1-5-21-1"), "PrimarySmtpAddress", "SID")
	return post(t, s, envelopeWith(sid, addImGroup("x"))).parse(t).text("ResponseCode")
}

func limitBuiltIn(t *testing.T, s *ewstest.Server) string {
	t.Helper()
	groups := make([]ewstest.Group, 63)
	for i := range groups {
		groups[i].Name = fmt.Sprint("group ", i)
	}
	s.Seed("", groups...)
	code, _ := call(t, s, "", addImGroup("x"))
	return code
}

func limitPerList(t *testing.T, s *ewstest.Server) string {
	t.Helper()
	full := ewstest.Group{Name: "full", Members: make([]ewstest.Contact, 1000)}
	for i := range full.Members {
		full.Members[i].Address = fmt.Sprintf("user%d@contoso.com", i)
	}
	l := s.Seed("", full, ewstest.Group{Name: "empty"})
	var out []string
	for _, g := range l.Groups[3:] {
		code, _ := call(t, s, "", addNewContact(g.DisplayName+"@contoso.com", g.ExchangeStoreID.ID))
		out = append(out, code)
	}
	return strings.Join(out, " ")
}

// newServer returns a server of build 15.1 with a profile.
func newServer(p ewstest.Profile) *ewstest.Server {
	return ewstest.NewServer(&ewstest.Options{
		Profile: p, ServerVersion: ews.ServerVersion{Major: 15, Minor: 1, MajorBuild: 2507},
		Mailbox: "user@contoso.com", Mailboxes: []string{"other@contoso.com"},
	})
}

// TestProfile_Flips flips each guess alone: the result differs. It is the same as without a profile
// if all guesses are said to hold.
func TestProfile_Flips(t *testing.T) {
	t.Parallel()
	all := ewstest.Profile{}
	for id := range flips() {
		all[id] = true
	}
	for id, f := range flips() {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			held, flipped := f(t, newServer(nil)), f(t, newServer(ewstest.Profile{id: false}))
			if held == flipped {
				t.Errorf("the same whether it holds or not: %s", held)
			}
			if got := f(t, newServer(all)); got != held {
				t.Errorf("with a profile in which all hold: %s, want %s", got, held)
			}
		})
	}
}

// TestProfile_Random runs every scenario under random profiles: none may break the server.
func TestProfile_Random(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		p := ewstest.Profile{}
		for id := range flips() {
			p[id] = r.IntN(2) == 0
		}
		s := newServer(p)
		for _, body := range []string{
			addImGroup("a"), addImGroup("A "), addNewContact("a@contoso.com", ""), addNewContact("A@contoso.com", ""),
			"<m:GetImItemList/>", setImGroup("x", "y"), distributionGroup("all@contoso.com", "a"),
		} {
			if reply := post(t, s, envelope(body)); reply.Status != 200 {
				t.Errorf("%v: %s: HTTP %d: %s", p, body, reply.Status, reply.Body)
			}
		}
	}
}

func TestProfile_JSON(t *testing.T) {
	t.Parallel()
	var p ewstest.Profile
	if err := json.Unmarshal([]byte(`{"names-fold": false, "ungrouped": true}`), &p); err != nil {
		t.Fatal(err)
	}
	s := ewstest.NewServer(&ewstest.Options{Profile: p})
	p["names-fold"] = true // the server has its own copy
	must(t, s, "", addImGroup("a"))
	must(t, s, "", addImGroup("A"))
	wantPanic(t, `ewstest: Options.Profile: no guess is called "names"`, func() {
		ewstest.NewServer(&ewstest.Options{Profile: ewstest.Profile{"names": true}})
	})
	wantPanic(t, `ewstest: Options.Profile: no guess is called "group-limit"`, func() {
		ewstest.NewServer(&ewstest.Options{Profile: ewstest.Profile{"group-limit": false}})
	})
}
