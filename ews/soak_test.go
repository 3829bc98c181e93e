package ews_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/imgroup"
)

const (
	soakWorkers   = 64
	soakMailboxes = 200
	soakFaults    = 0.05
	soakOwned     = 8               // groups that a worker has at a time: a mailbox takes 64
	soakEnough    = 8 * soakWorkers // calls in each part of the time
)

// Many workers change the lists of many mailboxes over real connections, of which one request in
// twenty fails. In the end each mailbox has exactly the groups that the results named, and neither
// memory nor goroutines nor descriptors have grown. EWS_SOAK is the duration.
//
//nolint:paralleltest // compares what the whole process has open, before and after
func TestSoak(t *testing.T) {
	duration := 2 * time.Second
	if text := os.Getenv("EWS_SOAK"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatalf("EWS_SOAK: %v", err)
		}
		duration = d
	}
	before := openNow(t)
	t.Run("run", func(t *testing.T) { soakFor(t, duration) })
	before.check(t)
}

func soakFor(t *testing.T, duration time.Duration) {
	t.Helper()
	s := newSoak(t)
	done := make(chan struct{})
	var workers sync.WaitGroup
	owned := make([][]soakGroup, soakWorkers)
	for n := range owned {
		workers.Go(func() { owned[n] = s.work(t.Context(), n, done) })
	}
	usage := s.watch(duration)
	close(done)
	workers.Wait()

	want := make(map[string][]string)
	for _, g := range slices.Concat(owned...) {
		want[g.mailbox] = append(want[g.mailbox], g.name)
	}
	for n := range soakMailboxes {
		mailbox := soakMailbox(n)
		var got []string
		for _, g := range s.exchange.Groups(mailbox) {
			got = append(got, g.DisplayName)
		}
		slices.Sort(got)
		slices.Sort(want[mailbox])
		if diff := cmp.Diff(want[mailbox], got); diff != "" {
			t.Errorf("%s (-reported +real):\n%s", mailbox, diff)
		}
	}
	s.report(t, duration, usage)
}

// report prints the figures, and judges them.
func (s *soak) report(t *testing.T, duration time.Duration, usage []soakUsage) {
	t.Helper()
	first, last := usage[0], usage[1]
	t.Logf("%v, %d workers, %d mailboxes: %d calls (%.0f a second), %d faults, %d outcomes unknown, %d of them done",
		duration, soakWorkers, soakMailboxes, s.calls.Load(), float64(s.calls.Load())/duration.Seconds(),
		s.faults.Load(), s.unknown.Load(), s.doneAnyway.Load())
	t.Logf("first half, second half: goroutines at least %d, %d; heap at most %d KiB, %d KiB",
		first.goroutines, last.goroutines, first.heap>>10, last.heap>>10)
	for _, problem := range s.problems {
		t.Error(problem)
	}
	if s.calls.Load() < 3*soakEnough || s.unknown.Load() == 0 {
		t.Error("too little happened")
	}
	// A worker may still open its connection in the second half of a short run on a busy machine: two
	// goroutines here and one in the server. TestSoak counts again in the end.
	if last.goroutines > first.goroutines+3*soakWorkers {
		t.Error("the number of goroutines grows")
	}
	if last.heap > first.heap*5/4+(8<<20) {
		t.Error("memory grows")
	}
}

// soak is the common part of the workers.
type soak struct {
	exchange *ewstest.Server
	client   *ews.Client

	calls, faults, unknown, doneAnyway atomic.Int64

	mu       sync.Mutex
	problems []string
}

// soakGroup is a group that a worker knows to exist.
type soakGroup struct {
	mailbox, name string
	id            imgroup.GroupID
}

func newSoak(t *testing.T) *soak {
	t.Helper()
	s := new(soak)
	s.exchange = ewstest.NewServer(&ewstest.Options{Intercept: s.intercept})
	server := httptest.NewServer(s)
	transport := &http.Transport{MaxIdleConnsPerHost: soakWorkers}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.CloseClientConnections()
		server.Close()
	})
	client, err := ews.NewClient(server.URL+"/EWS/Exchange.asmx", &ews.Options{
		HTTPClient: &http.Client{Transport: transport, Timeout: time.Minute},
		Retry:      ews.RetryPolicy{MaxWait: 5 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.client = client
	return s
}

// intercept is the faults of the server.
func (s *soak) intercept(ewstest.Request) error {
	if rand.Float64() >= soakFaults {
		return nil
	}
	s.faults.Add(1)
	switch rand.IntN(10) {
	case 0:
		return ewstest.DropBefore()
	case 1:
		return ewstest.DropAfter()
	case 2:
		return ewstest.Truncate(rand.IntN(600))
	case 3:
		return &ews.HTTPError{StatusCode: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {"0"}}}
	case 4:
		return &ews.HTTPError{StatusCode: http.StatusBadGateway, Body: []byte(htmlPage)}
	case 5:
		return &ews.Error{Code: ews.ErrorServerBusy, Details: map[string]string{"BackOffMilliseconds": "1"}}
	case 6:
		return ewstest.AnswerAfter(ews.ErrorTimeoutExpired)
	case 7:
		return ewstest.AnswerAfter(&ews.HTTPError{
			StatusCode: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {"0"}},
		})
	case 8:
		return ewstest.AnswerAfter(&ews.HTTPError{StatusCode: http.StatusGatewayTimeout, Body: []byte(htmlPage)})
	}
	return ews.ErrorTimeoutExpired
}

