package ews_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/go-ews/exchange/auth"
	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/ews/ewstest"
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/imgroup/mapi"
)

// The peer tests are one table for two servers: the Exchange in process, in every run, and the real
// one that the environment names:
//
//	EWS_TEST_URL=https://mail.contoso.com/EWS/Exchange.asmx EWS_TEST_USER='CONTOSO\test' \
//	EWS_TEST_PASSWORD=… EWS_TEST_AUTH=ntlm go test -run Peer ./ews
//
// Names are random, and the test removes afterwards what it made; the rest of the mailbox's list
// stays as it is. Use a mailbox for tests all the same.

// peer is a server under test. What a case makes bears the peer's prefix.
type peer struct {
	client *ews.Client
	prefix string
}

func TestPeer_InProcess(t *testing.T) {
	t.Parallel()
	exchange := ewstest.NewServer(nil)
	client, err := ews.NewClient(ewstest.Endpoint, &ews.Options{HTTPClient: exchange.Client()})
	if err != nil {
		t.Fatal(err)
	}
	runPeer(t, client)
	if left := exchange.List(""); len(left.Groups) != 3 || len(left.Personas) != 0 {
		t.Errorf("the tests left %d groups and %d contacts behind", len(left.Groups), len(left.Personas))
	}
}

func TestPeer_Loopback(t *testing.T) {
	t.Parallel()
	address, stop := ewstest.NewServer(nil).Start()
	t.Cleanup(stop)
	client, err := ews.NewClient(address, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	runPeer(t, client)
}

//nolint:paralleltest // one mailbox of a real server
func TestPeer_Exchange(t *testing.T) {
	url := os.Getenv("EWS_TEST_URL")
	if url == "" {
		t.Skip("no Exchange: set EWS_TEST_URL, EWS_TEST_USER, EWS_TEST_PASSWORD, EWS_TEST_AUTH (ntlm or basic)")
	}
	opts := &ews.Options{HTTPClient: peerLogin(t), UserAgent: "go-ews-peer-test"}
	client, err := ews.NewClient(url, opts)
	if err != nil {
		t.Fatal(err)
	}
	runPeer(t, client)
}

// peerLogin reads the environment; nothing else does.
func peerLogin(t testing.TB) *http.Client {
	t.Helper()
	login := auth.Static(os.Getenv("EWS_TEST_USER"), os.Getenv("EWS_TEST_PASSWORD"))
	var (
		transport *auth.Transport
		err       error
	)
	switch scheme := os.Getenv("EWS_TEST_AUTH"); scheme {
	case "ntlm", "":
		transport, err = auth.NTLM(nil, login, nil)
	case "basic":
		transport, err = auth.Basic(nil, login, nil)
	default:
		t.Fatalf("EWS_TEST_AUTH is %q, want ntlm or basic", scheme)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return transport.Client()
}

// runPeer runs the table, one case after the other: they share a mailbox.
func runPeer(t *testing.T, client *ews.Client) {
	t.Helper()
	for _, tc := range peerCases {
		t.Run(tc.name, func(t *testing.T) {
			tc.run(t, &peer{client: client, prefix: "go-ews-" + rand.Text()[:10] + " "})
		})
	}
}

// must ends the test at an error that no case expects.
func must[T any](t testing.TB) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// group makes a group and removes it when the test ends.
func (p *peer) group(t *testing.T, name string) imgroup.GroupID {
	t.Helper()
	group := must[*imgroup.ImGroup](t)(p.client.AddImGroup(t.Context(), p.prefix+name))
	p.removeLater(t, func(ctx context.Context) error { return p.client.RemoveImGroup(ctx, group.ExchangeStoreID) })
	return group.ExchangeStoreID
}

// contact makes a contact in a group and removes it when the test ends, from there at least.
func (p *peer) contact(t *testing.T, name string, group imgroup.GroupID) (imgroup.ContactID, string) {
	t.Helper()
	address := name + "." + p.prefix[len("go-ews-"):len(p.prefix)-1] + "@example.com"
	persona := must[*imgroup.Persona](t)(p.client.AddNewImContactToGroup(t.Context(), imgroup.ContactSpec{
		Address: address, DisplayName: p.prefix + name, Group: group,
	}))
	contact, ok := persona.ContactID()
	if !ok {
		t.Fatalf("the response names no contact: %+v", persona)
	}
	p.removeLater(t, func(ctx context.Context) error {
		return p.client.RemoveImContactFromGroup(ctx, contact, group)
	})
	return contact, address
}

// removeLater tidies up when the test ends. What the test has removed itself is not missed.
func (p *peer) removeLater(t *testing.T, remove func(context.Context) error) {
	t.Helper()
	t.Cleanup(func() {
		// The test's own context has ended by now.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if err := remove(ctx); err != nil && !ews.NotFound(err) {
			t.Errorf("left behind under %q: %v", p.prefix, err)
		}
	})
}

// list reads the mailbox's list.
func (p *peer) list(t *testing.T, properties ...mapi.FieldURI) *imgroup.ItemList {
	t.Helper()
	return must[*imgroup.ItemList](t)(p.client.GetImItemList(t.Context(), imgroup.ListQuery{Properties: properties}))
}

// members returns the ids of a group's members.
func (p *peer) members(t *testing.T, group imgroup.GroupID) []string {
	t.Helper()
	found, ok := p.list(t).Group(group)
	if !ok {
		t.Fatalf("the list has no group %s", group.ID)
	}
	var ids []string
	for _, m := range found.Members {
		ids = append(ids, m.ID)
	}
	return ids
}
