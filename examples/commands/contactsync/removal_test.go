package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
)

// members returns the addresses in the groups of a mailbox.
func (w *tripwire) members(mailbox string) map[string][]string {
	got := map[string][]string{}
	for _, g := range sorted(imsync.Export(w.List(mailbox))).Groups {
		got[g.Name] = []string{}
		for _, c := range g.Contacts {
			got[g.Name] = append(got[g.Name], c.Address)
		}
	}
	return got
}

func (w *tripwire) mustHave(t *testing.T, mailbox string, want map[string][]string) {
	t.Helper()
	if diff := cmp.Diff(want, w.members(mailbox)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", mailbox, diff)
	}
}

// person adds contacts to a group by hand.
func (w *tripwire) person(t *testing.T, mailbox, group string, addresses ...string) {
	t.Helper()
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: w.Client()})
	if err != nil {
		t.Fatal(err)
	}
	roster := imsync.Roster{Groups: []imsync.Group{{Name: group}}}
	for _, a := range addresses {
		roster.Groups[0].Contacts = append(roster.Groups[0].Contacts, imsync.Contact{Address: a})
	}
	if _, err := imsync.Sync(t.Context(), client.Impersonate(ews.PrimarySMTP(mailbox)), roster, nil); err != nil {
		t.Fatal(err)
	}
}

// writes counts the writes that the server executed, by operation. What a person did counts too.
func (w *tripwire) writes() map[string]int {
	got := map[string]int{}
	for _, r := range w.Requests() {
		if !strings.HasPrefix(r.Op, "Get") {
			got[r.Op]++
		}
	}
	return got
}

// rows makes an input: in every mailbox one group with that many contacts.
func rows(t *testing.T, mailboxes, contacts int) string {
	t.Helper()
	var b strings.Builder
	for m := range mailboxes {
		for c := range contacts {
			fmt.Fprintf(&b, "m%d@contoso.com,Sales,c%d@contoso.com\n", m, c)
		}
	}
	return write(t, "in.csv", b.String())
}

// runOf returns the run that a summary names.
func (s said) runOf(t *testing.T) string {
	t.Helper()
	found := regexp.MustCompile(`contactsync restore --run (\S+) `).FindStringSubmatch(s.stdout)
	if found == nil {
		t.Fatalf("no run is named in\n%s%s", s.stdout, s.stderr)
	}
	return found[1]
}

// connected are the flags of the server and the database, without those of a run.
func connected(command string, flags []string) []string { return append([]string{command}, flags...) }

func TestRemove_Owned(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	flags := w.flags(t)
	const tony = "tony@contoso.com"
	w.person(t, tony, "Sales", "mine@contoso.com", "both@contoso.com")
	before := write(t, "before.csv", "Tony@contoso.com,Sales,anna@contoso.com\nTony@contoso.com,Sales,both@contoso.com\n"+
		"Tony@contoso.com,Temp,fred@contoso.com\n")
	command(t.Context(), append(flags, before)...).must(t, statusInStep)
	after := write(t, "after.csv", tony+",Sales,bert@contoso.com\n")
	command(t.Context(), append(flags, after)...).must(t, statusInStep)
	w.mustHave(t, tony, map[string][]string{
		"Sales": {"anna@contoso.com", "bert@contoso.com", "both@contoso.com", "mine@contoso.com"}, "Temp": {"fred@contoso.com"},
	})
	got := command(t.Context(), append(flags, "--remove", "owned", after)...)
	got.must(t, statusInStep, "1 in step (1 changed, 2 steps)")
	left := map[string][]string{"Sales": {"bert@contoso.com", "both@contoso.com", "mine@contoso.com"}}
	w.mustHave(t, tony, left)

	restore := append(connected("restore", flags), "--run", got.runOf(t))
	command(t.Context(), append(restore, "--dry-run")...).must(t, statusInStep, "would change, 3 steps", "+ Temp", "+   anna@contoso.com")
	w.mustHave(t, tony, left)
	command(t.Context(), append(restore, "--mailbox", "else@contoso.com")...).must(t, statusGaveUp, "no backup of else@contoso.com")
	for range 2 {
		command(t.Context(), append(restore, "--mailbox", "TONY@contoso.com")...).must(t, statusInStep)
		w.mustHave(t, tony, map[string][]string{
			"Sales": {"anna@contoso.com", "bert@contoso.com", "both@contoso.com", "mine@contoso.com"}, "Temp": {"fred@contoso.com"},
		})
	}
	// Restored contacts are owned as before.
	command(t.Context(), append(flags, "--remove", "owned", after)...).must(t, statusInStep, "1 changed, 2 steps")
	w.mustHave(t, tony, left)
}

