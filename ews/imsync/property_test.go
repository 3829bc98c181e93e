package imsync_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// checkInStep compares a list with a roster without any code of the package.
func checkInStep(t testing.TB, l *imgroup.ItemList, r imsync.Roster, pruned bool) {
	t.Helper()
	for _, d := range differences(l, r, pruned) {
		t.Error(d)
	}
}

// difference is something that a list lacks, or has too much.
type difference struct {
	group, who string // who is "" for the group itself
	extra      bool
}

func (d difference) String() string {
	verb := "lacks"
	if d.extra {
		verb = "has too much:"
	}
	return fmt.Sprintf("the list %s %q in group %q", verb, d.who, d.group)
}

func differences(l *imgroup.ItemList, r imsync.Roster, pruned bool) (all []difference) {
	wantedGroups := map[string]bool{}
	seen := map[string]int{}
	for _, g := range l.Groups {
		seen[strings.ToLower(g.DisplayName)]++
	}
	for name, n := range seen {
		if n > 1 {
			all = append(all, difference{name, "a second one of the name", true})
		}
	}
	for _, w := range r.Groups {
		wantedGroups[strings.ToLower(w.Name)] = true
		have := addressesIn(l, w.Name)
		if have == nil {
			all = append(all, difference{w.Name, "", false})
			continue // who is in it may come with a renamed one
		}
		wanted := wantedIn(w)
		for _, address := range wanted {
			if !slices.Contains(have, address) {
				all = append(all, difference{w.Name, address, false})
			}
		}
		for _, address := range have {
			if pruned && !slices.Contains(wanted, address) {
				all = append(all, difference{w.Name, address, true})
			}
		}
	}
	wantedLists := map[string]bool{}
	for _, w := range r.DistributionGroups {
		wantedLists[w.Address] = true
		if !slices.ContainsFunc(l.Groups, func(g imgroup.ImGroup) bool { return g.SMTPAddress == w.Address }) {
			all = append(all, difference{w.Address, "", false})
		}
	}
	for _, g := range l.Groups {
		switch {
		case !pruned:
		case g.GroupType == imgroup.UserGroup && !wantedGroups[strings.ToLower(g.DisplayName)]:
			all = append(all, difference{g.DisplayName, "", true})
		case g.GroupType == imgroup.DistributionGroup && !wantedLists[g.SMTPAddress]:
			all = append(all, difference{g.SMTPAddress, "", true})
		}
	}
	return all
}

// wantedIn returns the addresses as addressesIn does.
func wantedIn(g imsync.Group) []string {
	var wanted []string
	for _, c := range g.Contacts {
		wanted = append(wanted, imgroup.AddressKey(c.Address))
	}
	for _, tel := range g.Telephones {
		wanted = append(wanted, tel.Number)
	}
	slices.Sort(wanted)
	return slices.Compact(wanted)
}

// named reports whether a step is about the difference.
func named(steps []imsync.Step, d difference) bool {
	return slices.ContainsFunc(steps, func(s imsync.Step) bool {
		whole := d.who == ""
		switch s.Kind {
		case imsync.AddGroup:
			return whole && !d.extra && strings.EqualFold(s.Group, d.group)
		case imsync.RenameGroup:
			return whole && strings.EqualFold(s.NewName, d.group) || whole && d.extra && strings.EqualFold(s.Group, d.group)
		case imsync.RemoveGroup:
			return whole && d.extra && strings.EqualFold(s.Group, d.group)
		case imsync.AddDistributionGroup, imsync.RemoveDistributionGroup:
			return whole && d.extra == s.Kind.Removes() && s.Address == d.group
		}
		who := imgroup.AddressKey(s.Contact.Address)
		if s.Telephone.Number != "" {
			who = s.Telephone.Number
		}
		return d.extra == s.Kind.Removes() && who == d.who && strings.EqualFold(s.Group, d.group)
	})
}

