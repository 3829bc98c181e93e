package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

// withRules returns a --directory that has Exchange look groups up for these rules.
func withRules(t *testing.T, rules string) string {
	t.Helper()
	return write(t, "directory.json", fmt.Sprintf("{\"exchange\": {}, \"rules\": [\n  %s]}", rules))
}

const salesBoardDesk = `{"group": "sales@contoso.com"},
  {"group": "board@contoso.com", "name": "The Board", "to": ["sales@contoso.com"]},
  {"group": "desk@contoso.com"}`

// company has Sales with Anna, and Bert by a group in it, which contains Sales again.
func company() map[string]ewstest.Recipient {
	entries := map[string]ewstest.Recipient{}
	for _, name := range []string{"anna", "bert", "carl", "dora", "erik"} {
		entries[name] = ewstest.Recipient{Name: name, Address: name + "@contoso.com", SIP: name + "@sip.contoso.com"}
	}
	for name, members := range map[string]string{"sales": "anna pool", "pool": "bert sales", "board": "carl", "desk": "dora erik"} {
		g := ewstest.Recipient{Name: "The " + name, Address: name + "@contoso.com", Type: "PublicDL"}
		for m := range strings.FieldsSeq(members) {
			g.Members = append(g.Members, m+"@contoso.com")
		}
		entries[name] = g
	}
	return entries
}

func (w *tripwire) setDirectory(entries map[string]ewstest.Recipient) {
	var all []ewstest.Recipient
	for _, e := range entries {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b ewstest.Recipient) int { return strings.Compare(a.Address, b.Address) })
	w.SetDirectory(all...)
}

func (w *tripwire) mustHaveCompany(t *testing.T) {
	t.Helper()
	board := []string{"carl@sip.contoso.com"}
	w.mustHave(t, "anna@contoso.com", map[string][]string{"The sales": {"bert@sip.contoso.com"}, "The Board": board})
	w.mustHave(t, "bert@contoso.com", map[string][]string{"The sales": {"anna@sip.contoso.com"}, "The Board": board})
	w.mustHave(t, "dora@contoso.com", map[string][]string{"The desk": {"erik@sip.contoso.com"}})
}

func TestDirectoryExchange(t *testing.T) {
	t.Parallel()
	w := newTripwire(t, 0)
	entries := company()
	w.setDirectory(entries)
	flags := append(w.flags(t), "--directory", withRules(t, salesBoardDesk), "--remove", "owned", "--max-removals", "100%")
	command(t.Context(), append([]string{"plan", "--out", filepath.Join(t.TempDir(), "plan.json")}, flags...)...).
		must(t, statusInStep, "4 would change", "note: groups contain each other: sales@contoso.com > pool@contoso.com > sales@contoso.com")
	command(t.Context(), flags...).must(t, statusInStep, "4 in step (4 changed")
	w.mustHaveCompany(t)
	for _, r := range w.Requests() {
		if isLookUp := r.Op == "ExpandDL" || r.Op == "ResolveNames"; isLookUp && strings.Contains(string(r.Body), "ExchangeImpersonation") {
			t.Fatalf("%s impersonates %s", r.Op, r.Mailbox)
		}
	}
	before := w.requests.Load()
	command(t.Context(), flags...).must(t, statusInStep, "4 in step (0 changed, 0 steps)")
	// 3 names of groups, 4 groups, 5 people, 4 lists.
	if n := w.requests.Load() - before; n != 16 {
		t.Errorf("%d requests for four lists that are in step", n)
	}

	// Bert leaves Sales: his own list is left alone, and he leaves Anna's.
	pool := entries["pool"]
	pool.Members = []string{"carl@contoso.com"}
	entries["pool"] = pool
	w.setDirectory(entries)
	command(t.Context(), flags...).must(t, statusInStep, "4 in step (2 changed")
	w.mustHave(t, "anna@contoso.com", map[string][]string{"The sales": {"carl@sip.contoso.com"}, "The Board": {"carl@sip.contoso.com"}})
	w.mustHave(t, "bert@contoso.com", map[string][]string{"The sales": {"anna@sip.contoso.com"}, "The Board": {"carl@sip.contoso.com"}})
}

