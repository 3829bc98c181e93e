package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/imsync"
)

func group(name string, contacts ...imsync.Contact) imsync.Group {
	return imsync.Group{Name: name, Contacts: contacts}
}

func roster(groups ...imsync.Group) imsync.Roster { return imsync.Roster{Groups: groups} }

// TestInput_Key holds that the key depends on everything that a run depends on.
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

func TestReadInput_Errors(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.csv")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readInput(t.Context(), empty, nil); err == nil || !strings.Contains(err.Error(), "names no mailbox") {
		t.Errorf("an empty file: %v, want that it names no mailbox", err)
	}
	if _, err := readInput(t.Context(), empty+"x", nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that there is no such file", err)
	}
}

func TestRun_Titles(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	flags := w.flags(t)
	for name, text := range map[string]string{
		"unknown.csv":  "Mailbox,Group,DisplayName,Mail,Country\ntony@contoso.com,Sales,Anna Ek,anna@contoso.com,SE\n",
		"missing.csv":  "#TYPE X\nGroup,DisplayName,Mail\nSales,Anna Ek,anna@contoso.com\n",
		"repeated.csv": `{"mailbox": "tony@contoso.com", "groups": [{"name": "Sales"}], "groups": []}`,
	} {
		file := write(t, name, text)
		command(t.Context(), append(flags, file)...).must(t, statusGaveUp, "error: "+file+": line ")
	}
	if n := len(w.Groups("tony@contoso.com")); n != 0 {
		t.Fatalf("%d groups from files that are refused", n)
	}
	file := write(t, "in.csv", "#TYPE X\r\nMailbox,Group,DisplayName,Mail\r\ntony@contoso.com,Sales,Anna Ek,anna@contoso.com\r\n")
	command(t.Context(), append(flags, file)...).must(t, statusInStep, "1 in step (1 changed, 2 steps)")
	want := roster(group("Sales", imsync.Contact{Address: "anna@contoso.com", DisplayName: "Anna Ek"}))
	if diff := cmp.Diff(want, imsync.Export(w.List("tony@contoso.com"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRun_StandardInput(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	var stdout, stderr bytes.Buffer
	p := inTest(&stdout, &stderr)
	p.Stdin = strings.NewReader("Mailbox,Group,Mail\ntony@contoso.com,Sales,anna@contoso.com\ntony,Sales,\n")
	status := run(t.Context(), p, w.flags(t, "-"))
	said{status, stdout.String(), stderr.String()}.must(t, statusFailed,
		`standard input:3: left out: mailbox "tony" is no SMTP address`, "1 in step (1 changed, 2 steps)")
}

// TestRun_CutInput removes nothing for a file whose end is missing.
func TestRun_CutInput(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	flags := w.flags(t)
	const whole = "tony@contoso.com,Sales,anna@contoso.com\ntony@contoso.com,Sales,bert@contoso.com\n"
	command(t.Context(), append(flags, write(t, "in.csv", whole))...).must(t, statusInStep)
	for name, text := range map[string]string{
		"row.csv": "tony@contoso.com,Sales,anna@contoso.com", "quote.csv": "tony@contoso.com,Sales\ntony@contoso.com,\"Sales\n",
		"array.json": `[{"mailbox": "tony@contoso.com", "groups": []}`,
	} {
		file := write(t, name, text)
		command(t.Context(), append(flags, "--remove", "owned", file)...).must(t, statusGaveUp, "looks cut short")
	}
	if n := len(imsync.Export(w.List("tony@contoso.com")).Groups[0].Contacts); n != 2 {
		t.Errorf("%d contacts are left, want 2", n)
	}
	command(t.Context(), append(flags, write(t, "row.csv", "tony@contoso.com,Sales,carl@contoso.com"))...).
		must(t, statusInStep, "1 in step (1 changed, 1 steps)")
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