// TestRemove_Adopt owns contacts that were in the list before.
func TestRemove_Adopt(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	flags := w.flags(t)
	const tony = "tony@contoso.com"
	w.person(t, tony, "Sales", "anna@contoso.com", "bert@contoso.com", "mine@contoso.com")
	both := write(t, "both.csv", tony+",Sales,anna@contoso.com\n"+tony+",Sales,bert@contoso.com\n")
	command(t.Context(), append(flags, "--remove", "owned", "--adopt", both)...).must(t, statusInStep, "0 changed")
	one := write(t, "one.csv", tony+",Sales,anna@contoso.com\n")
	command(t.Context(), append(flags, "--remove", "owned", one)...).must(t, statusInStep, "1 changed")
	w.mustHave(t, tony, map[string][]string{"Sales": {"anna@contoso.com", "mine@contoso.com"}})
}

// TestRemove_Halted writes nothing for any mailbox if one list, or all together, would lose too much.
func TestRemove_Halted(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		after []string // rows for m0 and m1, with 20 contacts each before
		limit string
		want  []string
	}{
		"one list":     {[]string{"m0:10", "m1:21"}, "40%", []string{"m0@contoso.com: 10 of 20, allowed 8"}},
		"all together": {[]string{"m0:17", "m1:16", "m2:20"}, "10%", []string{"7 of 60 memberships would be removed", "allows 6 over the run, and 0 mailboxes"}},
		"a number":     {[]string{"m0:18", "m1:18"}, "3", []string{"4 of 40", "allows 3"}},
		"none at all":  {[]string{"m0:19", "m1:20"}, "0", []string{"m0@contoso.com: 1 of 20, allowed 0"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTripwire(t, 0)
			flags := w.flags(t)
			command(t.Context(), append(flags, rows(t, 3, 20))...).must(t, statusInStep)
			before := w.writes()
			var b strings.Builder
			for _, entry := range test.after {
				mailbox, n, _ := strings.Cut(entry, ":")
				contacts := 0
				if _, err := fmt.Sscan(n, &contacts); err != nil {
					t.Fatal(err)
				}
				for c := range contacts {
					fmt.Fprintf(&b, "%s@contoso.com,Sales,c%d@contoso.com\n", mailbox, c)
				}
			}
			args := slices.Concat(flags,
				[]string{"--remove", "owned", "--max-removals", test.limit, write(t, "after.csv", b.String())})
			for range 2 { // the second begins anew, and finds the same
				got := command(t.Context(), args...)
				got.must(t, statusHalted, append(test.want, "nothing was written", "--allow-removals", "-   c19@contoso.com")...)
			}
			if diff := cmp.Diff(before, w.writes()); diff != "" {
				t.Errorf("it wrote (-before +after):\n%s", diff)
			}
			command(t.Context(), connected("runs", flags[4:])...).must(t, statusInStep, "nothing was written: it would have removed too much")
			got := command(t.Context(), append(args, "--allow-removals")...)
			got.must(t, statusInStep, "0 failed")
			if before["RemoveImContactFromGroup"] == w.writes()["RemoveImContactFromGroup"] {
				t.Error("nothing was removed with --allow-removals")
			}
			command(t.Context(), append(connected("restore", flags), "--run", got.runOf(t))...).must(t, statusInStep)
			if n := len(w.members("m0@contoso.com")["Sales"]); n != 20 {
				t.Errorf("%d contacts after the restore, want 20", n)
			}
		})
	}
}

// TestRemove_NoAddresses refuses an export whose addresses are gone.
func TestRemove_NoAddresses(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	flags := w.flags(t)
	command(t.Context(), append(flags, rows(t, 1, 2))...).must(t, statusInStep)
	empty := write(t, "empty.csv", "Mailbox,Group,Address\nm0@contoso.com,Sales,\n")
	command(t.Context(), append(flags, "--remove", "owned", empty)...).must(t, statusGaveUp, "empty.csv names no contact", "named 2")
	command(t.Context(), append(flags, empty)...).must(t, statusInStep)
	// The last run named none either.
	command(t.Context(), append(flags, "--remove", "owned", empty)...).must(t, statusInStep, "2 steps")
}