// randomRoster draws from few names and addresses, so that lists and rosters overlap.
func randomRoster(r *rand.Rand, current imsync.Roster) imsync.Roster {
	out := imsync.Roster{}
	for i := range 6 {
		if r.IntN(2) == 0 {
			continue
		}
		g := imsync.Group{Name: mixCase(r, fmt.Sprint("Group ", i))}
		for range r.IntN(6) {
			address := mixCase(r, fmt.Sprintf("c%d@contoso.com", r.IntN(12)))
			if r.IntN(3) == 0 {
				address = "sip:" + address
			}
			g.Contacts = append(g.Contacts, imsync.Contact{Address: address, DisplayName: fmt.Sprint("name ", r.IntN(3))})
		}
		for range r.IntN(2) {
			number := fmt.Sprint("55501", r.IntN(4))
			g.Telephones = append(g.Telephones, imsync.Telephone{Number: number, SIPURI: "sip:" + number})
		}
		if len(current.Groups) > 0 && r.IntN(4) == 0 {
			g.FormerName = current.Groups[r.IntN(len(current.Groups))].Name
		}
		out.Groups = append(out.Groups, g)
	}
	for i := range 3 {
		if r.IntN(2) == 0 {
			out.DistributionGroups = append(out.DistributionGroups, imsync.DistributionGroup{
				Address: fmt.Sprintf("list%d@contoso.com", i), DisplayName: fmt.Sprint("List ", i),
			})
		}
	}
	return out
}

func mixCase(r *rand.Rand, s string) string {
	if r.IntN(4) == 0 {
		return strings.ToUpper(s)
	}
	return s
}

// randomFault is what a write or a read may meet.
func randomFault(r *rand.Rand) error {
	switch r.IntN(7) {
	case 0, 1:
		return ewstest.DropAfter()
	case 2:
		return ewstest.DropBefore()
	case 3:
		return ewstest.Truncate(r.IntN(600))
	case 4:
		return &ews.Error{Code: ews.ErrorInternalServerError}
	case 5:
		return &ews.Error{Code: ews.ErrorItemNotFound}
	}
	return &ews.Error{Code: ews.ErrorImGroupDisplayNameAlreadyExists}
}

// world is a fake that fails at random, and now and then has another client edit the list.
type world struct {
	srv      *ewstest.Server
	random   *rand.Rand
	faults   int // of 100 requests
	meddling int // likewise
	keep     []string
	lost     []string
	busy     bool
	other    *ews.Client
}

func newWorld(t *testing.T, random *rand.Rand) *world {
	t.Helper()
	w := &world{random: random}
	w.srv = ewstest.NewServer(&ewstest.Options{Intercept: w.intercept})
	w.other = newClient(t, w.srv)
	return w
}

func (w *world) intercept(r ewstest.Request) error {
	if w.busy {
		return nil
	}
	w.look()
	if w.random.IntN(100) < w.meddling {
		w.busy = true
		w.meddle(r.Context())
		w.busy = false
	}
	faults := w.faults
	if r.Op == "GetImItemList" {
		faults /= 10
	}
	if w.random.IntN(100) < faults {
		return randomFault(w.random)
	}
	return nil
}

// look notes contacts that are gone although they are wanted.
func (w *world) look() {
	list := w.srv.List("")
	for _, address := range w.keep {
		if _, ok := list.Contact(address); !ok {
			w.lost = append(w.lost, address)
		}
	}
}

// meddle makes one change as another client would.
func (w *world) meddle(ctx context.Context) {
	list := w.srv.List("")
	groups := w.srv.Groups("")
	if len(groups) == 0 {
		return
	}
	g := groups[w.random.IntN(len(groups))]
	switch w.random.IntN(4) {
	case 0:
		_ = w.other.RemoveImGroup(ctx, g.ExchangeStoreID)
	case 1:
		_, _ = w.other.AddImGroup(ctx, fmt.Sprint("Group ", w.random.IntN(6)))
	case 2:
		_, _ = w.other.AddNewImContactToGroup(ctx, imgroup.ContactSpec{
			Address: fmt.Sprintf("c%d@contoso.com", w.random.IntN(12)), Group: g.ExchangeStoreID,
		})
	case 3:
		if len(list.Personas) > 0 && len(g.Members) > 0 {
			_ = w.other.RemoveImContactFromGroup(ctx, g.Members[w.random.IntN(len(g.Members))], g.ExchangeStoreID)
		}
	}
}

