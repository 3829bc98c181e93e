package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/imgroup"
)

// hardest is a mutant that does what leaves the most behind, and refuses to remove contacts by the
// operation for it.
var hardest = ewstest.Profile{
	"names-fold": false, "names-built-in": false, "names-kept": false, "same-contact": false, "ungrouped": false,
	"remove-contact": false, "distribution-groups": false, "distribution-group-again": false,
	"distribution-group-members": false, "built-in-fixed": false,
}

func mutants() map[string]ewstest.Profile {
	return map[string]ewstest.Profile{"none": nil, "hardest": hardest, "last group": {"last-group": false}}
}

// stride returns how far apart the requests are at which runs end: at each with the hardest mutant.
func stride(name string) int {
	if name == "hardest" {
		return 1
	}
	return 4
}

// fill puts what belongs to a person into the list.
func fill(s *ewstest.Server) {
	anna, bert := ewstest.Contact{Address: "anna@contoso.com"}, ewstest.Contact{Address: "bert@contoso.com"}
	s.Seed("",
		ewstest.Group{Name: "Sales", Members: []ewstest.Contact{anna, bert}},
		ewstest.Group{Type: imgroup.Favorites, Members: []ewstest.Contact{anna}},
		ewstest.Group{Name: "Empty"},
		ewstest.Group{Name: "All staff", SMTPAddress: "all@contoso.com"})
}

// shape returns a list without what every write changes.
func shape(s *ewstest.Server) []string {
	var out []string
	items := s.List("")
	for _, g := range items.Groups {
		out = append(out, fmt.Sprintf("%q %s %s", g.DisplayName, g.GroupType, g.ExchangeStoreID.ID))
		for _, p := range items.ContactsOf(g.ExchangeStoreID) {
			out = append(out, "  "+p.ImAddress)
		}
	}
	for _, p := range items.Personas {
		out = append(out, p.ImAddress)
	}
	return out
}

// cutoff is a RoundTripper that goes dead after some requests, as if the process had ended. The last
// one is executed, and its response lost.
type cutoff struct {
	base http.RoundTripper
	left int
	lost bool
}

func (c *cutoff) RoundTrip(r *http.Request) (*http.Response, error) {
	c.left--
	if c.left < 0 {
		if c.lost = true; r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, &net.OpError{Op: "dial", Err: errors.New("ended")}
	}
	resp, err := c.base.RoundTrip(r)
	if c.left == 0 && err == nil {
		_ = resp.Body.Close()
		return nil, errors.New("ended before the response came")
	}
	return resp, err
}

// TestRun_Killed ends runs after their requests. Another run refuses to begin, and clean makes
// the list what it was.
func TestRun_Killed(t *testing.T) {
	t.Parallel()
	for name, mutant := range mutants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refusals := 0
			for n := 1; ; n += stride(name) {
				s := newServer(t, mutant, nil)
				fill(s)
				before := shape(s)
				dead := &cutoff{base: s, left: n}
				_, err := run(t.Context(), newClient(t, dead), newPrefix(), allOptions(false), quietly)
				if !dead.lost && err == nil {
					t.Logf("%d requests, %d with something left", n, refusals)
					return
				}
				client := newClient(t, s)
				if leftoversIn(s.List("")).any() {
					refusals++
					if _, err := run(t.Context(), client, newPrefix(), Options{}, quietly); !errors.Is(err, errLeftovers) {
						t.Fatalf("after %d requests: a second run: %v", n, err)
					}
				}
				if err := clean(t.Context(), client); err != nil {
					t.Fatalf("after %d requests: %v", n, err)
				}
				if diff := cmp.Diff(before, shape(s)); diff != "" {
					t.Fatalf("after %d requests (-want +got):\n%s", n, diff)
				}
			}
		})
	}
}

// TestRun_Interrupted ends the context of runs at their requests: the run itself makes the list
// what it was.
func TestRun_Interrupted(t *testing.T) {
	t.Parallel()
	for name, mutant := range mutants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n += stride(name) {
				ctx, cancel := context.WithCancel(t.Context())
				requests := 0
				s := newServer(t, mutant, func(ewstest.Request) error {
					if requests++; requests == n {
						cancel()
					}
					return nil
				})
				fill(s)
				before := shape(s)
				_, err := run(ctx, newClient(t, s), newPrefix(), allOptions(false), quietly)
				cancel()
				if diff := cmp.Diff(before, shape(s)); diff != "" {
					t.Fatalf("at request %d (-want +got):\n%s", n, diff)
				}
				if requests < n {
					return
				}
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Fatalf("at request %d: %v", n, err)
				}
			}
		})
	}
}

// TestRun_Faults breaks one request in eight. What is found out is true, what is not is open and said
// so, and the list is what it was.
func TestRun_Faults(t *testing.T) {
	t.Parallel()
	faults := []error{
		&ews.HTTPError{StatusCode: 502}, ewstest.AnswerAfter(&ews.HTTPError{StatusCode: 502}), ewstest.DropBefore(),
		ewstest.DropAfter(), ewstest.Truncate(700), ews.ErrorInternalServerError,
	}
	open := 0
	for seed := range uint64(30) {
		for name, mutant := range mutants() {
			random := rand.New(rand.NewPCG(seed, 19))
			requests := 0
			s := newServer(t, mutant, func(ewstest.Request) error {
				if requests++; requests > 1 && random.IntN(8) == 0 {
					return faults[random.IntN(len(faults))]
				}
				return nil
			})
			fill(s)
			before := shape(s)
			r, err := run(t.Context(), newClient(t, s), newPrefix(), allOptions(false), quietly)
			if err != nil {
				t.Fatalf("%s, seed %d: %v", name, seed, err)
			}
			if diff := cmp.Diff(before, shape(s)); diff != "" {
				t.Fatalf("%s, seed %d (-want +got):\n%s", name, seed, diff)
			}
			truth := want(mutant, false)
			for id, holds := range r.profile() {
				if truth[id] != holds {
					t.Errorf("%s, seed %d: %s is said to be %t", name, seed, id, holds)
				}
			}
			var page bytes.Buffer
			r.page(&page)
			for id := range truth {
				if _, settled := r.profile()[id]; !settled {
					open++
					if !strings.Contains(page.String(), "| "+id+" | ") || !strings.Contains(page.String(), "open: ") {
						t.Errorf("%s, seed %d: the page does not say that %s is open", name, seed, id)
					}
				}
			}
		}
	}
	if open == 0 {
		t.Error("no guess was left open by a fault")
	}
}