// TestPlan_Apply applies a plan, only at its server, and only if it is not stale.
func TestPlan_Apply(t *testing.T) {
	t.Parallel()
	w, other := newTripwire(t, 0), newTripwire(t, 0)
	flags := w.flags(t)
	command(t.Context(), append(flags, rows(t, 2, 8))...).must(t, statusInStep)
	before := w.writes()
	plan := filepath.Join(t.TempDir(), "plan.json")
	after := rows(t, 2, 5)
	command(t.Context(), append(connected("plan", flags), "--remove", "owned", "--out", plan, after)...).
		must(t, statusInStep, "plan.json has the plans of the 2 mailboxes", "6 of 16 memberships would be removed", "apply, would stop")
	if diff := cmp.Diff(before, w.writes()); diff != "" {
		t.Errorf("plan wrote (-before +after):\n%s", diff)
	}
	w.person(t, "m0@contoso.com", "Sales", "new@contoso.com")
	elsewhere := connected("apply", flags)
	elsewhere[2] = other.endpoint
	command(t.Context(), append(elsewhere, plan)...).must(t, statusGaveUp, "is a plan for the server "+w.endpoint[:20])
	command(t.Context(), append(connected("apply", flags), "--max-removals", "2", plan)...).
		must(t, statusHalted, "6 of 16 memberships would be removed")
	command(t.Context(), append(connected("apply", flags), "--max-removals", "50%", plan)...).must(t, statusInStep, "6 steps")
	w.mustHave(t, "m0@contoso.com", map[string][]string{"Sales": {
		"c0@contoso.com", "c1@contoso.com", "c2@contoso.com", "c3@contoso.com", "c4@contoso.com", "new@contoso.com",
	}})
	if n := other.requests.Load(); n != 0 {
		t.Errorf("%d requests to another server", n)
	}
	for _, text := range []string{`{"mailboxes": []}`, `{"version": 9, "mailboxes": []}`, `hello`} {
		command(t.Context(), append(connected("apply", flags), write(t, "x.json", text))...).must(t, statusGaveUp, "plan")
	}
}

// TestPlan_Stale withholds the removal of a group that has more members than the plan says.
func TestPlan_Stale(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	flags := w.flags(t)
	const tony = "tony@contoso.com"
	command(t.Context(), append(flags, write(t, "in.csv", tony+",Sales,bert@contoso.com\n"+tony+",Temp,anna@contoso.com\n"))...).must(t, statusInStep)
	plan := filepath.Join(t.TempDir(), "plan.json")
	only := write(t, "in.csv", tony+",Sales,bert@contoso.com\n")
	command(t.Context(), append(connected("plan", flags), "--remove", "owned", "--out", plan, only)...).must(t, statusInStep)
	w.person(t, tony, "Temp", "mine@contoso.com")
	command(t.Context(), append(connected("apply", flags), "--attempts", "1", plan)...).must(t, statusFailed, "changed since the plan was made")
	w.mustHave(t, tony, map[string][]string{
		"Sales": {"bert@contoso.com"}, "Temp": {"anna@contoso.com", "mine@contoso.com"},
	})
}

// audited returns the writes of a file, or of what the command audit prints.
func audited(t *testing.T, text string) (entries []auditEntry) {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		var e auditEntry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	return entries
}