// TestSync_Property puts random lists in step with random rosters while requests fail.
func TestSync_Property(t *testing.T) {
	t.Parallel()
	seeds := uint64(400)
	if testing.Short() {
		seeds = 50
	}
	done, failed := 0, 0
	for seed := range seeds {
		if syncRandomly(t, seed) {
			done++
		} else {
			failed++
		}
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
	t.Logf("%d syncs done, %d that named what is missing", done, failed)
	if done == 0 || failed == 0 {
		t.Errorf("%d syncs succeeded and %d failed: one of the two is not tested", done, failed)
	}
}

func syncRandomly(t *testing.T, seed uint64) (ok bool) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	w := newWorld(t, random)
	client := newClient(t, w.srv)
	current := randomRoster(random, imsync.Roster{})
	fill(t, client, current)
	wanted := randomRoster(random, current)
	opts := &imsync.Options{AllowEmpty: true, MaxRemovals: anyNumber}
	if random.IntN(3) > 0 {
		opts.Remove = imsync.RemoveAll
	}
	start := w.srv.List("")

	w.faults = []int{0, 5, 20, 60}[random.IntN(4)]
	if random.IntN(4) == 0 {
		w.meddling = 5
	} else {
		w.keep = kept(current, wanted)
	}
	_, err := imsync.Sync(t.Context(), client, wanted, opts)
	w.look()
	meddled := w.meddling > 0
	w.faults, w.meddling, w.keep = 0, 0, nil

	if len(w.lost) > 0 {
		t.Errorf("contacts were lost: %q", w.lost)
	}
	left := differences(w.srv.List(""), wanted, opts.Remove == imsync.RemoveAll)
	if err == nil {
		for _, d := range left {
			t.Errorf("success, but %v", d)
		}
	} else {
		checkNamed(t, err, left, meddled)
	}
	checkAgain(t, w.srv, client, wanted, opts)
	if opts.Remove != imsync.RemoveAll && !meddled {
		checkNothingRemoved(t, start, w.srv.List(""))
	}
	return err == nil
}

// kept returns the addresses that are in the list and wanted.
func kept(current, wanted imsync.Roster) (both []string) {
	for _, g := range current.Groups {
		for _, c := range g.Contacts {
			for _, w := range wanted.Groups {
				if slices.Contains(wantedIn(w), imgroup.AddressKey(c.Address)) {
					both = append(both, c.Address)
				}
			}
		}
	}
	return both
}

// checkNamed requires that an error names all that is not in step, except for changes of another client
// since the list was last read.
func checkNamed(t *testing.T, err error, left []difference, meddled bool) {
	t.Helper()
	var failure *imsync.Error
	if !errors.As(err, &failure) {
		if strings.Contains(err.Error(), "reading the list") {
			return // nothing was begun
		}
		t.Errorf("%T: %v; want an *imsync.Error", err, err)
		return
	}
	if last := failure.Errs[len(failure.Errs)-1]; meddled && strings.Contains(last.Error(), "reading the list") {
		return
	}
	for _, d := range left {
		if !named(failure.Remaining.Steps, d) {
			t.Errorf("%v, and the error does not name it: %v\n%v", d, err, failure.Remaining)
		}
	}
}

// checkAgain syncs without faults: it succeeds, and the next time writes nothing.
func checkAgain(t *testing.T, srv *ewstest.Server, client *ews.Client, wanted imsync.Roster, opts *imsync.Options) {
	t.Helper()
	if _, err := imsync.Sync(t.Context(), client, wanted, opts); err != nil {
		t.Errorf("without faults: %v", err)
	}
	checkInStep(t, srv.List(""), wanted, opts.Remove == imsync.RemoveAll)
	before := writes(srv)
	plan, err := imsync.Sync(t.Context(), client, wanted, opts)
	if err != nil || !plan.Plan.Empty() {
		t.Errorf("once more: %v, %v; want an empty plan", plan.Plan, err)
	}
	if after := writes(srv); fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("once more: wrote %v after %v", after, before)
	}
}

// checkNothingRemoved wants every group under its name or a new one, with its members.
func checkNothingRemoved(t *testing.T, before, after *imgroup.ItemList) {
	t.Helper()
	for _, g := range before.Groups {
		now, ok := after.Group(g.ExchangeStoreID)
		if !ok {
			t.Errorf("group %q was removed without RemoveAll", g.DisplayName)
			continue
		}
		for _, m := range g.Members {
			if !now.HasMember(m) {
				t.Errorf("a contact of group %q was removed without RemoveAll", g.DisplayName)
			}
		}
	}
}