// ServeHTTP is a front end, which now and then sends an early hint and then loses the connection.
func (s *soak) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rand.Float64() >= soakFaults/10 {
		s.exchange.ServeHTTP(w, r)
		return
	}
	s.faults.Add(1)
	s.exchange.ServeHTTP(httptest.NewRecorder(), r)
	w.WriteHeader(http.StatusEarlyHints)
	panic(http.ErrAbortHandler)
}

func soakMailbox(n int) string { return fmt.Sprintf("user%03d@exchange.test", n) }

// work makes, renames and removes groups until done is closed, and returns those it has left.
func (s *soak) work(ctx context.Context, worker int, done <-chan struct{}) []soakGroup {
	var owned []soakGroup
	for n := 0; ; n++ {
		select {
		case <-done:
			return owned
		default:
		}
		i := rand.IntN(soakOwned)
		switch {
		case i >= len(owned):
			g := soakGroup{mailbox: soakMailbox(rand.IntN(soakMailboxes)), name: fmt.Sprintf("Group %d of %d", n, worker)}
			if s.add(ctx, &g) {
				owned = append(owned, g)
			}
		case rand.IntN(3) == 0:
			s.rename(ctx, &owned[i], fmt.Sprintf("Group %d of %d", n, worker))
		default:
			if s.remove(ctx, owned[i]) {
				owned = slices.Delete(owned, i, i+1)
			}
		}
	}
}

func (s *soak) as(mailbox string) *ews.Client {
	s.calls.Add(1)
	return s.client.Impersonate(ews.PrimarySMTP(mailbox))
}

// add reports whether the group was made.
func (s *soak) add(ctx context.Context, g *soakGroup) bool {
	made, err := s.as(g.mailbox).AddImGroup(ctx, g.name)
	if err == nil {
		g.id = made.ExchangeStoreID
		return true
	}
	if !s.doubtful(*g, err) {
		return false
	}
	found, ok := s.find(ctx, *g)
	if ok {
		s.doneAnyway.Add(1)
		g.id = found.ExchangeStoreID
	}
	return ok
}

func (s *soak) rename(ctx context.Context, g *soakGroup, name string) {
	renamed := soakGroup{g.mailbox, name, g.id}
	err := s.as(g.mailbox).SetImGroup(ctx, g.id, name)
	if err != nil {
		if !s.doubtful(*g, err) {
			return
		}
		if _, ok := s.find(ctx, renamed); !ok {
			return
		}
		s.doneAnyway.Add(1)
	}
	*g = renamed
}

// remove reports whether the group is gone.
func (s *soak) remove(ctx context.Context, g soakGroup) bool {
	err := s.as(g.mailbox).RemoveImGroup(ctx, g.id)
	if err == nil {
		return true
	}
	if !s.doubtful(g, err) {
		return false
	}
	if _, ok := s.find(ctx, g); ok {
		return false
	}
	s.doneAnyway.Add(1)
	return true
}

// doubtful reports whether a write that failed may have been done. The only other failure that may
// be is a busy server: a name that is taken, or an id that is gone, reveals a write done twice.
func (s *soak) doubtful(g soakGroup, err error) bool {
	switch {
	case errors.Is(err, ews.ErrOutcomeUnknown):
		s.unknown.Add(1)
		return true
	case errors.Is(err, ews.ErrorServerBusy):
	default:
		s.problem("%s, %s: %v", g.mailbox, g.name, err)
	}
	return false
}

// find reads the list until that succeeds, and looks for the group of that name.
func (s *soak) find(ctx context.Context, g soakGroup) (*imgroup.ImGroup, bool) {
	for ctx.Err() == nil {
		list, err := s.as(g.mailbox).GetImItemList(ctx, imgroup.ListQuery{})
		if err == nil {
			return list.GroupByName(g.name)
		}
	}
	s.problem("%s, %s: %v", g.mailbox, g.name, ctx.Err())
	return nil, false
}

func (s *soak) problem(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.problems) < 20 {
		s.problems = append(s.problems, fmt.Sprintf(format, args...))
	}
}

// soakUsage is the usage of the process in one half of the time: the most memory and the fewest
// goroutines, because their number jumps with the connections of the moment, and what leaks only
// rises.
type soakUsage struct {
	goroutines int
	heap       uint64 // right after a collection
}

// watch returns after the duration at least, with the usage of both halves. How long a part lasts
// is a matter of calls as well: a slow machine has neither warmed up nor done anything when its
// time is over.
func (s *soak) watch(duration time.Duration) []soakUsage {
	s.part(duration/10, func() {}) // warms up
	usage := make([]soakUsage, 2)
	for n := range usage {
		s.part(duration*9/20, usage[n].sample)
	}
	return usage
}

// part lasts for a while, and until every worker can have made some calls. Only a soak that stands
// still ends sooner.
func (s *soak) part(while time.Duration, sample func()) {
	const samples, still = 9, time.Minute
	ticker := time.NewTicker(while / samples)
	defer ticker.Stop()
	begin, enough := time.Now(), s.calls.Load()+soakEnough
	for n := 0; n < samples || s.calls.Load() < enough && time.Since(begin) < while+still; n++ {
		<-ticker.C
		sample()
	}
}

// sample takes the usage of this moment into account.
func (u *soakUsage) sample() {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if now := runtime.NumGoroutine(); u.goroutines == 0 || now < u.goroutines {
		u.goroutines = now
	}
	u.heap = max(u.heap, m.HeapAlloc)
}
