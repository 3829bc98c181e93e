package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-ews/exchange/examples/commands/internal/source/ldaptest"
)

// serveDirectory starts a directory, and returns the --directory that reads it with these rules.
func serveDirectory(t *testing.T, options ldaptest.Options, rules string, entries ...ldaptest.Entry) (*ldaptest.Server, string) {
	t.Helper()
	options.TLS = true
	s, err := ldaptest.Start(options, entries...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, write(t, "directory.json", fmt.Sprintf(`{"ldap": {
  "server": %q, "baseDN": %q, "ca": %q,
  "bind": {"user": "svc-im@contoso.com", "passwordFile": %q}},
 "rules": [
  %s]}`, s.URL, ldaptest.Base, write(t, "ca.pem", string(s.CA)), write(t, "password", ldaptest.Password+"\n"), rules))
}

const salesAndBoard = `{"group": "Sales"},
  {"group": "Board", "name": "The Board", "to": ["Sales"]}`

func salesAndBoardEntries() []ldaptest.Entry {
	return []ldaptest.Entry{
		ldaptest.Person("anna"), ldaptest.Person("bert"), ldaptest.Person("carl"),
		ldaptest.Group("Sales", "anna", "bert"), ldaptest.Group("Board", "carl"),
	}
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	s, file := serveDirectory(t, ldaptest.Options{}, salesAndBoard, salesAndBoardEntries()...)
	w := newTripwire(t, 0)
	flags := append(w.flags(t), "--directory", file, "--remove", "owned", "--max-removals", "100%")
	command(t.Context(), append([]string{"plan", "--out", filepath.Join(t.TempDir(), "plan.json")}, flags...)...).
		must(t, statusInStep, "2 would change")
	command(t.Context(), append(flags, "--dry-run")...).must(t, statusInStep, "2 would change")
	if n := len(w.writes()); n != 0 {
		t.Fatalf("%d writes of a plan and a dry run", n)
	}
	command(t.Context(), flags...).must(t, statusInStep, "2 in step (2 changed, 8 steps)")
	w.mustHave(t, "anna@contoso.com", map[string][]string{"The Sales": {"bert@sip.contoso.com"}, "The Board": {"carl@sip.contoso.com"}})
	before := w.requests.Load()
	command(t.Context(), flags...).must(t, statusInStep, "2 in step (0 changed, 0 steps)")
	if n := w.requests.Load() - before; n != 2 {
		t.Errorf("%d requests for two lists that are in step", n)
	}

	// Bert leaves Sales: his own list is left alone, and he leaves Anna's.
	entries := salesAndBoardEntries()
	entries[3] = ldaptest.Group("Sales", "anna", "carl")
	s.SetEntries(entries...)
	command(t.Context(), flags...).must(t, statusInStep, "2 in step (2 changed")
	w.mustHave(t, "anna@contoso.com", map[string][]string{"The Sales": {"carl@sip.contoso.com"}, "The Board": {"carl@sip.contoso.com"}})
	w.mustHave(t, "bert@contoso.com", map[string][]string{"The Sales": {"anna@sip.contoso.com"}, "The Board": {"carl@sip.contoso.com"}})
}

// TestDirectory_FailedLookup holds that lists of a look-up that fails keep what they have, with any removal.
func TestDirectory_FailedLookup(t *testing.T) {
	t.Parallel()
	whole := func() []ldaptest.Entry {
		return append(salesAndBoardEntries(), ldaptest.Person("dora"), ldaptest.Person("erik"),
			ldaptest.Group("Desk", "dora", "erik"))
	}
	replaced := func(old int, e ldaptest.Entry) []ldaptest.Entry {
		entries := whole()
		entries[old] = e
		return entries
	}
	for name, tc := range map[string]struct {
		entries []ldaptest.Entry
		drop    string // the connection is lost at this DN
		want    string
	}{
		"renamed":         {replaced(4, ldaptest.Group("Board of directors", "carl")), "", "directory.json:6: left out: the look-up of group Board failed: no group under"},
		"emptied":         {replaced(4, ldaptest.Group("Board")), "", "the directory shows no member of CN=Board,OU=Groups"},
		"owners emptied":  {replaced(3, ldaptest.Group("Sales")), "", "nothing is removed in this run"},
		"no SIP":          {replaced(2, ldaptest.Person("carl").With("msRTCSIP-PrimaryUserAddress", "")), "", "it has no member who can be a contact"},
		"connection lost": {whole(), ldaptest.Person("carl").DN, "the look-up of group Board failed: member CN=carl"},
		"member is gone":  {replaced(1, ldaptest.Person("other")), "", "the directory names this member of The Sales and does not show it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var broken atomic.Bool
			options := ldaptest.Options{Fault: func(r ldaptest.Request) *ldaptest.Fault {
				if broken.Load() && tc.drop != "" && r.Base == tc.drop {
					return &ldaptest.Fault{Drop: true}
				}
				return nil
			}}
			s, file := serveDirectory(t, options, salesAndBoard+`, {"group": "Desk"}`, whole()...)
			w := newTripwire(t, 0)
			flags := append(w.flags(t), "--directory", file, "--remove", "all", "--max-removals", "100%", "--allow-removals")
			command(t.Context(), flags...).must(t, statusInStep)
			broken.Store(true)
			s.SetEntries(tc.entries...)
			command(t.Context(), flags...).must(t, statusFailed, tc.want, "rows of the input were left out")
			for _, mailbox := range []string{"anna@contoso.com", "bert@contoso.com"} {
				other := strings.NewReplacer("anna", "bert", "bert", "anna").Replace(strings.Replace(mailbox, "@", "@sip.", 1))
				w.mustHave(t, mailbox, map[string][]string{"The Sales": {other}, "The Board": {"carl@sip.contoso.com"}})
			}
			w.mustHave(t, "dora@contoso.com", map[string][]string{"The Desk": {"erik@sip.contoso.com"}})
		})
	}
}