// TestDirectoryExchange_FailedLookup holds that lists of a look-up that fails keep what they have, whatever may
// be removed.
func TestDirectoryExchange_FailedLookup(t *testing.T) {
	t.Parallel()
	const hiddenMembers = " is shown, as of a dynamic group or of one whose members are hidden; "
	for name, tc := range map[string]struct {
		edit func(map[string]ewstest.Recipient)
		fail string // the address in the request that fails
		want string
	}{
		"gone": {
			func(e map[string]ewstest.Recipient) { delete(e, "board") }, "",
			"directory.json:3: left out: the look-up of group board@contoso.com failed: no group has this address",
		},
		"emptied": {
			change("board", func(r *ewstest.Recipient) { r.Members = nil }), "",
			"no member of board@contoso.com" + hiddenMembers + "lists that are left as they are: 2, of anna@contoso.com, bert@contoso.com",
		},
		"became dynamic":   {change("board", func(r *ewstest.Recipient) { r.Dynamic = true }), "", "no member of board@contoso.com" + hiddenMembers},
		"nested, emptied":  {change("pool", func(r *ewstest.Recipient) { r.Members = nil }), "", "no member of pool@contoso.com" + hiddenMembers + "it may be about any list"},
		"nested, hidden":   {change("pool", func(r *ewstest.Recipient) { r.Hidden = true }), "", "the group pool@contoso.com in it is not shown"},
		"no SIP":           {change("carl", func(r *ewstest.Recipient) { r.SIP = "" }), "", "board@contoso.com failed: it has no member who can be a contact; lists that are left as they are: 2"},
		"person is hidden": {change("carl", func(r *ewstest.Recipient) { r.Hidden = true }), "", "carl@contoso.com: the directory names this member of The board and does not show it"},
		"nested fails":     {nil, "pool@contoso.com", "failed: group pool@contoso.com in sales@contoso.com: ews: ExpandDL: ErrorAccessDenied"},
		"person fails":     {nil, "smtp:carl@contoso.com", "failed: member carl@contoso.com: ews: ResolveNames: ErrorAccessDenied"},
		"name fails":       {nil, "smtp:board@contoso.com", "failed: ews: ResolveNames: ErrorAccessDenied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTripwire(t, 0)
			entries := company()
			w.setDirectory(entries)
			flags := append(w.flags(t), "--directory", withRules(t, salesBoardDesk), "--remove", "all", "--allow-removals")
			command(t.Context(), flags...).must(t, statusInStep)
			w.mustHaveCompany(t)
			if tc.edit != nil {
				tc.edit(entries)
				w.setDirectory(entries)
			}
			w.refuse(func(r ewstest.Request) error {
				if tc.fail != "" && strings.Contains(string(r.Body), ">"+tc.fail+"<") {
					return ews.ErrorAccessDenied
				}
				return nil
			})
			command(t.Context(), flags...).must(t, statusFailed, tc.want, "rows of the input were left out")
			w.mustHaveCompany(t)
		})
	}
}

// change edits an entry of a directory.
func change(name string, edit func(*ewstest.Recipient)) func(map[string]ewstest.Recipient) {
	return func(entries map[string]ewstest.Recipient) {
		e := entries[name]
		edit(&e)
		entries[name] = e
	}
}

func TestDirectoryExchange_Refused(t *testing.T) {
	t.Parallel()
	file := withRules(t, salesBoardDesk)
	command(t.Context(), "--directory", file).must(t, statusGaveUp, "directory.json: exchange needs --endpoint or --email")
	w := newTripwire(t, 0)
	command(t.Context(), append(w.flags(t), "--directory", file)...).must(t, statusGaveUp, "no group has this address", "nothing in it can be used")
	var logins atomic.Int64
	w.refuse(func(r ewstest.Request) error {
		if r.Header.Get("Authorization") != "" {
			logins.Add(1)
		}
		return &ews.HTTPError{StatusCode: http.StatusUnauthorized}
	})
	password := write(t, "password", "secret\n")
	command(t.Context(), "--endpoint", w.endpoint, "--auth", "basic", "--user", "svc-im", "--password-file", password,
		"--database", filepath.Join(t.TempDir(), "queue.db"), "--directory", file).must(t, statusGaveUp, "nothing in it can be used")
	if diff := cmp.Diff(int64(1), logins.Load()); diff != "" {
		t.Errorf("a wrong password (-want +got):\n%s", diff)
	}
}
