package imsync_test

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/soap"
)

// faultAfter lets one write of each mailbox be executed and then fail, and counts all writes.
type faultAfter struct {
	nth int // which write of a mailbox, from 0
	err error

	mu     sync.Mutex
	writes map[string]int            // by mailbox
	counts map[string]map[string]int // by mailbox and operation
}

func (f *faultAfter) intercept(r ewstest.Request) error {
	if r.Op == "GetImItemList" {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts[r.Mailbox] == nil {
		f.counts[r.Mailbox] = map[string]int{}
	}
	f.counts[r.Mailbox][r.Op]++
	n := f.writes[r.Mailbox]
	f.writes[r.Mailbox]++
	if n == f.nth {
		return ewstest.AnswerAfter(f.err)
	}
	return nil
}

// of returns the counts of a mailbox that is finished.
func (f *faultAfter) of(mailbox string) map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts[mailbox]
}

// TestEach_FaultsAfterTheWork has each write of several mailboxes at a time be executed and fail in
// each way that leaves its outcome unknown: none is done twice, and all mailboxes come in step.
func TestEach_FaultsAfterTheWork(t *testing.T) {
	t.Parallel()
	former := formerly("A", "B", "x@contoso.com", "y@contoso.com")
	current := rosterOf(team("A", "x@contoso.com", "z@contoso.com"), team("Old", "x@contoso.com"))
	wanted := rosterOf(former, team("C", "y@contoso.com"))
	want := map[string]int{
		"SetImGroup": 1, "AddImGroup": 1, "AddNewImContactToGroup": 1, "AddImContactToGroup": 1,
		"RemoveImContactFromGroup": 1, "RemoveImGroup": 1,
	}
	page := func(status int, header ...string) error {
		e := &ews.HTTPError{StatusCode: status, Header: map[string][]string{}, Body: []byte("<html>guru</html>")}
		for i := 0; i < len(header); i += 2 {
			e.Header[header[i]] = []string{header[i+1]}
		}
		return e
	}
	for name, err := range map[string]error{
		"503": page(503), "503 that asks to wait": page(503, "Retry-After", "20"), "503 for good": page(503, "Retry-After", "0"),
		"503 in gzip that is none": page(503, "Content-Encoding", "gzip"), "503 cut short": page(503, "Content-Length", "1000"),
		"502": page(502), "504": page(504), "408": page(408), "500": page(500), "200": page(200), "204": page(204),
		"error page": page(302, "Location", "/ews/genericerrorpage.htm"),
		"fault":      &ews.Error{Fault: &soap.Fault{String: "lost"}},
		"503, fault": &ews.Error{Fault: &soap.Fault{String: "lost"}, Info: ews.ResponseInfo{StatusCode: 503}},
		"503, a code of Exchange": &ews.Error{
			Code: ews.ErrorAccessDenied, Fault: &soap.Fault{String: "no"}, Info: ews.ResponseInfo{StatusCode: 503},
		},
		"timeout": ews.ErrorTimeoutExpired, "move": ews.ErrorMailboxMoveInProgress, "store": ews.ErrorMailboxStoreUnavailable,
		"dropped": ewstest.DropBefore(), "cut at once": ewstest.Truncate(0), "cut": ewstest.Truncate(300),
	} {
		for nth := range 6 {
			synctest.Test(t, func(t *testing.T) {
				fault := &faultAfter{nth: -1, err: err, writes: map[string]int{}, counts: map[string]map[string]int{}}
				srv := ewstest.NewServer(&ewstest.Options{Intercept: fault.intercept})
				client := patientClient(t, srv)
				for i := range 3 {
					fill(t, client.Impersonate(account(i)), current)
				}
				fault.nth, fault.writes, fault.counts = nth, map[string]int{}, map[string]map[string]int{}
				opts := *prune
				opts.Parallel = 3
				for r := range imsync.Each(t.Context(), client, mailboxes(3, wanted), &opts) {
					mailbox := r.Mailbox.String()
					if r.Err != nil {
						t.Errorf("%s, write %d of %s: %v", name, nth, mailbox, r.Err)
					}
					if diff := cmp.Diff(want, fault.of(mailbox)); diff != "" {
						t.Errorf("%s, write %d of %s (-want +got):\n%s", name, nth, mailbox, diff)
					}
					checkInStep(t, srv.List(mailbox), wanted, true)
				}
			})
		}
	}
}
