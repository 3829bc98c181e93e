package ldappeers_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-ews/exchange/ews/ewstest"
)

// exchange is an Exchange in this process that counts, and knows whose lists were asked for.
type exchange struct {
	*ewstest.Server

	endpoint string

	mu        sync.Mutex
	mailboxes map[string]bool
	reads     int
	writes    int
}

func newExchange(t *testing.T) *exchange {
	t.Helper()
	e := &exchange{mailboxes: map[string]bool{}}
	e.Server = ewstest.NewServer(&ewstest.Options{Intercept: func(r ewstest.Request) error {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.mailboxes[r.Mailbox] = true
		if strings.HasPrefix(r.Op, "Get") {
			e.reads++
		} else {
			e.writes++
		}
		return nil
	}})
	endpoint, stop := e.Start()
	t.Cleanup(stop)
	e.endpoint = endpoint
	return e
}

// requests returns how many reads and writes there were since the last call.
func (e *exchange) requests() (reads, writes int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	reads, writes = e.reads, e.writes
	e.reads, e.writes = 0, 0
	return reads, writes
}

// lists returns the lists of all mailboxes that were asked for, as the oracle writes them.
func (e *exchange) lists() []string {
	e.mu.Lock()
	mailboxes := slices.Collect(maps.Keys(e.mailboxes))
	e.mu.Unlock()
	var lines []string
	for _, mailbox := range mailboxes {
		list := e.List(mailbox)
		for i := range list.Groups {
			g := &list.Groups[i]
			if g.GroupType.BuiltIn() {
				continue
			}
			n := 0
			for _, p := range list.Personas {
				if id, ok := p.ContactID(); ok && g.HasMember(id) {
					lines = append(lines, strings.Join([]string{
						mailbox, g.DisplayName, strings.ToLower(p.ImAddress), p.DisplayName,
					}, "\t"))
					n++
				}
			}
			if n == 0 {
				lines = append(lines, mailbox+"\t"+g.DisplayName+"\t\t")
			}
		}
	}
	slices.Sort(lines)
	return lines
}