// TestAudit has every write in the file and in the database, under the id that the server has it under.
func TestAudit(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	file := filepath.Join(t.TempDir(), "audit.json")
	flags := w.flags(t)
	w.Fail("AddImGroup", ews.ErrorAccessDenied)
	in := write(t, "in.csv", "a@contoso.com,Sales,anna@contoso.com\nb@contoso.com,Sales,anna@contoso.com\n")
	got := command(t.Context(), append(flags, "--workers", "1", "--attempts", "1", "--audit", file, in)...)
	got.must(t, statusFailed, "1 in step", "1 failed")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	entries := audited(t, string(text))
	results := map[string]int{}
	for _, e := range entries {
		word, _, _ := strings.Cut(e.Result, ":")
		results[e.Operation+" "+e.What+" "+word]++
		if e.Mailbox == "" || e.Time.IsZero() || e.RequestID == "" || e.ClientRequestID == "" {
			t.Errorf("incomplete: %+v", e)
		}
	}
	want := map[string]int{
		`AddImGroup group "Sales" done`: 1, `AddImGroup group "Sales" failed`: 1,
		`AddNewImContactToGroup anna@contoso.com to group "Sales" done`: 1,
	}
	if diff := cmp.Diff(want, results); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	shown := command(t.Context(), append(connected("audit", flags[4:]), "--run", entries[0].Run)...)
	shown.must(t, statusInStep)
	inDatabase := audited(t, shown.stdout)
	for i := range inDatabase {
		inDatabase[i].Time = entries[min(i, len(entries)-1)].Time // which has milliseconds there
	}
	if diff := cmp.Diff(entries, inDatabase, cmpopts.IgnoreUnexported(auditEntry{})); diff != "" {
		t.Errorf("file and database (-file +database):\n%s", diff)
	}
	sent := map[string]bool{}
	for _, r := range w.Requests() {
		sent[r.Header.Get("Client-Request-Id")] = true
	}
	for _, e := range entries {
		if !sent[e.ClientRequestID] {
			t.Errorf("the server has no %s", e.ClientRequestID)
		}
	}
	command(t.Context(), append(connected("audit", flags[4:]), "--run", "20260101-0")...).must(t, statusGaveUp, "contactsync runs")
}

// TestAttempt_TakenOver sends nothing once another attempt has the mailbox.
func TestAttempt_TakenOver(t *testing.T) {
	t.Parallel()
	q := openForTest(t, filepath.Join(t.TempDir(), "queue.db"))
	takenOver(t, q)
}

func takenOver(t *testing.T, q queue) {
	t.Helper()
	const server, mailbox = "https://mail.contoso.com/ews", "tony@contoso.com"
	r := q.records()
	for _, holder := range []string{"first", "second"} {
		if owned, err := r.take(t.Context(), server, mailbox, holder); owned != nil || err != nil {
			t.Fatalf("%v, %v", owned, err)
		}
	}
	var last *auditEntry
	for holder, want := range map[string]error{"first": errTakenOver, "second": nil} {
		entry := newEntry("run", mailbox, "AddImGroup", "")
		if err := r.note(t.Context(), entry, nil, server, holder); !errors.Is(err, want) {
			t.Errorf("%s notes a write: %v, want %v", holder, err, want)
		}
		if want == nil {
			last = entry
		}
		if err := r.keepOwned(t.Context(), server, mailbox, holder, &imsync.Ownership{}); !errors.Is(err, want) {
			t.Errorf("%s keeps a record: %v, want %v", holder, err, want)
		}
	}
	// The result of the last write is noted, also with the next one that is not sent.
	var results []string
	for _, holder := range []string{"second", "first"} {
		last.Result = "done by " + holder
		next := newEntry("run", mailbox, "AddImGroup", "")
		if err := r.note(t.Context(), next, last, server, holder); (err == nil) != (holder == "second") {
			t.Errorf("%s notes a further write: %v", holder, err)
		}
	}
	err := r.writes(t.Context(), "run", func(e auditEntry) error { results = append(results, e.Result); return nil })
	if diff := cmp.Diff([]string{"done by first", resultSent}, results); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestAllowRemovals_OneRun refuses a setting that would let every run through.
func TestAllowRemovals_OneRun(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	settings := write(t, "contactsync.conf", "allow-removals = true\n")
	command(t.Context(), append(w.flags(t), "--config", settings, rows(t, 1, 1))...).
		must(t, statusGaveUp, "--allow-removals (from "+settings+":1): it is for one run")
	if n := w.requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestRemovalLimit(t *testing.T) {
	t.Parallel()
	type allowed struct{ ofNone, of20, of1000 int }
	tests := map[string]allowed{"10%": {5, 5, 100}, "100%": {5, 20, 1000}, "7": {7, 7, 7}, "0": {}}
	for _, text := range slices.Sorted(maps.Keys(tests)) {
		var l removalLimit
		if err := l.Set(text); err != nil || l.String() != text {
			t.Errorf("%s: %s, %v", text, l.String(), err)
		}
		if got := (allowed{l.of(0), l.of(20), l.of(1000)}); got != tests[text] {
			t.Errorf("%s: %+v, want %+v", text, got, tests[text])
		}
	}
	for _, text := range []string{"", "%", "0%", "101%", "-1", "10 %", "ten"} {
		if err := new(removalLimit).Set(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
