package imsync_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/ews/imsync"
	"github.com/go-ews/exchange/imgroup"
)

// newProgram returns a program in memory, or over HTTP against ewstest.
func newProgram(t *testing.T, seed uint64, kinds []recorded, overHTTP bool) *program {
	t.Helper()
	p := &program{
		T: t, seed: seed, figures: figures{}, random: rand.New(rand.NewPCG(seed, 16)), kinds: kinds,
		ledger: ledger{
			owners: map[thing]owner{}, ids: map[thing]string{},
			names: map[string][]string{}, given: map[string][]string{}, renamed: map[string][]string{},
		},
	}
	p.options = imsync.Options{AllowEmpty: true, MaxGroups: 64}
	p.options.Remove = []imsync.RemovePolicy{
		imsync.RemoveOwned, imsync.RemoveOwned, imsync.RemoveOwned, imsync.RemoveOwned, imsync.RemoveOwned,
		imsync.RemoveOwned, imsync.RemoveAll, imsync.RemoveNothing,
	}[p.random.IntN(8)]
	p.options.Save = p.save
	if seed&(restoring|between) != 0 {
		p.options.Backup = p.backUp
	}
	p.meddle = p.edit
	if overHTTP {
		p.overHTTP()
	} else {
		p.inMemory()
	}
	p.now = take(p.list())
	for x := range p.now.things {
		p.owners[x], p.ids[x] = person, p.now.id[x]
	}
	for _, g := range p.now.groups {
		p.rename(g.id, g.name)
	}
	p.stored = snapshot{record: &imsync.Ownership{}}
	return p
}

func (p *program) inMemory() {
	if p.random.IntN(4) == 0 {
		p.options.MaxGroups = 4 + p.random.IntN(3)
	}
	m := newMemory(p.options.MaxGroups)
	m.seed(p.random)
	p.list = func() *imgroup.ItemList {
		l, _ := m.GetImItemList(context.Background(), imgroup.ListQuery{})
		return l
	}
	p.hand = m
	p.client = &wire{p: p, Client: m, inMemory: true}
}

// seed makes what a person, and other programs, left in the list: also names that fold to the same, a
// contact twice, one that the list does not describe, and one of two addresses.
func (m *memory) seed(random *rand.Rand) {
	for range random.IntN(4) {
		name := fmt.Sprint([]string{"G", "g", "P"}[random.IntN(3)], random.IntN(3))
		if m.named(name) != nil && random.IntN(3) > 0 {
			continue
		}
		g := &memoryGroup{id: m.newID(), name: name, kind: imgroup.UserGroup}
		m.groups = append(m.groups, g)
		for range random.IntN(3) {
			c := &memoryContact{id: m.newID()}
			switch random.IntN(6) {
			case 0:
			case 1:
				c.number = fmt.Sprint(random.IntN(2))
			case 2:
				n := random.IntN(3)
				c.address, c.further = fmt.Sprintf("other%d@contoso.com", n), []string{fmt.Sprintf("c%d@contoso.com", n)}
			default:
				c.address = fmt.Sprintf("c%d@contoso.com", random.IntN(6))
			}
			same := m.contact(func(o *memoryContact) bool { return o.key() == c.key() })
			if same != nil && random.IntN(4) > 0 {
				c = same
			}
			g.join(c)
		}
	}
}

func (p *program) overHTTP() {
	srv := ewstest.NewServer(nil)
	srv.Seed("", ewstest.Group{Name: "G0", Members: []ewstest.Contact{{Address: "c0@contoso.com"}}})
	if p.random.IntN(4) == 0 {
		srv.Seed("", ewstest.Group{Name: "g0", Members: []ewstest.Contact{{Telephone: "1"}}})
	}
	p.list = func() *imgroup.ItemList { return srv.List("") }
	p.hand = newClient(p.T, srv)
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: &http.Client{Transport: programTransport{p, srv}}})
	if err != nil {
		p.Fatal(err)
	}
	p.client = &wire{p: p, Client: client}
	p.figures["over HTTP"]++
}

// programTransport is the connection of the service in a program over HTTP.
type programTransport struct {
	p   *program
	srv *ewstest.Server
}

func (c programTransport) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	alive := c.p.request(operationOf(r), func(f *recorded) {
		r := r.Clone(context.WithoutCancel(r.Context())) // it may be executed later
		r.Body = io.NopCloser(bytes.NewReader(body))
		resp, err = faulty{c.srv, func(string) *fault {
			if f == nil {
				return nil
			}
			return &f.fault
		}}.RoundTrip(r) //nolint:bodyclose // it is the client's
	})
	if !alive {
		return nil, errDead
	}
	return resp, err
}

func operationOf(r *http.Request) string {
	action := strings.Trim(r.Header.Get("SOAPAction"), `"`)
	return action[strings.LastIndex(action, "/")+1:]
}