func TestDirectory_Refused(t *testing.T) {
	t.Parallel()
	s, file := serveDirectory(t, ldaptest.Options{}, salesAndBoard)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wrong := regexp.MustCompile(`"passwordFile": "[^"]*"`).
		ReplaceAllString(string(text), fmt.Sprintf(`"passwordFile": %q`, write(t, "wrong", "wrong\n")))
	w := newTripwire(t, 0)
	flags := w.flags(t)
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"with INPUT":     {[]string{"--directory", file, "in.csv"}, "--directory excludes INPUT and --generate"},
		"with generate":  {[]string{"--directory", file, "--generate", "3"}, "--directory excludes INPUT and --generate"},
		"no file":        {[]string{"--directory", file + "x"}, "--directory: open "},
		"mistake":        {[]string{"--directory", write(t, "bad.json", "{\n\"rule\": []}")}, `bad.json: line 2, column 1: unknown field "rule"`},
		"no such groups": {[]string{"--directory", file}, "nothing in it can be used"},
		"wrong password": {[]string{"--directory", write(t, "wrong.json", wrong)}, "user or password is wrong; it is not tried again"},
	} {
		before := len(s.Requests())
		command(t.Context(), append(flags, tc.args...)...).must(t, statusGaveUp, tc.want)
		if n := len(s.Requests()) - before; name == "wrong password" && n != 1 {
			t.Errorf("%d requests, want one bind", n)
		}
	}
	if n := w.requests.Load(); n != 0 {
		t.Errorf("%d requests to Exchange", n)
	}
}

func TestDirectory_Interrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, file := serveDirectory(t, ldaptest.Options{Fault: func(r ldaptest.Request) *ldaptest.Fault {
		if r.Op == "search" {
			cancel()
			return &ldaptest.Fault{Hang: true}
		}
		return nil
	}}, salesAndBoard)
	w := newTripwire(t, 0)
	command(ctx, append(w.flags(t), "--directory", file)...).must(t, statusInterrupted, "interrupted")
}

// TestDirectory_Key holds that a run is known again whatever order the directory has.
func TestDirectory_Key(t *testing.T) {
	t.Parallel()
	s, file := serveDirectory(t, ldaptest.Options{}, salesAndBoard+`, {"group": "Sales", "name": "All", "to": ["Board"]}`, salesAndBoardEntries()...)
	key := func() string {
		in, err := (&settings{directory: file, process: inTest(nil, nil)}).readDesired(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		key, err := in.key()
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	first := key()
	entries := salesAndBoardEntries()
	entries[3] = ldaptest.Group("Sales", "bert", "anna")
	s.SetEntries(entries...)
	if key() != first {
		t.Error("another order of members makes another run")
	}
	entries[3] = ldaptest.Group("Sales", "bert", "carl")
	s.SetEntries(entries...)
	if key() == first {
		t.Error("other members make the same run")
	}
}
