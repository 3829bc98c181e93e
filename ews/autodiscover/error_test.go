package autodiscover_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/autodiscover"
)

// TestError holds the text for administrators and the methods for programs.
func TestError(t *testing.T) {
	t.Parallel()
	n := &internet{pages: map[string]page{
		v2Domain:  redirect("https://evil.example/v2?token=secret"),
		poxDomain: login(refusal("500", "The email address can't be found.")),
		plain:     status(200),
	}}
	err := mustFail(t, n, n.options())
	want := "autodiscover: no endpoint found for tony@contoso.com" +
		"; (1) GET " + v2Domain + ": redirects to https://evil.example" +
		"; (2) GET https://evil.example/v2: " + v2Domain + " leads to evil.example, which is not trusted; " +
		"if the mailbox is there, add the host to the trusted ones" +
		"; (3) GET " + v2Sub + ": dial tcp: lookup autodiscover.contoso.com: no such host" +
		"; (4) POST " + poxDomain + ": asks for credentials" +
		"; (5) POST with credentials " + poxDomain + `: the server refuses with the code "500" ` +
		"(The email address can't be found.); check the address" +
		"; (6) POST " + poxSub + ": not asked: there was no connection to this host before" +
		"; (7) GET " + plain + ": HTTP 200, no redirect" +
		"; (8) SRV _autodiscover._tcp.contoso.com: no such record"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	refused, ok := errors.AsType[*autodiscover.ServerError](err)
	if !ok || refused.Code != "500" {
		t.Errorf("no ServerError in it, but %v", refused)
	}
	if untrusted, ok := errors.AsType[*autodiscover.UntrustedError](err); !ok || untrusted.Host != "evil.example" {
		t.Errorf("no UntrustedError in it, but %v", untrusted)
	}
	if _, ok := errors.AsType[*net.DNSError](err); !ok {
		t.Error("no DNSError in it")
	}
	if got := err.Steps[4]; got.Action != "POST with credentials" || got.Status != 200 || got.Err == nil {
		t.Errorf("step 5 is %+v", got)
	}
	if got := err.Steps[3]; got.Status != 401 || got.Err != nil {
		t.Errorf("step 4 is %+v", got)
	}
}

// TestFind_Log holds that the records have hosts and results, but no person's address.
func TestFind_Log(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	n := &internet{pages: map[string]page{poxSub: login(settings(proto("EXPR", ewsElement)))}}
	opts := n.options()
	opts.Logger = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	mustFind(t, n, opts)
	text := out.String()
	if strings.Contains(text, "tony") || strings.Contains(text, "secret") {
		t.Errorf("the log tells too much:\n%s", text)
	}
	type record struct {
		Msg, Host, Action string
		Status            int
		Found             bool
	}
	var last record
	seen := 0
	for line := range strings.Lines(text) {
		last = record{}
		if err := json.Unmarshal([]byte(line), &last); err != nil {
			t.Fatal(err)
		}
		if last.Host == "autodiscover.contoso.com" && last.Action == "POST with credentials" && last.Status == 200 {
			seen++
		}
	}
	if seen != 1 || !last.Found || last.Msg != "autodiscover done" {
		t.Errorf("the step is there %d times, the last record is %+v:\n%s", seen, last, text)
	}
}

// TestResult_Marshals holds that an entry of a cache survives a file.
func TestResult_Marshals(t *testing.T) {
	t.Parallel()
	n := &internet{pages: map[string]page{poxDomain: settings(proto("EXCH", ewsElement+"<ServerVersion>73C18880</ServerVersion><TTL>2</TTL>"))}}
	kept := &keeper{}
	opts := n.options()
	opts.Cache = kept
	mustFind(t, n, opts)
	data, err := json.Marshal(kept.entry)
	if err != nil {
		t.Fatal(err)
	}
	var back autodiscover.Entry
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(kept.entry, back, cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
	if kept.email != email {
		t.Errorf("kept under %q", kept.email)
	}
}

// keeper is a cache for one.
type keeper struct {
	email string
	entry autodiscover.Entry
}

func (k *keeper) Load(_ context.Context, e string) (autodiscover.Entry, bool) {
	return k.entry, k.email == e
}

func (k *keeper) Store(_ context.Context, e string, entry autodiscover.Entry) {
	k.email, k.entry = e, entry
}

func (k *keeper) Delete(context.Context, string) { k.email = "" }
