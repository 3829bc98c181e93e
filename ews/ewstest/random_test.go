package ewstest_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/imgroup"
)

// TestRandomPrograms runs random operations, good and bad, and checks after each what must hold of
// every list.
func TestRandomPrograms(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			s := ewstest.NewServer(nil)
			p := program{
				Rand: rand.New(rand.NewPCG(seed, 0)), server: s,
				client: newClient(t, s, ews.Options{Retry: ews.RetryPolicy{MaxAttempts: 1}}),
			}
			for range 60 {
				before := s.List("")
				name, err := p.step(t)
				if err != nil && !errors.Is(err, ews.ErrOutcomeUnknown) {
					if diff := cmp.Diff(before, s.List("")); diff != "" {
						t.Fatalf("%s: %v, and yet the list changed (-before +after):\n%s", name, err, diff)
					}
				}
				p.check(t, name)
			}
		})
	}
}

type program struct {
	*rand.Rand
	server *ewstest.Server
	client *ews.Client
}

// step does something, and now and then something goes wrong with it.
func (p *program) step(t *testing.T) (name string, err error) {
	t.Helper()
	ctx := t.Context()
	if p.IntN(10) == 0 {
		p.server.Fail("", [...]error{ewstest.DropBefore(), ewstest.DropAfter(), ews.ErrorAccessDenied}[p.IntN(3)])
	}
	switch p.IntN(10) {
	case 0, 1:
		_, err = p.client.AddImGroup(ctx, p.name())
		return "AddImGroup", err
	case 2:
		return "SetImGroup", p.client.SetImGroup(ctx, p.group(), p.name())
	case 3:
		return "RemoveImGroup", p.client.RemoveImGroup(ctx, p.group())
	case 4, 5:
		address := fmt.Sprintf("user%d@contoso.com", p.IntN(12))
		_, err = p.client.AddNewImContactToGroup(ctx, imgroup.ContactSpec{Address: address, Group: p.group()})
		return "AddNewImContactToGroup", err
	case 6:
		return "AddImContactToGroup", p.client.AddImContactToGroup(ctx, p.contact(), p.group())
	case 7:
		return "RemoveImContactFromGroup", p.client.RemoveImContactFromGroup(ctx, p.contact(), p.group())
	case 8:
		return "RemoveContactFromImList", p.client.RemoveContactFromImList(ctx, p.contact())
	}
	_, err = p.client.AddDistributionGroupToImList(ctx, fmt.Sprintf("dg%d@contoso.com", p.IntN(4)), p.name())
	return "AddDistributionGroupToImList", err
}

func (p *program) name() string { return [...]string{"a", "A", "b", "c", "d", "favorites"}[p.IntN(6)] }

// group picks a group, a contact in its place, or none.
func (p *program) group() imgroup.GroupID {
	l := p.server.List("")
	if p.IntN(12) == 0 {
		return imgroup.GroupID(p.contact())
	}
	return l.Groups[p.IntN(len(l.Groups))].ExchangeStoreID
}

func (p *program) contact() imgroup.ContactID {
	l := p.server.List("")
	if len(l.Personas) == 0 {
		return imgroup.ContactID(l.Groups[0].ExchangeStoreID)
	}
	id, _ := l.Personas[p.IntN(len(l.Personas))].ContactID()
	return id
}

// check compares the list with the client's view, and looks for what no list may have.
func (p *program) check(t *testing.T, name string) {
	t.Helper()
	l := p.server.List("")
	got, err := p.client.GetImItemList(t.Context(), imgroup.ListQuery{})
	if err != nil { // the step was refused before it was sent, and left its failure in the queue
		got, err = p.client.GetImItemList(t.Context(), imgroup.ListQuery{})
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(l, got); diff != "" {
		t.Fatalf("after %s (-server +client):\n%s", name, diff)
	}
	seen := map[string]bool{}
	once := func(kind, key string) {
		if seen[kind+key] {
			t.Errorf("after %s: %s %s occurs twice", name, kind, key)
		}
		seen[kind+key] = true
	}
	for _, g := range l.Groups {
		once("name", strings.ToLower(g.DisplayName))
		once("id", g.ExchangeStoreID.ID)
		once("key", g.ExchangeStoreID.ChangeKey)
		for _, m := range g.Members {
			once("member of "+g.DisplayName, m.ID)
		}
		if got := len(l.ContactsOf(g.ExchangeStoreID)); got != len(g.Members) {
			t.Errorf("after %s: %s has %d members and %d contacts", name, g.DisplayName, len(g.Members), got)
		}
	}
	for _, persona := range l.Personas {
		id, _ := persona.ContactID()
		once("id", id.ID)
		once("address", persona.ImAddress)
		if len(l.GroupsOf(id)) == 0 {
			t.Errorf("after %s: %s is in no group", name, persona.ImAddress)
		}
	}
}
