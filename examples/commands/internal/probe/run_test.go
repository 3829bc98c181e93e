package probe

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
)

const (
	otherMailbox = "other@contoso.com"
	hiddenGroup  = "hidden@contoso.com"
)

// newServer returns a server of build 15.1 with a profile, and with all that the questions need.
func newServer(t *testing.T, p ewstest.Profile, intercept func(ewstest.Request) error) *ewstest.Server {
	t.Helper()
	s := ewstest.NewServer(&ewstest.Options{
		Profile: p, ServerVersion: ews.ServerVersion{Major: 15, Minor: 1, MajorBuild: 2507},
		Mailbox: "user@contoso.com", Mailboxes: []string{otherMailbox}, Intercept: intercept,
		User: func(*http.Request) string { return "service@contoso.com" }, // has no mailbox
	})
	s.SetDirectory(ewstest.Recipient{Name: "Hidden", Address: hiddenGroup, Type: "PublicDL", Hidden: true})
	s.Seed(otherMailbox, ewstest.Group{Name: "Other"})
	return s
}

func newClient(t *testing.T, s http.RoundTripper) *ews.Client {
	t.Helper()
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{
		HTTPClient: &http.Client{Transport: editor{s}}, Retry: ews.RetryPolicy{MaxAttempts: 1}, // without waits
		Header: ews.Header{Impersonate: ews.PrimarySMTP("user@contoso.com")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func allOptions(limits bool) Options {
	return Options{OtherMailbox: otherMailbox, HiddenGroup: hiddenGroup, AllowLimits: limits}
}

// want returns what a run finds out about a mutant: every guess, but for those that cannot be distinguished
// apart, and those that need a contact which could not be removed.
func want(mutant ewstest.Profile, limits bool) ewstest.Profile {
	p := ewstest.Profile{}
	for _, r := range ewstest.Rules() {
		if held, ok := mutant[r.ID]; r.Grade == "guessed" {
			p[r.ID] = held || !ok
		}
	}
	if !p["names-fold"] {
		delete(p, "rename-case") // the same to every client
	}
	if !p["last-group"] && !p["remove-contact"] {
		for _, id := range []string{"unknown-group-new", "same-contact", "ungrouped", "limit-per-list"} {
			delete(p, id)
		}
	}
	if !limits {
		delete(p, "limit-built-in")
		delete(p, "limit-per-list")
	}
	return p
}

func quietly(finding) {}

// probed runs the questions against a mutant and compares the profile and the list.
func probed(t *testing.T, mutant ewstest.Profile, limits bool) {
	t.Helper()
	s := newServer(t, mutant, nil)
	r, err := run(t.Context(), newClient(t, s), newPrefix(), allOptions(limits), quietly)
	w := want(mutant, limits)
	if r == nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w, r.profile()); diff != "" {
		t.Errorf("%v: (-want +got):\n%s", mutant, diff)
	}
	_, removable := w["same-contact"]
	if left := len(s.Groups("")) + len(s.List("").Personas); (err == nil) != removable || removable && left > 0 || left > 1 {
		t.Errorf("%v: %d left in the list, error %v", mutant, left, err)
	}
	if limits {
		return
	}
	again, _ := run(t.Context(), newClient(t, newServer(t, written(t, r), nil)), newPrefix(), allOptions(false), quietly)
	if diff := cmp.Diff(whats(r), whats(again)); diff != "" {
		t.Errorf("%v: a server with the profile (-want +got):\n%s", mutant, diff)
	}
}

// written returns the profile as it comes back from its file.
func written(t *testing.T, r *report) ewstest.Profile {
	t.Helper()
	text, err := json.Marshal(r.profile())
	if err != nil {
		t.Fatal(err)
	}
	var p ewstest.Profile
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// whats returns the observations, by question.
func whats(r *report) map[string]string {
	m := map[string]string{}
	for _, f := range r.findings {
		m[f.id] = f.seen.what
	}
	return m
}

func TestRun_EachGuess(t *testing.T) {
	t.Parallel()
	mutants := map[string]ewstest.Profile{"none": {}}
	for _, r := range ewstest.Rules() {
		if r.Grade == "guessed" {
			mutants[r.ID] = ewstest.Profile{r.ID: false}
		}
	}
	for name, mutant := range mutants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			probed(t, mutant, name == "none" || name[:5] == "limit")
		})
	}
}

func TestRun_RandomMutants(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(19, 4))
	runs := 200
	if n, err := strconv.Atoi(os.Getenv("IMLIST_PROBE_MUTANTS")); err == nil {
		runs = n
	}
	for i := range runs {
		mutant := ewstest.Profile{}
		for _, r := range ewstest.Rules() {
			if r.Grade == "guessed" {
				mutant[r.ID] = random.IntN(2) == 0
			}
		}
		probed(t, mutant, i%50 == 0)
	}
	t.Logf("%d mutants", runs)
}
